"""How low a loss of one's own gets within the range of a sigmoid or softmax, and how low beyond it."""

import math
from dataclasses import dataclass

import numpy as np

from keras_vg.inspection.label_trials import MOST_VALUES, Measure

SHARES = (1 - 1e-6, 0.99, 0.9, 0.7)
"""Probabilities of the right answer that are tried: a loss of smoothed labels is not lowest at 1."""

LOGITS = (2.0, 5.0, 20.0)
"""Logits of right answers that are tried, those of wrong ones being their negatives. Chosen, like the shares."""


@dataclass(frozen=True)
class HeadReach:
    """The losses of right answers; all NaN where they are not known.

    Attributes:
        within: The lowest of right answers as probabilities, which the last activation can give.
        beyond: The lowest of right answers as logits, which it cannot give.
        alike: The loss where every answer is the same for all examples and classes.
    """

    within: float = math.nan
    beyond: float = math.nan
    alike: float = math.nan


def measure_head_reach(measure: Measure, label: np.ndarray, prediction: np.ndarray, activation: str) -> HeadReach:
    """Measures a loss for right answers within and beyond the range of the last activation.

    A loss that applies a softmax of its own is lowest for logits without bounds. Behind a softmax its least value is
    `log(1 + (classes - 1) / e)`: 1.46 for ten classes, where equal probabilities have 2.30.

    Args:
        measure: As of `label_trials.measure_aligned`.
        label: The labels: 0 and 1 for each unit, or under softmax numbers of classes, too.
        prediction: The predictions, of shape `(examples, ..., units)`.
        activation: The last activation.

    Returns:
        The losses; all NaN for other activations and labels, and where a loss within the range is not finite.
    """
    right = _find_right(label, prediction, activation)
    if right is None or prediction.size > MOST_VALUES:
        return HeadReach()
    is_softmax, units = activation == "softmax", prediction.shape[-1]
    others = max(units - 1, 1) if is_softmax else 1

    def measure_answers(values: np.ndarray) -> float:
        return measure(label, values.astype(prediction.dtype))

    with np.errstate(all="ignore"):  # logarithms of what is no probability
        within = [measure_answers(np.where(right, share, (1 - share) / others)) for share in SHARES]
        beyond = [measure_answers(np.where(right, logit, -logit)) for logit in LOGITS]
        alike = measure_answers(np.full(right.shape, 1 / units if is_softmax else 0.5))
    if not np.isfinite([*within, alike]).all() or not np.isfinite(beyond).any():
        return HeadReach()
    return HeadReach(min(within), float(np.nanmin(beyond)), alike)


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
