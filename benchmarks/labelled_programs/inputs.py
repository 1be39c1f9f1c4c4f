"""Features, their scales and gaps, and labels that do not belong to them."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import (
    Data,
    make_blobs,
    make_cancer,
    make_diabetes,
    make_regression,
    make_wine,
    scale_inputs,
    standardize,
    standardize_both,
)
from labelled_programs.models import dense, sequential
from labelled_programs.program import STRENGTHS, Program


def replace_feature(make: Any, value: float, feature: Any = 2, rows: slice = slice(None)) -> Data:
    """One feature replaced, in all rows or some."""
    x, y = make()
    x = x.copy()
    x[rows, feature] = value
    return x, y


def scale_feature(make: Any, factor: float, shift: float = 0.0, feature: int = 2) -> Data:
    """One feature in other units."""
    x, y = make()
    x = x.copy()
    x[:, feature] = x[:, feature] * factor + shift
    return x, y


def shuffle_labels(make: Any) -> Data:
    """Labels that belong to other rows."""
    x, y = make()
    return x, y[np.random.default_rng(18).permutation(len(y))]


def fix_labels(make: Any, value: int) -> Data:
    """The same label for all."""
    x, y = make()
    return x, np.full_like(y, value)


def make_one_feature() -> Data:
    """One feature, from 0 to 4, and its sine."""
    x = np.random.default_rng(19).uniform(0, 4, size=(320, 1)).astype("float32")
    return x, np.sin(2 * x)


def make_tiny() -> Data:
    """The four examples of exclusive or, sixteen times."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
    return np.tile(x, (16, 1)), np.tile(np.array([[0], [1], [1], [0]], "float32"), (16, 1))


def make_few_tumours() -> Data:
    """Forty rows of the tumours, standardised."""
    x, y = standardize(make_cancer)
    return x[:40], y[:40]


def make_small_diabetes() -> Data:
    """Features as scikit-learn gives them, each column of length 1; labels standardised."""
    x, y = standardize_both(make_diabetes)
    return x / np.sqrt(len(x)).astype("float32"), y


def make_outliers(size: float) -> Data:
    """The regression, three labels of which are far away."""
    x, y = make_regression()
    y = y.copy()
    y[[5, 50, 400]] *= size
    return x, y


def score_without_outliers(prediction: Any, y: Any) -> float:
    """The explained share of the variance of the labels that are not far away."""
    usual = np.abs(y[:, 0]) < 5
    return float(1 - ((y - prediction)[usual] ** 2).mean() / y[usual].var())


def build_adapted(x: Any, *, normalize: bool = True, activation: str = "relu") -> keras.Model:
    """A Normalization that was adapted to the data, or one that was forgotten."""
    norm = layers.Normalization() if normalize else layers.Normalization(mean=0.0, variance=1.0)
    if normalize:
        norm.adapt(x)
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(24, activation)(norm(inputs))
    return keras.Model(inputs, layers.Dense(3, "softmax")(h))


def build_normalized_inside(x: Any, *, width: int = 24) -> keras.Model:
    """A normalization over a layer's units, which are one or more."""
    inputs = keras.Input(x.shape[1:])
    h = layers.LayerNormalization()(layers.Dense(width)(inputs))
    return keras.Model(inputs, layers.Dense(1)(layers.Dense(24, "relu")(h)))


WINE = Program(
    name="wine behind an adapted normalization",
    theme="inputs",
    data=make_wine,
    build=build_adapted,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
)
BLOBS = Program(
    name="one small feature among many",
    theme="inputs",
    data=partial(scale_feature, make_blobs, 0.1),
    build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
)
REGRESSION = Program(
    name="diabetes, all standardised",
    theme="inputs",
    data=partial(standardize_both, make_diabetes),
    build=dense(hidden=[16], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.05),
)
SINE = Program(
    name="a sine of one feature",
    theme="inputs",
    data=make_one_feature,
    build=dense(hidden=[32, 32], activation="tanh", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.02),
)
XOR = Program(
    name="exclusive or",
    theme="inputs",
    data=make_tiny,
    build=dense(hidden=[16], activation="tanh", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.1),
    fit_options={"batch_size": 4},
)
FRIEDMAN = Program(
    name="layer normalization over 24 units",
    theme="inputs",
    data=make_regression,
    build=build_normalized_inside,
    loss="mse",
    optimizer=partial(Adam, 0.005),
)

HEALTHY = [
    WINE,
    BLOBS,
    REGRESSION,
    SINE,
    XOR,
    FRIEDMAN,
    BLOBS.vary("a constant feature among many", data=partial(replace_feature, make_blobs, 1.0)),
    BLOBS.vary("inputs of a third of the usual size", data=partial(scale_inputs, make_blobs, 0.3)),
    BLOBS.vary("inputs of three times the usual size", data=partial(scale_inputs, make_blobs, 3.0)),
    BLOBS.vary(
        "tiny inputs behind batch normalization",
        data=partial(scale_inputs, make_blobs, 0.05),
        build=sequential(
            layers.BatchNormalization, partial(layers.Dense, 32, "relu"), partial(layers.Dense, 3, "softmax")
        ),
    ),
    REGRESSION.vary(
        "a few labels far away under huber",
        data=partial(make_outliers, 20.0),
        build=dense(hidden=[32], activation="relu", output=(1, None)),
        loss="huber",
        score=score_without_outliers,
    ),
    XOR.vary("40 rows of tumours", data=make_few_tumours, optimizer=partial(RMSprop, 0.01)),
]

SICK = [
    WINE.vary(
        "wine behind a normalization that was not adapted",
        label=labels.LARGE_INPUTS,
        strength="clear",
        build=partial(build_adapted, normalize=False, activation="tanh"),
    ),
    *(
        BLOBS.vary(
            f"inputs times {scale}",
            label=labels.SMALL_INPUTS,
            strength=strength,
            data=partial(scale_inputs, make_blobs, scale),
            optimizer=partial(Adam, 0.001),
        )
        for strength, scale in zip(STRENGTHS, (1e-2, 1e-4, 1e-6), strict=True)
    ),
    REGRESSION.vary(
        "diabetes as scikit-learn scales it, sgd",
        label=(*labels.SMALL_INPUTS, *labels.TOO_SMALL_STEPS),
        strength="mild",
        data=make_small_diabetes,
        optimizer=SGD,
    ),
    *(
        BLOBS.vary(
            f"one feature of many times {factor:.0f}",
            label=labels.LARGE_INPUTS,
            strength=strength,
            data=partial(scale_feature, make_blobs, factor),
            optimizer=partial(SGD, 0.05),
        )
        for strength, factor in (("mild", 300.0), ("extreme", 1e6))
    ),
    BLOBS.vary(
        "a year among the features",
        label=labels.LARGE_INPUTS,
        strength="mild",
        data=partial(scale_feature, make_blobs, 5.0, 2000.0),
        build=dense(hidden=[32], activation="tanh", output=(3, "softmax")),
    ),
    BLOBS.vary(
        "a feature that is NaN",
        label=labels.NONFINITE,
        strength="extreme",
        data=partial(replace_feature, make_blobs, float("nan")),
    ),
    BLOBS.vary(
        "a feature that is NaN in one row of the first hundred",
        label=labels.NONFINITE,
        strength="mild",
        data=partial(replace_feature, make_blobs, float("nan"), rows=slice(97, 98)),
    ),
    REGRESSION.vary(
        "an infinite feature",
        label=labels.NONFINITE,
        strength="clear",
        data=partial(replace_feature, make_regression, float("inf"), rows=slice(20, 22)),
    ),
    BLOBS.vary("shuffled labels", unnamed=True, strength="clear", data=partial(shuffle_labels, make_blobs)),
    REGRESSION.vary("shuffled numbers", unnamed=True, strength="clear", data=partial(shuffle_labels, make_regression)),
    BLOBS.vary(
        "the same class for all",
        label=("constant_labels",),
        strength="mild",
        data=partial(fix_labels, make_blobs, 1),
        unscored=True,
    ),
    BLOBS.vary(
        "every feature constant",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        data=partial(replace_feature, make_blobs, 1.0, slice(None)),
    ),
    REGRESSION.vary(
        "diabetes in raw units under sgd",
        label=(*labels.LARGE_LABELS, *labels.TOO_LARGE_STEPS),
        strength="extreme",
        data=make_diabetes,
    ),
    FRIEDMAN.vary(
        "layer normalization over one unit",
        label=("zero_gradient", "constant_prediction"),
        strength="extreme",
        build=partial(build_normalized_inside, width=1),
    ),
    XOR.vary(
        "exclusive or, sgd 0.01",
        label=labels.TOO_SMALL_STEPS,
        strength="mild",
        optimizer=partial(SGD, 0.01),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
