"""A rule about a network that has learned far less than simple models do from the same examples."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.learned import has_learned, predict_loss

_ERRORS = 3.0
"""Standard errors of the difference that are left to chance; more than two, as the best of three models is taken."""

_CHECKS = (
    "something keeps the network from it. If no other finding says what, check that `fit` is given the same inputs and "
    "labels as the guard, in the same order and on the same scale, that `class_weight` and `sample_weight` favour what "
    "they should, and that no schedule or callback ends the learning too soon; then try another learning rate, more "
    "units, more epochs."
)


_FAR_LOSS = 2.0
"""Loss over that of the best constant answer from which predictions are far off, and not only useless. Chosen."""

_RISEN = 1.05
"""Loss of an output, as part of its first, above which it has risen by more than chance. Chosen."""

_FALLEN = 0.5
"""Loss of an output, as part of that of its best constant answer, below which it is learned. Chosen."""

_FAR = (
    " Its loss is far above that of always giving the same answer: its first predictions were far off, so scale labels "
    "and inputs, too."
)


def find_worse_than_simple_model(context: Context) -> Iterator[Finding]:
    """A fit that has ended with answers that a linear model, nearest neighbours or a forest give far better.

    They were not fitted to the examples that they are judged on, on which the network may have been trained.
    """
    t = context.thresholds
    for row in context.final_predictions if context.is_complete else ():
        own, simple, error = (float(row.get(n, "nan")) for n in ("answer_score", "simple_score", "simple_error"))
        # A low score of a simple model shows something of a network that is worse than a constant answer.
        shows_something = simple >= t.simple_score or (simple >= t.simple_score / 2 and simple - own >= t.simple_score)
        if not (shows_something and own < t.simple_warning * simple and simple - own > _ERRORS * error):
            continue
        # A loss that is low already, of other examples or by their weights, does not lead to these answers.
        fall, rest = _measure_late_fall(_list_losses(context, str(row["layer"])))
        loss, baseline = (float(row.get(name, "nan")) for name in ("plain_loss", "baseline"))
        is_lost = rest * loss > baseline
        is_lost |= _holds_penalty(context) and loss >= t.beaten_loss * baseline  # then the penalty is what falls
        # Nor does a loss of the model's own that has become low while the answers are still useless.
        is_lost |= _computes_own_loss(context) and context.is_converged and own < t.unrelated_score
        is_slow = fall >= t.late_fall and not is_lost and not has_learned(context)
        own, simple = round(own, 4) + 0.0, round(simple, 4)  # no -0
        where = f" of output {row['layer']!r}" if len(context.final_predictions) > 1 and row["layer"] else ""
        yield Finding(
            "worse_than_simple_model",
            "error" if own < t.simple_part * simple and not is_slow and not _is_fought(context, row) else "warning",
            (),
            int(row["epoch"]),
            {"score": own, "score_of_simple_model": simple, "simple_model": str(row["simple_model"])},
            f"The answers{where} score {own:.2f}, where the best constant answer scores 0 and right ones 1. "
            f"{str(row['simple_model']).capitalize()}, fitted to parts of the probe batch, scores {simple:.2f} on the "
            "rest of it: what the labels ask for is in the inputs, and "
            + ("the network has not come to it yet: its loss still falls, so train on." if is_slow else _CHECKS)
            + (_FAR if is_lost and loss > _FAR_LOSS * baseline else ""),
        )


def _is_fought(context: Context, row: dict[str, Any]) -> bool:
    """Whether one output's loss has risen above its first while that of another has fallen far: an adversary's does.

    Layers in front of it may be trained to raise the loss, by reversed gradients, and the output to lower it.
    """
    losses, rows = _list_losses(context, str(row["layer"])), context.final_predictions
    if len(rows) < 2 or losses is None or not losses[1:].max() > _RISEN * losses[0]:
        return False
    others = [other for other in rows if other is not row]
    pairs = [(_list_losses(context, str(other["layer"])), float(other.get("baseline", "nan"))) for other in others]
    return any(other is not None and other[-1] < _FALLEN * baseline for other, baseline in pairs)


def _computes_own_loss(context: Context) -> bool:
    """Whether the model's own code computes its loss, which is never below 0."""
    setup = {} if context.inspection is None else context.inspection.setup
    return bool(setup.get("computes_own_loss", False) and context.losses is not None and (context.losses >= 0).all())


def _holds_penalty(context: Context) -> bool:
    """Whether a penalty on weights is a large part of the first loss."""
    setup = {} if context.inspection is None else context.inspection.setup
    return bool(setup.get("penalty", 0.0) > setup.get("loss", np.nan) / 2)


def _list_losses(context: Context, layer: str) -> np.ndarray | None:
    """An output's losses by epoch; None if they are not known."""
    if len(context.final_predictions) == 1:
        return context.losses
    history, name = context.history, f"{layer}_loss"
    return None if history is None or name not in history.columns else history[name].to_numpy("float64")


def _measure_late_fall(losses: np.ndarray | None) -> tuple[float, float]:
    """How much of a loss the last quarter of the epochs took (a spike is no fall), and how much as many again leave."""
    if losses is None or len(losses) < 3:
        return 0.0, 1.0
    mark = len(losses) * 3 // 4 - 1
    before, last = float(np.median(losses[max(0, mark - 1) : mark + 2])), float(losses[-1])
    if not before > 0:
        return 0.0, 1.0
    return (before - last) / before, predict_loss(before, last, 4) / last if last > 0 else 0.0
