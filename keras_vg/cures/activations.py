"""Remedies that exchange the activation of all hidden layers, with the initializer that fits it."""

from collections.abc import Callable
from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy
from keras_vg.inspection.hidden_softmax import list_hidden_softmax
from keras_vg.inspection.linear_layers import list_linear_layers
from keras_vg.text import name_function

INITIALIZERS = {
    "relu": "he_normal",
    "leaky_relu": "he_normal",
    "relu6": "he_normal",
    "elu": "he_normal",
    "gelu": "he_normal",
    "silu": "he_normal",
    "selu": "lecun_normal",
}
"""Initializer of the weights by activation; Glorot's for any other."""

ACTIVATION_LAYERS = (keras.layers.Activation, keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU)


def name_activation(layer: Any) -> str:
    """Names the activation of a layer; `"linear"` if it has none."""
    if isinstance(layer, keras.layers.ReLU | keras.layers.LeakyReLU | keras.layers.ELU):
        return name_function(layer)
    activation = getattr(layer, "activation", None)
    return "linear" if activation is None else name_function(activation)


def is_plain(layer: Any) -> bool:
    """Whether a layer multiplies by a kernel and then applies one activation: Dense and convolutions do."""
    return hasattr(layer, "activation") and hasattr(layer, "kernel_initializer") and not hasattr(layer, "cell")


def list_hidden(draft: Draft) -> list[surgery.Place]:
    """Lists the hidden layers with an activation to exchange, Dense, convolutions and activation layers."""
    return [
        place
        for place in surgery.list_places(draft.model)
        if place.output is None and (is_plain(place.layer) or isinstance(place.layer, ACTIVATION_LAYERS))
    ]


def _make_change(activation: str) -> Callable[[Draft], Draft | None]:
    def change(draft: Draft) -> Draft | None:
        hidden = list_hidden(draft)
        chosen = {p.path for p in hidden if name_activation(p.layer) not in ("linear", "softmax", activation)}
        if not chosen:
            return None
        initializer = INITIALIZERS.get(activation, "glorot_uniform")
        inner = {p.path for p in hidden}

        def edit(path: surgery.Path, layer: Any) -> Any:
            if path in chosen and isinstance(layer, ACTIVATION_LAYERS):
                return keras.layers.Activation(activation, name=layer.name, dtype=layer.dtype_policy)
            if path in inner and is_plain(layer):  # a linear one, too: its activation may stand after it
                own = {"activation": activation} if path in chosen else {}
                return surgery.change_config(layer, **own, kernel_initializer=initializer)
            return None

        return draft.change(
            f"# Every hidden layer ({len(chosen)} of them):",
            f'keras.layers.Dense(units, activation="{activation}", kernel_initializer="{initializer}")',
            model=surgery.rebuild(draft.model, edit),
        )

    return change


def _replace_softmax(draft: Draft) -> Draft | None:
    """ReLU where a softmax feeds another layer's kernel, tanh in a recurrence; that of gates and attention stays."""
    places = {str(place.path): place for place in surgery.list_places(draft.model)}
    found = list_hidden_softmax(draft.model, {name: place.layer for name, place in places.items()})
    chosen = {places[name].path for name in found}
    if not chosen:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        if path not in chosen:
            return None
        if isinstance(layer, keras.layers.RNN):  # whose state ReLU would leave without a bound
            return surgery.change_config(layer, activation="tanh")
        if is_plain(layer):
            return surgery.change_config(layer, activation="relu", kernel_initializer="he_normal")
        return keras.layers.Activation("relu", name=layer.name, dtype=layer.dtype_policy)

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        if path in chosen:
            kwargs.pop("mask", None)  # which only `Softmax` takes
        return layer(*args, **kwargs)

    lines = {
        'keras.layers.LSTM(units, activation="tanh")'
        if softmax.is_recurrent
        else 'keras.layers.Dense(units, activation="relu", kernel_initializer="he_normal")'
        for softmax in found.values()
    }
    return draft.change(
        f"# Every softmax between layers ({len(chosen)} of them):",
        *sorted(lines),
        model=surgery.rebuild(draft.model, edit, call),
    )


def _turn_softmax(draft: Draft) -> Draft | None:
    """A softmax over the steps in place of one over a last axis of length 1, where it is always 1."""
    chosen = {
        place.path
        for place in surgery.list_places(draft.model)
        if place.output is None
        and (is_plain(place.layer) or isinstance(place.layer, (*ACTIVATION_LAYERS, keras.layers.Softmax)))
        and _is_softmax_of_one(place.layer)
    }
    if not chosen:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, activation=None) if path in chosen and is_plain(layer) else None

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        if path not in chosen:
            return layer(*args, **kwargs)
        values = layer(*args, **kwargs) if is_plain(layer) else args[0]
        return keras.layers.Softmax(axis=1, name=f"{layer.name}_over_steps", dtype=layer.dtype_policy)(values)

    lines = [f"keras.layers.Softmax(axis=1)  # instead of the softmax of {path[-1]}" for path in sorted(chosen)]
    return draft.change(*lines, model=surgery.rebuild(draft.model, edit, call))


def _is_softmax_of_one(layer: Any) -> bool:
    shape = layer.output.shape
    is_last = getattr(layer, "axis", -1) in (-1, len(shape) - 1)
    name = "softmax" if isinstance(layer, keras.layers.Softmax) else name_activation(layer)
    return name == "softmax" and is_last and len(shape) == 3 and shape[-1] == 1  # of a picture, rows are no steps


def _bend_linear(draft: Draft) -> Draft | None:
    """ReLU in the hidden layers of a model that is linear as a whole."""
    places = {str(place.path): place for place in surgery.list_places(draft.model)}
    found = list_linear_layers(draft.model, {name: place.layer for name, place in places.items()})
    chosen = {places[name].path for name in found if is_plain(places[name].layer)}
    if not chosen:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        changes = {"activation": "relu", "kernel_initializer": "he_normal"}
        return surgery.change_config(layer, **changes) if path in chosen else None

    return draft.change(
        f"# Every hidden layer ({len(chosen)} of them):",
        'keras.layers.Dense(units, activation="relu", kernel_initializer="he_normal")',
        model=surgery.rebuild(draft.model, edit),
    )


REMEDIES = (
    Remedy(
        "softmax over the steps",
        "A softmax over an axis of length 1 is 1 for every step; over the steps it says which ones count.",
        _turn_softmax,
    ),
    Remedy(
        "ReLU where no activation is",
        "Without an activation between them, several layers are one linear layer; ReLU makes them more than that.",
        _bend_linear,
    ),
    Remedy(
        "ReLU instead of softmax between layers",
        "Softmax makes a layer's outputs sum to 1, so that they hardly differ between examples; ReLU leaves them, "
        "and tanh in a recurrent layer.",
        _replace_softmax,
    ),
    Remedy(
        "ReLU in hidden layers",
        "ReLU passes the gradient of active units on unchanged, where a sigmoid passes a quarter at most.",
        _make_change("relu"),
    ),
    Remedy(
        "leaky ReLU in hidden layers",
        "Leaky ReLU has a slope everywhere, so no unit dies.",
        _make_change("leaky_relu"),
    ),
    Remedy(
        "SELU in hidden layers",
        "SELU with LeCun's initialization keeps mean and variance the same from layer to layer.",
        _make_change("selu"),
    ),
    Remedy(
        "tanh in hidden layers",
        "tanh has slope 1 at 0 and outputs around 0, where a sigmoid has slope 1/4 and outputs around 1/2.",
        _make_change("tanh"),
    ),
)
