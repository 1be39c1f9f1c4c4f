"""What is measured of each call of a layer, and how the calls of one layer are taken together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from keras_vg.inspection.derivatives import SATURATION

COLUMNS = ("mean", "std", "abs_max", "saturated_fraction", "dead_fraction")
_HEAD = 4


@dataclass(frozen=True)
class CallShape:
    """What is known of a call's output without its values: the number of units or channels, and of all values."""

    units: int
    size: int


def count_units(tensor: Any, axis: int = -1) -> int:
    """Counts units or channels, arguments as of `flatten`."""
    rank = len(tensor.shape)
    return int(tensor.shape[axis if rank > 2 else -1]) if rank > 1 else 1


def flatten(tensor: Any, axis: int = -1) -> Any:
    """Arranges a tensor as float32 of shape `(examples and positions, units)`.

    Args:
        tensor: Numbers of shape `(examples, ...)`.
        axis: Where the units or channels are; the last axis of a tensor of one or two.

    Returns:
        The tensor.
    """
    rank = len(tensor.shape)
    if axis not in (-1, rank - 1) and rank > 2:
        tensor = ops.moveaxis(tensor, axis, -1)
    return ops.cast(ops.reshape(tensor, (-1, tensor.shape[-1] if rank > 1 else 1)), "float32")


def measure_call(values: Any, slope: Any) -> Any:
    """Measures one call's output, as one tensor, which a compiled function can return.

    Args:
        values: The output as of `flatten`.
        slope: The activation's derivative over its largest value, of the same shape; None where it is not known.

    Returns:
        Float32 tensor of shape `(4 + units,)`: mean, standard deviation, largest absolute value (NaN if any value
        is), fraction of saturated values, then 1 for each unit that is silent throughout, 0 for the others; without a
        slope of shape `(4,)`, the fraction NaN.
    """
    nan = ops.convert_to_tensor(np.float32(np.nan))
    # XLA's maximum passes over NaN on a CPU.
    nan_count = ops.sum(ops.cast(ops.isnan(values), "float32"))
    abs_max = ops.where(nan_count > 0, nan, ops.max(ops.abs(values)))
    saturated = nan if slope is None else ops.mean(ops.cast(slope < SATURATION, "float32"))
    head = ops.stack([ops.mean(values), ops.std(values), abs_max, saturated])
    if slope is None:
        return head
    is_silent = ops.all(ops.logical_and(ops.equal(values, 0), slope <= 0), axis=0)
    return ops.concatenate([head, ops.cast(is_silent, "float32")])


def combine_calls(shapes: Sequence[CallShape], measured: Sequence[np.ndarray]) -> np.ndarray:
    """Takes the calls of a layer together, as if it had been called once on all of their inputs.

    Args:
        shapes: Of each call.
        measured: What `measure_call` returned of each, as arrays.

    Returns:
        Float32 array of shape `(5,)`, as `COLUMNS` names them.
    """
    heads = np.stack([array[:_HEAD] for array in measured]).astype("float64")
    silent = [array[_HEAD:] for array in measured]
    shares = np.array([shape.size for shape in shapes], "float64")
    shares /= shares.sum()
    with np.errstate(all="ignore"):
        mean = shares @ heads[:, 0]
        std = np.sqrt(shares @ (heads[:, 1] ** 2 + (heads[:, 0] - mean) ** 2)) if len(heads) > 1 else heads[0, 1]
        dead = np.min(silent, axis=0).mean() if all(map(len, silent)) else np.nan
        return np.array([mean, std, heads[:, 2].max(), shares @ heads[:, 3], dead], "float32")
