"""What a diagnosis looks at: the tables of an inspection, of logs and of a training's history, told apart."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pandas as pd

from keras_vg.logs.reader import read_table
from keras_vg.logs.schemas import LogType, identify


@dataclass(frozen=True)
class Inspection:
    """What `inspect` saw of a model and one batch.

    Attributes:
        gradients: One row per trainable weight, with the columns of a gradient log. `delta_norm` and `update_ratio`
            are of the step that the optimizer would make; NaN if that is not known.
        activations: One row per layer and one per input (depth -1), with the columns of an activation log.
        weights: One row per weight of rank 2 or more, frozen ones included: `depth`, `layer`, `kind` (the layer's
            class), `weight`, `trainable`, `size`, `weight_rms`, and how far the layer's units differ in it:
            `unit_spread` of the weight and `gradient_spread` of its gradient (0: all alike).
        inputs: One row per input, then one for what the first kernel is given: see `batches.describe_inputs`.
        outputs: One row per output, its loss, its predictions and its labels: see `batches.describe_outputs`.
        embeddings: One row per embedding that was called: `layer`, its `input_dim`, and the smallest and the largest of
            the ids that it was given, `id_min` and `id_max`.
        setup: `optimizer`, `learning_rate`, `epsilon`, `clipping`, `loss_scaling`, `gradient_accumulation_steps`, and
            the batch's `loss` before the optimizer's next step and `loss_after` it; `not_seen`, a dict of what could
            not be seen, with the reason.
    """

    gradients: pd.DataFrame
    activations: pd.DataFrame
    weights: pd.DataFrame
    inputs: pd.DataFrame
    outputs: pd.DataFrame
    setup: dict[str, Any]
    embeddings: pd.DataFrame = field(default_factory=pd.DataFrame)

    def _repr_html_(self) -> str:
        setup = pd.DataFrame({"value": self.setup}).map(str)
        tables = {"setup": setup, **{f.name: getattr(self, f.name) for f in fields(self) if f.name != "setup"}}
        parts = [
            f"<details><summary>{name}</summary>{table.to_html(max_rows=60, show_dimensions=True)}</details>"
            for name, table in tables.items()
        ]
        return "".join(parts)


@dataclass(frozen=True)
class Evidence:
    """All tables of one diagnosis; those not given are None.

    Attributes:
        gradients: A gradient log.
        activations: An activation log.
        deltas: A delta log.
        history: A table with `epoch` and `loss`.
        inspection: What `inspect` saw before the training.
        predictions: What the outputs gave for a probe batch later, as in `Inspection.outputs`, with their `epoch`.
    """

    gradients: pd.DataFrame | None = None
    activations: pd.DataFrame | None = None
    deltas: pd.DataFrame | None = None
    history: pd.DataFrame | None = None
    inspection: Inspection | None = None
    predictions: pd.DataFrame | None = None


def collect(*sources: Any) -> Evidence:
    """Sorts sources into the tables that rules look at.

    Args:
        *sources: Tables or paths of this package's logs, of a `keras.callbacks.CSVLogger`, a Keras `History`, an
            `Inspection`; at most one of each kind, all of one run.

    Returns:
        The evidence.

    Raises:
        TypeError: If a source is none of these.
        ValueError: If there is no source, two are of one kind, one is empty, lacks columns, or holds several runs.
        FileNotFoundError: If a path does not exist.
    """
    if not sources:
        raise ValueError(
            "There must be something to diagnose. Received: no source. Pass an inspection, a log or a History."
        )
    evidence = Evidence()
    for source in sources:
        name, value = _classify(source)
        if getattr(evidence, name) is not None:
            raise ValueError(
                f"A diagnosis is of one run: at most one source of a type. Received: two of type {name!r}. "
                "Diagnose the runs one by one."
            )
        evidence = replace(evidence, **{name: value})
    return evidence


def _classify(source: Any) -> tuple[str, Any]:
    if isinstance(source, Inspection):
        return "inspection", source
    if isinstance(source, pd.DataFrame):
        return _classify_table(source, "a table")
    if isinstance(source, str | os.PathLike):
        return _classify_table(read_table(source), repr(os.fspath(source)))
    if isinstance(getattr(source, "history", None), Mapping) and hasattr(source, "epoch"):  # a Keras History
        frame = pd.DataFrame({name: pd.Series(values) for name, values in source.history.items()})
        frame.insert(0, "epoch", pd.Series(source.epoch, dtype="int64"))
        return _classify_table(frame, "a History")
    raise TypeError(
        "A source must be a table, the path of a log, an Inspection or a Keras History. "
        f"Received: {type(source).__name__}. Models are looked at with `inspect`."
    )


def _classify_table(table: pd.DataFrame, what: str) -> tuple[LogType, pd.DataFrame]:
    log_type = identify(table.columns, what).log_type
    if table.empty:
        raise ValueError(
            f"A log must have rows to be diagnosed. Received: {what} without any. Did the training end its first epoch?"
        )
    if log_type != "history" and "run" in table.columns and table["run"].nunique() > 1:
        raise ValueError(
            f"A diagnosis is of one run. Received: {what} of {table['run'].nunique()} runs. Diagnose them one by one."
        )
    return log_type, table
