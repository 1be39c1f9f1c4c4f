"""What is kept of the gradients of many steps: sums and the largest norm, on the device or on the host."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

# Rows of the totals, one column per weight.
CALLS, STEPS, FINITE, NORM_SUM, ZERO_SUM, NORM_ROOT, NORM_MAX = range(7)
ROWS = 7

NO_GRADIENT, NOT_CALLED = -1.0, -2.0
"""Stand where a step's norm would be, which is never negative."""

_IS_ROOT, _IS_MAX = (np.arange(ROWS)[:, None] == row for row in (NORM_ROOT, NORM_MAX))


@dataclass(frozen=True)
class GradientTotals:
    """What a tap accumulated since it was last read; arrays of shape `(weights,)`, float64.

    Attributes:
        calls: Calls of an optimizer with this weight.
        steps: Those of them in which it had a gradient.
        finite: Those of them in which it was finite; where a `LossScaleOptimizer` skips a step, for no weight.
        norm_sum: Sum over the finite steps of the gradient's L2 norm.
        norm_root: Root of the sum of its square.
        norm_max: The largest norm.
        zero_fraction: Mean over the steps of the fraction of exact zeros; NaN where they were not counted.
    """

    calls: np.ndarray
    steps: np.ndarray
    finite: np.ndarray
    norm_sum: np.ndarray
    norm_root: np.ndarray
    norm_max: np.ndarray
    zero_fraction: np.ndarray

    @classmethod
    def from_rows(cls, rows: np.ndarray, counts_zeros: bool) -> "GradientTotals":
        """Names the rows of totals, an array of shape `(7, weights)`."""
        rows = rows.astype("float64")
        with np.errstate(invalid="ignore"):  # 0 / 0 where there was no gradient at all
            zeros = rows[ZERO_SUM] / rows[STEPS] if counts_zeros else np.full(rows.shape[1], np.nan)
        return cls(rows[CALLS], rows[STEPS], rows[FINITE], rows[NORM_SUM], rows[NORM_ROOT], rows[NORM_MAX], zeros)


def add_step(state: Any, norms: Any, zeros: Any, is_called: np.ndarray, is_present: np.ndarray) -> Any:
    """Returns totals with one more step; runs inside the step, on TensorFlow and JAX.

    Args:
        state: The totals before, a tensor of shape `(7, weights)`.
        norms: The norms of the gradients that there are, a tensor.
        zeros: Their fractions of zeros, or None.
        is_called: Which weights the optimizer was called with, of shape `(weights,)`.
        is_present: Which of them have a gradient.
    """
    finite = ops.isfinite(norms)
    norms = ops.where(finite, norms, ops.zeros_like(norms))
    measured = [ops.cast(finite, norms.dtype), norms, ops.zeros_like(norms) if zeros is None else zeros]
    if not is_present.all():
        positions = np.where(is_present, np.cumsum(is_present) - 1, is_present.sum())
        measured = [ops.take(ops.pad(row, (0, 1)), positions) for row in measured]
    finite, norms, zeros = measured
    dtype = keras.backend.standardize_dtype(state.dtype)
    called, present = (ops.convert_to_tensor(flags.astype(dtype)) for flags in (is_called, is_present))
    rows = ops.stack([called, present, finite, norms, zeros, norms, norms])
    # Squares of float32 values may under- or overflow; those of TensorFlow's float64 do not.
    is_wide = dtype == "float64"
    root = ops.sqrt(ops.square(state) + ops.square(rows)) if is_wide else ops.hypot(state, rows)
    return ops.where(_IS_MAX, ops.maximum(state, rows), ops.where(_IS_ROOT, root, state + rows))


def add_steps(totals: np.ndarray, norms: np.ndarray, zeros: np.ndarray | None) -> None:
    """Adds many steps to totals on the host, in float64.

    Args:
        totals: Array of shape `(7, weights)`, which is changed.
        norms: Of shape `(steps, weights)`; `NO_GRADIENT` or `NOT_CALLED` where a weight has none.
        zeros: The fractions of zeros, of the same shape; None if they were not counted.
    """
    totals[CALLS] += (norms != NOT_CALLED).sum(axis=0)
    is_present = ~(norms < 0)
    finite = is_present & np.isfinite(norms)
    norms = np.where(finite, norms, 0.0)
    totals[STEPS] += is_present.sum(axis=0)
    totals[FINITE] += finite.sum(axis=0)
    totals[NORM_SUM] += norms.sum(axis=0)
    if zeros is not None:
        totals[ZERO_SUM] += np.where(is_present, zeros, 0.0).sum(axis=0)
    totals[NORM_ROOT] = np.sqrt(np.square(totals[NORM_ROOT]) + np.square(norms).sum(axis=0))
    totals[NORM_MAX] = np.maximum(totals[NORM_MAX], norms.max(axis=0, initial=0.0))
