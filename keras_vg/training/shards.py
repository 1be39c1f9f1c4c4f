"""The values of a weight on the host, as far as they lie on devices of this process, without a second copy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_vg.training.weights import read_tensor

PIECE = 1 << 20
"""Values of a weight that are read or measured together: no second copy of a large one, be it in float64."""


@dataclass(frozen=True)
class Shard:
    """A part of a weight, or all of it.

    Attributes:
        tensor: Its values, on their device.
        start: Its first position along each axis of the weight.
    """

    tensor: Any
    start: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.tensor.shape, dtype=np.int64))

    def read_pieces(self) -> Iterator[np.ndarray]:
        """Reads the values in C order, some at a time; flat arrays, to be used before the weight changes."""
        if self.size <= PIECE or _is_on_cpu(self.tensor):
            values = view_as_numpy(self.tensor).reshape(-1)
            for start in range(0, len(values), PIECE):
                yield values[start : start + PIECE]
            return
        rows = max(PIECE * len(self.tensor) // self.size, 1)  # so that the host never has all of the values
        for start in range(0, len(self.tensor), rows):
            yield view_as_numpy(_slice(self.tensor, start, min(rows, len(self.tensor) - start))).reshape(-1)

    def find(self, indices: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """Finds values of the weight in the shard.

        Args:
            indices: Positions in the flattened (C order) weight, int64 of shape `(n,)`.
            shape: The weight's.

        Returns:
            Which of the values lie in it, as positions in `indices`, and where in it, one array per axis.
        """
        axes = [axis - start for axis, start in zip(np.unravel_index(indices, shape), self.start, strict=True)]
        is_inside = np.ones(len(indices), bool)
        for axis, length in zip(axes, self.tensor.shape, strict=True):
            is_inside &= (axis >= 0) & (axis < length)
        return np.flatnonzero(is_inside), tuple(axis[is_inside] for axis in axes)

    def take(self, positions: tuple[np.ndarray, ...]) -> np.ndarray:
        """Copies some values, by their positions along each axis; on JAX."""
        values = view_as_numpy(self.tensor)[positions] if _is_on_cpu(self.tensor) else np.array(self.tensor[positions])
        return widen(values)


def list_shards(variable: keras.Variable) -> list[Shard]:
    """Lists the parts of a weight that this process is to read: all of it, or of a split one those that are its alone.

    The parts of a split weight, of all processes together, hold each value once.
    """
    tensor = read_tensor(variable)
    whole = [Shard(tensor, (0,) * len(tensor.shape))]
    if keras.backend.backend() != "jax" or len(tensor.sharding.device_set) == 1:
        return whole
    if tensor.is_fully_replicated:
        return [Shard(tensor.addressable_shards[0].data, whole[0].start)]
    shards = [shard for shard in tensor.addressable_shards if shard.replica_id == 0]
    return [Shard(shard.data, tuple(axis.start or 0 for axis in shard.index)) for shard in shards]


def is_split(value: Any) -> bool:
    """Whether no process holds all of a tensor or a variable: a layout may split it over the devices of several."""
    if keras.backend.backend() != "jax":
        return False
    tensor = read_tensor(value)
    return not (tensor.is_fully_addressable or tensor.is_fully_replicated)


def copy_parts(array: Any) -> list[np.ndarray]:
    """Copies what lies on the devices of this process of a split array, one part per device."""
    return [np.array(shard.data) for shard in array.addressable_shards]


def put_parts(parts: Sequence[np.ndarray], like: Any) -> Any:
    """Makes a split array of parts as `copy_parts` returns them, laid out like another, in all of its processes."""
    import jax

    pairs = zip(parts, like.addressable_shards, strict=True)
    placed = [jax.device_put(part.copy(), shard.device) for part, shard in pairs]  # a step may take the memory over
    return jax.make_array_from_single_device_arrays(like.shape, like.sharding, placed)


def view_as_numpy(tensor: Any) -> np.ndarray:
    """The values of a tensor as an array, of the same memory where it is the host's."""
    if keras.backend.backend() != "torch":
        return np.asarray(tensor)
    import torch

    tensor = tensor.detach().cpu()
    is_known = tensor.dtype in (torch.float64, torch.float32, torch.float16) or not tensor.is_floating_point()
    values: np.ndarray = (tensor if is_known else tensor.float()).numpy()  # NumPy has no bfloat16
    return values


def widen(values: np.ndarray) -> np.ndarray:
    """Float16 and bfloat16 as the float32 of the same value, others as they are."""
    return values.astype(np.float32) if values.dtype.itemsize < 4 else values


def _is_on_cpu(tensor: Any) -> bool:
    name = keras.backend.backend()
    if name == "jax":
        return all(device.platform == "cpu" for device in tensor.devices())
    return tensor.device.type == "cpu" if name == "torch" else "CPU" in tensor.device


def _slice(tensor: Any, start: int, count: int) -> Any:
    if keras.backend.backend() != "jax":
        return tensor[start : start + count]
    import jax

    return jax.lax.dynamic_slice_in_dim(tensor, start, count)  # compiled once, whatever the start
