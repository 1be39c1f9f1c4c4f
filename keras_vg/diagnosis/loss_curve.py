"""Rules about the course of the loss: it does not fall, goes up and down, rises, or falls without an end."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from keras_vg.diagnosis.activations import explodes_in_time
from keras_vg.diagnosis.advice import lower_rate
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.nonfinite import LOSS
from keras_vg.diagnosis.precision import advise_on_half_penalties, sum_plain_losses
from keras_vg.diagnosis.ranges import CROSSENTROPIES, REGRESSIONS
from keras_vg.diagnosis.training import advise_on_rate, is_warming_up, measure_steps
from keras_vg.logs.history import list_losses

_SAME_LOSS = 0.1
"""Part by which a loss may differ from that of its predictions, by dropout or a penalty. Chosen."""

_RISEN = 0.02
"""How much higher an accuracy must be than after the first epoch to have risen. Chosen, beyond what chance does."""

_UPDATE_METRIC = (
    "Keras logs its own metric of that name, which nothing has updated. Update one in the step, `self.loss_tracker = "
    "keras.metrics.Mean(name='loss')`, return `{'loss': self.loss_tracker.result()}`, and list it in the property "
    "`metrics`."
)


def _advise_on_nonfinite_loss(context: Context, epoch: int, loss: float) -> str:
    """What to do about a loss that is not finite: another thing if the gradients of its epoch are.

    A penalty that overflows makes infinity of it, never NaN.
    """
    usual = f"Check the data with `np.isfinite(x).all()`. {lower_rate(context)}"
    if context.gradients is None or context.gradients.empty:
        return usual
    columns, is_epoch = context.series.columns, context.series.epochs == epoch
    if not is_epoch.any() or not np.isfinite(columns["weight_norm"][is_epoch]).all():
        return usual
    penalties, is_infinite = advise_on_half_penalties(context), bool(np.isposinf(loss))
    if penalties and is_infinite and np.isfinite(sum_plain_losses(context)):
        return f"The weights are finite. {penalties}"
    if np.nan_to_num(columns["nonfinite_steps"][is_epoch]).any():
        return usual
    look = "a loss of your own that is not finite where its gradient is"
    if is_infinite:
        look = (
            "a penalty that overflows (under a float16 policy an `activity_regularizer`, whose layer needs "
            f'`dtype="float32"`), and for {look}'
        )
    return (
        f"Gradients and weights are finite, so the loss alone is wrong: look for {look}. Check the data with "
        "`np.isfinite(x).all()`."
    )


def find_loss_curve(context: Context) -> Iterator[Finding]:
    """A loss that does not fall, oscillates, diverges, or is not finite."""
    t, history, losses = context.thresholds, context.history, context.losses
    if history is None:
        return
    epochs = history["epoch"].to_numpy()
    names = [name for name in list_losses(history.columns) if pd.api.types.is_numeric_dtype(history[name])]
    for name in names if losses is None else ["loss"]:
        values = history[name].to_numpy(dtype="float64")
        # `keras.callbacks.CSVLogger` has columns for a validation that there was not: NaN when they are read.
        is_bad = np.isinf(values) if name.startswith("val_") else ~np.isfinite(values)
        if is_bad.any():
            index = int(np.argmax(is_bad))
            advice = _advise_on_nonfinite_loss(context, int(epochs[index]), float(values[index]))
            yield Finding(
                "nonfinite",
                "error",
                (),
                int(epochs[index]),
                {"first": LOSS, name: float(history[name].iloc[index])},
                f"The loss became NaN or infinite. {advice}",
            )
            return
    if context.has_untracked_loss and losses is not None:
        evidence: dict[str, float | str] = {"loss": 0.0, "loss_of_the_last_steps": float(losses[-1])}
        yield Finding(
            "metric_mismatch",
            "warning",
            (),
            int(epochs[0]),
            evidence,
            "The logged loss is 0 in every epoch, and what watches it sees 0: the model's `train_step` returns "
            f"`{{'loss': loss}}`, which is not what is logged. {_UPDATE_METRIC}",
        )
    if losses is None:
        if context.has_untracked_loss:
            yield Finding(
                "loss_not_known",
                "warning",
                (),
                int(epochs[0]),
                {"loss": 0.0},
                "The logged loss is 0 in every epoch, so its course says nothing. Either all is answered as the loss "
                "asks, or its value is 0 by how it is written; or a `train_step` of the model's own returns `{'loss': "
                f"loss}}`, which is not what is logged. {_UPDATE_METRIC}",
            )
        elif context.gradients is None and context.activations is None:
            yield Finding(
                "loss_not_known",
                "info",
                (),
                None,
                {"losses": ", ".join(names)},
                "The history has no column `loss`, and it is not known which way its losses should go: they were only "
                "checked for NaN. Add the gradient log of the training, or name one of the columns `loss`.",
            )
        return
    if len(losses) < 2:
        return
    yield from _find_endless_fall(context, losses, epochs)
    if explodes_in_time(context):  # which is why the loss rises
        return
    lowest = int(np.argmin(losses))
    scale = np.abs(losses).max()
    if losses[-1] > t.rising_loss * losses[lowest] > 0 and losses[-1] >= losses[0] and lowest < len(losses) - 1:
        # The loss of a net that is nearly done may rise a little; one above a constant prediction's is an error.
        limit = context.baseline if np.isfinite(context.baseline) else t.rising_error * losses[lowest]
        # One bad epoch may pass; a loss that has got lost stays high.
        rest = losses[lowest + 1 :][-t.settled_epochs :]
        is_lost = bool((rest > limit).all())
        if np.isnan(context.baseline) and _is_loss_of_keras(context):  # one that a rival raises is another
            is_lost |= bool((np.diff(losses[lowest:]) > 0).all())
        is_lost &= len(rest) == t.settled_epochs
        yield Finding(
            "learning_rate_too_high",
            "error" if is_lost or losses[-1] > t.lost_loss * limit else "warning",
            (),
            int(epochs[lowest + 1]),
            {"lowest_loss": float(losses[lowest]), "last_loss": float(losses[-1])},
            f"The loss rises. {lower_rate(context)}",
        )
        return
    undone, swing = measure_oscillation(losses)
    if undone > t.oscillation and swing > t.oscillation_size and not context.is_converged:
        yield Finding(
            "learning_rate_too_high",
            "warning",
            (),
            int(epochs[2 + np.argmax(np.diff(losses[1:]) > 0)]),  # the first that rises
            {"part_of_falls_undone": undone, "median_change_per_epoch": swing},
            f"The loss goes up and down: its rises undo {undone:.0%} of its falls. {lower_rate(context)} Or take "
            "larger batches.",
        )
        return
    if len(losses) < t.first_epochs or not scale > 0 or context.is_converged or _get_accuracy(context) > 0.9:
        return
    if context.count_steps() < t.first_steps:
        return
    fall = float((losses[0] - losses.min()) / scale)
    step = measure_steps(context)
    evidence = {
        "first_loss": float(losses[0]),
        "lowest_loss": float(losses.min()),
        "fall": fall,
    }
    if context.has_no_gradient:  # which no rate helps
        return
    moved = _measure_total_update(context)
    has_lasted = context.is_past_plateau or context.is_complete  # whether the loss falls faster now or not
    has_moved_little = 0 < moved < t.small_total_update and losses[-1] > t.beaten_loss * _get_start(context, losses)
    if fall < t.slow_curve and 0 < step < t.small_steps:
        is_slow = (fall < t.flat_loss and context.is_past_plateau) or (has_moved_little and has_lasted)
        yield Finding(
            "learning_rate_too_low",
            "error" if is_slow else "warning",
            (),
            int(epochs[0]),
            {**evidence, "update_ratio_per_step": step},
            f"The loss hardly falls, and the weights change by {step:.1e} of their size per step; 0.001 is healthy. "
            f"{advise_on_rate(context)}",
        )
        return
    if has_moved_little:
        yield Finding(
            "learning_rate_too_low",
            "error" if has_lasted else "warning",
            (),
            int(epochs[0]),
            {**evidence, "steps": context.count_steps(), "total_update_ratio": moved},
            f"In {context.count_steps():,.0f} steps no kernel has changed by more than {moved:.0%} of its size, and "
            f"little has been learned: models that learn change their weights by most of their size. "
            f"{advise_on_rate(context)}",
        )
    elif fall < t.flat_loss:
        may_be_left = context.falls_steadily and not context.is_complete
        yield Finding(
            "loss_does_not_fall",
            "error" if context.is_past_plateau and not may_be_left else "warning",
            (),
            int(epochs[0]),
            evidence,
            "The loss does not fall. If the gradients are healthy, the learning rate is far too low or too high; "
            "otherwise the cause is among the other findings, or `keras_vg.inspect(model, x, y)` finds it."
            + _advise_on_length(context),
        )


def _is_loss_of_keras(context: Context) -> bool:
    """Whether the loss is that of losses of Keras's, known by their names, and nothing else."""
    if context.inspection is None or "plain_loss" not in context.inspection.outputs:
        return False
    plain = context.inspection.outputs["plain_loss"].sum(skipna=False)
    return bool(np.isclose(plain, context.inspection.setup.get("loss", np.nan), rtol=_SAME_LOSS))


def _advise_on_length(context: Context) -> str:
    steps = context.count_steps()
    if steps >= context.thresholds.plateau_steps:
        return ""
    return f" Or it has only not begun: healthy nets may stay on a plateau for longer than these {steps:.0f} steps."


def _measure_total_update(context: Context) -> float:
    """The sum over the epochs of the relative change of a kernel, of the one that changes most.

    NaN where that is not known, in the first epochs, and while training goes on at a learning rate that still rises.
    """
    t, metrics = context.thresholds, context.epoch_metrics if context.gradients is not None else None
    if metrics is None or len(metrics.epochs) < t.settled_epochs or metrics.steps.sum() < t.total_update_steps:
        return float("nan")
    if is_warming_up(context) and not context.is_complete:
        return float("nan")
    return float(np.sum(metrics.movement * metrics.steps))


def _get_start(context: Context, losses: np.ndarray) -> float:
    """The loss of the best constant answer, or where that is not known, of the first epoch."""
    return context.baseline if context.baseline > 0 else float(losses[0])


def _find_endless_fall(context: Context, losses: np.ndarray, epochs: np.ndarray) -> Iterator[Finding]:
    """A loss below 0 that falls faster than ever there: one that has a lowest value falls more slowly as it nears it.

    Of five falls of random size, 1 in 120 series grows throughout.
    """
    if context.inspection is None and _has_useless_accuracy(context, losses):
        yield Finding(
            "endless_fall",
            "warning",
            (),
            int(epochs[np.argmax(losses < 0)]),
            {"last_loss": float(losses[-1]), "highest_accuracy": _get_accuracy(context)},
            "The loss is below -1, and the accuracy has not risen with it. If it is a cross-entropy, the labels do not "
            "lie between 0 and 1: divide masks of 0 and 255 by 255, count classes of 1 and 2 from 0. A loss that may "
            "be negative needs another metric.",
        )
        return
    falls = -np.diff(losses[-6:])
    if len(falls) < 5 or not losses[-1] < 0 or not (falls > 0).all() or not (np.diff(falls) > 0).all():
        return
    if falls[-1] < -np.diff(losses[np.argmax(losses < 0) :]).min():
        return
    is_far = losses[-1] < -context.thresholds.endless_loss * abs(losses[0])
    yield Finding(
        "endless_fall",
        "error" if is_far and not _weighs_by_labels(context) else "warning",
        (),
        int(epochs[np.argmax(losses < 0)]),
        {"last_loss": float(losses[-1]), "last_fall": float(falls[-1]), "fall_before": float(falls[-2])},
        "The loss is below 0 and falls faster at every epoch, as if it had no lowest value. Under cross-entropy labels "
        "must lie between 0 and 1 (divide masks of 0 and 255 by 255); a loss of one's own needs a lower bound.",
    )


def _has_useless_accuracy(context: Context, losses: np.ndarray) -> bool:
    """Whether a loss has fallen below -1, by more than its first size, and no accuracy has risen with it.

    Those of cosines and overlaps lie between -1 and 0.
    """
    assert context.history is not None
    columns = [context.history[name] for name in _list_accuracies(context)]
    if len(losses) < context.thresholds.settled_epochs or not columns or not losses[-1] < min(-1.0, losses[0]):
        return False
    return losses[0] - losses[-1] > abs(losses[0]) and all(c.max() <= c.iloc[0] + _RISEN < 0.9 for c in columns)


def _weighs_by_labels(context: Context) -> bool:
    """Whether a loss of one's own has labels of other columns than the predictions, such as a move and its advantage.

    It does not compare the two, and may fall without an end where all is right: the policy gets better.
    """
    if context.inspection is None or context.inspection.outputs.empty:
        return False
    outputs = context.inspection.outputs
    is_own = ~outputs["loss"].isin((*CROSSENTROPIES, *REGRESSIONS))
    return bool((is_own & (outputs["label_units"] > 1) & (outputs["label_units"] != outputs["units"])).any())


def measure_oscillation(losses: np.ndarray) -> tuple[float, float]:
    """Measures how much a loss goes up and down after its first epoch.

    Args:
        losses: Of shape `(epochs,)`.

    Returns:
        The part of its falls that rises undo (above 1 where it ends higher), and the median size of both, relative to
        the loss; 0 and 0 before the fifth epoch, when up and down cannot be told from a trend.
    """
    if len(losses) < 5 or not (losses > 0).all():
        return 0.0, 0.0
    changes = np.diff(losses[1:])
    falls, rises = -changes[changes < 0].sum(), changes[changes > 0].sum()
    if (changes > 0).sum() < 2 or not falls:
        return 0.0, 0.0
    return float(rises / falls), float(np.median(np.abs(changes) / losses[1:-1]))


def _get_accuracy(context: Context) -> float:
    """The best accuracy of the history, whatever its name; 0 without."""
    assert context.history is not None
    return max((float(context.history[name].max()) for name in _list_accuracies(context)), default=0.0)


def _list_accuracies(context: Context) -> list[str]:
    assert context.history is not None
    return [name for name in context.history.columns if "acc" in name and not name.startswith("val_")]
