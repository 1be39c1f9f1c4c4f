"""Copies of a model with some layers changed, made from configurations alone; the model itself stays as it is."""

import inspect
import itertools
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from zlib import crc32

import keras
import numpy as np

from keras_vg.text import is_of_keras

Path: TypeAlias = tuple[str, ...]
"""Names of the models around a layer, from the outermost, then its own."""

Edit: TypeAlias = Callable[[Path, Any], Any]
"""Takes a layer's path and the layer, and returns a new layer, or None for a copy."""

Call: TypeAlias = Callable[..., Any]
"""Takes a layer's path, the new layer and what it is called with, and returns what goes on to the next layers."""


_INNER = "_inner"


Enter: TypeAlias = Callable[[int, Any], Any]
"""Takes the index of an input of the model and its tensor, and returns what the layers are given instead."""


@dataclass(frozen=True)
class Place:
    """A layer in its model.

    Attributes:
        path: Names of the models around it, then its own.
        layer: The layer.
        output: Index of the model's output that this layer or one after it without weights makes; None if hidden.
        is_head: Whether it is the last layer with weights before an output.
    """

    path: Path
    layer: Any
    output: int | None
    is_head: bool


def is_graph(model: Any) -> bool:
    """Whether a layer is a Sequential or functional model, whose layers can be exchanged one by one."""
    return isinstance(model, keras.Sequential) or (
        isinstance(model, keras.Model) and hasattr(model, "operations") and _has_own_constructor(model)
    )


def _has_own_constructor(model: keras.Model) -> bool:
    """Whether the class is Keras's own: what a functional model's subclass overrides would be lost in a copy."""
    return is_of_keras(model)


def has_plain_training(model: Any) -> bool:
    """Whether a model is trained as Keras trains any other: it can then be a layer of one."""
    names = ("train_step", "compute_loss", "fit")
    return all(getattr(type(model), name) is getattr(keras.Model, name) for name in names)


def rebuild(
    model: keras.Model, edit: Edit | None = None, call: Call | None = None, enter: Enter | None = None
) -> keras.Model:
    """Copies a model, with new layers of the same configurations, uncompiled.

    Weights are new, but those that no training changes (of frozen layers, of an adapted `Normalization`) are copied.
    A layer that the model calls several times is one layer in the copy, too.

    Args:
        model: A built Sequential or functional model; models inside it are copied layer by layer. Any other model is
            copied as a whole, by its `get_config`, and `edit` and `call` are not asked.
        edit: What stands in a layer's place; None copies all.
        call: How the layers are called; None calls them as the model does.
        enter: What is done to the inputs first; None leaves them as they are.

    Returns:
        The copy: a functional model, also of a Sequential one; its inputs and outputs are named as the model's.
    """
    if not is_graph(model):
        return copy_layer(model)
    call = call or (lambda path, layer, *args, **kwargs: layer(*args, **kwargs))
    if enter is not None:
        call = _change_inputs(make_plain(model), call, enter)
    return _rebuild_graph(model, edit or (lambda path, layer: None), call, (), {})


def _change_inputs(model: keras.Model, call: Call, enter: Enter) -> Call:
    """A way to call layers in which those that are given an input of the model get something else."""
    places = {tensor.name: place for place, tensor in enumerate(model.inputs)}  # a copy's inputs have the same names
    made: dict[int, Any] = {}
    changed: dict[str, Any] = {}

    def change(tensor: Any) -> Any:
        if not isinstance(tensor, keras.KerasTensor) or id(tensor) in made or tensor.name not in places:
            return tensor
        if tensor.name not in changed:
            changed[tensor.name] = enter(places[tensor.name], tensor)
        return changed[tensor.name]

    def call_changed(path: Path, layer: Any, *args: Any, **kwargs: Any) -> Any:
        if len(path) == 1:
            args, kwargs = keras.tree.map_structure(change, (args, kwargs))
        outputs = call(path, layer, *args, **kwargs)
        made.update({id(tensor): tensor for tensor in keras.tree.flatten(outputs)})
        return outputs

    return call_changed


def _rebuild_graph(model: keras.Model, edit: Edit, call: Call, path: Path, copies: dict[int, Any]) -> keras.Model:
    paths: dict[int, Path] = {}
    pairs: list[tuple[Any, Any]] = []

    def clone(layer: Any) -> Any:
        own = (*path, layer.name)
        if id(layer) not in copies:
            if is_graph(layer):
                copies[id(layer)] = _rebuild_graph(layer, edit, call, own, copies)
            else:
                new = edit(own, layer)
                copies[id(layer)] = copy_layer(layer) if new is None else new
                pairs.append((layer, copies[id(layer)]))
        paths[id(copies[id(layer)])] = own
        return copies[id(layer)]

    def call_copy(layer: Any, *args: Any, **kwargs: Any) -> Any:
        return call(paths[id(layer)], layer, *args, **kwargs)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's of a faulty model, which were given when it was made
        # Of a compiled model, Keras would also copy what it compiled.
        copy = keras.models.clone_model(make_plain(model), clone_function=clone, call_function=call_copy)
    for old, new in pairs:
        if keeps_weights(old) and keeps_weights(new) and type(old) is type(new) and _have_same_shapes(old, new):
            give_weights(new, old.get_weights())
    return copy


def make_plain(model: keras.Model) -> keras.Model:
    """The same layers as an uncompiled functional model.

    Args:
        model: A built Sequential or functional model.

    Returns:
        The functional model.
    """
    # A Sequential model inside another has as its `input` what the outer one calls it with.
    ends = (model.inputs[0], model.outputs[0]) if isinstance(model, keras.Sequential) else (model.input, model.output)
    return keras.Model(*ends, name=model.name)


def copy_layer(layer: Any) -> Any:
    """A new layer of the same configuration; a `Lambda` layer calls the same function.

    Args:
        layer: A layer, a model of a class of its own, or an operation of a functional model.

    Returns:
        The copy, without the weights.
    """
    if isinstance(layer, keras.layers.Lambda):
        config = {name: layer.get_config()[name] for name in ("name", "trainable", "dtype")}
        return keras.layers.Lambda(layer.function, arguments=layer.arguments, **config)
    return _make(layer, layer.get_config())


def _make(layer: Any, config: dict[str, Any]) -> Any:
    new = type(layer).from_config(choose_accepted(type(layer), config))
    if isinstance(layer, keras.layers.Layer):
        give_common_arguments(new, {"name": layer.name} | config)
    return new


def give_common_arguments(layer: Any, config: dict[str, Any]) -> None:
    """Sets what every layer of Keras has, where a class of the user's own does not take or keep it.

    Args:
        layer: A new layer.
        config: The configuration that it was made of, whole, with its name.
    """
    for name in ("name", "trainable"):
        if name in config and getattr(layer, name) != config[name]:
            setattr(layer, name, config[name])
    if "dtype" in config and "dtype" not in choose_accepted(type(layer), config):
        layer.dtype_policy = keras.dtype_policies.get(config["dtype"])


def choose_accepted(cls: Any, config: dict[str, Any]) -> dict[str, Any]:
    """Leaves out the arguments of every Keras layer that the constructor of a class of the user's own does not take.

    Args:
        cls: The layer's class.
        config: What its `get_config` returns: Keras adds `trainable` and `dtype` whatever the constructor takes.

    Returns:
        The rest.
    """
    parameters = inspect.signature(cls.__init__).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return config
    return {k: v for k, v in config.items() if k in parameters or k not in ("name", "trainable", "dtype")}


def change_config(layer: Any, /, **changes: Any) -> Any:
    """A new layer like another one but for some entries of its configuration.

    Args:
        layer: The layer.
        **changes: Entries, as the layer's constructor takes them.

    Returns:
        The new layer.
    """
    return _make(layer, layer.get_config() | changes)


def name_inner(model: keras.Model, path: Path) -> str:
    """Names a layer that was the last one and now has another behind it, which takes its name.

    Args:
        model: The model that the layer is in.
        path: The layer's path.

    Returns:
        A name that no layer of the model has.
    """
    taken = {place.path[-1] for place in list_places(model)}
    name = path[-1] + _INNER
    while name in taken:
        name += _INNER
    return name


def set_seeds(model: keras.Model, seed: int, known: Sequence[Path] = ()) -> keras.Model:
    """Copies a model, each initializer with a seed of its own that follows from a number and the layer's place.

    Layers that two models have in common so start from the same weights, and the names that Keras numbers as long as a
    process lives do not matter. Layers made of others (attention, wrappers)
    give one initializer to several of them, which one seed would make equal: they draw from Keras's global seed.

    Args:
        model: The model.
        seed: The number.
        known: Paths of the layers whose place in this list counts; for others their name does.

    Returns:
        The copy. Of a model that can only be copied as a whole, initial weights come from Keras's global seed.
    """
    places = {path: str(place) for place, path in enumerate(known)}

    def edit(path: Path, layer: Any) -> Any:
        if isinstance(layer, keras.layers.Lambda) or not isinstance(layer, keras.layers.Layer):
            return None
        known_as = path if path in places else (*path[:-1], re.sub(f"({_INNER})+$", "", path[-1]))
        place = places.get(known_as, "/".join(known_as))
        key = None if _has_layers(layer) else f"{seed}/{place}"
        return _make(layer, _set_config_seeds(layer.get_config(), key))

    return rebuild(model, edit)


def _has_layers(layer: Any) -> bool:
    """Whether a layer is made of other layers, the cell of a recurrent one aside."""
    return any(isinstance(v, keras.layers.Layer) for name, v in vars(layer).items() if name != "cell")


def _set_config_seeds(config: Any, key: str | None) -> Any:
    """The same configuration with another seed in each initializer, or with none; seeds of dropout are left alone."""
    if isinstance(config, dict):
        changed = {n: _set_config_seeds(v, None if key is None else f"{key}/{n}") for n, v in config.items()}
        inner = changed.get("config")
        if str(config.get("module")) == "keras.initializers" and isinstance(inner, dict) and "seed" in inner:
            changed["config"] = inner | {"seed": None if key is None else crc32(key.encode()) % 2**31}
        return changed
    if isinstance(config, list):
        return [_set_config_seeds(v, None if key is None else f"{key}/{i}") for i, v in enumerate(config)]
    return config


def list_places(model: keras.Model) -> list[Place]:
    """Lists the layers of a model and of the models inside it, in call order.

    Args:
        model: A Sequential or functional model.

    Returns:
        One entry per layer; models that can be opened are not listed themselves.
    """
    heads: dict[Path, tuple[int, bool]] = {}
    for output, name in enumerate(_list_output_names(model)):
        _mark_outputs(model, name, output, (), heads)
    return [Place(path, layer, *heads.get(path, (None, False))) for path, layer in walk(model)]


def walk(model: keras.Model, path: Path = ()) -> list[tuple[Path, Any]]:
    """Lists the layers of a model and of those inside it, with their paths; reads no configuration."""
    found: list[tuple[Path, Any]] = []
    for layer in model.layers:
        own = (*path, layer.name)
        if isinstance(layer, keras.layers.InputLayer):
            continue
        found += walk(layer, own) if is_graph(layer) else [(own, layer)]
    return found


def _list_output_names(model: keras.Model) -> list[str]:
    """Names of the layers that make the outputs."""
    if isinstance(model, keras.Sequential):
        return [model.layers[-1].name]
    entries = model.get_config()["output_layers"]
    flat = keras.tree.flatten(entries)  # name, node and tensor of each output, however they are nested
    return [str(item) for item in flat if isinstance(item, str)]


def _list_sources(model: keras.Model) -> dict[str, list[str]]:
    """Of each layer, the names of the layers that its first call takes tensors from."""
    if isinstance(model, keras.Sequential):
        names = [layer.name for layer in model.layers]
        return {name: [previous] for previous, name in itertools.pairwise(names)}
    sources = {}
    for layer in model.get_config()["layers"]:
        sources[layer["name"]] = _find_histories(layer["inbound_nodes"][:1])
    return sources


def _find_histories(entry: Any) -> list[str]:
    if isinstance(entry, dict):
        if "keras_history" in entry:
            return [entry["keras_history"][0]]
        return [name for value in entry.values() for name in _find_histories(value)]
    if isinstance(entry, list | tuple):
        return [name for value in entry for name in _find_histories(value)]
    return []


def _mark_outputs(model: keras.Model, name: str, output: int, path: Path, heads: dict[Path, tuple[int, bool]]) -> bool:
    """Marks the layers without weights before an output, and the last one with weights; says if that was found."""
    sources, layers = _list_sources(model), {layer.name: layer for layer in model.layers}
    while name in layers:
        layer, own = layers[name], (*path, name)
        if is_graph(layer):
            if _mark_outputs(layer, _list_output_names(layer)[0], output, own, heads):
                return True
        else:
            heads[own] = (output, bool(layer.weights))
            if layer.weights:
                return True
        previous = sources.get(name, [])
        if len(previous) != 1:
            return True
        name = previous[0]
    return False


def keeps_weights(layer: Any) -> bool:
    """Whether what a layer holds comes from elsewhere than its training: it is frozen, or was adapted to data."""
    if not getattr(layer, "weights", None) or layer.trainable_weights:
        return False
    return not (isinstance(layer, keras.layers.BatchNormalization) and layer.trainable)


def give_weights(layer: Any, weights: list[np.ndarray]) -> None:
    """Sets a layer's weights; an adapted layer also computes what it keeps beside them."""
    layer.set_weights(weights)
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()


def _have_same_shapes(old: Any, new: Any) -> bool:
    return [np.shape(w) for w in old.get_weights()] == [np.shape(w) for w in new.get_weights()]
