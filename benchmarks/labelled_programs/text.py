"""Text as token ids, embeddings, and recommenders."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.losses import SparseCategoricalCrossentropy
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data
from labelled_programs.models import sequential
from labelled_programs.program import STRENGTHS, Program
from labelled_programs.sequence_data import make_padded_tokens, make_topics


def make_counts(times: float = 1.0) -> Data:
    """How often each word stands in a text of one of four topics."""
    x, y = make_topics()
    return (times * np.eye(60)[x].sum(axis=1)).astype("float32"), y


def make_ratings(scale: float = 1.0, shift: float = 0.0) -> Data:
    """Who saw what, and how they liked it: products of hidden tastes, standardised."""
    generator = np.random.default_rng(11)
    people, films = generator.normal(size=(2, 30, 2))
    pairs = generator.integers(0, 30, size=(600, 2)).astype("int32")
    liked = (people[pairs[:, 0]] * films[pairs[:, 1]]).sum(axis=1, keepdims=True)
    liked = (liked / liked.std() * scale + shift).astype("float32")
    return [pairs[:, :1], pairs[:, 1:]], liked


def make_scaled_tokens(scale: float) -> Data:
    """The padded tokens, with labels of 0 and a scale."""
    x, y = make_padded_tokens()
    return x, scale * y


def build_recommender(x: Any, *, initializer: str = "uniform", scale: float = 1.0, head: str = "dot") -> keras.Model:
    """The product of two embeddings, with biases."""
    person, film = keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")
    vectors = [
        layers.Flatten()(layers.Embedding(30, 4, embeddings_initializer=initializer)(value)) for value in (person, film)
    ]
    if head == "dot":
        answer = layers.Dot(1)([vector * scale for vector in vectors])
    else:
        answer = layers.Dense(1)(layers.Dense(24, "relu")(layers.Concatenate()(vectors)))
    return keras.Model([person, film], answer)


def build_two_lengths(x: Any) -> keras.Model:
    """Convolutions of two widths over the same tokens."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(60, 12)(inputs)
    found = [layers.GlobalMaxPooling1D()(layers.Conv1D(12, width, activation="relu")(h)) for width in (2, 4)]
    return keras.Model(inputs, layers.Dense(4, "softmax")(layers.Concatenate()(found)))


def build_summed_bag(x: Any) -> keras.Model:
    """The masked mean of embeddings, as in many examples."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(40, 8, mask_zero=True)(inputs)
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h)))


def build_ids_into_dense(x: Any, *, normalize: bool = False) -> keras.Model:
    """Token ids into Dense layers, as if they were measurements."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = ops.cast(inputs, "float32")
    h = layers.BatchNormalization()(h) if normalize else 50 * h
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Dense(32, "tanh")(h)))


TOPICS = Program(
    name="mean of embeddings, four topics",
    theme="text",
    data=make_topics,
    build=sequential(
        partial(layers.Embedding, 60, 16),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 4, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.02),
)
COUNTS = TOPICS.vary(
    "counts of words",
    data=make_counts,
    build=sequential(partial(layers.Dense, 32, "relu"), partial(layers.Dense, 4, "softmax")),
    optimizer=partial(Adam, 0.003),
)
MASKED = Program(
    name="masked mean of embeddings",
    theme="text",
    data=make_padded_tokens,
    build=build_summed_bag,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.02),
)
RATINGS = Program(
    name="dot product of embeddings",
    theme="text",
    data=make_ratings,
    build=partial(build_recommender, initializer="random_normal", scale=10.0),
    loss="mse",
    optimizer=partial(Adam, 0.01),
)
LSTM = MASKED.vary(
    "masked lstm of tokens",
    build=sequential(
        partial(layers.Embedding, 40, 12, mask_zero=True),
        partial(layers.LSTM, 12),
        partial(layers.Dense, 1, "sigmoid"),
    ),
    optimizer=partial(Adam, 0.01),
)

HEALTHY = [
    TOPICS,
    COUNTS,
    MASKED,
    RATINGS,
    LSTM,
    TOPICS.vary("convolutions of two widths over tokens", build=build_two_lengths, optimizer=partial(Adam, 0.005)),
    TOPICS.vary(
        "flattened embeddings with dropout",
        build=sequential(
            partial(layers.Embedding, 60, 8),
            layers.Flatten,
            partial(layers.Dropout, 0.3),
            partial(layers.Dense, 24, "relu"),
            partial(layers.Dense, 4),
        ),
        loss=SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(RMSprop, 0.005),
    ),
    RATINGS.vary("embeddings side by side", build=partial(build_recommender, head="dense")),
    MASKED.vary(
        "ids as numbers behind batch normalization",
        build=partial(build_ids_into_dense, normalize=True),
    ),
    TOPICS.vary(
        "an embedding larger than the vocabulary",
        build=sequential(
            partial(layers.Embedding, 500, 16, embeddings_initializer="glorot_uniform"),
            layers.GlobalMaxPooling1D,
            partial(layers.Dense, 4, "softmax"),
        ),
    ),
]

SICK = [
    *(
        TOPICS.vary(
            f"mean of embeddings, sgd {rate}",
            label=labels.TOO_SMALL_STEPS,
            strength=strength,
            optimizer=partial(SGD, rate),
        )
        for strength, rate in zip(STRENGTHS, (0.01, 0.001, 1e-5), strict=True)
    ),
    LSTM.vary("masked lstm of tokens, sgd", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=SGD),
    COUNTS.vary(
        "counts of words times 5000",
        label=labels.LARGE_INPUTS,
        strength="clear",
        data=partial(make_counts, 5000.0),
        optimizer=partial(SGD, 0.03),
    ),
    MASKED.vary("ids as numbers", label=labels.LARGE_INPUTS, strength="clear", build=build_ids_into_dense),
    RATINGS.vary(
        "dot product of embeddings of zeros",
        label=(*labels.SYMMETRIC, "zero_gradient"),
        strength="extreme",
        build=partial(build_recommender, initializer="zeros"),
    ),
    *(
        RATINGS.vary(
            f"ratings near {shift:.0f}",
            label=labels.LARGE_LABELS,
            strength=strength,
            data=partial(make_ratings, shift / 4, shift),
        )
        for strength, shift in (("mild", 400.0), ("clear", 40000.0))
    ),
    RATINGS.vary(
        "dot product, sgd at its default rate",
        label=labels.TOO_SMALL_STEPS,
        strength="mild",
        build=partial(build_recommender, initializer="uniform"),
        optimizer=SGD,
    ),
    TOPICS.vary(
        "two tiny layers behind an embedding",
        label=labels.VANISHING,
        strength="clear",
        build=sequential(
            partial(layers.Embedding, 60, 16, embeddings_initializer=keras.initializers.RandomNormal(stddev=1e-4)),
            layers.GlobalAveragePooling1D,
            partial(layers.Dense, 16, "relu", kernel_initializer=keras.initializers.RandomNormal(stddev=1e-3)),
            partial(layers.Dense, 16, "relu", kernel_initializer=keras.initializers.RandomNormal(stddev=1e-3)),
            partial(layers.Dense, 4, "softmax"),
        ),
        optimizer=partial(SGD, 0.1),
    ),
    MASKED.vary(
        "tokens, one sigmoid for labels of 0 to 255",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="extreme",
        data=partial(make_scaled_tokens, 255.0),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
