"""How many values dropout layers are given, and which part of them they drop."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from keras_vg.text import shorten_paths
from keras_vg.training import keras_private
from keras_vg.training.call_order import walk_layers

_OF_CHANNELS = (keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D, keras.layers.SpatialDropout3D)


class DropoutRecorder:
    """Records what dropout layers are given, while a training step runs.

    Args:
        model: A built model.
    """

    def __init__(self, model: keras.Model) -> None:
        layers = list(walk_layers(model))
        names = shorten_paths([path for path, _ in layers])
        self._layers = {
            name: layer
            for name, (_, layer) in zip(names, layers, strict=True)
            if isinstance(layer, keras.layers.Dropout)
        }
        self._values: dict[str, int] = {}

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

        Where it is called several times, of the fewest.
        """
        return {name: (float(self._layers[name].rate), values) for name, values in self._values.items()}

    def _watch(self, name: str, layer: Any) -> Callable[..., Any]:
        call = layer.call

        def watched(inputs: Any, *args: Any, **kwargs: Any) -> Any:
            values = _count_values(layer, tuple(inputs.shape))
            if values is not None:
                self._values[name] = min(values, self._values.get(name, values))
            return call(inputs, *args, **kwargs)

        return watched


def _count_values(layer: Any, shape: tuple[int | None, ...]) -> int | None:
    """The values of an example that are dropped independently of each other; None where that is not known."""
    if isinstance(layer, _OF_CHANNELS):
        shape = (shape[0], shape[1 if getattr(layer, "data_format", "") == "channels_first" else -1])
    elif layer.noise_shape is not None and len(layer.noise_shape) == len(shape):
        shape = tuple(size if own is None else own for size, own in zip(shape, layer.noise_shape, strict=True))
    sizes = [size for size in shape[1:] if size is not None]
    return int(np.prod(sizes)) if len(sizes) == len(shape) - 1 else None
