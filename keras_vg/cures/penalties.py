"""Remedies for penalties, decays and constraints that keep weights too small."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import keras

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy

Chosen: TypeAlias = Callable[[str], bool]
"""Whether an entry of a layer's configuration, by its name, is to be left out."""


def _is_penalty(name: str) -> bool:
    return name.endswith("_regularizer") and name != "activity_regularizer"


def _is_activity_penalty(name: str) -> bool:
    return name == "activity_regularizer"


def _is_constraint(name: str) -> bool:
    return name.endswith("_constraint")


def _leave_penalties_out(draft: Draft) -> Draft | None:
    changed = _leave_out(draft, _is_penalty, "# Without `kernel_regularizer` and its like")
    if draft.optimizer_config.get("weight_decay"):
        line = f"model.compile(keras.optimizers.{draft.optimizer_name}(learning_rate, weight_decay=0.0), loss)"
        return (changed or draft).set_optimizer(line, weight_decay=0.0)
    return changed


def _leave_activity_penalties_out(draft: Draft) -> Draft | None:
    line = "# Without `activity_regularizer` and `ActivityRegularization`"
    return _leave_out(draft, _is_activity_penalty, line, {keras.layers.ActivityRegularization: {"l1": 0.0, "l2": 0.0}})


def _leave_constraints_out(draft: Draft) -> Draft | None:
    return _leave_out(draft, _is_constraint, "# Without `kernel_constraint` and its like")


def _leave_out(
    draft: Draft, is_chosen: Chosen, line: str, instead: Mapping[type, Mapping[str, Any]] | None = None
) -> Draft | None:
    """The draft without some arguments of its layers; None if no layer has one, or layers cannot be exchanged.

    Args:
        draft: The draft.
        is_chosen: Which arguments to leave out.
        line: What is changed, as code.
        instead: Layers for which other arguments do the same, by their class, with the values that end it.
    """
    changed = []

    def edit(path: surgery.Path, layer: Any) -> Any:
        if not isinstance(layer, keras.layers.Layer) or isinstance(layer, keras.layers.Lambda):
            return None
        config = layer.get_config()
        ending = (instead or {}).get(type(layer), {})
        if any(config.get(name) for name in ending):
            changed.append(layer)
            return surgery.change_config(layer, **ending)
        if not _holds(config, is_chosen):
            return None
        changed.append(layer)
        return surgery.change_config(layer, **_drop(config, is_chosen))

    model = surgery.rebuild(draft.model, edit) if draft.is_graph else draft.model
    return draft.change(line, model=model) if changed else None


def _holds(config: Any, is_chosen: Chosen) -> bool:
    """Whether a configuration has such an argument, those of layers inside a wrapper or a cell included."""
    if isinstance(config, list | tuple):
        return any(_holds(value, is_chosen) for value in config)
    if not isinstance(config, dict):
        return False
    return any((is_chosen(name) and value is not None) or _holds(value, is_chosen) for name, value in config.items())


def _drop(config: Any, is_chosen: Chosen) -> Any:
    """The same configuration without them."""
    if isinstance(config, list | tuple):
        return type(config)(_drop(value, is_chosen) for value in config)
    if not isinstance(config, dict):
        return config
    return {name: None if is_chosen(name) else _drop(value, is_chosen) for name, value in config.items()}


REMEDIES = (
    Remedy(
        "no penalty on weights",
        "A penalty or a weight decay that outweighs the loss shrinks all weights to nothing.",
        _leave_penalties_out,
        False,
    ),
    Remedy(
        "no constraint on weights",
        "Weights that are cut to a small norm after each step cannot grow to what the labels ask for.",
        _leave_constraints_out,
    ),
    Remedy(
        "no penalty on activities",
        "A penalty on what layers put out that outweighs the loss brings it to 0 for every example.",
        _leave_activity_penalties_out,
    ),
)
