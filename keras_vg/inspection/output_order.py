"""Whether lists go to the outputs of a model in another order than the model's own."""

from typing import Any

import keras

from keras_vg.training import keras_private


def describe_lists(model: keras.Model, y: Any) -> dict[str, list[str]]:
    """Says which lists Keras matches with a dictionary of outputs by the alphabet of their names.

    Args:
        model: A compiled model.
        y: Its labels, as `fit` takes them.

    Returns:
        `outputs`, their names in the model's own order, and `lists`, which of `"labels"`, `"losses"` and
        `"loss_weights"` are lists of different items. Empty if there is no such list, if the outputs are no dictionary,
        and where both orders are the same.
    """
    is_functional = bool(keras_private.list_connections(model)) and not isinstance(model, keras.Sequential)
    outputs = model.output if is_functional else None
    if not isinstance(outputs, dict) or list(outputs) == sorted(outputs):
        return {}
    given = keras_private.get_loss_arguments(model)
    lists = ["labels"] if isinstance(y, list | tuple) and len(y) > 1 else []
    lists += [name for name, value in given.items() if isinstance(value, list | tuple) and _differ(value)]
    return {"outputs": list(map(str, outputs)), "lists": lists} if lists else {}


def _differ(items: Any) -> bool:
    return any(item is not items[0] and item != items[0] for item in items)
