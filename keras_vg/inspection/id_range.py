"""Finds ids that an embedding has no row for, where looking them up raises: on TensorFlow's CPU and on torch."""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops

from keras_vg.inspection.watched import WatchedLayer
from keras_vg.training import keras_private

COLUMNS = ["layer", "input_dim", "id_min", "id_max", "decimals"]


class _BeyondError(Exception):
    """An embedding was about to look up an id that it has no row for."""


def find_ids_beyond(watched: list[WatchedLayer], run: Callable[[], Any]) -> pd.DataFrame:
    """Runs a model whose run has raised once more, up to the first id that an embedding has no row for.

    On JAX, where no such id raises, and where a run may be traced, it is not run.

    Args:
        watched: The model's layers.
        run: Runs the model.

    Returns:
        One row per embedding that was called, as of `Inspection.embeddings`, the last one with such an id; no rows if
        there is none, so that the run raised for another reason, as it may do again.
    """
    rows: list[tuple[str, int, float, float, float]] = []
    if keras.backend.backend() == "jax":
        return pd.DataFrame(columns=COLUMNS)

    def watch(item: WatchedLayer, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(ids: Any, *args: Any, **kwargs: Any) -> Any:
            values = np.asarray(ops.convert_to_numpy(ids), "float64")
            if values.size:
                decimals = float((values != np.floor(values)).mean())
                rows.append((item.name, int(item.layer.input_dim), float(values.min()), float(values.max()), decimals))
                if values.min() < 0 or values.max() >= item.layer.input_dim:
                    raise _BeyondError
            return call(ids, *args, **kwargs)

        return watched

    with contextlib.ExitStack() as stack:
        for item in watched:
            if isinstance(item.layer, keras.layers.Embedding):
                stack.enter_context(keras_private.set_attribute(item.layer, "call", watch(item, item.layer.call)))
        try:
            run()
        except _BeyondError:
            return pd.DataFrame(rows, columns=COLUMNS)
    return pd.DataFrame(columns=COLUMNS)
