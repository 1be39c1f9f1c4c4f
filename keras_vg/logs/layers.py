"""A gradient log reduced to one row per layer and epoch."""

import numpy as np
import pandas as pd

from keras_vg.logs.schemas import GRADIENT

FIGURES = ("gradient_norm", "gradient_rms", "update_ratio")
KEYS = ["run", "epoch", "depth"]


def reduce_layers(log: pd.DataFrame) -> pd.DataFrame:
    r"""Joins the weights of each layer, and the rows of each epoch.

    With $g_t$ the gradient of all weights of a layer, $n$ values, at step $t$ of the epoch's $T$ finite ones:
    `gradient_rms` $= \sqrt{\sum_t \lVert g_t \rVert^2 / (T n)}$ and `gradient_norm` $= \sqrt{n}$ times that.

    Args:
        log: A gradient log from `read_log`.

    Returns:
        One row per run, epoch and depth, with the columns `layer`, `steps` (of a row), `gradient_norm`,
        `gradient_rms` and `update_ratio` (of an epoch's rows the mean). NaN where no step was finite, or where the
        loss does not depend on the layer.

    Raises:
        ValueError: If the table is no gradient log.
    """
    GRADIENT.check(log.columns)
    if log.empty:
        return pd.DataFrame(columns=[*KEYS, "layer", "steps", *FIGURES])
    groups = log.groupby(KEYS, observed=True, sort=False)
    codes = groups.ngroup().to_numpy()
    rms, size, steps = (log[name].to_numpy("float64") for name in ("gradient_rms", "size", "steps"))
    finite = steps - log["nonfinite_steps"].to_numpy()
    # The largest figure is taken out before squaring, so that tiny and huge ones survive it.
    largest = groups["gradient_rms"].max().to_numpy()
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    with np.errstate(all="ignore"):  # 0 / 0 where no gradient was finite
        squares = (rms / scale[codes]) ** 2 * finite * size
        squares[steps == 0] = 0.0  # a weight that the loss does not depend on has no say
        values = np.bincount(codes, weights=finite * size)
        layer_rms = scale * np.sqrt(np.bincount(codes, weights=squares) / values)
        used = np.bincount(codes, weights=size * (steps > 0)) / groups["step"].nunique().to_numpy()
        figures = {
            "layer": groups["layer"].first().astype(object),
            "steps": groups["steps"].max(),
            "gradient_norm": layer_rms * np.sqrt(used),
            "gradient_rms": layer_rms,
            "update_ratio": _measure_updates(log, codes),
        }
    return pd.DataFrame(figures, index=groups.size().index).reset_index()


def check_value(value: str) -> None:
    """Raises unless `value` is a figure of a reduced layer.

    Args:
        value: The name.

    Raises:
        ValueError: If it is none.
    """
    if value not in FIGURES:
        raise ValueError(f"`value` must be one of {', '.join(FIGURES)}. Received: value={value!r}.")


def _measure_updates(log: pd.DataFrame, codes: np.ndarray) -> np.ndarray:
    """The mean over an epoch's rows of the layer's change over its weights."""
    rows = log.groupby([*KEYS, "step"], observed=True, sort=False).ngroup().to_numpy()
    change, weight = (
        np.sqrt(np.bincount(rows, weights=log[name].to_numpy("float64") ** 2)) for name in ("delta_norm", "weight_norm")
    )
    places = np.unique(rows, return_index=True)[1]
    return np.bincount(codes[places], weights=change / weight) / np.bincount(codes[places])
