"""Faults of published benchmarks of Keras programs (DeepLocalize, DeepFD, UMLAUT), rebuilt small.

Beside each sick program stands the program with the published patch.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers
from keras.initializers import RandomNormal
from keras.optimizers import SGD, Adam

from labelled_programs import labels
from labelled_programs.data import Data, make_circles, make_digits
from labelled_programs.models import sequential
from labelled_programs.program import Program

QUESTION = "https://stackoverflow.com/questions/"


def make_digit_rows() -> Data:
    """Digits as vectors, with unit vectors as labels."""
    x, y = make_digits()
    return x.reshape(len(x), -1), np.eye(10, dtype="float32")[y]


def make_parabola() -> Data:
    """Fifty points of five times a square, with heavy noise, in one axis."""
    x = np.arange(0.0, 5.0, 0.1).reshape(-1, 1)
    y = 5 * x**2 + np.random.default_rng(60).normal(size=(50, 1)) ** 3
    return x.astype("float32"), y.astype("float32")


def make_line() -> Data:
    """Points of a line whose labels reach from 1 to 8."""
    x = np.random.default_rng(61).uniform(0, 3, size=(200, 1))
    return x.astype("float32"), (2.3 * x + 1).astype("float32")


def make_packets(*, standardize: bool) -> Data:
    """Eleven measures of network packets in their own units, and whether they belong to an attack."""
    generator = np.random.default_rng(62)
    ports = generator.integers(0, 65536, size=(600, 2))
    sizes = generator.lognormal(6, 1, size=(600, 3))
    flags = generator.integers(0, 2, size=(600, 4))
    times = generator.exponential(0.02, size=(600, 2))
    y = (np.log(sizes[:, :1]) - 6 + 2 * (flags[:, :1] - 0.5) + (times[:, :1] < 0.01) - 0.5) > 0
    x = np.concatenate([ports, sizes, flags, times], axis=1)
    if standardize:
        x = (x - x.mean(axis=0)) / x.std(axis=0)
    return x.astype("float32"), y.astype("float32")


def make_adults(*, standardize: bool) -> Data:
    """Fourteen measures of grown-ups, some in hundreds of thousands, and whether they earn much; unit vectors."""
    generator = np.random.default_rng(63)
    age, education = generator.integers(17, 80, size=(800, 1)), generator.integers(1, 17, size=(800, 1))
    hours = np.clip(generator.normal(40, 12, size=(800, 1)), 1, 99)
    weight = generator.lognormal(12, 0.5, size=(800, 1))
    gain = np.where(generator.random((800, 1)) < 0.08, generator.lognormal(9, 1, size=(800, 1)), 0.0)
    codes = generator.integers(0, 8, size=(800, 9))
    merit = (age - 40) / 20 + (education - 9) / 3 + (hours - 40) / 12 + 2 * (gain > 0)
    rich = (merit + 0.5 * generator.normal(size=(800, 1)) > 1.2)[:, 0].astype("int32")
    x = np.concatenate([age, education, hours, weight, gain, codes], axis=1).astype("float64")
    if standardize:
        x = (x - x.mean(axis=0)) / x.std(axis=0)
    return x.astype("float32"), np.eye(2, dtype="float32")[rich]


def make_two_squares() -> Data:
    """Points of two squares between 0.2 and 0.7, with unit vectors as labels."""
    generator = np.random.default_rng(64)
    y = np.arange(200) % 2
    low = np.where(y == 0, 0.2, 0.5)[:, None]
    return (low + 0.2 * generator.random((200, 2))).astype("float32"), np.eye(2, dtype="float32")[y]


def make_faces(examples: int = 320) -> Data:
    """Images of two eyes and a mouth somewhere, as vectors, and where these are, from -1 to 1."""
    generator = np.random.default_rng(65)
    rows, columns = np.mgrid[0:20, 0:20]
    center = generator.uniform(7, 13, size=(examples, 1, 2))
    points = center + np.array([[-3.0, -3.0], [-3.0, 3.0], [4.0, 0.0]])
    far = (rows - points[..., :1, None]) ** 2 + (columns - points[..., 1:, None]) ** 2
    x = np.exp(-far / 4).max(axis=1) + 0.1 * generator.normal(size=(examples, 20, 20))
    return x.reshape(examples, -1).astype("float32"), ((points - 10) / 10).reshape(examples, -1).astype("float32")


def make_wrongly_divided(*, labels_divided: bool) -> Data:
    """Digits; either the pixels are divided by their maximum, or all but the pixels: the labels by 255."""
    x, y = make_digits()
    return (255 * x, y[:, None] / np.float32(255)) if labels_divided else (x, y[:, None])


def make_fourth_power(*, standardize: bool) -> Data:
    """The fourth power of numbers from -100 to 100."""
    x = np.arange(-100, 100, 0.5)[:, None]
    y = x**4
    if standardize:
        x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    return x.astype("float32"), y.astype("float32")


def make_signals() -> Data:
    """Twelve channels with negative values that depend on four; their own labels."""
    generator = np.random.default_rng(66)
    x = np.tanh(generator.normal(size=(500, 4))) @ generator.normal(size=(4, 12))
    x = (x / x.std(axis=0)).astype("float32")
    return x, x


def make_multi_label_counts() -> Data:
    """Counts of twenty words, and three labels, each there or not."""
    generator = np.random.default_rng(67)
    y = generator.integers(0, 2, size=(800, 3))
    rates = 1 + y @ generator.gamma(1.0, 2.0, size=(3, 20))
    return generator.poisson(rates).astype("float32"), y.astype("float32")


def score_digits(prediction: Any, y: Any) -> float:
    """The share of digits that are told, beyond that of a guess."""
    true = np.round(y[:, 0] * (255 if y.max() <= 1 else 1)).astype("int64")
    return float(((prediction.argmax(axis=-1) == true).mean() - 0.1) / 0.9)


def build_old_digits(x: Any, *, activations: tuple[str | None, str | None]) -> keras.Model:
    """A hidden layer of 30, everything drawn with a deviation of 1."""
    parts = [
        layers.Dense(
            units, activation, kernel_initializer=RandomNormal(stddev=1), bias_initializer=RandomNormal(stddev=1)
        )
        for units, activation in zip((30, 10), activations, strict=True)
    ]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def build_packets(x: Any, *, head: str) -> keras.Model:
    """Two hidden layers of 12, everything drawn with a deviation of 0.05."""
    parts = [
        layers.Dense(units, activation, kernel_initializer=RandomNormal(stddev=0.05))
        for units, activation in ((12, "relu"), (12, "relu"), (1, head))
    ]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def build_autoencoder(x: Any, *, activation: str) -> keras.Model:
    """An autoencoder with the same activation in every layer, the last one too."""
    parts = [layers.Dense(units, activation) for units in (24, 24, 8, 24, 12)]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def build_rings(x: Any, *, activation: str | None) -> keras.Model:
    """Three layers with an activation or without."""
    parts = [layers.Dense(32, activation), layers.Dense(32, activation), layers.Dense(1, "sigmoid")]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def build_digit_images(x: Any) -> keras.Model:
    """Two convolutions, each pooled."""
    return keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Conv2D(16, 3, padding="same"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, padding="same"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(32, "relu"),
            layers.Dense(10, "softmax"),
        ]
    )


def build_multi_label(x: Any, *, head: str) -> keras.Model:
    """Two hidden layers with much dropout."""
    parts = [layers.Dense(20, "relu"), layers.Dropout(0.5), layers.Dense(20, "relu"), layers.Dropout(0.5)]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts, layers.Dense(3, head)])


OLD_DIGITS = Program(
    name="digits by mse, sigmoid and softmax, sgd 3",
    theme="forum",
    data=make_digit_rows,
    build=partial(build_old_digits, activations=("sigmoid", "softmax")),
    loss="mse",
    optimizer=partial(SGD, 3.0),
    fit_options={"batch_size": 10},
    source=QUESTION + "48385830",
)
PARABOLA = Program(
    name="parabola, sgd 0.0001",
    theme="forum",
    data=make_parabola,
    build=sequential(
        partial(layers.Dense, 50, "relu"),
        partial(layers.Dense, 30, "relu", kernel_initializer="random_uniform"),
        partial(layers.Dense, 1),
    ),
    loss="mse",
    optimizer=partial(SGD, 0.0001),
    epochs=150,
    source=QUESTION + "48934338",
)
LINE = Program(
    name="line, linear output",
    theme="forum",
    data=make_line,
    build=sequential(partial(layers.Dense, 5, "sigmoid"), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(SGD, 0.01),
    fit_options={"batch_size": 200},
    epochs=200,
    source=QUESTION + "48221692",
)
PACKETS = Program(
    name="packets, standardised, sigmoid",
    theme="forum",
    data=partial(make_packets, standardize=True),
    build=partial(build_packets, head="sigmoid"),
    loss="binary_crossentropy",
    optimizer="adam",
    fit_options={"batch_size": 5},
    source=QUESTION + "44066044",
)
ADULTS = Program(
    name="adults, standardised",
    theme="forum",
    data=partial(make_adults, standardize=True),
    build=sequential(partial(layers.Dense, 21, "relu"), partial(layers.Dense, 2, "softmax")),
    loss="categorical_crossentropy",
    optimizer="adam",
    source=QUESTION + "47724077",
)
SQUARES = Program(
    name="two squares, adam 0.05",
    theme="forum",
    data=make_two_squares,
    build=sequential(partial(layers.Dense, 2, "sigmoid"), partial(layers.Dense, 2, "softmax")),
    loss="categorical_crossentropy",
    optimizer=partial(Adam, 0.05),
    source=QUESTION + "50306988",
)
FACES = Program(
    name="faces, sgd 0.01",
    theme="forum",
    data=make_faces,
    build=sequential(partial(layers.Dense, 50), partial(layers.Dense, 100), partial(layers.Dense, 6)),
    loss="mse",
    optimizer=partial(SGD, 0.01, momentum=0.9, nesterov=True),
    source="https://github.com/Wardat-ISU/DeepLocalize",
)
DIVIDED = Program(
    name="digits whose pixels are divided",
    theme="forum",
    data=partial(make_wrongly_divided, labels_divided=False),
    build=build_digit_images,
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    score=score_digits,
    source=QUESTION + "59325381",
)
FOURTH_POWER = Program(
    name="fourth power, standardised",
    theme="forum",
    data=partial(make_fourth_power, standardize=True),
    build=sequential(partial(layers.Dense, 50, "sigmoid"), partial(layers.Dense, 50, "elu"), partial(layers.Dense, 1)),
    loss="mse",
    optimizer="adam",
    fit_options={"batch_size": 400},
    epochs=200,
    source=QUESTION + "52800582",
)
SIGNALS = Program(
    name="autoencoder of signals, tanh everywhere",
    theme="forum",
    data=make_signals,
    build=partial(build_autoencoder, activation="tanh"),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    source=QUESTION + "42514960",
)
RINGS = Program(
    name="rings, with activations",
    theme="forum",
    data=make_circles,
    build=partial(build_rings, activation="relu"),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    source="https://doi.org/10.1145/3411764.3445538",
)
MULTI_LABEL = Program(
    name="three labels of words, sigmoid",
    theme="forum",
    data=make_multi_label_counts,
    build=partial(build_multi_label, head="sigmoid"),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.01),
    fit_options={"batch_size": 20},
    source=QUESTION + "38648195",
)

MENDED = [
    OLD_DIGITS,
    PARABOLA,
    LINE,
    PACKETS,
    ADULTS,
    SQUARES,
    FACES,
    DIVIDED,
    FOURTH_POWER,
    SIGNALS,
    RINGS,
    MULTI_LABEL,
]

SICK = [
    OLD_DIGITS.vary(
        "digits by mse, no activations, sgd 3",
        label=(*labels.TOO_LARGE_STEPS, *labels.NONFINITE, *labels.EXPLODING),
        strength="extreme",
        build=partial(build_old_digits, activations=(None, None)),
    ),
    PARABOLA.vary(
        "parabola, sgd 0.1",
        label=(*labels.TOO_LARGE_STEPS, *labels.NONFINITE, *labels.LARGE_LABELS),
        strength="clear",
        optimizer=partial(SGD, 0.1),
    ),
    LINE.vary(
        "line, sigmoid output",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="clear",
        build=sequential(partial(layers.Dense, 5, "sigmoid"), partial(layers.Dense, 1, "sigmoid")),
    ),
    PACKETS.vary(
        "packets in their own units, relu output",
        label=(*labels.LARGE_INPUTS, *labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        data=partial(make_packets, standardize=False),
        build=partial(build_packets, head="relu"),
    ),
    ADULTS.vary(
        "adults in their own units",
        label=labels.LARGE_INPUTS,
        strength="clear",
        data=partial(make_adults, standardize=False),
    ),
    SQUARES.vary(
        "two squares, adam 0.001",
        label=labels.TOO_SMALL_STEPS,
        strength="mild",
        optimizer=partial(Adam, 0.001),
    ),
    FACES.vary(
        "faces, adam 0.1",
        label=labels.TOO_LARGE_STEPS,
        strength="clear",
        optimizer=partial(Adam, 0.1),
    ),
    DIVIDED.vary(
        "digits whose labels are divided",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="clear",
        data=partial(make_wrongly_divided, labels_divided=True),
    ),
    FOURTH_POWER.vary(
        "fourth power of numbers up to 100, all at once",
        label=(*labels.LARGE_INPUTS, *labels.LARGE_LABELS, *labels.SATURATED),
        strength="extreme",
        data=partial(make_fourth_power, standardize=False),
    ),
    SIGNALS.vary(
        "autoencoder of signals, relu everywhere",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="mild",
        build=partial(build_autoencoder, activation="relu"),
    ),
    RINGS.vary(
        "rings, without activations",
        label=labels.LINEAR,
        strength="clear",
        build=partial(build_rings, activation=None),
    ),
    MULTI_LABEL.vary(
        "three labels of words, softmax and mse",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="mild",
        build=partial(build_multi_label, head="softmax"),
        loss="mse",
    ),
]

PROGRAMS = [*MENDED, *SICK]
