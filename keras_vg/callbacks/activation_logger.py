"""The callback that logs what the layers put out."""

import os
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.stateless import convert_batch
from keras_vg.logs.schemas import ACTIVATION
from keras_vg.logs.writer import CsvLog
from keras_vg.training import backend, keras_private
from keras_vg.training.weights import Layers, check_layers


class ActivationLogger(keras.callbacks.Callback):
    r"""Logs the layers' outputs for a probe batch at every epoch's end, one CSV row per layer.

    The batch passes the model in training mode, as in a training step (`BatchNormalization` takes the batch's
    statistics, `Dropout` drops), and leaves no trace: moving statistics, seeds and metrics stay as they are, bit for
    bit. With $a = \phi(z)$ the outputs of a layer:

    - `mean`, `std` and `abs_max` are over all examples, positions and units
    - `saturated_fraction` is that of the values with $|\phi'(z)| < 0.01 \max |\phi'|$; for ReLU, that of the zeros
    - `dead_fraction` is that of the units with $a = 0$ and $\phi'(z) = 0$ for every example and position

    Both are NaN where the derivative is not known: for softmax, gated recurrent layers and functions of one's own.
    Layers with weights and activation layers are logged, and each input of the model, at `depth` -1. A layer without
    trainable weights has the depth of the last layer before it that has some.

    Args:
        filename: Path of the CSV file; one that ends in `.gz` is compressed.
        x: The probe batch: inputs as `fit` takes them, arrays or tensors of shape `(examples, ...)`.
        layers: Which layers: `"all"`, `"first"`, `"last"`, a layer name, a list of names or a predicate on the layer.
        separator: One character between the values of a line.
        append: Whether to add to an existing file. As in `keras.callbacks.CSVLogger`, without it every `fit` starts
            the file anew.

    Raises:
        TypeError: If `filename` or `layers` is of the wrong type.
        ValueError: If `x` holds no examples, or `separator` cannot separate. At the start of `fit`, if `layers`
            selects nothing, the model cannot take `x`, or rows are to be appended to a file with other columns.
        OSError: At the start of `fit`, if the path is a directory or cannot be written.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> x, y = np.ones((8, 2)), np.ones((8, 1))
        >>> _ = model.fit(x, y, epochs=2, verbose=0, callbacks=[vg.ActivationLogger("activations.csv", x)])
        >>> vg.read_log("activations.csv")[["epoch", "depth", "activation"]].values.tolist()[:3]
        [[0, -1, 'input'], [0, 0, 'relu'], [0, 1, 'linear']]
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        x: Any,
        layers: Layers = "all",
        separator: str = ",",
        append: bool = False,
    ) -> None:
        super().__init__()
        check_layers(layers)
        check_probe(x)
        self.layers = layers
        self._x = x
        self._log = CsvLog(filename, ACTIVATION, separator, append)
        self._fit: Any = None
        self._epoch: int | None = None

    @property
    def missing_rows(self) -> int:
        """Rows of the last fit that could not be written."""
        return self._log.missing_rows

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Checks all that can be wrong, before the first step."""
        fit = keras_private.get_fit(self.model)
        if self._fit is not None and self._fit is fit:  # the same callback twice in one list
            return
        self._fit, self._epoch, self._is_over = fit, None, False
        self._is_writer = backend.is_writer(self.model)
        self._probe: ActivationProbe | None = None
        if self._is_writer:
            self._log.reserve(fit)
        if keras_private.is_built(self.model):
            try:
                self._make_probe().read()
            except BaseException:
                self._log.close()  # untouched
                raise
        if self._is_writer:
            self._log.open(fit)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Writes the epoch's rows."""
        if epoch == self._epoch or self._is_over:
            return
        self._epoch = epoch
        probe = self._probe or self._make_probe()
        if self._is_writer:
            rows = probe.read().tabulate(epoch)
            self._log.write([{name: _get_values(rows[name]) for name in rows.columns}])

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Closes the file. If the fit goes on, nothing more of it is logged."""
        self._fit, self._is_over = None, True
        self._log.close()

    def _make_probe(self) -> ActivationProbe:
        self._probe = ActivationProbe(self.model, convert_batch(self._x), self.layers)
        return self._probe


def check_probe(x: Any) -> None:
    """Raises unless `x` holds arrays of one length, with at least one example; needs no model.

    Raises:
        ValueError: If it does not.
    """
    lengths = {len(array) if np.ndim(array) else 0 for array in tree.flatten(x)}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            "`x` must be a batch of inputs: arrays of the same number of examples, at least one. "
            f"Received: x with lengths {sorted(lengths)}. Pass some of the inputs that `fit` gets."
        )


def _get_values(column: Any) -> Any:
    values = column.to_numpy()
    return list(values) if values.dtype == object else values
