"""What all callbacks share: their part in a fit, and the file of those that log."""

import copy
import os
import threading
import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras

from keras_vg.callbacks.averaging import call_before_swaps
from keras_vg.logs.schemas import Block, Schema
from keras_vg.logs.writer import CsvLog
from keras_vg.training import backend, keras_private
from keras_vg.training.compilation import find_obstacle
from keras_vg.training.interval import Interval, IntervalRecorder
from keras_vg.training.late_building import call_when_built, has_weights
from keras_vg.training.optimizers import list_optimizers
from keras_vg.training.processes import Group, find_group
from keras_vg.training.weights import Layers, check_layers

_lock = threading.Lock()


class FitCallback(keras.callbacks.Callback):
    """A callback that takes part in one fit at a time, and leaves no trace of it behind.

    - Each event of a fit counts once, even if the callback is listed twice.
    - It starts when the model has its weights: before the first step, or inside it where the model has no `Input`.
    - What it still holds of a fit that broke off is released when the next one begins.
    - A copy or a pickle of it has its arguments and its results, but no model, no attachment to an optimizer and no
      open file, even if it was made during a fit.
    """

    async_safe = True  # `on_train_batch_end` may run in another thread: Keras need not wait for what a step returns

    _fit: Any
    _is_active: bool  # takes part in a fit
    _is_started: bool  # the model has its weights
    _epoch: int  # -1 before the first
    _recorder: IntervalRecorder | None
    _group: Group | None  # the processes that train the model together

    def __init__(self) -> None:
        super().__init__()
        self._reset()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Checks all that can be wrong, before the first step."""
        fit = keras_private.get_fit(self.model)
        if self._is_active and self._epoch < 0 and self._fit is fit and fit is not None:
            return  # twice in one list
        group = find_group(self.model)
        with _share_errors(group):
            self._prepare(fit)
        self._detach()  # from a fit that broke off
        self._reset()
        self._fit, self._is_active, self._group = fit, True, group
        self._end_holding = call_before_swaps(self, self._hold_weights)
        if has_weights(self.model):
            self._start_or_leave()
        else:
            call_when_built(self.model, self._start_in_first_step)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes the epoch."""
        self._epoch = epoch
        self._is_epoch_open = self._is_first_step = self._is_active
        self._steps = 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Begins an interval, once an epoch: by now every callback has set what it wants."""
        if self._is_first_step:
            self._is_first_step = False
            if self._recorder is not None:
                self._recorder.begin_epoch()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Counts the epoch's steps: Keras begins one, too, when the data turns out to be at its end."""
        with _lock:  # Keras may run the hooks of several steps at once
            self._steps = max(self._steps, batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Ends the epoch, with its metrics added to `logs`."""
        if not self._is_epoch_open:
            return
        self._is_epoch_open = False
        if not self._is_started and self._steps:  # the first step could not be traced before it ran
            self._start_or_leave()
        if self._is_started:
            self._end_epoch({} if logs is None else logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Leaves the fit. If it goes on, nothing more of it is seen."""
        self._detach()
        self._reset()

    def __getstate__(self) -> dict[str, Any]:
        twin = type(self).__new__(type(self))
        twin.__dict__.update(vars(self), _model=None, params=None)
        twin._reset()
        return twin.__dict__

    def _reset(self) -> None:
        """Forgets the fit; subclasses extend it by what they keep of one."""
        self._fit = None
        self._is_active = self._is_started = False
        self._epoch = -1
        self._is_epoch_open = self._is_first_step = False
        self._steps = 0  # that ended in this epoch
        self._recorder = None
        self._group = None
        self._end_holding = _do_nothing

    def _prepare(self, fit: Any) -> None:
        """Raises unless the callback can take part in a fit; the model need not have weights yet."""

    def _start(self) -> None:
        """Looks at the model, which has its weights now, and makes the recorder, if there is to be one."""
        raise NotImplementedError

    def _end_epoch(self, logs: dict[str, Any]) -> None:
        """Does what is due at an epoch's end."""
        raise NotImplementedError

    def _hold_weights(self) -> None:
        if self._recorder is not None:
            self._recorder.hold()

    def _detach(self) -> None:
        """Leaves the optimizer and other callbacks alone."""
        self._end_holding()
        if self._recorder is not None:
            self._recorder.detach()

    def _end_interval(self) -> Interval | None:
        """Returns what became of the weights in this epoch; None if there was no step, or its begin was not seen."""
        return self._recorder.end() if self._recorder is not None and self._steps else None

    def _start_or_leave(self) -> None:
        try:
            with _share_errors(self._group):
                obstacle = find_obstacle(self.model)
                if obstacle and backend.is_writer(self.model):
                    warnings.warn(f"{type(self).__name__} sees nothing of this fit: {obstacle}", stacklevel=2)
                if not obstacle:
                    self._start()
        except BaseException:
            self.on_train_end()
            raise
        if obstacle:
            self.on_train_end()
        self._is_started = not obstacle

    def _start_in_first_step(self) -> None:
        """Starts after `on_train_batch_begin`, as soon as the model has its weights."""
        if self._is_active and not self._is_started:
            self._start_or_leave()
            if self._recorder is not None:
                self._recorder.begin_epoch()


def _do_nothing() -> None:
    pass


def _share_errors(group: Group | None) -> AbstractContextManager[None]:
    """Raises in all processes what one of them raises within, where no other process may wait for it."""
    return nullcontext() if group is None else group.share_errors()


class Logger(FitCallback):
    """A callback that writes a log: the file is reserved, opened once all is checked, and closed at the fit's end.

    Args:
        filename: Path of the CSV file.
        schema: Its columns.
        layers: Which layers to log.
        separator: One character between the values of a line.
        append: Whether to add to an existing file.
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        schema: Schema,
        layers: Layers,
        separator: str,
        append: bool,
    ) -> None:
        super().__init__()
        check_layers(layers)
        self.layers = layers
        self._log = CsvLog(filename, schema, separator, append)
        self._is_writer = False

    @property
    def missing_rows(self) -> int:
        """How many rows of the latest fit are not in the file, because it could not be written; 0 if all are."""
        return self._log.missing_rows

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Leaves the fit and closes the file. If the fit goes on, nothing more of it is logged."""
        super().on_train_end(logs)
        self._log.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_log": copy.copy(self._log)}

    def _prepare(self, fit: Any) -> None:
        self._is_writer = backend.is_writer(self.model)
        if self._is_writer:
            self._log.reserve(fit)

    def _open(self) -> None:
        if self._is_writer:
            self._log.open(self._fit)

    def _write(self, blocks: list[Block]) -> None:
        with _share_errors(self._group):  # a warning may be an error
            if self._is_writer:
                self._log.write(blocks)


def check_optimizer(model: keras.Model) -> None:
    """Raises unless the model has an optimizer whose gradients can be seen.

    Raises:
        TypeError: If it is neither compiled with a Keras optimizer nor holds one.
    """
    if not list_optimizers(model):
        raise TypeError(
            "The model must be compiled with a Keras optimizer, whose gradients can be seen. "
            f"Received: optimizer={getattr(model, 'optimizer', None)!r}. Pass one of keras.optimizers to `compile`."
        )
