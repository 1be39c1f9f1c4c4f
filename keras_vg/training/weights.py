"""The trainable weights of a Keras model: which there are, in which order, and their values."""

import difflib
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np

from keras_vg.text import shorten_paths
from keras_vg.training.call_order import list_own_weights, walk_layers

Layers: TypeAlias = "str | Sequence[str] | Callable[[keras.layers.Layer], bool]"


@dataclass(frozen=True)
class Weight:
    """A trainable weight and its position in the model.

    Attributes:
        depth: Number of its layer among the layers with trainable weights, in call order, from 0.
        layer: Name of its layer, with those of the layers and models around it as far as is needed: back to a layer
            that `model.summary(expand_nested=True)` shows, and further if another layer has the same name.
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


def has_weights(model: keras.Model) -> bool:
    """Whether a model has trainable weights, as `list_weights` counts them."""
    return any(not v.overwrite_with_gradient for v in model.trainable_variables)


def list_weights(model: keras.Model, layers: Layers = "all") -> list[Weight]:
    """Lists the trainable weights of the selected layers, in call order.

    Each weight belongs to the innermost layer that holds it: the layers inside a model, a `TimeDistributed`, a
    `Bidirectional`, a `MultiHeadAttention` or a block of one's own are layers like any other, whether what is around
    them is frozen or not. Only a recurrent layer and its cell count as one. A weight that layers share is listed with
    the first of them. Values that training overwrites with what it computes in place of a gradient, the scales of
    float8 layers, are no weights.

    Args:
        model: A built model.
        layers: `"first"`, `"last"`, `"all"`, a layer name, a list of names or a predicate on the layer. The name of
            a layer or model that holds others selects all of them.

    Returns:
        The weights, at least one.

    Raises:
        ValueError: If the model has no trainable weights, a name names no layer with trainable weights, or a
            predicate selects none.
    """
    left = {id(v) for v in model.trainable_variables if not v.overwrite_with_gradient}
    owned = []
    for path, layer in walk_layers(model):
        variables = [v for v in list_own_weights(layer) if id(v) in left]
        left.difference_update(map(id, variables))
        if variables:
            owned.append((path, layer, variables))
    if not owned:
        raise ValueError(
            "The model must have trainable weights. Received: a model "
            f"{model.name!r} without any. Are all of its layers frozen (`trainable=False`)?"
        )
    names = shorten_paths([path for path, _, _ in owned])
    weights = []
    for depth, (name, (_, _, variables)) in enumerate(zip(names, owned, strict=True)):
        endings = shorten_paths([tuple(v.path.split("/")) for v in variables])
        weights.append([Weight(depth, name, end, v) for end, v in zip(endings, variables, strict=True)])
    candidates = [Candidate(name, path, layer) for name, (path, layer, _) in zip(names, owned, strict=True)]
    return [weight for depth in select_layers(layers, candidates) for weight in weights[depth]]


def read_values(weight: Weight, indices: np.ndarray | None = None) -> np.ndarray:
    """Copies the values of a weight.

    Args:
        weight: The weight.
        indices: Positions in the flattened (C order) weight, int64 of shape `(n,)`; None for all.

    Returns:
        Array of shape `(n,)` in the weight's own precision; float16 and bfloat16 as the float32 of the same value.
    """
    value = read_local(weight.variable)
    if indices is not None:  # on the device, so that only the chosen values are copied
        value = keras.ops.take(keras.ops.reshape(value, (-1,)), indices)
    values = copy_to_numpy(value).reshape(-1)
    return values.astype(np.float32) if values.dtype.itemsize < 4 else values


def copy_to_numpy(value: Any) -> np.ndarray:
    """Copies a tensor or a variable: some backends hand out their own memory, which the next step overwrites."""
    tensor = read_tensor(value)
    if keras.backend.backend() == "jax":  # Keras's checks take as long again
        return np.array(_gather(tensor))
    values = _view(tensor)
    return values if values.flags.owndata else values.copy()


def to_numpy(tensor: Any) -> np.ndarray:
    """The values of a tensor, perhaps of the same memory; of one that several processes share, in all of them."""
    return np.asarray(_gather(tensor)) if keras.backend.backend() == "jax" else _view(tensor)


def _view(tensor: Any) -> np.ndarray:
    """The values of a tensor; of a single bfloat16 on TensorFlow NumPy makes no array by itself."""
    is_single = keras.backend.backend() == "tensorflow" and hasattr(tensor, "numpy") and len(tensor.shape) == 0
    return np.asarray(tensor.numpy() if is_single else keras.ops.convert_to_numpy(tensor))


def read_tensor(value: Any) -> Any:
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


def read_local(variable: Any) -> Any:
    """The tensor of a variable that is not split; of one that several processes hold, this process's own."""
    tensor = read_tensor(variable)
    if keras.backend.backend() != "jax" or tensor.is_fully_addressable or not tensor.is_fully_replicated:
        return tensor
    return tensor.addressable_shards[0].data


def _gather(array: Any) -> Any:
    """The same JAX array, or one that this process holds as a whole, if several processes share it."""
    import jax

    if not isinstance(array, jax.Array) or array.is_fully_addressable or array.is_fully_replicated:
        return array
    return _compile_gather(array.sharding)(array)


@functools.cache
def _compile_gather(sharding: Any) -> Any:
    import jax

    parts: Any = jax.sharding  # some of which have no types
    devices = sorted(sharding.device_set, key=lambda device: device.id)
    mesh = sharding.mesh if isinstance(sharding, parts.NamedSharding) else parts.Mesh(devices, ("device",))
    return jax.jit(lambda values: values, out_shardings=parts.NamedSharding(mesh, parts.PartitionSpec()))


@dataclass(frozen=True)
class Candidate:
    """A layer that can be selected.

    Attributes:
        name: Its name in the logs.
        path: Its path, as `walk_layers` yields it.
        layer: The layer.
    """

    name: str
    path: tuple[str, ...]
    layer: keras.layers.Layer

    def is_named(self, name: str) -> bool:
        """Whether a name is this layer's, or that of a layer or model around it."""
        return name == self.name or f"/{name}/" in f"/{'/'.join(self.path)}"


def select_layers(layers: Layers, candidates: Sequence[Candidate]) -> list[int]:
    """Selects layers.

    Args:
        layers: `"first"`, `"last"`, `"all"`, a layer name, a list of names or a predicate on the layer.
        candidates: The layers to select from, in call order.

    Returns:
        The positions of the selected ones among the candidates, ascending.

    Raises:
        ValueError: If a name names none of them, or a predicate selects none.
    """
    positions = range(len(candidates))
    names = [candidate.name for candidate in candidates]
    if callable(layers):
        chosen = [position for position in positions if layers(candidates[position].layer)]
        if not chosen:
            raise ValueError(
                "`layers` must select at least one layer with trainable weights. Received: a predicate that is "
                f"false for all of them: {', '.join(names)}."
            )
        return chosen
    keywords = {"first": positions[:1], "last": positions[-1:], "all": positions}
    if isinstance(layers, str) and layers in keywords:
        return list(keywords[layers])
    wanted = [layers] if isinstance(layers, str) else list(layers)
    for name in wanted:
        if not any(candidate.is_named(name) for candidate in candidates):
            nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)[0]
            raise ValueError(
                "`layers` must name layers with trainable weights; this model has "
                f"{', '.join(map(repr, names))}. Received: layers={layers!r}. Did you mean {nearest!r}?"
            )
    return [position for position in positions if any(map(candidates[position].is_named, wanted))]
