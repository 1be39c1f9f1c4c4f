"""Logs as arrays: gradients with a row per epoch and step and a column per weight, activations as they stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

_COLUMNS: tuple[str, ...] = ("steps", "gradient_norm", "gradient_rms", "nonfinite_steps")
_COLUMNS += ("weight_norm", "delta_norm", "update_ratio", "learning_rate")

FRACTIONS = ("saturated_fraction", "dead_fraction")
"""The columns of an activation log that say how many values or units of a layer are lost."""

MOST_BY_CHANCE = 2
"""Values of a kernel that may all be near 0 by chance."""


@dataclass(frozen=True)
class GradientSeries:
    """Arrays over the intervals of a gradient log and its weights, in the order of the log.

    An interval is what one row per weight is about: an epoch, or `every` steps.

    Attributes:
        epochs: Epoch of each interval, `(intervals,)`.
        depths: Layer number of each weight, `(weights,)`.
        layers: Layer name of each weight.
        names: Name of each weight.
        sizes: Number of values of each weight.
        columns: The numeric columns of the log, each `(intervals, weights)`, NaN where there is no row.
    """

    epochs: np.ndarray
    depths: np.ndarray
    layers: np.ndarray
    names: np.ndarray
    sizes: np.ndarray
    columns: dict[str, np.ndarray]

    @cached_property
    def is_kernel(self) -> np.ndarray:
        """Which weights are kernels: not the biases, nor the weights of embeddings and normalizations."""
        return np.array(["kernel" in name for name in self.names])

    @cached_property
    def is_sized(self) -> np.ndarray:
        """The weights whose size says how far a step goes: not the biases; all if there are no others."""
        is_bias = np.array([name.endswith(("bias", "beta")) for name in self.names])
        return ~is_bias if not is_bias.all() else np.ones(len(is_bias), bool)

    @cached_property
    def layer_depths(self) -> np.ndarray:
        """The distinct depths, ascending."""
        return np.unique(self.depths)

    def name_layer(self, depth: int) -> str:
        """The name of the layer at a depth."""
        return str(self.layers[np.argmax(self.depths == depth)])

    def reduce(self, values: np.ndarray) -> np.ndarray:
        """The largest value over each layer's weights, `(intervals, layers)`; NaN where a layer has none."""
        order, starts = self._layer_order
        return np.fmax.reduceat(values[:, order], starts, axis=1)

    def take(self, intervals: np.ndarray) -> "GradientSeries":
        """The same of some intervals, given as their numbers or as a mask."""
        return self.exchange(self.epochs[intervals], {name: v[intervals] for name, v in self.columns.items()})

    def join(self, later: "GradientSeries") -> "GradientSeries":
        """This series, then one of the same weights."""
        columns = {name: np.concatenate([values, later.columns[name]]) for name, values in self.columns.items()}
        return self.exchange(np.concatenate([self.epochs, later.epochs]), columns)

    @cached_property
    def _layer_order(self) -> tuple[np.ndarray, np.ndarray]:
        """The weights ordered by layer, and where each layer begins."""
        order = np.argsort(self.depths, kind="stable")
        return order, np.searchsorted(self.depths[order], self.layer_depths)

    def exchange(self, epochs: np.ndarray, columns: dict[str, np.ndarray]) -> "GradientSeries":
        """A series of the same weights with other intervals."""
        new = replace(self, epochs=epochs, columns=columns)
        for name in ("is_kernel", "is_sized", "layer_depths", "_layer_order"):  # which are of the weights alone
            vars(new)[name] = getattr(self, name)
        return new


def measure_relative_steps(series: GradientSeries, kernels: np.ndarray, by_rate: bool) -> np.ndarray:
    """Measures by which part of its size each weight changes in one step.

    Of one or two random values all are below a tenth of what is usual in 6 % and 0.3 % of all initializations. The
    size of such a kernel is taken to be at least the root mean square of all kernels' values. A weight that has
    changed by more than its norm had a larger one before: that counts where the change is of several steps, as where a
    constraint clips the initial weights.

    Args:
        series: The gradient log.
        kernels: Which weights are kernels.
        by_rate: Whether a step changes each value by up to the learning rate, as under Adam.

    Returns:
        Array `(intervals, weights)`; NaN where that is not known.
    """
    columns = series.columns
    norms = reference = columns["weight_norm"]
    few = kernels & (series.sizes <= MOST_BY_CHANCE)
    with np.errstate(all="ignore"):
        if few.any():
            mean_square = np.square(norms[:, kernels]).sum(axis=1, keepdims=True) / series.sizes[kernels].sum()
            reference = np.where(few, np.fmax(norms, np.sqrt(mean_square * series.sizes)), norms)
        before = np.where(columns["steps"] > 1, (columns["update_ratio"] - 1) * norms, 0.0)
        reference = np.fmax(reference, before)
        per_step = columns["update_ratio"] * (norms / reference) / np.sqrt(np.maximum(columns["steps"], 1))
        if by_rate:
            per_step = np.fmax(per_step, columns["learning_rate"] * np.sqrt(series.sizes) / reference)
    return np.where(np.isfinite(per_step) & (norms > 0), per_step, np.nan)


@dataclass(frozen=True)
class EpochMetrics:
    """What a gradient log says of each epoch as a whole, arrays of shape `(epochs,)`.

    Attributes:
        epochs: The epochs.
        steps: How many steps each had.
        movement: The largest relative change of a kernel (of any weight where there is no kernel) per step.
        rates: The largest learning rate.
    """

    epochs: np.ndarray
    steps: np.ndarray
    movement: np.ndarray
    rates: np.ndarray


def measure_epochs(series: GradientSeries) -> EpochMetrics:
    """Measures the epochs of a gradient log, which may have several intervals each."""
    f = series.columns
    epochs, rows = np.unique(series.epochs, return_inverse=True)
    kernels = series.is_kernel if series.is_kernel.any() else np.ones(len(series.names), bool)
    per_step = f["update_ratio"] / np.maximum(f["steps"], 1)
    movement, rates = np.full((2, len(epochs)), np.nan)
    np.fmax.at(movement, rows, np.fmax.reduce(per_step[:, kernels], axis=1))
    np.fmax.at(rates, rows, np.fmax.reduce(f["learning_rate"], axis=1))
    steps = np.bincount(rows, np.nan_to_num(np.fmax.reduce(f["steps"], axis=1)))
    return EpochMetrics(epochs, steps, movement, rates)


@dataclass(frozen=True)
class StillWeights:
    """Of each weight, the intervals at the end of a training in which there were steps and not one gradient.

    Attributes:
        steps: How many steps, `(weights,)`.
        reach: The sum over these steps of the learning rate, `(weights,)`.
        moved: The sum over these intervals of `delta_norm`, `(weights,)`.
        start: The epoch of the first of them, `(weights,)`; NaN where there is none.
    """

    steps: np.ndarray
    reach: np.ndarray
    moved: np.ndarray
    start: np.ndarray


def measure_still(series: GradientSeries, before: StillWeights | None = None) -> StillWeights:
    """Measures what moved at the end of a training without a gradient.

    Args:
        series: The intervals.
        before: What was measured of the intervals before them, if there were any.

    Returns:
        The measurement of all of them.
    """
    f = series.columns
    is_last = np.flip(np.cumsum(np.flip(f["gradient_norm"] != 0, axis=0), axis=0), axis=0) == 0
    is_still = is_last & (f["steps"] > 0)
    sums = {"steps": f["steps"], "reach": f["learning_rate"] * f["steps"], "moved": f["delta_norm"]}
    found = {name: np.sum(values, axis=0, where=is_still) for name, values in sums.items()}
    start = np.where(is_still.any(axis=0), series.epochs[is_still.argmax(axis=0)], np.nan)
    if before is not None:
        goes_on = is_last.all(axis=0)
        found = {name: v + np.where(goes_on, getattr(before, name), 0.0) for name, v in found.items()}
        start = np.where(goes_on, np.fmin(before.start, start), start)
    return StillWeights(start=start, **found)


@dataclass(frozen=True)
class ActivationRows:
    """The rows of an activation log as arrays, each of shape `(rows,)`, in the order of the log."""

    epoch: np.ndarray
    depth: np.ndarray
    layer: np.ndarray
    activation: np.ndarray
    units: np.ndarray
    std: np.ndarray
    abs_max: np.ndarray
    saturated_fraction: np.ndarray
    dead_fraction: np.ndarray

    def __len__(self) -> int:
        return len(self.epoch)

    def keep(self, mask: np.ndarray) -> "ActivationRows":
        """The rows for which a mask holds."""
        return ActivationRows(*(getattr(self, field.name)[mask] for field in fields(self)))

    @property
    def is_final(self) -> np.ndarray:
        """Which rows are of the last epoch."""
        return self.epoch == self.epoch.max(initial=0)

    @property
    def is_first(self) -> np.ndarray:
        """Which rows are of the first epoch."""
        return self.epoch == (self.epoch.min() if len(self) else 0)

    def has_activation(self, names: Sequence[str]) -> np.ndarray:
        """Which rows are of layers with one of some activations."""
        return is_any(self.activation, names)


def is_any(values: np.ndarray, names: Iterable[str]) -> np.ndarray:
    """Which of the texts in an array are among some names."""
    chosen = frozenset(names)
    return np.array([value in chosen for value in values], bool)


def make_activation_rows(log: "Mapping[str, Any] | pd.DataFrame") -> ActivationRows:
    """Arranges an activation log, a table or a dict of its columns, as arrays."""
    integers = {name: np.asarray(log[name], "int64") for name in ("epoch", "depth", "units")}
    texts = {name: np.array([str(text) for text in log[name]], object) for name in ("layer", "activation")}
    floats = {name: np.asarray(log[name], "float64") for name in ("std", "abs_max", *FRACTIONS)}
    return ActivationRows(**integers, **texts, **floats)


def measure_relative_spread(predictions: "Mapping[str, Any] | pd.DataFrame") -> Any:
    """How much predictions vary over the examples, relative to their size; of one output or of each row of a table."""
    size = np.maximum(np.asarray(predictions["prediction_size"], "float64"), 1e-30)
    return np.asarray(predictions["prediction_std"], "float64") / size


def tells_nothing(output: "Mapping[str, Any]", baseline: float, slack: float, slope: float) -> bool:
    """Whether predictions, in the better of both modes, are no better than a constant and do not follow the labels.

    Args:
        output: A row of `Inspection.outputs`.
        baseline: The loss of the constant answer.
        slack: By what part of that loss predictions may be better all the same.
        slope: The `label_slope` below which they do not follow the labels.
    """
    loss = np.fmin(output["plain_loss"], output.get("inference_loss", np.nan))
    return bool(loss >= (1 - slack) * baseline > 0 and output["label_slope"] < slope)


def make_series(log: pd.DataFrame) -> GradientSeries:
    """Arranges a gradient log as arrays.

    Args:
        log: A table with the columns of a gradient log, of one run.

    Returns:
        Its series.
    """
    epochs, steps, depths = (log[name].to_numpy(dtype="int64") for name in ("epoch", "step", "depth"))
    names, labels = pd.factorize(log["weight"])
    # Pairs of integers are made one integer each, whose distinct values are found more quickly.
    _, first, intervals = np.unique(epochs * (steps.max() + 1) + steps, return_index=True, return_inverse=True)
    _, starts, weights = np.unique(depths * len(labels) + names, return_index=True, return_inverse=True)
    order = np.argsort(starts)  # the order of the log, not that of the weights' names
    indices = np.argsort(order)[weights]
    starts = starts[order]
    columns = {}
    for name in _COLUMNS:
        columns[name] = np.full((len(first), len(starts)), np.nan)
        columns[name][intervals, indices] = log[name].to_numpy(dtype="float64")
    rows = log.iloc[starts]
    return GradientSeries(
        epochs=epochs[first],
        depths=depths[starts],
        layers=np.array([str(name) for name in rows["layer"]]),
        names=np.array([str(name) for name in rows["weight"]]),
        sizes=rows["size"].to_numpy(),
        columns=columns,
    )
