"""Programs with a NaN or an infinity, each of another type of model, and beside each a neighbour that is well.

Each program is a function of whether it is faulty; the healthy neighbour differs in as little as can be, and most of
them still compute values that are not finite, which reach neither loss nor gradients.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

Data = tuple[keras.Model, Any, Any, Any]
"""A model, its inputs, labels and sample weights."""


@dataclass(frozen=True)
class Fault:
    """A fault, and what is to be found of it.

    Attributes:
        fault: What is wrong.
        model: The type of model.
        build: Makes the faulty program, or its healthy neighbour.
        phase: As of `Origin`.
        layer: The same.
        operations: The names that the operation may have: one backend fuses what another does in steps.
        row: The row that alone shows it; None if any row does.
    """

    fault: str
    model: str
    build: Callable[[bool], Data]
    phase: str
    layer: str
    operations: frozenset[str]
    row: int | None = None


def _draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def _compile(model: keras.Model, loss: Any = "mse", optimizer: Any = "sgd") -> keras.Model:
    model.compile(optimizer, loss)
    return model


def _make_lambda(function: Callable[[Any], Any], name: str) -> layers.Layer:
    return layers.Lambda(function, name=name)


def log_of_zero(is_faulty: bool) -> Data:
    """The logarithm of a count that is 0 in one row; the neighbour leaves it out by `where`."""
    counts = np.abs(_draw(64, 3)) + 0.1
    counts[37, 1] = 0
    take_log = ops.log if is_faulty else (lambda t: ops.where(t > 0, ops.log(t), 0.0))
    model = keras.Sequential([keras.Input((3,)), _make_lambda(take_log, "logarithm"), layers.Dense(4, "tanh")])
    model.add(layers.Dense(1))
    return _compile(model), counts, counts[:, :1], None


def sqrt_of_zero(is_faulty: bool) -> Data:
    """The length of a difference that is 0: the root is finite, its derivative is not."""
    x = _draw(64, 3)
    x[10] = 0
    inputs = keras.Input((3,))
    projected = layers.Dense(4, use_bias=False, name="projection")(inputs)
    epsilon = 0.0 if is_faulty else 1e-6
    length = _make_lambda(lambda t: ops.sqrt(ops.sum(t * t, axis=-1, keepdims=True) + epsilon), "length")(projected)
    other = layers.Dense(4, "tanh", name="other_branch")(inputs)
    outputs = layers.Dense(1, name="head")(layers.Concatenate(name="joined")([length, other]))
    return _compile(keras.Model(inputs, outputs)), x, x[:, :1] + 1, None


def division_by_zero(is_faulty: bool) -> Data:
    """Images divided by their own maximum, one of them black."""
    images = np.abs(_draw(32, 6, 6, 1))
    images[5] = 0
    offset = 0.0 if is_faulty else 1.0
    scale = _make_lambda(lambda t: t / (ops.max(t, axis=(1, 2, 3), keepdims=True) + offset), "scale")
    model = keras.Sequential([keras.Input((6, 6, 1)), scale, layers.Conv2D(2, 3, activation="relu")])
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(1))
    return _compile(model), images, images.mean((1, 2, 3)), None


def float16_overflow(is_faulty: bool) -> Data:
    """Raw pixels squared in mixed precision: 65,504 is the largest float16."""
    pixels = np.random.default_rng(0).integers(0, 256, (64, 4)).astype("float32")
    pixels[20, 2] = 300
    pixels = pixels if is_faulty else pixels / 300
    squares = layers.Lambda(ops.square, name="squares", dtype="mixed_float16")
    model = keras.Sequential([keras.Input((4,)), squares, layers.Dense(4, "tanh", dtype="mixed_float16")])
    model.add(layers.Dense(1, dtype="float32"))
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1e-3)), "mse")
    return model, pixels, np.ones((64, 1), "float32"), None


def ids_out_of_range(is_faulty: bool) -> Data:
    """A token id equal to the number of the embedding's rows."""
    ids = np.random.default_rng(0).integers(0, 20, (64, 5))
    ids[44, 3] = 20 if is_faulty else 19
    model = keras.Sequential([keras.Input((5,), dtype="int32"), layers.Embedding(20, 4, name="tokens")])
    model.add(layers.GlobalAveragePooling1D())
    model.add(layers.Dense(1, "sigmoid"))
    return _compile(model, "binary_crossentropy"), ids, ids[:, 0] % 2, None


def nan_in_row_3217(is_faulty: bool) -> Data:
    """One missing value in 4,000 rows; the neighbour replaces it in its first layer."""
    x = _draw(4000, 4)
    x[3217, 2] = np.nan
    first = _make_lambda((lambda t: t) if is_faulty else (lambda t: ops.where(ops.isnan(t), 0.0, t)), "first")
    model = keras.Sequential([keras.Input((4,)), first, layers.BatchNormalization(), layers.Dense(4, "relu")])
    model.add(layers.Dense(1))
    return _compile(model), x, np.ones((4000, 1), "float32"), None


def nan_label(is_faulty: bool) -> Data:
    """A missing label of one of two outputs; the neighbour's loss leaves it out."""
    x = _draw(64, 3)
    y = {"first": x[:, :1].copy(), "second": x[:, 1:2].copy()}
    y["second"][50] = np.nan

    def ignore_missing(y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.square(ops.where(ops.isnan(y_true), y_pred, y_true) - y_pred), axis=-1)

    inputs = keras.Input((3,))
    hidden = layers.Dense(4, "tanh")(inputs)
    outputs = {name: layers.Dense(1, name=name)(hidden) for name in ("first", "second")}
    loss = {"first": "mse", "second": "mse" if is_faulty else ignore_missing}
    return _compile(keras.Model(inputs, outputs), loss), x, y, None


def log_in_loss(is_faulty: bool) -> Data:
    """A cross-entropy written by hand behind a ReLU, which puts out zeros."""
    x = _draw(64, 3)
    epsilon = 0.0 if is_faulty else 1e-7

    def crossentropy(y_true: Any, y_pred: Any) -> Any:
        return -ops.mean(y_true * ops.log(y_pred + epsilon), axis=-1)

    model = keras.Sequential([keras.Input((3,)), layers.Dense(8, "tanh"), layers.Dense(1, "relu", name="head")])
    return _compile(model, crossentropy), x, np.ones((64, 1), "float32"), None


class AttentionPooling(layers.Layer):
    """Averages a sequence by attention, with -inf where the mask is 0."""

    def build(self, shape: Any) -> None:
        """Makes the query."""
        self.query = self.add_weight(shape=(shape[0][-1], 1), initializer="glorot_uniform", name="query")

    def call(self, inputs: Any) -> Any:
        """Weighs the steps."""
        sequence, mask = inputs
        scores = ops.where(mask > 0, ops.matmul(sequence, self.query)[..., 0], -np.inf)
        return ops.sum(ops.softmax(scores)[..., None] * sequence, axis=1)


def mask_of_a_whole_row(is_faulty: bool) -> Data:
    """Attention whose mask leaves out all of one sequence; the neighbour's leaves out all but one step."""
    sequence, mask = _draw(32, 4, 3), np.ones((32, 4), "float32")
    mask[:, 2:] = 0
    mask[9] = 0
    mask[9, 0] = 0 if is_faulty else 1
    inputs = [keras.Input((4, 3)), keras.Input((4,))]
    outputs = layers.Dense(1)(AttentionPooling(name="attention")(inputs))
    return _compile(keras.Model(inputs, outputs)), [sequence, mask], sequence[:, 0, :1], None


def growth_over_time(is_faulty: bool) -> Data:
    """A recurrent layer with an activation without bounds: it grows from step to step."""
    x = np.abs(_draw(16, 8, 2))
    cell = layers.SimpleRNN(3, activation=ops.exp if is_faulty else "tanh", recurrent_initializer="ones", name="memory")
    model = keras.Sequential([keras.Input((8, 2)), cell, layers.Dense(1)])
    return _compile(model), x, x[:, 0, :1], None


class Standardizer(keras.Model):
    """A subclassed model that standardizes its inputs itself."""

    def __init__(self, epsilon: float) -> None:
        super().__init__(name="standardizer")
        self.epsilon = epsilon
        self.hidden = layers.Dense(4, "relu", name="hidden")
        self.head = layers.Dense(1, name="head")

    def call(self, inputs: Any) -> Any:
        """Divides by the largest value of the row."""
        centered = inputs - ops.mean(inputs, axis=-1, keepdims=True)
        scaled = centered / (ops.max(ops.abs(centered), axis=-1, keepdims=True) + self.epsilon)
        return self.head(self.hidden(scaled))


def constant_row(is_faulty: bool) -> Data:
    """A row whose values are all the same, divided by their spread."""
    x = _draw(64, 3)
    x[63] = 2
    return _compile(Standardizer(0.0 if is_faulty else 1e-6)), x, x[:, :1], None


def cosine_of_zero(is_faulty: bool) -> Data:
    """Two texts compared by a shared encoder; of one there is nothing, and its vector has no direction."""
    left, right = _draw(64, 3), _draw(64, 3) + 1
    left[21] = 0
    encoder = layers.Dense(4, use_bias=False, name="encoder")
    inputs = [keras.Input((3,)), keras.Input((3,))]

    def compare(vectors: Any) -> Any:
        a, b = vectors
        product = ops.sum(a * b, axis=-1, keepdims=True)
        norms = ops.sum(a * a, axis=-1, keepdims=True) * ops.sum(b * b, axis=-1, keepdims=True)
        return product / (norms if is_faulty else norms + 1e-3)

    outputs = layers.Lambda(compare, output_shape=(1,), name="similarity")([encoder(part) for part in inputs])
    outputs = layers.Dense(1)(outputs)
    return _compile(keras.Model(inputs, outputs)), [left, right], np.ones((64, 1), "float32"), None


def exp_of_log_variance(is_faulty: bool) -> Data:
    """A variational autoencoder whose logarithm of a variance came to 200."""
    x = _draw(32, 4)
    inputs = keras.Input((4,))
    mean = layers.Dense(2, name="mean")(inputs)
    bias = keras.initializers.Constant(200.0 if is_faulty else 0.0)
    log_variance = layers.Dense(2, bias_initializer=bias, name="log_variance")(inputs)
    sample = layers.Lambda(lambda t: t[0] + ops.exp(t[1]), output_shape=(2,), name="sampling")([mean, log_variance])
    return _compile(keras.Model(inputs, layers.Dense(4, name="decoder")(sample))), x, x, None


class OwnLoss(keras.Model):
    """A model with a `compute_loss` of its own."""

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None) -> Any:
        """The distance on a circle: that of a cosine beyond 1 is none."""
        return ops.mean(ops.sqrt(1.001 - ops.square(y_pred)) + ops.abs(y - y_pred))


def root_of_negative(is_faulty: bool) -> Data:
    """A loss of the model's own that takes predictions from -1 to 1; a linear head does not keep to them."""
    x = _draw(64, 3)
    inputs = keras.Input((3,))
    head = layers.Dense(1, "linear" if is_faulty else "tanh", kernel_initializer="ones", name="head")
    model = OwnLoss(inputs, head(layers.Dense(3, "tanh", kernel_initializer="identity")(inputs)))
    return _compile(model, None), x, x[:, :1], None


class OwnNormalization(layers.Layer):
    """Layer normalization without the usual epsilon."""

    def __init__(self, epsilon: float, **options: Any) -> None:
        super().__init__(**options)
        self.epsilon = epsilon

    def call(self, inputs: Any) -> Any:
        """Centres and scales each row."""
        centered = inputs - ops.mean(inputs, axis=-1, keepdims=True)
        variance = ops.mean(centered * centered, axis=-1, keepdims=True)
        return centered * ops.rsqrt(variance + self.epsilon)


def normalization_of_constant(is_faulty: bool) -> Data:
    """Normalization without epsilon behind a convolution of a silent stretch."""
    x = _draw(32, 8, 1)
    x[17] = 0
    model = keras.Sequential([keras.Input((8, 1)), layers.Conv1D(3, 3, use_bias=False, name="filters")])
    model.add(OwnNormalization(0.0 if is_faulty else 1e-3, name="normalization"))
    model.add(layers.GlobalMaxPooling1D())
    model.add(layers.Dense(1))
    return _compile(model), x, x[:, 0], None


def power_of_zero(is_faulty: bool) -> Data:
    """A power below 1 of a value that is 0 in one row: its derivative is infinite there."""
    x = np.abs(_draw(64, 3))
    x[30] = 0
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, kernel_initializer="ones", use_bias=False)])
    offset = 0.0 if is_faulty else 0.01
    model.add(_make_lambda(lambda t: ops.power(t + offset, 0.7), "power_law"))
    model.add(layers.Dense(1))
    return _compile(model), x, x[:, :1], None


def angle_of_parallel(is_faulty: bool) -> Data:
    """The angle between vectors, which has no derivative where they are parallel."""
    x = _draw(64, 2)
    x[3] = [1.0, 0.0]
    limit = 1.0 if is_faulty else 0.999
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, kernel_initializer="ones", use_bias=False)])
    model.add(_make_lambda(lambda t: ops.arccos(ops.sin(t * (np.pi / 2)) * limit), "angle"))
    model.add(layers.Dense(1))
    return _compile(model), x, x[:, :1], None


def broken_weight(is_faulty: bool) -> Data:
    """A residual net, one weight of which was loaded as NaN."""
    x = _draw(64, 4)
    inputs = hidden = keras.Input((4,))
    for number in range(3):
        hidden = layers.Add()([hidden, layers.Dense(4, "relu", name=f"block_{number}")(hidden)])
    model = keras.Model(inputs, layers.Dense(1, name="head")(hidden))
    values = model.get_weights()
    values[2][1, 1] = np.nan if is_faulty else 0
    model.set_weights(values)
    return _compile(model), x, x[:, :1], None


def epsilon_of_float16(is_faulty: bool) -> Data:
    """Adam in pure float16: its usual epsilon is 0 there, and a gradient of 0 is divided by 0."""
    x = _draw(64, 3)
    x[:, 2] = 0
    epsilon = 1e-9 if is_faulty else 1e-4
    model = keras.Sequential(
        [keras.Input((3,), dtype="float16"), layers.Dense(4, "tanh", dtype="float16", name="wide")]
    )
    model.add(layers.Dense(1, dtype="float16", name="head"))
    model.compile(keras.optimizers.Adam(epsilon=epsilon), "mse")
    return model, x, x[:, :1], None


def infinite_sample_weight(is_faulty: bool) -> Data:
    """Rows weighted by 1 / count, where a count is 0."""
    x = _draw(64, 6, 2)
    counts = np.ones(64, "float32")
    counts[12] = 0 if is_faulty else 1
    with np.errstate(divide="ignore"):
        weights = 1 / counts
    model = keras.Sequential([keras.Input((6, 2)), layers.GRU(3), layers.Dense(1)])
    return _compile(model), x, x[:, 0, :1], weights


def _fault(
    fault: str, model: str, build: Callable[[bool], Data], phase: str, layer: str, names: str, row: int | None = None
) -> Fault:
    return Fault(fault, model, build, phase, layer, frozenset(names.split()), row)


FAULTS = [
    _fault("log of 0", "dense", log_of_zero, "forward", "logarithm", "log", 37),
    _fault("sqrt of 0", "functional, two branches", sqrt_of_zero, "backward", "length", "sqrt", 10),
    _fault("division by 0", "convolution", division_by_zero, "forward", "scale", "divide", 5),
    _fault(
        "overflow in float16", "mixed precision", float16_overflow, "forward", "squares", "square multiply power", 20
    ),
    _fault("ids out of range", "embedding", ids_out_of_range, "forward", "tokens", "take", 44),
    _fault("NaN in row 3,217", "batch normalization", nan_in_row_3217, "input", "", "", 3217),
    _fault("NaN label", "two outputs", nan_label, "label", "", "", 50),
    _fault("log of 0 in the loss", "loss of one's own", log_in_loss, "loss", "loss", "log"),
    _fault("mask of a whole row", "attention", mask_of_a_whole_row, "forward", "attention", "softmax subtract", 9),
    _fault("growth over time", "recurrent", growth_over_time, "forward", "memory", "exp"),
    _fault("constant row", "subclassed", constant_row, "forward", "standardizer", "divide", 63),
    _fault("vector of length 0", "shared layer", cosine_of_zero, "forward", "similarity", "divide", 21),
    _fault("exp of a log variance", "variational autoencoder", exp_of_log_variance, "forward", "sampling", "exp"),
    _fault("sqrt below 0", "compute_loss of its own", root_of_negative, "loss", "loss", "sqrt"),
    _fault("variance of 0", "normalization", normalization_of_constant, "forward", "normalization", "rsqrt divide", 17),
    _fault("power of 0", "layer without bias", power_of_zero, "backward", "power_law", "power", 30),
    _fault("arccos of 1", "geometric", angle_of_parallel, "backward", "angle", "arccos", 3),
    _fault("NaN weight", "residual", broken_weight, "weight", "block_1", ""),
    _fault("epsilon of 0", "pure float16", epsilon_of_float16, "update", "wide", "Adam"),
    _fault("infinite sample weight", "gated recurrent", infinite_sample_weight, "sample_weight", "", "", 12),
]
"""Twenty faults in twenty types of model."""
