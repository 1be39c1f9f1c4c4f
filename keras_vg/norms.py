"""Norms and zeros of gradients, inside a training step: on each backend the way that costs the step least."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

SMALL_SIZE = 4096
"""Gradients of at most so many values are measured together: on small models the cost is that of starting an
operation, not of its work. The limit is chosen, not tuned: it bounds what filling up with zeros can cost."""

SMALLEST_SCALED = 1e-37
"""Gradients are scaled up as if their largest value were at least this, whose reciprocal is a float32 still."""

SUM_SCALE = 2.0**-32
"""By so much values are made smaller before their sum, which then cannot overflow below 2**32 of them."""


def measure_gradients(gradients: Sequence[Any], sizes: np.ndarray) -> tuple[Any, Any]:
    """Measures gradients of any float32 size, 1e-38 to 3e38: no square vanishes or overflows.

    Args:
        gradients: Float32 tensors; of a sparse gradient the rows that occur.
        sizes: Numbers of values, those of rows that do not occur included; float32 of shape `(gradients,)`.

    Returns:
        The L2 norms, NaN or infinite where a value is, and the fractions of zeros; float32 of shape `(gradients,)`.
    """
    if keras.backend.backend() == "torch":
        return _measure_eagerly(gradients, sizes)
    places, matrices = _group(gradients, sizes)
    norms = ops.concatenate([_measure_rows(matrix) for matrix in matrices])
    nonzero = [ops.sum(ops.cast(ops.not_equal(matrix, 0), "int32"), axis=1) for matrix in matrices]
    order = np.argsort(places)
    nonzero_fractions = ops.cast(ops.concatenate(nonzero), "float32") / ops.convert_to_tensor(sizes[places])
    return ops.take(norms, order), 1.0 - ops.take(nonzero_fractions, order)


def _measure_eagerly(gradients: Sequence[Any], sizes: np.ndarray) -> tuple[Any, Any]:
    """On torch: one kernel each, for what is sixteen operations elsewhere, and float64 sums as fast as float32."""
    import torch

    norms = torch.stack([torch.linalg.vector_norm(gradient, dtype=torch.float64) for gradient in gradients])
    nonzero = torch.stack([torch.count_nonzero(gradient) for gradient in gradients])
    return norms.float(), 1.0 - nonzero / ops.convert_to_tensor(sizes)


def _group(gradients: Sequence[Any], sizes: np.ndarray) -> tuple[list[int], list[Any]]:
    """The gradients as rows of matrices, and the place of each row: small ones together, filled up with zeros."""
    flat = [ops.reshape(gradient, (-1,)) for gradient in gradients]
    small = [place for place, vector in enumerate(flat) if vector.shape[0] is not None and sizes[place] <= SMALL_SIZE]
    large = [place for place in range(len(flat)) if place not in small]
    matrices = [flat[place][None] for place in large]
    if small:
        width = max(int(flat[place].shape[0]) for place in small)
        rows = [ops.pad(flat[place], (0, width - int(flat[place].shape[0]))) for place in small]
        matrices.append(ops.stack(rows))
    return large + small, matrices


def _measure_rows(matrix: Any) -> Any:
    """The L2 norms of the rows, scaled by about their largest value first.

    Without a branch for the rare case: a gradient that XLA must keep for a branch is computed apart from the
    optimizer's work, and the last bit of a weight would depend on whether somebody watches.
    """
    magnitudes = ops.abs(matrix)
    if keras.backend.backend() == "jax":
        # Its compiler sums in a third of the time of a maximum, and the sum is near enough to it.
        largest = ops.sum(magnitudes * SUM_SCALE, axis=1)
    else:
        # As integers, whose order is the same: compilers take the maximum of floats one by one, for fear of NaN.
        largest = ops.view(ops.max(ops.view(magnitudes, "int32"), axis=1), "float32")
    scales = ops.where(ops.isfinite(largest), 1.0 / ops.maximum(largest, SMALLEST_SCALED), 1.0)
    return ops.sqrt(ops.sum(ops.square(matrix * scales[:, None]), axis=1)) / scales
