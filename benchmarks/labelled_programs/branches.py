"""Functional networks: branches, several inputs and outputs, skip connections, siamese networks."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.initializers import RandomNormal
from keras.optimizers import SGD, Adam

from labelled_programs import labels
from labelled_programs.data import Data, make_blobs, make_regression, make_two_tasks
from labelled_programs.program import STRENGTHS, Program


def make_pairs(examples: int = 400, scale: float = 1.0) -> Data:
    """Pairs of points in eight dimensions; the label says whether they lie near each other."""
    generator = np.random.default_rng(12)
    left = generator.normal(size=(examples, 8))
    near = generator.integers(0, 2, size=(examples, 1))
    right = np.where(near, left + 0.3 * generator.normal(size=left.shape), generator.normal(size=left.shape))
    return [(scale * side).astype("float32") for side in (left, right)], near.astype("float32")


def make_house(price: float = 1.0, area: float = 1.0) -> Data:
    """Six measures of a house and a category, with a price that depends on both."""
    generator = np.random.default_rng(13)
    measures, category = generator.normal(size=(400, 6)), generator.integers(0, 5, size=(400, 1))
    y = measures[:, :1] + 0.5 * measures[:, 1:2] * measures[:, 2:3] + np.linspace(-1, 1, 5)[category]
    measures[:, 3] = (measures[:, 3] + 3) * area if area != 1 else measures[:, 3]
    return [measures.astype("float32"), category.astype("int32")], (price * (y / y.std())).astype("float32")


def make_shifted_tasks(scale: float) -> Data:
    """The two tasks, the number of one in other units."""
    x, y = make_two_tasks()
    return x, {"kind": y["kind"], "size": scale * y["size"]}


def build_tasks(x: Any, *, kind: str | None = "softmax", size: str | None = None, bias: float = 0.0) -> keras.Model:
    """Two inputs joined, and a head per task."""
    left, right = keras.Input((10,)), keras.Input((10,))
    sides = [layers.Dense(16, "relu")(side) for side in (left, right)]
    h = layers.Dense(24, "relu", bias_initializer=keras.initializers.Constant(bias))(layers.Concatenate()(sides))
    return keras.Model(
        [left, right], {"kind": layers.Dense(3, kind, name="kind")(h), "size": layers.Dense(1, size, name="size")(h)}
    )


def build_siamese(x: Any, *, stop: bool = False, activation: str = "relu") -> keras.Model:
    """One encoder for both sides, and the distance of what it makes of them."""
    encode = keras.Sequential([keras.Input((8,)), layers.Dense(24, activation), layers.Dense(8)])
    left, right = keras.Input((8,)), keras.Input((8,))
    distance = ops.abs(encode(left) - encode(right))
    if stop:
        distance = ops.round(distance)
    return keras.Model([left, right], layers.Dense(1, "sigmoid")(distance))


def build_house(x: Any, *, head: str | None = None) -> keras.Model:
    """Measures and an embedded category."""
    measures, category = keras.Input((6,)), keras.Input((1,), dtype="int32")
    h = layers.Concatenate()([measures, layers.Flatten()(layers.Embedding(5, 3)(category))])
    for _ in range(2):
        h = layers.Dense(24, "relu")(h)
    return keras.Model([measures, category], layers.Dense(1, head)(h))


def build_skips(
    x: Any, *, blocks: int = 6, stddev: float | None = None, skip: bool = True, activation: str = "relu"
) -> keras.Model:
    """Blocks of two layers, each added to what it reads."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(24)(inputs)
    for _ in range(blocks):
        kernels = ["glorot_uniform" if stddev is None else RandomNormal(stddev=stddev) for _ in range(2)]
        branch = layers.Dense(24, activation, kernel_initializer=kernels[0])(h)
        branch = layers.Dense(24, activation, kernel_initializer=kernels[1])(branch)
        h = h + 0.5 * branch if skip else branch
    return keras.Model(inputs, layers.Dense(3, "softmax")(h))


def build_gated(x: Any, *, gates: str = "sigmoid", initializer: str = "glorot_uniform") -> keras.Model:
    """Two branches, one of which opens and closes the other."""
    inputs = keras.Input(x.shape[1:])
    value = layers.Dense(32, "tanh", kernel_initializer=initializer)(inputs)
    gate = layers.Dense(32, gates, kernel_initializer=initializer)(inputs)
    h = layers.Multiply()([value, gate])
    return keras.Model(inputs, layers.Dense(3, "softmax", kernel_initializer=initializer)(h))


def build_wide_and_deep(x: Any, *, rescale: float = 1.0) -> keras.Model:
    """A linear path beside a deep one, averaged."""
    inputs = keras.Input(x.shape[1:])
    deep = layers.Dense(1)(layers.Dense(24, "relu")(layers.Dense(24, "relu")(inputs * rescale)))
    return keras.Model(inputs, layers.Average()([deep, layers.Dense(1)(inputs)]))


TASKS = Program(
    name="two tasks",
    theme="branches",
    data=make_two_tasks,
    build=build_tasks,
    loss={"kind": "sparse_categorical_crossentropy", "size": "mse"},
    optimizer=partial(Adam, 0.005),
)
SIAMESE = Program(
    name="siamese",
    theme="branches",
    data=make_pairs,
    build=build_siamese,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
)
HOUSE = Program(
    name="measures and a category",
    theme="branches",
    data=make_house,
    build=build_house,
    loss="mse",
    optimizer=partial(Adam, 0.005),
)
SKIPS = Program(
    name="six skips",
    theme="branches",
    data=make_blobs,
    build=build_skips,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
)
GATED = SKIPS.vary("gated branches", build=build_gated, optimizer=partial(Adam, 0.01))
WIDE = Program(
    name="wide and deep",
    theme="branches",
    data=make_regression,
    build=build_wide_and_deep,
    loss="mae",
    optimizer=partial(Adam, 0.005),
)

HEALTHY = [
    TASKS,
    SIAMESE,
    HOUSE,
    SKIPS,
    GATED,
    WIDE,
    TASKS.vary("two tasks of other weights", compile_options={"loss_weights": {"kind": 1.0, "size": 0.2}}),
    SKIPS.vary("20 skips that begin small", build=partial(build_skips, blocks=20, stddev=0.1)),
    SKIPS.vary("six skips under sgd", optimizer=partial(SGD, 0.05)),
    SKIPS.vary("two skips of tanh", build=partial(build_skips, blocks=2, activation="tanh")),
    SIAMESE.vary("siamese of tanh", build=partial(build_siamese, activation="tanh")),
    HOUSE.vary("measures and a category, huber", loss="huber", optimizer=partial(SGD, 0.1, momentum=0.9)),
]

SICK = [
    *(
        TASKS.vary(
            f"two tasks, one in units of 1/{scale:.0f}",
            label=labels.LARGE_LABELS,
            strength=strength,
            data=partial(make_shifted_tasks, scale),
        )
        for strength, scale in (("mild", 100.0), ("clear", 10000.0))
    ),
    TASKS.vary(
        "two tasks, one under a sigmoid",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="clear",
        build=partial(build_tasks, size="sigmoid"),
    ),
    TASKS.vary(
        "two tasks, one with logits for probabilities",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=partial(build_tasks, kind=None),
    ),
    TASKS.vary(
        "two tasks behind a dead layer",
        label=labels.DEAD,
        strength="clear",
        build=partial(build_tasks, bias=-20.0),
    ),
    SIAMESE.vary(
        "siamese with a distance that is rounded",
        label=labels.CUT_OFF,
        strength="clear",
        build=partial(build_siamese, stop=True),
    ),
    SIAMESE.vary("siamese, sgd 0.001", label=labels.TOO_SMALL_STEPS, strength="mild", optimizer=partial(SGD, 0.001)),
    HOUSE.vary(
        "measures with an area in square feet",
        label=labels.LARGE_INPUTS,
        strength="mild",
        data=partial(make_house, area=2000.0),
        optimizer=partial(SGD, 0.01),
    ),
    HOUSE.vary(
        "prices in dollars",
        label=labels.LARGE_LABELS,
        strength="clear",
        data=partial(make_house, price=200_000.0),
    ),
    HOUSE.vary(
        "prices in dollars, sgd",
        label=(*labels.LARGE_LABELS, *labels.TOO_LARGE_STEPS),
        strength="extreme",
        data=partial(make_house, price=200_000.0),
        optimizer=partial(SGD, 0.01),
    ),
    HOUSE.vary(
        "measures through relu",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="mild",
        build=partial(build_house, head="relu"),
    ),
    *(
        SKIPS.vary(
            f"twelve skips of weights near {stddev}",
            label=labels.EXPLODING,
            strength=strength,
            build=partial(build_skips, blocks=12, stddev=stddev),
        )
        for strength, stddev in (("clear", 1.0), ("extreme", 4.0))
    ),
    *(
        SKIPS.vary(
            f"{blocks} skips of He's weights without normalization",
            label=labels.RESIDUAL_GROWTH,
            strength=strength,
            build=partial(build_skips, blocks=blocks, stddev=0.4),
        )
        for strength, blocks in (("mild", 20), ("clear", 40))
    ),
    SKIPS.vary(
        "the same twelve layers without skips, sigmoid",
        label=labels.VANISHING,
        strength="clear",
        build=partial(build_skips, skip=False, activation="sigmoid"),
    ),
    GATED.vary(
        "gated branches of zeros",
        label=labels.SYMMETRIC,
        strength="extreme",
        build=partial(build_gated, initializer="zeros"),
    ),
    *(
        WIDE.vary(
            f"wide and deep, adam {rate}",
            label=labels.TOO_LARGE_STEPS if rate > 1 else labels.TOO_SMALL_STEPS,
            strength=strength,
            optimizer=partial(Adam, rate),
        )
        for strength, rate in zip(STRENGTHS, (1e-5, 3.0, 1e-7), strict=True)
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
