"""What a compiled loss makes of the same labels in another shape, and of the best predictions that a head can give."""

import math
from collections.abc import Callable

import numpy as np

from keras_vg.diagnosis.outputs import RANGES

Measure = Callable[[np.ndarray, np.ndarray], float]


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
