"""The life of a logger: its file, the weights that it watches, and the moments at which it reads them."""

import os
from typing import Any

import keras
import numpy as np

from keras_vg.logs.schemas import Block, Schema
from keras_vg.logs.writer import CsvLog
from keras_vg.training import backend, keras_private
from keras_vg.training.late_building import call_when_built, has_weights
from keras_vg.training.weights import Layers, RateReader, Weight, check_layers, list_weights, read_values


class WeightLogger(keras.callbacks.Callback):
    """What the loggers share: a log, the weights to watch, and the moments at which to look at them."""

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
        self._weights: list[Weight] = []  # none before the model has its weights
        self._fit: Any = None

    @property
    def missing_rows(self) -> int:
        """How many rows of the latest fit are not in the file, because it could not be written; 0 if all are."""
        return self._log.missing_rows

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Checks all that can be wrong, before the first step."""
        fit = keras_private.get_fit(self.model)
        if self._fit is not None and self._fit is fit:  # the same callback twice in one list
            return
        self._fit = fit
        self._weights = []
        self._is_over = False
        self._epoch_count = 0
        self._is_writer = backend.is_writer(self.model)
        if self._is_writer:
            self._log.reserve(self._fit)
        self._rate = RateReader(self.model)
        if has_weights(self.model):
            self._start()
        else:
            call_when_built(self.model, self._start_late)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Notes the epoch."""
        self._epoch = epoch
        self._is_epoch_open = self._is_first_step = True

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Snapshots the weights and the learning rate, once an epoch: by now every callback has set what it wants."""
        if self._is_first_step:
            self._is_first_step = False
            if not self._weights and self._epoch_count and not self._is_over and keras_private.is_built(self.model):
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
            self._weights = list_weights(self.model, self.layers)
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
        return [read_values(weight) for weight in self._weights]

    def _end_epoch(self) -> dict[str, float]:
        raise NotImplementedError

    def _write(self, blocks: list[Block]) -> None:
        if self._is_writer:
            self._log.write(blocks)
