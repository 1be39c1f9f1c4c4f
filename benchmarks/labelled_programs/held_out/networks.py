"""Branches, skips, initial weights, frozen layers, and autoencoders."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.initializers import Constant, RandomNormal
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.held_out.data import Data, make_curve, make_shapes, make_spiral
from labelled_programs.models import dense
from labelled_programs.program import Program


def make_parts(scale: float = 1.0) -> Data:
    """The curve's features in three parts, by name, and two numbers by name."""
    x, y = make_curve(outputs=2)
    return {"a": x[:, :2], "b": x[:, 2:4], "c": x[:, 4:]}, {"low": y[:, :1], "high": scale * y[:, 1:]}


def make_flat_shapes(scale: float = 1.0) -> Data:
    """Shapes as vectors that are their own labels."""
    x, _ = make_shapes()
    flat = scale * np.clip(x.reshape(len(x), -1), 0, 1)
    return flat.astype("float32"), flat.astype("float32")


def build_parts(
    x: Any, *, activation: str = "relu", head: str | None = None, kernel: str = "glorot_uniform"
) -> keras.Model:
    """A layer per part, joined, and two heads."""
    inputs = {name: keras.Input((2,), name=name) for name in "abc"}
    parts = [layers.Dense(12, activation, kernel_initializer=kernel)(value) for value in inputs.values()]
    h = layers.Dense(32, activation, kernel_initializer=kernel)(layers.Concatenate()(parts))
    heads = {"low": layers.Dense(1, name="low")(h), "high": layers.Dense(1, head, name="high")(h)}
    return keras.Model(inputs, heads)


def build_dense_skips(x: Any, *, depth: int = 4, stddev: float | None = None, bias: float = 0.0) -> keras.Model:
    """Each layer is given all that came before it."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for _ in range(depth):
        kernel = "glorot_normal" if stddev is None else RandomNormal(stddev=stddev)
        new = layers.Dense(16, "relu", kernel_initializer=kernel, bias_initializer=Constant(bias))(h)
        h = layers.Concatenate()([h, new])
    return keras.Model(inputs, layers.Dense(3, "softmax")(h))


def build_experts(x: Any, *, hard: bool = False) -> keras.Model:
    """Three networks, and one that says how much each counts."""
    inputs = keras.Input(x.shape[1:])
    gate = layers.Dense(3, "softmax")(inputs)
    if hard:
        gate = ops.one_hot(ops.argmax(gate, axis=-1), 3)
    outputs = layers.Concatenate()([layers.Dense(1)(layers.Dense(16, "tanh")(inputs)) for _ in range(3)])
    return keras.Model(inputs, ops.sum(gate * outputs, axis=-1, keepdims=True))


def build_plain(
    x: Any, *, depth: int = 5, at: int = -1, kernel: Any = None, activation: str = "relu", norm: bool = False
) -> keras.Model:
    """Plain layers, one of which (or each) may start from other weights."""
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for number in range(depth):
        own = kernel is not None and at in (-1, number)
        initializer = (kernel() if callable(kernel) else kernel) if own else "he_normal"
        model.add(layers.Dense(28, activation, kernel_initializer=initializer))
        if norm:
            model.add(layers.BatchNormalization())
    model.add(layers.Dense(3, "softmax"))
    return model


PARTS = Program(
    name="three parts and two numbers",
    theme="networks",
    data=make_parts,
    build=build_parts,
    loss={"low": "mse", "high": "mae"},
    optimizer=partial(Adam, 0.01),
)
SKIPS = Program(
    name="dense skips",
    theme="networks",
    data=make_spiral,
    build=build_dense_skips,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
)
PLAIN = SKIPS.vary("five plain layers", build=build_plain, optimizer=partial(Adam, 0.005))
EXPERTS = Program(
    name="mixture of experts",
    theme="networks",
    data=make_curve,
    build=build_experts,
    loss="mse",
    optimizer=partial(RMSprop, 0.01),
)
CODE = Program(
    name="autoencoder of shapes",
    theme="networks",
    data=make_flat_shapes,
    build=dense(hidden=[64, 24, 64], activation="relu", output=(196, "sigmoid")),
    loss="mse",
    optimizer=partial(Adam, 0.005),
)

HEALTHY = [
    PARTS,
    SKIPS,
    PLAIN,
    EXPERTS,
    CODE,
    SKIPS.vary("dense skips under sgd", optimizer=partial(SGD, 0.2, momentum=0.9)),
    PLAIN.vary("eight normalized layers", build=partial(build_plain, depth=8, norm=True)),
    PLAIN.vary(
        "one layer of weights of half the size",
        build=partial(build_plain, at=2, kernel=partial(RandomNormal, stddev=0.12)),
    ),
    CODE.vary("autoencoder under cross-entropy", loss="binary_crossentropy"),
    PARTS.vary(
        "three parts of tanh", build=partial(build_parts, activation="tanh"), loss={"low": "mse", "high": "huber"}
    ),
]

SICK = [
    PARTS.vary(
        "two numbers, one in grams", label=labels.LARGE_LABELS, strength="clear", data=partial(make_parts, 5000.0)
    ),
    PARTS.vary(
        "two numbers, one through a sigmoid",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="mild",
        build=partial(build_parts, head="sigmoid"),
    ),
    PARTS.vary(
        "three parts of zeros", label=labels.SYMMETRIC, strength="extreme", build=partial(build_parts, kernel="zeros")
    ),
    SKIPS.vary(
        "dense skips of weights near 3",
        label=(*labels.EXPLODING, *labels.TOO_LARGE_STEPS),
        strength="clear",
        build=partial(build_dense_skips, depth=7, stddev=3.0),
        optimizer=partial(SGD, 0.05),
    ),
    PLAIN.vary(
        "the last of five layers of zeros",
        label=labels.SYMMETRIC,
        strength="clear",
        build=partial(build_plain, at=4, kernel="zeros"),
    ),
    PLAIN.vary(
        "nine hard sigmoids",
        label=labels.VANISHING,
        strength="extreme",
        build=partial(build_plain, depth=9, activation="hard_sigmoid", kernel="glorot_uniform"),
    ),
    PLAIN.vary(
        "tanh of weights near 8",
        label=(*labels.SATURATED, *labels.EXPLODING),
        strength="clear",
        build=partial(build_plain, activation="tanh", kernel=partial(RandomNormal, stddev=8.0)),
        optimizer=partial(SGD, 0.01),
    ),
    CODE.vary(
        "autoencoder of shapes in 255",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.LARGE_INPUTS),
        strength="extreme",
        data=partial(make_flat_shapes, 255.0),
    ),
    CODE.vary(
        "autoencoder of shapes, sgd 0.05", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(SGD, 0.05)
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
