"""Rules about predictions that are the same for all examples, or at all positions."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.outputs import ROUNDING, has_same_labels, name_output
from keras_vg.diagnosis.series import measure_relative_spread


def find_constant_prediction(context: Context) -> Iterator[Finding]:
    """The same answer to every example."""
    t = context.thresholds
    for index, output in enumerate(context.final_predictions):
        spread = float(measure_relative_spread(output))
        if not spread < t.constant_warning or has_same_labels(output) or output.get("positions") == 0:
            continue
        if context.is_inspection and (_starts_at_zero(context, output["layer"]) or context.only_looks_up):
            continue  # products of rows that begin small are all near 0, and each step moves the rows by themselves
        # Untrained, an image or a sequence differs little from example to example at each of its positions.
        if context.is_inspection and output.get("positions", 1) > 1 and spread >= t.constant_prediction:
            continue
        start, first = _find_start(context, index)
        has_stayed = context.is_inspection or context.is_over or _lasts(context, output, start, first)
        yield Finding(
            "constant_prediction",
            "error" if spread < t.constant_prediction and has_stayed else "warning",
            name_output(output),
            start,
            {"prediction_std": output["prediction_std"], "relative": spread},
            "The model gives the same answer to every example: the input does not reach the output. "
            + (
                "Look at the findings beside this one; scale the initial weights (`'he_normal'` with ReLU), and use "
                "fewer layers or normalization."
                if start == first
                else "Before this epoch it did not: steps that were too large, or units that died, made it so. Lower "
                "the learning rate."
            ),
        )


def _lasts(context: Context, output: dict[str, Any], start: int | None, first: int | None) -> bool:
    """Whether one answer to all has lasted: longer than the plateau that a training may begin on, or two epochs."""
    if start == first:
        return context.loss_is_unknown or context.is_past_plateau
    return bool(output["epoch"] > start)


def find_alike_positions(context: Context) -> Iterator[Finding]:
    """The same answer at every position of an example, whose labels differ."""
    t = context.thresholds
    if not context.is_inspection and (context.losses is None or len(context.losses) < t.first_epochs):
        return
    for output in context.final_predictions:
        spread, labels = (output.get(f"{name}_position_std", np.nan) for name in ("prediction", "label"))
        if not spread <= ROUNDING * output["prediction_size"] or not output["prediction_std"] > spread:
            continue
        if not labels > t.hardly_vary * output["label_size"]:
            continue
        yield Finding(
            "positions_alike",
            "warning" if context.is_inspection else "error",
            name_output(output),
            None if context.is_inspection else int(output["epoch"]),
            {"positions": float(output["positions"]), "prediction_spread": spread, "label_spread": labels},
            f"The model gives the same answer at each of the {output['positions']:.0f} positions of an example, where "
            "the labels differ. One vector that is repeated (`RepeatVector`) and read by the same layer at each "
            "position stays one answer: put a recurrent layer between, or give each position a unit of its own "
            "(`Dense(positions)`), or add what tells the positions apart.",
        )


def _find_start(context: Context, index: int) -> tuple[int | None, int | None]:
    """The first of the epochs at the end in which an output gives about one answer, and the first of all."""
    if context.is_inspection:
        return None, None
    epochs, spreads = context.spreads
    is_constant = spreads[:, index] < context.thresholds.constant_warning
    start = 0 if is_constant.all() else len(epochs) - int(np.argmin(is_constant[::-1]))
    return int(epochs[start]), int(epochs[0])


def _starts_at_zero(context: Context, layer: str) -> bool:
    """Whether the weights of an output, or of the last layer before it that has some, are all 0, as before training."""
    assert context.inspection is not None
    weights = context.inspection.weights
    own = weights[weights["layer"] == layer]
    if own.empty and len(context.inspection.outputs) == 1:
        own = weights[weights["depth"] == weights["depth"].max()]
    return len(own) > 0 and bool((own["weight_rms"] == 0).all())
