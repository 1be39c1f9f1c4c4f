"""Remedies that change how weights start."""

import inspect
from typing import Any

import keras
import numpy as np

from keras_vg.cures import surgery
from keras_vg.cures.activations import ACTIVATION_LAYERS, INITIALIZERS, is_plain, name_activation
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy
from keras_vg.text import name_function

_VECTORS = ("bias", "beta", "gamma", "moving", "alpha")
"""What the initializers of weights with one axis are named after: these may start constant."""


def _fit_initializers(draft: Draft) -> Draft | None:
    wanted = _choose(draft)
    changed: dict[surgery.Path, dict[str, Any]] = {}
    for place in surgery.list_places(draft.model):
        own = {
            name: initializer
            for name, initializer in wanted.get(place.path, {}).items()
            if _name_initializer(place.layer, name) != initializer
        }
        if own:
            changed[place.path] = own
    if not changed:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, **changed[path]) if path in changed else None

    layers = {place.path: place.layer for place in surgery.list_places(draft.model)}
    lines = list(dict.fromkeys(_write_code(layers[path], own) for path, own in changed.items()))
    return draft.change(
        f"# Initial weights that fit the activation, in {len(changed)} layers:",
        *lines,
        model=surgery.rebuild(draft.model, edit),
    )


_SURE = 8.0
"""First bias of a sigmoid or softmax beyond which it says of every example that it is, or is not, of a class: one in
3,000 is. That of a rare class is the logarithm of its share."""


def _starts_sure(layer: Any) -> bool:
    initializer = getattr(layer, "bias_initializer", None)
    value = getattr(initializer, "value", 0.0) if isinstance(initializer, keras.initializers.Constant) else 0.0
    return name_activation(layer) in ("sigmoid", "softmax") and bool(np.max(np.abs(np.asarray(value))) > _SURE)


def _write_code(layer: Any, initializers: dict[str, str]) -> str:
    """The layer's class with its new initializers, as a line of code."""
    own = ", ".join(f'{name}="{initializer}"' for name, initializer in initializers.items())
    return f"keras.layers.{type(layer).__name__}(..., {own})"


def _choose(draft: Draft) -> dict[surgery.Path, dict[str, str]]:
    """The initializers that each trainable layer should have, by the name of the argument."""
    places = surgery.list_places(draft.model)
    wanted: dict[surgery.Path, dict[str, str]] = {}
    for place, after in zip(places, [*places[1:], None], strict=True):
        layer = place.layer
        if not getattr(layer, "trainable_weights", None):
            continue
        if is_plain(layer):
            activation = name_activation(layer)
            if activation == "linear" and after is not None:
                activation = _find_later_activation(places[places.index(place) + 1 :])
            wanted[place.path] = {"kernel_initializer": INITIALIZERS.get(activation, "glorot_uniform")}
            if place.output is None or _starts_sure(layer):
                wanted[place.path]["bias_initializer"] = "zeros"
        elif hasattr(layer, "cell") and hasattr(layer, "recurrent_initializer"):
            # Orthogonal matrices neither shrink nor stretch what they are multiplied by again and again.
            wanted[place.path] = {"kernel_initializer": "glorot_uniform", "recurrent_initializer": "orthogonal"}
        else:
            wanted[place.path] = list_defaults(layer)
    return wanted


def list_defaults(layer: Any) -> dict[str, str]:
    """Lists the default initializers of a layer's class, such as Embedding: of tables and kernels, not of vectors.

    Args:
        layer: The layer.

    Returns:
        Names of initializers by the names of the constructor's arguments.
    """
    config = layer.get_config()
    return {
        parameter.name: name_function(type(keras.initializers.get(parameter.default)))
        for parameter in inspect.signature(type(layer).__init__).parameters.values()
        if parameter.name.endswith("_initializer")
        and not parameter.name.startswith(_VECTORS)
        and isinstance(parameter.default, str)
        and parameter.default.lower() not in ("zeros", "ones")
        and parameter.name in config
    }


def _name_initializer(layer: Any, name: str) -> str:
    own = getattr(layer, name, None)
    return name_function(type(keras.initializers.get(layer.get_config()[name]) if own is None else own))


def _find_later_activation(places: list[surgery.Place]) -> str:
    """The activation that a layer without one has after it, perhaps behind a normalization."""
    for place in places:
        if isinstance(place.layer, ACTIVATION_LAYERS):
            return name_activation(place.layer)
        if not isinstance(place.layer, keras.layers.BatchNormalization | keras.layers.LayerNormalization):
            break
    return "linear"


REMEDIES = (
    Remedy(
        "initializers that fit",
        "He's, LeCun's or Glorot's random weights, as the activation asks for, keep outputs and gradients at one "
        "scale, and make units different from one another.",
        _fit_initializers,
    ),
)
