"""Remedies that bring the inputs to unit scale, by a layer in front of the model."""

from typing import Any

import keras
import numpy as np

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.precision import is_half
from keras_vg.cures.remedy import Remedy
from keras_vg.inspection.freshness import is_unadapted

_OF_PIXELS = (1 / 255, 1 / 127.5)
"""Scales that bring pixels of 0 to 255 to numbers of 0 to 1, or of 0 to 2 less 1."""

_LARGEST_SCALED = 2.0
"""Inputs that are no larger have a fit scale, or were divided before: chosen, for numbers of -1 to 1 with room."""


def _normalize(draft: Draft) -> Draft | None:
    made = _write_layer(draft, "Normalization")
    lines = [f"normalization = {made}  # the model's first layer", "normalization.adapt(x)"]
    if any(isinstance(layer, keras.layers.Normalization) for layer in _list_layers(draft)):
        lines = ["normalization.adapt(x)  # the model's Normalization layer, which has seen no data"]
    return _put_in_front(draft, _make_normalization, *lines)


def _rescale(draft: Draft) -> Draft | None:
    arrays = _list_inputs(draft)
    if not all(a.min() >= 0 and 50 < a.max() <= 255 and np.all(a == np.round(a)) for a in arrays.values()):
        return None
    return _put_in_front(
        draft,
        lambda array, name: keras.layers.Rescaling(1 / 255, name=name, dtype="float32"),
        f"{_write_layer(draft, 'Rescaling', '1 / 255')}  # the model's first layer",
    )


def _multiply(draft: Draft) -> Draft | None:
    """Pixels as frozen layers take them that were trained on bytes, as some bases of `keras.applications` were."""
    arrays = _list_inputs(draft)
    frozen = [layer for layer in _list_layers(draft) if layer.weights and not layer.trainable]
    if not any(not isinstance(layer, keras.layers.Normalization) for layer in frozen):
        return None
    if not all(array.min() >= 0 and 0.5 < array.max() <= 1 for array in arrays.values()):
        return None
    return _put_in_front(
        draft,
        lambda array, name: keras.layers.Rescaling(255.0, name=name, dtype="float32"),
        f"{_write_layer(draft, 'Rescaling', '255.0')}  # the model's first layer",
    )


def _scale_once(draft: Draft) -> Draft | None:
    """Pixels as a model that divides by 255 itself takes them, as the bases of `keras.applications` often do."""
    arrays = _list_inputs(draft)
    places = [p for p in surgery.list_places(draft.model) if isinstance(p.layer, keras.layers.Rescaling)]
    paths = {p.path for p in places if any(np.isclose(p.layer.scale, scale, rtol=0.05).all() for scale in _OF_PIXELS)}
    if len(arrays) != 1 or not paths or not all(np.abs(array).max() <= _LARGEST_SCALED for array in arrays.values()):
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        # The layer takes what was divided before: the code for the user's own source multiplies instead.
        return surgery.change_config(layer, scale=np.multiply(255, layer.scale).tolist()) if path in paths else None

    return draft.change("x = 255 * x  # the model divides pixels itself", model=surgery.rebuild(draft.model, edit))


def _adapt_anew(draft: Draft) -> Draft | None:
    """A model's first Normalization for what it is given: each feature by itself, with the data's mean and variance."""
    arrays = _list_inputs(draft)
    if len(arrays) != 1 or len(draft.model.inputs) != 1:
        return None
    (array,) = arrays.values()
    places = [p for p in surgery.list_places(draft.model) if isinstance(p.layer, keras.layers.Normalization)]
    paths = {p.path for p in places if getattr(p.layer, "input", None) is draft.model.inputs[0]}
    if len(places) != 1 or not paths or any(is_unadapted(place.layer) for place in places):
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return _make_normalization(array, layer.name) if path in paths else None

    made = _write_layer(draft, "Normalization")
    lines = [f"normalization = {made}  # in place of the model's own", "normalization.adapt(x)"]
    return draft.change(*lines, model=surgery.rebuild(draft.model, edit))


def _choose_large(arrays: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Of several inputs those that are large, if there are some: others may be masks, or which nodes are neighbours."""
    large = {place: array for place, array in arrays.items() if np.nanmax(np.abs(array)) > _LARGEST_SCALED}
    return large or arrays


def _list_inputs(draft: Draft) -> dict[int, np.ndarray]:
    """The inputs that are numbers, by their index: integers may be names of things, as an embedding takes them."""
    arrays = [np.asarray(array) for array in keras.tree.flatten(draft.data.x)]
    types = [tensor.dtype for tensor in draft.model.inputs] if draft.is_graph else [str(a.dtype) for a in arrays]
    return {
        place: array
        for place, (array, dtype) in enumerate(zip(arrays, types, strict=True))
        if "float" in str(dtype) and array.dtype.kind in "fiu" and array.size
    }


def _make_normalization(array: np.ndarray, name: str) -> Any:
    """A layer that knows mean and variance of each feature; a feature that never varies is only centred."""
    rows = array.reshape(-1, array.shape[-1] if array.ndim > 1 else 1).astype("float64")
    mean, variance = np.nanmean(rows, axis=0), np.nanvar(rows, axis=0)
    variance[variance == 0] = 1.0
    # In float32 whatever the rest of the model computes in: large inputs are infinite in float16.
    return keras.layers.Normalization(mean=mean, variance=variance, name=name, dtype="float32")


def _write_layer(draft: Draft, name: str, *arguments: str) -> str:
    """The code of a layer that computes in float32, which has to be said where the model computes in 16 bits."""
    dtype = ('dtype="float32"',) if any(map(is_half, [draft.model, *_list_layers(draft)])) else ()
    return f"keras.layers.{name}({', '.join([*arguments, *dtype])})"


def _list_layers(draft: Draft) -> list[Any]:
    return [place.layer for place in surgery.list_places(draft.model)] if draft.is_graph else []


def _put_in_front(draft: Draft, make_layer: Any, *lines: str) -> Draft | None:
    given = _list_inputs(draft)
    arrays = _choose_large(given)
    normalizing = [layer for layer in _list_layers(draft) if isinstance(layer, keras.layers.Normalization)]
    if not arrays or not all(map(is_unadapted, normalizing)):
        return None

    def make(place: int) -> Any:
        suffix = "" if len(arrays) == 1 else f"_{place}"
        return make_layer(arrays[place], f"input_scaling{suffix}")

    if draft.is_graph:

        def enter(place: int, tensor: Any) -> Any:
            return make(place)(tensor) if place in arrays else tensor

        return draft.change(*lines, model=surgery.rebuild(draft.model, enter=enter))
    if len(given) > 1 or not surgery.has_plain_training(draft.model):
        return None
    entry = keras.Input(arrays[0].shape[1:])
    wrapped = keras.Model(entry, surgery.rebuild(draft.model)(make(0)(entry)), name=f"scaled_{draft.model.name}")
    return draft.change(*lines, model=wrapped, is_graph=True)


REMEDIES = (
    Remedy(
        "Normalization of the inputs",
        "A Normalization layer adapted to the training data gives every feature mean 0 and variance 1.",
        _normalize,
        needs_layers=False,
    ),
    Remedy(
        "Normalization adapted anew",
        "The model's Normalization layer leaves features that hardly vary, or are far from unit scale: it was adapted "
        "to other data, or has one mean and variance for all features.",
        _adapt_anew,
    ),
    Remedy(
        "inputs divided by 255 once",
        "The model divides pixels itself: divided before, they hardly differ for the layers behind.",
        _scale_once,
    ),
    Remedy(
        "inputs times 255",
        "Frozen layers that were trained on pixels of 0 to 255 see next to no differences between numbers of 0 to 1.",
        _multiply,
    ),
    Remedy(
        "inputs divided by 255",
        "Pixels of 0 to 255 become numbers of 0 to 1.",
        _rescale,
        needs_layers=False,
    ),
)
