"""A remedy for hidden layers of a few units, which cannot tell apart what the labels ask for."""

from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy
from keras_vg.inspection.graph import count_values, list_direct_sources

_FEW, _MORE = 8, 64
"""Units up to which a layer is narrow, and what it is given instead; both chosen."""


def _widen(draft: Draft) -> Draft | None:
    places = surgery.list_places(draft.model)
    found = [(place, _find_argument(place.layer)) for place in places if place.output is None]
    alone = _list_feeding(draft, places)
    chosen = {
        place.path: (place, name)
        for place, name in found
        if name and getattr(place.layer, name) <= _FEW and (getattr(place.layer, name) > 1 or place.path in alone)
    }
    if not chosen or _is_code(draft, [place for place, _ in chosen.values()]):
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, **{chosen[path][1]: _MORE}) if path in chosen else None

    model = surgery.rebuild(draft.model, edit)
    if [tensor.shape for tensor in model.outputs] != [tensor.shape for tensor in draft.model.outputs]:
        return None  # what an operation or a merge puts out is the output of a layer in front of it
    lines = [f"keras.layers.{type(p.layer).__name__}({_MORE}, ...)  # {p.path[-1]}" for p, _ in chosen.values()]
    return draft.change(*lines, model=model)


def _list_feeding(draft: Draft, places: list[surgery.Place]) -> set[surgery.Path]:
    """The layers that feed a kernel: one unit that feeds something else may be a score or a gate."""
    layers = {str(place.path): place.layer for place in places}
    paths = {str(place.path): place.path for place in places}
    sources = list_direct_sources(draft.model, layers)
    return {paths[source] for name, source in sources.items() if hasattr(layers[name], "kernel_initializer")}


def _find_argument(layer: Any) -> str:
    """What the number of a layer's units is called: of Dense, convolutional and recurrent layers; empty for others."""
    is_recurrent = isinstance(layer, keras.layers.RNN)
    if not layer.trainable_weights or not (is_recurrent or hasattr(layer, "kernel_initializer")):
        return ""
    names = [name for name in ("units", "filters") if isinstance(layer.get_config().get(name), int)]
    return names[0] if names else ""


def _is_code(draft: Draft, narrow: list[surgery.Place]) -> bool:
    """Whether a narrow layer may be meant, as the code of an autoencoder: the outputs are as many as the inputs."""
    given, made = (sum(map(count_values, side)) for side in (draft.model.inputs, draft.model.outputs))
    return given == made and any(count_values(place.layer.output) < given for place in narrow)


REMEDIES = (
    Remedy("more units in narrow layers", "A few units pass on a few numbers of each example, and no more.", _widen),
)
