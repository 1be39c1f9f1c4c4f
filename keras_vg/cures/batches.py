"""The batches of a trial: their order follows from a seed alone, on every backend and in every process."""

from typing import Any

import keras
import numpy as np

from keras_vg.cures.data import count_examples, take


class Batches(keras.utils.PyDataset):
    """All batches of a training, epoch after epoch, each epoch in an order of its own.

    `fit` is given them with `steps_per_epoch`. It would shuffle arrays itself, but on TensorFlow only by the global
    random state, which is the user's, and in another order on every backend.

    Args:
        x: Inputs, arrays of as many examples each.
        y: Labels.
        sample_weight: Weights of the examples, or None.
        size: Examples per batch; the last batch of an epoch may hold fewer.
        epochs: Number of epochs.
        seed: What the orders follow from.
    """

    def __init__(self, x: Any, y: Any, sample_weight: Any, size: int, epochs: int, seed: int) -> None:
        super().__init__()
        self.steps_per_epoch = -(-count_examples(x) // size)
        parts = (x, y) if sample_weight is None else (x, y, sample_weight)
        self._arrays = tuple(map(_make_tuples, parts))
        self._size = size
        self._epochs = epochs
        self._seed = seed
        self._order = np.empty(0, int)
        self._ordered = -1

    def __len__(self) -> int:
        return self._epochs * self.steps_per_epoch

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        epoch, step = divmod(index, self.steps_per_epoch)
        if epoch != self._ordered:
            self._ordered = epoch
            self._order = np.random.default_rng((self._seed, epoch)).permutation(count_examples(self._arrays[0]))
        chosen = self._order[step * self._size : (step + 1) * self._size]
        return tuple(take(part, chosen) for part in self._arrays)


def _make_tuples(arrays: Any) -> Any:
    """The same with tuples in place of lists, which Keras on TensorFlow cannot take from a dataset."""
    if isinstance(arrays, list | tuple):
        return tuple(map(_make_tuples, arrays))
    return {key: _make_tuples(part) for key, part in arrays.items()} if isinstance(arrays, dict) else arrays
