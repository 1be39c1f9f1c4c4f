"""How many values dropout layers are given, and which part of them they drop."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg.inspection.graph import list_last_operations
from keras_vg.text import shorten_paths
from keras_vg.training import keras_private
from keras_vg.training.call_order import walk_layers

DROPOUTS = (keras.layers.Dropout, keras.layers.GaussianDropout, keras.layers.AlphaDropout)
"""Layers whose `rate` says how much noise they multiply or mix with what they are given, as much as `Dropout` does."""

_OF_CHANNELS = (keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D, keras.layers.SpatialDropout3D)


class DropoutRecorder:
    """Records what dropout layers are given, while a training step runs.

    Args:
        model: A built model.

    Attributes:
        of_outputs: The rates of the layers that drop a part of the model's predictions, by their names.
    """

    def __init__(self, model: keras.Model) -> None:
        layers = list(walk_layers(model))
        names = shorten_paths([path for path, _ in layers])
        self._layers = {
            name: layer for name, (_, layer) in zip(names, layers, strict=True) if isinstance(layer, DROPOUTS)
        }
        self._recurrent = {
            name: layer for name, (_, layer) in zip(names, layers, strict=True) if isinstance(layer, keras.layers.RNN)
        }
        self._values: dict[str, int] = {}
        last = set(map(id, list_last_operations(model)))
        self.of_outputs = {
            name: float(layer.rate)
            for name, layer in self._layers.items()
            if id(layer) in last and layer.rate > 0 and isinstance(layer, keras.layers.Dropout)
        }

    @contextlib.contextmanager
    def record(self) -> Iterator[None]:
        """Within it, the training step runs, or is traced."""
        with contextlib.ExitStack() as stack:
            for name, layer in self._layers.items():
                stack.enter_context(keras_private.set_attribute(layer, "call", self._watch(name, layer)))
            yield

    def finish(self, predictions: Sequence[Any]) -> None:
        """Ends the recording."""

    def describe(self) -> dict[str, tuple[float, int]]:
        """Returns, of each layer that was called, its rate and of how many independent values of an example it drops.

        Where it is called several times, of the fewest; of a recurrent layer of those of a time step, which are the
        same at all steps.
        """
        called = {name: (float(self._layers[name].rate), values) for name, values in self._values.items()}
        recurrent = {name: _find_recurrent_dropout(layer) for name, layer in self._recurrent.items()}
        return called | {name: found for name, found in recurrent.items() if found is not None}

    def _watch(self, name: str, layer: Any) -> Callable[..., Any]:
        call = layer.call

        def watched(*args: Any, **kwargs: Any) -> Any:
            values = _count_values(layer, next(iter((*args, *kwargs.values())), None))
            if values is not None:
                self._values[name] = min(values, self._values.get(name, values))
            return call(*args, **kwargs)

        return watched


def _find_recurrent_dropout(layer: Any) -> tuple[float, int] | None:
    """The dropout of a recurrent layer's inputs or of its state, whichever leaves less; None without any.

    A cell of one's own may call anything so: only rates and matrices count. A single feature is dropped as a whole
    series, as a branch is.
    """
    found = []
    for cell in getattr(layer.cell, "cells", [layer.cell]):
        for argument, kernel in (("dropout", "kernel"), ("recurrent_dropout", "recurrent_kernel")):
            rate, shape = getattr(cell, argument, None), list(getattr(getattr(cell, kernel, None), "shape", ()))
            if isinstance(rate, int | float) and rate > 0 and len(shape) == 2 and shape[0] > 1:
                found.append((float(rate), int(shape[0])))
    return max(found, key=lambda item: item[0] / max(1 - item[0], 1e-9) / item[1], default=None)


def _count_values(layer: Any, inputs: Any) -> int | None:
    """The values of an example that are dropped independently of each other.

    None where that is not known, and of a single one for all of several: that drops a branch, not values.
    """
    rank = getattr(getattr(inputs, "shape", None), "rank", 0) if ops.is_tensor(inputs) else None
    if rank is None:  # no tensor, or one whose number of axes TensorFlow does not know
        return None
    sizes = tuple(inputs.shape)[1:]
    if None in sizes:
        return None
    total = int(np.prod(sizes))
    if isinstance(layer, _OF_CHANNELS):
        return int(sizes[0 if getattr(layer, "data_format", "") == "channels_first" else -1])
    noise_shape = getattr(layer, "noise_shape", None)
    if noise_shape is None:
        return total or None
    if len(noise_shape) != len(sizes) + 1:
        return None
    values = int(np.prod([n if own is None else own for n, own in zip(sizes, noise_shape[1:], strict=True)]))
    return values if values > 1 or total == 1 else None
