"""The trainable weights of a Keras model: which there are, in which order, and their values."""

import difflib
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np

from keras_vg.text import shorten_paths
from keras_vg.training.call_order import walk_layers

Layers: TypeAlias = "str | Sequence[str] | Callable[[keras.layers.Layer], bool]"


@dataclass(frozen=True)
class Weight:
    """A trainable weight and its place in the model.

    Attributes:
        depth: Number of its layer among the layers with trainable weights, in call order, from 0.
        layer: Name of its layer, with the names of the models around it if another layer has the same one.
        name: Shortest ending of the variable's path that is unique in the layer, e.g. `"kernel"`.
        variable: The variable.
    """

    depth: int
    layer: str
    name: str
    variable: keras.Variable

    @functools.cached_property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.variable.shape, dtype=np.int64))


def check_layers(layers: Layers) -> None:
    """Raises unless `layers` has the form of a layer selection; needs no model.

    Raises:
        TypeError: If it is neither a string, a list of strings nor a predicate.
        ValueError: If it is an empty list.
    """
    if isinstance(layers, str) or callable(layers):
        return
    if not isinstance(layers, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in layers):
        raise TypeError(
            "`layers` must be 'first', 'last', 'all', a layer name, a list of names or a predicate on the layer. "
            f"Received: layers={layers!r}."
        )
    if not layers:
        raise ValueError("`layers` must select at least one layer. Received: layers=[]. Name a layer, or pass 'all'.")


def list_weights(model: keras.Model, layers: Layers = "all") -> list[Weight]:
    """Lists the trainable weights of the selected layers, in call order.

    Models inside the model are opened; any other composite layer (a `Bidirectional`, a `MultiHeadAttention`, a
    block of one's own) counts as one layer. A weight that layers share is listed with the first of them.

    Args:
        model: A built model.
        layers: `"first"`, `"last"`, `"all"`, a layer name, a list of names or a predicate on the layer.

    Returns:
        The weights, at least one.

    Raises:
        ValueError: If the model has no trainable weights, a name names no layer with trainable weights, or a
            predicate selects none.
    """
    placed = [(path, layer) for path, layer in walk_layers(model) if layer.trainable_weights]
    names = shorten_paths([path for path, _ in placed])
    weights: list[list[Weight]] = []
    candidates: list[keras.layers.Layer] = []
    seen: set[int] = set()
    for name, (_, layer) in zip(names, placed, strict=True):
        variables = [v for v in layer.trainable_weights if id(v) not in seen]
        if isinstance(layer, keras.Model):  # weights of its own: those of its layers come with them
            inner = {id(v) for sublayer in layer.layers for v in sublayer.trainable_weights}
            variables = [v for v in variables if id(v) not in inner]
        if not variables:
            continue
        seen.update(map(id, variables))
        endings = shorten_paths([tuple(v.path.split("/")) for v in variables])
        weights.append([Weight(len(weights), name, end, v) for end, v in zip(endings, variables, strict=True)])
        candidates.append(layer)
    if not weights:
        raise ValueError(
            "The model must have trainable weights. Received: a model "
            f"{model.name!r} without any. Are all of its layers frozen (`trainable=False`)?"
        )
    return [w for depth in select_depths(layers, [ws[0].layer for ws in weights], candidates) for w in weights[depth]]


def read_values(weight: Weight, indices: np.ndarray | None = None) -> np.ndarray:
    """Copies the values of a weight.

    Args:
        weight: The weight.
        indices: Positions in the flattened (C order) weight, int64 of shape `(n,)`; None for all.

    Returns:
        Array of shape `(n,)` in the weight's own precision; float16 and bfloat16 as the float32 of the same value.
    """
    value: Any = weight.variable
    if indices is not None:  # on the device, so that only the chosen values are copied
        value = keras.ops.take(keras.ops.reshape(value, (-1,)), indices)
    values = copy_to_numpy(value).reshape(-1)
    return values.astype(np.float32) if values.dtype.itemsize < 4 else values


def copy_to_numpy(value: Any) -> np.ndarray:
    """Copies a tensor or a variable: some backends hand out their own memory, which the next step overwrites."""
    tensor = _read_tensor(value)
    if keras.backend.backend() == "jax":  # Keras's checks take as long again
        return np.array(tensor)
    values = keras.ops.convert_to_numpy(tensor)
    return values if values.flags.owndata else values.copy()


def _read_tensor(value: Any) -> Any:
    """The tensor of a variable, in a quarter of the time that NumPy or Keras take; a tensor as it is."""
    variable = value.value if isinstance(value, keras.Variable) else value
    if keras.backend.backend() != "tensorflow":
        return variable
    import tensorflow as tf

    if isinstance(variable, tf.distribute.DistributedValues):  # there is one per replica
        return tf.convert_to_tensor(variable)
    if isinstance(variable, tf.Variable):
        return tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype)
    return variable


def select_depths(layers: Layers, names: list[str], candidates: list[keras.layers.Layer]) -> list[int]:
    """The depths of the selected layers."""
    depths = range(len(names))
    if callable(layers):
        chosen = [depth for depth in depths if layers(candidates[depth])]
        if not chosen:
            raise ValueError(
                "`layers` must select at least one layer with trainable weights. Received: a predicate that is "
                f"false for all of them: {', '.join(names)}."
            )
        return chosen
    keywords = {"first": depths[:1], "last": depths[-1:], "all": depths}
    if isinstance(layers, str) and layers in keywords:
        return list(keywords[layers])
    wanted = [layers] if isinstance(layers, str) else list(layers)
    for name in wanted:
        if name not in names:
            nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)[0]
            raise ValueError(
                "`layers` must name layers with trainable weights; this model has "
                f"{', '.join(map(repr, names))}. Received: layers={layers!r}. Did you mean {nearest!r}?"
            )
    return [depth for depth in depths if names[depth] in wanted]
