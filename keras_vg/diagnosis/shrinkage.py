"""A rule about weights that a penalty or a weight decay has shrunk to next to nothing."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.learned import has_learned
from keras_vg.diagnosis.series import GradientSeries, is_any


def find_shrunk_weights(context: Context) -> Iterator[Finding]:
    """Kernels or embeddings that have shrunk to next to nothing, in a model that answers every example alike."""
    losses, t = context.losses, context.thresholds
    if context.is_inspection or context.gradients is None or has_learned(context):
        return
    if losses is not None and len(losses) < t.first_epochs:
        return
    parts, layers, names = _measure_shrinkage(context.series)
    is_shrunk = parts < t.shrunk_weights
    chosen = is_shrunk[is_any(names, _list_penalized(context))]
    # One is enough where something is known to shrink weights that much: a penalty may be one layer's alone.
    is_found = is_shrunk.any() if _outweighs(context) else is_shrunk.all() or (len(chosen) > 0 and chosen.all())
    if not len(parts) or not is_found or not _hardly_differ(context):
        return
    evidence: dict[str, float | str] = {"weight_norm_over_first": float(parts[is_shrunk].max())}
    if context.inspection is not None:
        setup = context.inspection.setup
        shrinking = {name: float(setup.get(name, 0.0)) for name in ("penalty", "weight_decay")}
        if not any(shrinking.values()):  # then something else did it
            return
        evidence |= shrinking
    yield Finding(
        "shrunk_weights",
        "error",
        tuple(dict.fromkeys(layers[is_shrunk])),
        context.get_epoch(context.series.epochs[0]),  # they shrink from the first step on
        evidence,
        "What is left of these weights is a small part of what they were, and every example gets the same answer: a "
        "penalty (`kernel_regularizer`, `embeddings_regularizer`) or a weight decay outweighs the loss. Make it a "
        "hundredth, or leave it out; usual are `keras.regularizers.L2(1e-4)` and `AdamW(weight_decay=0.004)`.",
    )


def _list_penalized(context: Context) -> tuple[str, ...]:
    return () if context.inspection is None else tuple(context.inspection.setup.get("penalized", ()))


def _measure_shrinkage(series: GradientSeries) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The last norms of trained kernels and embeddings over their first ones, their layers, and `layer/name`.

    None of a single one.
    """
    norms, moved = series.columns["weight_norm"], series.columns["delta_norm"]
    is_table = np.array([name == "embeddings" for name in series.names])
    is_trained = (series.is_kernel | is_table) & (series.columns["steps"] > 0).any(axis=0)
    is_trained &= is_trained.sum() > 1
    # Rows hold the norm after an epoch. Before it, it was at least what was moved less what is left.
    first = np.fmax(norms[0], moved[0] - norms[0])[is_trained]
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = norms[-1][is_trained] / first
    names = [f"{layer}/{name}" for layer, name in zip(series.layers, series.names, strict=True)]
    return parts, series.layers[is_trained], np.array(names, object)[is_trained]


def _outweighs(context: Context) -> bool:
    """Whether penalties were most of the loss at first, or a decay as long as this shrinks a weight by itself."""
    if context.inspection is None:
        return False
    setup = context.inspection.setup
    penalty, decay, rate = (float(setup.get(name) or 0.0) for name in ("penalty", "weight_decay", "learning_rate"))
    shrunk = -np.log(context.thresholds.shrunk_weights)
    return penalty > float(setup.get("loss", np.nan)) / 2 or decay * rate * context.count_steps() > shrunk


def _hardly_differ(context: Context) -> bool:
    """Whether the last predictions for the probe batch hardly differ, by their size or by that of the labels."""
    t, rows = context.thresholds, context.final_predictions
    spreads = context.spreads[1][-1] if rows else []
    pairs = zip(rows, spreads, strict=True)
    return bool(rows) and all(
        spread < t.constant_warning or row["prediction_std"] < t.hardly_vary * row.get("label_std", 0.0)
        for row, spread in pairs
    )
