"""Last layers, losses and labels."""

from functools import partial
from typing import Any

import numpy as np
from keras import layers, ops
from keras.losses import BinaryCrossentropy, CategoricalHinge, Huber, SparseCategoricalCrossentropy
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.held_out.data import Data, make_curve, make_iris, make_moons, make_spiral, make_tags
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program


def own_absolute_error(y: Any, prediction: Any) -> Any:
    """The mean absolute error, written down once more."""
    return ops.mean(ops.abs(y - prediction), axis=-1)


def own_log_cosh(y: Any, prediction: Any) -> Any:
    """The logarithm of the hyperbolic cosine of the error."""
    error = prediction - y
    return ops.mean(error + ops.softplus(-2 * error) - np.log(2.0))


def label_moons(low: float, high: float, flat: bool = False) -> Data:
    """Half moons, labelled by two numbers."""
    x, y = make_moons()
    y = np.where(y > 0, high, low).astype("float32")
    return x, y[:, 0] if flat else y


def make_flat_curve() -> Data:
    """The curve's labels in one axis."""
    x, y = make_curve()
    return x, y[:, 0]


def make_iris_vectors() -> Data:
    """The flowers, labelled by unit vectors."""
    x, y = make_iris()
    return x, np.eye(3, dtype="float32")[y]


def make_iris_numbers() -> Data:
    """The flowers, with the number of their kind as a quantity."""
    x, y = make_iris()
    return x, y[:, None].astype("float32")


def make_shares() -> Data:
    """Labels between 0 and 1."""
    x, y = make_curve()
    return x, (1 / (1 + np.exp(-2 * y))).astype("float32")


def score_signs(prediction: Any, y: Any) -> float:
    """How much better than the majority the signs of the predictions are."""
    true = y > y.mean()
    majority = max(true.mean(), 1 - true.mean())
    return float((((prediction > 0) == true).mean() - majority) / (1 - majority))


MOONS = Program(
    name="moons through a sigmoid",
    theme="heads",
    data=make_moons,
    build=dense(hidden=[16, 16], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
)
SPIRAL = Program(
    name="spiral of logits",
    theme="heads",
    data=make_spiral,
    build=dense(hidden=[48, 48], activation="relu", output=(3, None)),
    loss=SparseCategoricalCrossentropy(from_logits=True),
    optimizer=partial(Adam, 0.01),
)
CURVE = Program(
    name="curve under an absolute error",
    theme="heads",
    data=make_curve,
    build=dense(hidden=[48], activation="relu", output=(1, None)),
    loss=own_absolute_error,
    optimizer=partial(RMSprop, 0.005),
)
TAGS = Program(
    name="six tags",
    theme="heads",
    data=make_tags,
    build=dense(hidden=[32], activation="elu", output=(6, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
)
SIGNED = MOONS.vary(
    "moons under a squared hinge",
    data=partial(label_moons, -1, 1),
    build=dense(hidden=[16, 16], activation="relu", output=(1, "tanh")),
    loss="squared_hinge",
    score=score_signs,
)

HEALTHY = [
    MOONS,
    SPIRAL,
    CURVE,
    TAGS,
    SIGNED,
    MOONS.vary(
        "moons with logits",
        build=dense(hidden=[16, 16], activation="relu", output=(1, None)),
        loss=BinaryCrossentropy(from_logits=True),
    ),
    MOONS.vary("moons, absolute error of a sigmoid", loss="mae"),
    SPIRAL.vary(
        "flowers, two units of softmax too many",
        data=make_iris,
        build=dense(hidden=[16], activation="relu", output=(5, "softmax")),
        loss="sparse_categorical_crossentropy",
    ),
    SPIRAL.vary(
        "flowers under a categorical hinge",
        data=make_iris_vectors,
        build=dense(hidden=[16], activation="relu", output=(3, None)),
        loss=CategoricalHinge(),
    ),
    CURVE.vary("curve under log-cosh", loss=own_log_cosh, optimizer=partial(SGD, 0.2)),
    CURVE.vary(
        "shares through a sigmoid",
        data=make_shares,
        build=dense(hidden=[48], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    TAGS.vary("six tags under a squared error", loss="mse"),
]

SICK = [
    TAGS.vary(
        "six tags through a softmax",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        build=dense(hidden=[32], activation="elu", output=(6, "softmax")),
        loss="categorical_crossentropy",
    ),
    SIGNED.vary(
        "squared hinge through a sigmoid",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="mild",
        build=dense(hidden=[16, 16], activation="relu", output=(1, "sigmoid")),
    ),
    MOONS.vary(
        "moons labelled 1 and 2", label=labels.LABELS_OUT_OF_RANGE, strength="clear", data=partial(label_moons, 1, 2)
    ),
    MOONS.vary(
        "moons labelled 0 and 100, absolute error",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="extreme",
        data=partial(label_moons, 0, 100),
        loss=own_absolute_error,
    ),
    MOONS.vary(
        "moons labelled -1 and 1, squared error of a sigmoid",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="mild",
        data=partial(label_moons, -1, 1),
        loss="mse",
    ),
    MOONS.vary(
        "moons, one unit of softmax under an absolute error",
        label=labels.WRONG_HEAD,
        strength="extreme",
        build=dense(hidden=[16, 16], activation="relu", output=(1, "softmax")),
        loss="mae",
    ),
    SPIRAL.vary(
        "flowers, one sigmoid for three kinds",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.WRONG_HEAD),
        strength="clear",
        data=make_iris_numbers,
        build=dense(hidden=[16], activation="relu", output=(1, "sigmoid")),
        loss="mse",
    ),
    SPIRAL.vary(
        "spiral, logits for probabilities",
        label=labels.WRONG_HEAD,
        strength="clear",
        loss="sparse_categorical_crossentropy",
    ),
    SPIRAL.vary(
        "spiral, two softmaxes",
        label=labels.WRONG_HEAD,
        strength="mild",
        data=make_spiral,
        build=sequential(partial(layers.Dense, 48, "relu"), partial(layers.Dense, 3, "softmax"), layers.Softmax),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.05),
    ),
    CURVE.vary(
        "curve of flat labels under log-cosh",
        label=labels.LABELS_OF_ANOTHER_SHAPE,
        strength="clear",
        data=make_flat_curve,
        loss=OwnLoss(own_log_cosh),
    ),
    CURVE.vary(
        "curve through tanh, labels of a few hundred",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.LARGE_LABELS),
        strength="extreme",
        data=partial(make_curve, scale=300.0),
        build=dense(hidden=[48], activation="relu", output=(1, "tanh")),
    ),
    CURVE.vary(
        "curve through relu6",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="mild",
        build=dense(hidden=[48], activation="relu", output=(1, "relu6")),
        loss=Huber(),
    ),
    CURVE.vary(
        "curve far from 0",
        label=labels.LARGE_LABELS,
        strength="mild",
        data=partial(make_curve, shift=500.0),
        optimizer=partial(Adam, 0.002),
    ),
    CURVE.vary(
        "curve of millions",
        label=labels.LARGE_LABELS,
        strength="extreme",
        data=partial(make_curve, scale=1e6, shift=3e6),
        loss="mse",
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
