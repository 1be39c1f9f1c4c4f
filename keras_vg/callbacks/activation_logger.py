"""The callback that logs the outputs of the layers."""

import os
from typing import Any

from keras import tree

from keras_vg.callbacks.base import Logger
from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.batches import check_arrays, count_examples
from keras_vg.inspection.stateless import convert_batch
from keras_vg.logs.schemas import ACTIVATION
from keras_vg.training.weights import Layers


class ActivationLogger(Logger):
    r"""Logs the layers' outputs for a probe batch at every epoch's end, one CSV row per layer.

    The model is called on the batch in training mode, as in a training step (`BatchNormalization` takes the batch's
    statistics, `Dropout` drops), and does not change: moving statistics, seeds and metrics stay as they are, bit for
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
        ValueError: If `x` holds no examples, or `separator` is not one character, or one that occurs in numbers. At
            the start of `fit`, if `layers` selects nothing, the model cannot take `x`, or rows are to be appended to
            a file with other columns.
        OSError: At the start of `fit`, if the path is a directory, cannot be written, or is being written by another
            logger, in this process or another. (Later, a full disk is one warning: see `missing_rows`.)

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
        super().__init__(filename, ACTIVATION, layers, separator, append)
        check_probe(x, "x")
        self._x = x

    def _reset(self) -> None:
        super()._reset()
        self._probe: ActivationProbe | None = None

    def _start(self) -> None:
        self._probe = ActivationProbe(self.model, convert_batch(self._x), self.layers)
        self._probe.read()  # raises unless the model can take the batch
        self._open()

    def _end_epoch(self, logs: dict[str, Any]) -> None:
        if self._probe is not None and (self._is_writer or self._group is not None):  # processes run it together
            self._write([self._probe.read().list_columns(self._epoch)])


def check_probe(data: Any, name: str) -> int:
    """Raises unless a probe batch holds arrays of one length, with at least one example; needs no model.

    Args:
        data: Its inputs or labels.
        name: The argument that they were given as: `"x"` or `"y"`.

    Returns:
        The number of examples.

    Raises:
        TypeError: If it is a dataset or a list of numbers, or labels that are text.
        ValueError: If they do not.
    """
    parts = [array for array in tree.flatten(data) if array is not None]
    check_arrays(name, parts)
    lengths = set(map(count_examples, parts))
    if len(lengths) != 1 or 0 in lengths:
        what = "inputs" if name == "x" else "labels"
        raise ValueError(
            f"`{name}` must be a batch of {what}: arrays of the same number of examples, at least one. "
            f"Received: {name} with lengths {sorted(lengths)}. Pass some of the {what} that `fit` gets."
        )
    return lengths.pop()
