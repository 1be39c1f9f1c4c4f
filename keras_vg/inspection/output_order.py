"""Whether lists go to the outputs of a model in another order than the model's own."""

from typing import Any

import keras
import numpy as np
from keras import ops

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
    if not isinstance(outputs, dict) or _is_sorted(list(outputs)):
        return {}
    given = keras_private.get_loss_arguments(model)
    lists = ["labels"] if isinstance(y, list | tuple) and len(y) > 1 else []
    lists += [name for name, value in given.items() if isinstance(value, list | tuple) and _differ(value)]
    return {"outputs": list(map(str, outputs)), "lists": lists} if lists else {}


def _is_sorted(keys: list[Any]) -> bool:
    """Whether keys are in their order; also of those that have none, which Keras leaves as they are."""
    try:
        return keys == sorted(keys)
    except TypeError:
        return True


def _differ(items: Any) -> bool:
    return not all(_are_same(item, items[0]) for item in items)


def _are_same(a: Any, b: Any) -> bool:
    """Whether two losses, two weights of losses, or two attributes of losses are the same."""
    if a is b:
        return True
    if _is_numeric(a) and _is_numeric(b):
        return bool(np.array_equal(_read(a), _read(b)))
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_are_same(value, b[key]) for key, value in a.items())
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_are_same, a, b))
    if type(a) is not type(b):
        return False
    if isinstance(a, keras.dtype_policies.DTypePolicy):
        return bool(a.name == b.name)
    # Not by its configuration, in which the `delta` of Keras's own `Huber` is not.
    return isinstance(a, keras.losses.Loss) and _are_same({**vars(a), "name": ""}, {**vars(b), "name": ""})


def _is_numeric(item: Any) -> bool:
    if isinstance(item, np.ndarray | np.generic):
        return item.dtype.kind in "biuf"
    return isinstance(item, int | float | keras.Variable) or bool(ops.is_tensor(item))


def _read(number: Any) -> np.ndarray:
    """In the precision that Keras computes with, in which 0.1 and a variable of 0.1 are the same."""
    return np.asarray(ops.convert_to_numpy(number), "float32")
