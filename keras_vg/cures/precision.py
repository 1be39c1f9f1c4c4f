"""Remedies for computing in 16 bits."""

from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy


def is_half(layer: Any) -> bool:
    """Whether a layer or model computes in 16 bits."""
    policy = getattr(layer, "dtype_policy", None)
    return policy is not None and "16" in str(policy.compute_dtype)


def _change_policy(draft: Draft, chosen: set[surgery.Path], line: str) -> Draft | None:
    if not chosen:
        return None

    def edit(path: surgery.Path, layer: Any) -> Any:
        return surgery.change_config(layer, dtype="float32") if path in chosen else None

    return draft.change(line, model=surgery.rebuild(draft.model, edit))


def _use_float32_head(draft: Draft) -> Draft | None:
    places = surgery.list_places(draft.model)
    chosen = {p.path for p in places if p.output is not None and is_half(p.layer)}
    return _change_policy(draft, chosen, 'keras.layers.Dense(units, activation, dtype="float32")  # the last layer')


def _use_float32_penalties(draft: Draft) -> Draft | None:
    places = surgery.list_places(draft.model)
    chosen = {p.path for p in places if is_half(p.layer) and getattr(p.layer, "activity_regularizer", None)}
    return _change_policy(draft, chosen, 'keras.layers.Dense(..., activity_regularizer="l2", dtype="float32")')


def _use_float32_scaling(draft: Draft) -> Draft | None:
    kinds = (keras.layers.Normalization, keras.layers.Rescaling)
    places = surgery.list_places(draft.model)
    chosen = {p.path for p in places if is_half(p.layer) and type(p.layer) in kinds}
    return _change_policy(draft, chosen, 'keras.layers.Normalization(dtype="float32")  # or Rescaling')


def _use_float32(draft: Draft) -> Draft | None:
    chosen = {p.path for p in surgery.list_places(draft.model) if is_half(p.layer)}
    return _change_policy(draft, chosen, 'keras.config.set_dtype_policy("float32")  # before the model is made')


REMEDIES = (
    Remedy(
        "inputs scaled in float32",
        "Inputs are rounded to 16 bits only once they are scaled.",
        _use_float32_scaling,
    ),
    Remedy(
        "float32 where outputs are penalized",
        "The penalty is computed in 32 bits: that of a batch may exceed 65504, the largest number of float16.",
        _use_float32_penalties,
    ),
    Remedy("float32 in the last layer", "Loss and probabilities are computed in 32 bits.", _use_float32_head),
    Remedy("float32 everywhere", "No number overflows at 65504.", _use_float32),
)
