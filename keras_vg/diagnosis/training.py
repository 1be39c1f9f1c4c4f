"""Rules about the size of the steps."""

from collections.abc import Iterator

import numpy as np

from keras_vg.diagnosis.advice import lower_rate, name_initializers, raise_rate
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.optimizers import find_discarded, is_ruined_by_building
from keras_vg.diagnosis.series import measure_relative_steps


def find_update_size(context: Context) -> Iterator[Finding]:
    """Steps that replace the weights, or hardly touch them."""
    series, t = context.series, context.thresholds
    if is_ruined_by_building(context) or find_discarded(context).any():  # which other rules say
        return
    kernels = series.is_kernel if series.is_kernel.any() else np.ones(len(series.names), bool)
    columns = series.columns
    # A kernel that was 0, such as the second of LoRA's matrices, has no size yet that a step could be compared with.
    was_zero = kernels & (columns["update_ratio"][0] == 1)
    judged = kernels & ~was_zero if not (was_zero | ~kernels).all() else kernels
    by_rate = not context.is_inspection and context.moves_by_rate
    per_step = measure_relative_steps(series, kernels, by_rate)
    per_step = per_step[:, judged]
    if not np.isfinite(per_step).any():
        return
    largest = np.fmax.reduce(per_step, axis=1)
    m = int(np.nanargmax(largest))
    if largest[m] >= (t.update_large if _does_good(context) else t.update_warning):
        weight = int(np.nanargmax(per_step[m]))
        yield Finding(
            "update_too_large",
            "error" if largest[m] >= t.update_large and not _does_good(context) else "warning",
            (str(series.layers[judged][weight]),),
            context.get_epoch(series.epochs[m]),
            {"update_ratio_per_step": float(largest[m])},
            f"One step changes weights by {largest[m]:.2g} of their size; 0.001 is healthy. {lower_rate(context)}",
        )
    with np.errstate(all="ignore"):
        moved = np.fmax.reduce(columns["update_ratio"][:, series.is_sized], axis=1) / np.maximum(
            np.fmax.reduce(columns["steps"], axis=1), 1
        )
    moved = moved * _measure_warmup(context)
    if np.isfinite(moved).any() and 0 < np.fmax.reduce(moved) < t.update_small and not context.is_converged:
        yield Finding(
            "update_too_small",
            "error",
            (),
            context.get_epoch(series.epochs[0]),
            {"update_ratio_per_step": float(np.fmax.reduce(moved))},
            f"A step changes no weight by more than {np.fmax.reduce(moved):.1e} of their size; 0.001 is "
            f"healthy. {raise_rate()}",
        )


def _does_good(context: Context) -> bool:
    """Whether steps are known to lower the loss: the next one, and those after it, or to beat a constant answer.

    A linear model that starts at small weights may be given steps of their size, and be the better for them.
    """
    setup = {} if context.inspection is None else context.inspection.setup
    is_good = bool(setup.get("loss_after", np.nan) < setup.get("loss", np.nan))
    losses = context.losses
    if context.is_inspection or losses is None:
        return context.is_inspection and is_good
    limit = context.thresholds.rising_loss * setup.get("loss", np.nan)
    if is_good and losses[-1] == losses.min() and losses[-1] < limit:  # and so on, so far
        return True
    return bool(losses[-1] < context.thresholds.beaten_loss * context.baseline)


def find_tiny_gradients(context: Context) -> Iterator[Finding]:
    """Gradients that are so small in all layers that neither Adam nor SGD moves a weight."""
    series, t = context.series, context.thresholds
    if context.is_converged:
        return
    rms = series.columns["gradient_rms"]
    largest = np.fmax.reduce(np.where(series.columns["weight_norm"] > 0, rms, np.nan)[:, series.is_sized], axis=1)
    if not (np.isfinite(largest).all() and (largest > 0).all() and (largest < t.tiny_gradient).all()):
        return
    yield Finding(
        "tiny_gradient",
        "error",
        (),
        context.get_epoch(series.epochs[0]),
        {"largest_gradient_rms": float(largest.max())},
        "Every weight's gradient is so small that Adam's epsilon outweighs it and SGD does not move it. Use larger "
        f"initial weights ({name_initializers(context)}), and scale inputs and loss.",
    )


def find_first_step(context: Context) -> Iterator[Finding]:
    """What the optimizer's next step would do to the loss of the same batch."""
    t = context.thresholds
    if context.inspection is None or context.accumulation > 1:
        return
    before, after = context.inspection.setup["loss"], context.inspection.setup["loss_after"]
    rate = context.inspection.setup["learning_rate"]
    is_skipped = context.scales_loss and context.inspection.gradients["nonfinite_steps"].any()
    if not np.isfinite(before) or is_skipped or is_ruined_by_building(context):
        return
    floor = max(abs(before), abs(context.baseline) if np.isfinite(context.baseline) else 0.0, 1e-12)
    if after > t.loss_jump * floor or (np.isinf(after) and np.isfinite(before)):
        # Adam makes its first step before it knows how large the gradients are, and may recover from it.
        is_certain = not context.moves_by_rate or not after <= t.loss_jump_adaptive * floor
        yield Finding(
            "learning_rate_too_high",
            "error" if is_certain else "warning",
            (),
            None,
            {"loss": before, "loss_after_one_step": after, "learning_rate": rate},
            f"One step takes the loss of its own batch from {before:.3g} to {after:.3g}: it overshoots. "
            f"{lower_rate(context)}",
        )
    warmup = _measure_warmup(context)
    fall = (before - after) / floor * warmup
    step = measure_steps(context) * warmup  # if steps of a healthy size gain nothing, the rate is not to blame
    # A step of exactly 0 has another cause, which other rules name: no rate helps.
    if 0 <= fall < t.slow_loss and 0 != step < t.slow_steps and not context.is_converged and rate > 0:
        yield Finding(
            "learning_rate_too_low",
            "error" if fall < t.slow_error else "warning",
            (),
            None,
            {
                "loss": before,
                "relative_fall_per_step": fall,
                "steps_to_halve": 0.5 / fall if fall > 0 else np.inf,
                "update_ratio_per_step": step,
                "learning_rate": rate,
            },
            f"One step lowers the loss of its own batch by {fall:.1e} of it: {_describe_way(fall)}. {raise_rate()}",
        )


def _measure_warmup(context: Context) -> float:
    """How many times as large the steps of a schedule become as its first one, which is all that is inspected."""
    setup = {} if context.inspection is None or not context.is_inspection else context.inspection.setup
    rate = setup.get("learning_rate", np.nan)
    peak = setup.get("peak_learning_rate", rate)
    return float(peak / rate) if peak > rate > 0 else 1.0


def _describe_way(fall: float) -> str:
    """How far it is to half the loss, in steps and epochs, if each step lowers it by as much."""
    if not fall > 0:
        return "no number of such steps will train this"
    steps = 0.5 / fall
    return f"to halve it takes some {steps:,.0f} such steps, which is {steps / 100:,.0f} epochs of 100 steps"


def is_warming_up(context: Context) -> bool:
    """Whether the learning rate ends at its highest, which it had not come to in the first half."""
    rates = context.epoch_metrics.rates
    half = (len(rates) + 1) // 2
    return len(rates) > 1 and bool(rates[-1] >= np.fmax.reduce(rates) and rates[-1] > np.fmax.reduce(rates[:half]))


def advise_on_rate(context: Context) -> str:
    """Says how to take larger steps, or to come to them sooner."""
    if context.gradients is None or not is_warming_up(context):
        return raise_rate()
    rates = context.epoch_metrics.rates
    return (
        f"The learning rate has only come from {rates[0]:.2g} to {rates[-1]:.2g}, and was still rising: warm up over "
        "fewer steps, or train for more."
    )


def measure_steps(context: Context) -> float:
    """The largest relative change per step of any weight in the first epoch; NaN without a gradient log."""
    if context.gradients is None:
        return float("nan")
    series = context.series
    with np.errstate(all="ignore"):
        return float(np.fmax.reduce((series.columns["update_ratio"] / series.columns["steps"])[0, series.is_sized]))
