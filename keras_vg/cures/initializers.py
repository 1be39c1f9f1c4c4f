"""Remedies that change how weights start."""

from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.activations import ACTIVATION_LAYERS, INITIALIZERS, is_plain, name_activation
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy
from keras_vg.text import name_function


def _fit_initializers(draft: Draft) -> Draft | None:
    wanted = _choose(draft)
    changed: dict[surgery.Path, dict[str, Any]] = {}
    for place in surgery.list_places(draft.model):
        own = {
            name: initializer
            for name, initializer in wanted.get(place.path, {}).items()
            if name_function(type(getattr(place.layer, name))) != initializer
        }
        if own:
            changed[place.path] = own
    if not changed:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, **changed[path]) if path in changed else None

    used = dict.fromkeys(v for own in changed.values() for n, v in own.items() if n == "kernel_initializer")
    lines = [f'keras.layers.Dense(units, activation, kernel_initializer="{name}")' for name in used]
    if any("bias_initializer" in own for own in changed.values()):
        lines.append('keras.layers.Dense(units, activation, bias_initializer="zeros")')
    return draft.change(
        f"# Initial weights that fit the activation, in {len(changed)} layers:",
        *lines,
        model=surgery.rebuild(draft.model, edit),
    )


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
            if place.output is None:
                wanted[place.path]["bias_initializer"] = "zeros"
        elif hasattr(layer, "cell") and hasattr(layer, "recurrent_initializer"):
            # Orthogonal matrices neither shrink nor stretch what they are multiplied by again and again.
            wanted[place.path] = {"kernel_initializer": "glorot_uniform", "recurrent_initializer": "orthogonal"}
    return wanted


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
