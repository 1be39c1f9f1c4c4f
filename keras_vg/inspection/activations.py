"""What the layers of a model put out for a batch: figures per layer, taken in one forward pass that leaves no trace."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops, tree

from keras_vg.inspection.derivatives import SATURATION, find_relative_slope
from keras_vg.inspection.stateless import ForwardPass
from keras_vg.text import name_function, shorten_paths
from keras_vg.training import keras_private
from keras_vg.training.call_order import walk_layers
from keras_vg.training.weights import Layers, list_weights, select_depths

_FIGURES = ("mean", "std", "abs_max", "saturated_fraction", "dead_fraction")
_ACTIVATION_LAYERS = ("relu", "leaky_relu", "prelu", "elu", "softmax")


@dataclass(frozen=True)
class WatchedLayer:
    """A layer whose output is looked at.

    Attributes:
        depth: Number of the layer among those with trainable weights, in call order, from 0; of any other layer,
            that of the last such layer before it, -1 if there is none.
        name: Its name, with the names of the models around it if another layer has the same one.
        layer: The layer.
        activation: Name of its activation function; `"linear"` if it has none.
    """

    depth: int
    name: str
    layer: keras.layers.Layer
    activation: str


@dataclass
class Record:
    """What passed through a layer in one forward pass: per call its first input, its activation's input, its output."""

    inputs: list[Any] = field(default_factory=list)
    pre_activations: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)


def list_watched(model: keras.Model, layers: Layers = "all") -> list[WatchedLayer]:
    """Lists the selected layers that have weights or are activations, in call order.

    Args:
        model: A built model.
        layers: `"first"`, `"last"`, `"all"`, a layer name, a list of names or a predicate on the layer.

    Returns:
        The layers.

    Raises:
        ValueError: If there are none, a name names none of them, or a predicate selects none.
    """
    weights = list_weights(model) if model.trainable_variables else []
    depths = {id(weight.variable): weight.depth for weight in weights}
    names = {weight.depth: weight.layer for weight in weights}
    placed = [(path, layer) for path, layer in walk_layers(model) if not isinstance(layer, keras.Model)]
    found, depth = [], -1
    for (_, layer), short in zip(placed, shorten_paths([path for path, _ in placed]), strict=True):
        activation = _name_activation(layer)
        own = [depths[id(v)] for v in layer.trainable_weights if id(v) in depths]
        depth = max(depth, *own) if own else depth
        if layer.weights or activation != "linear":
            found.append(WatchedLayer(min(own, default=depth), names[min(own)] if own else short, layer, activation))
    if not found:
        raise ValueError(
            f"The model must have layers with weights or activations. Received: a model {model.name!r} without any."
        )
    if layers == "all":
        return found
    return [found[i] for i in select_depths(layers, [w.name for w in found], [w.layer for w in found])]


def _name_activation(layer: keras.layers.Layer) -> str:
    activation = getattr(layer, "activation", None)
    name = name_function(layer if activation is None else activation)
    if activation is not None:
        return name
    if isinstance(layer, keras.layers.ReLU):
        if layer.negative_slope:
            return "leaky_relu"
        return "relu6" if layer.max_value == 6 else "relu"
    return name if name in _ACTIVATION_LAYERS else "linear"


@contextlib.contextmanager
def record_calls(watched: list[WatchedLayer]) -> Any:
    """Within it, every call of the layers is recorded.

    Args:
        watched: The layers.

    Yields:
        One `Record` per layer, filled as the model is called.
    """
    records = [Record() for _ in watched]
    with contextlib.ExitStack() as stack:
        for item, record in zip(watched, records, strict=True):
            layer = item.layer
            stack.enter_context(keras_private.set_attribute(layer, "call", _watch_call(layer.call, record)))
            activation = getattr(layer, "activation", None)
            # A recurrent layer calls it once per time step, perhaps inside a loop whose tensors cannot leave it.
            if callable(activation) and not hasattr(layer, "cell"):
                watch = _watch_activation(activation, record)
                stack.enter_context(keras_private.set_attribute(layer, "activation", watch))
        yield records


def _watch_call(call: Callable[..., Any], record: Record) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        output = call(*args, **kwargs)
        record.inputs.append(next(iter(tree.flatten((args, kwargs))), None))
        record.outputs.append(tree.flatten(output)[0])
        return output

    return watched


def _watch_activation(activation: Callable[..., Any], record: Record) -> Callable[..., Any]:
    def watched(z: Any, *args: Any, **kwargs: Any) -> Any:
        record.pre_activations.append(z)
        return activation(z, *args, **kwargs)

    return watched


@dataclass(frozen=True)
class Reading:
    """What one forward pass showed.

    Attributes:
        layers: The layers that were called, in call order, as `(depth, layer, activation, units)`; the inputs first.
        figures: Array of shape `(len(layers), 5)`: mean, std, abs_max, saturated_fraction, dead_fraction.
        predictions: The model's output, arrays.
        heads: Of each output, the name and activation of the layer that made it.
        kernel_input: What the first layer with a kernel was given, if that is a layer of the model.
    """

    layers: list[tuple[int, str, str, int]]
    figures: np.ndarray
    predictions: Any
    heads: list[tuple[str, str]]
    kernel_input: np.ndarray | None

    def tabulate(self, epoch: int) -> pd.DataFrame:
        """Returns the figures as rows of an activation log."""
        keys = pd.DataFrame(self.layers, columns=["depth", "layer", "activation", "units"])
        keys.insert(0, "epoch", epoch)
        return pd.concat([keys, pd.DataFrame(self.figures, columns=list(_FIGURES))], axis="columns")


class ActivationProbe:
    """Looks at the layers' outputs for one batch, in training mode, whenever it is asked to.

    Args:
        model: A built model.
        x: The batch, tensors.
        layers: Which layers: as of `list_watched`.
    """

    def __init__(self, model: keras.Model, x: Any, layers: Layers = "all") -> None:
        self.watched = list_watched(model, layers)
        self._model = model
        self._x = x
        self._pass = ForwardPass(model, self.observe)

    def read(self) -> Reading:
        """Runs the model once; nothing of it stays in the model."""
        return self.interpret(self._pass.run(self._x))

    def interpret(self, seen: Any) -> Reading:
        """Says what a forward pass showed, of which `observe` was a part.

        Args:
            seen: What `observe` returned, as arrays.

        Returns:
            The figures of every layer that was called.
        """
        predictions, figures, kernel_input = seen
        return Reading(self._layers, np.stack(figures), predictions, self._heads, next(iter(kernel_input), None))

    def observe(self, x: Any) -> Any:
        """Calls the model, as part of a `ForwardPass`.

        Args:
            x: The batch, tensors.

        Returns:
            Tensors for `interpret`; the first item is the model's output.
        """
        with record_calls(self.watched) as records:
            predictions = keras_private.call_for_training(self._model, x)
        called = [(item, record) for item, record in zip(self.watched, records, strict=True) if record.outputs]
        inputs = tree.flatten(x)
        names = ["input"] if len(inputs) == 1 else [f"input_{place}" for place in range(len(inputs))]
        # Names and sizes are known when the pass is traced, which need not be each time it is run.
        self._layers = [(-1, name, "input", _count_units(tensor)) for name, tensor in zip(names, inputs, strict=True)]
        self._layers += [(i.depth, i.name, i.activation, _count_units(r.outputs[0])) for i, r in called]
        self._heads = [_find_head(output, called) for output in tree.flatten(predictions)]
        figures = [_measure(_flatten(tensor), None) for tensor in inputs]
        figures += [measure_record(item, record) for item, record in called]
        kernel_inputs = [r.inputs[0] for i, r in called if _has_kernel(i.layer) and r.inputs[0] is not None]
        return predictions, figures, kernel_inputs[:1]


def _has_kernel(layer: keras.layers.Layer) -> bool:
    """Whether the layer multiplies its input: normalization layers and embeddings take inputs of any scale."""
    if isinstance(layer, keras.layers.Embedding):
        return False
    return any(len(weight.shape) > 1 for weight in layer.trainable_weights)


def _find_head(output: Any, called: list[tuple[WatchedLayer, Record]]) -> tuple[str, str]:
    makers = [(i.name, i.activation) for i, r in called if any(output is made for made in r.outputs)]
    return makers[-1] if makers else ("", "unknown")


def _count_units(tensor: Any) -> int:
    return int(tensor.shape[-1]) if len(tensor.shape) > 1 else 1


def measure_record(item: WatchedLayer, record: Record) -> Any:
    """The figures of one layer's outputs, as tensors that a compiled function can return.

    Args:
        item: The layer.
        record: What passed through it, at least one call.

    Returns:
        Float32 tensor of shape `(5,)`: mean, standard deviation, largest absolute value, fraction of saturated
        values, fraction of dead units; NaN for what the activation has no notion of.
    """
    outputs = ops.concatenate([_flatten(tensor) for tensor in record.outputs])
    if hasattr(item.layer, "cell") and not isinstance(item.layer, keras.layers.SimpleRNN):
        return _measure(outputs, None)  # of a gated layer, what comes out is not what came out of the activation
    is_watched = len(record.pre_activations) == len(record.outputs)
    z = ops.concatenate([_flatten(t) for t in (record.pre_activations if is_watched else record.inputs)])
    return _measure(outputs, find_relative_slope(item.activation, z if z.shape == outputs.shape else outputs, outputs))


def _flatten(tensor: Any) -> Any:
    """As float32 of shape (examples and positions, units)."""
    shape = ops.shape(tensor)
    units = shape[-1] if len(shape) > 1 else 1
    return ops.cast(ops.reshape(tensor, (-1, units)), "float32")


def _measure(values: Any, slope: Any) -> Any:
    nan = ops.convert_to_tensor(np.float32(np.nan))
    saturated = dead = nan
    if slope is not None:
        saturated = ops.mean(ops.cast(slope < SATURATION, "float32"))
        silent = ops.logical_and(ops.equal(values, 0), slope <= 0)
        dead = ops.mean(ops.cast(ops.all(silent, axis=0), "float32"))
    return ops.stack([ops.mean(values), ops.std(values), ops.max(ops.abs(values)), saturated, dead])
