"""Labelled programs, healthy and sick, by which the rules are judged: small models, real faults, three strengths."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from sklearn import datasets

import keras_vg as vg
from keras_vg.diagnosis.evidence import Evidence, collect

Maker = Callable[[], "Program"]


@dataclass
class Program:
    """A compiled model and what it is trained on.

    Attributes:
        model: The model.
        x: Inputs.
        y: Labels.
        options: Further arguments of `fit`.
    """

    model: keras.Model
    x: Any
    y: Any
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A program with its label.

    Attributes:
        name: The case's name.
        rules: Names of the rules that name the fault rightly; empty if the program is healthy.
        strength: `"mild"`, `"clear"` or `"extreme"`; empty if the program is healthy.
        make: Makes the program, new each time; draws from Keras's random numbers.
        held_out: Whether the case was written after the thresholds were set, and never used for them.
    """

    name: str
    rules: tuple[str, ...]
    strength: str
    make: Maker
    held_out: bool = False


CASES: list[Case] = []


def _add(name: str, make: Maker, *rules: str, strength: str = "clear", held_out: bool = False) -> None:
    CASES.append(Case(name, rules, strength if rules else "", make, held_out))


# Data: all of unit scale unless a case scales it.


def make_circles(examples: int = 640) -> tuple[np.ndarray, np.ndarray]:
    """Two noisy rings in the plane; labels of shape `(examples, 1)`."""
    x, y = datasets.make_circles(examples, factor=0.5, noise=0.1, random_state=0)
    return (x / x.std()).astype("float32"), y[:, None].astype("float32")


def make_blobs(examples: int = 640, features: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Three classes in many dimensions, with some overlap; integer labels."""
    x, y = datasets.make_classification(
        examples, features, n_informative=8, n_redundant=4, n_classes=3, class_sep=1.5, random_state=0
    )
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y.astype("int32")


def make_binary(examples: int = 640) -> tuple[np.ndarray, np.ndarray]:
    """Two classes in twenty dimensions; labels of shape `(examples, 1)`."""
    x, y = make_blobs(examples)
    return x, (y == 0).astype("float32")[:, None]


def make_regression(examples: int = 640) -> tuple[np.ndarray, np.ndarray]:
    """Friedman's first function of ten features, label standardised."""
    x, y = datasets.make_friedman1(examples, noise=0.5, random_state=0)
    return ((x - 0.5) * 12**0.5).astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_digits(examples: int = 640) -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits, 8 by 8 by 1, from 0 to 1; their border pixels are constant."""
    data = datasets.load_digits()
    return (data.images[:examples, ..., None] / 16).astype("float32"), data.target[:examples].astype("int32")


def make_sequences(examples: int = 640, length: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Noise of two channels; the label says whether the first channel's sum is positive."""
    x = np.random.default_rng(0).normal(size=(examples, length, 2)).astype("float32")
    return x, (x[:, :, :1].sum(axis=1) > 0).astype("float32")


def make_tokens(examples: int = 640, length: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of token numbers below 50; the label says whether more of them are below 25 than not."""
    x = np.random.default_rng(0).integers(0, 50, size=(examples, length))
    return x.astype("int32"), ((x < 25).mean(axis=1, keepdims=True) > 0.5).astype("float32")


def make_wine() -> tuple[np.ndarray, np.ndarray]:
    """Thirteen measures of wines in their own units, from 0.1 to 1000; three classes."""
    data = datasets.load_wine()
    order = np.random.default_rng(0).permutation(len(data.target))
    return np.tile(data.data[order].astype("float32"), (3, 1)), np.tile(data.target[order].astype("int32"), 3)


# Models.


def stack(
    data: tuple[np.ndarray, np.ndarray],
    hidden: list[int],
    activation: Any,
    output: tuple[int, str | None],
    loss: Any,
    optimizer: Any,
    initializer: Any = "glorot_uniform",
    normalize: bool = False,
    output_options: dict[str, Any] | None = None,
    compile_options: dict[str, Any] | None = None,
    **options: Any,
) -> Program:
    """A program of Dense layers, one after the other."""
    x, y = data
    model = keras.Sequential([keras.Input(x.shape[1:])])
    if x.ndim > 2:
        model.add(layers.Flatten())
    for units in hidden:
        kernel = initializer() if callable(initializer) and not isinstance(initializer, str) else initializer
        if normalize:
            model.add(layers.Dense(units, kernel_initializer=kernel))
            model.add(layers.BatchNormalization())
            model.add(layers.Activation(activation))
        else:
            model.add(layers.Dense(units, activation, kernel_initializer=kernel))
    model.add(layers.Dense(output[0], output[1], **(output_options or {})))
    model.compile(optimizer, loss, **(compile_options or {}))
    return Program(model, x, y, options)


def build(data: tuple[Any, Any], parts: list[Any], loss: Any, optimizer: Any, **compile_options: Any) -> Program:
    """A program of any layers, one after the other."""
    x, y = data
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), *parts])
    model.compile(optimizer, loss, **compile_options)
    return Program(model, x, y)


SGD, ADAM = keras.optimizers.SGD, keras.optimizers.Adam
BINARY, SPARSE, SQUARED = "binary_crossentropy", "sparse_categorical_crossentropy", "mse"
SIGMOID, SOFTMAX, LINEAR = (1, "sigmoid"), (3, "softmax"), (1, None)


def random_normal(stddev: float) -> Callable[[], Any]:
    """An initializer, a new one per layer."""
    return lambda: keras.initializers.RandomNormal(stddev=stddev)


def _residual() -> Program:
    x, y = make_blobs()
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32)(inputs)
    for _ in range(8):
        branch = layers.Dense(32, "relu")(layers.LayerNormalization()(h))
        h = layers.Add()([h, layers.Dense(32)(branch)])
    model = keras.Model(inputs, layers.Dense(3, "softmax")(h))
    model.compile(ADAM(), SPARSE)
    return Program(model, x, y)


def _zero_gamma_residual() -> Program:
    x, y = make_blobs()
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32)(inputs)
    for _ in range(4):
        branch = layers.Dense(32)(layers.Dense(32, "relu")(h))
        h = layers.Add()([h, layers.BatchNormalization(gamma_initializer="zeros")(branch)])
    model = keras.Model(inputs, layers.Dense(3, "softmax")(h))
    model.compile(ADAM(), SPARSE)
    return Program(model, x, y)


def _transformer() -> Program:
    x, y = make_tokens()
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(50, 16)(inputs)
    h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(2, 8)(h, h)]))
    h = layers.LayerNormalization()(layers.Add()([h, layers.Dense(16)(layers.Dense(32, "gelu")(h))]))
    model = keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h)))
    model.compile(ADAM(), BINARY)
    return Program(model, x, y)


def _two_outputs() -> Program:
    x, y = make_blobs()
    _, z = make_regression()
    left, right = keras.Input((10,)), keras.Input((10,))
    h = layers.Concatenate()([layers.Dense(16, "relu")(left), layers.Dense(16, "relu")(right)])
    model = keras.Model([left, right], [layers.Dense(3, "softmax", name="kind")(h), layers.Dense(1, name="size")(h)])
    model.compile(ADAM(0.003), {"kind": SPARSE, "size": SQUARED})
    return Program(model, [x[:, :10], x[:, 10:]], {"kind": y, "size": z})


def _transfer() -> Program:
    x, y = make_digits()
    base = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(16, 3, activation="relu"), layers.Flatten()])
    base.trainable = False
    model = keras.Sequential([keras.Input((8, 8, 1)), base, layers.Dense(32, "relu"), layers.Dense(10, "softmax")])
    model.compile(ADAM(), SPARSE)
    return Program(model, x, y)


def _converged() -> Program:
    program = stack(make_circles(), [32, 32], "relu", SIGMOID, BINARY, ADAM(0.01))
    program.model.fit(program.x, program.y, epochs=40, batch_size=64, verbose=0)
    return program


def _fine_tuned() -> Program:
    program = _converged()
    program.model.compile(ADAM(1e-5), BINARY)
    return program


def _normalized_wine() -> Program:
    x, y = make_wine()
    scale = layers.Normalization()
    scale.adapt(x)
    return build((x, y), [scale, layers.Dense(32, "relu"), layers.Dense(3, "softmax")], SPARSE, ADAM(0.01))


def _mixed() -> Program:
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        head = layers.Dense(3, "softmax", dtype="float32")
        return build(make_blobs(), [layers.Dense(64, "relu"), layers.Dense(64, "relu"), head], SPARSE, ADAM())
    finally:
        keras.config.set_dtype_policy(policy)


def _autoencoder() -> Program:
    x, _ = make_digits()
    flat = x.reshape(len(x), -1)
    return stack((flat, flat), [32, 8, 32], "relu", (64, "sigmoid"), BINARY, ADAM(0.003))


def _add_healthy() -> None:
    conv = lambda: [  # noqa: E731
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(32, "relu"),
        layers.Dense(10, "softmax"),
    ]
    _add("mlp relu", lambda: stack(make_circles(), [32, 32], "relu", SIGMOID, BINARY, ADAM(0.003)))
    _add("mlp tanh sgd", lambda: stack(make_blobs(), [32, 32], "tanh", SOFTMAX, SPARSE, SGD(0.1)))
    _add("shallow sigmoid", lambda: stack(make_blobs(), [32], "sigmoid", SOFTMAX, SPARSE, ADAM(0.01)))
    _add("two sigmoids", lambda: stack(make_binary(), [32, 32], "sigmoid", SIGMOID, BINARY, ADAM(0.01)))
    _add("deep relu", lambda: stack(make_blobs(), [64] * 10, "relu", SOFTMAX, SPARSE, ADAM(), "he_normal"))
    _add("deep relu sgd", lambda: stack(make_blobs(), [64] * 6, "relu", SOFTMAX, SPARSE, SGD(0.03), "he_normal"))
    _add("deep tanh", lambda: stack(make_blobs(), [64] * 10, "tanh", SOFTMAX, SPARSE, ADAM()))
    _add("deep normalized", lambda: stack(make_blobs(), [64] * 12, "relu", SOFTMAX, SPARSE, ADAM(), normalize=True))
    _add(
        "sigmoids normalized",
        lambda: stack(make_blobs(), [32] * 8, "sigmoid", SOFTMAX, SPARSE, ADAM(0.003), normalize=True),
    )
    _add("selu", lambda: stack(make_blobs(), [32] * 8, "selu", SOFTMAX, SPARSE, ADAM(), "lecun_normal"))
    _add("gelu", lambda: stack(make_regression(), [64, 64], "gelu", LINEAR, SQUARED, ADAM()))
    _add("silu adamw", lambda: stack(make_regression(), [64, 64], "silu", LINEAR, SQUARED, keras.optimizers.AdamW()))
    _add("regression rmsprop", lambda: stack(make_regression(), [64, 64], "relu", LINEAR, "huber", "rmsprop"))
    _add("regression sgd", lambda: stack(make_regression(), [64], "relu", LINEAR, SQUARED, SGD(0.01, momentum=0.9)))
    _add("regression mae", lambda: stack(make_regression(), [64], "relu", LINEAR, "mae", ADAM(0.003)))
    _add("linear regression", lambda: stack(make_regression(), [], "relu", LINEAR, SQUARED, SGD(0.01)))
    _add("logistic regression", lambda: stack(make_binary(), [], "relu", SIGMOID, BINARY, SGD(0.1)))
    _add(
        "softmax from logits",
        lambda: stack(
            make_blobs(), [32], "relu", (3, None), keras.losses.SparseCategoricalCrossentropy(from_logits=True), ADAM()
        ),
    )
    _add(
        "multi-label",
        lambda: stack(
            (make_blobs()[0], (make_blobs()[0][:, :4] > 0).astype("float32")),
            [32],
            "relu",
            (4, "sigmoid"),
            BINARY,
            ADAM(0.003),
        ),
    )
    _add(
        "one-hot",
        lambda: stack(
            (make_blobs()[0], np.eye(3, dtype="float32")[make_blobs()[1]]),
            [32],
            "relu",
            SOFTMAX,
            "categorical_crossentropy",
            ADAM(),
        ),
    )
    _add(
        "tanh output hinge",
        lambda: stack((make_binary()[0], 2 * make_binary()[1] - 1), [32], "relu", (1, "tanh"), "hinge", ADAM()),
    )
    _add("sigmoid output mse", lambda: stack(make_binary(), [32], "relu", SIGMOID, SQUARED, ADAM(0.003)))
    _add(
        "zero output layer",
        lambda: stack(
            make_blobs(), [32, 32], "relu", SOFTMAX, SPARSE, ADAM(), output_options={"kernel_initializer": "zeros"}
        ),
    )
    _add(
        "clipped",
        lambda: stack(
            (make_regression()[0], 100 * make_regression()[1]), [32], "relu", LINEAR, SQUARED, SGD(0.1, clipnorm=1.0)
        ),
    )
    _add("large batch", lambda: stack(make_blobs(), [64], "relu", SOFTMAX, SPARSE, ADAM(0.003), batch_size=128))
    _add(
        "accumulating",
        lambda: stack(make_blobs(), [32], "relu", SOFTMAX, SPARSE, ADAM(0.003, gradient_accumulation_steps=4)),
    )
    _add(
        "scheduled",
        lambda: stack(
            make_blobs(), [32], "relu", SOFTMAX, SPARSE, SGD(keras.optimizers.schedules.CosineDecay(0.3, 80))
        ),
    )
    _add("small adam", lambda: stack(make_blobs(), [64, 64], "relu", SOFTMAX, SPARSE, ADAM(3e-4)))
    _add("large adam", lambda: stack(make_blobs(), [16], "relu", SOFTMAX, SPARSE, ADAM(0.02)))
    _add(
        "imbalanced",
        lambda: stack(
            (make_blobs()[0], (make_blobs()[0][:, :1] > 1.6).astype("float32")),
            [32],
            "relu",
            SIGMOID,
            BINARY,
            ADAM(0.003),
        ),
    )
    _add(
        "dropout",
        lambda: build(
            make_blobs(),
            [
                layers.Dense(64, "relu"),
                layers.Dropout(0.5),
                layers.Dense(64, "relu"),
                layers.Dropout(0.5),
                layers.Dense(3, "softmax"),
            ],
            SPARSE,
            ADAM(),
        ),
    )
    _add(
        "penalties",
        lambda: build(
            make_blobs(),
            [layers.Dense(64, "relu", kernel_regularizer="l2"), layers.Dense(3, "softmax")],
            SPARSE,
            ADAM(),
        ),
    )
    _add(
        "leaky",
        lambda: build(
            make_blobs(),
            [layers.Dense(64), layers.LeakyReLU(), layers.Dense(32), layers.ReLU(), layers.Dense(3, "softmax")],
            SPARSE,
            ADAM(),
        ),
    )
    _add("cnn", lambda: build(make_digits(), conv(), SPARSE, ADAM()))
    _add(
        "cnn normalized",
        lambda: build(
            make_digits(),
            [
                layers.Conv2D(8, 3),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.Conv2D(16, 3),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.GlobalAveragePooling2D(),
                layers.Dense(10, "softmax"),
            ],
            SPARSE,
            ADAM(0.003),
        ),
    )
    _add("flat digits", lambda: stack(make_digits(), [64, 32], "relu", (10, "softmax"), SPARSE, ADAM()))
    _add("autoencoder", _autoencoder)
    _add("lstm", lambda: build(make_sequences(), [layers.LSTM(16), layers.Dense(1, "sigmoid")], BINARY, ADAM(0.01)))
    _add(
        "bidirectional gru",
        lambda: build(
            make_sequences(), [layers.Bidirectional(layers.GRU(8)), layers.Dense(1, "sigmoid")], BINARY, ADAM(0.01)
        ),
    )
    _add(
        "simple rnn",
        lambda: build(make_sequences(), [layers.SimpleRNN(16), layers.Dense(1, "sigmoid")], BINARY, ADAM(0.003)),
    )
    _add(
        "embedding",
        lambda: build(
            make_tokens(),
            [layers.Embedding(50, 16), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")],
            BINARY,
            ADAM(0.01),
        ),
    )
    _add(
        "embedding lstm",
        lambda: build(
            make_tokens(), [layers.Embedding(50, 16), layers.LSTM(16), layers.Dense(1, "sigmoid")], BINARY, ADAM(0.01)
        ),
    )
    _add(
        "conv1d",
        lambda: build(
            make_sequences(),
            [layers.Conv1D(16, 3, activation="relu"), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")],
            BINARY,
            ADAM(0.01),
        ),
    )
    _add("residual", _residual)
    _add("zero-gamma residual", _zero_gamma_residual)
    _add("transformer", _transformer)
    _add("two outputs", _two_outputs)
    _add("transfer", _transfer)
    _add("converged", _converged)
    _add("fine-tuned", _fine_tuned)
    _add("normalization layer", _normalized_wine)
    _add(
        "batch normalization first",
        lambda: build(
            make_wine(),
            [layers.BatchNormalization(), layers.Dense(32, "relu"), layers.Dense(3, "softmax")],
            SPARSE,
            ADAM(0.01),
        ),
    )
    _add("mixed float16", _mixed)


def _scaled(data: tuple[Any, Any], factor: float, shift: float = 0.0) -> tuple[Any, Any]:
    return (data[0] * factor + shift).astype("float32"), data[1]


def _with_nan() -> tuple[Any, Any]:
    x, y = make_blobs()
    x = x.copy()
    x[3, 4] = np.nan
    return x, y


def _frozen_hidden() -> Program:
    program = stack(make_blobs(), [32, 32], "relu", SOFTMAX, SPARSE, ADAM())
    for layer in program.model.layers[:-1]:
        layer.trainable = False
    program.model.compile(ADAM(), SPARSE)
    return program


def _disconnected() -> Program:
    x, y = make_blobs()
    inputs = keras.Input(x.shape[1:])
    main, side = layers.Dense(16, "relu")(inputs), layers.Dense(16, "relu", name="side")(inputs)
    outputs = layers.Dense(3, "softmax")(layers.Lambda(lambda pair: pair[0])([main, side]))
    model = keras.Model(inputs, outputs)
    model.compile(ADAM(), SPARSE)
    return Program(model, x, y)


def _float16_overflow() -> Program:
    program = _mixed()
    program.x = program.x * np.float32(30000)
    return program


def _add_sick() -> None:
    strengths = ("mild", "clear", "extreme")
    vanishing = ("vanishing_gradient",)
    for strength, depth in zip(strengths, (6, 8, 12), strict=True):
        _add(
            f"sigmoids x{depth}",
            lambda d=depth: stack(make_binary(), [16] * d, "sigmoid", SIGMOID, BINARY, ADAM()),
            *vanishing,
            strength=strength,
        )
        _add(
            f"sigmoids x{depth} sgd",
            lambda d=depth: stack(make_blobs(), [32] * d, "sigmoid", SOFTMAX, SPARSE, SGD(0.1)),
            *vanishing,
            strength=strength,
        )
    for strength, stddev in zip(strengths, (0.06, 0.03, 0.01), strict=True):
        _add(
            f"small tanh {stddev}",
            lambda s=stddev: stack(make_blobs(), [32] * 6, "tanh", SOFTMAX, SPARSE, SGD(0.1), random_normal(s)),
            "vanishing_gradient",
            "tiny_gradient",
            "constant_prediction",
            strength=strength,
        )
        _add(
            f"small relu {stddev}",
            lambda s=stddev: stack(make_blobs(), [32] * 6, "relu", SOFTMAX, SPARSE, ADAM(1e-4), random_normal(s)),
            "vanishing_gradient",
            "tiny_gradient",
            "constant_prediction",
            strength=strength,
        )
    for strength, stddev in zip(strengths, (0.8, 1.5, 3.0), strict=True):
        _add(
            f"large relu {stddev}",
            lambda s=stddev: stack(make_blobs(), [32] * 8, "relu", SOFTMAX, SPARSE, SGD(0.01), random_normal(s)),
            "exploding_gradient",
            "update_too_large",
            "nonfinite",
            strength=strength,
        )
        _add(
            f"large linear {stddev}",
            lambda s=stddev: stack(make_regression(), [32] * 6, None, LINEAR, SQUARED, SGD(0.01), random_normal(s)),
            "exploding_gradient",
            "update_too_large",
            "nonfinite",
            strength=strength,
        )
        _add(
            f"large tanh {stddev}",
            lambda s=stddev: stack(make_blobs(), [64] * 5, "tanh", SOFTMAX, SPARSE, SGD(0.01), random_normal(s)),
            "saturated_units",
            "exploding_gradient",
            strength=strength,
        )
    for strength, bias in zip(strengths, (-5.0, -10.0, -100.0), strict=True):
        _add(
            f"dead relu {bias}",
            lambda b=bias: build(
                make_blobs(),
                [
                    layers.Dense(32, "relu"),
                    layers.Dense(32, "relu", bias_initializer=keras.initializers.Constant(b)),
                    layers.Dense(3, "softmax"),
                ],
                SPARSE,
                ADAM(),
            ),
            "dead_relu",
            strength=strength,
        )
    for strength, scale in zip(strengths, (30.0, 300.0, 3000.0), strict=True):
        _add(
            f"scaled input {scale} sgd",
            lambda s=scale: stack(_scaled(make_blobs(), s), [32], "relu", SOFTMAX, SPARSE, SGD(0.03)),
            "input_scale",
            "update_too_large",
            strength=strength,
        )
        _add(
            f"scaled input {scale} sigmoid",
            lambda s=scale: stack(_scaled(make_binary(), s), [32], "sigmoid", SIGMOID, BINARY, ADAM()),
            "input_scale",
            "saturated_units",
            strength=strength,
        )
        _add(
            f"scaled input {scale} adam",
            lambda s=scale: stack(_scaled(make_regression(), s), [32, 32], "relu", LINEAR, SQUARED, ADAM()),
            "input_scale",
            strength=strength,
        )
    _add(
        "raw pixels",
        lambda: stack(_scaled(make_digits(), 255), [64], "relu", (10, "softmax"), SPARSE, SGD(0.01)),
        "input_scale",
        "update_too_large",
        strength="mild",
    )
    _add(
        "raw wine", lambda: stack(make_wine(), [32], "relu", SOFTMAX, SPARSE, SGD(0.01)), "input_scale", "feature_scale"
    )
    _add(
        "raw wine tanh",
        lambda: stack(make_wine(), [32], "tanh", SOFTMAX, SPARSE, ADAM()),
        "input_scale",
        "feature_scale",
        "saturated_units",
    )
    _add("nan input", lambda: stack(_with_nan(), [32], "relu", SOFTMAX, SPARSE, ADAM()), "nonfinite")
    _add(
        "nan labels",
        lambda: stack(
            (make_regression()[0], np.where(np.arange(640)[:, None] == 5, np.nan, make_regression()[1])),
            [32],
            "relu",
            LINEAR,
            SQUARED,
            ADAM(),
        ),
        "nonfinite",
    )
    _add(
        "log output",
        lambda: build(
            make_regression(),
            [layers.Dense(32, "relu"), layers.Dense(1), layers.Lambda(lambda z: keras.ops.log(z))],
            SQUARED,
            ADAM(),
        ),
        "nonfinite",
        strength="extreme",
    )
    for strength, rate in zip(strengths, (3.0, 30.0, 1000.0), strict=True):
        _add(
            f"sgd rate {rate}",
            lambda r=rate: stack(make_blobs(), [32, 32], "relu", SOFTMAX, SPARSE, SGD(r)),
            "update_too_large",
            "learning_rate_too_high",
            "nonfinite",
            "dead_relu",
            strength=strength,
        )
    for strength, rate in zip(strengths, (0.5, 2.0, 50.0), strict=True):
        _add(
            f"adam rate {rate}",
            lambda r=rate: stack(make_blobs(), [32, 32], "relu", SOFTMAX, SPARSE, ADAM(r)),
            "update_too_large",
            "learning_rate_too_high",
            "dead_relu",
            strength=strength,
        )
        _add(
            f"adam rate {rate} regression",
            lambda r=rate: stack(make_regression(), [32, 32], "tanh", LINEAR, SQUARED, ADAM(r)),
            "update_too_large",
            "learning_rate_too_high",
            "saturated_units",
            strength=strength,
        )
    for strength, rate in zip(strengths, (1e-5, 1e-6, 1e-8), strict=True):
        _add(
            f"adam rate {rate}",
            lambda r=rate: stack(make_blobs(), [32, 32], "relu", SOFTMAX, SPARSE, ADAM(r)),
            "update_too_small",
            "learning_rate_too_low",
            strength=strength,
        )
        _add(
            f"sgd rate {rate * 10}",
            lambda r=rate: stack(make_regression(), [32], "relu", LINEAR, SQUARED, SGD(10 * r)),
            "update_too_small",
            "learning_rate_too_low",
            strength=strength,
        )
    _add(
        "rate zero",
        lambda: stack(make_blobs(), [32], "relu", SOFTMAX, SPARSE, SGD(0.0)),
        "no_update",
        strength="extreme",
    )
    _add(
        "accumulation too long",
        lambda: stack(make_blobs(), [32], "relu", SOFTMAX, SPARSE, ADAM(gradient_accumulation_steps=500)),
        "no_update",
    )
    _add("float16 overflow", _float16_overflow, "skipped_steps", "input_scale", "nonfinite")
    for name, initializer in (
        ("zeros", "zeros"),
        ("ones", "ones"),
        ("constant", lambda: keras.initializers.Constant(0.05)),
    ):
        _add(
            f"{name} everywhere",
            lambda i=initializer: stack(
                make_blobs(),
                [32, 32],
                "tanh",
                SOFTMAX,
                SPARSE,
                ADAM(),
                i,
                output_options={"kernel_initializer": i() if callable(i) else i},
            ),
            "symmetric_weights",
            "zero_gradient",
        )
        _add(
            f"{name} everywhere relu",
            lambda i=initializer: stack(
                make_binary(),
                [32],
                "relu",
                SIGMOID,
                BINARY,
                SGD(0.1),
                i,
                output_options={"kernel_initializer": i() if callable(i) else i},
            ),
            "symmetric_weights",
            "zero_gradient",
            "dead_relu",
        )
    _add(
        "zeros hidden relu",
        lambda: stack(make_blobs(), [32, 32], "relu", SOFTMAX, SPARSE, ADAM(), "zeros"),
        "symmetric_weights",
        "zero_gradient",
        "dead_relu",
    )
    _add("softmax of one", lambda: stack(make_binary(), [32], "relu", (1, "softmax"), BINARY, ADAM()), "output_layer")
    _add(
        "softmax of one mse",
        lambda: stack(make_binary(), [32], "relu", (1, "softmax"), SQUARED, ADAM()),
        "output_layer",
        "zero_gradient",
    )
    _add(
        "softmax of one regression",
        lambda: stack(make_regression(), [32], "relu", (1, "softmax"), SQUARED, ADAM()),
        "output_layer",
        "zero_gradient",
    )
    _add("relu output binary", lambda: stack(make_binary(), [32], "relu", (1, "relu"), BINARY, ADAM()), "output_layer")
    _add("relu output classes", lambda: stack(make_blobs(), [32], "relu", (3, "relu"), SPARSE, ADAM()), "output_layer")
    _add(
        "relu output regression",
        lambda: stack(make_regression(), [32], "relu", (1, "relu"), SQUARED, ADAM()),
        "output_layer",
        "label_range",
    )
    _add("linear output binary", lambda: stack(make_binary(), [32], "relu", LINEAR, BINARY, ADAM()), "output_layer")
    _add("linear output classes", lambda: stack(make_blobs(), [32], "relu", (3, None), SPARSE, ADAM()), "output_layer")
    _add(
        "tanh output binary",
        lambda: stack(make_binary(), [32], "relu", (1, "tanh"), BINARY, ADAM()),
        "output_layer",
        strength="mild",
    )
    _add(
        "sigmoid and from logits",
        lambda: stack(make_binary(), [32], "relu", SIGMOID, keras.losses.BinaryCrossentropy(from_logits=True), ADAM()),
        "output_layer",
        strength="mild",
    )
    _add(
        "softmax and from logits",
        lambda: stack(
            make_blobs(), [32], "relu", SOFTMAX, keras.losses.SparseCategoricalCrossentropy(from_logits=True), ADAM()
        ),
        "output_layer",
        strength="mild",
    )
    _add(
        "sigmoid output regression",
        lambda: stack(make_regression(), [32], "relu", SIGMOID, SQUARED, ADAM()),
        "label_range",
    )
    _add(
        "labels -1 and 1",
        lambda: stack((make_binary()[0], 2 * make_binary()[1] - 1), [32], "relu", SIGMOID, BINARY, ADAM()),
        "label_range",
    )
    _add(
        "labels 0 and 255",
        lambda: stack((make_binary()[0], 255 * make_binary()[1]), [32], "relu", SIGMOID, BINARY, ADAM()),
        "label_range",
        strength="extreme",
    )
    _add(
        "three labels, one sigmoid",
        lambda: stack(
            (make_blobs()[0], make_blobs()[1][:, None].astype("float32")), [32], "relu", SIGMOID, BINARY, ADAM()
        ),
        "label_range",
    )
    _add(
        "labels of one class only",
        lambda: stack((make_blobs()[0], np.ones((640, 1), "float32")), [32], "relu", SIGMOID, BINARY, ADAM()),
        "constant_labels",
        strength="mild",
    )
    _add(
        "categorical of one unit",
        lambda: stack(make_binary(), [32], "relu", SIGMOID, "categorical_crossentropy", ADAM()),
        "output_layer",
        "zero_gradient",
    )
    for strength, scale in zip(strengths, (100.0, 1e4, 1e6), strict=True):
        _add(
            f"labels times {scale}",
            lambda s=scale: stack(
                (make_regression()[0], make_regression()[1] * s), [32, 32], "relu", LINEAR, SQUARED, ADAM()
            ),
            "label_scale",
            strength=strength,
        )
        _add(
            f"labels times {scale} sgd",
            lambda s=scale: stack(
                (make_regression()[0], make_regression()[1] * s), [32, 32], "relu", LINEAR, SQUARED, SGD(0.01)
            ),
            "label_scale",
            "exploding_gradient",
            "update_too_large",
            "nonfinite",
            strength=strength,
        )
    _add("frozen hidden layers", _frozen_hidden, "frozen_layers", strength="mild")
    _add("disconnected layer", _disconnected, "disconnected_layer", strength="mild")


def make_cancer() -> tuple[np.ndarray, np.ndarray]:
    """Thirty measures of tumours in their own units, from 0.001 to 4000; labels of shape `(examples, 1)`."""
    data = datasets.load_breast_cancer()
    return data.data.astype("float32"), data.target[:, None].astype("float32")


def make_diabetes() -> tuple[np.ndarray, np.ndarray]:
    """Ten features of unit scale; labels from 25 to 346."""
    x, y = datasets.load_diabetes(return_X_y=True)
    return (x / x.std(axis=0)).astype("float32"), y[:, None].astype("float32")


def _standardize(data: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return (data[0] - data[0].mean(axis=0)) / data[0].std(axis=0), data[1]


def _standardize_both(data: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return _standardize(data)[0], _standardize((data[1], data[1]))[0]


class Blocks(keras.Model):
    """A subclassed residual net."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = layers.Dense(24)
        self.blocks = [layers.Dense(24, "relu") for _ in range(4)]
        self.leave = layers.Dense(1, "sigmoid")

    def call(self, x: Any) -> Any:
        """Adds each block to what came before it."""
        h = self.enter(x)
        for block in self.blocks:
            h = h + block(h)
        return self.leave(h)


def _subclassed() -> Program:
    model = Blocks()
    model.compile(ADAM(), BINARY)
    return Program(model, *_standardize(make_cancer()))


def _two_classes_of_softmax() -> tuple[np.ndarray, np.ndarray]:
    x, y = _standardize(make_cancer())
    return x, y[:, 0].astype("int32")


def _attention_lstm() -> Program:
    x, y = make_sequences()
    inputs = keras.Input(x.shape[1:])
    h = layers.LSTM(12, return_sequences=True)(inputs)
    h = layers.Attention()([h, h])
    model = keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Flatten()(h)))
    model.compile(ADAM(0.005), BINARY)
    return Program(model, x, y)


def _large_digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = make_digits(400)
    return np.pad(x.repeat(2, axis=1).repeat(2, axis=2), ((0, 0), (2, 2), (2, 2), (0, 0))), y


def _add_held_out_healthy() -> None:
    def add(name: str, make: Maker) -> None:
        _add(name, make, held_out=True)

    opt = keras.optimizers
    add("cancer relu", lambda: stack(_standardize(make_cancer()), [64, 64], "relu", SIGMOID, BINARY, ADAM()))
    add(
        "cancer two softmax units",
        lambda: stack(_two_classes_of_softmax(), [32], "relu", (2, "softmax"), SPARSE, ADAM()),
    )
    add(
        "cancer nadam elu",
        lambda: stack(_standardize(make_cancer()), [48, 24], "elu", SIGMOID, BINARY, opt.Nadam(0.002)),
    )
    add("wine logistic", lambda: stack(_standardize(make_wine()), [], "relu", SOFTMAX, SPARSE, SGD(0.1)))
    add("wine adagrad", lambda: stack(_standardize(make_wine()), [24], "softplus", SOFTMAX, SPARSE, opt.Adagrad(0.05)))
    add("wine lion", lambda: stack(_standardize(make_wine()), [32], "tanh", SOFTMAX, SPARSE, opt.Lion(0.001)))
    add("diabetes", lambda: stack(_standardize_both(make_diabetes()), [32, 16], "relu", LINEAR, SQUARED, ADAM(0.003)))
    add(
        "diabetes huber sgd",
        lambda: stack(_standardize_both(make_diabetes()), [32], "tanh", LINEAR, "huber", SGD(0.05, momentum=0.9)),
    )
    add("subclassed residual", _subclassed)
    add("attention lstm", _attention_lstm)
    add(
        "stacked gru",
        lambda: build(
            make_sequences(),
            [layers.GRU(12, return_sequences=True), layers.GRU(12), layers.Dense(1, "sigmoid")],
            BINARY,
            ADAM(0.005),
        ),
    )
    add(
        "large cnn sgd",
        lambda: build(
            _large_digits(),
            [
                layers.Conv2D(8, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(16, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(10, "softmax"),
            ],
            SPARSE,
            SGD(0.05, momentum=0.9),
        ),
    )
    add(
        "separable cnn",
        lambda: build(
            _large_digits(),
            [
                layers.SeparableConv2D(16, 3, activation="relu"),
                layers.BatchNormalization(),
                layers.SeparableConv2D(16, 3, activation="relu"),
                layers.GlobalMaxPooling2D(),
                layers.Dense(10, "softmax"),
            ],
            SPARSE,
            ADAM(0.003),
        ),
    )
    add("twenty relu", lambda: stack(make_blobs(), [48] * 20, "relu", SOFTMAX, SPARSE, ADAM(5e-4), "he_normal"))
    add("twenty normalized", lambda: stack(make_binary(), [32] * 20, "relu", SIGMOID, BINARY, ADAM(), normalize=True))
    add(
        "label smoothing",
        lambda: stack(
            (make_blobs()[0], np.eye(3, dtype="float32")[make_blobs()[1]]),
            [32, 32],
            "gelu",
            SOFTMAX,
            keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
            ADAM(0.002),
        ),
    )
    add(
        "relu output, positive labels",
        lambda: stack(
            (make_regression()[0], np.abs(make_regression()[1])), [32], "relu", (1, "softplus"), SQUARED, ADAM(0.003)
        ),
    )
    add("three sigmoids", lambda: stack(make_blobs(), [48] * 3, "sigmoid", SOFTMAX, SPARSE, ADAM(0.01)))
    add(
        "tokens conv",
        lambda: build(
            make_tokens(),
            [
                layers.Embedding(50, 8),
                layers.Conv1D(16, 3, activation="relu"),
                layers.GlobalMaxPooling1D(),
                layers.Dense(1, "sigmoid"),
            ],
            BINARY,
            ADAM(0.01),
        ),
    )
    add(
        "rescaled pixels",
        lambda: build(
            _scaled(make_digits(), 255),
            [layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(64, "relu"), layers.Dense(10, "softmax")],
            SPARSE,
            ADAM(0.002),
        ),
    )


def _add_held_out_sick() -> None:
    def add(name: str, make: Maker, *rules: str, strength: str = "clear") -> None:
        _add(name, make, *rules, strength=strength, held_out=True)

    opt = keras.optimizers
    large = ("update_too_large", "learning_rate_too_high", "exploding_gradient", "exploding_activation", "nonfinite")
    add(
        "raw cancer sgd",
        lambda: stack(make_cancer(), [32], "relu", SIGMOID, BINARY, SGD(0.01)),
        "input_scale",
        "feature_scale",
        *large,
    )
    add(
        "raw cancer sigmoid",
        lambda: stack(make_cancer(), [32], "sigmoid", SIGMOID, BINARY, ADAM()),
        "input_scale",
        "feature_scale",
        "saturated_units",
    )
    add(
        "cancer softmax of one",
        lambda: stack(_standardize(make_cancer()), [64, 32], "tanh", (1, "softmax"), BINARY, "rmsprop"),
        "output_layer",
    )
    add(
        "raw diabetes labels",
        lambda: stack(make_diabetes(), [16], "relu", LINEAR, SQUARED, SGD(0.1)),
        "label_scale",
        *large,
    )
    add(
        "raw diabetes labels adam",
        lambda: stack(make_diabetes(), [16], "relu", LINEAR, "mae", ADAM()),
        "label_scale",
        strength="mild",
    )
    add(
        "diabetes through a sigmoid",
        lambda: stack(make_diabetes(), [16], "relu", SIGMOID, SQUARED, ADAM()),
        "label_range",
    )
    add(
        "pixels cnn sgd",
        lambda: build(
            _scaled(_large_digits(), 255),
            [layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), layers.Dense(10, "softmax")],
            SPARSE,
            SGD(0.1),
        ),
        "input_scale",
        *large,
    )
    add(
        "mse of class numbers",
        lambda: stack(
            (make_digits()[0], make_digits()[1][:, None].astype("float32")),
            [32],
            "relu",
            (10, "softmax"),
            SQUARED,
            ADAM(),
        ),
        "output_layer",
        "label_range",
    )
    add(
        "rmsprop 1e-7",
        lambda: stack(make_circles(), [32, 32], "tanh", SIGMOID, BINARY, opt.RMSprop(1e-7)),
        "learning_rate_too_low",
        "update_too_small",
    )
    add(
        "nadam 3",
        lambda: stack(_standardize(make_wine()), [32], "relu", SOFTMAX, SPARSE, opt.Nadam(3.0)),
        "dead_relu",
        *large,
    )
    add(
        "momentum 0.99 rate 5",
        lambda: stack(make_blobs(), [64, 64], "relu", SOFTMAX, SPARSE, SGD(5.0, momentum=0.99)),
        "dead_relu",
        *large,
    )
    add(
        "ten hard sigmoids",
        lambda: stack(make_blobs(), [24] * 10, "hard_sigmoid", SOFTMAX, SPARSE, ADAM()),
        "vanishing_gradient",
        "constant_prediction",
    )
    add(
        "seven sigmoids rmsprop",
        lambda: stack(_standardize(make_cancer()), [20] * 7, "sigmoid", SIGMOID, BINARY, "rmsprop"),
        "vanishing_gradient",
        "constant_prediction",
        strength="mild",
    )
    add(
        "softsign of large weights",
        lambda: stack(make_binary(), [32] * 3, "softsign", SIGMOID, BINARY, ADAM(), random_normal(10.0)),
        "saturated_units",
        "exploding_gradient",
        "label_range",
    )
    add(
        "tiny gelu",
        lambda: stack(make_regression(), [32] * 8, "gelu", LINEAR, SQUARED, SGD(0.01), random_normal(0.02)),
        "vanishing_gradient",
        "tiny_gradient",
        "constant_prediction",
    )
    add(
        "constant convolution",
        lambda: build(
            make_digits(),
            [
                layers.Conv2D(8, 3, activation="relu", kernel_initializer="ones"),
                layers.Flatten(),
                layers.Dense(10, "softmax", kernel_initializer="ones"),
            ],
            SPARSE,
            ADAM(),
        ),
        "symmetric_weights",
        strength="mild",
    )
    add(
        "time stamps",
        lambda: stack(_scaled(make_regression(), 1.0, 1.6e4), [32], "relu", LINEAR, SQUARED, ADAM()),
        "input_scale",
    )
    add(
        "logits without from_logits",
        lambda: build(make_digits(), [layers.Flatten(), layers.Dense(32, "relu"), layers.Dense(10)], SPARSE, ADAM()),
        "output_layer",
    )
    add(
        "tanh for ten classes",
        lambda: stack(
            (make_digits()[0], make_digits()[1][:, None].astype("float32")), [32], "relu", (1, "tanh"), SQUARED, ADAM()
        ),
        "label_range",
    )
    add(
        "dead convolution",
        lambda: build(
            _large_digits(),
            [
                layers.Conv2D(8, 3, activation="relu", bias_initializer=keras.initializers.Constant(-20.0)),
                layers.Flatten(),
                layers.Dense(10, "softmax"),
            ],
            SPARSE,
            ADAM(),
        ),
        "dead_relu",
        "zero_gradient",
    )
    add(
        "saturated rnn",
        lambda: build(
            _scaled(make_sequences(), 100.0), [layers.SimpleRNN(16), layers.Dense(1, "sigmoid")], BINARY, ADAM()
        ),
        "input_scale",
        "saturated_units",
    )
    add(
        "lstm rate 1",
        lambda: build(make_sequences(), [layers.LSTM(16), layers.Dense(1, "sigmoid")], BINARY, ADAM(1.0)),
        *large,
    )
    add(
        "infinite label",
        lambda: stack(
            (make_regression()[0], np.where(np.arange(640)[:, None] == 7, np.inf, make_regression()[1])),
            [32],
            "relu",
            LINEAR,
            SQUARED,
            ADAM(),
        ),
        "nonfinite",
    )
    add(
        "labels of two and one",
        lambda: stack((make_binary()[0], make_binary()[1] + 1), [32], "relu", SIGMOID, BINARY, ADAM()),
        "label_range",
    )
    add(
        "deep glorot linear, too weak",
        lambda: stack(make_regression(), [16] * 12, None, LINEAR, SQUARED, SGD(0.01), random_normal(0.08)),
        "vanishing_gradient",
        "tiny_gradient",
        "constant_prediction",
    )


_add_healthy()
_add_sick()
_add_held_out_healthy()
_add_held_out_sick()


def run_case(case: Case, seed: int, epochs: int = 3, examples: int = 128) -> Evidence:
    """Inspects a case's program on a batch, then trains it under all loggers.

    Returns:
        All there is to diagnose.
    """
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    program = case.make()
    x, y = keras.tree.map_structure(lambda array: array[:examples], (program.x, program.y))
    inspection = vg.inspect(program.model, x, y)
    with tempfile.TemporaryDirectory() as folder:
        gradients, activations = Path(folder) / "gradients.csv", Path(folder) / "activations.csv"
        loggers = [vg.GradientLogger(gradients), vg.ActivationLogger(activations, x)]
        history = program.model.fit(
            program.x, program.y, epochs=epochs, verbose=0, callbacks=loggers, **program.options
        )
        return collect(inspection, vg.read_log(gradients), vg.read_log(activations), history)
