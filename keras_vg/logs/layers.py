r"""The gradient of a layer, and its ratio between the first and the last layer.

The callbacks, the rules, the plots and the report take both from here. With $g_{w,t}$ the gradient of weight $w$, of
$n_w$ values, at step $t$, the gradient of a layer in an epoch is the root mean square of the gradient of one of its
weights, that of the weight for which it is largest. Steps at which a weight's gradient is not finite are left out;
$T_w$ steps remain:

$$\max_w \sqrt{\frac{1}{n_w T_w} \sum_t \lVert g_{w,t} \rVert^2}$$

Why the largest weight, and not the mean over all of them or the kernel: the gradient of a bias is the signal that
arrives at the layer, averaged over the batch; that of a kernel is this signal times the layer's inputs. Where small
weights make the activations shrink from layer to layer, the signal shrinks at the same rate in the other direction:
the gradients of all kernels are then equally small, and only those of the biases show that they vanish.

Everything is computed from the rows of a gradient log as they stand in the file, so that a callback during the
training and a log that is read years later give the same number, to the last digit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from keras_vg.logs.rows import round_trip
from keras_vg.logs.schemas import GRADIENT, Block

VALUES = ("gradient_norm", "gradient_rms", "update_ratio")
"""The numeric columns of the table that `reduce_layers` returns."""

COLUMNS = ("depth", "weight", "size", "steps", "nonfinite_steps", "gradient_rms")
"""The columns of a gradient log that `measure_epoch` needs."""

_KEYS = ["run", "epoch", "depth"]


@dataclass(frozen=True)
class LayerGradients:
    """The gradients of a run's layers, epoch by epoch.

    The ratio of the first to the last layer is that of layers with a kernel: the gradient of an embedding is 0 for all
    rows that a batch does not contain, and those of scales and biases are not of the size of a kernel's.

    Attributes:
        epochs: The epochs, ascending, of shape `(epochs,)`.
        depths: The depths of the layers, ascending, of shape `(layers,)`.
        rms: The gradient of each layer, float64 of shape `(epochs, layers)`; NaN where it was finite at no step, and
            where the loss does not depend on the layer.
        is_comparable: Whether a layer may be the first or the last, bool of shape `(layers,)`: those that have a
            kernel, or all layers if fewer than two have one.
        is_used: Whether the loss depends on the layer, bool of shape `(epochs, layers)`.
    """

    epochs: np.ndarray
    depths: np.ndarray
    rms: np.ndarray
    is_comparable: np.ndarray
    is_used: np.ndarray

    @cached_property
    def first(self) -> np.ndarray:
        """The gradient of the first comparable layer that the loss depends on, of shape `(epochs,)`."""
        return self._take((self.is_used & self.is_comparable).argmax(axis=1))

    @cached_property
    def last(self) -> np.ndarray:
        """The gradient of the last comparable layer that the loss depends on, of shape `(epochs,)`."""
        return self._take(len(self.depths) - 1 - (self.is_used & self.is_comparable)[:, ::-1].argmax(axis=1))

    @cached_property
    def ratio(self) -> np.ndarray:
        """`first` over `last`, of shape `(epochs,)`; NaN where they are one layer."""
        with np.errstate(all="ignore"):
            return np.where(self._is_compared.sum(axis=1) > 1, self.first / self.last, np.nan)

    @property
    def first_depth(self) -> int:
        """The depth of the first comparable layer that the loss depends on in any epoch."""
        return int(self.depths[self._is_compared.any(axis=0).argmax()])

    @property
    def _is_compared(self) -> np.ndarray:
        return self.is_used & self.is_comparable

    def _take(self, layers: np.ndarray) -> np.ndarray:
        """The gradient of one layer per epoch; NaN where it is not compared."""
        epochs = np.arange(len(layers))
        return np.where(self._is_compared[epochs, layers], self.rms[epochs, layers], np.nan)


def measure_layers(columns: "Mapping[str, Any] | pd.DataFrame") -> LayerGradients:
    """Measures the gradients of one run's layers.

    Args:
        columns: `epoch` and the `COLUMNS` of a gradient log, each a sequence of shape `(rows,)`, in the order of the
            file: a table of `read_log`, or a dict of arrays.

    Returns:
        The gradients.

    Example:
        >>> log = vg.read_log("runs/sigmoid_vs_relu/sigmoid_seed0_gradients.csv")
        >>> bool(measure_layers(log).ratio[0] < 1e-6)
        True
    """
    epochs, epoch_codes = np.unique(np.asarray(columns["epoch"]), return_inverse=True)
    depths, depth_codes = np.unique(np.asarray(columns["depth"]), return_inverse=True)
    names, distinct = _factorize(columns["weight"])
    is_kernel = np.array(["kernel" in name for name in distinct], bool)
    has_kernel = np.bincount(depth_codes, is_kernel[names], len(depths)) > 0
    shape, count = (len(epochs), len(depths)), len(epochs) * len(depths)
    layers = epoch_codes * len(depths) + depth_codes
    rms, _ = _join_weights(columns, layers, names, count)
    used = np.bincount(layers, np.asarray(columns["steps"]) > 0, count)
    return LayerGradients(
        epochs,
        depths,
        rms.reshape(shape),
        is_comparable=has_kernel if has_kernel.sum() > 1 else np.ones(len(depths), bool),
        is_used=used.reshape(shape) > 0,
    )


def measure_updates(columns: "Mapping[str, Any] | pd.DataFrame") -> np.ndarray:
    """Measures how far the layers of one run moved, relative to their weights.

    Args:
        columns: The columns of a gradient log, as for `measure_layers`.

    Returns:
        The `update_ratio` of `reduce_layers`, of shape `(epochs, layers)` in the order of `measure_layers`; NaN where
        there is no row.
    """
    epochs, epoch_codes = np.unique(np.asarray(columns["epoch"]), return_inverse=True)
    depths, depth_codes = np.unique(np.asarray(columns["depth"]), return_inverse=True)
    steps, step_codes = np.unique(np.asarray(columns["step"]), return_inverse=True)
    present, layers = np.unique(epoch_codes * len(depths) + depth_codes, return_inverse=True)
    _, rows = np.unique(layers * len(steps) + step_codes, return_inverse=True)
    ratios = np.full(len(epochs) * len(depths), np.nan)
    ratios[present] = _average_updates(columns, layers, rows)
    return ratios.reshape(len(epochs), len(depths))


def measure_epoch(blocks: Sequence[Block]) -> dict[str, float]:
    """Measures the first and the last layer over an epoch, for the epoch's `logs`.

    Args:
        blocks: The rows of the epoch as they were written, with the `COLUMNS` at least.

    Returns:
        `gradient_rms_first`, `gradient_rms_last` and, of at least two layers, `gradient_ratio`; nothing without rows.
    """
    if not blocks:
        return {}
    columns = {name: np.concatenate([np.asarray(block[name]) for block in blocks]) for name in COLUMNS}
    layers = measure_layers({"epoch": np.zeros(len(columns["depth"]), int), **columns})
    values = {"gradient_rms_first": layers.first, "gradient_rms_last": layers.last}
    if layers.is_comparable.sum() > 1:
        values["gradient_ratio"] = layers.ratio
    return {name: float(value[0]) for name, value in values.items()}


def fit_factor(values: np.ndarray) -> float:
    """The factor per layer towards the input of gradients that are given from the first layer to the last.

    Args:
        values: Positive gradient sizes, at least two, of shape `(layers,)`.

    Returns:
        `exp(-slope)` of the least-squares line through their logarithms over depth: below 1 where they vanish.
    """
    return float(np.exp(-np.polyfit(np.arange(len(values)), np.log(values), 1)[0]))


def reduce_layers(log: pd.DataFrame) -> pd.DataFrame:
    r"""Joins the weights of each layer, and the rows of each epoch.

    `gradient_rms` is the gradient of the layer as defined above. `gradient_norm` is the root mean square over the
    steps of the L2 norm of the gradient of all its weights: $\sqrt{\sum_w \sum_t \lVert g_{w,t} \rVert^2 / T_w}$.
    `update_ratio` is the mean over the epoch's rows of the norm of the layer's change over that of its weights.

    Args:
        log: A gradient log from `read_log`, of one or several runs.

    Returns:
        One row per run, epoch and depth, with the columns `layer`, `steps` (of a row), `gradient_norm`,
        `gradient_rms` and `update_ratio`. NaN where no step was finite, or where the loss does not depend on the
        layer.

    Raises:
        ValueError: If the table is no gradient log.
    """
    GRADIENT.check(log)
    if log.empty:
        return pd.DataFrame(columns=[*_KEYS, "layer", "steps", *VALUES])
    groups = log.groupby(_KEYS, observed=True, sort=False)
    codes = groups.ngroup().to_numpy()
    rms, norm = _join_weights(log, codes, _factorize(log["weight"])[0], groups.ngroups)
    groups_of_rows = log.groupby([*_KEYS, "step"], observed=True, sort=False)
    columns = {
        "layer": groups["layer"].first().astype(object),
        "steps": groups["steps"].max(),
        "gradient_norm": norm,
        "gradient_rms": rms,
        "update_ratio": _average_updates(log, codes, groups_of_rows.ngroup().to_numpy()),
    }
    return pd.DataFrame(columns, index=groups.size().index).reset_index()


def compare_ends(log: pd.DataFrame) -> pd.DataFrame:
    """Sets the gradient of the first layer beside that of the last, epoch by epoch.

    Args:
        log: A gradient log from `read_log`, of one or several runs.

    Returns:
        One row per run and epoch, with the columns `run`, `epoch`, `gradient_rms_first`, `gradient_rms_last` and
        `gradient_ratio`, see `LayerGradients`.

    Raises:
        ValueError: If the table is no gradient log.
    """
    GRADIENT.check(log)
    tables = [
        pd.DataFrame(
            {
                "run": run,
                "epoch": layers.epochs,
                "gradient_rms_first": layers.first,
                "gradient_rms_last": layers.last,
                "gradient_ratio": layers.ratio,
            }
        )
        for run, rows in log.groupby("run", observed=True, sort=False)
        for layers in (measure_layers(rows),)
    ]
    return pd.concat(tables, ignore_index=True)


def check_value(value: str) -> None:
    """Raises unless `value` is a numeric column of a table of `reduce_layers`.

    Args:
        value: The name.

    Raises:
        ValueError: If it is none.
    """
    if value not in VALUES:
        raise ValueError(f"`value` must be one of {', '.join(VALUES)}. Received: value={value!r}.")


def _factorize(names: Any) -> tuple[np.ndarray, list[str]]:
    """Returns for each name its index among the distinct names, and the distinct names."""
    if isinstance(getattr(names, "dtype", None), pd.CategoricalDtype):
        return names.cat.codes.to_numpy("int64"), list(names.cat.categories)
    indices: dict[str, int] = {}
    codes = [indices.setdefault(name, len(indices)) for name in names]
    return np.array(codes, "int64"), list(indices)


def _join_weights(
    columns: "Mapping[str, Any] | pd.DataFrame", layers: np.ndarray, names: np.ndarray, count: int
) -> np.ndarray:
    """Joins rows by the codes of their layers and names: `gradient_rms` and `gradient_norm`, of shape `(2, count)`."""
    is_used = np.asarray(columns["steps"]) > 0  # a weight that the loss does not depend on does not count
    rms, size, steps, nonfinite = (
        np.asarray(columns[name])[is_used] for name in ("gradient_rms", "size", "steps", "nonfinite_steps")
    )
    layers = layers[is_used]
    weights = layers * (names.max(initial=0) + 1) + names[is_used]
    _, first, weights = np.unique(weights, return_index=True, return_inverse=True)
    finite = steps - nonfinite
    joined, result = np.zeros(len(first)), np.full((2, count), np.nan)
    result[:, layers[first]] = 0.0
    with np.errstate(all="ignore"):  # 0 / 0 is NaN: a weight whose gradient was finite at no step, and so its layer
        share = finite / np.bincount(weights, finite)[weights]
        np.hypot.at(joined, weights, np.where(share == 0, 0.0, round_trip(rms) * np.sqrt(share)))
        np.maximum.at(result[0], layers[first], joined)
        np.hypot.at(result[1], layers[first], joined * np.sqrt(size[first]))
    return result


def _average_updates(columns: "Mapping[str, Any] | pd.DataFrame", layers: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The mean over the rows of each layer and epoch of the layer's change over its weights, of shape `(layers,)`.

    Both are given as codes from 0: that of a weight's layer and epoch, and that of its layer, epoch and step.
    """
    change, weight = (
        np.sqrt(np.bincount(rows, weights=np.asarray(columns[name], "float64") ** 2))
        for name in ("delta_norm", "weight_norm")
    )
    groups = layers[np.unique(rows, return_index=True)[1]]
    with np.errstate(all="ignore"):
        return np.bincount(groups, weights=change / weight) / np.bincount(groups)
