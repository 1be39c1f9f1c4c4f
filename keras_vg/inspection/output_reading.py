"""Reads what a model puts out as answers: which class, with which probability."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_vg.inspection.tasks import Task


@dataclass(frozen=True)
class OutputReading:
    """How an output's predictions are to be read.

    Attributes:
        is_logits: Whether a sigmoid or softmax has still to be applied, as the loss does with `from_logits=True`.
        activation: Name of the output's activation.
        encoded: Whether the model was trained on the numbers of the classes (0, 1, ...) instead of the labels as they
            were given.
        is_hinge: Whether the loss is a hinge loss of one unit, which takes labels of 0 for -1.
    """

    is_logits: bool = False
    activation: str = "linear"
    encoded: bool = False
    is_hinge: bool = False


def read_probabilities(task: Task, predictions: Any, reading: OutputReading) -> np.ndarray:
    """Turns predictions for classes into proper probabilities.

    Args:
        task: A task of classes.
        predictions: Of shape `(examples, ..., units)`.
        reading: How they are to be read.

    Returns:
        Array of shape `(examples, classes)`; each row is at least 0 and sums to 1. What is not finite counts as no
        answer: the same for every class.
    """
    values = flatten_positions(predictions)
    count = len(task.classes)
    labels = np.arange(count, dtype="float64") if reading.encoded else np.asarray(task.classes, "float64")
    if values.shape[1] == 1:
        values = values[:, 0]
        if reading.is_logits:
            values = apply_sigmoid(values)
        if count == 2:
            if reading.is_hinge:
                labels = np.array([-1.0, 1.0])
            is_share = reading.is_logits or reading.activation in ("sigmoid", "hard_sigmoid")
            upper = values if is_share else (values - labels[0]) / (labels[1] - labels[0])
            upper = np.clip(np.nan_to_num(upper, nan=0.5), 0, 1)
            return np.stack([1 - upper, upper], axis=1)
        nearest = np.abs(values[:, None] - labels).argmin(axis=1)  # one number for several classes
        probabilities = np.eye(count)[nearest]
        probabilities[~np.isfinite(values)] = 1 / count
        return probabilities
    if reading.is_logits:
        values = _apply_softmax(values)
    columns = np.arange(count) if reading.encoded or task.is_one_hot else np.asarray(task.classes, "int64")
    is_known = (columns >= 0) & (columns < values.shape[1])
    chosen = np.zeros((len(values), count))
    chosen[:, is_known] = np.clip(np.nan_to_num(values, nan=0.0, posinf=1.0), 0, None)[:, columns[is_known]]
    total = chosen.sum(axis=1, keepdims=True)
    return np.where(total > 0, chosen / np.where(total > 0, total, 1), 1 / count)


def index_classes(task: Task, labels: Any) -> np.ndarray:
    """Numbers the classes of labels, 0, 1, ...; those that training never saw get -1."""
    if task.is_one_hot:
        return flatten_positions(labels).argmax(axis=1)
    values, classes = np.asarray(labels, "float64").reshape(-1), np.asarray(task.classes)
    numbers = np.clip(np.searchsorted(classes, values), 0, len(classes) - 1)
    return np.where(classes[numbers] == values, numbers, -1)


def flatten_positions(array: Any) -> np.ndarray:
    """Puts the positions of all examples one below the other: shape `(examples * positions, units)`, float64."""
    array = np.asarray(array, "float64")
    return array.reshape(-1, array.shape[-1] if array.ndim > 1 else 1)


def apply_sigmoid(values: np.ndarray) -> np.ndarray:
    """Applies a sigmoid to logits."""
    return np.asarray(0.5 * (1 + np.tanh(values / 2)))


def _apply_softmax(values: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
