"""What an output is to learn, told from its labels: classes, numbers, or something only its loss knows."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from keras_vg.diagnosis.ranges import CROSSENTROPIES, REGRESSIONS

TaskType: TypeAlias = Literal["classes", "labels", "numbers", "loss", "none"]

HINGES = ("hinge", "squared_hinge", "categorical_hinge")
MOST_CLASSES = 100
"""Integer labels with more distinct values than this are taken for numbers, where the loss does not say."""


@dataclass(frozen=True)
class Task:
    """What one output is to learn.

    Attributes:
        type: `"classes"` if each example has one of several classes, `"labels"` if each of several columns is 0 or 1
            on its own, `"numbers"` for a regression, `"loss"` if only the loss can tell, `"none"` without a loss.
        classes: Of classes, the labels' values in ascending order; of one-hot labels 0, 1, ...
        is_one_hot: Whether each example's label is a row with a 1 at its class.
        units: Columns of the labels.
        is_bounded: Whether all labels lie between 0 and 1.
        mean: Mean of the training labels, one value per column.
        std: Standard deviation of the training labels over all columns, 1 if they are all the same.
        lowest: The lowest label.
        has_zeros: Whether some labels are 0.
    """

    type: TaskType
    classes: tuple[float, ...]
    is_one_hot: bool
    units: int
    is_bounded: bool
    mean: tuple[float, ...]
    std: float
    lowest: float = 0.0
    has_zeros: bool = False


NO_TASK = Task("none", (), False, 0, False, (0.0,), 1.0)
"""That of an output which has no loss."""


def give_axis(labels: Any, units: int, positions: int) -> np.ndarray:
    """Gives labels the last axis of length 1 that Keras adds where predictions of one unit have one more.

    Args:
        labels: Labels of an output, of shape `(examples, ...)`.
        units: Its units.
        positions: At how many positions of an example it predicts.

    Returns:
        The labels, of shape `(examples, ..., 1)` if those given have one number per position.
    """
    values = np.asarray(labels)
    is_short = units == 1 and positions > 1 and values.ndim > 1 and values.shape[-1] > 1
    return values[..., None] if is_short and values[0].size == positions else values


def find_task(labels: Any, loss: str, activation: str, units: int, asks_for_labels: bool = True) -> Task:
    """Tells what an output is to learn.

    Args:
        labels: The training labels of the output, of shape `(examples, ...)`.
        loss: Name of its loss, in lower case with underscores.
        activation: Name of the output's activation.
        units: Number of the output's units.
        asks_for_labels: False if a loss of one's own is known to ask for other predictions than the labels, as a
            contrastive one does, which asks for a distance of 0 where the label is 1.

    Returns:
        The task. The labels decide where the loss may be the fault: 0 and 255 under `binary_crossentropy` are two
        classes, fractions above 1 under it are numbers, whole numbers under `mse` behind a softmax are classes. Under a
        loss of one's own a sigmoid or softmax says that labels of 0 and 1, or whole numbers, are classes.
    """
    values = np.asarray(labels, "float64")
    columns = values.reshape(len(values), -1)
    width = columns.shape[1] if values.ndim > 1 and values.shape[-1] == columns.shape[1] else values.shape[-1]
    distinct = np.unique(columns) if columns.size <= 10**7 else np.unique(columns[:10_000])
    is_integer = bool(np.isfinite(distinct).all() and np.all(distinct == np.round(distinct)))
    is_binary = is_integer and set(distinct.tolist()) <= {0.0, 1.0}
    is_one_hot = is_binary and values.ndim > 1 and values.shape[-1] > 1 and bool(np.all(values.sum(axis=-1) == 1))
    has_one_column = values.ndim == 1 or values.shape[-1] == 1
    is_few = is_integer and len(distinct) <= MOST_CLASSES
    type_: TaskType
    if loss.startswith("sparse"):
        type_, is_one_hot = ("classes" if is_integer else "numbers"), False
    elif loss in CROSSENTROPIES or loss in HINGES:
        is_one_hot = is_one_hot and ("categorical" in loss or activation == "softmax")
        is_choice = is_one_hot or (has_one_column and is_few)
        type_ = "classes" if is_choice else "labels" if is_binary else "numbers"
    elif loss == "poisson":
        type_ = "numbers"
    elif loss in REGRESSIONS:
        is_choice = activation in ("sigmoid", "softmax", "tanh", "hard_sigmoid") and len(distinct) == 2
        is_one_hot = is_one_hot and activation == "softmax"
        if is_one_hot or (has_one_column and is_few and (is_choice or (activation == "softmax" and units > 1))):
            type_ = "classes"
        else:
            type_ = "labels" if is_binary and not has_one_column and activation == "sigmoid" else "numbers"
    elif asks_for_labels and activation in ("sigmoid", "softmax"):
        is_row = not has_one_column and values.shape[-1] == units
        is_one_hot = is_one_hot and is_row and activation == "softmax"
        is_choice = is_binary and units == 1 if activation == "sigmoid" else is_few and units > 1
        if is_one_hot or (has_one_column and is_choice):
            type_ = "classes"
        else:
            type_ = "labels" if is_binary and is_row and activation == "sigmoid" else "loss"
    else:
        type_ = "loss"
    classes: tuple[float, ...] = ()
    if type_ == "classes":
        classes = tuple(range(values.shape[-1])) if is_one_hot else tuple(distinct.tolist())
    flat = values.reshape(-1, 1 if values.ndim == 1 else values.shape[-1])
    with np.errstate(all="ignore"):
        mean, std = flat.mean(axis=0), float(np.sqrt(flat.var(axis=0).mean()))
    return Task(
        type=type_,
        classes=classes,
        is_one_hot=is_one_hot,
        units=1 if values.ndim == 1 else width,
        is_bounded=bool(distinct.min() >= 0 and distinct.max() <= 1),
        mean=tuple(mean.tolist()),
        std=std if std > 0 else 1.0,
        lowest=float(columns.min()),
        has_zeros=bool((columns == 0).any()),
    )
