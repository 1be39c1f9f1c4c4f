"""Remedies for layers that pass on too little: dropout that drops nearly all, and frozen random weights."""

from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.initializers import list_defaults
from keras_vg.cures.remedy import Remedy
from keras_vg.diagnosis.dropout import MEANT_AS_KEPT
from keras_vg.inspection.dropout import DROPOUTS
from keras_vg.inspection.freshness import looks_fresh
from keras_vg.inspection.graph import list_last_operations, list_passed_by
from keras_vg.training.weights import to_numpy


def _keep_more(draft: Draft) -> Draft | None:
    layers = {place.path: place.layer for place in surgery.list_places(draft.model)}
    rates = {path: _turn_rates(layer) for path, layer in layers.items()}
    rates = {path: turned for path, turned in rates.items() if turned}
    if not rates:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, **rates[path]) if path in rates else None

    lines = []
    for path, turned in rates.items():
        arguments = ", ".join(f"{value:g}" if name == "rate" else f"{name}={value:g}" for name, value in turned.items())
        others = "" if "rate" in turned else "..., "
        lines.append(f"keras.layers.{type(layers[path]).__name__}({others}{arguments})  # {path[-1]}")
    return draft.change(*lines, model=surgery.rebuild(draft.model, edit))


def _turn_rates(layer: Any) -> dict[str, float]:
    """One minus each rate of dropout that may have been meant as what is kept, by the names of the arguments."""
    names = ((DROPOUTS, ("rate",)), ((keras.layers.RNN,), ("dropout", "recurrent_dropout")))
    known = next((own for classes, own in names if isinstance(layer, classes)), ())
    rates = {name: getattr(layer, name, None) for name in known}
    numbers = {name: float(rate) for name, rate in rates.items() if isinstance(rate, int | float)}
    return {name: round(1 - rate, 6) for name, rate in numbers.items() if rate >= MEANT_AS_KEPT}


def _keep_predictions(draft: Draft) -> Draft | None:
    last = set(map(id, list_last_operations(draft.model)))
    places = surgery.list_places(draft.model)
    dropouts = [place for place in places if isinstance(place.layer, keras.layers.Dropout)]
    paths = [place.path for place in dropouts if id(place.layer) in last and place.layer.rate > 0]
    if not paths:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, rate=0.0) if path in paths else None

    return draft.change(
        *(f"# Leave out the last layer, `{path[-1]}`" for path in paths), model=surgery.rebuild(draft.model, edit)
    )


def _train_all(draft: Draft) -> Draft | None:
    frozen = [
        place
        for place in surgery.list_places(draft.model)
        if place.layer.weights and not place.layer.trainable and not isinstance(place.layer, keras.layers.Normalization)
    ]
    freshness = {place.path: _list_freshness(place.layer) for place in frozen}
    # What was trained before stays frozen, and with it the normalizations of the same model, which tell nothing.
    trained = {path[:-1] for path, fresh in freshness.items() if False in fresh}
    paths = [p for p, fresh in freshness.items() if False not in fresh and (True in fresh or p[:-1] not in trained)]
    passed_by = list_passed_by(draft.model, {str(place.path): place.layer for place in frozen})
    empty = {p.path: list_defaults(p.layer) for p in frozen if _is_empty(p.layer) and str(p.path) not in passed_by}
    paths += [path for path in empty if path not in paths]
    if not draft.model.trainable_weights:
        paths = list(freshness)
    if not paths:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        if path not in paths:
            return None
        return surgery.change_config(layer, trainable=True, **empty.get(path, {}))

    lines = [f'model.get_layer("{name}").trainable = True' for name in dict.fromkeys(path[0] for path in paths)]
    classes = {place.path: type(place.layer).__name__ for place in frozen}
    lines += [
        f"keras.layers.{classes[path]}(..., {', '.join(f'{k}={v!r}' for k, v in own.items())})  # {path[-1]}, without "
        "the weights of 0"
        for path, own in empty.items()
    ]
    return draft.change(*lines, "# before `compile`", model=surgery.rebuild(draft.model, edit))


def _is_empty(layer: Any) -> bool:
    """Whether a layer's kernels are all 0."""
    kernels = [to_numpy(variable.value) for variable in layer.weights if len(variable.shape) > 1]
    return bool(kernels) and not any(kernel.any() for kernel in kernels)


def _list_freshness(layer: Any) -> list[bool | None]:
    """Whether each of a layer's kernels looks as its initializer draws it."""
    kernels = [variable for variable in layer.weights if len(variable.shape) > 1]
    return [looks_fresh(layer, variable, to_numpy(variable.value)) for variable in kernels]


REMEDIES = (
    Remedy(
        "dropout of what was to be kept",
        "The rate is the part that is dropped: one minus it keeps what it would drop.",
        _keep_more,
    ),
    Remedy(
        "no dropout of predictions",
        "Dropout behind the last layer sets predictions to 0, which no weights can make right.",
        _keep_predictions,
    ),
    Remedy(
        "frozen layers trained",
        "Weights that are frozen at random or at 0 know nothing; trained, they learn.",
        _train_all,
    ),
)
