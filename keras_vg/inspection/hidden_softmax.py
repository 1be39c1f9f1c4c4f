"""Which layers of a model put a softmax between two kernels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_vg.inspection.graph import list_direct_sources, list_last_operations
from keras_vg.text import name_function


@dataclass(frozen=True)
class HiddenSoftmax:
    """A softmax between layers.

    Attributes:
        units: How many values it makes sum to 1.
        feeds: The layer whose kernel is given them.
        is_recurrent: Whether a recurrent layer makes them, at each time step.
    """

    units: int
    feeds: str
    is_recurrent: bool


def list_hidden_softmax(model: keras.Model, layers: Mapping[str, Any]) -> dict[str, HiddenSoftmax]:
    """Lists layers whose softmax, over their units, feeds the kernel of another layer, unless it is meant.

    Taken to be meant are an output of the model, the softmax of layers that are not trained, and a code: narrower than
    what it is made of and what is made of it, as the topics of a text are.

    Args:
        model: A built model.
        layers: Layers by their names.

    Returns:
        What is known of each such layer, by its name, in the given order; of models whose graph is not known, nothing.
    """
    sources = list_direct_sources(model, layers)
    outputs = set(map(id, list_last_operations(model)))
    found = {}
    for name, source in sources.items():
        layer, softmax = layers[name], layers[source]
        maker = softmax if _is_plain(softmax) else layers.get(sources.get(source, ""))
        if not _has_kernel(layer) or not _is_softmax(softmax) or id(softmax) in outputs:
            continue
        if maker is None or not _is_plain(maker) or not maker.trainable_weights:
            continue
        given, units = int(np.prod(_get_kernel(maker).shape[:-1])), _count_units(maker)
        is_code = given > units < _count_units(layer)
        if units > 1 and not is_code:
            found[source] = HiddenSoftmax(units, name, isinstance(softmax, keras.layers.RNN))
    return {name: found[name] for name in layers if name in found}


def _is_softmax(layer: Any) -> bool:
    """Whether a layer ends in a softmax over its units, the last axis, at each time step if it is recurrent."""
    if isinstance(layer, keras.layers.Softmax):
        return bool(layer.axis == -1)
    is_named = _is_plain(layer) or isinstance(layer, keras.layers.Activation)
    activation = getattr(layer, "activation", None)
    return is_named and activation is not None and name_function(activation) == "softmax"


def _is_plain(layer: Any) -> bool:
    """Whether a layer multiplies what it is given by one kernel, and then applies one activation."""
    has_units = hasattr(layer, "units") or hasattr(layer, "filters")
    shape = getattr(_get_kernel(layer), "shape", ())
    return has_units and hasattr(layer, "activation") and len(shape) > 1


def _get_kernel(layer: Any) -> Any:
    """The kernel of a layer, or of its cell, which may have one for each gate side by side; None if it has none."""
    return getattr(getattr(layer, "cell", layer), "kernel", None)


def _has_kernel(layer: Any) -> bool:
    return any("kernel" in weight.name for weight in layer.weights)


def _count_units(layer: Any) -> int:
    own = getattr(layer, "units", None) or getattr(layer, "filters", None)
    return int(own or next(w.shape[-1] for w in layer.weights if "kernel" in w.name))
