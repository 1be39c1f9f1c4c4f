"""Remedies for recurrent nets, whose gradient passes the same layer once per time step."""

from collections.abc import Callable
from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

_SHARED: tuple[str, ...] = ("name", "trainable", "dtype", "units", "return_sequences", "return_state", "go_backwards")
_SHARED += ("stateful", "unroll", "dropout", "recurrent_dropout")
_SHARED += ("kernel_regularizer", "recurrent_regularizer", "bias_regularizer")


def _make_gated(cls: type, name: str) -> Callable[[Draft], Draft | None]:
    def change(draft: Draft) -> Draft | None:
        recurrent = [p for p in surgery.list_places(draft.model) if isinstance(p.layer, keras.layers.SimpleRNN)]
        # Its state is two tensors in an LSTM, and whoever takes it from the layer expects one.
        chosen = {p.path for p in recurrent if not p.layer.return_state}
        if not chosen:
            return None

        def edit(path: surgery.Path, layer: Any) -> Any:
            config = layer.get_config()
            return cls.from_config({key: config[key] for key in _SHARED}) if path in chosen else None  # type: ignore[attr-defined]

        return draft.change(
            f"keras.layers.{name}(units)  # instead of SimpleRNN, {len(chosen)} of them",
            model=surgery.rebuild(draft.model, edit),
        )

    return change


def _make_configured(
    needs_change: Callable[[keras.layers.Layer], bool], code: str, **config: Any
) -> Callable[[Draft], Draft | None]:
    def change(draft: Draft) -> Draft | None:
        chosen = {p.path for p in surgery.list_places(draft.model) if needs_change(p.layer)}
        if not chosen:
            return None

        def edit(path: surgery.Path, layer: Any) -> Any:
            return surgery.change_config(layer, **config) if path in chosen else None

        return draft.change(f"{code}  # in {len(chosen)} recurrent layers", model=surgery.rebuild(draft.model, edit))

    return change


def _mask_padding(draft: Draft) -> Draft | None:
    places = surgery.list_places(draft.model)
    chosen = {p.path for p in places if isinstance(p.layer, keras.layers.Embedding) and not p.layer.mask_zero}
    if not chosen or not any(_is_recurrent(p.layer) for p in places):
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, mask_zero=True) if path in chosen else None

    lines = [f"keras.layers.Embedding(..., mask_zero=True)  # {path[-1]}" for path in sorted(chosen)]
    return draft.change(*lines, model=surgery.rebuild(draft.model, edit))


def _read_from_both_sides(draft: Draft) -> Draft | None:
    chosen = {
        p.path
        for p in surgery.list_places(draft.model)
        if isinstance(p.layer, keras.layers.RNN) and not (p.layer.return_state or p.layer.stateful)
    }
    if not chosen:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return keras.layers.Bidirectional(surgery.copy_layer(layer)) if path in chosen else None

    return draft.change(
        f"keras.layers.Bidirectional(...)  # around {len(chosen)} recurrent layers",
        model=surgery.rebuild(draft.model, edit),
    )


def _is_recurrent(layer: Any) -> bool:
    return isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)


def _is_not_orthogonal(layer: Any) -> bool:
    return (
        hasattr(layer, "cell")
        and hasattr(layer, "recurrent_initializer")
        and not isinstance(layer.recurrent_initializer, keras.initializers.Orthogonal)
    )


def _has_open_gates(layer: keras.layers.Layer) -> bool:
    gates = getattr(layer, "recurrent_activation", None)
    return gates is not None and gates not in (keras.activations.sigmoid, keras.activations.hard_sigmoid)


def _is_not_tanh(layer: Any) -> bool:
    return hasattr(layer, "cell") and getattr(layer, "activation", None) not in (None, keras.activations.tanh)


def _is_stateful(layer: Any) -> bool:
    return bool(getattr(layer, "stateful", False))


def _zeroes_last_output(layer: Any) -> bool:
    return getattr(layer, "zero_output_for_mask", False) and not getattr(layer, "return_sequences", True)


REMEDIES = (
    Remedy(
        "the last output kept where steps are masked",
        "Examples that end with padding have the output of their last step instead of zeros.",
        _make_configured(_zeroes_last_output, "zero_output_for_mask=False", zero_output_for_mask=False),
    ),
    Remedy(
        "padding masked",
        "Steps of id 0 are left out, so that the layer ends with the last word of each example.",
        _mask_padding,
    ),
    Remedy(
        "recurrent layers read from both sides",
        "A second layer reads from the end, so that the first steps are the last that it reads.",
        _read_from_both_sides,
    ),
    Remedy(
        "no state from batch to batch",
        "Each batch begins with a state of zeros.",
        _make_configured(_is_stateful, "stateful=False", stateful=False),
    ),
    Remedy(
        "tanh in recurrent layers",
        "A state between -1 and 1 cannot grow from step to step.",
        _make_configured(_is_not_tanh, 'activation="tanh"', activation="tanh"),
    ),
    Remedy(
        "sigmoid in the gates",
        "A gate between 0 and 1 passes on no more than the state that it is given.",
        _make_configured(_has_open_gates, 'recurrent_activation="sigmoid"', recurrent_activation="sigmoid"),
    ),
    Remedy(
        "GRU instead of SimpleRNN",
        "Gates let the state, and its gradient, pass many steps.",
        _make_gated(keras.layers.GRU, "GRU"),
    ),
    Remedy(
        "LSTM instead of SimpleRNN",
        "Gates let the state, and its gradient, pass many steps.",
        _make_gated(keras.layers.LSTM, "LSTM"),
    ),
    Remedy(
        "orthogonal recurrent weights",
        "An orthogonal matrix neither shrinks nor stretches the state.",
        _make_configured(_is_not_orthogonal, 'recurrent_initializer="orthogonal"', recurrent_initializer="orthogonal"),
    ),
)
