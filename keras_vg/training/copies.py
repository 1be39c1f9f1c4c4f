"""Copies of weights on the host, and by how much the weights have moved since: in float64, without a second copy.

Callbacks that copy the same values of a weight at the same time share one copy.
"""

import operator
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from keras_vg.training.shards import PIECE, is_split, list_shards, view_as_numpy
from keras_vg.training.weights import Weight, read_local

SMALL = 1 << 12
"""Weights of up to so many values are copied and measured together: one by one, 22 of them take ten times as long."""

_lock = threading.Lock()
_live: "weakref.WeakSet[WeightCopies]" = weakref.WeakSet()


class _Copy:
    """The values of a weight at some moment, as far as this process holds them; flat, one shard after the other."""

    def __init__(self, size: int, dtype: np.dtype) -> None:
        self.values = np.empty(size, dtype)
        self.users: weakref.WeakSet[WeightCopies] = weakref.WeakSet()

    def is_used_beside(self, user: "WeightCopies") -> bool:
        return any(other is not user for other in self.users)


class WeightCopies:
    """Copies some weights, and measures how they are and what they changed by since.

    Of weights that a layout splits over several processes, each process copies and measures its part.

    Args:
        weights: The weights.
    """

    def __init__(self, weights: Sequence[Weight]) -> None:
        self._weights = list(weights)
        self._small = [i for i, w in enumerate(weights) if w.size <= SMALL and not is_split(w.variable)]
        self._large = sorted(set(range(len(weights))).difference(self._small))
        self._small_values = np.empty(0)
        # On JAX, the arrays that were read last, and their values, which never change.
        self._last_read: tuple[list[Any], np.ndarray] = ([], np.empty(0))
        self._copies: dict[int, _Copy] = {}  # of the large ones, by the `id` of their variable
        with _lock:
            _live.add(self)

    def take(self) -> None:
        """Copies the weights as they are now."""
        self._small_values = self._read_small()
        with _lock:
            others = [other for other in _live if other is not self]
        for i in self._large:
            self._take_large(self._weights[i].variable, others)

    def measure(self, advances: bool = False) -> np.ndarray:
        """Measures the weights as they are now, and their change since the copy was taken.

        Args:
            advances: Whether to copy the weights as they are now, too, in place of the copy.

        Returns:
            Sums of squares, float64 of shape `(2, weights)`; of a split weight those of this process's part.
        """
        squares = np.zeros((2, len(self._weights)))
        if self._small:
            now, before = self._read_small(), self._small_values
            sizes = [self._weights[i].size for i in self._small]
            with np.errstate(all="ignore"):  # weights without bounds
                squares[:, self._small] = sum_squares(np.array([now, now - before]), sizes)
            if advances:
                self._small_values = now
        for i in self._large:
            key = id(self._weights[i].variable)
            copy = self._copies[key]
            if advances and copy.is_used_beside(self):
                new = _Copy(len(copy.values), copy.values.dtype)
                copy.users.discard(self)
                new.users.add(self)
                self._copies[key] = new
            squares[:, i] = _measure(self._weights[i].variable, copy.values, self._copies[key].values, advances)
        return squares

    def get_values(self, i: int) -> np.ndarray:
        """The copy of a large weight, not to be changed, and valid until the next one is taken."""
        return self._copies[id(self._weights[i].variable)].values

    def release(self) -> None:
        """Has no more need of the copies as they are; their memory is kept for the next ones."""
        for copy in self._copies.values():
            copy.users.discard(self)

    def forget(self) -> None:
        """Gives the memory back."""
        self.release()
        self._copies = {}
        self._last_read = ([], np.empty(0))

    def _read_small(self) -> np.ndarray:
        tensors = [read_local(self._weights[i].variable) for i in self._small]
        known, values = self._last_read
        if len(known) == len(tensors) and all(map(operator.is_, known, tensors)):
            return values
        arrays = [view_as_numpy(tensor).reshape(-1) for tensor in tensors]
        values = np.concatenate(arrays, dtype="float64") if arrays else np.empty(0)
        if keras.backend.backend() == "jax":
            self._last_read = (tensors, values)
        return values

    def _take_large(self, variable: Any, others: Sequence["WeightCopies"]) -> None:
        key = id(variable)
        for other in others:
            copy = other._copies.get(key)
            if copy is not None and copy.is_used_beside(self) and _is_equal(copy.values, variable):
                break
        else:
            copy = self._copies.get(key)
            if copy is None or copy.is_used_beside(self):
                copy = _make_copy(variable)
            _fill(copy.values, variable)
        if self._copies.get(key) not in (None, copy):
            self._copies[key].users.discard(self)
        copy.users.add(self)
        self._copies[key] = copy


def measure_norms(current: Sequence[np.ndarray], other: Sequence[np.ndarray] | None = None) -> np.ndarray:
    """Measures arrays, and how they differ from others.

    Args:
        current: Arrays of any size, flat.
        other: Arrays of the same sizes; None if there are none.

    Returns:
        The L2 norms of the arrays and of the differences, NaN without others; float64 of shape `(2, arrays)`.
    """
    squares = np.full((2, len(current)), np.nan)
    with np.errstate(all="ignore"):  # values without bounds
        for i, values in enumerate(current):
            pieces = [slice(start, start + PIECE) for start in range(0, len(values), PIECE)]
            squares[0, i] = sum(_square(values[piece].astype("float64")) for piece in pieces)
            if other is not None:
                squares[1, i] = sum(_square(values[p].astype("float64") - other[i][p]) for p in pieces)
    return np.sqrt(squares)


def sum_squares(values: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """The sums of squares of the parts of rows, of shape `(rows, parts)`; the parts may be empty."""
    sums = np.zeros((len(values), len(sizes)))
    filled = np.flatnonzero(sizes)
    if len(filled):
        starts = np.cumsum([0, *sizes])[filled]
        with np.errstate(all="ignore"):
            sums[:, filled] = np.add.reduceat(np.square(values), starts, axis=1)
    return sums


def _measure(variable: Any, before: np.ndarray, target: np.ndarray, advances: bool) -> tuple[float, float]:
    """The sums of squares of a weight and of its change; where it advances, the weight is copied to the target."""
    now_square = change_square = 0.0
    with np.errstate(all="ignore"):
        for piece, now in _read_pieces(variable):
            values = now.astype("float64")
            now_square += _square(values)
            values -= before[piece]
            change_square += _square(values)
            if advances:
                target[piece] = now
    return now_square, change_square


def _square(values: np.ndarray) -> float:
    # Not `np.dot`: its threads wait busily for a while, and the training steps that follow took twice as long.
    return float(np.einsum("i,i->", values, values))


def _read_pieces(variable: Any) -> Iterator[tuple[slice, np.ndarray]]:
    start = 0
    for shard in list_shards(variable):
        for values in shard.read_pieces():
            yield slice(start, start + len(values)), values
            start += len(values)


def _make_copy(variable: Any) -> _Copy:
    shards = list_shards(variable)
    dtype = next(shards[0].read_pieces()).dtype if shards else np.dtype("float32")  # nothing of a split one may be here
    return _Copy(sum(shard.size for shard in shards), dtype)


def _fill(values: np.ndarray, variable: Any) -> None:
    for piece, now in _read_pieces(variable):
        values[piece] = now


def _is_equal(values: np.ndarray, variable: Any) -> bool:
    bits = f"u{values.dtype.itemsize}"  # NaN equals itself, and -0 is not 0
    return all(np.array_equal(values[piece].view(bits), now.view(bits)) for piece, now in _read_pieces(variable))
