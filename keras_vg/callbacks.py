"""The callbacks: what to capture when, and where it goes."""

import math
import os
from numbers import Integral
from typing import Any

import keras
import numpy as np

from keras_vg import capture, internals
from keras_vg.csvlog import Block, CsvLog
from keras_vg.gradient_rows import make_gradient_rows
from keras_vg.schemas import DELTA, GRADIENT, Schema
from keras_vg.tap import GradientTap, GradientTotals, attach_tap


class _WeightLogger(keras.callbacks.Callback):
    """What the loggers share: a log, the weights to watch, and the moments at which to look at them."""

    def __init__(
        self,
        filename: str | os.PathLike[str],
        schema: Schema,
        layers: capture.Layers,
        separator: str,
        append: bool,
    ) -> None:
        super().__init__()
        capture.check_layers(layers)
        self.layers = layers
        self._log = CsvLog(filename, schema, separator, append)
        self._weights: list[capture.Weight] = []  # none before the model has its weights
        self._fit: Any = None

    @property
    def missing_rows(self) -> int:
        """How many rows of the latest fit are not in the file, because it could not be written; 0 if all are."""
        return self._log.missing_rows

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Checks all that can be wrong, before the first step."""
        if self._fit is not None and self._fit is internals.get_fit(self.model):  # the same callback twice in one list
            return
        self._fit = internals.get_fit(self.model)
        self._weights = []
        self._is_over = False
        self._epoch_count = 0
        self._is_writer = internals.is_writer(self.model)
        if self._is_writer:
            self._log.reserve(self._fit)
        self._rate = capture.RateReader(self.model)
        if capture.has_weights(self.model):
            self._start()
        else:
            capture.call_when_built(self.model, self._start_late)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes the epoch."""
        self._epoch = epoch
        self._is_epoch_open = self._is_first_step = True

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Snapshots the weights and the learning rate, once an epoch: by now every callback has set what it wants."""
        if self._is_first_step:
            self._is_first_step = False
            if not self._weights and self._epoch_count and not self._is_over and internals.is_built(self.model):
                self._start()  # the first epoch ran without: the model could not be built before it
            self._epoch_count += 1
            self._rate.begin_epoch()
            self._before = self._read_weights()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the epoch's rows and adds its headline figures to `logs`."""
        if self._is_epoch_open and self._weights and not self._is_first_step:
            self._is_epoch_open = False
            figures = self._end_epoch()
            if logs is not None:
                logs.update(figures)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Closes the file. If the fit goes on, nothing more of it is logged."""
        self._fit, self._weights, self._is_over = None, [], True
        self._log.close()

    def _start(self) -> None:
        """Chooses the weights, once the model has them."""
        try:
            self._weights = capture.list_weights(self.model, self.layers)
        except BaseException:
            self._log.close()  # untouched
            raise
        if self._is_writer:
            self._log.open(self._fit)

    def _start_late(self) -> None:
        """Starts inside the first step, whose begin has passed."""
        self._start()
        self._before = self._read_weights()

    def _read_weights(self) -> list[np.ndarray]:
        return [capture.read_values(weight) for weight in self._weights]

    def _end_epoch(self) -> dict[str, float]:
        raise NotImplementedError

    def _write(self, blocks: list[Block]) -> None:
        if self._is_writer:
            self._log.write(blocks)


class WeightDeltaLogger(_WeightLogger):
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
        ValueError: If `max_values` is below 1 or `separator` cannot separate. At the start of `fit`, if `layers`
            selects nothing, or if rows are to be appended to a file with other columns.
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
        layers: capture.Layers = "first",
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
        self._indices: list[np.ndarray] = []

    def _start(self) -> None:
        super()._start()
        self._indices = [_choose_indices(weight.size, self.max_values) for weight in self._weights]

    def _read_weights(self) -> list[np.ndarray]:
        if not self._weights:
            return []
        return [
            capture.read_values(weight, None if len(indices) == weight.size else indices)
            for weight, indices in zip(self._weights, self._indices, strict=True)
        ]

    def _end_epoch(self) -> dict[str, float]:
        rate = self._rate.end_epoch()
        blocks = [self._make_block(place, new, rate) for place, new in enumerate(self._read_weights())]
        self._write(blocks)
        first = [block["delta"] for block in blocks if block["depth"] == 0]
        return {"weight_delta_first": float(np.abs(np.concatenate(first)).mean(dtype="float64"))} if first else {}

    def _make_block(self, place: int, new: np.ndarray, rate: np.floating[Any]) -> Block:
        weight, old = self._weights[place], self._before[place]
        with np.errstate(all="ignore"):  # a broken weight or a rate of 0 is logged as it is
            delta, implied_gradient = new - old, (old - new) / rate.astype(old.dtype)
        return {
            "epoch": self._epoch,
            "depth": weight.depth,
            "layer": weight.layer,
            "weight": weight.name,
            "index": self._indices[place],
            "before": old,
            "after": new,
            "delta": delta,
            "learning_rate": rate,
            "implied_gradient": implied_gradient,
        }


class GradientLogger(_WeightLogger):
    r"""Logs the true gradients, one CSV row per weight tensor per epoch, or per `every` steps.

    The gradient is the one the optimizer is given: of the loss that is trained, unscaled where a
    `LossScaleOptimizer` scales it, summed over replicas, before clipping, momentum or Adam touch it. With $g_t$ the
    gradient of a weight of $n$ values at step $t$, over the $T$ steps of a row at which it is finite:

    - `gradient_norm` $= \frac{1}{T} \sum_t \lVert g_t \rVert$, `gradient_norm_max` $= \max_t \lVert g_t \rVert$
    - `gradient_rms` $= \sqrt{\sum_t \lVert g_t \rVert^2 / (T n)}$, which layers of different size can be compared by
    - `delta_norm` $= \lVert W_{after} - W_{before} \rVert$, `weight_norm` $= \lVert W_{after} \rVert$ and
      `update_ratio`, the first over the second

    `steps` counts the steps at which the weight had a gradient: 0, and NaN for the figures, means that the loss does
    not depend on it. `nonfinite_steps` of them had a NaN or infinity; a `LossScaleOptimizer` skips such a step for
    all weights, since its scale was too large for float16, and halves the scale. Under gradient accumulation a step
    is one batch.

    The epoch's `logs` gain `gradient_rms_first` and `gradient_rms_last`, of the model's first and last layer with
    trainable weights, and their quotient `gradient_ratio`, as far as these layers are logged.

    Args:
        filename: Path of the CSV file; one that ends in `.gz` is compressed.
        layers: Which layers: `"first"` (in call order, of those with trainable weights), `"last"`, `"all"`, a layer
            name, a list of names or a predicate on the layer.
        every: `"epoch"`, or the number of steps from row to row. With `steps_per_execution` a row is written after
            the execution in which it falls due.
        separator: One character between the values of a line.
        append: Whether to add to an existing file. As in `keras.callbacks.CSVLogger`, without it every `fit` starts
            the file anew.

    Raises:
        TypeError: If `filename`, `layers` or `every` is of the wrong type. At the start of `fit`, if the model's
            optimizer is not one of Keras.
        ValueError: If `every` is below 1 or another word, or `separator` cannot separate. At the start of `fit`, if
            `layers` selects nothing, or if rows are to be appended to a file with other columns.
        OSError: At the start of `fit`, if the path is a directory, cannot be written, or is being written by another
            logger, in this process or another. (Later, a full disk is one warning: see `missing_rows`.)

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> x, y = np.ones((8, 2)), np.ones((8, 1))
        >>> history = model.fit(x, y, epochs=3, verbose=0, callbacks=[vg.GradientLogger("gradients.csv")])
        >>> len(vg.read_log("gradients.csv"))  # 3 epochs of 2 kernels and 2 biases
        12
        >>> sorted(key for key in history.history if key.startswith("gradient"))
        ['gradient_ratio', 'gradient_rms_first', 'gradient_rms_last']
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        layers: capture.Layers = "all",
        every: int | str = "epoch",
        separator: str = ",",
        append: bool = False,
    ) -> None:
        super().__init__(filename, GRADIENT, layers, separator, append)
        if not isinstance(every, Integral | str) or isinstance(every, bool):
            raise TypeError(f"`every` must be 'epoch' or a number of steps. Received: every={every!r}.")
        if every != "epoch" and (isinstance(every, str) or every < 1):
            raise ValueError(f"`every` must be 'epoch' or at least 1 step. Received: every={every!r}.")
        self.every = every
        self._tap: GradientTap | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Checks all that can be wrong, and attaches to the optimizer."""
        optimizer = getattr(self.model, "optimizer", None)
        if not isinstance(optimizer, keras.optimizers.Optimizer):
            raise TypeError(
                "The model must be compiled with a Keras optimizer, whose gradients can be logged. "
                f"Received: optimizer={optimizer!r}. Pass one of keras.optimizers to `compile`."
            )
        super().on_train_begin(logs)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begins a row."""
        super().on_epoch_begin(epoch, logs)
        self._row_start = 0
        self._steps_done = 0
        self._totals: list[GradientTotals] = []

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes a row if one is due."""
        if self._is_first_step:
            super().on_train_batch_begin(batch, logs)
        elif self.every != "epoch" and batch - self._row_start >= int(self.every):
            self.model  # noqa: B018  brings the weights up to date, which JAX leaves behind within an epoch
            self._write_row()
            self._row_start = batch

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Detaches from the optimizer and closes the file. If the fit goes on, nothing more of it is logged."""
        super().on_train_end(logs)
        if self._tap is not None:
            self._tap.detach()
            self._tap = None

    def _start(self) -> None:
        super()._start()
        self._last_depth = capture.list_weights(self.model)[-1].depth
        self._tap = attach_tap(self.model, self._weights)

    def _end_epoch(self) -> dict[str, float]:
        self._write_row()
        first, last = self._measure_layer(0), self._measure_layer(self._last_depth)
        figures = {"gradient_rms_first": first, "gradient_rms_last": last}
        if first is not None and last is not None:
            with np.errstate(all="ignore"):
                figures["gradient_ratio"] = float(np.float64(first) / last)
        return {key: figure for key, figure in figures.items() if figure is not None}

    def _write_row(self) -> None:
        """Writes what happened since the last row, one line per weight."""
        if self._tap is None:
            return
        totals = self._tap.read()
        after = self._read_weights()
        self._totals.append(totals)
        self._steps_done += totals.calls
        before, self._before = self._before, after
        if totals.calls == 0 and self.every != "epoch":  # the last row of the epoch was just written
            return
        step, rate = self._steps_done - 1, self._rate.end_epoch()
        self._write([make_gradient_rows(self._weights, totals, before, after, self._epoch, step, rate)])

    def _measure_layer(self, depth: int) -> float | None:
        """The RMS over the epoch of all gradients of a layer; None if it is not logged."""
        places = [place for place, weight in enumerate(self._weights) if weight.depth == depth]
        if not places:
            return None
        roots = [totals.norm_root[place] for totals in self._totals for place in places]
        counts = [totals.finite[place] * self._weights[place].size for totals in self._totals for place in places]
        return math.hypot(*roots) / math.sqrt(sum(counts)) if any(counts) else math.nan


def _choose_indices(size: int, most: int | None) -> np.ndarray:
    count = size if most is None else min(size, most)
    return np.arange(count, dtype=np.int64) * size // count
