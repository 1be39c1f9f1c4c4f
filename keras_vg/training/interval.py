"""The rows of a gradient log: what a tap counted and what became of the weights, as the log's columns."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_vg.logs.schemas import GRADIENT, Block
from keras_vg.training.tap import GradientTotals
from keras_vg.training.weights import Weight


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
        weight_norm, delta_norm = _measure_norms(after, before)
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

_SMALL = 1 << 12
"""Weights of so many values are looked at together with others: one by one, 22 of them take ten times as long."""


def _measure_norms(after: Sequence[np.ndarray], before: Sequence[np.ndarray]) -> np.ndarray:
    """The L2 norms of arrays, and of their differences to others; shape `(2, arrays)`."""
    small = [place for place, new in enumerate(after) if 0 < len(new) <= _SMALL]
    norms = np.zeros((2, len(after)))
    for place in set(range(len(after))).difference(small):
        norms[:, place] = _norm(after[place]), _norm(after[place], before[place])
    if small:
        new, old = (np.concatenate([arrays[place] for place in small], dtype="float64") for arrays in (after, before))
        starts = np.cumsum([0, *(len(after[place]) for place in small[:-1])])
        norms[:, small] = np.sqrt(np.add.reduceat(np.square([new, new - old]), starts, axis=1))
    return norms


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
