"""The gradients that mean-field theory expects of a model as it stands, along its graph."""

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import pandas as pd
from keras import ops, tree

from keras_vg import theory
from keras_vg.inspection import split_weights
from keras_vg.text import name_function
from keras_vg.theory import networks
from keras_vg.training import backend, keras_private
from keras_vg.training.call_order import list_own_weights, list_parts, walk_layers
from keras_vg.training.shards import is_split
from keras_vg.training.weights import list_weights, to_numpy

_CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)
_NORMALIZATIONS = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
)
_WITH_WEIGHTS = (keras.layers.Dense, keras.layers.Embedding, *_CONVOLUTIONS, *_NORMALIZATIONS)
_SMALLEST_BATCH = 32
"""Of a batch normalization: with fewer examples its own mean and variance vary."""


def predict_gradients(model: keras.Model, x: Any, kernel_input: np.ndarray | None) -> pd.DataFrame:
    """Predicts the gradients of a model's layers up to a common factor, where closed forms of `theory` reach.

    They reach for models of `Dense` layers and convolutions with weights as random ones, activations that `theory`
    knows, biases, `Dropout`, `Flatten`, `LayerNormalization`, `RMSNormalization` and `BatchNormalization` as they are
    initialized, and `Add`. Layers without a kernel before the first that has one may be any.

    Args:
        model: A built model.
        x: A batch of inputs, tensors.
        kernel_input: What the first layer with a kernel was given for this batch, channels last; None if not known.

    Returns:
        One row per layer with a trainable kernel, in call order: `depth`, `layer` and `gradient_rms`, 1 for the last.
        No rows where no closed form reaches.
    """
    found: list[tuple[int, str, float]] = []
    # Any exception: what cannot be run on shapes alone, such as a layer of the user's own, is not covered either.
    with contextlib.suppress(Exception):
        found = _predict(model, x, kernel_input)
    return pd.DataFrame(found, columns=["depth", "layer", "gradient_rms"])


def _predict(model: keras.Model, x: Any, kernel_input: np.ndarray | None) -> list[tuple[int, str, float]]:
    layers = [layer for _, layer in walk_layers(model)]
    weights = {id(weight.variable): weight for weight in list_weights(model)}
    for layer in layers:
        own = [v for v in list_own_weights(layer) if v.trainable]
        if own and type(layer) not in _WITH_WEIGHTS:
            raise networks.NoClosedFormError("A layer has weights of another kind.")
    if kernel_input is None:
        raise networks.NoClosedFormError("What the first kernel is given is not known.")
    trace = _Trace(kernel_input, x)
    trace.run(model, layers, x)
    kernels = networks.predict_gradients(trace.layers, trace.output)
    rows = []
    for index, value in kernels.items():
        weight = weights.get(id(trace.kernels[index].kernel))
        if weight is not None:
            rows.append((weight.depth, weight.layer, value))
    expected = {weight.depth for weight in weights.values() if "kernel" in weight.name}
    if {depth for depth, _, _ in rows} != expected or len(rows) < len(expected):
        raise networks.NoClosedFormError("The loss does not depend on some kernel, or on one of them twice.")
    rows.sort()
    return [(depth, name, value / rows[-1][2]) for depth, name, value in rows]


class _Values(NamedTuple):
    """Of a weight: the mean, the mean square, and the number of values."""

    mean: float
    square: float
    size: int

    @classmethod
    def of(cls, variable: keras.Variable) -> "_Values":
        if is_split(variable):
            return cls(*split_weights.measure_moments(variable.value), int(variable.value.size))
        values = to_numpy(variable.value).astype("float64")
        return cls(float(np.mean(values)), float(np.mean(np.square(values))), values.size)


class _Trace:
    """Writes down a model's layers as `theory.networks` takes them, while the model runs on shapes alone.

    Args:
        kernel_input: As of `predict_gradients`.
        x: The batch.

    Attributes:
        layers: What was written down.
        kernels: The layers with a kernel, by their index among `layers`.
        output: Index of the layer that the model's output is that of.
    """

    def __init__(self, kernel_input: np.ndarray, x: Any) -> None:
        self.layers: list[networks.Layer] = [_describe_input(kernel_input)]
        self.kernels: dict[int, Any] = {}
        self.output = 0
        self._examples = len(kernel_input)
        self._input_shape = tuple(kernel_input.shape[1:])
        self._known: dict[int, int] = {}
        self._values: dict[int, _Values] = {}  # read before: while a model runs on shapes, they cannot be
        self._x = x
        self._raw: Any = None  # the model's input, while it runs
        self._input: Any = None  # what the first kernel is given: the same, or what layers without one made of it
        self._kept: list[Any] = []  # so that no two tensors have the same `id`

    def run(self, model: keras.Model, layers: list[Any], x: Any) -> None:
        """Runs the model on the shapes of a batch."""
        with contextlib.ExitStack() as stack:
            for layer in layers:
                watched = self._watch(layer, layer.call)
                stack.enter_context(keras_private.set_attribute(layer, "call", watched))
                self._values.update({id(v): _Values.of(v) for v in list_own_weights(layer)})
            stack.enter_context(backend.preserved_random_state())
            shapes = tree.map_structure(lambda t: keras.KerasTensor((2, *t.shape[1:]), t.dtype), x)
            keras_private.call_on_shapes(model, shapes)

    def _watch(self, layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            made = call(*args, **kwargs)
            given = [t for t in tree.flatten((args, kwargs)) if ops.is_tensor(t)]
            if not ops.is_tensor(made):
                raise networks.NoClosedFormError("A layer puts out several tensors.")
            if isinstance(layer, keras.Model) or list_parts(layer):
                self.output = self._known[id(made)]  # that of the last layer in it
                return made
            if any(made is tensor for tensor in given):
                made = ops.add(made, 0)  # one of its own: what it is given may go elsewhere, too
            self._kept += [*given, made]
            self._known[id(made)] = self._write(layer, given, made)
            return made

        return watched

    def _write(self, layer: Any, given: list[Any], made: Any) -> int:
        """Writes a layer down, perhaps with its activation; returns its index."""
        if not self.kernels and type(layer) not in (keras.layers.Dense, *_CONVOLUTIONS):
            if self._raw is None and len(given) == 1:
                self._raw = given[0]
            self._input = made
            return 0
        sources = [self._find(tensor) for tensor in given]
        if isinstance(layer, keras.layers.Add):
            return self._append(networks.Add(tuple(sources)))
        (source,) = sources
        if type(layer) in (keras.layers.Dense, *_CONVOLUTIONS):
            if not self.kernels and not layer.kernel.trainable:
                raise networks.NoClosedFormError("What the first kernel is given is not known.")
            index = self._append(_describe_kernel(layer, source, given[0], made, self._values))
            if any(layer is other for other in self.kernels.values()):
                raise networks.NoClosedFormError("A layer is called twice.")
            self.kernels[index] = layer
            return self._activate(index, layer.activation)
        if type(layer) in _NORMALIZATIONS:
            return self._append(self._describe_normalization(layer, source, len(made.shape)))
        if type(layer) is keras.layers.Dropout:
            return self._append(networks.Drop(source, layer.rate))
        if type(layer) is keras.layers.Flatten:
            return self._append(networks.Flatten(source))
        if type(layer) is keras.layers.Identity:
            return source
        if type(layer) is keras.layers.Activation:
            return self._activate(source, layer.activation)
        if type(layer) is keras.layers.ReLU and layer.max_value is None and not layer.threshold:
            return self._append(networks.Activate(source, theory.make_leaky_relu(float(layer.negative_slope))))
        if type(layer) is keras.layers.LeakyReLU:
            return self._append(networks.Activate(source, theory.make_leaky_relu(float(layer.negative_slope))))
        if type(layer) is keras.layers.ELU:
            return self._append(networks.Activate(source, theory.make_elu(float(layer.alpha))))
        raise networks.NoClosedFormError(f"A layer is a {type(layer).__name__}.")

    def _find(self, tensor: Any) -> int:
        """The index of the layer that put a tensor out."""
        if self._input is None:
            self._input = tensor
        if tensor is self._input and tuple(tensor.shape[1:]) == self._input_shape:
            return 0
        if self._known.get(id(tensor)):
            return self._known[id(tensor)]
        if tensor is not self._raw or not ops.is_tensor(self._x) or tensor.shape[1:] != self._x.shape[1:]:
            raise networks.NoClosedFormError("A tensor was made by no layer.")
        # A way past the layers before the first kernel, such as the first skip connection of a pre-norm net.
        self._known[id(tensor)] = self._append(_describe_input(np.asarray(ops.convert_to_numpy(self._x))))
        return self._known[id(tensor)]

    def _append(self, layer: networks.Layer) -> int:
        self.layers.append(layer)
        return len(self.layers) - 1

    def _activate(self, source: int, activation: Any) -> int:
        name = name_function(activation)
        if name == "linear":
            return source
        if activation is not getattr(keras.activations, name, None) or name not in theory.ACTIVATIONS:
            if activation is not ops.erf:
                # As the output's it does not matter.
                return self._append(networks.Activate(source, theory.Activation(_refuse, _refuse)))
            name = "erf"
        return self._append(networks.Activate(source, theory.get_activation(name)))

    def _describe_normalization(self, layer: Any, source: int, rank: int) -> networks.Normalize:
        if getattr(layer, "axis", -1) not in (-1, rank - 1, [-1], [rank - 1]):
            raise networks.NoClosedFormError("A normalization is not over the last axis.")
        for name, value in {"gamma": 1.0, "scale": 1.0, "beta": 0.0}.items():
            values = self._values.get(id(getattr(layer, name, None)))
            if values is not None and (values.mean, values.square) != (value, value):
                raise networks.NoClosedFormError("A normalization has trained weights.")
        if type(layer) is not keras.layers.BatchNormalization:
            is_centered = type(layer) is keras.layers.LayerNormalization and not getattr(layer, "rms_scaling", False)
            return networks.Normalize(source, "units", is_centered, layer.epsilon)
        if self._examples < _SMALLEST_BATCH or not layer.trainable:
            raise networks.NoClosedFormError("A batch normalization does not use its batch, or it is too small.")
        return networks.Normalize(source, "batch", True, layer.epsilon)


def _refuse(z: Any) -> Any:
    raise networks.NoClosedFormError("An activation has no closed form.")


def _describe_input(values: np.ndarray) -> networks.Input:
    values = values.astype("float64")
    examples, square = len(values), float(np.mean(np.square(values)))
    shared = (examples * np.mean(np.square(values.mean(axis=0))) - square) / max(examples - 1, 1)
    return networks.Input(float(values.mean()), square, max(float(shared), 0.0), tuple(values.shape[1:-1]))


def _describe_kernel(layer: Any, source: int, given: Any, made: Any, values: "dict[int, _Values]") -> networks.Kernel:
    """Describes a layer by the values of its weights, which must be as random ones of mean 0."""
    kernel = values[id(layer.kernel)]
    bias = _Values(0.0, 0.0, 1) if layer.bias is None else values[id(layer.bias)]
    has_penalty = any(getattr(layer, f"{name}_regularizer", None) for name in ("kernel", "bias", "activity"))
    if has_penalty or getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
        raise networks.NoClosedFormError("A layer has a penalty, or weights of another kind.")
    *window, inputs, units = layer.kernel.shape
    size = int(np.prod(window))
    _check_random(kernel, size * max(inputs, units))
    _check_random(bias, 0)
    windows: tuple[np.ndarray, ...] = ()
    if isinstance(layer, _CONVOLUTIONS):
        if layer.data_format != "channels_last" or layer.groups != 1:
            raise networks.NoClosedFormError("A convolution has groups, or its channels first.")
        windows = tuple(
            _make_window(*sizes, layer.padding)
            for sizes in zip(
                given.shape[1:-1], made.shape[1:-1], layer.kernel_size, layer.strides, layer.dilation_rate, strict=True
            )
        )
    return networks.Kernel(
        source,
        kernel.square,
        inputs,
        units,
        bias.square,
        layer.bias is not None and layer.bias.trainable,
        windows,
        size,
    )


def _check_random(values: _Values, fan: int) -> None:
    """Raises where the mean is not 0, up to what is due to chance (six standard errors) or has no effect."""
    if values.size < 8:  # too few to tell
        return
    allowed = max(min(36 / values.size, 0.5), 0.02 / fan if fan else 0.0)
    if not values.mean**2 <= allowed * values.square:
        raise networks.NoClosedFormError("Weights are not as random ones of mean 0.")


def _make_window(given: int, made: int, size: int, stride: int, dilation: int, padding: str) -> np.ndarray:
    """Says for each position of a convolution's output which of its input are in the window, along one axis."""
    reach = (size - 1) * dilation
    before = {
        "valid": 0,
        "causal": reach,
        "same": max((made - 1) * stride + reach + 1 - given, 0) // 2,
    }[padding]
    offset = np.arange(given)[None, :] - stride * np.arange(made)[:, None] + before
    return ((offset >= 0) & (offset <= reach) & (offset % dilation == 0)).astype("float64")
