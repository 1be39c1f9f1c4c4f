"""The callback that logs the true gradients."""

import os
from numbers import Integral
from typing import Any

import keras

from keras_vg.callbacks.base import WeightLogger
from keras_vg.logs.layers import COLUMNS, measure_epoch
from keras_vg.logs.schemas import GRADIENT, Block
from keras_vg.training.interval import make_gradient_rows
from keras_vg.training.tap import GradientTap, attach_tap
from keras_vg.training.weights import Layers


class GradientLogger(WeightLogger):
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
        layers: Layers = "all",
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
        self._epoch_rows: list[Block] = []

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
        self._tap = attach_tap(self.model, self._weights)

    def _end_epoch(self) -> dict[str, float]:
        self._write_row()
        return measure_epoch(self._epoch_rows)

    def _write_row(self) -> None:
        """Writes what happened since the last row, one line per weight."""
        if self._tap is None:
            return
        totals = self._tap.read()
        after = self._read_weights()
        self._steps_done += totals.calls
        before, self._before = self._before, after
        if totals.calls == 0 and self.every != "epoch":  # the last row of the epoch was just written
            return
        step, rate = self._steps_done - 1, self._rate.end_epoch()
        rows = make_gradient_rows(self._weights, totals, before, after, self._epoch, step, rate)
        self._epoch_rows.append({name: rows[name] for name in COLUMNS})
        self._write([rows])
