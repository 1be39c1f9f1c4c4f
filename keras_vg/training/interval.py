"""What became of weights between two moments of a training, and the recorder that reads it during a fit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_vg.logs.schemas import GRADIENT, Block
from keras_vg.training.optimizers import RateReader
from keras_vg.training.tap import GradientTap, GradientTotals
from keras_vg.training.weights import Weight, read_values


@dataclass(frozen=True)
class Interval:
    """Weights at two moments of a training, and what their optimizer did in between.

    Attributes:
        weights: The weights.
        before: Their values at the first moment, a flat array each.
        after: Their values at the second; None if they are not known.
        learning_rates: The rate of each weight's updates, array of shape `(weights,)`; NaN without an update.
        totals: What a tap saw of their gradients; None if there was no tap.
        is_predicted: Whether `after` is only what an update would make of the weights, which still are `before`.
    """

    weights: Sequence[Weight]
    before: Sequence[np.ndarray]
    after: Sequence[np.ndarray] | None
    learning_rates: np.ndarray
    totals: GradientTotals | None = None
    is_predicted: bool = False

    def tabulate(self, epoch: int, step: int) -> Block:
        """Returns one row of a gradient log per weight; needs `totals`.

        Args:
            epoch: The epoch, from 0.
            step: The interval's last step within the epoch, from 0.

        Returns:
            The columns of a gradient log, its measured values in float32. `weight_norm` is that of the weights as
            they are; `delta_norm` and `update_ratio` are NaN where `after` is not known.
        """
        totals = self.totals
        assert totals is not None
        sizes = np.array([weight.size for weight in self.weights])
        with np.errstate(all="ignore"):  # weights without bounds; 0 / 0 where no gradient was finite
            weight_norm, delta_norm = self._measure_norms()
            block = {
                "epoch": epoch,
                "step": step,
                "depth": np.array([weight.depth for weight in self.weights]),
                "layer": [weight.layer for weight in self.weights],
                "weight": [weight.name for weight in self.weights],
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
                "learning_rate": self.learning_rates,
            }
        return {c: _to_float32(v) if GRADIENT.columns[c] is float else v for c, v in block.items()}

    def list_unseen(self) -> list[str]:
        """Names the weights that moved though no optimizer was seen to train them; needs `totals`."""
        assert self.totals is not None
        is_unseen = (self.totals.steps == 0) & np.isnan(self.learning_rates)
        if is_unseen.any():
            is_unseen &= self._measure_norms()[1] > 0
        return [f"{w.layer}/{w.name}" for w, unseen in zip(self.weights, is_unseen, strict=True) if unseen]

    def _measure_norms(self) -> np.ndarray:
        """The L2 norms of the weights as they are, and of their change; shape `(2, weights)`."""
        if self.after is None:
            norms = _measure_norms(self.before, self.before)
            norms[1] = np.nan
            return norms
        current, other = (self.before, self.after) if self.is_predicted else (self.after, self.before)
        return _measure_norms(current, other)


class IntervalRecorder:
    """Divides the training of some weights into intervals, each of which begins where the one before ended.

    Args:
        model: A compiled model.
        weights: The weights to record.
        tap: A tap on their gradients, which is detached together with the recorder; None to record no gradients.
        indices: Of each weight, the positions (C order) of the values to record; None for all values of all.
    """

    def __init__(
        self,
        model: keras.Model,
        weights: Sequence[Weight],
        tap: GradientTap | None = None,
        indices: Sequence[np.ndarray] | None = None,
    ) -> None:
        self.weights = weights
        self._tap = tap
        self._indices = indices
        self._rates = RateReader(model, weights)
        self._before: list[np.ndarray] | None = None
        self._held: list[np.ndarray] | None = None

    def begin_epoch(self) -> None:
        """Begins an interval before the first step of an epoch, when every callback has set what it wants."""
        self._held = None
        self._rates.begin()
        self._before = self._read_weights()

    def hold(self) -> None:
        """Takes the weights as they are now for the end of the interval, because they are about to be exchanged."""
        self._held = self._read_weights()

    def end(self) -> Interval | None:
        """Ends the interval and begins the next; returns None if none had begun."""
        if self._before is None:
            return None
        totals = None if self._tap is None else self._tap.read()
        before, self._before = self._before, self._held or self._read_weights()
        self._held = None
        rates = self._rates.end(() if self._tap is None else self._tap.optimizers)
        self._rates.begin()
        if totals is not None:  # an optimizer leaves a weight without a gradient alone; on JAX it has zeros, and decays
            is_trained = totals.calls if keras.backend.backend() == "jax" else totals.steps
            rates = np.where(is_trained > 0, rates, np.float32(np.nan))
        return Interval(self.weights, before, self._before, rates, totals)

    def detach(self) -> None:
        """Detaches the tap; calling it any number of times is safe."""
        if self._tap is not None:
            self._tap.detach()

    def _read_weights(self) -> list[np.ndarray]:
        if self._indices is None:
            return [read_values(weight) for weight in self.weights]
        return [
            read_values(weight, None if len(indices) == weight.size else indices)
            for weight, indices in zip(self.weights, self._indices, strict=True)
        ]


_PIECE = 1 << 20
"""Values of a weight that are measured together: no second copy of a large one in float64."""

_SMALL = 1 << 12
"""Weights of up to so many values are measured together: one by one, 22 of them take ten times as long."""


def _measure_norms(current: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> np.ndarray:
    """The L2 norms of arrays, and of their differences to others; shape `(2, arrays)`."""
    small = [i for i, values in enumerate(current) if 0 < len(values) <= _SMALL]
    norms = np.zeros((2, len(current)))
    for i in set(range(len(current))).difference(small):
        norms[:, i] = _norm(current[i]), _norm(current[i], other[i])
    if small:
        one, two = (np.concatenate([arrays[i] for i in small], dtype="float64") for arrays in (current, other))
        starts = np.cumsum([0, *(len(current[i]) for i in small[:-1])])
        norms[:, small] = np.sqrt(np.add.reduceat(np.square([one, one - two]), starts, axis=1))
    return norms


def _norm(array: np.ndarray, other: np.ndarray | None = None) -> float:
    """L2 norm of an array or a difference, in float64, where squares of float32 values neither vanish nor overflow."""
    squares = []
    for start in range(0, len(array), _PIECE):
        piece = slice(start, start + _PIECE)
        values = array[piece].astype("float64")
        if other is not None:
            values -= other[piece]
        squares.append(float(np.dot(values, values)))
    return math.sqrt(sum(squares))


def _to_float32(values: Any) -> Any:
    return np.asarray(values, "float32")[()]
