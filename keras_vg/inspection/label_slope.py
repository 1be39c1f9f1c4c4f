"""How far predictions follow the labels, as one number; knows no Keras."""

import numpy as np

from keras_vg.inspection.plain_losses import CLASSES, make_probabilities


def measure_slope(loss: str, label: np.ndarray, prediction: np.ndarray, from_logits: bool = False) -> float:
    r"""Measures the slope of predictions over labels.

    It is `cov(label, prediction) / var(label)` over the examples, at each position and unit: 1 where predictions equal
    the labels, 0 where they do not depend on them. Of classes, labels are 1 for the class and 0 for the others, at all
    positions alike.

    Args:
        loss: Name of the loss, which says whether labels are classes and logits probabilities.
        label: Labels, float64 of shape `(examples, ..., units)`, or `(examples, ..., 1)` where they are class numbers.
        prediction: Predictions, of shape `(examples, ..., units)`.
        from_logits: Whether these are logits.

    Returns:
        The slope; NaN of labels that do not differ, are not finite, or do not fit the predictions.
    """
    p = np.asarray(prediction, "float64")
    p = p if p.ndim > 1 else p.reshape(-1, 1)
    label = label if label.ndim > 1 else label.reshape(-1, 1)
    if not len(label) or not np.isfinite(label).all() or not np.isfinite(p).all():
        return float("nan")
    p = make_probabilities(loss, p, from_logits)
    if loss == "sparse_categorical_crossentropy":
        return _measure_classes(label, p)
    if label.shape != p.shape:
        return float("nan")
    axes = tuple(range(p.ndim - 1)) if loss in CLASSES else 0
    centered = label - label.mean(axis=axes, keepdims=True)
    variance = float(np.sum(np.square(centered)))
    return float(np.sum(centered * p)) / variance if variance > 0 else float("nan")


def _measure_classes(label: np.ndarray, p: np.ndarray) -> float:
    """The slope of probabilities of classes that are numbers."""
    p = p.reshape(-1, p.shape[-1])
    classes = label.reshape(-1).astype("int64")
    is_class = (classes >= 0) & (classes < p.shape[-1])
    p, classes = p[is_class], classes[is_class]
    if not len(classes):
        return float("nan")
    shares = np.bincount(classes, minlength=p.shape[-1]) / len(classes)
    variance = 1 - float(np.sum(np.square(shares)))
    covariance = float(p[np.arange(len(p)), classes].mean() - shares @ p.mean(axis=0))
    return covariance / variance if variance > 0 else float("nan")
