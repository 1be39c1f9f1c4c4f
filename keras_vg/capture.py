"""Weights out of a running Keras model: the only file that touches Keras internals."""

import difflib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np
from keras.src import backend  # see `_call_on_shapes`

from keras_vg.naming import shorten_paths

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

    @property
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
    placed = [(path, layer) for path, layer in _walk_layers(model) if layer.trainable_weights]
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
    return [w for depth in _select(layers, [ws[0].layer for ws in weights], candidates) for w in weights[depth]]


def read_values(weight: Weight, indices: np.ndarray | None = None) -> np.ndarray:
    """Copies the values of a weight.

    Args:
        weight: The weight.
        indices: Positions in the flattened (C order) weight, int64 of shape `(n,)`; None for all.

    Returns:
        Array of shape `(n,)` in the weight's own precision; float16 and bfloat16 as the float32 of the same value.
    """
    value = weight.variable.value
    if indices is not None:  # on the device, so that only the chosen values are copied
        value = keras.ops.take(keras.ops.reshape(value, (-1,)), indices)
    # Some backends hand out their own memory, which the next step overwrites.
    values = np.array(keras.ops.convert_to_numpy(value), copy=True).reshape(-1)
    return values.astype(np.float32) if values.dtype.itemsize < 4 else values


class RateReader:
    """Reads the learning rate that an epoch trained at.

    A rate that stays until someone sets it is read before the epoch's first step, when every callback has set
    what it wants, and before any changes it for the next epoch. A `LearningRateSchedule` moves at every step;
    its rate is the one of the epoch's middle step.

    Args:
        model: A compiled model.
    """

    def __init__(self, model: keras.Model) -> None:
        self._optimizer: Any = getattr(model, "optimizer", None)
        self._rate: Any = np.float32(np.nan)
        self._first_step = 0

    def begin_epoch(self) -> None:
        """Reads what holds before the first step."""
        if self._optimizer is not None:
            self._rate = keras.ops.convert_to_numpy(self._optimizer.learning_rate)[()]
            self._first_step = int(self._optimizer.iterations)

    def end_epoch(self) -> np.floating[Any]:
        """Returns the rate of the epoch now over, NaN for a model without an optimizer of its own."""
        # Private: the public `learning_rate` of a schedule can only be had for the step that comes next.
        schedule = getattr(self._optimizer, "_learning_rate", None)
        if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            middle = (self._first_step + int(self._optimizer.iterations)) // 2
            return keras.ops.convert_to_numpy(schedule(middle))[()]
        return self._rate


def when_built(model: keras.Model, action: Callable[[], None]) -> Callable[[], None]:
    """Calls `action` as soon as the model has its weights, and before a step changes them.

    On TensorFlow a model without an `Input` gets its weights only inside the first step. Such a model is built
    just before it, from the shapes of the batches to come, with the very values that it would have had.

    Args:
        model: The model, inside `on_train_begin`.
        action: What to do once, now or before the first step.

    Returns:
        A function that takes the order back if it still waits; calling it any number of times is safe.

    Raises:
        RuntimeError: From the first step, if the model cannot be built from the shapes of its batches.
    """
    if keras.backend.backend() != "tensorflow" or _is_built(model):
        action()
        return lambda: None
    train_function = model.train_function
    history = model.history  # a new one for every fit

    def build_first(iterator: Any) -> Any:
        cancel()
        # Left behind by a fit that ended before its first step, it must not act in a fit it does not belong to.
        if model.history is history:
            spec = iterator.element_spec
            x, _, _ = keras.utils.unpack_x_y_sample_weight(spec if isinstance(spec, tuple) else (spec,))
            _build(model, x)
            action()
        return train_function(iterator)

    def cancel() -> None:
        if model.train_function is build_first:
            model.train_function = train_function

    model.train_function = build_first
    return cancel


def _build(model: keras.Model, specs: Any) -> None:
    try:
        _call_on_shapes(model, keras.tree.map_structure(_make_symbolic, specs))
    except Exception as error:
        raise RuntimeError(
            "The model must be built, or be such that it can be built from the shapes of its batches. "
            f"Received: model {model.name!r}, which raised {type(error).__name__}: {error}. "
            "Give it an `Input`, or call it on one batch before `fit`."
        ) from error


def _is_built(model: keras.Model) -> bool:
    # Private: the public `layers` does not reach the layers inside composite layers.
    return all(layer.built for layer in model._flatten_layers())


def _call_on_shapes(model: keras.Model, inputs: Any) -> None:
    """Runs the model on shapes alone: it creates its weights and leaves no other trace.

    Private: calling the model on a `keras.KerasTensor` would do it too, but leaves a node in the model's graph;
    this is the function with which Keras itself builds models on JAX and torch.
    """
    backend.compute_output_spec(model, inputs, training=False)


def _make_symbolic(spec: Any) -> keras.KerasTensor:
    return keras.KerasTensor(tuple(spec.shape), keras.backend.standardize_dtype(spec.dtype))


def _walk_layers(
    model: keras.Model, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], keras.layers.Layer]]:
    """Yields the path and layer of every layer in call order, opening models, each model after its layers."""
    for layer in _order_layers(model):
        if isinstance(layer, keras.Model):
            yield from _walk_layers(layer, (*path, layer.name))
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
    if not config or not layers:
        return {}
    order: dict[int, int] = {}

    def watch(layer: keras.layers.Layer) -> Callable[..., Any]:
        call = layer.call

        def watched(*args: Any, **kwargs: Any) -> Any:
            order.setdefault(id(layer), len(order))
            return call(*args, **kwargs)

        return watched

    # Set past Layer.__setattr__, which would track it; a `call` that an instance has of its own comes back.
    own = [(layer, vars(layer).get("call")) for layer in layers]
    try:
        for layer in layers:
            object.__setattr__(layer, "call", watch(layer))
        _call_on_shapes(model, _read_build_config(config))
    except Exception as error:
        warnings.warn(
            f"The call order of model {model.name!r} could not be found ({type(error).__name__}: {error}): "
            "its layers are numbered in the order in which it holds them.",
            stacklevel=2,
        )
    finally:
        for layer, call in own:
            if call is None:
                object.__delattr__(layer, "call")
            else:
                object.__setattr__(layer, "call", call)
    return order


def _read_build_config(config: dict[str, Any]) -> Any:
    """Symbolic inputs of the shapes in which a model was built."""

    def convert(shape: Any) -> Any:
        if isinstance(shape, dict):
            return {key: convert(item) for key, item in shape.items()}
        if any(isinstance(item, list | tuple | dict) for item in shape):
            return [convert(item) for item in shape]
        return keras.KerasTensor(tuple(shape))

    return convert(config["input_shape"])


def _select(layers: Layers, names: list[str], candidates: list[keras.layers.Layer]) -> list[int]:
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
