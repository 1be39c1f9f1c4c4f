"""Computes norms and fractions of zeros of gradients inside a training step, on each backend in its fastest way."""

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

EXACT_COUNT = 2**24
"""Up to here float32 represents every integer, and its sums are faster than those of integers."""

COUNT_EVERY = 32
"""On a CPU the zeros of large gradients are counted at every 32nd step: docs/decisions/0002-zero-counting.md."""


def measure_gradients(
    gradients: Sequence[Measurable], sizes: np.ndarray, is_compiled: bool, steps: Any
) -> tuple[Any, Any, Any]:
    """Measures gradients of any float32 size, 1e-38 to 3e38: no square underflows or overflows unnoticed.

    Args:
        gradients: What `exactness.shield` returns.
        sizes: The number of values of each weight (a sparse gradient has fewer); float32 of shape `(gradients,)`.
        is_compiled: Whether XLA compiles the step, on TensorFlow.
        steps: The number of steps before this one in which each weight had a gradient; float32, `(gradients,)`.

    Returns:
        Three float32 tensors of shape `(gradients,)`: the L2 norms, NaN or infinite where a value is; the fractions of
        zeros; and whether the zeros were counted in this step, 1 or 0. Where they were not, the fraction means nothing.
    """
    if keras.backend.backend() == "torch":
        return _measure_eagerly([gradient.value for gradient in gradients], sizes, steps)
    is_large = np.array([size > SMALL_SIZE or None in g.value.shape for g, size in zip(gradients, sizes, strict=True)])
    is_counted = ops.ones((len(sizes),), "bool")
    if is_large.any() and backend.is_on_cpu():
        is_counted = ops.equal(steps % COUNT_EVERY, 0.0) | ~is_large
    is_compiled |= keras.backend.backend() == "jax"
    large, small = np.flatnonzero(is_large).tolist(), np.flatnonzero(~is_large).tolist()
    results = []  # norms and numbers of nonzero values: (2, gradients)
    if large:
        is_due = ops.any(is_counted & is_large)
        # XLA reserves the memory of a branch at every step: with a branch per gradient, that of one gradient.
        groups = [[index] for index in large] if is_compiled else [large]
        results = [_measure_large([gradients[i] for i in group], sizes[group], is_compiled, is_due) for group in groups]
    if small:
        measure_small = _measure_rows if is_compiled else _measure_segments
        results.append(measure_small([ops.reshape(gradients[index].value, (-1,)) for index in small]))
    if len(results) > 1:
        results = [ops.take(ops.concatenate(results, axis=1), np.argsort(large + small), axis=1)]
    norms, nonzero = ops.unstack(results[0])
    zeros = (ops.convert_to_tensor(sizes) - nonzero) / ops.convert_to_tensor(sizes)
    return norms, zeros, ops.cast(is_counted, "float32")


def _measure_eagerly(gradients: Sequence[Any], sizes: np.ndarray, steps: Any) -> tuple[Any, Any, Any]:
    """Measures on torch: small gradients together, since starting an operation takes longer than its work on them."""
    import torch

    small = [index for index, size in enumerate(sizes.tolist()) if size <= SMALL_SIZE]
    all_values = torch.as_tensor(sizes, device=gradients[0].device)
    if len(small) == len(gradients):
        norms, nonzero = _measure_joined(gradients)
        return norms, (all_values - nonzero) / all_values, torch.ones_like(norms)
    large = [index for index in range(len(gradients)) if index not in small]
    is_counted = (all_values <= SMALL_SIZE) | (steps % COUNT_EVERY == 0) | (not all_values.is_cpu)
    results = torch.empty((2, len(gradients)), device=all_values.device)
    results[:, large] = _measure_one_by_one([gradients[i] for i in large], all_values[large], is_counted[large])
    if small:
        results[:, small] = torch.stack(_measure_joined([gradients[i] for i in small]))
    norms, nonzero = results
    return norms, (all_values - nonzero) / all_values, is_counted.float()


def _measure_joined(gradients: Sequence[Any]) -> tuple[Any, Any]:
    """The norms, summed in float64, and the numbers of nonzero values of torch's small gradients, concatenated."""
    import torch

    values = torch.cat([gradient.reshape(-1) for gradient in gradients])
    sizes = torch.tensor([gradient.numel() for gradient in gradients], device=values.device)
    owners = torch.repeat_interleave(sizes, output_size=len(values))
    sums = torch.zeros((len(gradients), 2), dtype=torch.float64, device=values.device)
    sums.index_add_(0, owners, torch.stack([values.double().square_(), values != 0], dim=1))
    return sums[:, 0].sqrt().float(), sums[:, 1].float()


def _measure_one_by_one(gradients: Sequence[Any], sizes: Any, is_counted: Any) -> Any:
    """The norms and the numbers of nonzero values of torch's large gradients.

    Computed in float64, which takes three times as long, only where float32 underflows or overflows.
    """
    import torch

    norms = torch.stack(list(map(_find_norm, gradients)))
    if not norms.is_cpu:  # a choice would make an accelerator wait
        return torch.stack([norms, torch.stack(list(map(torch.count_nonzero, gradients))).float()])
    choices = zip(gradients, is_counted.tolist(), sizes, strict=True)
    nonzero = torch.stack([torch.count_nonzero(g) if is_due else size for g, is_due, size in choices])
    if not _is_in_range(torch.square(norms), nonzero).all():
        nonzero = torch.stack(list(map(torch.count_nonzero, gradients))).float()
        if not _is_in_range(torch.square(norms), nonzero).all():
            norms = torch.stack([torch.linalg.vector_norm(g, dtype=torch.float64) for g in gradients]).float()
    return torch.stack([norms, nonzero])


def _find_norm(gradient: Any) -> Any:
    """The norm of the norms of the rows: torch adds values one by one, and a long float32 sum loses digits."""
    import torch

    size, columns = gradient.numel(), gradient.shape[-1]
    if not gradient.is_cpu or max(columns, size // columns) > LONGEST_SUM:
        return torch.linalg.vector_norm(gradient, dtype=torch.float64).float()
    return torch.linalg.vector_norm(torch.linalg.vector_norm(gradient, dim=-1))


def _measure_large(gradients: Sequence[Measurable], sizes: np.ndarray, is_compiled: bool, is_due: Any) -> Any:
    """The norms and the numbers of nonzero values of large gradients; these 0 where they are not counted.

    Zeros are counted in a step in which that is due, and where the sum of squares is so small or large that squares may
    have underflowed or overflowed: whether they did depends on the number of nonzero values. Only if they did are
    the values scaled and squared once more. TensorFlow and XLA on a CPU run the branch that is chosen, and no other.
    """
    if is_compiled and not backend.is_on_cpu():  # choices would make an accelerator wait
        return _measure_each([gradient.value for gradient in gradients], sizes)
    sum_squares: Callable[[Any], Any] = _sum_squares if is_compiled else _sum_squares_in_one_pass
    count: Callable[[Any, float], Any] = _count_nonzero if is_compiled else _count_signs
    if keras.backend.backend() == "jax":
        count = _count_in_bytes
    square_sums = ops.stack([sum_squares(gradient.value) for gradient in gradients])

    def count_and_check() -> Any:
        values = [gradient.recompute() for gradient in gradients]
        nonzero = ops.stack(list(map(count, values, sizes)))
        return ops.cond(
            ops.all(_is_in_range(square_sums, nonzero)),
            lambda: ops.stack([ops.sqrt(square_sums), nonzero]),
            lambda: _measure_each(values, sizes),
        )

    return ops.cond(
        is_due | ~ops.all(_is_in_range(square_sums, sizes)),
        count_and_check,
        lambda: ops.stack([ops.sqrt(square_sums), ops.zeros_like(square_sums)]),
    )


def _measure_each(gradients: Sequence[Any], sizes: np.ndarray) -> Any:
    return ops.concatenate(list(map(_measure, gradients, sizes)), axis=1)


def _measure_segments(gradients: Sequence[Any]) -> Any:
    """Small gradients on TensorFlow without XLA, concatenated: a row each of a matrix would be an operation each."""
    sizes = [int(vector.shape[0]) for vector in gradients]
    owners = np.repeat(np.arange(len(sizes), dtype="int32"), sizes)
    values = ops.concatenate(gradients)
    square_sums = ops.segment_sum(ops.square(ops.cast(values, "float64")), owners, sorted=True)
    nonzero = ops.segment_sum(ops.cast(ops.not_equal(values, 0.0), "float32"), owners, sorted=True)
    return ops.stack([ops.cast(ops.sqrt(square_sums), "float32"), nonzero])


def _measure_rows(gradients: Sequence[Any]) -> Any:
    """Small gradients under XLA, as the rows of a matrix that is padded with zeros."""
    width = max(int(vector.shape[0]) for vector in gradients)
    if len(gradients) <= MOST_ROWS and backend.is_on_cpu():
        rows = ops.zeros((len(gradients), width), "float32")
        for index, vector in enumerate(gradients):
            rows = ops.slice_update(rows, (index, 0), ops.reshape(vector, (1, -1)))
    else:
        pieces = [p for vector in gradients for p in (vector, ops.zeros((width - int(vector.shape[0]),), "float32"))]
        rows = ops.reshape(ops.concatenate(pieces), (len(gradients), width))
    return _measure(rows, width, axis=1)


def _measure(values: Any, size: float, axis: int | None = None) -> Any:
    """The norms and the numbers of nonzero values along an axis of at most `size` values, `(2, norms)`."""
    square_sums = _sum_squares(values, axis)
    scales = ops.where(square_sums < 1.0, TINY_SCALE, HUGE_SCALE)
    scaled_norms = ops.sqrt(_sum_squares(values * scales, axis)) / scales
    norms = ops.where(_is_in_range(square_sums, size), ops.sqrt(square_sums), scaled_norms)
    return ops.stack([ops.reshape(norms, (-1,)), ops.reshape(_count_nonzero(values, size, axis), (-1,))])


def _sum_squares(values: Any, axis: int | None = None) -> Any:
    return _sum(ops.square(values), axis)


def _count_nonzero(values: Any, size: float, axis: int | None = None) -> Any:
    dtype = "float32" if size <= EXACT_COUNT else "int32"
    return ops.cast(_sum(ops.cast(ops.not_equal(values, 0.0), dtype), axis), "float32")


def _sum_squares_in_one_pass(values: Any) -> Any:
    import tensorflow as tf

    return 2.0 * tf.nn.l2_loss(values)


def _count_signs(values: Any, size: float) -> Any:
    """The number of nonzero values on TensorFlow without XLA, where the squares of the signs are the fastest way."""
    import tensorflow as tf

    return _sum_squares_in_one_pass(tf.sign(values)) if size <= EXACT_COUNT else _count_nonzero(values, size)


def _sum(values: Any, axis: int | None) -> Any:
    """The sum of all values, or of each row, which keeps two axes: there a product is much faster on a CPU."""
    if axis is None or not backend.is_on_cpu():
        return ops.sum(values, axis=axis, keepdims=axis is not None)
    return ops.matmul(values, ops.ones((values.shape[axis], 1), values.dtype))


def _count_in_bytes(values: Any, size: float) -> Any:
    """The number of nonzero values on JAX, 64 rows of bytes at a time: a CPU adds many bytes at once.

    That takes three fifths of the time of `_count_nonzero`.
    """
    import jax.numpy as jnp

    dtype = "float32" if size <= EXACT_COUNT else "int32"
    flat = jnp.not_equal(values, 0.0).astype("int8").ravel()
    end = flat.size // 64**2 * 64**2
    blocks = flat[:end].reshape(-1, 64, 64).sum(axis=1, dtype="int8")
    return (blocks.sum(dtype=dtype) + flat[end:].sum(dtype=dtype)).astype("float32")


def _is_in_range(square_sums: Any, count: Any) -> Any:
    """Whether no square of `count` nonzero values underflowed or overflowed; true if `count` is 0, false for NaN."""
    return (square_sums >= count * LEAST_MEAN_SQUARE) & (square_sums < GREATEST_SUM)
