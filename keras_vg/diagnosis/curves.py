"""Rules about the course of a loss beyond its fall: where it stops, and what it settles at."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding, Value
from keras_vg.diagnosis.learned import has_learned
from keras_vg.diagnosis.loss_curve import measure_oscillation
from keras_vg.diagnosis.monitor import Monitor
from keras_vg.diagnosis.ranges import CROSSENTROPIES, REGRESSIONS

_RAISED = 10.0
"""How many times as high a learning rate must be as all before it to be blamed for the loss of its epoch: chosen, not
tuned."""

_LOW = 0.5
"""Loss, as part of that of the best constant answer, below which a training has learned more than that. Chosen."""

_PACE = 0.5
"""A last fall of a loss, as part of its mean fall, above which it still falls as it did. Chosen."""

_FEWEST_OF_A_CLASS = 20
"""Examples of a class in the probe batch, below which that they are not told from others may be chance. Chosen."""


def find_stop(context: Context) -> Iterator[Finding]:
    """A training that stopped midway: it learned, and from one epoch on it did not, though it was not done."""
    losses, t = context.losses, context.thresholds
    if losses is None or context.history is None or len(losses) < t.first_epochs or context.is_converged:
        return
    if not np.isfinite(losses).all():
        return
    still, evidence = _find_still_epochs(context, losses)
    start = len(still) - int(np.argmin(still[::-1])) if not still.all() else 0
    length = len(still) - start
    # A schedule that lets a training end softly has a short tail; one that follows a plateau, no fall before it.
    if start == 0 or length < max(2, t.still_part * len(still)):
        return
    # The epoch before may have been lost to the same fall of the rate.
    before, rates = losses[max(start - 2, 0)], _get_rates(context)
    has_fallen = before - losses[start] > t.flat_loss * abs(before)
    if not has_fallen and not (rates is not None and _fell_when_cut(context, losses[:start], rates[:start])):
        return
    is_known = bool(evidence) and (has_fallen or _is_behind(context))
    if rates is not None:
        evidence["learning_rate_before"] = float(rates[start - 1])
        evidence["learning_rate"] = float(rates[-1])
    yield Finding(
        "learning_stops",
        "error" if is_known else "warning",  # that nothing moves is known; a loss that stays the same only shows it
        (),
        int(context.history["epoch"].to_numpy()[start]),
        {"loss_before": float(losses[start - 1]), "last_loss": float(losses[-1]), **evidence, "epochs": float(length)},
        "The loss was still falling, and from this epoch on nothing is learned. Look at what sets the learning rate "
        "(a `LearningRateScheduler` that multiplies the rate it is given does so at every epoch, and "
        "`ReduceLROnPlateau` may be too impatient), and at layers that have died.",
    )


def _fell_when_cut(context: Context, losses: np.ndarray, rates: np.ndarray) -> bool:
    """Whether a rate that has come to nothing step by step was first cut while the loss fell, and little is learned."""
    scores = [float(row.get("answer_score", np.nan)) for row in context.final_predictions]
    if not np.isfinite(rates).all() or not scores or not all(s < context.thresholds.little_learned for s in scores):
        return False
    uncut = int(np.flatnonzero(rates >= rates.max() / 2)[-1])
    before = losses[max(uncut - 1, 0)]
    return bool(before - losses[uncut] > context.thresholds.flat_loss * abs(before))


def _is_behind(context: Context) -> bool:
    """Whether a simple model answers the probe batch far better, so that more can be learned."""
    t = context.thresholds
    pairs = [
        [float(row.get(name, np.nan)) for name in ("answer_score", "simple_score")] for row in context.final_predictions
    ]
    return any(simple >= t.simple_score and own < t.simple_warning * simple for own, simple in pairs)


def _find_still_epochs(context: Context, losses: np.ndarray) -> tuple[np.ndarray, dict[str, Value]]:
    """Which epochs of the history moved nothing, bool of shape `(epochs,)`, and by what value that shows."""
    t = context.thresholds
    moved = _measure_movement(context)
    if moved is not None:
        return moved < t.update_small, {"update_ratio_per_step": float(np.nanmax(moved[-1:]))}
    rates = _get_rates(context)
    if rates is not None and (rates == 0).any():
        return rates == 0, {}
    changes = np.abs(np.diff(losses)) / np.maximum(np.abs(losses[1:]), 1e-30)
    is_same = np.append(changes <= t.same_loss, True)  # an epoch is still if the next one's loss is the same
    # At three epochs of one loss to the last digit nothing moves; at two it may be chance.
    return (is_same if is_same[-3:].all() and len(losses) > 3 else np.zeros(len(losses), bool)), {}


def _measure_movement(context: Context) -> np.ndarray | None:
    """The largest relative change of a kernel per step, by epoch of the history; None if it is not known of each."""
    if context.gradients is None or context.gradients.empty or context.history is None:
        return None
    return _find_by_epoch(context, context.epoch_metrics.movement)


def _get_rates(context: Context) -> np.ndarray | None:
    """The learning rate of each epoch of the history, as its log or the gradient log has it; None if neither has."""
    assert context.history is not None
    for name in ("learning_rate", "lr"):
        if name in context.history.columns and pd.api.types.is_numeric_dtype(context.history[name]):
            return context.history[name].to_numpy("float64")
    if context.gradients is None or context.gradients.empty:
        return None
    return _find_by_epoch(context, context.epoch_metrics.rates)


def _find_by_epoch(context: Context, values: np.ndarray) -> np.ndarray | None:
    """What the gradient log says of each epoch of the history; None if it does not of all."""
    assert context.history is not None
    known, epochs = context.epoch_metrics.epochs, context.history["epoch"].to_numpy()
    indices = np.minimum(np.searchsorted(known, epochs), len(known) - 1)  # a log's epochs ascend
    found = np.where(known[indices] == epochs, values[indices], np.nan)
    return found if np.isfinite(found).all() else None


def find_rate_jump(context: Context) -> Iterator[Finding]:
    """A learning rate that was raised at an epoch which the loss did not survive."""
    losses, t = context.losses, context.thresholds
    rates = None if losses is None or context.history is None else _get_rates(context)
    if losses is None or rates is None or len(rates) < 2:
        return
    with np.errstate(invalid="ignore"):
        is_ruined = ~np.isfinite(losses[1:]) | (losses[1:] > t.rising_loss * np.abs(losses[:-1]))
    is_raised = rates[1:] > _RAISED * np.maximum.accumulate(rates)[:-1]
    found = np.flatnonzero(is_ruined & is_raised & (rates[:-1] > 0) & np.isfinite(losses[:-1]))
    if not len(found):
        return
    before = int(found[0])
    assert context.history is not None
    yield Finding(
        "learning_rate_too_high",
        "error",
        (),
        int(context.history["epoch"].to_numpy()[before + 1]),
        {
            "learning_rate_before": float(rates[before]),
            "learning_rate": float(rates[before + 1]),
            "loss_before": float(losses[before]),
        },
        f"In this epoch the learning rate rose from {rates[before]:.3g} to {rates[before + 1]:.3g}, and the loss was "
        "lost. Look at what sets the rate: a schedule, `LearningRateScheduler`, or a callback of your own.",
    )


def find_constant_answer(context: Context) -> Iterator[Finding]:
    """A training that knows no more than the best constant answer, however it got there.

    That answer's loss is known from an inspection alone: a loss of log(k) may be any.
    """
    found = _judge_settled(context)
    if found is None or found.severity != "error":
        if context.is_unrelated:
            found = _describe_unrelated(context)
        elif context.is_complete and found is None and is_found_by_none(context):
            found = _describe_found_by_none(context)
    if found is not None:
        yield found


def _judge_settled(context: Context) -> Finding | None:
    """A loss that settles at that of the best constant answer."""
    losses, t, baseline = context.losses, context.thresholds, context.baseline
    if losses is None or context.history is None or not baseline > 0 or not np.isfinite(losses).all():
        return None
    variations = [_measure_variation(row) for row in _list_last_predictions(context)]
    is_known = bool(variations) and np.isfinite(variations).all()
    if len(losses) < t.first_epochs or context.count_steps() < t.first_steps:
        return None
    if is_known and max(variations) > 2 * t.hardly_vary:
        return None
    distance = np.abs(losses / baseline - 1)
    limit = t.baseline_noise if is_known and _has_variance(context) else t.baseline_distance
    # A loss beside the baseline is one of a constant answer only where it stays: one that passes by goes on.
    is_near = (distance <= limit) & (np.abs(losses / losses[-1] - 1) <= t.baseline_distance)
    length = len(losses) if is_near.all() else int(np.argmin(is_near[::-1]))
    if length < t.first_epochs:
        return None
    start = len(losses) - length
    lowest = float(losses[:start].min()) if start else np.inf
    has_collapsed = lowest < (1 - 2 * limit) * baseline
    if length < t.settled_epochs and not has_collapsed:  # it may be a slow start
        return None
    # Without the predictions it may be a model that has learned the little that noisy labels allow.
    is_proven = is_known and max(variations) <= t.hardly_vary
    # A plateau in which the loss falls from epoch to epoch may be left: what it comes to is told at the end.
    has_lasted = context.count_steps() * length / len(losses) >= t.settled_steps and not context.falls_steadily
    has_lasted |= context.is_complete
    is_error = is_proven and (has_lasted or has_collapsed)
    evidence: dict[str, Value] = {"last_loss": float(losses[-1]), "loss_of_a_constant_answer": baseline}
    if has_collapsed:
        evidence["lowest_loss"] = lowest
    return Finding(
        "no_better_than_constant",
        "error" if is_error else "warning",
        (),
        int(context.history["epoch"].to_numpy()[start]),
        {**evidence, "epochs": float(length)},
        (
            "The model had learned, and then fell back to one answer for every example: steps that are too large, or "
            "units that died, did it. Lower the learning rate, and look at the layers in this epoch."
            if has_collapsed
            else "The loss stays where the best constant answer has it: nothing of the inputs is used. Check that "
            "inputs and labels belong together (shuffled apart, they look the same), what range the inputs have, and "
            "whether the gradients reach the first layer; of labels that are mere noise nothing else can be learned."
        ),
    )


def _describe_unrelated(context: Context) -> Finding:
    """Predictions of a training that has ended, no better than a constant answer and without regard to the labels."""
    rows, losses = context.final_predictions, context.losses
    assert losses is not None
    return Finding(
        "no_better_than_constant",
        "error",
        (),
        int(rows[0]["epoch"]),
        {
            "last_loss": float(losses[-1]),
            "loss_of_the_probe": float(sum(row["plain_loss"] for row in rows)),
            "loss_of_a_constant_answer": float(sum(row["position_baseline"] for row in rows)),
            "label_slope": float(max(row["label_slope"] for row in rows)),
        },
        "At the end of the fit one answer for every example would be as good for the probe batch as these predictions, "
        "which do not follow the labels. Look for what outweighs the labels in the loss: a second term (the divergence "
        "of a variational autoencoder, a penalty, a weight decay), or class or sample weights that are inverted; "
        "check that inputs and labels belong together; if the loss still falls, train for longer.",
    )


def is_found_by_none(context: Context) -> bool:
    """Whether neither the network nor any simple model answers the probe batch much better than a constant."""
    rows, t = context.final_predictions, context.thresholds
    losses = context.losses
    # A low loss shows that something was learned, if only of other examples, or of those with large weights.
    if losses is not None and losses[-1] < _LOW * context.baseline:
        return False
    names = "answer_score", "simple_score", "simple_error", "plain_loss", "inference_loss", "baseline"
    for own, simple, error, plain, inference, baseline in [[float(row.get(n, np.nan)) for n in names] for row in rows]:
        # A rare class may be told by its probability, though that is below a half.
        is_lost = np.fmin(plain, inference) > t.beaten_loss * baseline
        if not (is_lost and own < t.unrelated_score and simple < np.minimum(t.unrelated_score / 2, 2 * error)):
            return False
    return bool(rows)


def _describe_found_by_none(context: Context) -> Finding:
    row = max(context.final_predictions, key=lambda row: float(row["answer_score"]))
    own, simple = (round(float(row[name]), 4) + 0.0 for name in ("answer_score", "simple_score"))
    # A loss that is a little lower may be all that noisy labels allow.
    rows, slack = context.final_predictions, context.thresholds.baseline_distance
    is_rare = any(_has_few_of_a_class(context, row) for row in rows)
    gains_nothing = all(np.fmin(r["plain_loss"], r["inference_loss"]) > (1 - slack) * r["baseline"] for r in rows)
    return Finding(
        "no_better_than_constant",
        "error" if gains_nothing and own < slack and not is_rare else "warning",
        (),
        int(row["epoch"]),
        {"score": own, "score_of_simple_model": simple},
        f"At the end of the fit the answers score {own:.2f}, where a constant answer scores 0 and right ones 1, and "
        "neither a linear model nor nearest neighbours nor a forest finds anything of the labels in the inputs. Check "
        "that inputs and labels belong together: files that are sorted by their names and labels that are not, labels "
        "that are a row too late, one of both shuffled without the other. Of labels that are mere noise nothing else "
        "can be learned; and some that follow from the order of steps or from what a picture shows only networks find.",
    )


def _has_few_of_a_class(context: Context, row: dict[str, Any]) -> bool:
    """Whether so few examples of the probe batch are of one of two classes that their share of the loss is chance."""
    if context.inspection is None or row["loss"] not in CROSSENTROPIES or row["label_units"] != 1 or row["units"] != 1:
        return False
    share = min(row["label_mean"], 1 - row["label_mean"])
    return bool(share * context.inspection.setup.get("examples", np.inf) < _FEWEST_OF_A_CLASS)


def _has_variance(context: Context) -> bool:
    """Whether the baseline is a variance, which that of a batch is but roughly; of an entropy it is nearly."""
    assert context.inspection is not None
    return not set(context.inspection.outputs["loss"]) <= set(CROSSENTROPIES)


def _list_last_predictions(context: Context) -> list[dict[str, Any]]:
    return [] if context.is_inspection else context.final_predictions


def _measure_variation(row: dict[str, Any]) -> float:
    """The predictions' standard deviation over that of the labels (of classes that are alike); NaN if not known."""
    if row["loss"] in REGRESSIONS and row["label_units"] == row["units"] and row["label_std"] > 0:
        return float(row["prediction_std"] / row["label_std"])
    if row["loss"] in CROSSENTROPIES and not row["from_logits"]:
        share = 1 / max(row["units"], 2)
        return float(row["prediction_std"] / np.sqrt(share * (1 - share)))
    return float("nan")


def find_hardly_varying_predictions(context: Context) -> Iterator[Finding]:
    """Predictions of a regression that hardly vary, compared with the labels, after some epochs."""
    losses, t = context.losses, context.thresholds
    if losses is None or len(losses) < t.settled_epochs or context.is_converged:
        return
    if context.count_steps() < t.first_steps:
        return
    for row in _list_last_predictions(context):
        variation = _measure_variation(row)
        if row["loss"] not in REGRESSIONS or not variation < t.hardly_vary:
            continue
        yield Finding(
            "predictions_hardly_vary",
            "warning",
            (row["layer"],) if row["layer"] else (),
            int(row["epoch"]),
            {"prediction_std": float(row["prediction_std"]), "label_std": float(row["label_std"]), "ratio": variation},
            f"The predictions' standard deviation is {variation:.1e} of the labels': one answer to every example. "
            "Either little of the labels can be known from the inputs, or the model has not learned it: train longer, "
            "raise the learning rate, and check that inputs and labels belong together.",
        )


def find_late_oscillation(context: Context) -> Iterator[Finding]:
    """A loss that fell, and goes up and down at the end, by much of its first value."""
    losses, t = context.losses, context.thresholds
    if losses is None or context.history is None or not np.isfinite(losses).all() or not (losses > 0).all():
        return
    overall = measure_oscillation(losses)
    if overall[0] > t.oscillation and overall[1] > t.oscillation_size:  # which is said of the whole
        return
    tail = losses[len(losses) // 2 :]
    changes = np.diff(tail)
    if len(changes) < 4 or (changes > 0).sum() < 2 or not (changes < 0).any() or context.is_converged:
        return
    undone = float(changes[changes > 0].sum() / -changes[changes < 0].sum())
    swing = float(np.median(np.abs(changes)) / losses[0])
    if undone <= t.oscillation or swing <= t.oscillation_size:
        return
    yield Finding(
        "learning_rate_too_high",
        "warning",
        (),
        int(context.history["epoch"].to_numpy()[len(losses) // 2]),
        {"part_of_falls_undone": undone, "median_change_over_first_loss": swing},
        "The loss goes up and down at the end, after it had fallen: the steps have become too large. Lower the "
        "learning rate towards the end (a schedule that decays, such as `CosineDecay`), or take larger batches.",
    )


def find_early_end(context: Context) -> Iterator[Finding]:
    """A fit that a callback has ended while its losses still fell, and before the model has learned."""
    losses, planned, t = context.losses, context.planned_epochs, context.thresholds
    if losses is None or context.history is None or not context.is_over or planned is None:
        return
    epochs, baseline = int(context.history["epoch"].iloc[-1]) + 1, context.baseline
    if epochs >= planned or len(losses) < 2 or losses[-1] < t.early_end * (baseline if baseline > 0 else losses[0]):
        return
    if not np.isfinite(losses).all() or losses.argmin() < len(losses) - 1:
        return
    if "val_loss" in context.history:  # a stop by it would have come after its lowest value
        curve = context.history["val_loss"].dropna().to_numpy("float64")
        if len(curve) and curve.argmin() < len(curve) - 1:
            return
    before = losses[-min(3, len(losses))]
    if before - losses[-1] < t.flat_loss * abs(before):
        return
    evidence: dict[str, Value] = {
        "epochs": float(epochs),
        "planned_epochs": float(planned),
        "last_loss": float(losses[-1]),
    }
    if (monitor := _find_large_min_delta(context)) is not None:
        yield Finding(
            "ended_early",
            "error",
            (),
            None,
            {**evidence, "min_delta": monitor.min_delta},
            f"`{monitor.callback}` has ended the fit after {epochs} of {planned} epochs, while its metric "
            f"`{monitor.metric}` became better: since the first epoch by less than its `min_delta` of "
            f"{monitor.min_delta:g}, so that none of it counts. Give it `min_delta=0`, or a small part of what an "
            "epoch gains.",
        )
        return
    yield Finding(
        "ended_early",
        "warning",
        (),
        None,
        evidence,
        f"A callback has ended the fit after {epochs} of {planned} epochs, while the loss still fell. Of an "
        "`EarlyStopping` check what it watches (`monitor`), whether that is to rise or to fall (`mode`), and for how "
        "many epochs it waits (`patience`).",
    )


def _find_large_min_delta(context: Context) -> Monitor | None:
    """The callback that has ended a fit whose metric became better to the end, in all by less than it counts."""
    assert context.history is not None
    for monitor in context.monitors:
        if monitor.effect != "ended" or monitor.metric not in context.history:
            continue
        values = context.history[monitor.metric].dropna().to_numpy("float64")
        gains = -np.diff(values) if monitor.mode == "min" else np.diff(values)
        if len(gains) and gains[-1] > 0 and 0 < gains.sum() < monitor.min_delta:
            return monitor
    return None


def find_few_steps(context: Context) -> Iterator[Finding]:
    """A fit that has ended while its loss still falls, after many epochs of a few steps each."""
    losses, t = context.losses, context.thresholds
    if losses is None or context.is_inspection or not context.is_over or context.is_converged or has_learned(context):
        return
    steps, epochs = context.count_steps(), len(losses)
    if epochs < t.ended_epochs or steps >= min(t.ended_steps, t.few_steps * epochs):
        return
    if not np.isfinite(losses).all() or losses[-1] >= losses[-2]:
        return
    is_far = losses[-1] > _LOW * context.baseline > 0
    has_pace = losses[-2] - losses[-1] > _PACE * (losses[0] - losses[-1]) / (epochs - 1)
    yield Finding(
        "few_steps",
        "error" if is_far and has_pace else "warning",
        (),
        None,
        {"steps": steps, "steps_per_epoch": steps / epochs},
        f"In {epochs} epochs the weights were changed {steps:g} times, and the loss still fell: the model has only "
        "begun to learn. Smaller batches give an epoch more steps (`batch_size=32`), a higher learning rate makes them "
        "longer; or train for more epochs.",
    )
