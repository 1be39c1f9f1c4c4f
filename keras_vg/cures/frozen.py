"""Remedies for layers that pass on too little: dropout that drops nearly all, and frozen random weights."""

from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy


def _keep_more(draft: Draft) -> Draft | None:
    rates = {
        place.path: round(1 - place.layer.rate, 6)
        for place in surgery.list_places(draft.model)
        if isinstance(place.layer, keras.layers.Dropout) and place.layer.rate > 0.5
    }
    if not rates:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, rate=rates[path]) if path in rates else None

    lines = [f"keras.layers.Dropout({rate:g})  # {path[-1]}" for path, rate in rates.items()]
    return draft.change(*lines, model=surgery.rebuild(draft.model, edit))


def _train_all(draft: Draft) -> Draft | None:
    frozen = {
        place.path
        for place in surgery.list_places(draft.model)
        if place.layer.weights and not place.layer.trainable and not isinstance(place.layer, keras.layers.Normalization)
    }
    if not frozen:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, trainable=True) if path in frozen else None

    lines = [
        f'model.get_layer("{name}").trainable = True' for name in dict.fromkeys(path[0] for path in sorted(frozen))
    ]
    return draft.change(*lines, model=surgery.rebuild(draft.model, edit))


REMEDIES = (
    Remedy(
        "dropout of what was to be kept",
        "The rate is the part that is dropped: one minus it keeps what it would drop.",
        _keep_more,
    ),
    Remedy("frozen layers trained", "Random weights that are frozen know nothing; trained, they learn.", _train_all),
)
