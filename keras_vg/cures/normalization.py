"""Remedies that put normalization layers between the hidden layers."""

from collections.abc import Callable
from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.activations import is_plain, name_activation
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

_NORMALIZATIONS = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
)


def _make_change(make_layer: Callable[..., Any], name: str) -> Callable[[Draft], Draft | None]:
    def change(draft: Draft) -> Draft | None:
        places = surgery.list_places(draft.model)
        if any(isinstance(place.layer, _NORMALIZATIONS) for place in places):
            return None
        chosen = {
            p.path: name_activation(p.layer)
            for p in places
            if p.output is None and is_plain(p.layer) and p.layer.trainable_weights
        }
        if not chosen:
            return None
        made: dict[surgery.Path, tuple[Any, Any]] = {}

        def edit(path: surgery.Path, layer: Any) -> Any:
            return surgery.change_config(layer, activation=None) if path in chosen else None

        def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
            outputs = layer(*args, **kwargs)
            if path not in chosen:
                return outputs
            if path not in made:  # a layer that is called twice is normalized by the same layer twice
                made[path] = (
                    make_layer(name=f"{layer.name}_normalization"),
                    keras.layers.Activation(chosen[path], name=f"{layer.name}_activation"),
                )
            normalization, activation = made[path]
            outputs = normalization(outputs)
            return outputs if chosen[path] == "linear" else activation(outputs)

        return draft.change(
            f"# Each of the {len(chosen)} hidden layers in three parts:",
            "keras.layers.Dense(units),",
            f"keras.layers.{name}(),",
            "keras.layers.Activation(activation),",
            model=surgery.rebuild(draft.model, edit, call),
        )

    return change


REMEDIES = (
    Remedy(
        "BatchNormalization between layers",
        "It gives every unit mean 0 and variance 1 over the batch before its activation, so that neither outputs nor "
        "gradients shrink, grow or saturate.",
        _make_change(keras.layers.BatchNormalization, "BatchNormalization"),
    ),
    Remedy(
        "LayerNormalization between layers",
        "It gives every example mean 0 and variance 1 over the units before the activation, whatever the batch.",
        _make_change(keras.layers.LayerNormalization, "LayerNormalization"),
    ),
)
