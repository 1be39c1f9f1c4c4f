"""The examples that trials train on and are judged by: checked, made arrays, and split if need be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

MOST_PROBED = 256
"""Examples in the batch that is inspected."""

_SHOWN_ROWS = 10


@dataclass(frozen=True, eq=False)
class Data:
    """Examples to train on and, beside them, examples to be judged by.

    Attributes:
        x: Inputs, an array or a list or dict of arrays.
        y: Labels, an array or a list or dict of arrays.
        x_val: Inputs of the validation data.
        y_val: Labels of the validation data.
        sample_weight: Weights of the training examples, or None.
        batch_size: The number of examples that the model takes at once, where its shape fixes it; None for any.
        kept_out: Of the examples given, which are the validation data; None if those were given beside them.
    """

    x: Any
    y: Any
    x_val: Any
    y_val: Any
    sample_weight: np.ndarray | None = None
    batch_size: int | None = None
    kept_out: np.ndarray | None = None

    def take_probe(self, examples: int = MOST_PROBED) -> tuple[Any, Any]:
        """The first training examples, for an inspection; a batch of a model that takes no other number."""
        size = self.batch_size or examples
        return take(self.x, slice(size)), take(self.y, slice(size))

    def fix_batch_size(self, size: int) -> "Data":
        """The same data without the last examples that fill no batch of this size.

        Args:
            size: The number of examples that the model takes at once.

        Returns:
            The data, whose numbers of examples are multiples of it.

        Raises:
            ValueError: If the training or the validation data do not fill one batch.
        """
        train, validation = (count_examples(x) // size * size for x in (self.x, self.x_val))
        if not train or not validation:
            raise ValueError(
                f"The data must fill a batch of {size} examples, the only number that the model takes. Received: "
                f"{count_examples(self.x)} examples to train on and {count_examples(self.x_val)} to be judged by."
            )
        return Data(
            take(self.x, slice(train)),
            take(self.y, slice(train)),
            take(self.x_val, slice(validation)),
            take(self.y_val, slice(validation)),
            None if self.sample_weight is None else self.sample_weight[:train],
            size,
            self.kept_out,
        )

    def drop_untrained(self, loss: Any) -> "Data":
        """The same data without the labels of outputs that have no loss, which nothing reads.

        Args:
            loss: As `compile` takes it.

        Returns:
            The data.
        """
        return replace(self, y=_keep_trained(self.y, loss), y_val=_keep_trained(self.y_val, loss))

    def find_nonfinite(self, name: str) -> dict[str, np.ndarray]:
        """Finds the examples that hold NaN or infinity, by their numbers in the arrays that were given.

        Args:
            name: `"x"` or `"y"`.

        Returns:
            The numbers, ascending, by the name of the arrays: those of the training data, and those of validation data
            that were given.
        """
        train = find_nonfinite_rows(getattr(self, name))
        validation = find_nonfinite_rows(getattr(self, f"{name}_val"))
        if self.kept_out is None:
            return {name: train, f"validation {name}": validation}
        given = (np.flatnonzero(~self.kept_out)[train], np.flatnonzero(self.kept_out)[validation])
        return {name: np.sort(np.concatenate(given))}


def take(arrays: Any, chosen: Any) -> Any:
    """The chosen examples of every array."""
    return keras.tree.map_structure(lambda array: array[chosen], arrays)


def count_examples(arrays: Any) -> int:
    """The number of examples of arrays that have all the same."""
    return len(keras.tree.flatten(arrays)[0])


def make_data(x: Any, y: Any, validation_data: Any = None, sample_weight: Any = None, seed: int = 0) -> Data:
    """Checks examples, and keeps some of them out if there are no validation data.

    Args:
        x: Inputs as `fit` takes them; or a dataset with a length that yields batches `(x, y)`, and `y` None.
        y: Labels.
        validation_data: A pair `(x, y)`, such a dataset, or None: a fifth of the examples, as many of each class, of
            those whose weight is not 0.
        sample_weight: Weights of the examples, or None.
        seed: Of the draw of the fifth.

    Returns:
        The data.

    Raises:
        ValueError: If lengths or shapes do not fit, there are too few examples, or a dataset has no length.
    """
    x, y = _collect(x, y, "x")
    lengths = {"x": _list_lengths(x), "y": _list_lengths(y)}
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight)
        lengths["sample_weight"] = _list_lengths(sample_weight)
    _check_lengths(lengths)
    if validation_data is not None:
        x_val, y_val = _collect_validation(validation_data)
        _check_lengths({"x_val": _list_lengths(x_val), "y_val": _list_lengths(y_val)})
        _check_shapes("x", x, x_val)
        _check_shapes("y", y, y_val)
        return Data(x, y, x_val, y_val, sample_weight)
    counts = None if sample_weight is None else sample_weight.reshape(len(sample_weight), -1).any(axis=1)
    chosen = split(y, seed, counts=counts)
    kept = None if sample_weight is None else sample_weight[~chosen]
    return Data(take(x, ~chosen), take(y, ~chosen), take(x, chosen), take(y, chosen), kept, kept_out=chosen)


def drop_missing(labels: Any) -> Any:
    """Labels without those that are None, as Keras takes them of outputs that have no loss."""
    if isinstance(labels, dict):
        return {name: drop_missing(part) for name, part in labels.items() if part is not None}
    if isinstance(labels, list | tuple):
        return [drop_missing(part) for part in labels if part is not None]
    return labels


def _keep_trained(labels: Any, loss: Any) -> Any:
    if isinstance(labels, dict) and isinstance(loss, dict):
        return {name: part for name, part in labels.items() if loss.get(name) is not None}
    if isinstance(labels, list | tuple) and isinstance(loss, list | tuple) and len(labels) == len(loss):
        return [part for part, own in zip(labels, loss, strict=True) if own is not None]
    return labels


def split(y: Any, seed: int = 0, part: float = 0.2, counts: np.ndarray | None = None) -> np.ndarray:
    """Chooses the examples to be kept out.

    Args:
        y: Labels, an array or a list or dict of arrays.
        seed: Of the draw.
        part: How many of them.
        counts: Boolean array, false of examples whose weight is 0. None of them is chosen, unless a class or nearly all
            examples are such.

    Returns:
        Boolean array of shape `(examples,)`. Where the first output's labels are whole numbers or one-hot rows, the
        part is taken of each class, rounded.

    Raises:
        ValueError: If there are fewer than 10 examples.
    """
    first = np.asarray(keras.tree.flatten(y)[0])
    count = len(first)
    if count < 10:
        raise ValueError(
            f"There must be at least 10 examples to keep some out. Received: {count} examples. Pass `validation_data`."
        )
    rows = first.reshape(count, -1)
    is_whole = rows.dtype.kind in "iub" or bool(np.isfinite(rows).all() and np.all(rows == np.round(rows)))
    groups = np.zeros(count, int)
    if is_whole:
        distinct, groups = np.unique(rows, axis=0, return_inverse=True)
        groups = groups.reshape(-1)
        if len(distinct) > count // 5:
            groups = np.zeros(count, int)
    if counts is None or counts.sum() < 10 or set(groups) - set(groups[counts]):
        counts = np.ones(count, bool)
    generator = np.random.default_rng(seed)
    for members_of in ([groups == group for group in np.unique(groups)], [np.ones(count, bool)]):
        chosen = np.zeros(count, bool)
        for members in (generator.permutation(np.flatnonzero(mask & counts)) for mask in members_of):
            chosen[members[: round(part * len(members))]] = True
        if chosen.any():  # else each class has one or two examples
            break
    return chosen


def find_nonfinite_rows(arrays: Any) -> np.ndarray:
    """Numbers of the examples that hold NaN or infinity, ascending."""
    bad = np.zeros(count_examples(arrays), bool)
    for array in keras.tree.flatten(arrays):
        if np.asarray(array).dtype.kind == "f":
            bad |= ~np.isfinite(np.asarray(array)).reshape(len(bad), -1).all(axis=1)
    return np.flatnonzero(bad)


def describe_rows(rows: np.ndarray) -> str:
    """Names rows for people: the numbers of the first ten, and how many more there are."""
    rest = f" and {len(rows) - _SHOWN_ROWS} more" if len(rows) > _SHOWN_ROWS else ""
    return f"{', '.join(map(str, rows[:_SHOWN_ROWS]))}{rest}"


def _collect(x: Any, y: Any, name: str) -> tuple[Any, Any]:
    if y is not None:
        return keras.tree.map_structure(_to_array, x), keras.tree.map_structure(_to_array, drop_missing(y))
    length = _find_length(x)
    if length is None:
        raise ValueError(
            f"`{name}` must be arrays, or a dataset of batches (x, y) with a length, so that every trial sees the same "
            f"examples. Received: {name} of type {type(x).__name__}, without a length, and no labels. Pass arrays, a "
            "keras.utils.PyDataset, or a tf.data.Dataset of known cardinality."
        )
    batches = [batch for _, batch in zip(range(length), x, strict=False)]
    if not batches or any(not isinstance(batch, tuple | list) or len(batch) != 2 for batch in batches):
        raise ValueError(
            f"A dataset must yield at least one batch (x, y), and pairs only. Received: {name} of type "
            f"{type(x).__name__} with {len(batches)} batches. Pass weights as `sample_weight` beside arrays."
        )
    join = lambda *parts: np.concatenate([_to_array(part) for part in parts])  # noqa: E731
    parts = zip(*((inputs, drop_missing(labels)) for inputs, labels in batches), strict=True)
    return tuple(keras.tree.map_structure(join, *part) for part in parts)


def _find_length(dataset: Any) -> int | None:
    if getattr(dataset, "num_batches", None) is not None:
        return int(dataset.num_batches)
    try:
        return len(dataset)
    except TypeError:  # of a dataset that is infinite or of unknown length, too
        return None


def _collect_validation(data: Any) -> tuple[Any, Any]:
    if isinstance(data, tuple | list) and len(data) == 2:
        return _collect(data[0], data[1], "validation_data")
    if isinstance(data, tuple | list):
        raise ValueError(
            f"`validation_data` must be a pair (x, y). Received: validation_data with {len(data)} items. Pass two."
        )
    return _collect(data, None, "validation_data")


def _to_array(tensor: Any) -> np.ndarray:
    array = np.asarray(keras.ops.convert_to_numpy(tensor) if keras.ops.is_tensor(tensor) else tensor)
    return array.astype("float32") if array.dtype.kind == "V" or array.dtype == "float16" else array


def _list_lengths(arrays: Any) -> list[int]:
    return [len(array) if np.ndim(array) else 0 for array in keras.tree.flatten(arrays)]


def _check_lengths(lengths: dict[str, list[int]]) -> None:
    distinct = {length for values in lengths.values() for length in values}
    if len(distinct) != 1 or 0 in distinct:
        shown = ", ".join(f"{name} of length {', '.join(map(str, values))}" for name, values in lengths.items())
        raise ValueError(
            f"Inputs, labels and weights must hold the same number of examples, at least one. Received: {shown}."
        )


def _check_shapes(name: str, train: Any, validation: Any) -> None:
    shapes = [[np.shape(array)[1:] for array in keras.tree.flatten(arrays)] for arrays in (train, validation)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"Validation data must have the shapes of the training data, but for the number of examples. Received: "
            f"`{name}` of shape {_show(shapes[0])} and in `validation_data` of shape {_show(shapes[1])}."
        )


def _show(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(f"({', '.join(map(str, ('examples', *shape)))})" for shape in shapes)
