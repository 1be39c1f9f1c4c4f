"""Text, embeddings and recommenders."""

from functools import partial
from typing import Any

import keras
from keras import layers, ops
from keras.initializers import RandomUniform
from keras.optimizers import SGD, Adam, Nadam

from labelled_programs import labels
from labelled_programs.held_out.data import Data, make_first_token, make_reviews, make_visits
from labelled_programs.models import sequential
from labelled_programs.program import Program

SIGMOID = partial(layers.Dense, 1, "sigmoid")


def shift_labels(low: float, high: float) -> Data:
    """Reviews, labelled by two numbers."""
    x, y = make_reviews()
    return x, (low + (high - low) * y).astype("float32")


def build_towers(x: Any, *, size: float = 0.3, hidden: bool = True) -> keras.Model:
    """A tower for users and one for pages; how alike their outputs are says whether the user stays."""
    inputs = {name: keras.Input((1,), dtype="int32", name=name) for name in ("user", "page")}
    towers = []
    for value in inputs.values():
        h = layers.Flatten()(layers.Embedding(25, 8, embeddings_initializer=RandomUniform(-size, size))(value))
        towers.append(layers.Dense(8)(layers.Dense(16, "relu")(h)) if hidden else h)
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Dot(1)(towers)))


def build_one_hot(x: Any, *, scale: float = 1.0) -> keras.Model:
    """Ids as unit vectors, flattened, times a factor."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Flatten()(ops.one_hot(inputs, 30)) * scale
    return keras.Model(inputs, layers.Dense(3, "softmax")(layers.Dense(24, "relu")(h)))


def build_raw_ids(x: Any) -> keras.Model:
    """Ids themselves, squared, into Dense layers."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Dense(24, "sigmoid")(ops.square(ops.cast(inputs, "float32")))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))


REVIEWS = Program(
    name="reviews, masked mean",
    theme="text",
    data=make_reviews,
    build=sequential(partial(layers.Embedding, 80, 12, mask_zero=True), layers.GlobalAveragePooling1D, SIGMOID),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.02),
)
GRU = REVIEWS.vary(
    "reviews, masked bidirectional gru",
    build=sequential(
        partial(layers.Embedding, 80, 12, mask_zero=True), lambda: layers.Bidirectional(layers.GRU(8)), SIGMOID
    ),
    optimizer=partial(Adam, 0.01),
)
VISITS = Program(
    name="two towers",
    theme="text",
    data=make_visits,
    build=build_towers,
    loss="binary_crossentropy",
    optimizer=partial(Nadam, 0.01),
)
ONE_HOT = Program(
    name="unit vectors of tokens",
    theme="text",
    data=make_first_token,
    build=build_one_hot,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
)

HEALTHY = [
    REVIEWS,
    GRU,
    VISITS,
    ONE_HOT,
    VISITS.vary("product of two embeddings", build=partial(build_towers, hidden=False), optimizer=partial(Adam, 0.03)),
    REVIEWS.vary(
        "reviews, convolution and maximum",
        build=sequential(
            partial(layers.Embedding, 80, 12),
            partial(layers.SpatialDropout1D, 0.1),
            partial(layers.Conv1D, 16, 3, activation="relu"),
            layers.GlobalMaxPooling1D,
            SIGMOID,
        ),
        optimizer=partial(Adam, 0.005),
    ),
]

SICK = [
    REVIEWS.vary(
        "reviews, masked mean, sgd 0.003", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(SGD, 0.003)
    ),
    REVIEWS.vary(
        "reviews labelled 1 and 2", label=labels.LABELS_OUT_OF_RANGE, strength="clear", data=partial(shift_labels, 1, 2)
    ),
    REVIEWS.vary(
        "reviews labelled -1 and 1",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="clear",
        data=partial(shift_labels, -1, 1),
    ),
    REVIEWS.vary("reviews, squares of ids", label=labels.LARGE_INPUTS, strength="clear", build=build_raw_ids),
    GRU.vary("masked gru, sgd at its default rate", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer="sgd"),
    GRU.vary("masked gru, adam 1", label=labels.TOO_LARGE_STEPS, strength="clear", optimizer=partial(Adam, 1.0)),
    VISITS.vary(
        "two towers, nadam 1e-6", label=labels.TOO_SMALL_STEPS, strength="clear", optimizer=partial(Nadam, 1e-6)
    ),
    VISITS.vary(
        "product of two embeddings of zeros",
        label=(*labels.SYMMETRIC, "zero_gradient"),
        strength="extreme",
        build=partial(build_towers, size=0.0, hidden=False),
    ),
    ONE_HOT.vary(
        "unit vectors times 1e-5",
        label=labels.SMALL_INPUTS,
        strength="clear",
        build=partial(build_one_hot, scale=1e-5),
        optimizer=partial(Adam, 0.001),
    ),
    ONE_HOT.vary(
        "unit vectors times 3000, sgd",
        label=labels.LARGE_INPUTS,
        strength="extreme",
        build=partial(build_one_hot, scale=3000.0),
        optimizer=partial(SGD, 0.1),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
