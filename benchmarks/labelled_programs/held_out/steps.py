"""Optimizers, their rates and schedules."""

from functools import partial

import numpy as np
from keras import layers
from keras.optimizers import SGD, Adadelta, Adafactor, Adagrad, Adam, Adamax, AdamW, Ftrl, Lion, Muon, RMSprop
from keras.optimizers.schedules import CosineDecay, InverseTimeDecay, PolynomialDecay

from labelled_programs import labels
from labelled_programs.held_out.data import Data, make_curve, make_iris, make_moons, make_reviews, make_spiral
from labelled_programs.models import dense, sequential
from labelled_programs.program import STRENGTHS, Program


def make_line() -> Data:
    """Six features, and a weighted sum of them."""
    x, _ = make_curve()
    return x, (x @ np.array([[0.5], [-0.5], [0.3], [0.1], [0.0], [-0.6]])).astype("float32")


SPIRAL = Program(
    name="spiral, adamax",
    theme="steps",
    data=make_spiral,
    build=dense(hidden=[48, 48], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adamax, 0.02),
)
MOONS = Program(
    name="moons, sgd 1",
    theme="steps",
    data=make_moons,
    build=dense(hidden=[24, 24], activation="tanh", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 1.0),
)
IRIS = Program(
    name="flowers, adagrad 0.05",
    theme="steps",
    data=make_iris,
    build=dense(hidden=[16], activation="selu", output=(3, "softmax"), initializer="lecun_normal"),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adagrad, 0.05),
)
CURVE = Program(
    name="curve, sgd 0.05",
    theme="steps",
    data=make_curve,
    build=dense(hidden=[48, 24], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.05),
)
REVIEWS = Program(
    name="reviews, mean of embeddings, adam",
    theme="steps",
    data=make_reviews,
    build=sequential(
        partial(layers.Embedding, 80, 8),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.02),
)

HEALTHY = [
    SPIRAL,
    MOONS,
    IRIS,
    CURVE,
    REVIEWS,
    SPIRAL.vary("spiral, muon with decay", optimizer=partial(Muon, 0.02, weight_decay=0.01)),
    SPIRAL.vary("spiral, lion", optimizer=partial(Lion, 0.002)),
    IRIS.vary("flowers, ftrl 0.5", optimizer=partial(Ftrl, 0.5)),
    IRIS.vary("flowers, adadelta 1", optimizer=partial(Adadelta, 1.0, rho=0.9)),
    MOONS.vary(
        "moons, a warm-up of 50 steps", optimizer=lambda: SGD(CosineDecay(0.0, 400, warmup_target=1.0, warmup_steps=50))
    ),
    MOONS.vary("moons, a linear decay", optimizer=lambda: RMSprop(PolynomialDecay(0.01, 300, 1e-4))),
    CURVE.vary("curve, adamw clipped", optimizer=partial(AdamW, 0.01, clipvalue=0.5)),
    CURVE.vary(
        "linear curve, sgd at its default rate",
        data=make_line,
        build=dense(hidden=[], activation=None, output=(1, None)),
        optimizer="sgd",
    ),
]

SICK = [
    *(
        MOONS.vary(
            f"moons, sgd {rate}",
            label=labels.TOO_SMALL_STEPS,
            strength=strength,
            optimizer=partial(SGD, rate),
            build=dense(hidden=[24] * 4, activation="tanh", output=(1, "sigmoid")),
        )
        for strength, rate in zip(STRENGTHS, (0.002, 2e-4, 2e-6), strict=True)
    ),
    SPIRAL.vary(
        "spiral, adamax 50.0", label=labels.TOO_LARGE_STEPS, strength="extreme", optimizer=partial(Adamax, 50.0)
    ),
    SPIRAL.vary(
        "spiral, sgd at its default rate",
        label=labels.TOO_SMALL_STEPS,
        strength="mild",
        optimizer="sgd",
        build=dense(hidden=[24] * 5, activation="relu", output=(3, "softmax")),
    ),
    SPIRAL.vary(
        "spiral, adadelta at its default rate", label=labels.TOO_SMALL_STEPS, strength="clear", optimizer="adadelta"
    ),
    SPIRAL.vary("spiral, muon 10", label=labels.TOO_LARGE_STEPS, strength="extreme", optimizer=partial(Muon, 10.0)),
    IRIS.vary(
        "flowers, adagrad at its default rate", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer="adagrad"
    ),
    IRIS.vary(
        "flowers, adafactor 1e-6", label=labels.TOO_SMALL_STEPS, strength="clear", optimizer=partial(Adafactor, 1e-6)
    ),
    CURVE.vary("curve, sgd 2", label=labels.TOO_LARGE_STEPS, strength="clear", optimizer=partial(SGD, 2.0)),
    CURVE.vary(
        "curve, a rate that decays within a few steps",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=lambda: SGD(InverseTimeDecay(0.02, 1, 5.0)),
    ),
    REVIEWS.vary(
        "reviews, rmsprop 1e-5", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(RMSprop, 1e-5)
    ),
    REVIEWS.vary("reviews, mean of embeddings, sgd", label=labels.TOO_SMALL_STEPS, strength="clear", optimizer="sgd"),
]

PROGRAMS = [*HEALTHY, *SICK]
