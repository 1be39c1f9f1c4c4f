"""Sequences, texts, graphs and moves of those who asked why nothing is learned, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up; programs without a source are common mistakes. Two are mild: small kernels
and dropout everywhere, which leave about a fifth of what can be learned, and moves whose losses are rewarded by -1,
about half of it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.initializers import RandomUniform
from keras.optimizers import SGD, Adam, AdamW, RMSprop
from keras.regularizers import L2

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

SOFTMAX_OF_ONE = "https://github.com/phanideepgampa/stacked-capsule-networks/pull/5"
PADDED_BEHIND = "https://github.com/keras-team/keras-io/issues/2044"
STOCKS = "https://techfeed.net/es/485530/"
LOWER_RATE = "https://github.com/strongio/keras-bert/issues/11"
NOT_NORMALIZED = "https://github.com/Emory-Melody/GraphSlim/issues/4"
NOT_SCALED = "https://github.com/abojchevski/graph2gauss/issues/8"
SINGLE_COLUMN = "https://github.com/pytorch/pytorch/issues/108956"
NEGATIVE_REWARDS = "https://github.com/maxpumperla/deep_learning_and_the_game_of_go/issues/90"
RELU_FOR_EQUATIONS = "https://github.com/ComputationalDomain/PINNs/issues/1"
RELU_BY_DEFAULT = "https://github.com/equinor/gordo/issues/268"
TWO_LOSSES = "https://github.com/keras-team/keras/issues/4727"
BLANKS_FIRST = "https://github.com/cyprienruffino/CTCModel/issues/12"
FOURIER = "https://keras.io/examples/nlp/fnet_classification_with_keras_hub/"
ROTARY = "https://keras.io/keras_hub/api/modeling_layers/rotary_embedding/"
CROSSES = "https://keras.io/keras_rs/examples/dcn/"
NEXT_FILM = "https://keras.io/keras_rs/examples/sas_rec/"
CLIPPED_RATIO = "https://keras.io/examples/rl/ppo_cartpole/"
BACKCAST = "https://arxiv.org/abs/1905.10437"
GRAPH_ATTENTION = "https://keras.io/examples/graph/gat_node_classification/"
MASKED_STEPS = "https://keras.io/guides/custom_train_step_in_jax/"


def make_flags() -> Data:
    """Sixteen steps of noise, one of which is marked, and which of its first three numbers is largest."""
    generator = np.random.default_rng(1251)
    x = generator.normal(size=(700, 16, 6))
    marked = generator.integers(0, 16, size=700)
    x[:, :, 5] = 2.0 * (np.arange(16) == marked[:, None])
    return x.astype("float32"), x[np.arange(700), marked, :3].argmax(axis=1).astype("int32")


class Weighing(layers.Layer):
    """Sum of steps, weighed by a softmax of one number of each, over the steps or over that one number."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis
        self.hidden = layers.Dense(16, "tanh")
        self.score = layers.Dense(1)

    def build(self, shape: Any) -> None:
        """Builds both layers."""
        self.hidden.build(shape)
        self.score.build((*shape[:-1], 16))

    def call(self, h: Any) -> Any:
        """Weighs the steps."""
        weights = ops.softmax(self.score(self.hidden(h)), axis=self.axis)
        return ops.sum(weights * h, axis=1)


def make_notes() -> Data:
    """Six to fourteen words of one of four subjects, before zeros up to sixty."""
    generator = np.random.default_rng(1252)
    y = generator.integers(0, 4, size=360)
    words = np.where(
        generator.random((360, 60)) < 0.5,
        21 + 5 * y[:, None] + generator.integers(0, 5, size=(360, 60)),
        generator.integers(1, 21, size=(360, 60)),
    )
    words[np.arange(60)[None] >= generator.integers(6, 15, size=(360, 1))] = 0
    return words.astype("int32"), y.astype("int32")


def build_notes(masked: bool) -> Callable[[Any], keras.Model]:
    """An LSTM of vectors of words, which skips padding or reads it."""
    return sequential(
        partial(layers.Embedding, 41, 16, mask_zero=masked),
        partial(layers.LSTM, 24),
        partial(layers.Dense, 4, "softmax"),
    )


def make_prices() -> Data:
    """Twelve days of three prices, standardised, and the first one's next."""
    generator = np.random.default_rng(1253)
    time = np.arange(520)
    phases = generator.uniform(0, 6, size=3)
    series = np.sin(time[:, None] / np.array([6.0, 9, 14]) + phases) + 0.1 * generator.normal(size=(520, 3))
    windows = np.stack([series[start : start + 12] for start in range(500)])
    y = series[12:512, :1]
    return windows.astype("float32"), (y / y.std()).astype("float32")


def build_prices(x: Any) -> keras.Model:
    """Two LSTMs of relus with small kernels and much dropout, a linear layer, normalized, dropped, and one unit."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for number in range(2):
        h = layers.LSTM(
            40,
            activation="relu",
            kernel_initializer=RandomUniform(-0.05, 0.05),
            return_sequences=number == 0,
            dropout=0.5,
            recurrent_dropout=0.2,
        )(h)
    h = layers.Dense(64, kernel_initializer=RandomUniform(-0.05, 0.05))(h)
    h = layers.Dropout(0.5)(layers.BatchNormalization()(h))
    return keras.Model(inputs, layers.Dense(1, kernel_initializer="random_normal")(h))


class Places(layers.Layer):
    """Adds a learned vector to each step."""

    def build(self, shape: Any) -> None:
        """Makes one vector for each step."""
        self.places = self.add_weight(shape=shape[1:], initializer="uniform")

    def call(self, h: Any) -> Any:
        """Adds them."""
        return h + self.places


def make_sentences(kinds: int = 2) -> Data:
    """Sixteen words of which most decide between moods, the first and the last more than others."""
    generator = np.random.default_rng(1254 + kinds)
    words = generator.integers(0, 40, size=(480, 16))
    values = np.random.default_rng(1255).normal(size=40)
    weights = np.ones(16)
    weights[[0, -1]] = 2.0
    z = values[words] @ weights
    edges = np.quantile(z, np.arange(1, kinds) / kinds)
    return words.astype("int32"), np.digitize(z, edges).astype("int32")


def build_tuned(x: Any) -> keras.Model:
    """A head on a block of attention that has learned to tell four moods, all of it trained."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = Places()(layers.Embedding(40, 24)(inputs))
    h = layers.LayerNormalization()(h + layers.MultiHeadAttention(2, 12)(h, h))
    h = layers.LayerNormalization()(h + layers.Dense(24)(layers.Dense(48, "gelu")(h)))
    body = keras.Model(inputs, layers.GlobalAveragePooling1D()(h))
    words, moods = make_sentences(4)
    teacher = keras.Sequential([body, layers.Dense(4, "softmax")])
    options = {"jit_compile": False} if keras.backend.backend() == "tensorflow" else {}
    teacher.compile(Adam(0.002), "sparse_categorical_crossentropy", **options)
    teacher.fit(words[:400], moods[:400], epochs=5, verbose=0)
    return keras.Sequential([keras.Input(x.shape[1:], dtype="int32"), body, layers.Dense(2, "softmax")])


def make_firms(normalized: bool) -> Data:
    """Twelve firms with four numbers each, how often each two trade, and whether the busiest three do well."""
    generator = np.random.default_rng(1256)
    numbers = generator.normal(size=(600, 12, 4))
    trades = np.floor(np.exp(generator.normal(3.0, 2.0, size=(600, 12, 12))))
    trades = trades + trades.transpose(0, 2, 1)
    degrees = trades.sum(axis=-1)
    shares = degrees / degrees.sum(axis=1, keepdims=True)
    y = ((shares * (numbers[:, :, 0] + np.abs(numbers[:, :, 1]) - 0.8)).sum(axis=1) > 0)[:, None]
    if normalized:
        trades = trades + np.eye(12) * degrees.mean(axis=1)[:, None, None] / 4
        roots = np.sqrt(trades.sum(axis=-1))
        trades = trades / roots[:, :, None] / roots[:, None, :]
    return [numbers.astype("float32"), trades.astype("float32")], y.astype("float32")


def build_firms(x: Any) -> keras.Model:
    """Three layers of sums over neighbours, then the mean of firms."""
    numbers, trades = keras.Input((12, 4)), keras.Input((12, 12))
    h = numbers
    for _ in range(3):
        h = layers.Activation("relu")(ops.matmul(trades, layers.Dense(24)(h)))
    return keras.Model([numbers, trades], layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h)))


def make_papers(largest: float) -> Data:
    """Ten papers that cite one another, ten measures of each up to a number, and the subject of the first one."""
    generator = np.random.default_rng(1257)
    subjects = generator.integers(0, 3, size=(500, 10))
    edges = generator.random((500, 10, 10)) < np.where(subjects[:, :, None] == subjects[:, None], 0.6, 0.1)
    edges = edges | np.eye(10, dtype=bool)
    means = generator.random((3, 10))
    measures = np.clip(means[subjects] + 0.45 * generator.normal(size=(500, 10, 10)), 0, 1)
    return [(largest * measures).astype("float32"), edges.astype("float32")], subjects[:, 0].astype("int32")


class Neighbours(layers.Layer):
    """Mean of neighbours, weighed by exponentials of what both ends of an edge say, which are clipped or not."""

    def __init__(self, units: int, clipped: bool) -> None:
        super().__init__()
        self.units, self.clipped = units, clipped
        self.dense = layers.Dense(units)
        self.left, self.right = layers.Dense(1), layers.Dense(1)

    def build(self, shapes: Any) -> None:
        """Builds the three layers."""
        self.dense.build(shapes[0])
        self.left.build((*shapes[0][:-1], self.units))
        self.right.build((*shapes[0][:-1], self.units))

    def compute_output_shape(self, shapes: Any) -> Any:
        """One vector for each node."""
        return (*shapes[0][:-1], self.units)

    def call(self, pair: Any) -> Any:
        """Weighs the neighbours."""
        h, edges = self.dense(pair[0]), pair[1]
        scores = ops.leaky_relu(self.left(h) + ops.transpose(self.right(h), (0, 2, 1)))
        scores = ops.clip(scores, -2, 2) if self.clipped else scores
        weights = edges * ops.exp(scores)
        weights = weights / ops.sum(weights, axis=-1, keepdims=True)
        return ops.relu(ops.matmul(weights, h))


def build_papers(clipped: bool) -> Callable[[Any], keras.Model]:
    """Two layers of attention to neighbours, and the first node."""

    def build(x: Any) -> keras.Model:
        measures, edges = keras.Input((10, 10)), keras.Input((10, 10))
        h = Neighbours(16, clipped)([measures, edges])
        h = Neighbours(16, clipped)([h, edges])
        return keras.Model([measures, edges], layers.Dense(3, "softmax")(h[:, 0]))

    return build


def make_beats() -> Data:
    """Thirty-two steps of one measure with a slow or a fast beat or none."""
    generator = np.random.default_rng(1258)
    y = generator.integers(0, 3, size=500)
    phase = generator.uniform(0, 6, size=(500, 1))
    wave = np.sin(np.arange(32) * np.array([0.0, 0.4, 0.9])[y][:, None] + phase) * (y > 0)[:, None]
    x = 3.0 + 2.0 * (wave + 0.4 * generator.normal(size=(500, 32)))
    return x[..., None].astype("float32"), y.astype("int32")


def build_beats(axis: Any) -> Callable[[Any], keras.Model]:
    """Series normalized over some axes, two convolutions, and the largest value of each filter."""
    return sequential(
        partial(layers.LayerNormalization, axis=axis),
        partial(layers.Conv1D, 16, 7, activation="relu"),
        partial(layers.Conv1D, 16, 5, activation="relu"),
        layers.GlobalMaxPooling1D,
        partial(layers.Dense, 3, "softmax"),
    )


def make_game(punished: bool) -> Data:
    """Eight measures of a board, and for the move that was made, of six, 1 if it was won, and 0 or -1 if not."""
    generator = np.random.default_rng(1259)
    x = generator.normal(size=(900, 8))
    best = (np.tanh(x @ generator.normal(size=(8, 6)))).argmax(axis=1)
    move = generator.integers(0, 6, size=900)
    won = move == best
    y = np.eye(6)[move] * np.where(won, 1.0, -1.0 if punished else 0.0)[:, None]
    return x.astype("float32"), y.astype("float32")


def measure_moves(y: Any, p: Any) -> Any:
    """The negative logarithm of the probability of the move, times what came of it."""
    return -ops.sum(y * ops.log(ops.clip(p, 1e-7, 1.0)), axis=-1)


def score_game(prediction: Any, y: Any) -> float:
    """How often the best move is known, of those that were won, and 0 for chance."""
    if not np.isfinite(prediction).all():
        return -1.0
    won = y.max(axis=1) > 0
    share = (prediction[won].argmax(axis=1) == y[won].argmax(axis=1)).mean()
    return float((share - 1 / 6) / (1 - 1 / 6))


STEP = 0.05


def make_swing() -> Data:
    """Times from 0 to 4, each with one before and one after it; where a spring is then."""
    time = np.random.default_rng(1260).uniform(0, 4, size=(400, 1, 1))
    x = time + STEP * np.array([-1.0, 0, 1])[:, None]
    return x.astype("float32"), np.cos(1.5 * x).astype("float32")


def build_swing(activation: str) -> Callable[[Any], keras.Model]:
    """Two layers of each time; a spring that starts at 1 without speed."""

    def build(x: Any) -> keras.Model:
        time = keras.Input(x.shape[1:])
        h = layers.Dense(32, activation)(layers.Dense(32, activation)(time))
        return keras.Model(time, 1 + ops.square(time) * layers.Dense(1)(h))

    return build


def measure_equation(y: Any, p: Any) -> Any:
    """How far the second difference is from what the spring's equation says."""
    second = (p[:, 2] - 2 * p[:, 1] + p[:, 0]) / STEP**2
    return ops.mean(ops.square(second + 2.25 * p[:, 1]))


def make_tags() -> Data:
    """Forty steps of six measures of a machine, and what they are in the next."""
    generator = np.random.default_rng(1261)
    time = np.arange(460)
    waves = np.sin(time[:, None] / np.array([5.0, 8, 13]) + generator.uniform(0, 6, size=3))
    series = waves @ generator.normal(size=(3, 6)) + 0.1 * generator.normal(size=(460, 6))
    series = (series - series.mean(axis=0)) / series.std(axis=0)
    x = np.stack([series[start : start + 40] for start in range(400)])
    return x.astype("float32"), series[40:440].astype("float32")


def build_tags(activation: str) -> Callable[[Any], keras.Model]:
    """Two LSTMs and a dense layer."""
    return sequential(
        partial(layers.LSTM, 32, activation=activation, return_sequences=True),
        partial(layers.LSTM, 24, activation=activation),
        partial(layers.Dense, 6),
    )


def make_places(scaled: bool) -> Data:
    """Five numbers of words of a place's name, or these over the size of the vocabulary, and its country of six."""
    generator = np.random.default_rng(1262)
    y = generator.integers(0, 6, size=600)
    own = generator.integers(0, 10, size=(600, 5)) * 6 + y[:, None]
    x = np.where(generator.random((600, 5)) < 0.6, own, generator.integers(0, 60, size=(600, 5)))
    return (x / 60).astype("float32") if scaled else x.astype("int32"), y.astype("int32")


def make_houses(unit: float) -> Data:
    """Eight measures of houses; their price in so many of the currency, and which of three kinds they are."""
    generator = np.random.default_rng(1263)
    x = generator.normal(size=(700, 8))
    price = 300000 + 90000 * (x[:, 0] + x[:, 1] * x[:, 2]) + 9000 * generator.normal(size=700)
    kind = np.digitize(x[:, 3] + np.abs(x[:, 4]), (0.3, 1.2))
    price = (price - 300000) / unit if unit > 1 else price
    return x.astype("float32"), [price[:, None].astype("float32"), kind.astype("int32")]


def build_houses(x: Any) -> keras.Model:
    """Two shared layers, a price and a kind."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(48, "relu")(layers.Dense(48, "relu")(inputs))
    return keras.Model(inputs, [layers.Dense(1, name="price")(h), layers.Dense(3, "softmax", name="kind")(h)])


def make_likes() -> Data:
    """Pairs of a reader and a book, and how much the reader likes it, about 0."""
    generator = np.random.default_rng(1264)
    readers, books = generator.normal(size=(60, 4)), generator.normal(size=(40, 4))
    reader, book = generator.integers(0, 60, size=1800), generator.integers(0, 40, size=1800)
    y = (readers[reader] * books[book]).sum(axis=1) / 2 + 0.1 * generator.normal(size=1800)
    return [reader[:, None].astype("int32"), book[:, None].astype("int32")], y[:, None].astype("float32")


def build_likes(strength: float) -> Callable[[Any], keras.Model]:
    """The product of two vectors whose squares are penalized."""

    def build(x: Any) -> keras.Model:
        inputs = [keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")]
        sides = [
            layers.Flatten()(
                layers.Embedding(size, 6, embeddings_initializer="glorot_uniform", embeddings_regularizer=L2(strength))(
                    side
                )
            )
            for size, side in zip((60, 40), inputs, strict=True)
        ]
        return keras.Model(inputs, layers.Dot(1)(sides))

    return build


def make_reviews() -> Data:
    """Twelve words of praise or blame among others, and which of both."""
    generator = np.random.default_rng(1265)
    y = generator.integers(0, 2, size=600)
    own = np.where(y[:, None] == 1, generator.integers(0, 10, (600, 12)), generator.integers(10, 20, (600, 12)))
    words = np.where(generator.random((600, 12)) < 0.3, own, generator.integers(20, 60, size=(600, 12)))
    return words.astype("int32"), y[:, None].astype("float32")


def build_reviews(initializer: str) -> Callable[[Any], keras.Model]:
    """Fixed vectors of words, a convolution, and its largest values."""
    return sequential(
        lambda: layers.Embedding(60, 32, embeddings_initializer=initializer, trainable=False),
        partial(layers.Conv1D, 24, 3, activation="relu"),
        layers.GlobalMaxPooling1D,
        partial(layers.Dense, 1, "sigmoid"),
    )


def make_tides(each: bool) -> Data:
    """A day of heights and winds, standardised over all days or over each day by itself; is the water high?"""
    generator = np.random.default_rng(1266)
    level = generator.normal(size=(600, 1))
    heights = level + 0.5 * np.sin(np.arange(24) / 3 + generator.uniform(0, 6, size=(600, 1)))
    winds = generator.normal(size=(600, 24)) + 0.7 * generator.normal(size=(600, 1))
    x = np.stack([10 + 3 * heights, 5 + 2 * winds], axis=-1) + 0.3 * generator.normal(size=(600, 24, 2))
    y = (level + 0.5 * winds.mean(axis=1, keepdims=True) > 0).astype("float32")
    axes = 1 if each else (0, 1)
    x = (x - x.mean(axis=axes, keepdims=True)) / x.std(axis=axes, keepdims=True)
    return x.astype("float32"), y


def make_spoken() -> Data:
    """Thirty steps in which three of five letters sound one after the other, and these letters, from 1."""
    generator = np.random.default_rng(1267)
    sounds = generator.normal(size=(5, 6))
    x, y = 0.3 * generator.normal(size=(400, 30, 6)), generator.integers(0, 5, size=(400, 3))
    for series, letters in zip(x, y, strict=True):
        start = generator.integers(0, 4)
        for letter in letters:
            length = generator.integers(3, 7)
            series[start : start + length] += sounds[letter]
            start += length + generator.integers(1, 4)
    return x.astype("float32"), (y + 1).astype("int32")


def score_spoken(prediction: Any, y: Any) -> float:
    """The share of rows that are read without a mistake."""
    if not np.isfinite(prediction).all():
        return -1.0
    right = 0
    for letters, said in zip(y, prediction.argmax(axis=-1), strict=True):
        changed = said[np.concatenate([[True], said[1:] != said[:-1]])]
        right += list(changed[changed > 0]) == list(letters)
    return right / len(y)


class Fourier(layers.Layer):
    """The real part of a Fourier transform over steps and features."""

    def call(self, h: Any) -> Any:
        """Mixes all steps."""
        return ops.fft2((h, ops.zeros_like(h)))[0]


def build_fourier(x: Any) -> keras.Model:
    """Vectors of words with places, two blocks that are mixed by Fourier transforms, and the mean of steps."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = Places()(layers.Embedding(60, 24)(inputs))
    for _ in range(2):
        h = layers.LayerNormalization()(layers.Add()([h, Fourier()(h)]))
        h = layers.LayerNormalization()(layers.Add()([h, layers.Dense(24)(layers.Dense(48, "relu")(h))]))
    h = layers.Dropout(0.2)(layers.GlobalAveragePooling1D()(h))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))


def make_rhymes() -> Data:
    """Rows of sixteen words that repeat one of period three, four or five, with the word that follows each."""
    generator = np.random.default_rng(1268)
    rows = []
    for _ in range(500):
        period = generator.integers(3, 6)
        rows.append(np.resize(generator.integers(0, 24, size=period), 17))
    table = np.array(rows)
    return table[:, :-1].astype("int32"), table[:, 1:].astype("int32")


class Turning(layers.Layer):
    """Causal attention whose queries and keys are turned by angles that grow with the step."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.units = units
        self.parts = [layers.Dense(units, use_bias=False) for _ in range(4)]

    def build(self, shape: Any) -> None:
        """Builds queries, keys, values and what makes the sum."""
        for part in self.parts:
            part.build((*shape[:-1], self.units))

    def turn(self, h: Any) -> Any:
        """Turns pairs of numbers."""
        half = self.units // 2
        angles = np.arange(h.shape[1])[:, None] / 100.0 ** (np.arange(half) / half)
        cosines, sines = (ops.convert_to_tensor(wave(angles).astype("float32")) for wave in (np.cos, np.sin))
        left, right = h[..., :half], h[..., half:]
        return ops.concatenate([left * cosines - right * sines, right * cosines + left * sines], axis=-1)

    def call(self, h: Any) -> Any:
        """Attends to steps before."""
        query, key, value = (part(h) for part in self.parts[:3])
        scores = ops.matmul(self.turn(query), ops.transpose(self.turn(key), (0, 2, 1))) / self.units**0.5
        later = ops.convert_to_tensor(np.triu(np.full((h.shape[1], h.shape[1]), -1e9, dtype="float32"), 1))
        return self.parts[3](ops.matmul(ops.softmax(scores + later, axis=-1), value))


class TiedWords(layers.Layer):
    """Vectors of words, which also make the logits of the next word."""

    def __init__(self, words: int, units: int) -> None:
        super().__init__()
        self.words, self.units = words, units
        self.blocks = [(Turning(units), layers.LayerNormalization()) for _ in range(2)]
        self.ups = [layers.Dense(2 * units, "gelu") for _ in range(2)]
        self.downs = [layers.Dense(units) for _ in range(2)]
        self.norms = [layers.LayerNormalization() for _ in range(3)]
        self.attentions = [attention for attention, _ in self.blocks]
        self.before = [norm for _, norm in self.blocks]

    def build(self, shape: Any) -> None:
        """Makes the vectors."""
        self.table = self.add_weight(
            shape=(self.words, self.units), initializer=keras.initializers.RandomNormal(stddev=0.1)
        )
        inner = (None, shape[1], self.units)
        for layer in (*self.attentions, *self.before, *self.ups, *self.norms):
            layer.build(inner)
        for layer in self.downs:
            layer.build((None, shape[1], 2 * self.units))

    def compute_output_shape(self, shape: Any) -> Any:
        """Logits of each word at each step."""
        return (*shape, self.words)

    def call(self, words: Any) -> Any:
        """Makes logits."""
        h = ops.take(self.table, words, axis=0) * self.units**0.5
        for number in range(2):
            h = h + self.attentions[number](self.before[number](h))
            h = h + self.downs[number](self.ups[number](self.norms[number](h)))
        return ops.matmul(self.norms[2](h), ops.transpose(self.table))


def build_rhymes(x: Any) -> keras.Model:
    """Two blocks with tied vectors of words."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    return keras.Model(inputs, TiedWords(24, 32)(inputs))


def make_baskets() -> Data:
    """A country, a fruit and a cooking book, as numbers and kinds; how likely one buys a blender."""
    generator = np.random.default_rng(1269)
    x = np.stack([generator.integers(0, size, size=900) for size in (8, 6, 5)], axis=1)
    values = [generator.normal(size=size) for size in (8, 6, 5)]
    land, fruit, book = (values[number][x[:, number]] for number in range(3))
    y = land * fruit + 0.7 * fruit * book + 0.5 * land * fruit * book
    return x.astype("int32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


class Cross(layers.Layer):
    """Adds to numbers what the first numbers are, times a dense layer of them."""

    def build(self, shapes: Any) -> None:
        """Makes the dense layer."""
        self.dense = layers.Dense(shapes[0][-1])
        self.dense.build(shapes[0])

    def compute_output_shape(self, shapes: Any) -> Any:
        """As many numbers."""
        return shapes[0]

    def call(self, pair: Any) -> Any:
        """Crosses them."""
        return pair[1] * self.dense(pair[0]) + pair[0]


def build_baskets(x: Any) -> keras.Model:
    """Vectors of three kinds, crossed twice, and two layers."""
    inputs = keras.Input((3,), dtype="int32")
    sizes = (8, 6, 5)
    parts = [layers.Embedding(size, 6)(inputs[:, number]) for number, size in enumerate(sizes)]
    first = h = layers.Concatenate()(parts)
    for _ in range(2):
        h = Cross()([h, first])
    return keras.Model(inputs, layers.Dense(1)(layers.Dense(32, "relu")(h)))


def make_films() -> Data:
    """Up to fourteen films after zeros, that were seen one after the other, and the one after each, or 0."""
    generator = np.random.default_rng(1270)
    follows = generator.permutation(30)
    rows = np.zeros((500, 15), dtype="int64")
    for row in rows:
        length, film = generator.integers(4, 16), generator.integers(0, 30)
        for place in range(15 - length, 15):
            row[place] = film + 1
            film = follows[film] if generator.random() < 0.85 else generator.integers(0, 30)
    x, y = rows[:, :-1], rows[:, 1:].copy()
    y[x == 0] = 0
    return x.astype("int32"), y.astype("int32")


def build_films(x: Any) -> keras.Model:
    """Causal attention to films that were seen, without zeros."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = Places()(layers.Embedding(31, 24)(inputs))
    seen = ops.logical_or(ops.expand_dims(ops.not_equal(inputs, 0), 1), ops.expand_dims(ops.eye(14, dtype="bool"), 0))
    normal = layers.LayerNormalization()(h)
    h = h + layers.MultiHeadAttention(1, 24)(normal, normal, attention_mask=seen, use_causal_mask=True)
    h = h + layers.Dense(24)(layers.Dense(24, "relu")(layers.LayerNormalization()(h)))
    return keras.Model(inputs, layers.Dense(31)(layers.LayerNormalization()(h)))


def score_films(prediction: Any, y: Any) -> float:
    """How often the next film is known, where there is one."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float((prediction.argmax(axis=-1) == y)[y > 0].mean())


def make_tries() -> Data:
    """Six measures of a pole; which of three moves was made, how likely it was and how much better than others."""
    generator = np.random.default_rng(1271)
    x = generator.normal(size=(900, 6))
    worth = np.tanh(x @ generator.normal(size=(6, 3)))
    move = generator.integers(0, 3, size=900)
    gain = worth[np.arange(900), move] - worth.mean(axis=1) + 0.3 * generator.normal(size=900)
    y = np.concatenate([np.eye(3)[move], np.full((900, 1), 1 / 3), gain[:, None], worth], axis=1)
    return x.astype("float32"), y.astype("float32")


def measure_ratio(y: Any, p: Any) -> Any:
    """The clipped ratio of probabilities now and then, times the gain, without its sign."""
    ratio = ops.sum(p * y[:, :3], axis=-1) / y[:, 3]
    gain = y[:, 4]
    return -ops.mean(ops.minimum(ratio * gain, ops.clip(ratio, 0.5, 2.0) * gain))


def score_tries(prediction: Any, y: Any) -> float:
    """How much better the likeliest moves are than any, 1 for the best ones."""
    if not np.isfinite(prediction).all():
        return -1.0
    worth = y[:, 5:]
    found = worth[np.arange(len(worth)), prediction.argmax(axis=1)].mean()
    return float((found - worth.mean()) / (worth.max(axis=1).mean() - worth.mean()))


def make_visits() -> Data:
    """Four weeks of visits to a page with a trend and a weekly rhythm, and the next week."""
    generator = np.random.default_rng(1272)
    time = np.arange(35)
    weeks = generator.normal(size=(500, 7))
    x = weeks[:, time % 7] + generator.normal(size=(500, 1)) + 0.05 * generator.normal(size=(500, 1)) * time
    x = x + 0.2 * generator.normal(size=x.shape)
    return x[:, :28].astype("float32"), x[:, 28:].astype("float32")


def build_visits(x: Any) -> keras.Model:
    """Four blocks, each of which takes from its inputs what it explains and adds its part to the forecast."""
    rest = inputs = keras.Input(x.shape[1:])
    parts = []
    for _ in range(4):
        h = layers.Dense(32, "relu")(layers.Dense(32, "relu")(rest))
        code = layers.Dense(8)(h)
        rest = layers.Subtract()([rest, layers.Dense(28)(code)])
        parts.append(layers.Dense(7)(code))
    return keras.Model(inputs, layers.Add()(parts))


class Hiding(keras.Model):
    """A model whose own training step hides a third of the pixels before it learns from the rest."""

    def train_step(self, *arguments: Any) -> Any:
        """Hides pixels, then does what Keras does."""
        x, y, weight = keras.utils.unpack_x_y_sample_weight(arguments[-1])
        hidden = ops.cast(ops.sin(12.9898 * ops.cumsum(x + 0.37, axis=1) + 78.233 * x) > 0.4, x.dtype)
        x = x * (1 - hidden)
        return super().train_step(*arguments[:-1], keras.utils.pack_x_y_sample_weight(x, y, weight))


def make_rows() -> Data:
    """Digits as rows of pixels, which are their own labels."""
    x, _ = make_digits(600)
    x = x.reshape(len(x), -1)
    return x, x


def build_hiding(x: Any) -> keras.Model:
    """Two layers of rows of pixels, with an own training step."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(96, "gelu")(layers.Dense(96, "gelu")(inputs))
    return Hiding(inputs, layers.Dense(64, "sigmoid")(h))


program = partial(Program, theme="forum")

FLAGS = program(
    name="largest of a marked step by weights over steps",
    data=make_flags,
    build=sequential(partial(Weighing, 1), partial(layers.Dense, 32, "relu"), partial(layers.Dense, 3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=25,
    source=SOFTMAX_OF_ONE,
)
NOTES = program(
    name="subjects of short notes before zeros, masked",
    data=make_notes,
    build=build_notes(True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    source=PADDED_BEHIND,
)
PRICES = program(
    name="next price by one lstm of tanhs",
    data=make_prices,
    build=sequential(partial(layers.LSTM, 24), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(RMSprop, 0.001),
    epochs=20,
    source=STOCKS,
)
TUNED = program(
    name="moods of sentences by a block that knows moods, adam 0.001",
    data=make_sentences,
    build=build_tuned,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.001),
    epochs=12,
    source=LOWER_RATE,
)
FIRMS = program(
    name="firms by shares of their trades",
    data=partial(make_firms, True),
    build=build_firms,
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.1, momentum=0.9),
    epochs=25,
    source=NOT_NORMALIZED,
)
PAPERS = program(
    name="subjects of papers by attention to neighbours, up to 1",
    data=partial(make_papers, 1.0),
    build=build_papers(False),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=25,
    source=NOT_SCALED,
)
BEATS = program(
    name="beats of one measure, each series normalized",
    data=make_beats,
    build=build_beats([1, 2]),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=SINGLE_COLUMN,
)
GAME = program(
    name="moves that were won by cross-entropy",
    data=partial(make_game, False),
    build=dense(hidden=[48], activation="relu", output=(6, "softmax")),
    loss=OwnLoss(measure_moves),
    optimizer=partial(SGD, 0.2),
    epochs=40,
    score=score_game,
    source=NEGATIVE_REWARDS,
)
SWING = program(
    name="a spring by its equation, tanh",
    data=make_swing,
    build=build_swing("tanh"),
    loss=OwnLoss(measure_equation),
    optimizer=partial(Adam, 0.005),
    epochs=60,
    source=RELU_FOR_EQUATIONS,
)
TAGS = program(
    name="measures of a machine by lstms of tanhs",
    data=make_tags,
    build=build_tags("tanh"),
    loss="mse",
    optimizer=partial(SGD, 0.4, momentum=0.9),
    epochs=10,
    source=RELU_BY_DEFAULT,
)
NAMES = program(
    name="countries by numbers of words",
    data=partial(make_places, False),
    build=sequential(
        partial(layers.Embedding, 60, 12),
        layers.Flatten,
        partial(layers.Dense, 24, "relu"),
        partial(layers.Dense, 6, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
)
HOUSES = program(
    name="prices in hundred thousands and kinds of houses",
    data=partial(make_houses, 100000.0),
    build=build_houses,
    loss=["mse", "sparse_categorical_crossentropy"],
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=TWO_LOSSES,
)
LIKES = program(
    name="likes by products, squares of vectors penalized by 0.00001",
    data=make_likes,
    build=build_likes(0.00001),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=25,
)
REVIEWS = program(
    name="praise and blame by fixed vectors that were loaded",
    data=make_reviews,
    build=build_reviews("random_normal"),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
TIDES = program(
    name="high water by a day, standardised over all days",
    data=partial(make_tides, False),
    build=sequential(
        partial(layers.Conv1D, 16, 5, activation="relu"),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 24, "relu"),
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
)

PROGRAMS = [
    FLAGS,
    NOTES,
    PRICES,
    TUNED,
    FIRMS,
    PAPERS,
    BEATS,
    GAME,
    SWING,
    TAGS,
    NAMES,
    HOUSES,
    LIKES,
    REVIEWS,
    TIDES,
    FLAGS.vary(
        "largest of a marked step by weights over one number",
        label=(*labels.CUT_OFF, *labels.HIDDEN_SOFTMAX, *labels.VANISHING),
        strength="clear",
        build=sequential(partial(Weighing, -1), partial(layers.Dense, 32, "relu"), partial(layers.Dense, 3, "softmax")),
    ),
    NOTES.vary(
        "subjects of short notes before zeros, not masked",
        label=labels.VANISHING_IN_TIME,
        strength="clear",
        build=build_notes(False),
    ),
    PRICES.vary(
        "next price by lstms of relus, small kernels and dropout everywhere",
        label=(*labels.DROPOUT, *labels.VANISHING, *labels.UNBOUNDED, *labels.OTHER_IN_INFERENCE),
        strength="mild",
        build=build_prices,
    ),
    TUNED.vary(
        "moods of sentences by a block that knows moods, adam 0.1",
        label=labels.TOO_LARGE_STEPS,
        strength="clear",
        optimizer=partial(Adam, 0.1),
    ),
    FIRMS.vary(
        "firms by counts of their trades",
        label=(
            *labels.LARGE_INPUTS,
            *labels.EXPLODING,
            *labels.SATURATED_HEAD,
            *labels.TOO_LARGE_STEPS,
            *labels.NONFINITE,
        ),
        strength="extreme",
        data=partial(make_firms, False),
    ),
    PAPERS.vary(
        "subjects of papers by attention to neighbours, up to 1000",
        label=(*labels.NONFINITE, *labels.LARGE_INPUTS),
        strength="extreme",
        data=partial(make_papers, 1000.0),
    ),
    BEATS.vary(
        "beats of one measure, each number normalized",
        label=(*labels.CONSTANT_INPUTS, "zero_gradient"),
        strength="extreme",
        build=build_beats(-1),
    ),
    GAME.vary(
        "moves that were won or lost by cross-entropy times 1 or -1",
        label=(*labels.WRONG_LOSS, *labels.LABELS_OUT_OF_RANGE, *labels.NONFINITE),
        strength="mild",
        data=partial(make_game, True),
    ),
    SWING.vary(
        "a spring by its equation, relu",
        unnamed=True,
        strength="clear",
        build=build_swing("relu"),
    ),
    TAGS.vary(
        "measures of a machine by lstms of relus",
        label=(*labels.UNBOUNDED, *labels.EXPLODING, *labels.NONFINITE, *labels.TOO_LARGE_STEPS),
        strength="extreme",
        build=build_tags("relu"),
    ),
    NAMES.vary(
        "countries by numbers of words over sixty",
        label=(*labels.CONSTANT_INPUTS, *labels.UNKNOWN_IDS),
        strength="extreme",
        data=partial(make_places, True),
    ),
    HOUSES.vary(
        "prices in single units and kinds of houses",
        label=(*labels.LARGE_LABELS, *labels.TOO_SMALL_STEPS),
        strength="extreme",
        data=partial(make_houses, 1.0),
    ),
    LIKES.vary(
        "likes by products, squares of vectors penalized by 0.1",
        label=labels.SHRUNK,
        strength="clear",
        build=build_likes(0.1),
    ),
    REVIEWS.vary(
        "praise and blame by fixed vectors that were not found",
        label=(*labels.CONSTANT_INPUTS, *labels.FROZEN, "zero_gradient"),
        strength="extreme",
        build=build_reviews("zeros"),
    ),
    TIDES.vary(
        "high water by a day, standardised over each day",
        unnamed=True,
        strength="clear",
        data=partial(make_tides, True),
    ),
    program(
        name="letters that are spoken, blanks at first",
        data=make_spoken,
        build=sequential(
            partial(layers.Conv1D, 24, 5, padding="same", activation="relu"),
            lambda: layers.Bidirectional(layers.GRU(16, return_sequences=True)),
            partial(layers.Dense, 6),
        ),
        loss=keras.losses.CTC,
        optimizer=partial(Adam, 0.005),
        epochs=25,
        score=score_spoken,
        source=BLANKS_FIRST,
    ),
    program(
        name="keras.io: praise and blame by fourier transforms",
        data=make_reviews,
        build=build_fourier,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.002),
        epochs=20,
        source=FOURIER,
    ),
    program(
        name="keras.io: rhymes by turned queries and tied words",
        data=make_rhymes,
        build=build_rhymes,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(AdamW, 0.003, weight_decay=0.01),
        epochs=20,
        source=ROTARY,
    ),
    program(
        name="keras.io: baskets by crossed vectors",
        data=make_baskets,
        build=build_baskets,
        loss="mse",
        optimizer=partial(AdamW, 0.01),
        epochs=20,
        source=CROSSES,
    ),
    program(
        name="keras.io: next films after zeros that are ignored",
        data=make_films,
        build=build_films,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0),
        optimizer=partial(Adam, 0.005),
        epochs=20,
        score=score_films,
        source=NEXT_FILM,
    ),
    program(
        name="keras.io: moves of a pole by clipped ratios",
        data=make_tries,
        build=dense(hidden=[64, 64], activation="tanh", output=(3, "softmax")),
        loss=OwnLoss(measure_ratio),
        optimizer=partial(Adam, 0.003),
        epochs=20,
        score=score_tries,
        source=CLIPPED_RATIO,
    ),
    program(
        name="visits to a page by what is left of them",
        data=make_visits,
        build=build_visits,
        loss="mae",
        optimizer=partial(Adam, 0.003),
        epochs=25,
        source=BACKCAST,
    ),
    program(
        name="keras.io: subjects of papers by clipped attention to neighbours",
        data=partial(make_papers, 1.0),
        build=build_papers(True),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=25,
        source=GRAPH_ATTENTION,
    ),
    program(
        name="digits of which an own training step hides pixels",
        data=make_rows,
        build=build_hiding,
        loss="binary_crossentropy",
        optimizer=partial(AdamW, 0.003),
        epochs=20,
        source=MASKED_STEPS,
    ),
]
