"""Rules about a model whose predictions are not what its training has shown."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding, Value
from keras_vg.diagnosis.series import tells_nothing

_OLD = 0.05
"""Part of the moving averages that may be left of what they began with: chosen."""


def find_inference_difference(context: Context) -> Iterator[Finding]:
    """Predictions outside of a training that have lost what the model has learned in training mode."""
    t = context.thresholds
    for row in context.final_predictions:
        training, inference, baseline = (row.get(n, np.nan) for n in ("plain_loss", "inference_loss", "baseline"))
        if not training < t.beaten_loss * baseline:
            continue
        lost = (inference - training) / (baseline - training)
        if not lost >= t.lost_in_inference:
            continue
        averages, unnormalized, evidence = _list_averages(context), _list_unnormalized(context), dict[str, Value]()
        momentum = max([*averages.values(), _get_weight_averaging(context)])
        left = _measure_left(context, momentum)
        limit = t.beaten_loss * baseline
        if left > _OLD:
            evidence["part_of_first_averages"] = left
        if _OLD < left < _OLD**0.5:  # twice the steps would mend it: `left**2 < _OLD`
            limit = baseline
        yield Finding(
            "inference_differs",
            "error" if inference > limit else "warning",
            tuple(dict.fromkeys([*averages, *unnormalized])),
            None if context.is_inspection else int(row["epoch"]),
            {
                "loss_in_training_mode": float(training),
                "loss_of_predictions": float(inference),
                "loss_of_a_constant_answer": float(baseline),
                **evidence,
            },
            f"In training mode the model has learned (a loss of {training:.3g} on this batch), and what `predict` and "
            f"`evaluate` give has a loss of {inference:.3g} on the same batch, where the best constant answer has "
            f"{baseline:.3g}. {_advise(averages, unnormalized, momentum, left)}",
        )


def _list_averages(context: Context) -> dict[str, float]:
    return {} if context.inspection is None else dict(context.inspection.setup.get("moving_averages", {}))


def _list_unnormalized(context: Context) -> list[str]:
    return [] if context.inspection is None else list(context.inspection.setup.get("unnormalized", []))


def _get_weight_averaging(context: Context) -> float:
    """The momentum of the averages that an optimizer puts in the place of the weights; 0 without any."""
    return 0.0 if context.inspection is None else float(context.inspection.setup.get("averaged_weights", 0.0))


def _measure_left(context: Context, momentum: float) -> float:
    """The part of moving averages that is left of what they were at the fit's first step; NaN if not known."""
    steps = np.inf if context.is_inspection else context.count_steps()
    return momentum**steps if momentum and np.isfinite(steps) else float("nan")


def _advise(averages: dict[str, float], unnormalized: list[str], momentum: float, left: float) -> str:
    if left > _OLD:
        what = (
            "moving averages of BatchNormalization"
            if momentum in averages.values()
            else "averages that the optimizer puts in the place of the weights (`use_ema`)"
        )
        return (
            f"The {what} are still {left:.0%} of what they were when the fit began, since their momentum is "
            f"{momentum:g}: lower it (0.9), or train for more steps."
        )
    if unnormalized:
        return (
            "On JAX `SpectralNormalization` normalizes its kernel within a training step alone: `fit` drops what a "
            "step assigns to a trained weight, and `predict` and `evaluate` compute with the kernel as it is. Train "
            "this model on TensorFlow or torch, or, after `fit`, assign each such layer its normalized kernel: "
            "`layer.kernel.assign(layer.normalized_weights()[1])`."
        )
    if averages:
        return (
            "BatchNormalization trains with the averages of each batch, and predicts with moving ones: these differ "
            "where batches are small or unlike each other (sorted data, `shuffle=False`, batches of one class or "
            "source), where a layer is called on two kinds of data, where few steps were trained with a momentum near "
            "1, and in a `TimeDistributed`, which normalizes each time step by itself. Shuffle, take larger batches, "
            "lower the momentum, or use `LayerNormalization`."
        )
    return (
        "A layer does something else when it trains: look at what becomes of `training` in layers and models of your "
        "own (passed on, not inverted; probabilities in one mode and logits in the other), whether a layer is called "
        "with `training=True`, and at a `TimeDistributed(BatchNormalization())`, which normalizes each time step by "
        "itself in training (leave `TimeDistributed` out)."
    )


def find_unlearned_probe(context: Context) -> Iterator[Finding]:
    """A loss that has become low in a training that has ended, of other examples than those of the probe batch."""
    losses, rows, t = context.losses, context.final_predictions, context.thresholds
    if not context.is_complete or losses is None or not rows or not losses[-1] < t.converged_loss * context.baseline:
        return
    # Of sequences and pictures, weights and masks often leave out most positions.
    if not all(row.get("positions") == 1 and tells_nothing(row, row["baseline"], 0, t.label_slope) for row in rows):
        return
    yield Finding(
        "probe_not_learned",
        "warning",  # weights may be meant so: moves that are weighed by their rewards, labels that are missing
        (),
        int(rows[0]["epoch"]),
        {
            "last_loss": float(losses[-1]),
            "loss_of_the_probe": float(sum(row["plain_loss"] for row in rows)),
            "loss_of_a_constant_answer": context.baseline,
            "label_slope": float(max(row["label_slope"] for row in rows)),
        },
        "The loss of the training is low, and for the probe batch one answer for every example would be better than "
        "the predictions, which do not follow the labels. Either most examples hardly count (`class_weight` or "
        "`sample_weight` near 0), or the probe batch is of other data than the training: scaled by other statistics, "
        "with labels in another order, or new to a model that has learned its examples by heart.",
    )
