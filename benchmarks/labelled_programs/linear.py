"""Layers without an activation between them, where the labels ask for one and where they do not."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers
from keras.optimizers import Adam

from labelled_programs import labels
from labelled_programs.data import Data, make_circles, make_digits, make_regression
from labelled_programs.models import dense, sequential
from labelled_programs.program import Program


def make_products() -> Data:
    """Two numbers, and whether their product is above 0: as many above as below on each side of any line."""
    x = np.random.default_rng(900).uniform(-1, 1, size=(640, 2)).astype("float32")
    return x, (x[:, :1] * x[:, 1:] > 0).astype("float32")


def make_halves() -> Data:
    """Six numbers, and whether a weighted sum of them is above 0, but for one example in twenty."""
    generator = np.random.default_rng(904)
    x = generator.normal(size=(640, 6))
    above = (x @ generator.normal(size=(6, 1)) > 0) ^ (generator.random((640, 1)) < 0.05)
    return x.astype("float32"), above.astype("float32")


def make_distances() -> Data:
    """Two points in the plane, and how far they are from each other, standardized."""
    x = np.random.default_rng(901).normal(size=(640, 4)).astype("float32")
    y = np.hypot(x[:, :1] - x[:, 2:3], x[:, 1:2] - x[:, 3:])
    return x, (y - y.mean()) / y.std()


def make_stripes() -> Data:
    """Pictures of stripes that lie or stand, each with a phase of its own: their mean is the same picture for both."""
    generator = np.random.default_rng(902)
    classes = generator.integers(0, 2, size=480)
    waves = np.sin(np.arange(12) * np.pi / 2 + generator.uniform(0, 2 * np.pi, size=(480, 1)))
    pictures = np.where(classes[:, None, None] == 1, waves[:, None, :], waves[:, :, None])
    noise = generator.normal(scale=0.3, size=(480, 12, 12))
    return (pictures + noise).astype("float32")[..., None], classes.astype("float32")[:, None]


def make_copies() -> Data:
    """Digits, and the digits themselves as labels."""
    x = make_digits()[0].reshape(-1, 64)
    return x, x


def make_numbers_of_words() -> Data:
    """Texts of 12 words out of 40, of which 10 are good and 10 bad, and whether more of them are good."""
    x = np.random.default_rng(903).integers(0, 40, size=(640, 12)).astype("int32")
    return x, ((x < 10).sum(axis=1) > ((x >= 10) & (x < 20)).sum(axis=1)).astype("float32")[:, None]


def build_convolutions(activation: str | None) -> Any:
    """Two convolutions of pictures, their mean over the picture, and one unit."""
    return sequential(
        partial(layers.Conv2D, 8, 3, activation=activation),
        partial(layers.Conv2D, 8, 3, activation=activation),
        layers.GlobalAveragePooling2D,
        partial(layers.Dense, 1, "sigmoid"),
    )


def build_parallel(x: Any) -> keras.Model:
    """Two layers beside each other, added, without an activation."""
    inputs = keras.Input(x.shape[1:])
    added = layers.Add()([layers.Dense(16)(inputs), layers.Dropout(0.1)(layers.Dense(16)(inputs))])
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.BatchNormalization()(added)))


_CIRCLES = Program(
    name="circles, three layers of relu",
    theme="linear",
    data=make_circles,
    build=dense(hidden=[16, 16, 16], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
)
_PRODUCTS = _CIRCLES.vary(
    "signs of products, relu", data=make_products, build=dense(hidden=[32], activation="relu", output=(1, "sigmoid"))
)
_DISTANCES = Program(
    name="distances of points, tanh",
    theme="linear",
    data=make_distances,
    build=dense(hidden=[32, 32], activation="tanh", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.01),
)
_STRIPES = _CIRCLES.vary("stripes, two convolutions of relu", data=make_stripes, build=build_convolutions("relu"))
_LINEAR: dict[str, Any] = {"label": labels.LINEAR, "strength": "extreme"}

PROGRAMS = [
    _CIRCLES,
    _CIRCLES.vary(
        "circles, three layers without activation",
        build=dense(hidden=[16, 16, 16], activation=None, output=(1, "sigmoid")),
        **_LINEAR,
    ),
    _CIRCLES.vary("circles, two layers added, without activation", build=build_parallel, **_LINEAR),
    _PRODUCTS,
    _PRODUCTS.vary(
        "signs of products, without activation",
        build=dense(hidden=[32], activation=None, output=(1, "sigmoid")),
        **_LINEAR,
    ),
    _DISTANCES,
    _DISTANCES.vary(
        "distances of points, without activation",
        build=dense(hidden=[32, 32], activation=None, output=(1, None)),
        **_LINEAR,
    ),
    _STRIPES,
    _STRIPES.vary("stripes, two convolutions without activation", build=build_convolutions(None), **_LINEAR),
    _CIRCLES.vary(
        "linear classes, two layers without activation",
        data=make_halves,
        build=dense(hidden=[16, 16], activation=None, output=(1, "sigmoid")),
    ),
    Program(
        name="digits, two layers without activation",
        theme="linear",
        data=make_digits,
        build=dense(hidden=[64, 32], activation=None, output=(10, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
    ),
    _DISTANCES.vary(
        "linear numbers, three layers without activation",
        data=make_regression,
        build=dense(hidden=[16, 16, 16], activation=None, output=(1, None)),
    ),
    _DISTANCES.vary(
        "digits copied through 16 units without activation",
        data=make_copies,
        build=dense(hidden=[16], activation=None, output=(64, None)),
    ),
    _CIRCLES.vary(
        "mean of words, a layer without activation",
        data=make_numbers_of_words,
        build=sequential(
            partial(layers.Embedding, 40, 8),
            layers.GlobalAveragePooling1D,
            partial(layers.Dense, 16),
            partial(layers.Dense, 1, "sigmoid"),
        ),
    ),
]
