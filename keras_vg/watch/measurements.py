"""What the view shows of a log: a few metrics per layer and epoch, updated by the rows that are new."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from keras_vg.logs.following import FollowedLog
from keras_vg.logs.history import list_losses
from keras_vg.logs.layers import measure_layers, measure_updates
from keras_vg.watch.grid import MISSING, Grid

Metric: TypeAlias = Literal["gradient", "update ratio", "dead", "saturated", "change"]

METRICS: tuple[Metric, ...] = ("gradient", "update ratio", "dead", "saturated", "change")
"""`gradient` is a layer's `gradient_rms`, `change` its mean |delta|, the others are columns of their logs."""

FRACTIONS: tuple[Metric, ...] = ("dead", "saturated")


@dataclass
class Measurements:
    """The metrics of one log.

    Attributes:
        log: The log.
        grids: Its metrics.
        names: The layers' names, by their depths.
        losses: Of a history, its losses by name, each an array of shape `(epochs,)`, and `epoch`.
    """

    log: FollowedLog
    grids: dict[Metric, Grid] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    losses: dict[str, np.ndarray] = field(default_factory=dict)

    def update(self) -> bool:
        """Reads what is new in the log. Returns whether anything has changed."""
        before = (self.log.restarts, self.log.is_missing, self.log.problem)
        rows = self.log.read()
        if self.log.restarts != before[0]:
            self.grids, self.names, self.losses = {}, {}, {}
        if rows is not None:
            self._add(rows)
        return rows is not None or before != (self.log.restarts, self.log.is_missing, self.log.problem)

    def _add(self, rows: pd.DataFrame) -> None:
        if self.log.log_type == "history":
            names = ["epoch", *list_losses(rows.columns)]
            numbers = {name: pd.to_numeric(rows[name], errors="coerce") for name in names}
            self.losses = {name: values.to_numpy("float64") for name, values in numbers.items() if values.notna().any()}
            return
        if self.log.log_type == "activations":
            rows = rows[rows["depth"] >= 0]
        _, starts = np.unique(rows["depth"].to_numpy(), return_index=True)
        self.names.update(zip(rows["depth"].iloc[starts].tolist(), rows["layer"].iloc[starts].tolist(), strict=True))
        if self.log.log_type == "gradients":
            layers, updates = measure_layers(rows), measure_updates(rows)
            self._put("gradient", layers.epochs, layers.depths, np.where(layers.is_used, layers.rms, MISSING))
            self._put("update ratio", layers.epochs, layers.depths, np.where(layers.is_used, updates, MISSING))
        elif self.log.log_type == "activations":
            for name in FRACTIONS:
                self._put(name, *_reduce_largest(rows, f"{name}_fraction"))
        elif self.log.log_type == "deltas":
            self._put("change", *_reduce_mean(rows))

    def _put(self, metric: Metric, epochs: np.ndarray, depths: np.ndarray, values: np.ndarray) -> None:
        self.grids.setdefault(metric, Grid()).put(epochs, depths, values)


def _find_cells(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """The epochs and depths of rows, and the indices of each row among them."""
    epochs, epoch_codes = np.unique(rows["epoch"].to_numpy(), return_inverse=True)
    depths, depth_codes = np.unique(rows["depth"].to_numpy(), return_inverse=True)
    return epochs, depths, (epoch_codes, depth_codes)


def _reduce_largest(rows: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The largest value of each layer and epoch; a layer and the activation layers behind it have one depth."""
    epochs, depths, cells = _find_cells(rows)
    values = np.full((len(epochs), len(depths)), MISSING)
    np.fmax.at(values, cells, rows[name].to_numpy())  # NaN, where it is not known, does not count
    return epochs, depths, values


def _reduce_mean(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean |delta| of each layer and epoch."""
    epochs, depths, (epoch_codes, depth_codes) = _find_cells(rows)
    cells, size = epoch_codes * len(depths) + depth_codes, len(epochs) * len(depths)
    counts = np.bincount(cells, minlength=size)
    sums = np.bincount(cells, np.abs(rows["delta"].to_numpy()), size)
    values = np.where(counts > 0, sums / np.maximum(counts, 1), MISSING)
    return epochs, depths, values.reshape(len(epochs), len(depths))
