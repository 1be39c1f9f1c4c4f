"""Last layers, losses and labels that do not fit each other, and unusual ones that do."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy
from keras.optimizers import SGD, Adam

from labelled_programs import labels
from labelled_programs.data import (
    Data,
    make_binary,
    make_cancer_classes,
    make_circles,
    make_digits,
    make_multi_label,
    make_positive,
    make_regression,
    make_signed,
    number_classes,
    scale_labels,
)
from labelled_programs.models import OwnLoss, dense
from labelled_programs.program import Program


def own_squared_error(y: Any, prediction: Any) -> Any:
    """A mean squared error as it stands in many notebooks, without a look at shapes."""
    return ops.mean(ops.square(prediction - ops.cast(y, prediction.dtype)))


def own_dice(y: Any, prediction: Any) -> Any:
    """One minus the overlap of labels and predictions."""
    overlap = ops.sum(y * prediction)
    return 1 - (2 * overlap + 1) / (ops.sum(y) + ops.sum(prediction) + 1)


def own_margin(y: Any, prediction: Any) -> Any:
    """A hinge of one's own, for labels of -1 and 1."""
    return ops.mean(ops.maximum(1 - y * prediction, 0))


def make_flat_regression() -> Data:
    """The regression's labels in one axis."""
    x, y = make_regression()
    return x, y[:, 0]


def make_digit_vectors() -> Data:
    """Digits with labels as unit vectors."""
    x, y = make_digits()
    return x, np.eye(10, dtype="float32")[y]


def make_shifted(low: float, high: float) -> Data:
    """Two classes, labelled by two numbers."""
    x, y = make_binary()
    return x, np.where(y > 0, high, low).astype("float32")


def make_unit_interval() -> Data:
    """The regression's labels between 0 and 1."""
    x, y = make_regression()
    return x, (y - y.min()) / (y.max() - y.min())


def make_counts() -> Data:
    """Counts whose logarithm depends on the inputs."""
    x, y = make_regression()
    return x, np.random.default_rng(0).poisson(np.exp(1 + 0.7 * y)).astype("float32")


def build_softmax_twice(x: Any) -> keras.Model:
    """A softmax behind a Dense layer that has one already."""
    return keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Flatten(),
            layers.Dense(32, "relu"),
            layers.Dense(10, "softmax"),
            layers.Softmax(),
        ]
    )


def sign_score(prediction: Any, y: Any) -> float:
    """How much better than the majority the signs of the predictions are."""
    said, true = prediction > 0, y > 0
    majority = max(true.mean(), 1 - true.mean())
    return float(((said == true).mean() - majority) / (1 - majority))


BINARY = Program(
    name="relu net with a sigmoid",
    theme="heads",
    data=make_binary,
    build=dense(hidden=[24], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
)
CLASSES = Program(
    name="relu net with logits",
    theme="heads",
    data=make_digits,
    build=dense(hidden=[32], activation="relu", output=(10, None)),
    loss=SparseCategoricalCrossentropy(from_logits=True),
    optimizer=partial(Adam, 0.003),
)
TEN_SIGMOIDS = CLASSES.vary(
    "ten sigmoids for ten classes",
    data=make_digit_vectors,
    build=dense(hidden=[32], activation="relu", output=(10, "sigmoid")),
    loss="binary_crossentropy",
)
REGRESSION = Program(
    name="own squared error",
    theme="heads",
    data=make_regression,
    build=dense(hidden=[32], activation="relu", output=(1, None)),
    loss=own_squared_error,
    optimizer=partial(Adam, 0.005),
)
MULTI_LABEL = Program(
    name="four sigmoids for four labels",
    theme="heads",
    data=make_multi_label,
    build=dense(hidden=[24], activation="relu", output=(4, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
)
HINGE = Program(
    name="hinge of signs",
    theme="heads",
    data=make_signed,
    build=dense(hidden=[24], activation="relu", output=(1, None)),
    loss="hinge",
    optimizer=partial(Adam, 0.003),
    score=sign_score,
)

HEALTHY = [
    BINARY,
    CLASSES,
    TEN_SIGMOIDS,
    REGRESSION,
    MULTI_LABEL,
    HINGE,
    HINGE.vary("hinge of 0 and 1", data=make_binary, build=dense(hidden=[24], activation="relu", output=(1, "tanh"))),
    BINARY.vary(
        "tanh for labels of 0 and 1", build=dense(hidden=[24], activation="relu", output=(1, "tanh")), loss="mse"
    ),
    BINARY.vary("squared error of a sigmoid", loss="mse"),
    BINARY.vary("dice of two classes", loss=own_dice),
    BINARY.vary(
        "two units of softmax for two classes",
        data=make_cancer_classes,
        build=dense(hidden=[16], activation="relu", output=(2, "softmax")),
        loss="sparse_categorical_crossentropy",
    ),
    CLASSES.vary(
        "label smoothing over logits",
        data=make_digit_vectors,
        loss=CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    ),
    REGRESSION.vary(
        "sigmoid for labels between 0 and 1",
        data=make_unit_interval,
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        loss="mse",
    ),
    REGRESSION.vary(
        "softplus for positive labels",
        data=make_positive,
        build=dense(hidden=[32], activation="relu", output=(1, "softplus")),
        loss="mse",
    ),
    REGRESSION.vary(
        "poisson of exponentials",
        data=make_counts,
        build=dense(hidden=[32], activation="relu", output=(1, "exponential")),
        loss="poisson",
    ),
    REGRESSION.vary("flat labels under keras's own loss", data=make_flat_regression, loss="mse"),
    REGRESSION.vary("flat labels under a function of one's own", data=make_flat_regression),  # Keras mends the shape
]

SICK = [
    MULTI_LABEL.vary(
        "softmax over four labels that may all be set",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        build=dense(hidden=[24], activation="relu", output=(4, "softmax")),
        loss="categorical_crossentropy",
    ),
    MULTI_LABEL.vary(
        "softmax over four labels under binary cross-entropy",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="mild",
        build=dense(hidden=[24], activation="relu", output=(4, "softmax")),
    ),
    HINGE.vary(
        "hinge of 0 and 1 through a sigmoid",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="mild",
        data=make_signed,
        build=dense(hidden=[24], activation="relu", output=(1, "sigmoid")),
    ),
    HINGE.vary(
        "own margin of 0 and 1",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="clear",
        data=make_binary,
        loss=own_margin,
    ),
    REGRESSION.vary(
        "flat labels under a loss of one's own",
        label=labels.LABELS_OF_ANOTHER_SHAPE,
        strength="clear",
        data=make_flat_regression,
        loss=OwnLoss(own_squared_error),
    ),
    REGRESSION.vary(
        "relu for labels of both signs",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="mild",
        build=dense(hidden=[32], activation="relu", output=(1, "relu")),
        loss="mse",
    ),
    REGRESSION.vary(
        "sigmoid for labels of both signs",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="mild",
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
    ),
    REGRESSION.vary(
        "softmax for a number",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=dense(hidden=[32], activation="relu", output=(1, "softmax")),
    ),
    BINARY.vary(
        "softmax of one, sgd",
        label=labels.WRONG_HEAD,
        strength="clear",
        data=make_circles,
        build=dense(hidden=[16, 16], activation="tanh", output=(1, "softmax")),
        optimizer=partial(SGD, 0.1, momentum=0.9),
    ),
    BINARY.vary(
        "softmax of one under a loss of one's own",
        label=labels.WRONG_HEAD,
        strength="extreme",
        build=dense(hidden=[24], activation="relu", output=(1, "softmax")),
        loss=own_dice,
    ),
    CLASSES.vary(
        "logits without from_logits, digits",
        label=labels.WRONG_HEAD,
        strength="clear",
        loss="sparse_categorical_crossentropy",
    ),
    CLASSES.vary(
        "a softmax of a softmax",
        label=labels.WRONG_HEAD,
        strength="mild",
        build=build_softmax_twice,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.1),
    ),
    BINARY.vary(
        "labels of 0 and 255 under a loss of one's own",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.LARGE_LABELS),
        strength="extreme",
        data=partial(make_shifted, 0, 255),
        loss=own_squared_error,
    ),
    BINARY.vary(
        "labels of 1 and 2, squared error of a sigmoid",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="mild",
        data=partial(make_shifted, 1, 2),
        loss="mse",
    ),
    BINARY.vary(
        "labels of -1 and 1 under binary cross-entropy of tanh",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.WRONG_HEAD),
        strength="clear",
        data=make_signed,
        build=dense(hidden=[24], activation="relu", output=(1, "tanh")),
    ),
    CLASSES.vary(
        "squared error of class numbers with ten units",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OF_ANOTHER_SHAPE),
        strength="clear",
        data=partial(number_classes, make_digits),
        loss="mse",
    ),
    REGRESSION.vary(
        "cross-entropy for a number",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
    ),
    REGRESSION.vary(
        "labels of a few thousand, adam",
        label=labels.LARGE_LABELS,
        strength="clear",
        data=partial(scale_labels, make_positive, 3000.0),
        optimizer=partial(Adam, 0.001),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
