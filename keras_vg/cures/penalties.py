"""A remedy for penalties and decays that outweigh the loss."""

from typing import Any

import keras

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy


def _leave_out(draft: Draft) -> Draft | None:
    changed = []

    def edit(path: surgery.Path, layer: Any) -> Any:
        if not isinstance(layer, keras.layers.Layer) or isinstance(layer, keras.layers.Lambda):
            return None
        config = layer.get_config()
        if not _holds_penalty(config):
            return None
        changed.append(layer)
        return surgery.change_config(layer, **_drop_penalties(config))

    model = surgery.rebuild(draft.model, edit) if draft.is_graph else draft.model
    if changed:
        draft = draft.change("# Without `kernel_regularizer` and its like", model=model)
    if draft.optimizer_config.get("weight_decay"):
        line = f"model.compile(keras.optimizers.{draft.optimizer_name}(learning_rate, weight_decay=0.0), loss)"
        return draft.set_optimizer(line, weight_decay=0.0)
    return draft if changed else None


def _is_penalty(name: str) -> bool:
    return name.endswith("_regularizer") and name != "activity_regularizer"


def _holds_penalty(config: Any) -> bool:
    """Whether a configuration has a regularizer of weights, those of layers inside a wrapper or a cell included."""
    if isinstance(config, list | tuple):
        return any(map(_holds_penalty, config))
    if not isinstance(config, dict):
        return False
    return any((_is_penalty(name) and value is not None) or _holds_penalty(value) for name, value in config.items())


def _drop_penalties(config: Any) -> Any:
    """The same configuration without them."""
    if isinstance(config, list | tuple):
        return type(config)(map(_drop_penalties, config))
    if not isinstance(config, dict):
        return config
    return {name: None if _is_penalty(name) else _drop_penalties(value) for name, value in config.items()}


REMEDIES = (
    Remedy(
        "no penalty on weights",
        "A penalty or a weight decay that outweighs the loss shrinks all weights to nothing.",
        _leave_out,
        False,
    ),
)
