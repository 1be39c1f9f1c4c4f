"""Remedies that normalize between the hidden layers, or that have normalization predict as it trains."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

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


def _leave_one_feature(draft: Draft) -> Draft | None:
    paths = {p.path for p in surgery.list_places(draft.model) if _normalizes_one_value(p.layer)}
    if not paths:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return keras.layers.Activation("linear", name=layer.name, dtype=layer.dtype_policy) if path in paths else None

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        return layer(*args) if path in paths else layer(*args, **kwargs)

    line = f"# Leave out {', '.join(path[-1] for path in sorted(paths))}, or normalize over another `axis`"
    return draft.change(line, model=surgery.rebuild(draft.model, edit, call))


def _normalizes_one_value(layer: Any) -> bool:
    """Whether a layer normalizes each value by itself, which makes all of them the same."""
    return (
        isinstance(layer, keras.layers.LayerNormalization)
        and all(np.prod(w.shape) == 1 for w in layer.weights)
        and bool(layer.weights)
    )


def _shorten_averages(draft: Draft) -> Draft | None:
    paths = {p.path for p in _list_trained(draft) if p.layer.momentum > _SHORT}
    if not paths:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, momentum=_SHORT) if path in paths else None

    line = f"keras.layers.BatchNormalization(momentum={_SHORT})  # {', '.join(path[-1] for path in sorted(paths))}"
    return draft.change(line, model=surgery.rebuild(draft.model, edit))


def _normalize_examples(draft: Draft) -> Draft | None:
    paths = {p.path for p in _list_trained(draft)}
    if not paths:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        if path not in paths:
            return None
        kept = {name: getattr(layer, name) for name in ("axis", "epsilon", "center", "scale", "name")}
        return keras.layers.LayerNormalization(**kept, dtype=layer.dtype_policy)

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        return layer(*args) if path in paths else layer(*args, **kwargs)  # it takes neither `training` nor a mask

    line = f"keras.layers.LayerNormalization()  # instead of {', '.join(path[-1] for path in sorted(paths))}"
    return draft.change(line, model=surgery.rebuild(draft.model, edit, call))


def _list_trained(draft: Draft) -> list[surgery.Place]:
    """The batch normalizations that are not frozen: of others the averages are to stay."""
    places = surgery.list_places(draft.model)
    return [p for p in places if isinstance(p.layer, keras.layers.BatchNormalization) and p.layer.trainable]


_SHORT = 0.9
"""Momentum with which 1 % of the first averages is left after 44 steps; with Keras's 0.99 after 458."""

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
    Remedy(
        "moving averages that follow sooner",
        "BatchNormalization predicts with moving averages, which a momentum near 1 leaves behind in a short training.",
        _shorten_averages,
    ),
    Remedy(
        "LayerNormalization instead of BatchNormalization",
        "It normalizes each example by itself, in training and in inference alike.",
        _normalize_examples,
    ),
    Remedy(
        "no normalization of single values",
        "A LayerNormalization over one feature makes every value the same: its deviation from its own mean is 0.",
        _leave_one_feature,
    ),
)
