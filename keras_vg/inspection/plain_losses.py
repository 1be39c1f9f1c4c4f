"""Losses of Keras as NumPy functions, and the lowest that a constant prediction reaches; knows no Keras.

Only of losses that are 0 for the right answer: what is left of the others, such as Poisson's, says nothing.
"""

from collections.abc import Callable

import numpy as np

EPSILON = 1e-7
"""Keras's cross-entropies cut probabilities to this and 1 minus this (`keras.config.epsilon`, unless it was set)."""

_ROWS_AT_ONCE = 4096
_MOST_SEARCHED = 16_384
"""Of more examples, so many of them tell which constant is the best."""

_SEARCH_STEPS = 60


def measure_loss(loss: str, label: np.ndarray, prediction: np.ndarray, from_logits: bool = False) -> float:
    """Measures the loss of predictions, without weights, penalties and whatever else a model may add to it.

    Args:
        loss: Name of the loss, whose own options (such as the `delta` of Huber's) are taken to be Keras's defaults.
        label: Labels, of shape `(examples, units)`, or `(examples, 1)` where they are class numbers.
        prediction: Predictions, of shape `(examples, units)`.
        from_logits: Whether these are logits.

    Returns:
        The mean over examples and units; NaN for a loss that is not known, and for labels that do not fit the
        predictions.
    """
    units = 1 if loss == "sparse_categorical_crossentropy" else prediction.shape[1]
    if loss not in _MEASURES or len(label) != len(prediction) or not len(label):
        return float("nan")
    if label.shape[1] != units or not np.isfinite(label).all():
        return float("nan")
    label = _convert_labels(loss, label)
    # In pieces: the predictions of a language model are large, and so would be the values in between.
    starts = range(0, len(prediction), _ROWS_AT_ONCE)
    pieces = [(prediction[i : i + _ROWS_AT_ONCE], label[i : i + _ROWS_AT_ONCE]) for i in starts]
    with np.errstate(all="ignore"):
        values = np.concatenate([_MEASURES[loss](p, y, from_logits) for p, y in pieces])
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def find_baseline(loss: str, labels: np.ndarray) -> float:
    """Finds the loss of the best prediction that is the same for every example.

    Args:
        loss: Name of the loss, as of `measure_loss`.
        labels: Array of shape `(examples, units)`.

    Returns:
        The entropy of the labels under cross-entropy, their variance under squared error, their mean distance from
        the median under absolute error, the lowest that a search finds under other losses of single numbers; NaN for
        any other loss, and for labels that the loss has no meaning for.
    """
    if loss == "sparse_categorical_crossentropy":
        return _find_entropy(np.unique(labels, return_counts=True)[1] / labels.size)
    if loss in ("categorical_crossentropy", "kl_divergence"):
        if labels.min() < 0 or not np.allclose(labels.sum(axis=1), 1):
            return float("nan")
        own = labels * np.log(np.maximum(labels, 1e-300)) if loss == "kl_divergence" else np.zeros(1)
        return _find_entropy(labels.mean(axis=0)) + float(own.sum()) / len(labels)
    if loss in ("binary_crossentropy", "binary_focal_crossentropy") and not (labels.min() >= 0 and labels.max() <= 1):
        return float("nan")
    if loss == "binary_crossentropy":
        ones = labels.mean(axis=0)
        known = [np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0) for p in (ones, 1 - ones)]
        return float(-np.mean(known[0] + known[1]))
    if loss == "mean_squared_error":
        return float(np.mean(np.var(labels, axis=0)))
    if loss == "mean_absolute_error":
        return float(np.mean(np.abs(labels - np.median(labels, axis=0))))
    if loss in _BOUNDS and np.isfinite(labels).all():
        labels = _convert_labels(loss, labels)
        return measure_loss(loss, labels, np.broadcast_to(_search_constant(loss, labels), labels.shape))
    return float("nan")


def _search_constant(loss: str, labels: np.ndarray) -> np.ndarray:
    """The best constant of each unit, by leaving out a third of its range again and again.

    Each of these losses has one minimum within its bounds, and is flat nowhere else.
    """
    chosen = labels
    if len(labels) > _MOST_SEARCHED:  # drawn: every so many rows of an image would be one of its columns
        chosen = labels[np.random.default_rng(0).choice(len(labels), _MOST_SEARCHED, replace=False)]
    low, high = (np.broadcast_to(bound, labels.shape[1]).astype("float64") for bound in _BOUNDS[loss](chosen))
    measure = _POINTWISE[loss]
    with np.errstate(all="ignore"):
        for _ in range(_SEARCH_STEPS):
            third = (high - low) / 3
            is_lower = measure(low + third, chosen).mean(axis=0) <= measure(high - third, chosen).mean(axis=0)
            low, high = np.where(is_lower, low, low + third), np.where(is_lower, high - third, high)
    return (low + high) / 2


def _convert_labels(loss: str, labels: np.ndarray) -> np.ndarray:
    """Keras takes labels of 0 and 1 for -1 and 1 under a hinge loss."""
    is_binary = loss in ("hinge", "squared_hinge") and np.isin(labels, (0, 1)).all()
    return 2 * labels - 1 if is_binary else labels


def _find_entropy(shares: np.ndarray) -> float:
    positive = shares[shares > 0]
    return float(-np.sum(positive * np.log(positive)))


def _measure_huber(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    distance = np.abs(p - y)
    return np.where(distance <= 1, 0.5 * np.square(distance), distance - 0.5)


def _measure_focal(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    p = np.clip(p, EPSILON, 1 - EPSILON)
    right = y * p + (1 - y) * (1 - p)
    return -np.square(1 - right) * (y * np.log(p) + (1 - y) * np.log(1 - p))


def _measure_logarithms(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.square(np.log1p(np.maximum(p, EPSILON)) - np.log1p(np.maximum(y, EPSILON)))


_POINTWISE: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "mean_squared_error": lambda p, y: np.square(p - y),
    "mean_absolute_error": lambda p, y: np.abs(p - y),
    "huber": _measure_huber,
    "log_cosh": lambda p, y: np.logaddexp(p - y, y - p) - np.log(2),
    "mean_squared_logarithmic_error": _measure_logarithms,
    "mean_absolute_percentage_error": lambda p, y: 100 * np.abs(p - y) / np.maximum(np.abs(y), EPSILON),
    "hinge": lambda p, y: np.maximum(1 - y * p, 0),
    "squared_hinge": lambda p, y: np.square(np.maximum(1 - y * p, 0)),
    "binary_focal_crossentropy": _measure_focal,
}
"""The loss of one number, whose mean over the units is that of an example."""

_Bounds = Callable[[np.ndarray], tuple[np.ndarray | float, np.ndarray | float]]


def _find_range(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return y.min(axis=0), y.max(axis=0)


_BOUNDS: dict[str, _Bounds] = {
    "huber": _find_range,
    "log_cosh": _find_range,
    "mean_squared_logarithmic_error": lambda y: (np.maximum(y.min(axis=0), 0), np.maximum(y.max(axis=0), 0)),
    "mean_absolute_percentage_error": lambda y: (np.minimum(y.min(axis=0), 0), np.maximum(y.max(axis=0), 0)),
    "hinge": lambda y: (-1.0, 1.0),
    "squared_hinge": lambda y: (-1.0, 1.0),
    "binary_focal_crossentropy": lambda y: (EPSILON, 1 - EPSILON),
}
"""Between what the best constant prediction lies, of the losses of which it is searched for."""


CLASSES: tuple[str, ...] = (
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "categorical_focal_crossentropy",
)
"""Losses of one class out of several."""


def make_probabilities(loss: str, p: np.ndarray, from_logits: bool) -> np.ndarray:
    """Makes probabilities of an output's logits.

    Args:
        loss: Name of the loss.
        p: Predictions, of shape `(..., units)`.
        from_logits: Whether these are logits; probabilities, and what is neither, are returned as they are.

    Returns:
        An array of the same shape.
    """
    if not from_logits:
        return p
    if loss not in CLASSES:
        return _squash(p)
    p = np.exp(p - p.max(axis=-1, keepdims=True))
    return np.asarray(p / p.sum(axis=-1, keepdims=True))


def _squash(p: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-p)))


def _make_mean(loss: str) -> Callable[[np.ndarray, np.ndarray, bool], np.ndarray]:
    def measure(p: np.ndarray, y: np.ndarray, from_logits: bool) -> np.ndarray:
        return np.asarray(np.mean(_POINTWISE[loss](_squash(p) if from_logits else p, y), axis=1))

    return measure


def _measure_binary(p: np.ndarray, y: np.ndarray, from_logits: bool) -> np.ndarray:
    p = np.clip(_squash(p) if from_logits else p, EPSILON, 1 - EPSILON)
    return np.asarray(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p), axis=1))


def _measure_classes(p: np.ndarray, y: np.ndarray, from_logits: bool) -> np.ndarray:
    p = make_probabilities("categorical_crossentropy", p, from_logits)
    log_p = np.log(np.clip(p / p.sum(axis=1, keepdims=True), EPSILON, 1 - EPSILON))
    if y.shape[1] == p.shape[1] > 1:
        return np.asarray(-np.sum(y * log_p, axis=1))
    classes = y[:, 0].astype(int)
    is_class = (classes >= 0) & (classes < p.shape[1])  # a class that is left out may have no unit
    return np.where(is_class, -log_p[np.arange(len(p)), np.where(is_class, classes, 0)], np.nan)


def _measure_divergence(p: np.ndarray, y: np.ndarray, from_logits: bool) -> np.ndarray:
    p, y = np.clip(p, EPSILON, 1), np.clip(y, EPSILON, 1)
    return np.asarray(np.sum(y * np.log(y / p), axis=1))


_MEASURES: dict[str, Callable[[np.ndarray, np.ndarray, bool], np.ndarray]] = {
    **{loss: _make_mean(loss) for loss in _POINTWISE},
    "binary_crossentropy": _measure_binary,
    "categorical_crossentropy": _measure_classes,
    "sparse_categorical_crossentropy": _measure_classes,
    "kl_divergence": _measure_divergence,
}
