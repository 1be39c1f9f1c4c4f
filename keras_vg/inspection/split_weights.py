"""Statistics of weights that a layout splits over several processes: each process measures its part, none has all."""

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_vg.training.processes import find_group_of
from keras_vg.training.shards import list_shards
from keras_vg.training.weights import to_numpy


def measure_moments(array: Any) -> tuple[float, float]:
    """The mean and the mean square of a split array."""
    total, square = _add_up(lambda part: (part.sum(), np.square(part).sum()), array) / array.size
    return float(total), float(square)


def measure_change(before: Any, after: Any) -> tuple[float, float]:
    """The sums of squares of a split array, and of the difference to another of the same shape."""
    import jax

    aligned = jax.jit(lambda values: values, out_shardings=before.sharding)(after)
    size, change = _add_up(lambda old, new: (np.square(old).sum(), np.square(new - old).sum()), before, aligned)
    return float(size), float(change)


def sample_rows(array: Any, units: int, most: int) -> np.ndarray:
    """Reads rows of `units` values of a split array, evenly spaced, fewer than twice `most`."""
    import jax

    step = max(1, array.size // units // most)
    return to_numpy(jax.jit(lambda values: values.reshape(-1, units)[::step])(array))


def _add_up(measure: Callable[..., tuple[float, float]], *arrays: Any) -> np.ndarray:
    """The sum over the parts of arrays, in all processes, of what is measured of each in float64."""
    total = np.zeros(2)  # of this process
    for shards in zip(*map(list_shards, arrays), strict=True):
        for pieces in zip(*(shard.read_pieces() for shard in shards), strict=True):
            with np.errstate(all="ignore"):  # values without bounds
                total += measure(*(piece.astype("float64") for piece in pieces))
    rows: np.ndarray = find_group_of(arrays[0]).gather(total)
    return rows.sum(axis=0)
