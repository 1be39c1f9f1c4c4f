"""What a loss of one's own makes of right answers as probabilities, and of right answers as logits."""

import math
from dataclasses import dataclass

import numpy as np

from keras_vg.inspection.label_trials import MOST_VALUES, SLOWEST, Measure, measure_seconds

SHARES = (1 - 1e-6, 0.99, 0.9, 0.7)
"""Probabilities of the right answer that are tried: a loss of smoothed labels is not lowest at 1."""

LOGITS = (2.0, 5.0, 20.0)
"""Logits of right answers that are tried, those of wrong ones being their negatives. Chosen, like the shares."""

SHIFT = 3.0
"""What is added to all logits of an example, which a softmax does not notice. Chosen."""

LEAST_LOSS = 1e-6
"""Loss of right answers of a logit of 2, over that of equal answers, from which it is not just 0: a focal loss has 3e-4
there. Chosen."""

ROUNDING = 1e-3
"""Relative difference of losses that may be rounding. Chosen."""

FEW_EXAMPLES = 8
"""Of so many examples the losses are also measured one by one. Chosen."""


@dataclass(frozen=True)
class LogitTrials:
    """The losses of right answers; NaN where they are not known.

    Attributes:
        as_probabilities: The lowest of right answers as probabilities, which the last activation can give.
        as_logits: The lowest of right answers as logits, which it cannot give.
        alike: The loss where every answer is the same for all examples and classes.
        applies_activation: Whether the loss is sure to apply a sigmoid or softmax of its own: it takes each example by
            itself, it is not 0 for right answers of small logits, and under softmax adding a number to all logits of an
            example does not change it.
    """

    as_probabilities: float = math.nan
    as_logits: float = math.nan
    alike: float = math.nan
    applies_activation: bool = False


def try_logits(measure: Measure, label: np.ndarray, prediction: np.ndarray, activation: str) -> LogitTrials:
    """Measures a loss for right answers as probabilities and as logits.

    A loss that applies a softmax of its own is lowest for logits without bounds. Behind a softmax its least value is
    `log(1 + (classes - 1) / e)`: 1.46 for ten classes, where equal probabilities have 2.30.

    Args:
        measure: As of `label_trials.measure_aligned`.
        label: The labels: 0 and 1 for each unit, or under softmax numbers of classes, too.
        prediction: The predictions, of shape `(examples, ..., units)`.
        activation: The last activation.

    Returns:
        The losses; all NaN for other activations and labels, where a loss of probabilities is not finite, and for a
        loss that takes too long.
    """
    kept = max(1, MOST_VALUES // max(prediction[:1].size, 1))
    if len(label) == len(prediction):
        label, prediction = label[:kept], prediction[:kept]
    right = _find_right(label, prediction, activation)
    if right is None:
        return LogitTrials()
    is_softmax, units = activation == "softmax", prediction.shape[-1]
    others = max(units - 1, 1) if is_softmax else 1

    def measure_answers(values: np.ndarray, rows: slice = slice(None)) -> float:
        return measure(label[rows], values[rows].astype(prediction.dtype))

    def make_logits(logit: float) -> np.ndarray:
        return np.where(right, logit, -logit)

    alike = np.full(right.shape, 1 / units if is_softmax else 0.5)
    if measure_seconds(lambda: measure_answers(alike)) > SLOWEST:
        return LogitTrials()
    with np.errstate(all="ignore"):  # logarithms of what is no probability
        shares = [measure_answers(np.where(right, share, (1 - share) / others)) for share in SHARES]
        logits = [measure_answers(make_logits(logit)) for logit in LOGITS]
        first = make_logits(LOGITS[0])
        shifted = measure_answers(first + SHIFT) if is_softmax else math.nan
        one_by_one = [measure_answers(first, slice(i, i + 1)) for i in range(min(FEW_EXAMPLES, len(first)))]
        together = measure_answers(first, slice(0, FEW_EXAMPLES))
    same = measure_answers(alike)
    if not np.isfinite([*shares, same]).all() or not np.isfinite(logits).any():
        return LogitTrials()
    is_of_logits = bool(logits[0] > LEAST_LOSS * abs(same))  # one that is cut off at 1 is 0 there
    if is_softmax:
        is_of_logits &= bool(np.isclose(shifted, logits[0], rtol=ROUNDING))
    is_each = any(np.isclose(reduce(one_by_one), together, rtol=ROUNDING) for reduce in (np.mean, np.sum))
    return LogitTrials(min(shares), float(np.nanmin(logits)), same, is_of_logits and is_each)


def _find_right(label: np.ndarray, prediction: np.ndarray, activation: str) -> np.ndarray | None:
    """Which predictions should be 1; None where the labels do not say it."""
    if activation not in ("sigmoid", "softmax") or label.dtype.kind not in "biuf" or prediction.ndim < 2:
        return None
    units = prediction.shape[-1]
    if label.size == prediction.size:
        is_one_of_each = np.isin(label, (0, 1)).all() and len(np.unique(label)) == 2
        right = label.reshape(prediction.shape) == 1
        is_choice = activation == "sigmoid" or (units > 1 and (right.sum(axis=-1) == 1).all())
        return right if is_one_of_each and is_choice else None
    if activation != "softmax" or label.size * units != prediction.size or not np.isfinite(label).all():
        return None
    classes = label.reshape(-1)
    if (classes != np.floor(classes)).any() or classes.min() < 0 or classes.max() >= units or len(set(classes)) < 2:
        return None
    return (classes[:, None] == np.arange(units)).reshape(prediction.shape)
