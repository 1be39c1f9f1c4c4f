"""The layers of a model in the order in which it calls them."""

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

from keras_vg.training import backend, keras_private


def walk_layers(model: keras.Model, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], keras.layers.Layer]]:
    """Yields the path and layer of every layer in call order, opening models, each model after its layers."""
    for layer in _order_layers(model):
        if isinstance(layer, keras.Model):
            yield from walk_layers(layer, (*path, layer.name))
        else:
            yield (*path, layer.name), layer
    yield path or (model.name,), model


def _order_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """The model's own layers in call order, as far as it can be known; in order of creation otherwise."""
    layers = list(model.layers)
    if isinstance(model, keras.Sequential) or hasattr(model, "operations"):  # a functional model: sorted already
        return layers
    order = _trace_calls(model, layers)
    return sorted(layers, key=lambda layer: order.get(id(layer), len(layers)))


def _trace_calls(model: keras.Model, layers: Sequence[keras.layers.Layer]) -> dict[int, int]:
    """The rank of each layer among the first calls that one run of the model on shapes alone makes."""
    config = model.get_build_config()
    if len(layers) < 2 or not config or "input_shape" not in config:
        return {}
    order: dict[int, int] = {}

    def watch(layer: keras.layers.Layer) -> Callable[..., Any]:
        call = layer.call

        def watched(*args: Any, **kwargs: Any) -> Any:
            order.setdefault(id(layer), len(order))
            return call(*args, **kwargs)

        return watched

    with contextlib.ExitStack() as stack:
        for layer in layers:
            stack.enter_context(keras_private.set_attribute(layer, "call", watch(layer)))
        try:
            _call_on_floats_or_integers(model, config["input_shape"])
        except Exception as error:
            warnings.warn(
                f"The call order of model {model.name!r} could not be found ({type(error).__name__}: {error}): "
                "its layers are numbered in the order in which it holds them.",
                stacklevel=2,
            )
    return order


def _call_on_floats_or_integers(model: keras.Model, shapes: Any) -> None:
    """Calls the model on shapes; it is known in which it was built, but not of which type its inputs are."""
    with backend.preserved_random_state():
        try:
            keras_private.call_on_shapes(model, _make_symbolic(shapes, "float32"))
        except (TypeError, ValueError):
            keras_private.call_on_shapes(model, _make_symbolic(shapes, "int32"))


def _make_symbolic(shapes: Any, dtype: str) -> Any:
    if isinstance(shapes, dict):
        return {key: _make_symbolic(item, dtype) for key, item in shapes.items()}
    if any(isinstance(item, list | tuple | dict) for item in shapes):
        return [_make_symbolic(item, dtype) for item in shapes]
    return keras.KerasTensor(tuple(shapes), dtype)
