"""What a compiled loss makes of the same labels in another shape, and of the best predictions that a head can give."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from keras_vg.diagnosis.outputs import RANGES

Measure = Callable[[np.ndarray, np.ndarray], float]

LEVELS = 7
"""Answers between the lowest and the highest that are tried: their pairs cost a loss each."""

HALVINGS = 8
"""From the best of the levels, steps are tried down to 1/256 of the distance between two of them."""

MOST_VALUES = 2**16
"""Of labels and predictions, at most so many values are tried: a loss is measured about a hundred times."""


@dataclass(frozen=True)
class Answers:
    """What a loss makes of answers that were made up; NaN where it could not be measured.

    Attributes:
        right: The loss of the labels themselves as predictions, cut to the head's range.
        constant: The lowest loss of the answers that are the same for every example.
        varying: The lowest loss of the answers that go by the labels.
        highest: The highest loss of all of them.
    """

    right: float = math.nan
    constant: float = math.nan
    varying: float = math.nan
    highest: float = math.nan


def measure_aligned(measure: Measure, label: np.ndarray, prediction: np.ndarray) -> float:
    """Measures how a loss changes if the labels are given the shape of the predictions.

    Labels of shape `(n,)` and predictions of shape `(n, 1)` have a difference of shape `(n, n)`, unless the loss brings
    them into one shape first, as those of Keras do.

    Args:
        measure: Takes labels and predictions and returns the loss.
        label: The labels.
        prediction: The predictions.

    Returns:
        The change of the loss; NaN if labels and predictions have as many axes already, or not as many values.
    """
    if label.ndim == prediction.ndim or label.size != prediction.size:
        return math.nan
    return measure(label.reshape(prediction.shape), prediction) - measure(label, prediction)


def measure_reachable(measure: Measure, label: np.ndarray, prediction: np.ndarray, activation: str) -> float:
    """Measures how far a loss can change within the range of the last activation, where labels lie beyond it.

    A sigmoid cannot reach a label of 255, but a loss that divides the labels by 255 asks for 1. So the predictions that
    are tried are the labels cut to the range, and the labels scaled into it.

    Args:
        measure: As of `measure_aligned`.
        label: The labels.
        prediction: The predictions.
        activation: The last activation.

    Returns:
        The change to the lowest loss; NaN if the activation has no bounds, or the labels are within them, not finite,
        or of another shape than the predictions.
    """
    low, high = RANGES.get(activation, (-math.inf, math.inf))
    if label.shape != prediction.shape or not np.isfinite([low, high]).all() or not np.isfinite(label).all():
        return math.nan
    y = label.astype("float64")
    if low <= y.min() and y.max() <= high:
        return math.nan
    unit = (y - y.min()) / max(float(np.ptp(y)), 1e-30)
    trials = (np.clip(y, low, high), np.clip(y / np.abs(y).max() * high, low, high), low + unit * (high - low))
    losses = [measure(label, trial.astype(prediction.dtype)) for trial in trials]
    return min((loss for loss in losses if not math.isnan(loss)), default=math.nan) - measure(label, prediction)


def measure_answers(measure: Measure, label: np.ndarray, prediction: np.ndarray, activation: str) -> Answers:
    """Measures what a loss makes of answers that are the same for every example, and of answers that go by the labels.

    A loss that teaches is lower for some answer that goes by the labels than for each that is the same for all,
    whatever its formula. The answers that go by the labels are the labels themselves, and all pairs of one value for
    the labels above their mean and another for those below (as of a loss of distances, small for large labels), or one
    for the labels far from their mean and another for those near it (as of a loss of spreads).

    Args:
        measure: As of `measure_aligned`.
        label: The labels.
        prediction: The predictions.
        activation: The last activation, within whose range the answers lie.

    Returns:
        The losses; all NaN if labels and predictions differ in shape, if the labels are all the same or not finite, if
        a loss is not finite, or if the loss does not depend on the labels at all.
    """
    if label.shape != prediction.shape or not label.size:
        return Answers()
    label = label[: max(2, MOST_VALUES // max(1, label[0].size))]
    y = label.astype("float64")
    span = float(np.ptp(y))
    if not np.isfinite(y).all() or not span > 0:
        return Answers()

    def measure_answer(answer: np.ndarray, given: np.ndarray = label) -> float:
        if activation == "softmax":
            answer = answer / np.maximum(answer.sum(axis=-1, keepdims=True), 1e-30)
        return measure(given, np.broadcast_to(answer, y.shape).astype(prediction.dtype))

    levels = _list_levels(y, activation)
    means = np.mean(y, axis=0, keepdims=True)
    alike = [np.full_like(y, level) for level in [*levels, np.clip(y.mean(), levels[0], levels[-1])]]
    alike.append(np.clip(means, levels[0], levels[-1]))
    constant = list(map(measure_answer, alike))
    distances = np.abs(y - means)
    groups = [y > means, distances > distances.mean()]
    pairs = [np.where(group, one, other) for group in groups for one in levels for other in levels if one != other]
    varying = list(map(measure_answer, pairs))
    right = measure_answer(np.clip(y, levels[0], levels[-1]))
    losses = np.array([right, *constant, *varying])
    others = [(y + span).astype(label.dtype), (y.min() + y.max() - y).astype(label.dtype)]
    if not np.isfinite(losses).all() or all(measure_answer(pairs[0], other) == varying[0] for other in others):
        return Answers()
    if min(right, *varying) >= min(constant):  # the best pair may lie between two levels
        start = np.full_like(y, levels[int(np.argmin(constant[:LEVELS]))])
        step = levels[1] - levels[0]
        constant.append(_descend(measure_answer, start, [np.ones_like(y)], step))
        varying += [_descend(measure_answer, start, [1.0 * group, 1.0 - group], step) for group in groups]
    return Answers(right, min(constant), min(right, *varying), float(losses.max()))


def _descend(measure: Callable[[np.ndarray], float], answer: np.ndarray, ways: list[np.ndarray], step: float) -> float:
    """The lowest loss that steps along some ways lead to, each half as long as those before."""
    lowest = measure(answer)
    for halvings in range(1, HALVINGS + 1):
        for change in [sign * step * 0.5**halvings * way for way in ways for sign in (-1, 1)]:
            loss = measure(answer + change)
            if loss < lowest:
                lowest, answer = loss, answer + change
    return lowest


def _list_levels(y: np.ndarray, activation: str) -> np.ndarray:
    """Answers within the range of the last activation; where it has no bound, to the labels' span beyond them."""
    low, high = RANGES.get(activation, (-math.inf, math.inf))
    bounds = (max(low, y.min() - np.ptp(y)), min(high, y.max() + np.ptp(y)))
    inset = 0.02 * (bounds[1] - bounds[0])  # a logarithm of 0 is not finite
    return np.linspace(bounds[0] + inset, bounds[1] - inset, LEVELS)
