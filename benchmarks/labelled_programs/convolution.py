"""Convolutions in one and two dimensions, pooling and batch normalization."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers
from keras.initializers import Constant, RandomNormal
from keras.losses import SparseCategoricalCrossentropy
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data, make_digits, scale_inputs
from labelled_programs.models import sequential
from labelled_programs.program import Program
from labelled_programs.sequence_data import make_series_classes


def make_few_digits() -> Data:
    """Digits, 320 of them."""
    return make_digits(320)


def make_bars(size: int = 12, examples: int = 300) -> Data:
    """Noisy images with a bar, level or upright; labels of shape `(examples, 1)`."""
    generator = np.random.default_rng(10)
    x = 0.3 * generator.normal(size=(examples, size, size, 1))
    y = generator.integers(0, 2, size=examples)
    for image, upright, at in zip(x, y, generator.integers(1, size - 1, size=examples), strict=True):
        bar = image[:, at] if upright else image[at]
        bar += 1.0
    return x.astype("float32"), y[:, None].astype("float32")


def build_convolutions(
    x: Any,
    *,
    filters: tuple[int, ...] = (8, 16),
    activation: str | None = "relu",
    initializer: Any = "glorot_uniform",
    bias: float = 0.0,
    normalize: bool = False,
    axis: int = -1,
    dropout: float = 0.0,
    head: tuple[int, str | None] = (10, "softmax"),
) -> keras.Model:
    """Convolutions of 3 by 3, one pooling, and a Dense head."""
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for number, width in enumerate(filters):
        kernel = initializer() if isinstance(initializer, partial) else initializer
        convolution = layers.Conv2D(
            width,
            3,
            padding="same",
            activation=None if normalize else activation,
            kernel_initializer=kernel,
            bias_initializer=Constant(bias),
        )
        model.add(convolution)
        if normalize:
            model.add(layers.BatchNormalization(axis=axis))
            model.add(layers.Activation(activation))
        if number == 0:
            model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    if dropout:
        model.add(layers.Dropout(dropout))
    model.add(layers.Dense(*head))
    return model


def build_one_bad_layer(initializer: Any, x: Any) -> keras.Model:
    """Three convolutions, of which the second starts badly."""
    return keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(16, 3, activation="relu", kernel_initializer=initializer),
            layers.Conv2D(16, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, "softmax"),
        ]
    )


DIGITS = Program(
    name="two convolutions",
    theme="convolution",
    data=make_few_digits,
    build=build_convolutions,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
)
NORMALIZED = DIGITS.vary("convolutions with batch normalization", build=partial(build_convolutions, normalize=True))
DEEP = DIGITS.vary(
    "six convolutions",
    build=partial(build_convolutions, filters=(12,) * 6, initializer="he_normal"),
)
THREE = DIGITS.vary(
    "three convolutions and their mean", build=partial(build_one_bad_layer, "he_normal"), optimizer=partial(Adam, 0.01)
)
BARS = Program(
    name="bars",
    theme="convolution",
    data=make_bars,
    build=sequential(
        partial(layers.Conv2D, 6, 3, activation="relu"),
        layers.GlobalMaxPooling2D,
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(RMSprop, 0.01),
)
SERIES = Program(
    name="convolutions over time",
    theme="convolution",
    data=make_series_classes,
    build=sequential(
        partial(layers.Conv1D, 8, 7, strides=2, activation="relu"),
        partial(layers.Conv1D, 16, 5, strides=2, activation="relu"),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 3, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
)

HEALTHY = [
    DIGITS,
    NORMALIZED,
    DEEP,
    THREE,
    BARS,
    SERIES,
    DIGITS.vary(
        "raw pixels behind batch normalization",
        data=partial(scale_inputs, make_few_digits, 255),
        build=sequential(
            layers.BatchNormalization,
            partial(layers.Conv2D, 8, 3, activation="relu"),
            layers.Flatten,
            partial(layers.Dense, 10, "softmax"),
        ),
    ),
    DIGITS.vary("convolutions and a dropout of a half", build=partial(build_convolutions, dropout=0.5)),
    DIGITS.vary(
        "convolutions under sgd with momentum",
        optimizer=partial(SGD, 0.05, momentum=0.9),
        build=partial(build_convolutions, head=(10, None)),
        loss=SparseCategoricalCrossentropy(from_logits=True),
    ),
    BARS.vary(
        "separable convolutions",
        build=sequential(
            partial(layers.SeparableConv2D, 12, 3, activation="relu"),
            partial(layers.DepthwiseConv2D, 3, activation="elu"),
            layers.GlobalMaxPooling2D,
            partial(layers.Dense, 1, "sigmoid"),
        ),
    ),
    SERIES.vary(
        "dilated convolutions over time",
        build=sequential(
            partial(layers.Conv1D, 8, 3, dilation_rate=1, padding="causal", activation="relu"),
            partial(layers.Conv1D, 8, 3, dilation_rate=2, padding="causal", activation="relu"),
            partial(layers.Conv1D, 8, 3, dilation_rate=4, padding="causal", activation="relu"),
            layers.GlobalAveragePooling1D,
            partial(layers.Dense, 3, "softmax"),
        ),
    ),
]

SICK = [
    *(
        DIGITS.vary(
            f"convolutions of pixels times {scale}",
            label=labels.LARGE_INPUTS,
            strength=strength,
            data=partial(scale_inputs, make_few_digits, scale),
            optimizer=partial(SGD, 0.03),
        )
        for strength, scale in (("mild", 255.0), ("extreme", 25500.0))
    ),
    *(
        DIGITS.vary(
            f"convolutions of pixels times {scale}",
            label=labels.SMALL_INPUTS,
            strength=strength,
            data=partial(scale_inputs, make_few_digits, scale),
        )
        for strength, scale in (("clear", 1 / 255**2), ("extreme", 1e-6))
    ),
    *(
        THREE.vary(
            f"one convolution of {name} among three",
            label=labels.SYMMETRIC,
            strength=strength,
            build=partial(build_one_bad_layer, initializer),
        )
        for strength, name, initializer in (("mild", "ones", "ones"), ("clear", "zeros", "zeros"))
    ),
    DEEP.vary(
        "eight sigmoid convolutions",
        label=labels.VANISHING,
        strength="clear",
        build=partial(build_convolutions, filters=(12,) * 8, activation="sigmoid"),
    ),
    *(
        DEEP.vary(
            f"six convolutions of weights near {stddev}",
            label=labels.VANISHING if stddev < 0.1 else labels.EXPLODING,
            strength=strength,
            build=partial(build_convolutions, filters=(12,) * 6, initializer=partial(RandomNormal, stddev=stddev)),
            optimizer=partial(SGD, 0.01),
        )
        for strength, stddev in (("clear", 0.01), ("mild", 0.6), ("clear", 2.0))
    ),
    DIGITS.vary(
        "convolutions that all start dead",
        label=labels.DEAD,
        strength="clear",
        build=partial(build_convolutions, bias=-10.0),
    ),
    DIGITS.vary(
        "convolutions and a dropout of 0.98",
        label=labels.DROPOUT,
        strength="clear",
        build=partial(build_convolutions, dropout=0.98, filters=(4, 4)),
    ),
    DEEP.vary(
        "six convolutions, sgd 0.0003", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(SGD, 0.0003)
    ),
    NORMALIZED.vary(
        "batch normalization, adam 3", label=labels.TOO_LARGE_STEPS, strength="clear", optimizer=partial(Adam, 3.0)
    ),
    BARS.vary(
        "bars under a softmax of one",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=sequential(
            partial(layers.Conv2D, 6, 3, activation="relu"),
            layers.GlobalMaxPooling2D,
            partial(layers.Dense, 1, "softmax"),
        ),
    ),
    SERIES.vary(
        "convolutions over time of a raw sensor",
        label=labels.LARGE_INPUTS,
        strength="clear",
        data=partial(scale_inputs, make_series_classes, 300.0, 30000.0),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
