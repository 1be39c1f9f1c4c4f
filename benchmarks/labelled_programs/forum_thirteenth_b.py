"""Sequences, texts and moves of those who asked why nothing is learned, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up; programs without a source are common mistakes or common models. Two have two
faults at once: worths of moves by a sigmoid on layers without activation, and moods of reviews by a softmax of one on
one unit. One is mild: a relu at the end for standardised measures, which leaves about half of what can be learned.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, Nadam, RMSprop
from keras.regularizers import L2

from labelled_programs import labels
from labelled_programs.data import Data
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

ONE_UNIT = "https://www.52sbl.cn/discussion/115307.html"
HEAVY_WEIGHTS = "https://github.com/keras-team/keras/issues/1895"
SIMPLEST = "https://github.com/keras-rl/keras-rl/issues/18"
NOT_A_NUMBER = "https://github.com/alexander-rakhlin/CNN-for-Sentence-Classification-in-Keras/issues/7"
AIR = "https://github.com/keras-team/keras/issues/6932"
UNDERFITTING = "https://example-a.com/answer/79425201"
LONG_SENTENCES = "https://github.com/keras-team/keras/issues/2194"
STANDARDISED = "https://github.com/cran2367/lstm_autoencoder_classifier/issues/2"
QUANTILES = "https://github.com/keras-team/keras/issues/10657"
NO_ACCURACY = "https://github.com/keras-team/keras/issues/10329"
NEXT_VALUES = (
    "https://datascience.stackexchange.com/questions/26639/lstm-timeseries-recursive-prediction-converge-to-same-value"
)
SEEN_FILMS = "https://keras.io/examples/structured_data/movielens_recommendations_transformers/"
PULSES = "http://pullrequest.ru/13233417/predskazanie-impulsnogo-signala-lstm"


def make_moods(words: int = 300, length: int = 40) -> Data:
    """Numbers of words of a review, most of them common, some only in good or only in bad ones; which it is."""
    generator = np.random.default_rng(1351)
    y = generator.integers(0, 2, size=600)
    x = generator.integers(61, words, size=(600, length))
    marked = generator.random(x.shape) < 0.2
    own = 1 + 30 * y[:, None] + generator.integers(0, 30, size=x.shape)
    return np.where(marked, own, x).astype("int32"), y[:, None].astype("float32")


def build_moods(units: int, head: str) -> Callable[[Any], keras.Model]:
    """Vectors of four numbers, an LSTM and one output."""
    return sequential(partial(layers.Embedding, 300, 4), partial(layers.LSTM, units), partial(layers.Dense, 1, head))


def make_trees() -> Data:
    """Steps of eighteen sentence vectors, of three feelings; as unit vectors."""
    generator = np.random.default_rng(1352)
    y = generator.integers(0, 3, size=600)
    means = generator.normal(size=(3, 12))
    x = generator.normal(size=(600, 18, 12)) + 0.5 * means[y][:, None]
    return x.astype("float32"), np.eye(3, dtype="float32")[y]


def build_trees(first: float, second: float) -> Callable[[Any], keras.Model]:
    """An LSTM and two dense layers, whose squares are penalized, and a softmax."""
    return sequential(
        partial(layers.LSTM, 24),
        lambda: layers.Dense(32, "sigmoid", kernel_regularizer=L2(first), activity_regularizer=L2(first)),
        partial(layers.Dropout, 0.2),
        lambda: layers.Dense(48, "relu", kernel_regularizer=L2(second)),
        partial(layers.Dense, 3, "softmax"),
    )


def make_worths() -> Data:
    """Four measures of a pole, and what two moves are worth, from -8 to 8."""
    generator = np.random.default_rng(1353)
    x = generator.normal(size=(800, 4))
    lean = np.sin(1.5 * x[:, 2]) + 0.5 * x[:, 3]
    good = 3 * np.cos(x[:, 0]) * np.sign(x[:, 1])
    return x.astype("float32"), np.stack([good + 3 * lean, good - 3 * lean], axis=1).astype("float32")


def make_sentences() -> Data:
    """Numbers of the words of a sentence, in which one pair of words that follow each other says whether it is good."""
    generator = np.random.default_rng(1354)
    y = generator.integers(0, 2, size=700)
    x = generator.integers(10, 120, size=(700, 20))
    places, pairs = generator.integers(0, 19, size=700), generator.integers(0, 4, size=700)
    for row, place, pair, kind in zip(x, places, pairs, y, strict=True):
        row[place], row[place + 1] = 1 + pair, 5 + (pair if kind else (pair + 1) % 4)
    return x.astype("int32"), y[:, None].astype("float32")


def build_sentences(x: Any) -> keras.Model:
    """Convolutions of three widths over vectors of words, the largest of each, and a sigmoid."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    words = layers.Dropout(0.1)(layers.Embedding(120, 16)(inputs))
    parts = [layers.GlobalMaxPooling1D()(layers.Conv1D(16, width, activation="relu")(words)) for width in (2, 3, 4)]
    h = layers.Dropout(0.3)(layers.Concatenate()(parts))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Dense(24, "relu")(h)))


def make_air(unit: float) -> Data:
    """Six measures of three hours from 0 to 1, and the dust in the air an hour later, from 0 to 500, over so much."""
    generator = np.random.default_rng(1355)
    x = generator.random((640, 3, 6))
    y = 500 * (x[:, :, 0].mean(axis=1) ** 2 + 0.6 * x[:, 2, 1] * x[:, 2, 2] + 0.2 * x[:, 1, 3])
    return x.astype("float32"), (y / unit)[:, None].astype("float32")


def build_air(x: Any) -> keras.Model:
    """A dense layer for each hour, two LSTMs, and one linear unit."""
    return sequential(
        partial(layers.Dense, 32),
        partial(layers.LSTM, 32, return_sequences=True),
        partial(layers.LSTM, 32),
        partial(layers.Dense, 1),
    )(x)


def make_plays() -> Data:
    """Up to twelve words of an opinion with zeros behind them up to seventy; which of three opinions it is."""
    generator = np.random.default_rng(1356)
    y = generator.integers(0, 3, size=480)
    x = np.zeros((480, 70), dtype="int32")
    for row, kind in zip(x, y, strict=True):
        length = generator.integers(5, 13)
        own = 1 + 20 * kind + generator.integers(0, 20, size=length)
        row[:length] = np.where(generator.random(length) < 0.5, own, generator.integers(61, 200, size=length))
    return x, y.astype("int32")


def build_plays(masked: bool) -> Callable[[Any], keras.Model]:
    """Fixed vectors of words, of which zeros are left out or not, two LSTMs and two dense layers."""

    def build(x: Any) -> keras.Model:
        table = np.random.default_rng(1357).normal(size=(200, 24)).astype("float32")
        table[0] = 0
        vectors = layers.Embedding(
            200, 24, embeddings_initializer=keras.initializers.Constant(table), mask_zero=masked, trainable=False
        )
        parts = [
            layers.LSTM(24, return_sequences=True),
            layers.LSTM(24),
            layers.Dense(24, "relu"),
            layers.Dense(3, "softmax"),
        ]
        return keras.Sequential([keras.Input(x.shape[1:], dtype="int32"), vectors, *parts])

    return build


def make_marks() -> Data:
    """A hundred and fifty steps of a sign's sixty-four pixels above 0, one of four places of which is lighter."""
    generator = np.random.default_rng(1358)
    y = generator.integers(0, 4, size=300)
    x = 0.8 * generator.random((300, 150, 64))
    for kind in range(4):
        x[y == kind, :, 16 * kind : 16 * kind + 16] += 0.35
    return x.astype("float32"), y.astype("int32")


def build_marks(activation: str) -> Callable[[Any], keras.Model]:
    """An LSTM with this activation, dropout and a softmax."""
    return sequential(
        partial(layers.LSTM, 48, activation=activation),
        partial(layers.Dropout, 0.2),
        partial(layers.Dense, 4, "softmax"),
    )


def make_sheets() -> Data:
    """Five steps of ten standardised measures that move together, which are their own labels."""
    generator = np.random.default_rng(1359)
    hidden = generator.normal(size=(500, 3))
    x = hidden @ generator.normal(size=(3, 50)) + 0.2 * generator.normal(size=(500, 50))
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).reshape(500, 5, 10)
    return x.astype("float32"), x.astype("float32")


def build_sheets(head: str | None) -> Callable[[Any], keras.Model]:
    """An LSTM into one code, another that unfolds it, and ten outputs at each step."""
    return sequential(
        partial(layers.LSTM, 32),
        partial(layers.RepeatVector, 5),
        partial(layers.LSTM, 32, return_sequences=True),
        partial(layers.Dense, 10, head),
    )


def make_steps() -> Data:
    """Twelve words out of thirty; does the first come again?"""
    generator = np.random.default_rng(1360)
    x = generator.integers(0, 30, size=(900, 12))
    for row in x:
        row[1:][row[1:] == row[0]] = (row[0] + 1) % 30
    y = generator.integers(0, 2, size=900)
    again = generator.integers(1, 12, size=900)
    x[y == 1, again[y == 1]] = x[y == 1, 0]
    return x.astype("int32"), y[:, None].astype("float32")


def build_steps(x: Any) -> keras.Model:
    """Two blocks of attention, normalized before each part; the answer is read at the first word."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(30, 24)(inputs)
    for _ in range(2):
        normal = layers.LayerNormalization()(h)
        h = layers.Add()([h, layers.MultiHeadAttention(2, 12)(normal, normal)])
        normal = layers.LayerNormalization()(h)
        h = layers.Add()([h, layers.Dense(24)(layers.Dense(48, "relu")(normal))])
    h = layers.LayerNormalization()(h)
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(h[:, 0]))


def make_queries(as_numbers: bool) -> Data:
    """Twelve numbers of words out of five thousand, sixty of which belong to one of two kinds; which kind it is."""
    generator = np.random.default_rng(1361)
    own = generator.permutation(5000)[:60].reshape(2, 30)
    y = generator.integers(0, 2, size=800)
    x = generator.integers(0, 5000, size=(800, 12))
    marked = generator.random(x.shape) < 0.35
    x = np.where(marked, own[y[:, None], generator.integers(0, 30, size=x.shape)], x)
    if as_numbers:
        return x[..., None].astype("float32"), y[:, None].astype("float32")
    return x.astype("int32"), y[:, None].astype("float32")


def build_queries(x: Any) -> keras.Model:
    """A GRU over the numbers, or over vectors of what they stand for."""
    parts = [layers.GRU(24), layers.Dense(1, "sigmoid")]
    if x.ndim == 2:
        parts = [layers.Embedding(5000, 16), *parts]
    return keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), *parts])


def make_loads() -> Data:
    """A day of a load with its rhythm, from -1 to 1, and the next hour."""
    generator = np.random.default_rng(1362)
    phases, heights = generator.uniform(0, 2 * np.pi, size=(600, 1)), generator.uniform(0.4, 1, size=(600, 1))
    time = np.arange(25)
    waves = heights * np.sin(2 * np.pi * time / 12 + phases) + 0.05 * generator.normal(size=(600, 25))
    return waves[:, :24, None].astype("float32"), waves[:, 24:].astype("float32")


def measure_entropy(sign: float) -> Callable[[Any, Any], Any]:
    """Cross-entropy of one's own, with its minus or without it."""

    def measure(y: Any, p: Any) -> Any:
        return sign * ops.sum(y * ops.log(ops.clip(p, 1e-7, 1.0)), axis=-1)

    return measure


def make_gestures() -> Data:
    """Thirty steps of three sensors with one of five movements, as unit vectors."""
    generator = np.random.default_rng(1364)
    y = generator.integers(0, 5, size=500)
    time = np.arange(30)[None, :, None]
    speeds = 0.15 + 0.12 * y[:, None, None]
    phases = np.array([0, 1, 2]) * (1 + y[:, None, None] % 2) + generator.uniform(0, 6, size=(500, 1, 1))
    x = np.sin(speeds * time + phases) + 0.3 * generator.normal(size=(500, 30, 3))
    return x.astype("float32"), np.eye(5, dtype="float32")[y]


def build_gestures(x: Any) -> keras.Model:
    """Two convolutions over time, their means and a softmax."""
    return sequential(
        partial(layers.Conv1D, 24, 5, activation="relu"),
        partial(layers.Conv1D, 24, 5, activation="relu"),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 5, "softmax"),
    )(x)


def make_two_kinds() -> Data:
    """Twenty measures of a customer; is it one of two kinds (-1 or 1)?"""
    generator = np.random.default_rng(1365)
    x = generator.normal(size=(800, 20))
    z = x[:, 0] * x[:, 1] + x[:, 2] - 0.5 * np.abs(x[:, 3])
    return x.astype("float32"), np.where(z > np.median(z), 1.0, -1.0)[:, None].astype("float32")


def score_signs(prediction: Any, y: Any) -> float:
    """How much better than chance the signs are."""
    if not np.isfinite(prediction).all():
        return -1.0
    middle = 0.5 if prediction.min() >= 0 else 0.0
    found = prediction > middle
    return float(found[y > 0].mean() - found[y < 0].mean())


def make_returns() -> Data:
    """Twenty days of returns whose spread changes slowly, and the next day's, which cannot be known."""
    generator = np.random.default_rng(1366)
    spread = np.exp(generator.normal(size=(800, 1)))
    x = spread * generator.normal(size=(800, 21))
    return x[:, :20, None].astype("float32"), x[:, 20:].astype("float32")


def measure_tilted(y: Any, p: Any) -> Any:
    """The tilted loss of the twentieth part."""
    left = y - p
    return ops.mean(ops.maximum(0.05 * left, -0.95 * left), axis=-1)


def score_tilted(prediction: Any, y: Any) -> float:
    """The share by which the tilted loss is less than that of one number for all."""
    left, same = y - prediction, y - np.quantile(y, 0.05)
    mine, best = (np.maximum(0.05 * rest, -0.95 * rest).mean() for rest in (left, same))
    return float(1 - mine / best)


def make_prices() -> Data:
    """Windows of fifteen closing prices from 0 to 1, and the next one."""
    generator = np.random.default_rng(1367)
    time = np.arange(900)
    price = np.sin(time / 30) + 0.4 * np.sin(time / 7) + 0.1 * generator.normal(size=900)
    price = (price - price.min()) / np.ptp(price)
    windows = np.lib.stride_tricks.sliding_window_view(price, 16)
    return windows[:, :15, None].astype("float32"), windows[:, 15:].astype("float32")


def make_seen() -> Data:
    """Six films someone saw with their marks, another film, and its mark from 1 to 5."""
    generator = np.random.default_rng(1368)
    films, viewers = generator.normal(size=(40, 2)), generator.normal(size=(900, 2))
    seen = generator.integers(0, 40, size=(900, 7))
    marks = np.clip(3 + (films[seen] * viewers[:, None]).sum(axis=2), 1, 5)
    x = [seen[:, :6].astype("int32"), marks[:, :6].astype("float32"), seen[:, 6:].astype("int32")]
    return x, marks[:, 6:].astype("float32")


def build_seen(x: Any) -> keras.Model:
    """Vectors of films times their marks, attention among them and the asked one, and two layers."""
    seen, marks, asked = keras.Input((6,), dtype="int32"), keras.Input((6,)), keras.Input((1,), dtype="int32")
    table = layers.Embedding(40, 12)
    known = table(seen) * ops.expand_dims(marks - 3, -1)
    h = layers.Concatenate(axis=1)([known, table(asked)])
    h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(3, 12, dropout=0.1)(h, h)]))
    h = layers.Flatten()(h)
    for _ in range(2):
        h = layers.Dropout(0.1)(layers.LeakyReLU()(layers.BatchNormalization()(layers.Dense(48)(h))))
    return keras.Model([seen, marks, asked], layers.Dense(1)(h))


def make_pulses() -> Data:
    """Ten steps with one pulse among them; was it one of the first three?"""
    generator = np.random.default_rng(1369)
    at = np.arange(400) % 10
    x = np.eye(10)[at] * generator.uniform(0.8, 1.2, size=(400, 1))
    return x[..., None].astype("float32"), (at < 3)[:, None].astype("float32")


def make_sums_of_two() -> Data:
    """Fifteen numbers from 0 to 1 beside two marks, and the sum of the marked ones."""
    generator = np.random.default_rng(1370)
    x = np.zeros((800, 15, 2))
    x[..., 0] = generator.random((800, 15))
    for row in x:
        row[generator.choice(15, 2, replace=False), 1] = 1
    return x.astype("float32"), (x[..., 0] * x[..., 1]).sum(axis=1, keepdims=True).astype("float32")


def make_bags() -> Data:
    """Weights of two hundred words of a page, few of them above 0, as vectors of length 1; five subjects."""
    generator = np.random.default_rng(1371)
    y = generator.integers(0, 5, size=700)
    rates = np.full((5, 200), 0.05)
    for kind in range(5):
        rates[kind, 25 * kind : 25 * kind + 25] = 0.25
    x = generator.poisson(rates[y]).astype("float64")
    return (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)).astype("float32"), y.astype("int32")


def make_sets() -> Data:
    """Ten points in the plane in any order, and the largest distance of two of them."""
    x = np.random.default_rng(1372).normal(size=(700, 10, 2))
    y = np.linalg.norm(x[:, :, None] - x[:, None], axis=-1).max(axis=(1, 2))
    return x.astype("float32"), y[:, None].astype("float32")


def build_sets(x: Any) -> keras.Model:
    """Attention among points, with no places, and the largest of each number."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "relu")(inputs)
    h = layers.Add()([h, layers.MultiHeadAttention(2, 16)(h, h)])
    h = layers.GlobalMaxPooling1D()(layers.Dense(32, "relu")(h))
    return keras.Model(inputs, layers.Dense(1)(layers.Dense(32, "relu")(h)))


def make_coins() -> Data:
    """Six measures of a match, and its winner, whom the best answer knows in two of three."""
    generator = np.random.default_rng(1373)
    x = generator.normal(size=(1500, 6))
    chance = 1 / (1 + np.exp(-0.5 * (x[:, 0] + x[:, 1] - x[:, 2])))
    return x.astype("float32"), (generator.random(1500) < chance)[:, None].astype("float32")


def score_coins(prediction: Any, y: Any) -> float:
    """Three times what the answers are better than chance, as the best are a third better."""
    found = prediction > 0.5
    return float(3 * (found[y > 0.5].mean() - found[y < 0.5].mean()))


program = partial(Program, theme="forum")

MOODS = program(
    name="moods of reviews by an lstm of sixteen and a sigmoid",
    data=make_moods,
    build=build_moods(16, "sigmoid"),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=10,
    source=ONE_UNIT,
)
TREES = program(
    name="feelings by lstm, squares penalized by 0.0001",
    data=make_trees,
    build=build_trees(0.0001, 0.0001),
    loss="categorical_crossentropy",
    optimizer=lambda: SGD(0.05, momentum=0.9, nesterov=True, clipnorm=1.0),
    epochs=15,
    source=HEAVY_WEIGHTS,
)
WORTHS = program(
    name="worths of moves by linear outputs on relus",
    data=make_worths,
    build=dense(hidden=[48, 48], activation="relu", output=(2, None)),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=SIMPLEST,
)
SENTENCES = program(
    name="sentences by convolutions of three widths, rmsprop 0.002",
    data=make_sentences,
    build=build_sentences,
    loss="binary_crossentropy",
    optimizer=partial(RMSprop, 0.002),
    epochs=20,
    source=NOT_A_NUMBER,
)
DUST = program(
    name="dust in the air in hundreds by two lstms",
    data=partial(make_air, 100.0),
    build=build_air,
    loss="mse",
    optimizer=partial(RMSprop, 0.001),
    epochs=25,
    source=AIR,
)
PLAYS = program(
    name="opinions before zeros by two lstms, masked",
    data=make_plays,
    build=build_plays(True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=6,
    source=UNDERFITTING,
)
MARKS = program(
    name="signs of sixty-four pixels by an lstm of tanhs",
    data=make_marks,
    build=build_marks("tanh"),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005, clipnorm=1.0),
    epochs=8,
    source=LONG_SENTENCES,
)
SHEETS = program(
    name="standardised measures through one code, linear",
    data=make_sheets,
    build=build_sheets(None),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=25,
    source=STANDARDISED,
)
STEPS = program(
    name="does the first word come again, adam 0.003",
    data=make_steps,
    build=build_steps,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
)
QUERIES = program(
    name="queries by vectors of words",
    data=partial(make_queries, False),
    build=build_queries,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=15,
)
LOADS = program(
    name="the next hour of a load, sgd 0.1 with momentum",
    data=make_loads,
    build=sequential(partial(layers.LSTM, 24), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(SGD, 0.1, momentum=0.9),
    epochs=15,
)
GESTURES = program(
    name="movements by own cross-entropy",
    data=make_gestures,
    build=build_gestures,
    loss=OwnLoss(measure_entropy(-1.0)),
    optimizer=partial(Adam, 0.005),
    epochs=15,
)
KINDS = program(
    name="customers of -1 or 1 by a tanh and hinges",
    data=make_two_kinds,
    build=dense(hidden=[48, 24], activation="relu", output=(1, "tanh")),
    loss="hinge",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    score=score_signs,
)

PROGRAMS = [
    MOODS,
    TREES,
    WORTHS,
    SENTENCES,
    DUST,
    PLAYS,
    MARKS,
    SHEETS,
    STEPS,
    QUERIES,
    LOADS,
    GESTURES,
    KINDS,
    MOODS.vary(
        "moods of reviews by an lstm of one and a softmax of one",
        label=labels.WRONG_HEAD,
        strength="extreme",
        build=build_moods(1, "softmax"),
    ),
    TREES.vary(
        "feelings by lstm, squares penalized by 0.1 and 0.25",
        label=labels.SHRUNK,
        strength="clear",
        build=build_trees(0.1, 0.25),
    ),
    WORTHS.vary(
        "worths of moves by sigmoids on layers without activation",
        label=(*labels.WRONG_HEAD, *labels.LINEAR, *labels.LABELS_OUT_OF_RANGE, *labels.SATURATED_HEAD),
        strength="clear",
        build=dense(hidden=[48, 48], activation=None, output=(2, "sigmoid")),
    ),
    SENTENCES.vary(
        "sentences by convolutions of three widths, rmsprop 0.2",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD, *labels.SATURATED_HEAD),
        strength="clear",
        optimizer=partial(RMSprop, 0.2),
    ),
    DUST.vary(
        "dust in the air by two lstms",
        label=labels.LARGE_LABELS,
        strength="clear",
        data=partial(make_air, 1.0),
    ),
    PLAYS.vary(
        "opinions before zeros by two lstms, not masked",
        label=(*labels.VANISHING_IN_TIME, *labels.VANISHING),
        strength="clear",
        build=build_plays(False),
    ),
    MARKS.vary(
        "signs of sixty-four pixels by an lstm of relus",
        label=(*labels.UNBOUNDED, *labels.EXPLODING, *labels.NONFINITE),
        strength="extreme",
        build=build_marks("relu"),
    ),
    SHEETS.vary(
        "standardised measures through one code, relu",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE, *labels.DEAD),
        strength="mild",
        build=build_sheets("relu"),
    ),
    STEPS.vary(
        "does the first word come again, adam 0.1",
        label=labels.TOO_LARGE_STEPS,
        strength="clear",
        optimizer=partial(Adam, 0.1),
    ),
    QUERIES.vary(
        "queries by numbers of words",
        label=(*labels.LARGE_INPUTS, *labels.SATURATED),
        strength="extreme",
        data=partial(make_queries, True),
    ),
    LOADS.vary(
        "the next hour of a load, sgd 0.0001",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(SGD, 0.0001),
    ),
    GESTURES.vary(
        "movements by own cross-entropy without a minus",
        label=(*labels.WRONG_LOSS, *labels.SATURATED_HEAD),
        strength="extreme",
        loss=OwnLoss(measure_entropy(1.0)),
    ),
    program(
        name="quantiles of returns that cannot be known",
        data=make_returns,
        build=sequential(partial(layers.LSTM, 24), partial(layers.Dense, 1)),
        loss=OwnLoss(measure_tilted),
        optimizer=partial(Adam, 0.005),
        epochs=20,
        score=score_tilted,
        source=QUANTILES,
    ),
    program(
        name="closing prices by an lstm, believed by its accuracy",
        data=make_prices,
        build=sequential(partial(layers.LSTM, 24), partial(layers.Dense, 1)),
        loss="mse",
        optimizer="adam",
        compile_options={"metrics": ["accuracy"]},
        epochs=15,
        source=NO_ACCURACY,
    ),
    program(
        name="closing prices by three lstms and dropout",
        data=make_prices,
        build=sequential(
            partial(layers.LSTM, 20, return_sequences=True),
            partial(layers.Dropout, 0.1),
            partial(layers.LSTM, 20, return_sequences=True),
            partial(layers.Dropout, 0.1),
            partial(layers.LSTM, 20),
            partial(layers.Dropout, 0.1),
            partial(layers.Dense, 1),
        ),
        loss="mse",
        optimizer=partial(RMSprop, 0.002),
        epochs=10,
        source=NEXT_VALUES,
    ),
    program(
        name="keras.io: marks of films by attention to those seen before",
        data=make_seen,
        build=build_seen,
        loss="mse",
        optimizer=partial(Adam, 0.005),
        epochs=25,
        source=SEEN_FILMS,
    ),
    program(
        name="early pulses by an lstm of one unit",
        data=make_pulses,
        build=sequential(partial(layers.LSTM, 1)),
        loss="mse",
        optimizer=partial(Adam, 0.03),
        epochs=40,
        source=PULSES,
    ),
    program(
        name="sums of two marked numbers after a plateau",
        data=make_sums_of_two,
        build=sequential(partial(layers.GRU, 32), partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(Adam, 0.01),
        epochs=30,
    ),
    program(
        name="subjects of pages by small weights of words",
        data=make_bags,
        build=sequential(
            partial(layers.Dense, 48, "relu"), partial(layers.Dropout, 0.5), partial(layers.Dense, 5, "softmax")
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Nadam, 0.003),
        epochs=20,
    ),
    program(
        name="largest distances by attention without places",
        data=make_sets,
        build=build_sets,
        loss="huber",
        optimizer=partial(Adam, 0.003),
        epochs=20,
    ),
    program(
        name="winners that the best knows in two of three",
        data=make_coins,
        build=dense(hidden=[16], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=12,
        score=score_coins,
    ),
]
