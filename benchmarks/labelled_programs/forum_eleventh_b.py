"""Sequences and attention of those who asked why nothing is learned, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.initializers import RandomNormal, RandomUniform
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, sequential
from labelled_programs.program import Program

TWICE = "https://github.com/mmalekzadeh/dana/issues/1"
NO_ORDER = "https://github.com/keras-team/keras-io/issues/1894"
BRAIN = "https://keras.io/examples/timeseries/eeg_signal_classification/"
LOUD_HEAD = "https://github.com/huggingface/transformers/pull/26441"
PADDED = "https://github.com/keras-team/keras/issues/1855"
RELU_IN_LSTM = "https://github.com/AlexanderVNikitin/tsgm/issues/59"
SOFTMAX_IN_LSTM = "https://github.com/keras-team/keras/issues/2050"
HIGH_RATE = "https://github.com/jadore801120/attention-is-all-you-need-pytorch/issues/101"
TURNED_MASK = "https://github.com/tensorflow/tensorflow/issues/45854"
UNSCALED_SENSORS = "https://github.com/austineaero/Remaining-Useful-Life-RUL-Estimation/issues/19"
WRONG_FACTOR = "https://github.com/NVIDIA/Megatron-LM/pull/848"
NO_FACTOR = "https://github.com/PAIR-code/tiny-transformers/issues/71"
MISSPELT = "https://github.com/ayulockin/SwAV-TF/pull/13"
COMPACT = "https://keras.io/examples/vision/cct/"
RARE_LABELS = "https://keras.io/examples/nlp/multi_label_classification/"
PENDULUM = "https://keras.io/examples/rl/ddpg_pendulum/"
DROPPED_STATES = "https://github.com/keras-team/keras/issues/13221"
NOT_NEEDED = "https://github.com/emadeldeen24/TS-TCC/issues/37"
SIGMOIDS_BETWEEN = "https://github.com/keras-team/keras/issues/1727"


def make_motions() -> Data:
    """Twenty-four readings of six sensors, which swing in one of six ways; which way, as unit vectors."""
    generator = np.random.default_rng(1151)
    y = generator.integers(0, 6, size=500)
    speed, lean = np.array([0.5, 0.7, 0.9, 0.5, 0.7, 0.9])[y], np.array([0, 0, 0, 1, 1, 1])[y]
    time, phase = np.arange(24)[:, None], generator.uniform(0, 6, size=(500, 1, 6))
    x = np.sin(speed[:, None, None] * time + phase) + 0.5 * generator.normal(size=(500, 24, 6))
    x[:, :, 0] += 0.7 * lean[:, None]
    return x.astype("float32"), np.eye(6, dtype="float32")[y]


def build_motions(head: str | None) -> Callable[[Any], keras.Model]:
    """Two convolutions along time and an LSTM, half of which is dropped."""
    return sequential(
        partial(layers.Conv1D, 24, 5, activation="relu"),
        partial(layers.Conv1D, 24, 5, activation="relu"),
        partial(layers.LSTM, 24),
        partial(layers.Dropout, 0.5),
        partial(layers.Dense, 6, head),
    )


def measure_logits(y: Any, prediction: Any) -> Any:
    """The cross-entropy of what a softmax makes of predictions."""
    return -ops.sum(y * ops.log_softmax(prediction), axis=-1)


def make_knocks() -> Data:
    """Thirty steps of noise with a knock up and one down; whether it goes up first."""
    generator = np.random.default_rng(1152)
    x, y = 0.2 * generator.normal(size=(500, 30, 1)), generator.integers(0, 2, size=500)
    for row, up in zip(x, y, strict=True):
        first, second = generator.integers(1, 13), generator.integers(16, 28)
        row[first : first + 2] += 2 * up - 1
        row[second : second + 2] -= 2 * up - 1
    return x.astype("float32"), y[:, None].astype("float32")


class Places(layers.Layer):
    """Adds a vector that is learned for each place."""

    def build(self, shape: Any) -> None:
        """Makes the vectors."""
        self.table = self.add_weight(shape=shape[1:], initializer=RandomNormal(stddev=0.3), name="table")

    def call(self, h: Any) -> Any:
        """Adds them."""
        return h + self.table


def encode(h: Any, width: int, **options: Any) -> Any:
    """Attention and two dense layers, each of which reads what is normalized and is added."""
    inner = layers.LayerNormalization()(h)
    h = h + layers.MultiHeadAttention(2, width // 2)(inner, inner, **options)
    inner = layers.LayerNormalization()(h)
    return h + layers.Dense(width)(layers.Dense(2 * width, "relu")(inner))


def build_knocks(placed: bool) -> Callable[[Any], keras.Model]:
    """A block of attention, and the mean over time; with places or without."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(16)(inputs)
        h = encode(Places()(h) if placed else h, 16)
        h = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(h))
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Dense(16, "relu")(h)))

    return build


def make_brain_waves(unit: float) -> Data:
    """Sixty-four readings of four electrodes in units of so many volts, and which of three rhythms they have."""
    generator = np.random.default_rng(1153)
    y = generator.integers(0, 3, size=450)
    time, phase = np.arange(64)[:, None], generator.uniform(0, 6, size=(450, 1, 4))
    x = np.sin(np.array([0.3, 0.5, 0.8])[y][:, None, None] * time + phase) + generator.normal(size=(450, 64, 4))
    return (1e-5 / unit * x).astype("float32"), y.astype("int32")


BRAIN_WAVES = sequential(
    partial(layers.Conv1D, 16, 7, strides=2, padding="same"),
    partial(layers.BatchNormalization, momentum=0.9),
    partial(layers.Activation, "relu"),
    partial(layers.Conv1D, 24, 5, strides=2, padding="same", activation="relu"),
    layers.Flatten,
    partial(layers.Dense, 32, "leaky_relu"),
    partial(layers.Dropout, 0.2),
    partial(layers.Dense, 3, "softmax"),
)


def make_lines() -> Data:
    """Twelve words, each decided by the one two before it, and the words that follow."""
    generator = np.random.default_rng(1154)
    follow = generator.permutation(20)
    words = list(generator.integers(0, 20, size=(2, 500)))
    for _ in range(11):
        words.append(follow[words[-2]])
    lines = np.stack(words, axis=1).astype("int32")
    return lines[:, :-1], lines[:, 1:]


def build_lines(spread: float) -> Callable[[Any], keras.Model]:
    """Vectors of words and of places, two causal blocks, and a head of a given spread."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:], dtype="int32")
        h = Places()(layers.Embedding(20, 32, embeddings_initializer=RandomNormal(stddev=1.0))(inputs))
        for _ in range(2):
            h = encode(h, 32, use_causal_mask=True)
        h = layers.LayerNormalization()(h)
        return keras.Model(inputs, layers.Dense(20, "softmax", kernel_initializer=RandomNormal(stddev=spread))(h))

    return build


def make_short_rows() -> Data:
    """Four to eight steps of three measures, then zeros up to sixty; which of four kinds the first steps are."""
    generator = np.random.default_rng(1155)
    y = generator.integers(0, 4, size=400)
    kinds = generator.normal(size=(4, 3))
    x = np.zeros((400, 60, 3))
    for row, kind in zip(x, y, strict=True):
        length = generator.integers(4, 9)
        row[:length] = kinds[kind] + 0.5 * generator.normal(size=(length, 3))
    return x.astype("float32"), y.astype("int32")


def make_loads() -> Data:
    """Fifty steps of two loads above 0; which of three trends they have."""
    generator = np.random.default_rng(1156)
    y = generator.integers(0, 3, size=400)
    trend = np.array([-1, 0, 1])[y][:, None, None] * np.linspace(-1, 1, 50)[:, None]
    return (2 + trend + 0.6 * generator.normal(size=(400, 50, 2))).astype("float32"), y.astype("int32")


def build_loads(activation: str) -> Callable[[Any], keras.Model]:
    """A convolution and two LSTMs."""
    return sequential(
        partial(layers.Conv1D, 16, 3, activation="relu"),
        partial(layers.LSTM, 24, activation=activation, return_sequences=True),
        partial(layers.LSTM, 24, activation=activation),
        partial(layers.Dense, 3, "softmax"),
    )


def make_flights() -> Data:
    """Five places of a bird with temperatures, standardised, and the next place."""
    generator = np.random.default_rng(1157)
    start, speed = generator.normal(size=(600, 1, 2)), 0.3 * generator.normal(size=(600, 1, 2))
    way = start + speed * np.arange(6)[:, None] + 0.05 * generator.normal(size=(600, 6, 2))
    warm = -way[..., :1] + 0.3 * generator.normal(size=(600, 6, 1))
    x, y = np.concatenate([way, warm], axis=-1)[:, :5], way[:, 5]
    return (x / x.std(axis=(0, 1))).astype("float32"), ((y - y.mean(axis=0)) / y.std(axis=0)).astype("float32")


def build_flights(activation: str) -> Callable[[Any], keras.Model]:
    """A normalized LSTM, a fifth of it dropped, and two linear units."""
    return sequential(
        partial(layers.BatchNormalization, momentum=0.9),
        partial(layers.LSTM, 100, activation=activation),
        partial(layers.Dropout, 0.2),
        partial(layers.Dense, 2),
    )


def make_sayings() -> Data:
    """Six words of ten, the words of another tongue after a sign that starts them, and these words."""
    generator = np.random.default_rng(1158)
    x, other = generator.integers(0, 10, size=(600, 6)), generator.permutation(10)
    y = other[x][:, ::-1]
    started = np.hstack([np.full((600, 1), 10), y[:, :-1]])
    return [x.astype("int32"), started.astype("int32")], y.astype("int32")


def build_sayings(x: Any) -> keras.Model:
    """An encoder and a decoder of a block each, normalized after each sum."""
    source, target = keras.Input((6,), dtype="int32"), keras.Input((6,), dtype="int32")

    def add(h: Any, inner: Any) -> Any:
        return layers.LayerNormalization()(h + inner)

    def feed(h: Any) -> Any:
        return add(h, layers.Dense(32)(layers.Dense(64, "relu")(h)))

    read = Places()(layers.Embedding(10, 32, embeddings_initializer=RandomNormal(stddev=0.5))(source))
    read = feed(add(read, layers.MultiHeadAttention(2, 16)(read, read)))
    h = Places()(layers.Embedding(11, 32, embeddings_initializer=RandomNormal(stddev=0.5))(target))
    h = add(h, layers.MultiHeadAttention(2, 16)(h, h, use_causal_mask=True))
    h = feed(add(h, layers.MultiHeadAttention(2, 16)(h, read)))
    return keras.Model([source, target], layers.Dense(10, "softmax")(h))


def make_letters() -> Data:
    """Four to ten words of forty and zeros up to fourteen, and on which of four subjects they are."""
    generator = np.random.default_rng(1159)
    y = generator.integers(0, 4, size=600)
    x = np.zeros((600, 14))
    for row, subject in zip(x, y, strict=True):
        length = generator.integers(4, 11)
        own = 1 + subject * 6 + generator.integers(0, 6, size=length)
        row[:length] = np.where(generator.random(length) < 0.5, own, generator.integers(25, 41, size=length))
    return x.astype("int32"), y.astype("int32")


class Asking(layers.Layer):
    """A vector that is learned, once for each row."""

    def build(self, shape: Any) -> None:
        """Makes the vector."""
        self.vector = self.add_weight(shape=(1, 1, shape[-1]), initializer=RandomNormal(stddev=0.3), name="vector")

    def call(self, h: Any) -> Any:
        """Repeats it."""
        return self.vector + ops.zeros_like(h[:, :1])


def build_letters(padding: bool) -> Callable[[Any], keras.Model]:
    """Vectors of words, to which one vector attends where words are, or where padding is."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:], dtype="int32")
        h = layers.Embedding(41, 16)(inputs)
        mask = ops.expand_dims(ops.equal(inputs, 0) if padding else ops.not_equal(inputs, 0), 1)
        h = layers.MultiHeadAttention(2, 8)(Asking()(h), h, attention_mask=mask)
        h = layers.Dense(16, "relu")(layers.LayerNormalization()(layers.Flatten()(h)))
        return keras.Model(inputs, layers.Dense(4, "softmax")(h))

    return build


def make_engines(scaled: bool) -> Data:
    """Twenty readings of six sensors in their own units, and how many runs are left, or all of this standardised."""
    generator = np.random.default_rng(1160)
    left = generator.uniform(0, 300, size=500)
    wear = np.exp(-(left[:, None, None] + np.arange(19, -1, -1)[:, None]) / 100)
    x = wear * generator.normal(size=6) + 0.1 * generator.normal(size=(500, 20, 6))
    if scaled:
        left = (left - left.mean()) / left.std()
        x = (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))
    else:
        x = np.array([640.0, 1590, 9060, 0.03, 550, 21]) + x * np.array([2.0, 20, 60, 0.005, 5, 0.5])
    return x.astype("float32"), left[:, None].astype("float32")


def make_keys() -> Data:
    """Eight drawers with a key and one of four things each, one key, and which thing is in its drawer."""
    generator = np.random.default_rng(1161)
    codes = generator.normal(size=(8, 8))
    order = np.stack([generator.permutation(8) for _ in range(900)])
    things, wanted = generator.integers(0, 4, size=(900, 8)), generator.integers(0, 8, size=900)
    drawers = np.concatenate([codes[order], np.eye(4)[things]], axis=-1)
    y = things[np.arange(900), (order == wanted[:, None]).argmax(axis=1)]
    return [drawers.astype("float32"), codes[wanted].astype("float32")], y.astype("int32")


class Lookup(layers.Layer):
    """Attention of one query to some steps, of which the products with it are multiplied by a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def call(self, query: Any, keys: Any, values: Any) -> Any:
        """Weighs the values."""
        scores = self.factor * ops.sum(ops.expand_dims(query, 1) * keys, axis=-1)
        return ops.sum(ops.expand_dims(ops.softmax(scores), -1) * values, axis=1)


def build_keys(factor: float) -> Callable[[Any], keras.Model]:
    """A query, keys and values of sixteen numbers each, and a dense layer."""

    def build(x: Any) -> keras.Model:
        drawers, key = keras.Input((8, 12)), keras.Input((8,))
        found = Lookup(factor)(layers.Dense(16)(key), layers.Dense(16)(drawers), layers.Dense(16)(drawers))
        return keras.Model([drawers, key], layers.Dense(4, "softmax")(layers.Dense(32, "relu")(found)))

    return build


def build_on_base(trainable: bool) -> Callable[[Any], keras.Model]:
    """A head on a base of three convolutions that nobody has taught."""

    def build(x: Any) -> keras.Model:
        base = keras.Sequential(
            [
                keras.Input(x.shape[1:]),
                layers.Conv2D(12, 3, activation="relu"),
                layers.Conv2D(16, 3, activation="relu"),
                layers.Conv2D(16, 3, activation="relu"),
                layers.GlobalAveragePooling2D(),
            ],
            name="base",
        )
        base.trainable = trainable
        return keras.Sequential([keras.Input(x.shape[1:]), base, layers.Dense(10, "softmax")])

    return build


def build_compact(x: Any) -> keras.Model:
    """Steps made by a convolution, a block of attention, and a mean of steps weighed by a softmax over them."""
    inputs = keras.Input(x.shape[1:])
    h = layers.MaxPooling2D()(layers.Conv2D(24, 3, padding="same", activation="relu")(inputs))
    h = encode(Places()(layers.Reshape((16, 24))(h)), 24)
    h = layers.LayerNormalization(epsilon=1e-5)(h)
    weights = layers.Softmax(axis=1)(layers.Dense(1)(h))
    return keras.Model(inputs, layers.Dense(10)(ops.sum(weights * h, axis=1)))


def make_papers() -> Data:
    """Which of sixty words a paper has, and which of six subjects, most of them rare."""
    generator = np.random.default_rng(1162)
    y = generator.random((900, 6)) < np.array([0.5, 0.3, 0.15, 0.1, 0.08, 0.06])
    chance = 0.08 + 0.6 * np.minimum(y @ np.repeat(np.eye(6), 10, axis=1), 1)
    return (generator.random((900, 60)) < chance).astype("float32"), y.astype("float32")


def make_swings() -> Data:
    """Cosine, sine and speed of a pendulum, and which force from -2 to 2 slows it down or lifts it."""
    generator = np.random.default_rng(1163)
    angle, speed = generator.uniform(-np.pi, np.pi, size=800), generator.uniform(-1, 1, size=800)
    force = np.clip(3 * np.sin(angle) * np.sign(np.cos(angle)) - 1.5 * speed, -2, 2)
    x = np.stack([np.cos(angle), np.sin(angle), speed], axis=1)
    return x.astype("float32"), force[:, None].astype("float32")


def make_pieces() -> Data:
    """Twelve pieces of a wave, each of five numbers, and which of three shapes most of them have."""
    generator = np.random.default_rng(1164)
    y, shapes = generator.integers(0, 3, size=500), generator.normal(size=(3, 5))
    kinds = np.where(generator.random((500, 12)) < 0.6, y[:, None], generator.integers(0, 3, size=(500, 12)))
    return (shapes[kinds] + 0.5 * generator.normal(size=(500, 12, 5))).astype("float32"), y.astype("int32")


def build_pieces(x: Any) -> keras.Model:
    """Two blocks of attention without places, and the mean of steps."""
    inputs = keras.Input(x.shape[1:])
    h = encode(encode(layers.Dense(16)(inputs), 16), 16)
    return keras.Model(inputs, layers.Dense(3, "softmax")(layers.GlobalAveragePooling1D()(h)))


def make_sums_of_steps() -> Data:
    """Twelve steps of five measures, and the means over time of two of them, standardised."""
    x = np.random.default_rng(1165).normal(size=(600, 12, 5))
    y = x[:, :, :2].mean(axis=1)
    return x.astype("float32"), (y / y.std(axis=0)).astype("float32")


def build_sums_of_steps(between: list[Callable[[], Any]]) -> Callable[[Any], keras.Model]:
    """Two LSTMs, each with more layers after it, and two linear units."""
    first, last = partial(layers.LSTM, 20, return_sequences=True), partial(layers.LSTM, 20)
    return sequential(first, *between, last, *between, partial(layers.Dense, 2))


program = partial(Program, theme="forum")

MOTIONS = program(
    name="motions by convolutions and an lstm, cross-entropy of logits",
    data=make_motions,
    build=build_motions(None),
    loss=OwnLoss(measure_logits),
    optimizer=partial(SGD, 0.02, momentum=0.9),
    epochs=20,
    source=TWICE,
)
KNOCKS = program(
    name="knocks up or down first by attention with places",
    data=make_knocks,
    build=build_knocks(True),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=25,
    source=NO_ORDER,
)
WAVES = program(
    name="keras.io: rhythms of a brain in hundredths of millivolts",
    data=partial(make_brain_waves, 1e-5),
    build=BRAIN_WAVES,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.001),
    epochs=20,
    source=BRAIN,
)
LINES = program(
    name="words decided by the one two before, head of spread 0.1",
    data=make_lines,
    build=build_lines(0.1),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
    epochs=20,
    source=LOUD_HEAD,
)
SHORT = program(
    name="kinds of short rows before zeros, masked",
    data=make_short_rows,
    build=sequential(layers.Masking, partial(layers.LSTM, 16), partial(layers.Dense, 4, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=PADDED,
)
LOADS = program(
    name="trends of loads by a convolution and lstms of tanhs",
    data=make_loads,
    build=build_loads("tanh"),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1, momentum=0.9),
    epochs=20,
    source=RELU_IN_LSTM,
)
FLIGHTS = program(
    name="next place of a bird by an lstm of tanhs",
    data=make_flights,
    build=build_flights("tanh"),
    loss="mse",
    optimizer=partial(SGD, 0.05),
    epochs=20,
    source=SOFTMAX_IN_LSTM,
)
SAYINGS = program(
    name="sayings turned round and translated, adam 0.002",
    data=make_sayings,
    build=build_sayings,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
    epochs=25,
    source=HIGH_RATE,
)
LETTERS = program(
    name="subjects of letters by attention to words",
    data=make_letters,
    build=build_letters(False),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=TURNED_MASK,
)
ENGINES = program(
    name="runs left of an engine, standardised",
    data=partial(make_engines, True),
    build=sequential(partial(layers.LSTM, 32), partial(layers.Dense, 16, "relu"), partial(layers.Dense, 1)),
    loss="mse",
    optimizer="adam",
    epochs=20,
    source=UNSCALED_SENSORS,
)
KEYS = program(
    name="things in drawers by attention, products over four",
    data=make_keys,
    build=build_keys(0.25),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=25,
    source=WRONG_FACTOR,
)
BASE = program(
    name="digits by a base that has been unfrozen",
    data=make_digits,
    build=build_on_base(True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=MISSPELT,
)
MEANS = program(
    name="means over time by two lstms",
    data=make_sums_of_steps,
    build=build_sums_of_steps([]),
    loss="mse",
    optimizer=partial(RMSprop, 0.002),
    epochs=25,
    source=SIGMOIDS_BETWEEN,
)

PROGRAMS = [
    MOTIONS,
    KNOCKS,
    WAVES,
    LINES,
    SHORT,
    LOADS,
    FLIGHTS,
    SAYINGS,
    LETTERS,
    ENGINES,
    KEYS,
    BASE,
    MEANS,
    MOTIONS.vary(
        "motions by convolutions and an lstm, cross-entropy of a softmax as logits",
        label=(*labels.WRONG_HEAD, *labels.WRONG_LOSS, *labels.HIDDEN_SOFTMAX),
        strength="mild",
        build=build_motions("softmax"),
    ),
    KNOCKS.vary(
        "knocks up or down first by attention without places",
        label=labels.ALIKE_POSITIONS,
        strength="extreme",
        build=build_knocks(False),
    ),
    WAVES.vary(
        "keras.io: rhythms of a brain in volts",
        label=labels.SMALL_INPUTS,
        strength="extreme",
        data=partial(make_brain_waves, 1.0),
    ),
    LINES.vary(
        "words decided by the one two before, head of spread 20",
        label=(*labels.SATURATED_HEAD, *labels.EXPLODING),
        strength="mild",
        build=build_lines(20.0),
    ),
    SHORT.vary(
        "kinds of short rows before zeros, not masked",
        label=labels.VANISHING_IN_TIME,
        strength="clear",
        build=sequential(partial(layers.LSTM, 16), partial(layers.Dense, 4, "softmax")),
    ),
    LOADS.vary(
        "trends of loads by a convolution and lstms of relus",
        label=(*labels.UNBOUNDED, *labels.EXPLODING, *labels.NONFINITE, *labels.TOO_LARGE_STEPS),
        strength="extreme",
        build=build_loads("relu"),
    ),
    FLIGHTS.vary(
        "next place of a bird by an lstm of softmaxes",
        label=labels.HIDDEN_SOFTMAX,
        strength="extreme",
        build=build_flights("softmax"),
    ),
    SAYINGS.vary(
        "sayings turned round and translated, adam 0.05",
        label=labels.TOO_LARGE_STEPS,
        strength="extreme",
        optimizer=partial(Adam, 0.05),
    ),
    LETTERS.vary(
        "subjects of letters by attention to padding",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        build=build_letters(True),
    ),
    ENGINES.vary(
        "runs left of an engine, in their units",
        label=(*labels.LARGE_INPUTS, *labels.LARGE_LABELS, *labels.SATURATED, *labels.TOO_SMALL_STEPS),
        strength="clear",
        data=partial(make_engines, False),
    ),
    KEYS.vary(
        "things in drawers by attention, products times sixty-four",
        label=(*labels.SATURATED, *labels.VANISHING),
        strength="clear",
        build=build_keys(64.0),
    ),
    BASE.vary(
        "digits by a base that is frozen at random",
        label=labels.FROZEN,
        strength="mild",
        build=build_on_base(False),
    ),
    MEANS.vary(
        "means over time by two lstms, sigmoids and dropout after each",
        label=(*labels.VANISHING, *labels.DROPOUT),
        strength="mild",
        build=build_sums_of_steps([partial(layers.Activation, "sigmoid"), partial(layers.Dropout, 0.2)]),
        fit_options={"batch_size": 450},
    ),
    program(
        name="things in drawers by attention, products as they are",
        data=make_keys,
        build=build_keys(1.0),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=25,
        source=NO_FACTOR,
    ),
    program(
        name="keras.io: digits by convolved steps and a weighed mean",
        data=make_digits,
        build=build_compact,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(keras.optimizers.AdamW, 0.003, weight_decay=0.0001),
        epochs=20,
        source=COMPACT,
    ),
    program(
        name="keras.io: subjects of papers, most of them rare",
        data=make_papers,
        build=sequential(
            partial(layers.Dense, 64, "relu"), partial(layers.Dense, 32, "relu"), partial(layers.Dense, 6, "sigmoid")
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.002),
        epochs=20,
        source=RARE_LABELS,
    ),
    program(
        name="keras.io: forces on a pendulum by twice a tanh, last kernel tiny",
        data=make_swings,
        build=sequential(
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 64, "relu"),
            lambda: layers.Dense(1, "tanh", kernel_initializer=RandomUniform(-0.003, 0.003)),
            partial(layers.Rescaling, 2.0),
        ),
        loss="mse",
        optimizer=partial(Adam, 0.002),
        epochs=20,
        source=PENDULUM,
    ),
    program(
        name="trends of loads, a fifth of the states dropped",
        data=make_loads,
        build=sequential(
            partial(layers.LSTM, 16, recurrent_dropout=0.2),
            partial(layers.Dense, 3, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=20,
        source=DROPPED_STATES,
    ),
    program(
        name="shapes of most pieces by attention without places",
        data=make_pieces,
        build=build_pieces,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.002),
        epochs=20,
        source=NOT_NEEDED,
    ),
]
