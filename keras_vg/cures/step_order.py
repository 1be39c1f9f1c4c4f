"""Remedies for models that do not see the order of time steps or pixels."""

import math
from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

_ATTENTION = (
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,
    keras.layers.Attention,
    keras.layers.AdditiveAttention,
)
_POOLING = (keras.layers.GlobalAveragePooling1D, keras.layers.GlobalMaxPooling1D)
_POOLING_OF_PIXELS = (keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D)
_MOST_VALUES = 20_000
"""Values of a picture that are put side by side: more of them make a first kernel of millions. Chosen."""

_SPREAD = 0.3
"""Standard deviation of the first biases, beside inputs of about 1: chosen."""


def _make_step_biases(steps: int, features: int) -> keras.layers.Layer:
    """A layer that adds to each step of a sequence a vector of its own, which is learned."""
    return keras.layers.EinsumDense(
        "abc,cd->abd",
        (steps, features),
        bias_axes="bd",
        kernel_initializer="identity",
        bias_initializer=keras.initializers.RandomNormal(stddev=_SPREAD),
    )


def _tell_steps_apart(draft: Draft) -> Draft | None:
    places = surgery.list_places(draft.model)
    attending = {p.path for p in places if isinstance(p.layer, _ATTENTION)}
    seen: dict[int, Any] = {}  # what comes behind attention, kept so that no other tensor gets its id
    made: dict[int, Any] = {}

    def add_biases(tensor: Any) -> Any:
        if not isinstance(tensor, keras.KerasTensor) or len(tensor.shape) != 3 or None in tensor.shape[1:]:
            return tensor
        if id(tensor) not in made:
            made[id(tensor)] = _make_step_biases(*tensor.shape[1:])(tensor)
        return made[id(tensor)]

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        given = keras.tree.flatten((args, kwargs))
        is_behind = any(id(tensor) in seen for tensor in given)
        if path in attending and not is_behind:
            args = keras.tree.map_structure(add_biases, args)
            kwargs = {n: add_biases(v) if n in ("query", "value", "key") else v for n, v in kwargs.items()}
        outputs = layer(*args, **kwargs)
        if is_behind or path in attending:
            seen.update({id(tensor): tensor for tensor in keras.tree.flatten(outputs)})
        return outputs

    if not attending or any(_makes_masks(p.layer) for p in places):  # which the new layer would drop
        return None
    model = surgery.rebuild(draft.model, call=call)
    if not made:
        return None
    return draft.change(
        "# Before the first attention, with the numbers of steps and of features:",
        'places = keras.layers.EinsumDense("abc,cd->abd", (steps, features), bias_axes="bd", '
        f'kernel_initializer="identity", bias_initializer=keras.initializers.RandomNormal(stddev={_SPREAD}))',
        "h = places(h)",
        model=model,
    )


def _makes_masks(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Masking) or bool(getattr(layer, "mask_zero", False))


def _read_in_order(draft: Draft) -> Draft | None:
    pooling = [p for p in surgery.list_places(draft.model) if isinstance(p.layer, _POOLING)]
    chosen = {p.path for p in pooling if p.layer.data_format == "channels_last" and not p.layer.keepdims}
    if not chosen or all(len(tensor.shape) == 4 for tensor in draft.model.inputs):  # pixels are not read one by one
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        if path not in chosen:
            return None
        return keras.layers.LSTM(layer.input.shape[-1], name=layer.name, dtype=layer.dtype_policy)

    return draft.change(
        f"keras.layers.LSTM(features)  # instead of the pooling over all steps, {len(chosen)} of them",
        model=surgery.rebuild(draft.model, edit),
    )


def _keep_pixels_apart(draft: Draft) -> Draft | None:
    pooling = [p for p in surgery.list_places(draft.model) if isinstance(p.layer, _POOLING_OF_PIXELS)]
    chosen = {p.path for p in pooling if not p.layer.keepdims and _count_values(p.layer) <= _MOST_VALUES}
    if not chosen:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        if path not in chosen:
            return None
        return keras.layers.Flatten(name=layer.name, dtype=layer.dtype_policy)

    return draft.change(
        f"keras.layers.Flatten()  # instead of the pooling over all pixels, {len(chosen)} of them",
        model=surgery.rebuild(draft.model, edit),
    )


def _count_values(layer: Any) -> float:
    """How many values of an example a layer is given; infinity if that is not fixed."""
    shape = layer.input.shape[1:]
    return math.inf if None in shape else math.prod(shape)


REMEDIES = (
    Remedy(
        "a bias for each step before attention",
        "Attention sees a set of steps; a vector that is added to each step tells it where the step is.",
        _tell_steps_apart,
    ),
    Remedy(
        "an LSTM instead of pooling over steps",
        "A mean or a maximum is the same in whatever order the steps are; what a recurrent layer keeps is not.",
        _read_in_order,
    ),
    Remedy(
        "Flatten instead of pooling over pixels",
        "A mean or a maximum is the same wherever in a picture a pixel is; behind Flatten each pixel has weights of "
        "its own.",
        _keep_pixels_apart,
    ),
)
