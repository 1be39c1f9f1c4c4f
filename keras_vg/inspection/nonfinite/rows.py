"""Rows of data, and the smallest set of them that still shows something."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_vg.inspection.stateless import convert_batch

_TRIALS = 120
"""How many sets of rows are tried at most."""


class Rows:
    """Data as `fit` takes it, of which rows can be taken.

    Args:
        x: Arrays or tensors of shape `(rows, ...)`, in any nesting.
        y: Labels, None if there are none.
        sample_weight: Weights of the rows, None if there are none.
    """

    def __init__(self, x: Any, y: Any, sample_weight: Any) -> None:
        self.data: Any = tuple(tree.map_structure(_to_array, part) for part in (x, y, sample_weight))
        first = next(leaf for leaf in tree.flatten(self.data) if leaf is not None)
        self.count = int(first.shape[0])

    def take(self, rows: Sequence[int]) -> Any:
        """The batch of these rows, tensors."""
        return tuple(convert_batch(tree.map_structure(lambda leaf: _take(leaf, rows), part)) for part in self.data)

    def list_batches(self, size: int) -> Iterator[list[int]]:
        """The rows of each batch, in order."""
        for start in range(0, self.count, size):
            yield list(range(start, min(start + size, self.count)))

    def describe(self, part: int, name: str) -> str:
        """Says how many rows of the inputs (0), labels (1) or weights (2) are not finite, and in which columns."""
        named = [("/".join(map(str, path)), leaf) for path, leaf in tree.flatten_with_path(self.data[part])]
        array = next((leaf for path, leaf in named if path == name), named[0][1])
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            return ""
        with np.errstate(over="ignore"):
            broken = ~np.isfinite(array.astype(keras.config.floatx()))
        rows = int(broken.reshape(len(array), -1).any(axis=1).sum())
        where = f" in {name!r}" if name else ""
        text = f"{rows:,} of {len(array):,} rows hold such a value{where}"
        if array.ndim == 2 and array.shape[1] > 1:
            columns = np.flatnonzero(broken.any(axis=0))
            shown = ", ".join(map(str, columns[:5])) + (", ..." if len(columns) > 5 else "")
            text += f", in column{'s' if len(columns) > 1 else ''} {shown}"
        return f"{text}."


def find_smallest(rows: Sequence[int], shows: Callable[[list[int]], bool]) -> list[int]:
    """Finds a smallest set of rows that still shows something: none of its halves, quarters, ... can be left out.

    Args:
        rows: Rows that show it.
        shows: Whether a set of rows does.

    Returns:
        The rows, in order; not the smallest if that takes more than 120 trials.
    """
    left, pieces, trials = list(rows), 2, 0
    while len(left) > 1 and trials < _TRIALS:
        size = -(-len(left) // pieces)
        parts = [left[start : start + size] for start in range(0, len(left), size)]
        rests = [[row for row in left if row not in part] for part in parts] if pieces > 2 else []
        for candidate in [*parts, *rests]:
            trials += 1
            if candidate and shows(candidate):
                left, pieces = candidate, 2 if len(candidate) <= size else max(pieces - 1, 2)
                break
            if trials >= _TRIALS:
                break
        else:
            if pieces >= len(left):
                break
            pieces = min(2 * pieces, len(left))
    return left


def _to_array(leaf: Any) -> Any:
    """As an array; ragged tensors as they are."""
    if leaf is None or hasattr(leaf, "flat_values"):
        return leaf
    return np.asarray(ops.convert_to_numpy(leaf)) if ops.is_tensor(leaf) else np.asarray(leaf)


def _take(leaf: Any, rows: Sequence[int]) -> Any:
    if leaf is None or isinstance(leaf, np.ndarray):
        return leaf if leaf is None else leaf[np.asarray(rows, int)]
    import tensorflow as tf

    return tf.gather(leaf, rows)
