"""What the view shows of a log: a few metrics per layer and epoch, updated by the rows that are new."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from keras_vg.logs.following import FollowedLog
from keras_vg.logs.history import list_losses
from keras_vg.logs.layers import reduce_layers
from keras_vg.watch.grid import Grid

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
        elif self.log.log_type == "gradients":
            layers = reduce_layers(rows)
            self._put("gradient", layers, layers["gradient_rms"])
            self._put("update ratio", layers, layers["update_ratio"])
        elif self.log.log_type == "activations":
            rows = rows[rows["depth"] >= 0]
            layers = rows.groupby(["epoch", "depth"], sort=False, observed=True).agg(
                layer=("layer", "first"), dead=("dead_fraction", "max"), saturated=("saturated_fraction", "max")
            )
            layers = layers.reset_index()
            for name in FRACTIONS:
                known = layers[layers[name].notna()]
                self._put(name, known, known[name])
        elif self.log.log_type == "deltas":
            rows = rows[["epoch", "depth", "layer"]].assign(change=rows["delta"].abs())
            groups = rows.groupby(["epoch", "depth"], sort=False, observed=True)
            layers = groups.agg(layer=("layer", "first"), change=("change", "mean")).reset_index()
            self._put("change", layers, layers["change"])

    def _put(self, metric: Metric, layers: pd.DataFrame, values: "pd.Series[float]") -> None:
        self.grids.setdefault(metric, Grid()).put(layers["epoch"], layers["depth"], values)
        last = layers[layers["epoch"] == layers["epoch"].max()]
        self.names.update(zip(last["depth"].astype(int), last["layer"].astype(str), strict=True))
