"""Weights out of a running Keras model: which there are, in which order, and their values."""

import contextlib
import difflib
import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np

from keras_vg import internals
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


class RateReader:
    """Reads the learning rate that an epoch trained at.

    A rate that stays until someone sets it is read before the epoch's first step, when every callback has set
    what it wants, and before any changes it for the next epoch. A `LearningRateSchedule` moves at every step;
    its rate is the one of the middle step.

    Args:
        model: A compiled model.
    """

    def __init__(self, model: keras.Model) -> None:
        self._optimizer: Any = getattr(model, "optimizer", None)

    def begin_epoch(self) -> None:
        """Reads what holds before the first step."""
        if self._optimizer is not None:
            self._rate = _to_number(self._optimizer.learning_rate)
            self._first_step = _to_number(self._optimizer.iterations)

    def end_epoch(self) -> np.floating[Any]:
        """Returns the rate since `begin_epoch`, NaN if the optimizer has not updated the weights since."""
        if self._optimizer is None or (last_step := _to_number(self._optimizer.iterations)) == self._first_step:
            return np.float32(np.nan)
        schedule = internals.get_schedule(self._optimizer)
        if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            return _to_number(schedule((self._first_step + last_step) // 2))
        return self._rate


def _to_number(value: Any) -> Any:
    return copy_to_numpy(value)[()]


def has_weights(model: keras.Model) -> bool:
    """Whether a model that is being fitted has its weights already."""
    return keras.backend.backend() != "tensorflow" or internals.is_built(model)


def call_when_built(model: keras.Model, action: Callable[[], None]) -> None:
    """Calls `action` as soon as the model has its weights, and before the first step changes them.

    On TensorFlow a model without an `Input` gets its weights only inside the first step. That step is traced once
    more, just before it runs, which creates the weights as the step itself would have done.

    Args:
        model: A model without weights, inside `on_train_begin`.
        action: What to do, once, in the first step. If the step cannot be traced (it must run eagerly), it is not
            called in this fit, and a warning says so.
    """
    if isinstance(model.train_function, _BuildFirst) and model.train_function.is_current():
        model.train_function.actions.append(action)
    else:
        model.train_function = _BuildFirst(model, action)


class _BuildFirst:
    """Stands in for the train function of a model without weights, once."""

    def __init__(self, model: keras.Model, action: Callable[[], None]) -> None:
        self.actions = [action]
        self._model = model
        stale = isinstance(model.train_function, _BuildFirst)
        self._train_function = model.train_function._train_function if stale else model.train_function
        self._fit = internals.get_fit(model)

    def is_current(self) -> bool:
        return internals.get_fit(self._model) is self._fit

    def __call__(self, iterator: Any) -> Any:
        self._model.train_function = self._train_function
        # Left behind by a fit that ended before its first step, it must not act in a later one.
        if self.is_current() and self._try_to_build(iterator):
            for action in self.actions:
                action()
        return self._model.train_function(iterator)  # an action may have replaced it

    def _try_to_build(self, iterator: Any) -> bool:
        try:
            internals.trace_step(self._model, iterator.element_spec)
        except Exception as error:
            warnings.warn(
                f"Model {self._model.name!r} has no weights before its first step, and the step could not be traced "
                f"({type(error).__name__}: {error}): nothing is logged of this first epoch. "
                "Give the model an `Input`, or call it on one batch before `fit`.",
                stacklevel=2,
            )
            return False
        return True


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
            stack.enter_context(internals.set_attribute(layer, "call", watch(layer)))
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
    try:
        internals.call_on_shapes(model, _make_symbolic(shapes, "float32"))
    except (TypeError, ValueError):
        internals.call_on_shapes(model, _make_symbolic(shapes, "int32"))


def _make_symbolic(shapes: Any, dtype: str) -> Any:
    if isinstance(shapes, dict):
        return {key: _make_symbolic(item, dtype) for key, item in shapes.items()}
    if any(isinstance(item, list | tuple | dict) for item in shapes):
        return [_make_symbolic(item, dtype) for item in shapes]
    return keras.KerasTensor(tuple(shapes), dtype)


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
