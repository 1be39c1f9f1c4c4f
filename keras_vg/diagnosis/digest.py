"""What the rules need of a training's epochs so far, in memory that does not grow with their number.

A rule asks in which epoch something was so first, when a metric was largest, how it is now. The epochs that answer
this are kept, and the others are left out: what is judged of those kept is what would be judged of all. Where a rule
adds up over the epochs, the sum is carried along, and of each epoch one number is kept: how many steps it had.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from keras_vg.diagnosis.growing import GrowingArray
from keras_vg.diagnosis.paths import Path, list_paths
from keras_vg.diagnosis.series import (
    FRACTIONS,
    ActivationRows,
    EpochMetrics,
    GradientSeries,
    StillWeights,
    make_activation_rows,
    make_series,
    measure_epochs,
    measure_relative_steps,
    measure_still,
)
from keras_vg.diagnosis.thresholds import Thresholds
from keras_vg.logs.layers import LayerGradients, measure_layers


@dataclass(frozen=True)
class GradientDigest:
    """The epochs of a gradient log that matter.

    Attributes:
        series: Their rows.
        layers: The gradients of their layers.
        still: What moved at the end without a gradient, of all epochs.
        metrics: What is known of every epoch.
    """

    series: GradientSeries
    layers: LayerGradients
    still: StillWeights
    metrics: EpochMetrics


class GradientMemory:
    """Takes the rows of a gradient log epoch by epoch, and keeps those of the epochs that matter.

    Args:
        thresholds: The values from which the rules call something a fault.
        paths: The depths of the layers on each path of the model's graph; none where it is not known.
    """

    def __init__(self, thresholds: Thresholds, paths: Sequence[Path] = ()) -> None:
        self._thresholds = thresholds
        self._paths = paths
        self._digest: GradientDigest | None = None
        self._metrics = [GrowingArray() for _ in fields(EpochMetrics)]

    def add(self, rows: Mapping[str, Any]) -> GradientDigest:
        """Adds the rows of an epoch, one per weight, and returns what there is to judge."""
        count = len(rows["weight"])
        is_known = self._digest is not None and len(self._digest.series.sizes) == count  # else some share a name
        series = self._arrange(rows) if is_known else make_series(pd.DataFrame(dict(rows)))
        layers = measure_layers({name: _repeat(value, count) for name, value in rows.items()})
        still = measure_still(series, None if self._digest is None else self._digest.still)
        for array, values in zip(self._metrics, vars(measure_epochs(series)).values(), strict=True):
            array.append(values[0])
        if self._digest is not None:
            series = self._digest.series.join(series)
            layers = _stack(self._digest.layers, layers)
        epochs, *metrics = (array.values for array in self._metrics)
        self._digest = GradientDigest(series, layers, still, EpochMetrics(epochs.astype("int64"), *metrics))
        return self._digest

    def forget(self, found: Collection[int]) -> None:
        """Leaves out the epochs that no later judgement needs.

        Args:
            found: The epochs that findings name: each is the first in which something was so.
        """
        assert self._digest is not None
        d = self._digest
        paths = list_paths(d.series, self._paths)
        kept = _choose_epochs(d.series, d.layers, paths, self._thresholds) | np.isin(d.series.epochs, list(found))
        if not kept.all():
            old = d.layers
            layers = replace(old, epochs=old.epochs[kept], rms=old.rms[kept], is_used=old.is_used[kept])
            self._digest = replace(d, series=d.series.take(kept), layers=layers)

    def _arrange(self, rows: Mapping[str, Any]) -> GradientSeries:
        """The rows as a series of one interval, of the same weights as those before."""
        assert self._digest is not None
        first = self._digest.series.take(np.array([0]))
        columns = {name: np.asarray(rows[name], "float64").reshape(1, -1) for name in first.columns}
        return first.exchange(np.array([rows["epoch"]]), columns)


def _repeat(value: Any, count: int) -> Any:
    return np.full(count, value) if np.ndim(value) == 0 else value


def _stack(one: LayerGradients, two: LayerGradients) -> LayerGradients:
    names = ("epochs", "rms", "is_used")
    return replace(one, **{name: np.concatenate([getattr(one, name), getattr(two, name)]) for name in names})


def _choose_epochs(
    series: GradientSeries, layers: LayerGradients, paths: Sequence[Path], thresholds: Thresholds
) -> np.ndarray:
    """Which epochs a later judgement may need, bool of shape `(intervals,)`."""
    f = series.columns
    steps, norms, weight_norms = f["steps"], f["gradient_norm"], f["weight_norm"]
    has_steps, is_moved = steps > 0, f["delta_norm"] > 0
    is_trained = has_steps.any(axis=1, keepdims=True)
    is_broken = np.isnan(weight_norms) | np.isinf(weight_norms)
    kernels = series.is_kernel if series.is_kernel.any() else np.ones(len(series.names), bool)
    chosen = np.zeros(len(series.epochs), bool)
    chosen[[0, -1]] = True

    def keep_first(condition: Any) -> None:
        """Of each column, the first interval for which the condition holds."""
        mask = np.reshape(condition, (len(chosen), -1))
        chosen[mask.argmax(axis=0)[mask.any(axis=0)]] = True

    def keep_last(mask: np.ndarray) -> None:
        if mask.any():
            chosen[np.flatnonzero(mask)[-1]] = True

    def keep_largest(values: np.ndarray) -> None:
        if not np.isnan(values).all():
            chosen[np.nanargmax(values)] = True

    with np.errstate(all="ignore"):
        # What is not finite; steps that were skipped, up to the number from which on they are an error.
        keep_first(is_broken.any(axis=1))
        keep_first((f["nonfinite_steps"] > 0).any(axis=1))
        skipped = np.nan_to_num(np.fmax.reduce(f["nonfinite_steps"], axis=1))
        chosen |= (skipped > 0) & (np.cumsum(skipped) - skipped < thresholds.skipped_at_first)
        # Gradients of 0, and layers without one.
        zero = (series.reduce(norms) == 0) & (series.reduce(steps) > 0) & ~is_broken.any(axis=1)[:, None]
        keep_first(zero)
        keep_first(has_steps)
        keep_first(has_steps & (norms != 0))
        keep_first(~has_steps & is_moved & (np.isnan(f["learning_rate"]) | ~is_trained))
        decayed = ~has_steps & is_moved & np.isfinite(f["learning_rate"]) & is_trained
        keep_first(decayed)
        keep_largest(np.fmax.reduce(np.where(decayed, f["update_ratio"], np.nan), axis=1))
        # Epochs at the end in which no weight moved.
        is_still = (np.nan_to_num(f["delta_norm"], nan=1.0) == 0).all(axis=1) & (np.nan_to_num(norms) > 0).any(axis=1)
        keep_last(~is_still)
        is_after = np.cumsum(~is_still[::-1])[::-1] == 0
        keep_first(is_after)
        keep_largest(np.where(is_after, np.fmax.reduce(norms, axis=1), np.nan))
        # The latest epoch in which the layers of a path can be compared, whether the last layer counts or not.
        is_known = layers.is_comparable & np.isfinite(layers.rms) & (layers.rms > 0)
        for path in paths:
            is_on = np.isin(layers.depths, path)
            keep_last(is_known[:, is_on].sum(axis=1) >= 3)
            keep_last(is_known[:, is_on & (layers.depths != layers.depths.max())].sum(axis=1) >= 3)
        # The largest steps, and the largest of the gradients.
        was_zero = kernels & (f["update_ratio"][0] == 1)
        judged = kernels & ~was_zero if not (was_zero | ~kernels).all() else kernels
        for by_rate in (False, True):
            keep_largest(np.fmax.reduce(measure_relative_steps(series, kernels, by_rate)[:, judged], axis=1))
        moved = np.fmax.reduce(f["update_ratio"][:, series.is_sized], axis=1)
        keep_largest(moved / np.maximum(np.fmax.reduce(steps, axis=1), 1))
        rms = np.fmax.reduce(np.where(weight_norms > 0, f["gradient_rms"], np.nan)[:, series.is_sized], axis=1)
        keep_largest(rms)
        keep_largest(-rms)
        keep_first(~np.isfinite(rms))
    return chosen


class ActivationMemory:
    """Takes the rows of an activation log epoch by epoch, and keeps those that matter."""

    def __init__(self, thresholds: Thresholds) -> None:
        t = self._thresholds = thresholds
        limits = ((t.saturated_fraction, t.saturated_warning), (t.dead_fraction, t.dead_warning))
        self._limits = dict(zip(FRACTIONS, map(min, limits), strict=True))
        self._columns: dict[str, np.ndarray] = {}
        self._is_record = np.zeros(0, bool)
        self._largest: dict[tuple[str, str], float] = {}

    def add(self, rows: Mapping[str, Any]) -> ActivationRows:
        """Adds the rows of an epoch, and returns what there is to judge."""
        new = {name: np.asarray(value, object if isinstance(value, list) else None) for name, value in rows.items()}
        is_record = self._find_records(new)
        if self._columns:
            new = {name: np.concatenate([self._columns[name], values]) for name, values in new.items()}
            is_record = np.concatenate([self._is_record, is_record])
        self._columns, self._is_record = new, is_record
        self.rows = make_activation_rows(new)
        return self.rows

    def forget(self, found: Collection[int]) -> None:
        """Leaves out the rows that no later judgement needs.

        Args:
            found: The epochs that findings name: each is the first in which something was so.
        """
        kept = self._is_record | _choose_rows(self.rows, self._thresholds) | np.isin(self.rows.epoch, list(found))
        if not kept.all():
            self._columns = {name: values[kept] for name, values in self._columns.items()}
            self._is_record, self.rows = self._is_record[kept], self.rows.keep(kept)

    def _find_records(self, new: Mapping[str, np.ndarray]) -> np.ndarray:
        """Which rows hold a larger fraction than any before of their layer: rules ask when it was as large first."""
        is_record = np.zeros(len(new["layer"]), bool)
        for name, limit in self._limits.items():
            for row in np.flatnonzero(new[name] >= limit):
                key, value = (name, new["layer"][row]), float(new[name][row])
                if value > self._largest.get(key, -1.0):
                    self._largest[key], is_record[row] = value, True
        return is_record


def _choose_rows(rows: ActivationRows, thresholds: Thresholds) -> np.ndarray:
    """Which rows a later judgement may need beside the records of their layers, bool of shape `(rows,)`."""
    chosen = rows.is_first | rows.is_final

    def keep_first_of_layer(mask: np.ndarray) -> None:
        where = np.flatnonzero(mask)
        chosen[where[np.unique(rows.layer[where].astype(str), return_index=True)[1]]] = True

    keep_first_of_layer(np.ones(len(rows), bool))
    keep_first_of_layer(rows.std > 0)
    keep_first_of_layer(rows.units == 0)
    is_broken = ~np.isfinite(rows.abs_max) & (rows.units > 0)
    inputs = np.fmax.reduce(rows.abs_max[rows.depth == -1], initial=1.0)
    is_large = (rows.depth >= 0) & (rows.abs_max > thresholds.exploding_activation * inputs)
    for mask in (is_broken, is_large):
        if mask.any():
            chosen |= rows.epoch == rows.epoch[mask.argmax()]
    return chosen


class HistoryMemory:
    """Takes the metrics of each epoch. All of them are kept, a number each, as Keras's own history does."""

    def __init__(self) -> None:
        self._columns: dict[str, GrowingArray] = {}
        self._count = 0

    def add(self, epoch: int, metrics: Mapping[str, float]) -> pd.DataFrame:
        """Adds an epoch, and returns the history; NaN where an epoch had no such metric."""
        for name in metrics:
            if name not in self._columns:
                self._columns[name] = GrowingArray()
                for _ in range(self._count):
                    self._columns[name].append(np.nan)
        if "epoch" not in self._columns:
            self._columns = {"epoch": GrowingArray(), **self._columns}
        for name, column in self._columns.items():
            column.append(epoch if name == "epoch" else metrics.get(name, np.nan))
        self._count += 1
        columns = {name: column.values for name, column in self._columns.items()}
        return pd.DataFrame({**columns, "epoch": columns["epoch"].astype("int64")}, copy=False)
