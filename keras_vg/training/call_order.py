"""The layers of a model, layers inside layers included, in the order in which it calls them."""

import contextlib
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import keras

from keras_vg.text import quote_error
from keras_vg.training import backend, keras_private

# Keras's own layers that hold their parts in the order in which they call them.
_ORDERED: tuple[type, ...] = (keras.Sequential, keras.layers.Bidirectional, keras.layers.MultiHeadAttention)
_ORDERED += (keras.layers.GroupQueryAttention,)


def walk_layers(model: keras.Model) -> Iterator[tuple[tuple[str, ...], keras.layers.Layer]]:
    """Yields every layer of a model once, in call order; a layer that holds others comes after them.

    A recurrent layer is not opened: it counts as one with its cell.

    Args:
        model: A built model.

    Yields:
        The layer's path and the layer, the model itself last. A path has one part per layer that
        `model.summary(expand_nested=True)` shows; what lies inside such a layer without being shown is named in the
        same part: `("backbone", "block_0/dense")`.
    """
    seen: set[int] = set()
    yield from _walk(model, (), True, find_call_ranks(model), seen)
    yield (model.name,), model


def list_parts(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Lists the layers that a layer holds itself, in the order in which it holds them; none of a recurrent layer."""
    if isinstance(layer, keras.layers.RNN):
        return []
    parts = [*getattr(layer, "layers", []), *keras_private.list_sublayers(layer)]
    return list({id(part): part for part in parts if isinstance(part, keras.layers.Layer)}.values())


def list_own_weights(layer: keras.layers.Layer) -> list[keras.Variable]:
    """Lists the weights that a layer holds itself; those of its parts are theirs."""
    inner = {id(v) for part in list_parts(layer) for v in part.weights}
    return [v for v in layer.weights if id(v) not in inner]


def _walk(
    layer: keras.layers.Layer, path: tuple[str, ...], is_shown: bool, ranks: dict[int, int], seen: set[int]
) -> Iterator[tuple[tuple[str, ...], keras.layers.Layer]]:
    parts = list_parts(layer)
    if not _holds_in_order(layer):
        parts.sort(key=lambda part: ranks.get(id(part), len(ranks)))
    are_shown = is_shown and hasattr(layer, "layers")
    for part in parts:
        if id(part) in seen:
            continue
        seen.add(id(part))
        part_path = (*path, part.name) if are_shown else (*path[:-1], f"{path[-1]}/{part.name}")
        yield from _walk(part, part_path, are_shown, ranks, seen)
        yield part_path, part


def _holds_in_order(layer: keras.layers.Layer) -> bool:
    """Whether a layer holds its parts in the order in which it calls them, as a functional model does."""
    return type(layer) in _ORDERED or hasattr(layer, "operations")


_known_ranks: "weakref.WeakKeyDictionary[keras.Model, tuple[tuple[int, ...], dict[int, int]]]" = (
    weakref.WeakKeyDictionary()
)


def find_call_ranks(model: keras.Model) -> dict[int, int]:
    """Finds the rank of each layer among the first calls that a run of the model makes, as far as it can be known.

    Args:
        model: A built model.

    Returns:
        Rank by the layer's `id`; empty where the model holds all of its layers in call order anyway.
    """
    layers = [model, *_list_inner(model)]
    key = tuple(map(id, layers))
    if (known := _known_ranks.get(model)) is not None and known[0] == key:
        return known[1]
    ranks: dict[int, int] = {}
    _rank_calls(model, ranks)
    _known_ranks[model] = key, ranks
    return ranks


def _list_inner(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    found: dict[int, keras.layers.Layer] = {}
    for part in list_parts(layer):
        found |= {id(part): part} | {id(inner): inner for inner in _list_inner(part)}
    return list(found.values())


def _rank_calls(layer: keras.layers.Layer, ranks: dict[int, int]) -> None:
    """Runs a layer on shapes alone; where that cannot be done, each of its parts."""
    inner = _list_inner(layer)
    if not any(len(list_parts(item)) > 1 and not _holds_in_order(item) for item in (layer, *inner)):
        return
    if not _trace_calls(layer, inner, ranks):
        for part in list_parts(layer):
            _rank_calls(part, ranks)


def _trace_calls(layer: keras.layers.Layer, inner: list[keras.layers.Layer], ranks: dict[int, int]) -> bool:
    """Ranks the first calls that one run of a layer on shapes alone makes; returns whether it could be run."""
    config = layer.get_build_config() or {}
    if not hasattr(layer, "operations") and "input_shape" not in config:
        return False

    def watch(item: keras.layers.Layer, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            ranks.setdefault(id(item), len(ranks))
            return call(*args, **kwargs)

        return watched

    with contextlib.ExitStack() as stack:
        for item in inner:
            for name in ("call", "quantized_call"):
                watched = watch(item, getattr(item, name))
                stack.enter_context(keras_private.set_attribute(item, name, watched))
        try:
            if hasattr(layer, "operations"):  # a functional model or a `Sequential` knows its inputs
                inputs = keras.tree.map_structure(lambda tensor: _make_small(tensor.shape, tensor.dtype), layer.input)
                with backend.preserved_random_state():
                    keras_private.call_on_shapes(layer, inputs)
            else:
                _call_on_floats_or_integers(layer, config["input_shape"])
        except Exception as error:
            warnings.warn(
                f"The call order of model {layer.name!r} could not be found ({quote_error(error)}): the layers inside "
                "it whose order no graph tells are numbered in the order in which they are held.",
                stacklevel=2,
            )
            return False
    return True


def _call_on_floats_or_integers(layer: keras.layers.Layer, shapes: Any) -> None:
    """Calls the layer on shapes; it is known in which it was built, but not of which type its inputs are."""
    with backend.preserved_random_state():
        try:
            keras_private.call_on_shapes(layer, _make_symbolic(shapes, "float32"))
        except (TypeError, ValueError):
            keras_private.call_on_shapes(layer, _make_symbolic(shapes, "int32"))


def _make_symbolic(shapes: Any, dtype: str) -> Any:
    if isinstance(shapes, dict):
        return {key: _make_symbolic(item, dtype) for key, item in shapes.items()}
    if any(isinstance(item, list | tuple | dict) for item in shapes):
        return [_make_symbolic(item, dtype) for item in shapes]
    return _make_small(shapes, dtype)


def _make_small(shape: Any, dtype: str) -> keras.KerasTensor:
    """With few examples: on torch, a layer that cannot run on shapes alone is run on numbers."""
    shape = tuple(shape)
    return keras.KerasTensor((2, *shape[1:]) if shape and shape[0] is None else shape, dtype)
