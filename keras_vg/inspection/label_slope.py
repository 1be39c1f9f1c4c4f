"""How far predictions follow the labels, as one number; knows no Keras."""

from collections.abc import Iterator

import numpy as np

from keras_vg.inspection.plain_losses import CLASSES, make_probabilities

_VALUES_AT_ONCE = 2**20


def measure_slope(loss: str, label: np.ndarray, prediction: np.ndarray, from_logits: bool = False) -> float:
    """Measures the slope of predictions over labels.

    It is `cov(label, prediction) / var(label)` over the examples, at each position and unit: 1 where predictions equal
    the labels, 0 where they do not depend on them. Of classes, labels are 1 for the class and 0 for the others, at all
    positions alike.

    Args:
        loss: Name of the loss, which says whether labels are classes and logits probabilities.
        label: Labels, of shape `(examples, ..., units)`, or `(examples, ..., 1)` where they are class numbers.
        prediction: Predictions, of shape `(examples, ..., units)`.
        from_logits: Whether these are logits.

    Returns:
        The slope; NaN of labels that do not differ, are not finite, or do not fit the predictions.
    """
    prediction, label = (array if array.ndim > 1 else array.reshape(-1, 1) for array in (prediction, label))
    is_sparse = loss == "sparse_categorical_crossentropy"
    if label.shape[:-1] != prediction.shape[:-1] or label.shape[-1] != (1 if is_sparse else prediction.shape[-1]):
        return float("nan")
    if not label.size or not np.isfinite(label).all() or not np.isfinite(prediction).all():
        return float("nan")
    if loss in CLASSES:
        prediction, label = prediction.reshape(-1, prediction.shape[-1]), label.reshape(-1, label.shape[-1])
    rows = max(1, _VALUES_AT_ONCE // max(prediction[0].size, 1))
    starts = range(0, len(label), rows)
    # In pieces: the predictions of a language model are large, and so would be the values in between.
    pieces = (
        (label[i : i + rows], make_probabilities(loss, prediction[i : i + rows].astype("float64"), from_logits))
        for i in starts
    )
    if is_sparse:
        return _measure_classes(pieces, prediction.shape[-1])
    return _measure_numbers(pieces, label.mean(axis=0, dtype="float64"))


def _measure_numbers(pieces: Iterator[tuple[np.ndarray, np.ndarray]], mean: np.ndarray) -> float:
    covariance = variance = 0.0
    for label, p in pieces:
        centered = label - mean
        covariance += float(np.sum(centered * p))
        variance += float(np.sum(np.square(centered)))
    return covariance / variance if variance > 0 else float("nan")


def _measure_classes(pieces: Iterator[tuple[np.ndarray, np.ndarray]], classes: int) -> float:
    """The slope of probabilities of classes that are numbers."""
    counts, sums, right = np.zeros(classes), np.zeros(classes), 0.0
    for label, p in pieces:
        numbers = label[:, 0].astype("int64")
        is_class = (numbers >= 0) & (numbers < classes)
        numbers, p = numbers[is_class], p[is_class]
        counts += np.bincount(numbers, minlength=classes)
        sums += p.sum(axis=0)
        right += float(p[np.arange(len(p)), numbers].sum())
    count = counts.sum()
    if not count:
        return float("nan")
    shares = counts / count
    variance = 1 - float(np.sum(np.square(shares)))
    return (right - float(shares @ sums)) / count / variance if variance > 0 else float("nan")
