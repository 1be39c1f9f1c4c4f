"""A gradient log as arrays of moments by weights, and by layers: what the rules compute on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

_FIGURES: tuple[str, ...] = ("steps", "gradient_norm", "gradient_rms", "zero_fraction", "nonfinite_steps")
_FIGURES += ("weight_norm", "delta_norm", "update_ratio", "learning_rate")


@dataclass(frozen=True)
class GradientSeries:
    """Arrays over the moments (rows of one epoch and step) and the weights, in the order of the log.

    Attributes:
        epochs: Epoch of each moment, `(moments,)`.
        depths: Layer number of each weight, `(weights,)`.
        layers: Layer name of each weight.
        names: Name of each weight.
        sizes: Number of values of each weight.
        figures: The log's figures by column, each `(moments, weights)`, NaN where there is no row.
    """

    epochs: np.ndarray
    depths: np.ndarray
    layers: np.ndarray
    names: np.ndarray
    sizes: np.ndarray
    figures: dict[str, np.ndarray]

    @property
    def is_kernel(self) -> np.ndarray:
        """Which weights multiply the input densely; not those of embeddings, normalizations and biases."""
        return np.array(["kernel" in name for name in self.names])

    @property
    def layer_depths(self) -> np.ndarray:
        """The depths that occur, ascending."""
        return np.unique(self.depths)

    def name_layer(self, depth: int) -> str:
        """The name of the layer at a depth."""
        return str(self.layers[np.argmax(self.depths == depth)])

    def reduce(self, values: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        """The largest over each layer's (chosen) weights, `(moments, layers)`; NaN where a layer has none."""
        columns = []
        for depth in self.layer_depths:
            mask = self.depths == depth if chosen is None else (self.depths == depth) & chosen
            columns.append(np.fmax.reduce(values[:, mask], axis=1) if mask.any() else np.full(len(values), np.nan))
        return np.stack(columns, axis=1)


def make_series(log: pd.DataFrame) -> GradientSeries:
    """Arranges a gradient log.

    Args:
        log: A table with the columns of a gradient log, of one run.

    Returns:
        Its series.
    """
    epochs, steps, depths = (log[name].to_numpy(dtype="int64") for name in ("epoch", "step", "depth"))
    names, labels = pd.factorize(log["weight"])
    # Pairs of integers as one, which is quick to find the distinct ones of.
    _, first, moments = np.unique(epochs * (steps.max() + 1) + steps, return_index=True, return_inverse=True)
    _, starts, weights = np.unique(depths * len(labels) + names, return_index=True, return_inverse=True)
    order = np.argsort(starts)  # of the log, not of the weights' names
    places = np.argsort(order)[weights]
    starts = starts[order]
    figures = {}
    for name in _FIGURES:
        figures[name] = np.full((len(first), len(starts)), np.nan)
        figures[name][moments, places] = log[name].to_numpy(dtype="float64")
    rows = log.iloc[starts]
    return GradientSeries(
        epochs=epochs[first],
        depths=depths[starts],
        layers=np.array([str(name) for name in rows["layer"]]),
        names=np.array([str(name) for name in rows["weight"]]),
        sizes=rows["size"].to_numpy(),
        figures=figures,
    )


def get_dense_rms(series: GradientSeries) -> np.ndarray:
    """The gradients' root mean square over the values that are not 0: an embedding has many that are."""
    nonzero = 1 - series.figures["zero_fraction"]
    with np.errstate(all="ignore"):
        # Zeros are counted at some of the steps, and all those gradients may have been 0.
        return series.figures["gradient_rms"] / np.sqrt(np.where(nonzero == 0, 1, nonzero))
