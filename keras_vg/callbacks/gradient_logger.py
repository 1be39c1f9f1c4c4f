"""The callback that logs the true gradients."""

import os
import warnings
from numbers import Integral
from typing import Any

import keras

from keras_vg.callbacks.base import Logger, check_optimizer
from keras_vg.logs.layers import COLUMNS, measure_epoch
from keras_vg.logs.schemas import GRADIENT, Block
from keras_vg.training.interval import Interval, IntervalRecorder
from keras_vg.training.tap import attach_tap
from keras_vg.training.weights import Layers, list_weights


class GradientLogger(Logger):
    r"""Logs the true gradients, one CSV row per weight tensor per epoch, or per `every` steps.

    The gradient is the one the optimizer is given: of the loss that is trained, unscaled where a
    `LossScaleOptimizer` scales it, summed over replicas, before clipping, momentum or Adam touch it. With $g_t$ the
    gradient of a weight of $n$ values at step $t$, over the $T$ steps of a row at which it is finite:

    - `gradient_norm` $= \frac{1}{T} \sum_t \lVert g_t \rVert$, `gradient_norm_max` $= \max_t \lVert g_t \rVert$
    - `gradient_rms` $= \sqrt{\sum_t \lVert g_t \rVert^2 / (T n)}$, which layers of different size can be compared by
    - `delta_norm` $= \lVert W_{after} - W_{before} \rVert$, `weight_norm` $= \lVert W_{after} \rVert$ and
      `update_ratio`, the first over the second

    `steps` counts the steps at which the weight had a gradient: 0, and NaN for its metrics, means that the loss does
    not depend on it. `nonfinite_steps` of them had a NaN or infinity; a `LossScaleOptimizer` skips such a step for
    all weights, since its scale was too large for float16, and halves the scale. Under gradient accumulation a step
    is one batch.

    The epoch's `logs` gain `gradient_rms_first` and `gradient_rms_last`, the gradients of the first and the last logged
    layer with a kernel (of all logged layers if fewer than two have a kernel), and their quotient `gradient_ratio`,
    which needs two layers. The gradient of a layer in an epoch is the `gradient_rms` of one of its weights over all the
    epoch's steps, of the weight for which it is largest. `diagnose`, the plots and the report compute the same numbers
    from the file, see `keras_vg.logs.layers`.

    Args:
        filename: Path of the CSV file; one that ends in `.gz` is compressed.
        layers: Which layers: `"first"` (in call order, of those with trainable weights), `"last"`, `"all"`, a layer
            name, a list of names or a predicate on the layer.
        every: `"epoch"`, or the number of steps from row to row. With `steps_per_execution` a row is written after
            the execution in which it falls due.
        separator: One character between the values of a line.
        append: Whether to add to an existing file. As in `keras.callbacks.CSVLogger`, without it every `fit` starts
            the file anew.
        count_zeros: Whether to count the exact zeros of each gradient at each step, for the column `zero_fraction`,
            which is NaN otherwise. It takes another pass over the gradients.

    Raises:
        TypeError: If `filename`, `layers`, `every` or `count_zeros` is of the wrong type. At the start of `fit`, if the
            model's optimizer is not one of Keras.
        ValueError: If `every` is below 1 or a word other than `"epoch"`, or `separator` is not one character, or one
            that occurs in numbers. At the start of `fit`, if `layers` selects nothing, or rows are to be appended to
            a file with other columns.
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

    _epoch_rows: list[Block]

    def __init__(
        self,
        filename: str | os.PathLike[str],
        layers: Layers = "all",
        every: int | str = "epoch",
        separator: str = ",",
        append: bool = False,
        count_zeros: bool = False,
    ) -> None:
        super().__init__(filename, GRADIENT, layers, separator, append)
        if not isinstance(every, Integral | str) or isinstance(every, bool):
            raise TypeError(f"`every` must be 'epoch' or a number of steps. Received: every={every!r}.")
        if every != "epoch" and (isinstance(every, str) or every < 1):
            raise ValueError(f"`every` must be 'epoch' or at least 1 step. Received: every={every!r}.")
        if not isinstance(count_zeros, bool):
            raise TypeError(f"`count_zeros` must be True or False. Received: count_zeros={count_zeros!r}.")
        self.every = every
        self.count_zeros = count_zeros

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begins a row."""
        super().on_epoch_begin(epoch, logs)
        self._row_start = 0
        self._calls = 0
        self._epoch_rows = []

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes a row if one is due."""
        if self._is_first_step:
            super().on_train_batch_begin(batch, logs)
        elif self.every != "epoch" and batch - self._row_start >= int(self.every) and self._recorder is not None:
            self.model  # noqa: B018  brings the weights up to date, which JAX leaves behind within an epoch
            self._write_row(self._recorder.end(is_continued=True), batch)

    def _reset(self) -> None:
        super()._reset()
        self._row_start = 0  # the first step of the row
        self._calls = 0  # of an optimizer, in the epoch
        self._epoch_rows = []
        self._has_warned = False

    def _prepare(self, fit: Any) -> None:
        check_optimizer(self.model)
        super()._prepare(fit)

    def _start(self) -> None:
        weights = list_weights(self.model, self.layers)
        self._recorder = IntervalRecorder(self.model, weights, attach_tap(self.model, weights, self.count_zeros))
        self._open()

    def _end_epoch(self, logs: dict[str, Any]) -> None:
        interval = self._end_interval()
        if interval is not None:
            self._write_row(interval, self._count_steps(interval))
            logs.update(measure_epoch(self._epoch_rows))

    def _count_steps(self, interval: Interval) -> int:
        """The steps of an epoch that is over.

        Of data whose length was not known, Keras counts the last execution in full, the tap only what was executed.
        """
        assert interval.totals is not None
        if self.model.steps_per_execution == 1 or not interval.totals.calls.any():
            return self._steps
        return min(self._steps, self._calls + int(interval.totals.calls.max()))

    def _write_row(self, interval: Interval | None, steps: int) -> None:
        """Writes what happened since the last row, after so many steps of the epoch, one line per weight."""
        if interval is None or (steps == self._row_start and self.every != "epoch"):  # the last row was just written
            return
        assert interval.totals is not None
        self._calls += int(interval.totals.calls.max())
        self._row_start = steps
        rows = interval.tabulate(self._epoch, steps - 1)
        self._epoch_rows.append({name: rows[name] for name in COLUMNS})
        self._write([rows])
        self._warn_of_unseen(interval)

    def _warn_of_unseen(self, interval: Interval) -> None:
        """Says once in a fit which weights moved without a gradient that was seen."""
        names = [] if self._has_warned else interval.list_unseen()
        if names:
            self._has_warned = True
            shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            warnings.warn(
                f"The gradients of {len(names)} of {len(interval.weights)} weights were not seen, though the weights "
                f"moved: {shown}. No Keras optimizer's `apply` was called with them"
                + (" (on JAX, only the compiled optimizer can be seen)" if keras.backend.backend() == "jax" else "")
                + ": their rows have 0 steps and no gradient.",
                stacklevel=2,
            )
