"""Reads chosen values of weights before and after some steps; of large weights of which all are chosen, from a copy."""

from collections.abc import Sequence

import numpy as np

from keras_vg.training.copies import SMALL, WeightCopies
from keras_vg.training.processes import Group
from keras_vg.training.shards import is_split, list_shards, widen
from keras_vg.training.weights import Weight, read_values

Values = list[np.ndarray]


class ChosenValues:
    """Reads chosen values of weights, before and after.

    Args:
        weights: The weights.
        indices: Of each, the positions (C order) of the values.
        group: The processes over which a layout splits some of the weights; None without such weights.
    """

    def __init__(self, weights: Sequence[Weight], indices: Sequence[np.ndarray], group: Group | None) -> None:
        self._weights, self._indices, self._group = weights, indices, group
        self._split = [i for i, weight in enumerate(weights) if is_split(weight.variable)]
        large = [i for i, w in enumerate(weights) if SMALL < w.size == len(indices[i]) and len(w.variable.shape)]
        self._whole = {i for i, w in enumerate(weights) if i not in self._split and len(list_shards(w.variable)) == 1}
        self._copied = [i for i in large if i in self._whole]
        self._copies = WeightCopies([weights[i] for i in self._copied])
        self._before: Values = []

    def take(self) -> None:
        """Reads the values before."""
        self._copies.take()
        self._before = self._read(set(self._copied))

    def measure(self) -> tuple[Values, Values]:
        """Reads the values after; returns both, of a split weight those of this process, and 0 for the others."""
        before = list(self._before)
        for number, i in enumerate(self._copied):
            before[i] = widen(self._copies.get_values(number))
        return before, self._read(set())

    def join(self, values: tuple[Values, Values]) -> tuple[Values, Values]:
        """Returns what `measure` did, with the values that the other processes hold."""
        before, after = map(list, values)
        if self._group is not None and self._split:
            joined = self._group.add_up([part[i] for part in (before, after) for i in self._split])
            for number, i in enumerate(self._split):
                before[i], after[i] = joined[number], joined[len(self._split) + number]
        return before, after

    def release(self) -> None:
        """Has no more need of the values before."""
        self._copies.release()

    def forget(self) -> None:
        """Gives the memory back."""
        self._copies.forget()

    def _read(self, left_out: set[int]) -> Values:
        return [np.empty(0) if i in left_out else self._read_one(i) for i in range(len(self._weights))]

    def _read_one(self, i: int) -> np.ndarray:
        weight, indices = self._weights[i], self._indices[i]
        if i in self._whole:
            return read_values(weight, None if len(indices) == weight.size else indices)
        values = np.zeros(len(indices), widen(np.empty(0, weight.variable.value.dtype)).dtype)
        for shard in list_shards(weight.variable):
            found, positions = shard.find(indices, tuple(weight.variable.shape))
            values[found] = shard.take(positions)
        return values
