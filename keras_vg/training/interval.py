"""What became of weights between two moments of a training, and the recorder that reads it during a fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np

from keras_vg.logs.schemas import GRADIENT, Block
from keras_vg.training.chosen_values import ChosenValues
from keras_vg.training.copies import WeightCopies
from keras_vg.training.processes import find_group
from keras_vg.training.rates import RateReader
from keras_vg.training.shards import is_split
from keras_vg.training.tap import GradientTap
from keras_vg.training.totals import GradientTotals
from keras_vg.training.weights import Weight


@dataclass(frozen=True)
class Interval:
    """Weights at two moments of a training, and what their optimizer did in between.

    Attributes:
        weights: The weights.
        learning_rates: The rate of each weight's updates, array of shape `(weights,)`; NaN without an update.
        totals: What a tap saw of their gradients; None if there was no tap.
        norms: The L2 norms of the weights as they are, and of their change (NaN if it is not known), float64 of shape
            `(2, weights)`; None without a tap.
        values: Chosen values of each weight at the first moment, and at the second; None if none were chosen.
    """

    weights: Sequence[Weight]
    learning_rates: np.ndarray
    totals: GradientTotals | None = None
    norms: np.ndarray | None = None
    values: tuple[Sequence[np.ndarray], Sequence[np.ndarray]] | None = None

    def tabulate(self, epoch: int, step: int) -> Block:
        """Returns one row of a gradient log per weight; needs `totals` and `norms`.

        Args:
            epoch: The epoch, from 0.
            step: The interval's last step within the epoch, from 0.

        Returns:
            The columns of a gradient log, its measured values in float32.
        """
        totals = self.totals
        assert totals is not None
        assert self.norms is not None
        weight_norm, delta_norm = self.norms
        sizes = np.array([weight.size for weight in self.weights])
        with np.errstate(all="ignore"):  # weights without bounds; 0 / 0 where no gradient was finite
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
        """Names the weights that moved though no optimizer was seen to train them; needs `totals` and `norms`."""
        assert self.totals is not None
        assert self.norms is not None
        is_unseen = (self.totals.steps == 0) & np.isnan(self.learning_rates)
        is_unseen &= self.norms[1] > 0
        return [f"{w.layer}/{w.name}" for w, unseen in zip(self.weights, is_unseen, strict=True) if unseen]


class IntervalRecorder:
    """Divides the training of some weights into intervals.

    With a tap, an interval tells the gradients and the norms of the weights and of their change; with `indices`, values
    of the weights. Weights that a layout splits over several processes are measured by all of them together: all must
    make, begin and end their recorders in the same order.

    Args:
        model: A compiled model.
        weights: The weights to record.
        tap: A tap on their gradients, which is detached together with the recorder; None to record no gradients.
        indices: Of each weight, the positions (C order) of the values to record; None for no values.
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
        self._rates = RateReader(model, weights)
        self._is_split = np.array([is_split(weight.variable) for weight in weights])
        self._group = find_group(model) if self._is_split.any() else None
        self._copies = None if tap is None else WeightCopies(weights)
        self._values = None if indices is None else ChosenValues(weights, indices, self._group)
        self._is_begun = False
        self._held: _Measured | None = None

    def begin_epoch(self) -> None:
        """Begins an interval before the first step of an epoch, when every callback has set what it wants."""
        self._held = None
        self._is_begun = True
        self._rates.begin()
        if self._copies is not None:
            self._copies.take()
        if self._values is not None:
            self._values.take()

    def hold(self) -> None:
        """Ends the interval with the weights as they are now, because they are about to be exchanged."""
        if self._is_begun and self._held is None:
            self._held = self._measure(is_continued=False)

    def end(self, is_continued: bool = False) -> Interval | None:
        """Ends the interval.

        Args:
            is_continued: Whether the next one begins at once, rather than by `begin_epoch`; needs a tap.

        Returns:
            What happened in it; None if none had begun. Its values are valid until the next one begins.
        """
        if not self._is_begun:
            return None
        totals = None if self._tap is None else self._tap.read()
        measured, self._held = self._held or self._measure(is_continued), None
        rates = self._rates.end(() if self._tap is None else self._tap.optimizers)
        self._is_begun = is_continued
        if is_continued:
            self._rates.begin()
        else:
            self._release()
        if totals is not None:  # an optimizer leaves a weight without a gradient alone; on JAX it has zeros, and decays
            is_trained = totals.calls if keras.backend.backend() == "jax" else totals.steps
            rates = np.where(is_trained > 0, rates, np.float32(np.nan))
        return Interval(self.weights, rates, totals, *self._join(*measured))

    def detach(self) -> None:
        """Detaches the tap and gives memory back; calling it any number of times is safe."""
        self._is_begun = False
        self._held = None
        for part in (self._copies, self._values):
            if part is not None:
                part.forget()
        if self._tap is not None:
            self._tap.detach()

    def _measure(self, is_continued: bool) -> "_Measured":
        squares = None if self._copies is None else self._copies.measure(is_continued)
        return squares, None if self._values is None else self._values.measure()

    def _join(self, squares: np.ndarray | None, values: Any) -> tuple[np.ndarray | None, Any]:
        """Adds what the other processes hold of split weights."""
        if squares is not None and self._group is not None:
            squares[:, self._is_split] = self._group.gather(squares[:, self._is_split]).sum(axis=0)
        if values is not None and self._values is not None:
            values = self._values.join(values)
        return None if squares is None else np.sqrt(squares), values

    def _release(self) -> None:
        for part in (self._copies, self._values):
            if part is not None:
                part.release()


_Measured: TypeAlias = "tuple[np.ndarray | None, Any]"


def _to_float32(values: Any) -> Any:
    return np.asarray(values, "float32")[()]
