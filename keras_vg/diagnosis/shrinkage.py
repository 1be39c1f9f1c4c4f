"""A rule about weights that a penalty or a weight decay has shrunk to next to nothing."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.learned import has_learned
from keras_vg.diagnosis.series import GradientSeries


def find_shrunk_weights(context: Context) -> Iterator[Finding]:
    """Kernels that have all shrunk to a small part of what they were, in a model that answers every example alike."""
    losses, t = context.losses, context.thresholds
    if context.is_inspection or context.gradients is None or has_learned(context):
        return
    if losses is not None and len(losses) < t.first_epochs:
        return
    part = _measure_shrinkage(context.series)
    if not part < t.shrunk_weights or not _answers_alike(context):
        return
    evidence: dict[str, float | str] = {"weight_norm_over_first": part}
    if context.inspection is not None:
        setup = context.inspection.setup
        shrinking = {name: float(setup.get(name, 0.0)) for name in ("penalty", "weight_decay")}
        if not any(shrinking.values()):  # then something else did it
            return
        evidence |= shrinking
    yield Finding(
        "shrunk_weights",
        "error",
        (),
        context.get_epoch(context.series.epochs[0]),  # they shrink from the first step on
        evidence,
        "What is left of each kernel is a small part of what it was, and every example gets the same answer: a "
        "penalty (`kernel_regularizer`) or a weight decay outweighs the loss. Make it a hundredth, or leave it out; "
        "usual are `keras.regularizers.L2(1e-4)` and `AdamW(weight_decay=0.004)`.",
    )


def _measure_shrinkage(series: GradientSeries) -> float:
    """The largest over the kernels of their last norm over their first one; NaN of fewer than two kernels."""
    norms, moved = series.columns["weight_norm"], series.columns["delta_norm"]
    is_trained = series.is_kernel & (series.columns["steps"] > 0).any(axis=0)
    if is_trained.sum() < 2:
        return float("nan")
    # Rows hold the norm after an epoch. Before it, it was at least what was moved less what is left.
    first = np.fmax(norms[0], moved[0] - norms[0])[is_trained]
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.max(norms[-1][is_trained] / first))


def _answers_alike(context: Context) -> bool:
    """Whether the last predictions for the probe batch hardly differ, by their size or by that of the labels."""
    t, rows = context.thresholds, context.final_predictions
    spreads = context.spreads[1][-1] if rows else []
    pairs = zip(rows, spreads, strict=True)
    return bool(rows) and all(
        spread < t.constant_warning or row["prediction_std"] < t.hardly_vary * row.get("label_std", 0.0)
        for row, spread in pairs
    )
