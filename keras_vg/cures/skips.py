"""Remedies that shorten the way of the gradient: skip connections, and fewer layers."""

from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.activations import is_plain
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

_MOST_LAYERS = 2
"""Layers of one shape that `fewer layers` leaves of those that follow one another."""


def _list_equal_shapes(draft: Draft) -> list[surgery.Path]:
    """The hidden layers whose output has the shape of their input."""
    found: dict[surgery.Path, None] = {}
    hidden = {p.path for p in surgery.list_places(draft.model) if p.output is None and is_plain(p.layer)}

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        outputs = layer(*args, **kwargs)
        if path in hidden and getattr(args[0], "shape", None) == outputs.shape:
            found[path] = None
        return outputs

    surgery.rebuild(draft.model, call=call)
    return list(found)


def _add_skips(draft: Draft) -> Draft | None:
    chosen = _list_equal_shapes(draft)
    if not chosen:
        return None

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        outputs = layer(*args, **kwargs)
        return keras.layers.Add()([args[0], outputs]) if path in chosen else outputs

    return draft.change(
        f"# Around each of the {len(chosen)} hidden layers whose input and output have the same shape:",
        "h = keras.layers.Add()([h, keras.layers.Dense(units, activation)(h)])",
        model=surgery.rebuild(draft.model, call=call),
    )


def _drop_layers(draft: Draft) -> Draft | None:
    dropped = _list_equal_shapes(draft)[_MOST_LAYERS:]
    if not dropped:
        return None

    def call(path: surgery.Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        return args[0] if path in dropped else layer(*args, **kwargs)

    names = ", ".join(path[-1] for path in dropped)
    return draft.change(f"# Leave out these layers: {names}", model=surgery.rebuild(draft.model, call=call))


REMEDIES = (
    Remedy(
        "skip connections",
        "Each layer adds to what it is given, so that the gradient has a way past it.",
        _add_skips,
    ),
    Remedy(
        "fewer layers",
        "What shrinks or grows with every layer does so less often.",
        _drop_layers,
    ),
)
