"""The callback that logs the weights before and after every epoch, and their change."""

import os
from numbers import Integral
from typing import Any

import numpy as np

from keras_vg.callbacks.base import Logger
from keras_vg.logs.schemas import DELTA, Block
from keras_vg.training.interval import Interval, IntervalRecorder
from keras_vg.training.weights import Layers, list_weights


class WeightDeltaLogger(Logger):
    r"""Logs the weights before and after every epoch, and their change, one CSV row per weight value.

    With learning rate $\eta$ and weight $W$, a row holds `delta` $= W_{after} - W_{before}$ and `implied_gradient`
    $= -\mathrm{delta} / \eta$. That is a gradient only if the epoch is one step of plain SGD: over more steps it
    is their sum, and momentum, Adam, clipping or weight decay make it something else altogether.

    The rows of an epoch reach the file at its end, in one piece. The epoch's `logs` gain `weight_delta_first`, the
    mean of |delta| over the logged values of the model's first layer (if it is among the logged ones).

    Args:
        filename: Path of the CSV file; one that ends in `.gz` is compressed.
        layers: Which layers: `"first"` (in call order, of those with trainable weights), `"last"`, `"all"`, a layer
            name, a list of names or a predicate on the layer. Their trainable weights are logged.
        max_values: The most values logged of one weight tensor, at evenly spaced indices of its C order; None for
            all.
        separator: One character between the values of a line.
        append: Whether to add to an existing file. As in `keras.callbacks.CSVLogger`, without it every `fit` starts
            the file anew.

    Raises:
        TypeError: If `filename`, `layers` or `max_values` is of the wrong type.
        ValueError: If `max_values` is below 1, or `separator` is not one character, or one that occurs in numbers. At
            the start of `fit`, if `layers` selects nothing, or rows are to be appended to a file with other columns.
        OSError: At the start of `fit`, if the path is a directory, cannot be written, or is being written by another
            logger, in this process or another. (Later, a full disk is one warning: see `missing_rows`.)

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x, y = np.ones((8, 2)), np.ones((8, 1))
        >>> _ = model.fit(x, y, epochs=3, verbose=0, callbacks=[vg.WeightDeltaLogger("deltas.csv")])
        >>> len(vg.read_log("deltas.csv"))  # 3 epochs of 2 kernel values and 1 bias
        9

    References:
        The deltas of the sigmoid-versus-ReLU experiment: https://github.com/vedantgoswami/Vanishing-Gradient-Problem.
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        layers: Layers = "first",
        max_values: int | None = 10_000,
        separator: str = ",",
        append: bool = False,
    ) -> None:
        super().__init__(filename, DELTA, layers, separator, append)
        if max_values is not None and (not isinstance(max_values, Integral) or isinstance(max_values, bool)):
            raise TypeError(
                f"`max_values` must be an integer or None. Received: max_values={max_values!r}. "
                "Pass None to log all values."
            )
        if max_values is not None and max_values < 1:
            raise ValueError(
                f"`max_values` must be at least 1. Received: max_values={max_values}. Pass None to log all values."
            )
        self.max_values = max_values

    def _reset(self) -> None:
        super()._reset()
        self._indices: list[np.ndarray] = []

    def _start(self) -> None:
        weights = list_weights(self.model, self.layers)
        self._indices = [_choose_indices(weight.size, self.max_values) for weight in weights]
        self._recorder = IntervalRecorder(self.model, weights, indices=self._indices)
        self._open()

    def _end_epoch(self, logs: dict[str, Any]) -> None:
        interval = self._end_interval()
        if interval is None:
            return
        blocks = [_tabulate(interval, i, indices, self._epoch) for i, indices in enumerate(self._indices)]
        self._write(blocks)
        first = [block["delta"] for block in blocks if block["depth"] == 0]
        if first:
            logs["weight_delta_first"] = float(np.abs(np.concatenate(first)).mean(dtype="float64"))


def _tabulate(interval: Interval, i: int, indices: np.ndarray, epoch: int) -> Block:
    """The rows of weight `i`, one per value."""
    assert interval.values is not None
    weight, rate = interval.weights[i], interval.learning_rates[i]
    before, after = (values[i] for values in interval.values)
    with np.errstate(all="ignore"):  # a broken weight or a rate of 0 is logged as it is
        delta, implied_gradient = after - before, (before - after) / rate.astype(before.dtype)
    return {
        "epoch": epoch,
        "depth": weight.depth,
        "layer": weight.layer,
        "weight": weight.name,
        "index": indices,
        "before": before,
        "after": after,
        "delta": delta,
        "learning_rate": rate,
        "implied_gradient": implied_gradient,
    }


def _choose_indices(size: int, most: int | None) -> np.ndarray:
    count = size if most is None else min(size, most)
    return np.arange(count, dtype=np.int64) * size // count
