"""A remedy for embeddings that are asked for rows which they do not have."""

from typing import Any

import keras
import numpy as np

from keras_vg.cures import surgery
from keras_vg.cures.data import take
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy


def _widen(draft: Draft) -> Draft | None:
    sizes = {}
    for place in surgery.list_places(draft.model):
        if isinstance(place.layer, keras.layers.Embedding) and len(place.path) == 1:
            largest = _find_largest_id(draft, place.layer)
            if largest >= place.layer.input_dim:
                sizes[place.path] = largest + 1
    if not sizes:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, input_dim=sizes[path]) if path in sizes else None

    lines = [f"keras.layers.Embedding({size}, output_dim)  # {path[-1]}" for path, size in sizes.items()]
    return draft.change(*lines, model=surgery.rebuild(draft.model, edit))


def _find_largest_id(draft: Draft, layer: Any) -> int:
    """The largest id that an embedding is given, in training and validation data: both must be looked up."""
    entry = keras.Model(draft.model.input, layer.input)
    largest = -1
    for x in (draft.data.x, draft.data.x_val):
        for start in range(0, len(keras.tree.flatten(x)[0]), 1024):
            ids = entry(take(x, slice(start, start + 1024)))
            largest = max(largest, int(np.max(keras.ops.convert_to_numpy(ids))))
    return largest


REMEDIES = (Remedy("a row for every id", "An embedding of as many rows as the largest id asks for.", _widen),)
