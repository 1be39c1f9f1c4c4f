"""A remedy for hidden layers of a few units, which cannot tell apart what the labels ask for."""

from typing import Any

import keras
import numpy as np

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

_FEW, _MORE = 8, 64
"""Units up to which a layer is narrow, and what it is given instead; both chosen."""


def _widen(draft: Draft) -> Draft | None:
    chosen = {}
    for place in surgery.list_places(draft.model):
        name = _find_argument(place.layer)
        if name and place.output is None and getattr(place.layer, name) <= _FEW:
            chosen[place.path] = name
    if not chosen or _copies_inputs(draft):
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, **{chosen[path]: _MORE}) if path in chosen else None

    lines = [f"keras.layers.{type(p.layer).__name__}({_MORE}, ...)  # {p.path[-1]}" for p in _list(draft, chosen)]
    return draft.change(*lines, model=surgery.rebuild(draft.model, edit))


def _list(draft: Draft, chosen: dict[surgery.Path, str]) -> list[surgery.Place]:
    return [place for place in surgery.list_places(draft.model) if place.path in chosen]


def _find_argument(layer: Any) -> str:
    """What the number of a layer's units is called: of Dense, convolutional and recurrent layers; empty for others."""
    is_recurrent = isinstance(layer, keras.layers.RNN)
    if not layer.trainable_weights or not (is_recurrent or hasattr(layer, "kernel_initializer")):
        return ""
    names = [name for name in ("units", "filters") if isinstance(layer.get_config().get(name), int)]
    return names[0] if names else ""


def _copies_inputs(draft: Draft) -> bool:
    """Whether labels are inputs: a narrow layer is what an autoencoder is about."""
    inputs, labels = (keras.tree.flatten(arrays) for arrays in (draft.data.x, draft.data.y))
    return any(x.size == y.size and np.array_equal(x.reshape(-1), y.reshape(-1)) for x in inputs for y in labels)


REMEDIES = (
    Remedy("more units in narrow layers", "A few units pass on a few numbers of each example, and no more.", _widen),
)
