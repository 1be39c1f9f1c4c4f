"""A remedy for penalties and decays that outweigh the loss."""

from typing import Any

from keras_vg.cures import surgery
from keras_vg.cures.draft import Draft
from keras_vg.cures.remedy import Remedy


def _leave_out(draft: Draft) -> Draft | None:
    changed = []

    def edit(path: surgery.Path, layer: Any) -> Any:
        config = layer.get_config()
        penalties = [name for name, value in config.items() if name.endswith("_regularizer") and value is not None]
        if not penalties:
            return None
        changed.append(layer)
        return surgery.change_config(layer, **dict.fromkeys(penalties))

    model = surgery.rebuild(draft.model, edit) if draft.is_graph else draft.model
    if changed:
        draft = draft.change("# Without `kernel_regularizer` and its like", model=model)
    if draft.optimizer_config.get("weight_decay"):
        line = f"model.compile(keras.optimizers.{draft.optimizer_name}(learning_rate, weight_decay=0.0), loss)"
        return draft.set_optimizer(line, weight_decay=0.0)
    return draft if changed else None


REMEDIES = (
    Remedy(
        "no penalty on weights",
        "A penalty or a weight decay that outweighs the loss shrinks all weights to nothing.",
        _leave_out,
        False,
    ),
)
