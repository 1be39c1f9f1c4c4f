"""What a compiled loss makes of the same labels in another shape, and of the best predictions that a head can give."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_vg.diagnosis.ranges import RANGES

Measure = Callable[[np.ndarray, np.ndarray], float]

LEVELS = 7
"""Predictions between the lowest and the highest that are tried: each pair of them costs a loss. Like the values below,
chosen, not tuned."""

INSET = 0.02
"""How far from the ends of a range the outer levels lie, as part of the range: a logarithm of 0 is not finite."""

EDGE = 1e-5
"""How far the outermost predictions do, of which only a few pairs are tried: a Dice coefficient is lowest at 0."""

HALVINGS = 8
"""From the best of the levels, steps are tried down to 1/256 of the distance between two of them."""

MOST_VALUES = 2**18
"""Trial predictions have at most so many values; if two examples have more, none are tried."""

SLOWEST = 0.25
"""Seconds: a loss that takes longer three times, as one with a network in it, is not measured a hundred times."""


@dataclass(frozen=True)
class Answers:
    """The losses of trial predictions; all NaN where they are not known.

    Attributes:
        right: The loss where the predictions are the labels, cut to the head's range.
        constant: The lowest loss of constant predictions.
        varying: The lowest loss of predictions that depend on the labels.
        highest: The highest loss of all of them.
        typical: The median size of all of them, to which rounding is compared.
    """

    right: float = math.nan
    constant: float = math.nan
    varying: float = math.nan
    highest: float = math.nan
    typical: float = math.nan


def measure_seconds(measure: Callable[[], Any]) -> float:
    """Measures how long something takes, at best of three times: the first may compile.

    Args:
        measure: What to call; at once one that takes no longer than `SLOWEST` is called no more.
    """
    seconds = math.inf
    for _ in range(3):
        start = time.perf_counter()
        measure()
        seconds = min(seconds, time.perf_counter() - start)
        if seconds <= SLOWEST:
            break
    return seconds


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
    """Measures a loss for constant predictions, and for predictions that depend on the labels.

    A loss that teaches is lower for some prediction that depends on the labels than for every constant one, whatever
    its formula. Tried are the labels themselves, and all pairs of one value for the labels above their mean and another
    for those below (as of a loss of distances, small for large labels), or one for the labels far from their mean and
    another for those near it (as of a loss of spreads).

    Args:
        measure: As of `measure_aligned`.
        label: The labels.
        prediction: The predictions.
        activation: The last activation, within whose range the trial predictions lie.

    Returns:
        The losses. All NaN if labels and predictions differ in shape, if the labels are no finite numbers or the same
        for all examples, if they lie beyond the range of the activation, if a loss is not finite, if the loss does not
        depend on the labels at all, or if it takes too long.
    """
    is_number = label.dtype.kind in "biuf"
    if not is_number or label.shape != prediction.shape or not label.size or 2 * label[0].size > MOST_VALUES:
        return Answers()
    label = label[: MOST_VALUES // label[0].size]
    y = label.astype("float64")
    levels = _list_levels(y, activation) if np.isfinite(y).all() else np.zeros(1)
    if not np.ptp(y, axis=0).any() or not levels[0] < levels[-1]:
        return Answers()
    with np.errstate(all="ignore"):  # casts to the labels' and the predictions' own types
        return _measure_trials(measure, label, y, prediction.dtype, levels, activation == "softmax")


def _measure_trials(
    measure: Measure, label: np.ndarray, y: np.ndarray, dtype: Any, levels: np.ndarray, is_softmax: bool
) -> Answers:
    def measure_answer(answer: np.ndarray, given: np.ndarray = label) -> float:
        if is_softmax:
            answer = answer / np.maximum(answer.sum(axis=-1, keepdims=True), 1e-30)
        return measure(given, np.broadcast_to(answer, y.shape).astype(dtype))

    means = np.mean(y, axis=0, keepdims=True)
    edge = (INSET - EDGE) * (levels[-1] - levels[0]) / (1 - 2 * INSET)
    edges = np.array([levels[0] - edge, levels[-1] + edge])  # some losses are lowest there, others not finite
    if not np.isfinite([measure_answer(np.full_like(y, value)) for value in edges]).all():
        edges = levels[[0, -1]]
    right = measure_answer(np.clip(y, *edges))
    alike = [np.broadcast_to(np.clip(means, levels[0], levels[-1]), y.shape)]
    alike += [np.full_like(y, level) for level in [*edges, np.clip(y.mean(), levels[0], levels[-1]), *levels]]
    constant: list[float] = []
    if measure_seconds(lambda: measure_answer(alike[0])) > SLOWEST:
        return Answers()
    constant += [measure_answer(answer) for answer in alike]
    distances = np.abs(y - means)
    groups = [y > means, distances > distances.mean()]
    ends: list[tuple[Any, Any]] = [(edges[0], edges[1]), (edges[1], edges[0])]
    ends += [(one, other) for one in levels for other in levels if one != other]
    pairs = [np.where(group, one, other) for group in groups for one, other in ends]
    varying = [right, *map(measure_answer, pairs)]
    losses = np.array([*constant, *varying])
    others = [(y + np.ptp(y)).astype(label.dtype), (y.min() + y.max() - y).astype(label.dtype)]
    if not np.isfinite(losses).all() or all(measure_answer(pairs[0], other) == varying[1] for other in others):
        return Answers()
    typical = float(np.median(np.abs(losses)))
    middle, step = np.full_like(y, levels[int(np.argmin(constant[-LEVELS:]))]), levels[1] - levels[0]
    is_close = min(varying) >= min(constant) - 1e-3 * typical  # the best pair may lie between two levels
    constant.append(_descend(measure_answer, middle, [np.ones_like(y)], step, edges))
    if is_close:
        varying += [_descend(measure_answer, middle, [1.0 * group, 1.0 - group], step, edges) for group in groups]
    return Answers(right, min(constant), min(varying), float(losses.max()), typical)


def _descend(
    measure: Callable[[np.ndarray], float],
    answer: np.ndarray,
    ways: Sequence[np.ndarray],
    step: float,
    bounds: np.ndarray,
) -> float:
    """The lowest loss that steps along some ways lead to, each half as long as those before."""
    lowest = measure(answer)
    for halvings in range(1, HALVINGS + 1):
        for change in [sign * step * 0.5**halvings * way for way in ways for sign in (-1, 1)]:
            moved = np.clip(answer + change, *bounds)
            loss = measure(moved)
            if loss < lowest:
                lowest, answer = loss, moved
    return lowest


def _list_levels(y: np.ndarray, activation: str) -> np.ndarray:
    """Predictions within the range of the last activation; where it has no bound, to the labels' span beyond them."""
    low, high = RANGES.get(activation, (-math.inf, math.inf))
    bounds = (max(low, y.min() - np.ptp(y)), min(high, y.max() + np.ptp(y)))
    inset = INSET * (bounds[1] - bounds[0])
    return np.linspace(bounds[0] + inset, bounds[1] - inset, LEVELS)
