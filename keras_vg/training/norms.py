"""Norms and zeros of gradients, inside a training step: on each backend the way that costs the step least."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg.training import backend
from keras_vg.training.exactness import compute_again

SMALL_SIZE = 4096
"""Gradients of at most so many values are measured together: on small models the cost is that of starting an
operation, not of its work. The limit is chosen, not tuned: it bounds what filling up with zeros can cost."""

MOST_ROWS = 32
"""So many gradients XLA puts into a matrix one by one, on a CPU: 22 of 10 to 110 values in an eighth of the time that
it takes to join them. With 50 the gain is small, and compiling takes five times as long."""

LEAST_MEAN_SQUARE = 2.0**-103
"""A square below 2**-126 is lost. As long as the mean of the squares is 2**23 times that, no float32 tells."""

GREATEST_SUM = 2.0**127
"""A larger sum of squares is about to overflow, or has."""

TINY_SCALE, HUGE_SCALE = np.float32(2.0**90), np.float32(2.0**-80)
"""By so much values are scaled before they are squared where their squares would be lost, or overflow: enough for
the smallest and the largest float32, a billion of either."""

LONGEST_SUM = 2**13
"""Torch adds float32 values one by one. Measured with equal values, its worst case: with rows and columns of at most so
many, a norm is 5e-6 off at most; with 65,536 in a row, 5e-5."""

EXACT_COUNT = 2**24
"""So far float32 counts without a gap, and its sums are faster than those of integers."""

COUNT_EVERY = 32
"""On a CPU the zeros of large gradients are counted at one step of so many: there a count takes longer than the norm,
and at every step about 4 % of an MLP's training (784-4x512-10); on JAX, where what is counted is computed again, such a
step takes a quarter longer, 1.3 of 5.1 ms. An accelerator would have to wait for the choice."""


def measure_gradients(
    gradients: Sequence[Any], sizes: np.ndarray, is_compiled: bool, steps: Any
) -> tuple[Any, Any, Any]:
    """Measures gradients of any float32 size, 1e-38 to 3e38: no square vanishes or overflows.

    Args:
        gradients: Float32 tensors; of a sparse gradient the rows that occur.
        sizes: Numbers of values, those of rows that do not occur included; float32 of shape `(gradients,)`.
        is_compiled: Whether XLA compiles the step.
        steps: The number of each one's steps before; float32 of shape `(gradients,)`.

    Returns:
        The L2 norms, NaN or infinite where a value is; the fractions of zeros; and 1 where zeros were counted, 0 where
        it was not their step and the fraction is to be left out. Float32 of shape `(gradients,)`.
    """
    if keras.backend.backend() == "torch":
        return _measure_eagerly(gradients, sizes, steps)
    is_large = np.array([size > SMALL_SIZE or None in g.shape for g, size in zip(gradients, sizes, strict=True)])
    is_counted = ops.ones((len(sizes),), "bool")
    if is_large.any() and backend.is_on_cpu():
        is_counted = ops.equal(steps % COUNT_EVERY, 0.0) | ~is_large
    is_compiled |= keras.backend.backend() == "jax"
    large, small = np.flatnonzero(is_large).tolist(), np.flatnonzero(~is_large).tolist()
    figures = []
    if large:
        is_due = ops.any(is_counted & is_large)
        # XLA sets memory aside for all that one choice may need: with a choice each, that of one gradient.
        groups = [[place] for place in large] if is_compiled else [large]
        figures = [_measure_large([gradients[p] for p in group], sizes[group], is_compiled, is_due) for group in groups]
    if small:
        measure_small = _measure_rows if is_compiled else _measure_segments
        figures.append(measure_small([ops.reshape(gradients[place], (-1,)) for place in small]))
    if len(figures) > 1:
        figures = [ops.take(ops.concatenate(figures, axis=1), np.argsort(large + small), axis=1)]
    norms, nonzero = ops.unstack(figures[0])
    zeros = (ops.convert_to_tensor(sizes) - nonzero) / ops.convert_to_tensor(sizes)
    return norms, zeros, ops.cast(is_counted, "float32")


def _measure_eagerly(gradients: Sequence[Any], sizes: np.ndarray, steps: Any) -> tuple[Any, Any, Any]:
    """On torch, where an operation is a pass over a large gradient, and over a small one takes longer to start."""
    import torch

    small = [place for place, size in enumerate(sizes.tolist()) if size <= SMALL_SIZE]
    all_values = torch.as_tensor(sizes, device=gradients[0].device)
    if len(small) == len(gradients):
        norms, nonzero = _measure_joined(gradients)
        return norms, (all_values - nonzero) / all_values, torch.ones_like(norms)
    large = [place for place in range(len(gradients)) if place not in small]
    is_counted = (all_values <= SMALL_SIZE) | (steps % COUNT_EVERY == 0) | (not all_values.is_cpu)
    figures = torch.empty((2, len(gradients)), device=all_values.device)
    figures[:, large] = _measure_one_by_one([gradients[p] for p in large], all_values[large], is_counted[large])
    if small:
        figures[:, small] = torch.stack(_measure_joined([gradients[place] for place in small]))
    norms, nonzero = figures
    return norms, (all_values - nonzero) / all_values, is_counted.float()


def _measure_joined(gradients: Sequence[Any]) -> tuple[Any, Any]:
    """The norms, in float64, and the numbers of nonzero values of torch's small gradients, one behind the other."""
    import torch

    values = torch.cat([gradient.reshape(-1) for gradient in gradients])
    sizes = torch.tensor([gradient.numel() for gradient in gradients], device=values.device)
    owners = torch.repeat_interleave(sizes, output_size=len(values))
    sums = torch.zeros((len(gradients), 2), dtype=torch.float64, device=values.device)
    sums.index_add_(0, owners, torch.stack([values.double().square_(), values != 0], dim=1))
    return sums[:, 0].sqrt().float(), sums[:, 1].float()


def _measure_one_by_one(gradients: Sequence[Any], sizes: Any, is_counted: Any) -> Any:
    """One or two kernels each; in float64, which takes three times as long, only where it must be."""
    import torch

    norms = torch.stack(list(map(_find_norm, gradients)))
    if not norms.is_cpu:  # an accelerator would have to wait to be asked
        return torch.stack([norms, torch.stack(list(map(torch.count_nonzero, gradients))).float()])
    choices = zip(gradients, is_counted.tolist(), sizes, strict=True)
    nonzero = torch.stack([torch.count_nonzero(g) if is_due else size for g, is_due, size in choices])
    if not _is_usual(torch.square(norms), nonzero).all():
        nonzero = torch.stack(list(map(torch.count_nonzero, gradients))).float()
        if not _is_usual(torch.square(norms), nonzero).all():
            norms = torch.stack([torch.linalg.vector_norm(g, dtype=torch.float64) for g in gradients]).float()
    return torch.stack([norms, nonzero])


def _find_norm(gradient: Any) -> Any:
    """The norm, as that of the norms of its rows: torch adds one by one, and a long float32 sum loses digits."""
    import torch

    size, columns = gradient.numel(), gradient.shape[-1]
    if not gradient.is_cpu or max(columns, size // columns) > LONGEST_SUM:
        return torch.linalg.vector_norm(gradient, dtype=torch.float64).float()
    return torch.linalg.vector_norm(torch.linalg.vector_norm(gradient, dim=-1))


def _measure_large(gradients: Sequence[Any], sizes: np.ndarray, is_compiled: bool, is_due: Any) -> Any:
    """Zeros are counted where it is time to, and where squares may be lost: few values may be other than 0.

    Without a compiler, on TensorFlow, every operation is a pass over the gradient. On JAX, a product that has to be
    looked at once more is computed again: kept for that, each would have memory of its own, which is in no cache yet.
    """
    if is_compiled and not backend.is_on_cpu():  # an accelerator would have to wait for the choices
        return _measure_each(gradients, sizes)
    sum_squares: Callable[[Any], Any] = _sum_squares if is_compiled else _sum_squares_at_once
    count: Callable[[Any, float], Any] = _count_nonzero if is_compiled else _count_signs
    if keras.backend.backend() == "jax":
        count = _count_in_bytes
    square_sums = ops.stack(list(map(sum_squares, gradients)))

    def measure() -> Any:
        again = list(map(compute_again, gradients))
        nonzero = ops.stack(list(map(count, again, sizes)))
        return ops.cond(
            ops.all(_is_usual(square_sums, nonzero)),
            lambda: ops.stack([ops.sqrt(square_sums), nonzero]),
            lambda: _measure_each(again, sizes),
        )

    return ops.cond(
        is_due | ~ops.all(_is_usual(square_sums, sizes)),
        measure,
        lambda: ops.stack([ops.sqrt(square_sums), ops.zeros_like(square_sums)]),
    )


def _measure_each(gradients: Sequence[Any], sizes: np.ndarray) -> Any:
    return ops.concatenate(list(map(_measure, gradients, sizes)), axis=1)


def _measure_segments(gradients: Sequence[Any]) -> Any:
    """Vectors together, one behind the other: without a compiler, each row of a matrix would be an operation."""
    sizes = [int(vector.shape[0]) for vector in gradients]
    owners = np.repeat(np.arange(len(sizes), dtype="int32"), sizes)
    values = ops.concatenate(gradients)
    square_sums = ops.segment_sum(ops.square(ops.cast(values, "float64")), owners, sorted=True)
    nonzero = ops.segment_sum(ops.cast(ops.not_equal(values, 0.0), "float32"), owners, sorted=True)
    return ops.stack([ops.cast(ops.sqrt(square_sums), "float32"), nonzero])


def _measure_rows(gradients: Sequence[Any]) -> Any:
    """Vectors together, as rows of a matrix, filled up with zeros."""
    width = max(int(vector.shape[0]) for vector in gradients)
    if len(gradients) <= MOST_ROWS and backend.is_on_cpu():
        rows = ops.zeros((len(gradients), width), "float32")
        for place, vector in enumerate(gradients):
            rows = ops.slice_update(rows, (place, 0), ops.reshape(vector, (1, -1)))
    else:
        pieces = [p for vector in gradients for p in (vector, ops.zeros((width - int(vector.shape[0]),), "float32"))]
        rows = ops.reshape(ops.concatenate(pieces), (len(gradients), width))
    return _measure(rows, width, axis=1)


def _measure(values: Any, size: float, axis: int | None = None) -> Any:
    """The norms and the numbers of nonzero values along an axis, of at most `size` values each."""
    square_sums = _sum_squares(values, axis)
    scales = ops.where(square_sums < 1.0, TINY_SCALE, HUGE_SCALE)
    scaled_norms = ops.sqrt(_sum_squares(values * scales, axis)) / scales
    norms = ops.where(_is_usual(square_sums, size), ops.sqrt(square_sums), scaled_norms)
    return ops.stack([ops.reshape(norms, (-1,)), ops.reshape(_count_nonzero(values, size, axis), (-1,))])


def _sum_squares(values: Any, axis: int | None = None) -> Any:
    return _sum(ops.square(values), axis)


def _count_nonzero(values: Any, size: float, axis: int | None = None) -> Any:
    kind = "float32" if size <= EXACT_COUNT else "int32"
    return ops.cast(_sum(ops.cast(ops.not_equal(values, 0.0), kind), axis), "float32")


def _sum_squares_at_once(values: Any) -> Any:
    import tensorflow as tf

    return 2.0 * tf.nn.l2_loss(values)


def _count_signs(values: Any, size: float) -> Any:
    """Counts on TensorFlow without XLA: the squares of the signs, the fastest way that it has."""
    import tensorflow as tf

    return _sum_squares_at_once(tf.sign(values)) if size <= EXACT_COUNT else _count_nonzero(values, size)


def _sum(values: Any, axis: int | None) -> Any:
    """Over everything, or along an axis of two, which stays: on a CPU a product is much faster than that sum."""
    if axis is None or not backend.is_on_cpu():
        return ops.sum(values, axis=axis, keepdims=axis is not None)
    return ops.matmul(values, ops.ones((values.shape[axis], 1), values.dtype))


def _count_in_bytes(values: Any, size: float) -> Any:
    """Counts on JAX, 64 rows of bytes at a time, of which a CPU adds many at once; in three fifths of the time."""
    import jax.numpy as jnp

    kind = "float32" if size <= EXACT_COUNT else "int32"
    flat = jnp.not_equal(values, 0.0).astype("int8").ravel()
    end = flat.size // 64**2 * 64**2
    blocks = flat[:end].reshape(-1, 64, 64).sum(axis=1, dtype="int8")
    return (blocks.sum(dtype=kind) + flat[end:].sum(dtype=kind)).astype("float32")


def _is_usual(square_sums: Any, count: Any) -> Any:
    """Whether no square of that many was lost or overflowed; true if there are none, false for NaN."""
    return (square_sums >= count * LEAST_MEAN_SQUARE) & (square_sums < GREATEST_SUM)
