"""Computes norms of gradients inside a training step, on each backend in its fastest way, and counts their zeros."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg.training import backend
from keras_vg.training.exactness import Measurable

SMALL_SIZE = 4096
"""Gradients of at most so many values are measured together: the cost of a small one is that of starting an operation.
The limit is chosen, not tuned; it bounds what padding with zeros can cost."""

MOST_ROWS = 32
"""On a CPU, XLA writes at most so many gradients into a matrix one by one: with 22 of 10 to 110 values that takes an
eighth of the time of a concatenation. With 50 the gain is small, and compiling takes five times as long."""

LEAST_MEAN_SQUARE = 2.0**-103
"""A square below 2**-126 underflows to 0. While the mean square is at least 2**23 times that, such squares are too
small to change a float32 sum."""

GREATEST_SUM = 2.0**127
"""A sum of squares above this is close to overflow, or has overflowed."""

TINY_SCALE, HUGE_SCALE = np.float32(2.0**90), np.float32(2.0**-80)
"""Values whose squares would underflow or overflow are multiplied by one of these before they are squared: enough for
the smallest and the largest float32 value, and for a billion of them."""

LONGEST_SUM = 2**13
"""Torch adds float32 values one by one. Measured with equal values, the worst case: with at most so many rows and
columns the relative error of a norm is at most 5e-6; with rows of 65,536 values it is 5e-5."""


def measure_norms(gradients: Sequence[Measurable], sizes: np.ndarray, is_compiled: bool) -> Any:
    """Measures gradients of any float32 size, 1e-38 to 3e38: no square underflows or overflows unnoticed.

    Args:
        gradients: What `exactness.shield` returns, at least one.
        sizes: The number of values of each weight (a sparse gradient has fewer); float32 of shape `(gradients,)`.
        is_compiled: Whether XLA compiles the step, on TensorFlow.

    Returns:
        The L2 norms, NaN or infinite where a value is: a tensor of shape `(gradients,)`, float32 on JAX, else float64.
    """
    if keras.backend.backend() == "torch":
        return _measure_on_torch([gradient.value for gradient in gradients], sizes)
    is_compiled |= keras.backend.backend() == "jax"
    is_large = np.array([size > SMALL_SIZE or None in g.value.shape for g, size in zip(gradients, sizes, strict=True)])
    large, small = np.flatnonzero(is_large).tolist(), np.flatnonzero(~is_large).tolist()
    # XLA reserves the memory of a branch at every step: with a branch per gradient, that of one gradient.
    groups = [[index] for index in large] if is_compiled else [large] * bool(large)
    norms = [_measure_large([gradients[i] for i in group], sizes[group], is_compiled) for group in groups]
    if small:
        measure_small = _measure_rows if is_compiled else _measure_segments
        norms.append(measure_small([_flatten(gradients[index].value) for index in small]))
    joined = ops.concatenate(norms) if len(norms) > 1 else norms[0]
    in_order = ops.take(joined, np.argsort(large + small)) if large and small else joined
    return in_order if keras.backend.backend() == "jax" else ops.cast(in_order, "float64")


def measure_zeros(gradients: Sequence[Measurable], sizes: np.ndarray) -> Any:
    """Measures which fraction of each gradient is exactly 0; arguments and result as of `measure_norms`."""
    dtype = "float32" if keras.backend.backend() == "jax" else "float64"
    nonzero = [ops.sum(ops.cast(ops.not_equal(gradient.value, 0.0), "int32")) for gradient in gradients]
    all_values = ops.convert_to_tensor(sizes.astype(dtype))
    return (all_values - ops.cast(ops.stack(nonzero), dtype)) / all_values  # a sparse gradient lacks zeros


def find_norm_on_host(gradient: Any) -> float:
    """Finds the norm of one gradient of torch's on a CPU, in float64 only where float32 is not enough: it is slower.

    It is the norm of the norms of the rows: torch adds values one by one, and a long float32 sum loses digits.

    Args:
        gradient: A tensor of any shape and float type.
    """
    import torch

    gradient = gradient.float()
    size, columns = gradient.numel(), gradient.shape[-1]
    if max(columns, size // columns) <= LONGEST_SUM:
        norm = float(torch.linalg.vector_norm(torch.linalg.vector_norm(gradient, dim=-1)))
        if size * LEAST_MEAN_SQUARE <= norm * norm < GREATEST_SUM:
            return norm
    return float(torch.linalg.vector_norm(gradient, dtype=torch.float64))


def unscale(norms: Any, scale: Any) -> Any:
    """Returns norms without the scale of the loss; NaN where one is not finite, since the step is skipped then.

    Args:
        norms: The norms of one step, a tensor.
        scale: What the loss was multiplied by, or None.
    """
    if scale is None:
        return norms
    scaled = norms / ops.cast(scale, norms.dtype)
    return ops.where(ops.all(ops.isfinite(norms)), scaled, ops.full_like(norms, np.nan))


def _measure_on_torch(gradients: Sequence[Any], sizes: np.ndarray) -> Any:
    """Measures where the gradients are, in float64: small ones together, to start fewer operations."""
    import torch

    norms = torch.empty(len(gradients), dtype=torch.float64, device=gradients[0].device)
    small = [index for index, size in enumerate(sizes.tolist()) if size <= SMALL_SIZE]
    for index in set(range(len(gradients))).difference(small):
        norms[index] = torch.linalg.vector_norm(gradients[index], dtype=torch.float64)
    if small:
        norms[small] = _measure_joined([gradients[index] for index in small])
    return norms


def _measure_joined(gradients: Sequence[Any]) -> Any:
    """The norms of torch's small gradients, concatenated and summed in float64."""
    import torch

    values = torch.cat([gradient.flatten() for gradient in gradients])
    # torch.compile traces what is behind a cache anew, and warns of it.
    list_owners = _list_owners if torch.compiler.is_compiling() else _list_owners_once
    owners = list_owners(tuple(gradient.numel() for gradient in gradients), values.device)
    sums = torch.zeros(len(gradients), dtype=torch.float64, device=values.device)
    return sums.index_add_(0, owners, values.double().square_()).sqrt_()


def _list_owners(sizes: tuple[int, ...], device: Any) -> Any:
    """Which gradient each of the concatenated values belongs to."""
    import torch

    return torch.repeat_interleave(torch.tensor(sizes, device=device), output_size=sum(sizes))


_list_owners_once = functools.lru_cache(maxsize=16)(_list_owners)


def _flatten(gradient: Any) -> Any:
    return gradient if len(gradient.shape) == 1 else ops.reshape(gradient, (-1,))


def _measure_large(gradients: Sequence[Measurable], sizes: np.ndarray, is_compiled: bool) -> Any:
    """The norms of large gradients.

    Only where a sum of squares is so small or large that squares may have underflowed or overflowed are the values
    scaled and squared once more. TensorFlow and XLA on a CPU run the branch that is chosen, and no other.
    """
    if is_compiled and not backend.is_on_cpu():  # choices would make an accelerator wait
        return _measure_each([gradient.value for gradient in gradients], sizes)
    sum_squares: Callable[[Any], Any] = _sum_squares if is_compiled else _sum_squares_in_one_pass
    square_sums = ops.stack([sum_squares(gradient.value) for gradient in gradients])
    return ops.cond(
        ops.all(_is_in_range(square_sums, sizes)),
        lambda: ops.sqrt(square_sums),
        lambda: _measure_each([gradient.recompute() for gradient in gradients], sizes),
    )


def _measure_each(gradients: Sequence[Any], sizes: np.ndarray) -> Any:
    return ops.concatenate(list(map(_measure, gradients, sizes)))


def _measure_segments(gradients: Sequence[Any]) -> Any:
    """Small gradients on TensorFlow without XLA, concatenated: a row each of a matrix would be an operation each."""
    sizes = [int(vector.shape[0]) for vector in gradients]
    owners = np.repeat(np.arange(len(sizes), dtype="int32"), sizes)
    values = ops.cast(ops.concatenate(gradients), "float64")
    return ops.cast(ops.sqrt(ops.segment_sum(ops.square(values), owners, sorted=True)), "float32")


def _measure_rows(gradients: Sequence[Any]) -> Any:
    """Small gradients under XLA, as the rows of a matrix that is padded with zeros."""
    width = max(int(vector.shape[0]) for vector in gradients)
    if len(gradients) <= MOST_ROWS and backend.is_on_cpu():
        rows = ops.zeros((len(gradients), width), "float32")
        for index, vector in enumerate(gradients):
            rows = ops.slice_update(rows, (index, 0), ops.reshape(vector, (1, -1)))
    else:
        lengths = [width - int(vector.shape[0]) for vector in gradients]
        padding = {length: ops.zeros((length,), "float32") for length in {*lengths} - {0}}
        pieces = []
        for vector, length in zip(gradients, lengths, strict=True):
            pieces += [vector, padding[length]] if length else [vector]
        rows = ops.reshape(ops.concatenate(pieces), (len(gradients), width))
    return _measure(rows, width, axis=1)


def _measure(values: Any, size: float, axis: int | None = None) -> Any:
    """The norms along an axis of at most `size` values, `(norms,)`."""
    square_sums = _sum_squares(values, axis)
    scales = ops.where(square_sums < 1.0, TINY_SCALE, HUGE_SCALE)
    scaled_norms = ops.sqrt(_sum_squares(values * scales, axis)) / scales
    norms = ops.where(_is_in_range(square_sums, size), ops.sqrt(square_sums), scaled_norms)
    return ops.reshape(norms, (-1,))


def _sum_squares(values: Any, axis: int | None = None) -> Any:
    """The sum of all squares, or of each row's, which keeps two axes: there a product is much faster on a CPU."""
    squares = ops.square(values)
    if axis is None or not backend.is_on_cpu():
        return ops.sum(squares, axis=axis, keepdims=axis is not None)
    return ops.matmul(squares, ops.ones((squares.shape[axis], 1), squares.dtype))


def _sum_squares_in_one_pass(values: Any) -> Any:
    import tensorflow as tf

    return 2.0 * tf.nn.l2_loss(values)


def _is_in_range(square_sums: Any, count: Any) -> Any:
    """Whether no square of at most `count` values underflowed or overflowed; false for NaN."""
    return (square_sums >= count * LEAST_MEAN_SQUARE) & (square_sums < GREATEST_SUM)
