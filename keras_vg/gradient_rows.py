"""The rows of a gradient log: what a tap counted and what became of the weights, as the log's columns."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_vg.capture import Weight
from keras_vg.csvlog import Block
from keras_vg.schemas import GRADIENT
from keras_vg.tap import GradientTotals


def make_gradient_rows(
    weights: Sequence[Weight],
    totals: GradientTotals,
    before: Sequence[np.ndarray],
    after: Sequence[np.ndarray],
    epoch: int,
    step: int,
    learning_rate: Any,
) -> Block:
    """Makes one row per weight of what happened between two moments.

    Args:
        weights: The weights.
        totals: What a tap saw of their gradients in between.
        before: Their values at the first moment, flat.
        after: Their values at the second.
        epoch: The epoch, from 0.
        step: The last step within the epoch, from 0.
        learning_rate: The rate in between.

    Returns:
        The columns of a gradient log, its figures in float32.
    """
    sizes = np.array([weight.size for weight in weights])
    with np.errstate(all="ignore"):  # weights without bounds; 0 / 0 without a gradient, or one that was finite
        weight_norm = np.array([_norm(new) for new in after])
        delta_norm = np.array([_norm(new, old) for new, old in zip(after, before, strict=True)])
        block = {
            "epoch": epoch,
            "step": step,
            "depth": np.array([weight.depth for weight in weights]),
            "layer": [weight.layer for weight in weights],
            "weight": [weight.name for weight in weights],
            "size": sizes,
            "steps": totals.steps.astype("int64"),
            "gradient_norm": totals.norm_sum / totals.finite,
            "gradient_norm_max": np.where(totals.finite > 0, totals.norm_max, np.nan),
            "gradient_rms": totals.norm_root / np.sqrt(totals.finite * sizes),
            "zero_fraction": totals.zero_fraction,
            "nonfinite_steps": (totals.steps - totals.finite).astype("int64"),
            "weight_norm": weight_norm,
            "delta_norm": delta_norm,
            "update_ratio": delta_norm / weight_norm,
            "learning_rate": learning_rate,
        }
    return {c: _to_float32(v) if GRADIENT.columns[c] is float else v for c, v in block.items()}


_PIECE = 1 << 20
"""Values of a weight that are looked at together: no second copy of a large one in float64."""


def _norm(new: np.ndarray, old: np.ndarray | None = None) -> float:
    """L2 norm of an array or a difference, in float64, where squares of float32 values neither vanish nor overflow."""
    squares = []
    for start in range(0, len(new), _PIECE):
        piece = slice(start, start + _PIECE)
        values = new[piece].astype("float64")
        if old is not None:
            values -= old[piece]
        squares.append(float(np.dot(values, values)))
    return math.sqrt(sum(squares))


def _to_float32(values: Any) -> Any:
    return np.asarray(values, "float32")[()]
