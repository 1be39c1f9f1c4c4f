"""Features and labels as they come."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.held_out.data import Data, make_curve, make_iris, make_moons, make_spiral
from labelled_programs.models import dense
from labelled_programs.program import STRENGTHS, Program


def change_column(make: Any, change: Any, column: int = 0, rows: Any = slice(None)) -> Data:
    """One column changed, in all rows or some."""
    x, y = make()
    x = x.copy()
    x[rows, column] = change(x[rows, column])
    return x, y


def change_labels(make: Any, change: Any) -> Data:
    """The labels changed."""
    x, y = make()
    return x, change(y)


def scale_inputs(make: Any, factor: float) -> Data:
    """All features times a factor."""
    x, y = make()
    return factor * x, y


def divide_by_zero(make: Any) -> Data:
    """Standardised by hand, with a column that does not vary."""
    x, y = make()
    x = x.copy()
    x[:, 1] = 3.0
    with np.errstate(invalid="ignore"):
        return (x - x.mean(0)) / x.std(0), y


def standardize_rows(make: Any) -> Data:
    """Standardised over each example's features in place of each feature's examples; of one feature nothing is left."""
    x, y = make()
    x = x[:, :1]
    return (x - x.mean(1, keepdims=True)) / (x.std(1, keepdims=True) + 1e-7), y


def make_bikes(hour: float = 1.0, count: float = 1.0) -> Data:
    """Hour, temperature and weekday, and how many bicycles pass."""
    generator = np.random.default_rng(41)
    x = np.stack([generator.uniform(0, 24, 400), generator.uniform(-5, 30, 400), generator.integers(0, 7, 400)], axis=1)
    y = 200 * np.exp(-((x[:, :1] - 8) ** 2) / 8) + 8 * x[:, 1:2]
    return (x * [hour, 1, 1]).astype("float32"), (count * y).astype("float32")


def make_standard_bikes() -> Data:
    """Bicycles, all standardised."""
    x, y = make_bikes()
    return (x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()


def make_curve_classes() -> Data:
    """The curve's features, with the sign of its number."""
    x, y = make_curve()
    return x, (y[:, 0] > 0).astype("int32")


def shuffle(y: Any) -> Any:
    """The labels in another order."""
    return np.random.default_rng(42).permutation(y)


def turn_some(y: Any) -> Any:
    """A tenth of the labels of 0 and 1, turned round."""
    return np.where(np.random.default_rng(43).random(y.shape) < 0.1, 1 - y, y).astype("float32")


def build_plain_normalization(x: Any) -> keras.Model:
    """Raw features behind an adapted Normalization."""
    norm = layers.Normalization()
    norm.adapt(x)
    return keras.Sequential([keras.Input(x.shape[1:]), norm, layers.Dense(32, "tanh"), layers.Dense(1)])


SPIRAL = Program(
    name="spiral of two features",
    theme="inputs",
    data=make_spiral,
    build=dense(hidden=[64, 32], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
)
BIKES = Program(
    name="bicycles",
    theme="inputs",
    data=make_standard_bikes,
    build=dense(hidden=[32], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.1),
)
MOONS = Program(
    name="moons, elu",
    theme="inputs",
    data=make_moons,
    build=dense(hidden=[20], activation="elu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(RMSprop, 0.02),
)
IRIS = Program(
    name="raw flowers",
    theme="inputs",
    data=partial(make_iris, False),
    build=dense(hidden=[24], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.02),
)

HEALTHY = [
    SPIRAL,
    BIKES,
    MOONS,
    IRIS,
    BIKES.vary(
        "bicycles behind a normalization",
        data=partial(make_bikes, count=0.01),
        build=build_plain_normalization,
        loss="mae",
        optimizer=partial(Adam, 0.02),
    ),
    MOONS.vary("moons of four times the size", data=partial(make_moons, scale=4.0)),
    SPIRAL.vary("a column of zeros", data=partial(change_column, make_curve_classes, np.zeros_like)),
    MOONS.vary("a tenth of the labels turned round", data=partial(change_labels, make_moons, turn_some)),
]

SICK = [
    *(
        SPIRAL.vary(
            f"spiral times {scale}",
            label=labels.SMALL_INPUTS,
            strength=strength,
            data=partial(scale_inputs, make_spiral, scale),
            optimizer=partial(Adam, 0.001),
        )
        for strength, scale in zip(STRENGTHS, (3e-3, 1e-4, 1e-6), strict=True)
    ),
    BIKES.vary(
        "raw bicycles, sgd",
        label=(*labels.LARGE_LABELS, *labels.LARGE_INPUTS, *labels.TOO_LARGE_STEPS),
        strength="clear",
        data=make_bikes,
    ),
    BIKES.vary(
        "seconds in place of hours",
        label=labels.LARGE_INPUTS,
        strength="clear",
        data=partial(make_bikes, hour=3600.0, count=0.005),
        optimizer=partial(Adam, 0.005),
    ),
    IRIS.vary(
        "standardised by hand, one column does not vary",
        label=labels.NONFINITE,
        strength="clear",
        data=partial(divide_by_zero, make_iris),
    ),
    IRIS.vary(
        "one flower has NaN",
        label=labels.NONFINITE,
        strength="mild",
        data=partial(change_column, make_iris, lambda v: v * np.nan, 2, slice(40, 41)),
    ),
    MOONS.vary(
        "features of one column, standardised over itself",
        label=("constant_prediction", "zero_gradient"),
        strength="extreme",
        data=partial(standardize_rows, make_moons),
    ),
    MOONS.vary(
        "moons with shuffled labels",
        unnamed=True,
        strength="clear",
        data=partial(change_labels, make_moons, shuffle),
    ),
    MOONS.vary(
        "all moons one class",
        label=("constant_labels",),
        strength="mild",
        data=partial(change_labels, make_moons, np.zeros_like),
        unscored=True,
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
