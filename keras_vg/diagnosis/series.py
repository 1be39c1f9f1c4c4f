"""A gradient log as arrays: a row per epoch and step, a column per weight or per layer."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

_COLUMNS: tuple[str, ...] = ("steps", "gradient_norm", "gradient_rms", "nonfinite_steps")
_COLUMNS += ("weight_norm", "delta_norm", "update_ratio", "learning_rate")


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

    @property
    def is_kernel(self) -> np.ndarray:
        """Which weights are kernels: not the biases, nor the weights of embeddings and normalizations."""
        return np.array(["kernel" in name for name in self.names])

    @property
    def layer_depths(self) -> np.ndarray:
        """The distinct depths, ascending."""
        return np.unique(self.depths)

    def name_layer(self, depth: int) -> str:
        """The name of the layer at a depth."""
        return str(self.layers[np.argmax(self.depths == depth)])

    def reduce(self, values: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        """The largest value over each layer's (chosen) weights, `(intervals, layers)`; NaN where a layer has none."""
        columns = []
        for depth in self.layer_depths:
            mask = self.depths == depth if chosen is None else (self.depths == depth) & chosen
            columns.append(np.fmax.reduce(values[:, mask], axis=1) if mask.any() else np.full(len(values), np.nan))
        return np.stack(columns, axis=1)


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
