"""Networks and data of those who asked why nothing is learned, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.initializers import RandomUniform
from keras.optimizers import SGD, Adam

from labelled_programs import labels
from labelled_programs.data import Data, make_regression
from labelled_programs.forum_eighth import make_flat_digits
from labelled_programs.models import dense, sequential
from labelled_programs.program import Program

BYTES = (
    "https://datascience.stackexchange.com/questions/31785/how-to-deal-with-unbalanced-data-in-pixelwise-classification"
)
CRITIC = "https://github.com/keras-team/keras-io/issues/198"
UNIFORM = "https://github.com/tensorflow/tensorflow/issues/21738"
INVERTED_MASK = "https://github.com/tensorflow/text/pull/894"
SINES = "https://github.com/vsitzmann/siren/issues/19"
ADJACENCY = "https://github.com/danielegrattarola/spektral/issues/295"
NOT_ADAPTED = "https://github.com/ageron/handson-ml3/pull/198"
ROUNDED = "https://github.com/keras-team/keras/issues/5107"
STRAIGHT_THROUGH = "https://github.com/keras-team/keras/issues/9396"
SCALED_UP = (
    "https://community.deeplearning.ai/t/course4-week3-lab-2-better-mae-without-any-tricks-how-can-this-be/78913"
)
STEPS_UP = "https://github.com/ck37/coral-ordinal/issues/25"
WIDE_AND_DEEP = "https://androidkt.com/concatenate-two-layers-using-keras-layers-concatenate-example/"
PRODUCTS = "https://kompas.wasmer.app/https_datascience_stackexchange_com/questions/134174/how-to-implement-this-simple-recommender-system-in-keras"


def make_bytes(standardised: bool) -> Data:
    """Ten bytes; whether the first is above 3, as it is in all but one of 64."""
    x = np.random.default_rng(810).integers(0, 256, size=(3000, 10))
    scaled = (x - 127.5) / 74 if standardised else x
    return scaled.astype("float32"), (x[:, :1] > 3).astype("float32")


def make_states() -> Data:
    """Six measures of a state and two forces of an action; how good the action is there."""
    generator = np.random.default_rng(811)
    state, action = generator.normal(size=(800, 6)), generator.normal(size=(800, 2))
    value = (
        np.tanh(state[:, 0] + state[:, 1]) - 0.5 * (action[:, 0] - state[:, 2]) ** 2 + 0.5 * state[:, 3] * action[:, 1]
    )
    y = (value - value.mean()) / value.std()
    return [state.astype("float32"), action.astype("float32")], y[:, None].astype("float32")


class Normalized(layers.Layer):
    """A layer of sigmoids behind a normalization, which may be left in inference mode."""

    def __init__(self, units: int, in_training: bool) -> None:
        super().__init__()
        self.in_training = in_training
        self.dense = layers.Dense(units, use_bias=False)
        self.norm = layers.BatchNormalization(momentum=0.9)

    def build(self, shape: Any) -> None:
        """Builds both."""
        self.dense.build(shape)
        self.norm.build((*shape[:-1], self.dense.units))

    def call(self, h: Any, training: bool | None = None) -> Any:
        """Normalizes what the kernel makes of it."""
        return ops.sigmoid(self.norm(self.dense(h), training=training if self.in_training else False))


def build_critic(x: Any, in_training: bool) -> keras.Model:
    """A critic of a state and an action: nine layers of sigmoids, each behind a normalization."""
    state, action = keras.Input(x[0].shape[1:], name="state"), keras.Input(x[1].shape[1:], name="action")
    h = layers.Concatenate()([layers.Dense(24)(state), layers.Dense(24)(action)])
    for _ in range(9):
        h = Normalized(32, in_training)(h)
    return keras.Model([state, action], layers.Dense(1)(h))


def build_uniform(low: float, high: float) -> Any:
    """Three layers whose kernels are drawn from a range."""

    def build(x: Any) -> keras.Model:
        return sequential(
            partial(layers.Dense, 512, "relu", kernel_initializer=RandomUniform(low, high)),
            partial(layers.Dense, 256, "relu", kernel_initializer=RandomUniform(low, high)),
            partial(layers.Dropout, 0.2),
            partial(layers.Dense, 10, "softmax", kernel_initializer=RandomUniform(low, high)),
        )(x)

    return build


def make_sayings() -> Data:
    """Texts of 4 to 8 words, padded with zeros to 12; whether more of them are below 15 than not."""
    generator = np.random.default_rng(812)
    x = generator.integers(1, 31, size=(800, 12))
    x[np.arange(12) >= generator.integers(4, 9, size=(800, 1))] = 0
    low = ((x > 0) & (x < 15)).sum(axis=1) - (x >= 15).sum(axis=1)
    return x.astype("int32"), (low > 0)[:, None].astype("float32")


def build_sayings(x: Any, inverted: bool) -> keras.Model:
    """The first word attends to those that a mask lets it see."""
    inputs = keras.Input((12,), dtype="int32")
    words = layers.Embedding(31, 16)(inputs)
    seen = layers.Lambda(lambda ids: ops.equal(ops.equal(ids, 0), inverted)[:, None, :])(inputs)
    h = layers.MultiHeadAttention(2, 8)(words[:, :1], words, attention_mask=seen)
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Dense(16, "relu")(layers.Flatten()(h))))


def make_picture() -> Data:
    """The places of 32 by 32 pixels, from -1 to 1; how bright a picture of waves and an edge is there."""
    row, column = np.meshgrid(np.arange(32), np.arange(32), indexing="ij")
    bright = np.sin(row / 4) * np.cos(column / 5) + (row + column > 36)
    x = np.stack([row, column], axis=-1).reshape(-1, 2).astype("float32")
    y = ((bright - bright.mean()) / bright.std()).reshape(-1, 1).astype("float32")
    return x / 15.5 - 1, y


def build_sines(x: Any) -> keras.Model:
    """Three layers of sines of 30 times their sums, with the weights that are meant for them."""
    first, later = 1 / 2, (6 / 48) ** 0.5 / 30
    sine = partial(layers.Lambda, lambda h: ops.sin(30 * h))
    return sequential(
        partial(layers.Dense, 48, kernel_initializer=RandomUniform(-first, first)),
        sine,
        partial(layers.Dense, 48, kernel_initializer=RandomUniform(-later, later)),
        sine,
        partial(layers.Dense, 48, kernel_initializer=RandomUniform(-later, later)),
        sine,
        partial(layers.Dense, 1, kernel_initializer=RandomUniform(-later, later)),
    )(x)


def make_graphs(normalized: bool) -> Data:
    """Graphs of 16 nodes with four features and many edges; whether the first features are large on the whole."""
    generator = np.random.default_rng(813)
    features = generator.normal(size=(480, 16, 4))
    features[:, :, 0] += generator.normal(size=(480, 1))
    edges = np.triu(generator.random((480, 16, 16)) < 0.6, 1)
    edges = (edges + edges.transpose(0, 2, 1) + np.eye(16)).astype("float64")
    y = features[:, :, 0].mean(axis=1, keepdims=True) > 0
    if normalized:
        degree = edges.sum(axis=-1) ** -0.5
        edges = edges * degree[:, :, None] * degree[:, None, :]
    return [features.astype("float32"), edges.astype("float32")], y.astype("float32")


def build_graphs(x: Any) -> keras.Model:
    """Three times, each node takes in what its neighbours hold; then the mean of all nodes."""
    features, edges = keras.Input((16, 4), name="features"), keras.Input((16, 16), name="edges")
    h = features
    for _ in range(3):
        h = layers.Activation("relu")(layers.Dot(axes=(2, 1))([edges, layers.Dense(24)(h)]))
    h = layers.Dense(16, "relu")(layers.GlobalAveragePooling1D()(h))
    return keras.Model([features, edges], layers.Dense(1, "sigmoid")(h))


def make_raw_digits() -> Data:
    """Digits as rows of pixels from 0 to 255, and their numbers."""
    x, y = make_flat_digits()
    return 255 * x, y


def build_scaled(x: Any, adapted: bool) -> keras.Model:
    """Two hidden layers behind a layer that standardises, if it has seen the data."""
    scale = layers.Normalization()
    if adapted:
        scale.adapt(x)
    parts = [scale, layers.Dense(64, "relu"), layers.Dense(64, "relu"), layers.Dense(10, "softmax")]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def make_digit_pairs() -> Data:
    """Digits as rows of pixels from 0 to 1, which are their own labels."""
    x, _ = make_flat_digits()
    return x, x


def build_bits(x: Any, straight: bool) -> keras.Model:
    """Codes of eight bits; a slope of 1 or none where they are rounded."""

    def snap(h: Any) -> Any:
        return h + ops.stop_gradient(ops.round(h) - h) if straight else ops.round(h)

    return sequential(
        partial(layers.Dense, 64, "relu"),
        partial(layers.Dense, 8, "sigmoid"),
        partial(layers.Lambda, snap),
        partial(layers.Dense, 64, "relu"),
        partial(layers.Dense, 64, "sigmoid"),
    )(x)


def make_sales() -> Data:
    """Twenty values up to about 100 of a series with a trend, a season and noise; the next one."""
    generator = np.random.default_rng(814)
    time = np.arange(700)
    series = 20 + 0.05 * time + 18 * np.sin(time * 2 * np.pi / 24) + 3 * generator.normal(size=700)
    windows = np.lib.stride_tricks.sliding_window_view(series, 21)
    return windows[:, :20, None].astype("float32"), windows[:, 20:].astype("float32")


def build_sales(x: Any) -> keras.Model:
    """Two recurrent layers, and what comes out times 100."""
    return sequential(
        partial(layers.Rescaling, 0.01),
        partial(layers.SimpleRNN, 24, return_sequences=True),
        partial(layers.SimpleRNN, 24),
        partial(layers.Dense, 1),
        partial(layers.Lambda, lambda h: 100.0 * h),
    )(x)


def make_grades() -> Data:
    """Eight features; for each of four thresholds whether one of five grades lies above it."""
    generator = np.random.default_rng(815)
    x = generator.normal(size=(800, 8))
    worth = x[:, 0] + np.abs(x[:, 1]) + 0.5 * x[:, 2] + 0.3 * generator.normal(size=800)
    return x.astype("float32"), (worth[:, None] > np.quantile(worth, [0.1, 0.4, 0.7, 0.95])).astype("float32")


def make_clicks() -> Data:
    """Numbers of 60 users and 50 things, and whether the user clicked; most did not."""
    generator = np.random.default_rng(816)
    user, thing = generator.integers(0, 60, size=2400), generator.integers(0, 50, size=2400)
    chance = np.where(user % 4 == thing % 4, 0.75, 0.05)
    x = [user[:, None].astype("int32"), thing[:, None].astype("int32")]
    return x, (generator.random(2400) < chance)[:, None].astype("float32")


def build_clicks(x: Any) -> keras.Model:
    """A sigmoid of the product of two vectors of eight, nothing else."""
    user, thing = keras.Input((1,), dtype="int32", name="user"), keras.Input((1,), dtype="int32", name="thing")
    vectors = [layers.Flatten()(layers.Embedding(size, 8)(part)) for size, part in ((60, user), (50, thing))]
    return keras.Model([user, thing], layers.Activation("sigmoid")(layers.Dot(axes=1)(vectors)))


def make_houses() -> Data:
    """Five features for one input and eight, of which some are the same, for another; a price, and the price again."""
    x, y = make_regression()
    return [x[:, :5], x[:, 2:]], [y, y]


def build_houses(x: Any) -> keras.Model:
    """A wide input beside two layers of a deep one; a second output behind the deep part alone helps it."""
    wide, deep = keras.Input((5,), name="wide"), keras.Input((8,), name="deep")
    h = layers.Dense(30, "relu")(layers.Dense(30, "relu")(deep))
    main = layers.Dense(1, name="main")(layers.Concatenate()([wide, h]))
    return keras.Model([wide, deep], [main, layers.Dense(1, name="aside")(h)])


program = partial(Program, theme="forum")

FIRST_BYTE = program(
    name="ten bytes standardised, eight sigmoids, the rare class 30 times as heavy",
    data=partial(make_bytes, True),
    build=dense(hidden=[8], activation="sigmoid", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.03),
    fit_options={"batch_size": 30, "class_weight": {0: 30.0, 1: 1.0}},
    epochs=15,
    source=BYTES,
)
STATES = program(
    name="critic of nine layers of sigmoids, normalized by batches",
    data=make_states,
    build=partial(build_critic, in_training=True),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=30,
    source=CRITIC,
)
DRAWN = program(
    name="digits, weights from -0.05 to 0.05",
    data=make_flat_digits,
    build=build_uniform(-0.05, 0.05),
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    epochs=15,
    source=UNIFORM,
)
SAYINGS = program(
    name="first words that attend to words, not to padding",
    data=make_sayings,
    build=partial(build_sayings, inverted=False),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=INVERTED_MASK,
)
PICTURE = program(
    name="a picture by sines, adam 0.0003",
    data=make_picture,
    build=build_sines,
    loss="mse",
    optimizer=partial(Adam, 3e-4),
    fit_options={"batch_size": 128},
    epochs=30,
    source=SINES,
)
GRAPHS = program(
    name="graphs whose edges are divided by degrees",
    data=partial(make_graphs, True),
    build=build_graphs,
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.1, momentum=0.9),
    epochs=25,
    source=ADJACENCY,
)
RAW = program(
    name="digits up to 255 behind an adapted normalization",
    data=make_raw_digits,
    build=partial(build_scaled, adapted=True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.05),
    epochs=15,
    source=NOT_ADAPTED,
)
BITS = program(
    name="codes of eight bits, rounded with a slope of 1",
    data=make_digit_pairs,
    build=partial(build_bits, straight=True),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=40,
    source=STRAIGHT_THROUGH,
)

PROGRAMS = [
    FIRST_BYTE,
    STATES,
    DRAWN,
    SAYINGS,
    PICTURE,
    GRAPHS,
    RAW,
    BITS,
    FIRST_BYTE.vary(
        "ten bytes from 0 to 255, eight sigmoids, the rare class 30 times as heavy",
        label=(*labels.LARGE_INPUTS, *labels.SATURATED),
        strength="clear",
        data=partial(make_bytes, False),
    ),
    STATES.vary(
        "critic of nine layers of sigmoids, normalization as in inference",
        label=labels.VANISHING,
        strength="clear",
        build=partial(build_critic, in_training=False),
    ),
    DRAWN.vary(
        "digits, weights from 0 to 1",
        label=(*labels.EXPLODING, *labels.SATURATED_HEAD),
        strength="clear",
        build=build_uniform(0.0, 1.0),
    ),
    SAYINGS.vary(
        "first words that attend to padding only",
        label=("padding_attended",),
        strength="extreme",
        build=partial(build_sayings, inverted=True),
    ),
    PICTURE.vary(
        "a picture by sines, adam 0.01",
        label=labels.TOO_LARGE_STEPS,
        strength="clear",
        optimizer=partial(Adam, 0.01),
    ),
    GRAPHS.vary(
        "graphs whose edges are all 1",
        label=(*labels.EXPLODING, *labels.TOO_LARGE_STEPS),
        strength="clear",
        data=partial(make_graphs, False),
    ),
    RAW.vary(
        "digits up to 255 behind a normalization that has seen nothing",
        label=labels.LARGE_INPUTS,
        strength="extreme",
        build=partial(build_scaled, adapted=False),
    ),
    BITS.vary(
        "codes of eight bits, rounded",
        label=labels.CUT_OFF,
        strength="clear",
        build=partial(build_bits, straight=False),
        source=ROUNDED,
    ),
    program(
        name="sales by recurrent layers, times 100 at the end, huber, sgd 0.000001",
        data=make_sales,
        build=build_sales,
        loss=keras.losses.Huber(),
        optimizer=partial(SGD, 1e-6, momentum=0.9),
        epochs=40,
        source=SCALED_UP,
    ),
    program(
        name="grades as four steps, a sigmoid for each",
        data=make_grades,
        build=dense(hidden=[24], activation="elu", output=(4, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=STEPS_UP,
    ),
    program(
        name="clicks by a product of two vectors",
        data=make_clicks,
        build=build_clicks,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
        fit_options={"batch_size": 64},
        epochs=20,
        source=PRODUCTS,
    ),
    program(
        name="prices by a wide and a deep input, told again behind the deep part, a tenth as heavy",
        data=make_houses,
        build=build_houses,
        loss=["mse", "mse"],
        optimizer=partial(SGD, 0.05),
        compile_options={"loss_weights": [0.9, 0.1]},
        epochs=30,
        source=WIDE_AND_DEEP,
    ),
]
