"""Sequences, texts, graphs, pairs and moves of those who asked why nothing is learned, and of others' examples.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up; programs without a source are common mistakes or common models. One is mild: an
LSTM that drops most of what it reads and learns about a third of it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.initializers import RandomUniform
from keras.optimizers import SGD, Adam, Nadam, RMSprop
from keras.optimizers.schedules import ExponentialDecay
from keras.regularizers import L2

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

A_WORD_FOR_ZERO = "https://github.com/keras-team/keras/issues/2062"
AXIS_OF_ATTENTION = "https://github.com/keras-team/keras-io/pull/1904"
OVER_THE_BATCH = "https://github.com/PetrochukM/PyTorch-NLP/issues/2"
INVERTED = "https://github.com/lucidrains/halonet-pytorch/pull/6"
TOO_DEEP = "https://github.com/DropEdge/DropEdge/issues/8"
NO_MINUS = "https://github.com/openai/spinningup/issues/436"
FIRST_TWO = "https://github.com/keras-team/keras/issues/8335"
SMALL_DATA = "https://keras.io/examples/vision/vit_small_ds/"
FEW_TOKENS = "https://keras.io/examples/vision/token_learner/"


def make_answers() -> Data:
    """Twelve answers, 1 for yes and 0 for no, six of each; is the first one yes?"""
    generator = np.random.default_rng(1551)
    x = generator.permuted(np.tile(np.repeat([0, 1], 6), (700, 1)), axis=1)
    return x.astype("int32"), x[:, :1].astype("float32")


def build_answers(masked: bool) -> Callable[[Any], keras.Model]:
    """A vector for each answer, zeros left out or not, a GRU and a sigmoid."""
    return sequential(
        partial(layers.Embedding, 2, 8, mask_zero=masked),
        partial(layers.GRU, 16),
        partial(layers.Dense, 1, "sigmoid"),
    )


def make_marked() -> Data:
    """Twelve numbers, one of them marked, and the marked one."""
    generator = np.random.default_rng(1552)
    x = np.zeros((800, 12, 2))
    x[:, :, 0] = generator.normal(size=(800, 12))
    at = generator.integers(0, 12, size=800)
    x[np.arange(800), at, 1] = 1
    return x.astype("float32"), x[np.arange(800), at, :1].astype("float32")


def build_marked(axis: int) -> Callable[[Any], keras.Model]:
    """Weights of steps by a softmax over an axis, the weighted sum of steps and a linear unit."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        scores = layers.Dense(1)(layers.Dense(16, "tanh")(inputs))
        weights = layers.Softmax(axis)(scores)
        h = ops.sum(weights * layers.Dense(8)(inputs), axis=1)
        return keras.Model(inputs, layers.Dense(1)(h))

    return build


def make_short() -> Data:
    """Four to nine words by number, zeros behind them; are low numbers more common?"""
    generator = np.random.default_rng(1553)
    many = generator.integers(4, 10, size=800)
    x = generator.integers(1, 31, size=(800, 12)) * (np.arange(12) < many[:, None])
    y = ((x > 0) & (x < 16)).sum(axis=1) > (x > 15).sum(axis=1)
    return x.astype("int32"), y[:, None].astype("float32")


def build_short(inverted: bool) -> Callable[[Any], keras.Model]:
    """Words that attend to words, or to what stands behind them, the mean of steps and a sigmoid."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:], dtype="int32")
        words = ops.equal(inputs, 0) if inverted else ops.not_equal(inputs, 0)
        h = layers.Embedding(31, 16)(inputs)
        h = layers.MultiHeadAttention(2, 8)(h, h, attention_mask=ops.expand_dims(words, 1))
        h = layers.Dense(24, "relu")(layers.GlobalAveragePooling1D()(h))
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))

    return build


def make_friends() -> Data:
    """Twelve people in two groups, who knows whom, four measures of each, and who is in the second group."""
    generator = np.random.default_rng(1555)
    y = generator.integers(0, 2, size=(300, 12))
    x = generator.normal(size=(300, 12, 4))
    x[:, :, 0] += 3 * y
    alike = y[:, :, None] == y[:, None]
    edges = np.triu(generator.random((300, 12, 12)) < np.where(alike, 0.5, 0.15), 1)
    edges = edges + edges.transpose(0, 2, 1) + np.eye(12)
    edges = edges / edges.sum(axis=-1, keepdims=True)
    return [x.astype("float32"), edges.astype("float32")], y[:, :, None].astype("float32")


def build_friends(many: int) -> Callable[[Any], keras.Model]:
    """So many layers of means over friends, and a sigmoid for each person."""

    def build(x: Any) -> keras.Model:
        measures, edges = keras.Input((12, 4)), keras.Input((12, 12))
        h = measures
        for _ in range(many):
            h = layers.Activation("relu")(ops.matmul(edges, layers.Dense(24, kernel_initializer="he_normal")(h)))
        return keras.Model([measures, edges], layers.Dense(1, "sigmoid")(h))

    return build


def make_books(scaled: bool) -> Data:
    """Readers and books by number, or by number over the largest one, and how a reader likes a book."""
    generator = np.random.default_rng(1556)
    reader, book = generator.integers(0, 60, size=1200), generator.integers(0, 40, size=1200)
    y = generator.normal(size=60)[reader] + generator.normal(size=40)[book] + 0.2 * generator.normal(size=1200)
    x = [reader[:, None], book[:, None]]
    x = [numbers / numbers.max() for numbers in x] if scaled else x
    return [numbers.astype("float32") for numbers in x], ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_books(x: Any) -> keras.Model:
    """A vector for each reader and each book, a hidden layer and a linear unit."""
    inputs = [keras.Input((1,)), keras.Input((1,))]
    sides = [layers.Flatten()(layers.Embedding(size, 8)(side)) for size, side in zip((60, 40), inputs, strict=True)]
    return keras.Model(inputs, layers.Dense(1)(layers.Dense(24, "relu")(layers.Concatenate()(sides))))


def make_bandit() -> Data:
    """Five measures, and for the one of four moves that was tried, by how much it did better than the mean.

    The right move brings 1 and the others nothing.
    """
    generator = np.random.default_rng(1557)
    x = generator.normal(size=(1200, 5))
    right = (x @ generator.normal(size=(5, 4))).argmax(axis=1)
    tried = generator.integers(0, 4, size=1200)
    y = np.eye(4)[tried] * ((right == tried) - 0.25)[:, None]
    return x.astype("float32"), y.astype("float32")


def measure_moves(sign: float) -> Callable[[Any, Any], Any]:
    """The sum of what moves brought times the logarithms of how likely they are, with a sign."""

    def measure(y: Any, p: Any) -> Any:
        return sign * ops.sum(y * ops.log(p + 1e-4), axis=-1)

    return measure


def score_moves(prediction: Any, y: Any) -> float:
    """What the most likely move brings where it was tried, 0 for moves at random and 1 for the right ones."""
    if not np.isfinite(prediction).all():
        return -1.0
    said, tried = prediction.argmax(axis=1), np.abs(y).argmax(axis=1)
    return float(y[np.arange(len(y)), tried][said == tried].mean() / 0.75)


def make_triplets() -> Data:
    """Two sounds of one bird and one of another one, twenty measures each, of which three tell birds apart."""
    generator = np.random.default_rng(1558)
    birds = generator.normal(size=(10, 3))
    same = generator.integers(0, 10, size=900)
    other = (same + generator.integers(1, 10, size=900)) % 10
    x = 1.5 * generator.normal(size=(3, 900, 20))
    for sounds, kinds in zip(x, (same, same, other), strict=True):
        sounds[:, :3] = birds[kinds] + 0.15 * generator.normal(size=(900, 3))
    return [sounds.astype("float32") for sounds in x], np.zeros((900, 2), "float32")


def build_triplets(x: Any) -> keras.Model:
    """Two distances between vectors that one network makes of three sounds."""
    tower = keras.Sequential([keras.Input((20,)), layers.Dense(32, "relu"), layers.Dense(6)])
    inputs = [keras.Input((20,)) for _ in range(3)]
    anchor, same, other = (tower(side) for side in inputs)
    distances = [ops.sum(ops.square(anchor - side), axis=1, keepdims=True) for side in (same, other)]
    return keras.Model(inputs, layers.Concatenate()(distances))


def measure_triplets(by_column: bool) -> Callable[[Any, Any], Any]:
    """One distance less the other one and a margin, where that is above 0: both columns, or the first two rows."""

    def measure(y: Any, p: Any) -> Any:
        near, far = (p[:, 0], p[:, 1]) if by_column else (p[0], p[1])
        return ops.mean(ops.maximum(near - far + 1.0, 0.0))

    return measure


def score_triplets(prediction: Any, y: Any) -> float:
    """How much more often than not the first distance is the smaller one."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float(2 * (prediction[:, 0] < prediction[:, 1]).mean() - 1)


def make_negations() -> Data:
    """Twenty words by number; does word 1 stand before word 2, or behind it?"""
    generator = np.random.default_rng(1559)
    y = generator.integers(0, 2, size=1500)
    x = generator.integers(3, 60, size=(1500, 20))
    at = generator.integers(0, 19, size=1500)
    x[np.arange(1500), at] = np.where(y == 1, 1, 2)
    x[np.arange(1500), at + 1] = np.where(y == 1, 2, 1)
    return x.astype("int32"), y[:, None].astype("float32")


def build_negations(width: int) -> Callable[[Any], keras.Model]:
    """Convolutions so many words wide, their largest values and a sigmoid."""
    return sequential(
        partial(layers.Embedding, 60, 6),
        partial(layers.Conv1D, 8, width, activation="relu"),
        layers.GlobalMaxPooling1D,
        partial(layers.Dense, 1, "sigmoid"),
    )


def make_reviews(known: int) -> Data:
    """Twenty-five words by how common they are, of which the first so many are known, and whether they praise.

    The words that tell it are none of the common ones; what is not known is word 1.
    """
    generator = np.random.default_rng(1560)
    y = generator.integers(0, 2, size=800)
    x = 2 + np.minimum(generator.geometric(0.08, size=(800, 25)), 60)
    for row, kind in zip(x, y, strict=True):
        row[generator.choice(25, 3, replace=False)] = 70 + 20 * kind + generator.integers(0, 20, size=3)
    return np.where(x < known, x, 1).astype("int32"), y[:, None].astype("float32")


def make_tides() -> Data:
    """Sixteen hours of a tide, and the next one, with more noise where it is high."""
    generator = np.random.default_rng(1561)
    phase, speed = generator.uniform(0, 6.3, size=(700, 1)), generator.uniform(0.3, 0.7, size=(700, 1))
    series = np.sin(speed * np.arange(17) + phase)
    series = series + (0.05 + 0.1 * (series > 0)) * generator.normal(size=series.shape)
    return series[:, :16, None].astype("float32"), series[:, 16:].astype("float32")


def build_tides(activation: str) -> Callable[[Any], keras.Model]:
    """A GRU, a mean and a spread, which an activation makes of a number."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.GRU(24)(inputs)
        return keras.Model(inputs, layers.Concatenate()([layers.Dense(1)(h), layers.Dense(1, activation)(h)]))

    return build


def measure_spread(y: Any, p: Any) -> Any:
    """The logarithm of the density of a bell curve, with its sign turned."""
    return ops.log(p[:, 1]) + 0.5 * ops.square((y[:, 0] - p[:, 0]) / p[:, 1])


def score_mean(prediction: Any, y: Any) -> float:
    """The share of the labels' variance that the first column explains."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float(1 - ((y[:, 0] - prediction[:, 0]) ** 2).mean() / y[:, 0].var())


def make_vibrations() -> Data:
    """Twenty-four readings of a sensor from 0 to 4095, and whether they rise and fall slowly or quickly."""
    generator = np.random.default_rng(1562)
    y = generator.integers(0, 2, size=600)
    phase = generator.uniform(0, 6.3, size=(600, 1))
    wave = np.sin(np.where(y == 1, 1.2, 0.5)[:, None] * np.arange(24) + phase)
    x = 2000 + 400 * wave + 150 * generator.normal(size=wave.shape)
    return np.clip(x, 0, 4095)[..., None].astype("float32"), y[:, None].astype("float32")


def build_vibrations(offset: float, scale: float) -> Callable[[Any], keras.Model]:
    """Readings brought to a scale, a GRU and a sigmoid."""
    return sequential(
        partial(layers.Rescaling, scale, -offset * scale),
        partial(layers.GRU, 16),
        partial(layers.Dense, 1, "sigmoid"),
    )


def make_questions(paired: bool) -> Data:
    """Two questions each, and whether they are about the same thing; the second ones in their order, or in any."""
    generator = np.random.default_rng(1563)
    y = generator.integers(0, 2, size=2500)
    first = generator.integers(0, 4, size=2500)
    second = np.where(y == 1, first, (first + generator.integers(1, 4, size=2500)) % 4)
    things = 1.3 * generator.normal(size=(4, 10))
    x = [things[numbers] + 0.6 * generator.normal(size=(2500, 10)) for numbers in (first, second)]
    if not paired:
        x[1] = generator.permutation(x[1])
    return [side.astype("float32") for side in x], y[:, None].astype("float32")


def build_questions(x: Any) -> keras.Model:
    """One network for both questions, by how much its answers differ, and a sigmoid."""
    tower = keras.Sequential([keras.Input((10,)), layers.Dense(16, "relu"), layers.Dense(4)])
    inputs = [keras.Input((10,)), keras.Input((10,))]
    first, second = (tower(side) for side in inputs)
    h = layers.Dense(8, "relu")(ops.abs(first - second))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))


class Drawn(layers.Layer):
    """Draws a code by its mean and the logarithm of its variance, and penalizes how far it is from a bell curve."""

    def __init__(self, penalty: float) -> None:
        super().__init__()
        self.penalty = penalty
        self.seeds = keras.random.SeedGenerator(7)

    def call(self, parts: Any, training: bool | None = None) -> Any:
        """Adds noise in training."""
        mean, spread = parts
        away = -0.5 * ops.sum(1 + spread - ops.square(mean) - ops.exp(spread), axis=-1)
        self.add_loss(self.penalty * ops.mean(away))
        if not training:
            return mean
        return mean + ops.exp(0.5 * spread) * keras.random.normal(ops.shape(mean), seed=self.seeds)


def build_codes(penalty: float) -> Callable[[Any], keras.Model]:
    """Pixels to eight numbers that are drawn, and back."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(64, "relu")(inputs)
        code = Drawn(penalty)([layers.Dense(8)(h), layers.Dense(8)(h)])
        return keras.Model(inputs, layers.Dense(64, "sigmoid")(layers.Dense(64, "relu")(code)))

    return build


def make_pictures() -> Data:
    """Digits as rows of pixels, which are their own labels."""
    x = make_digits(800)[0].reshape(800, -1)
    return x, x


def make_steps() -> Data:
    """Thirty steps of three sensors, and which of three gaits it is, by how often the second one swings."""
    generator = np.random.default_rng(1564)
    y = generator.integers(0, 3, size=600)
    phase = generator.uniform(0, 6.3, size=(600, 1))
    x = 0.4 * generator.normal(size=(600, 30, 3))
    x[:, :, 1] += np.sin(np.array([0.4, 0.8, 1.3])[y][:, None] * np.arange(30) + phase)
    return x.astype("float32"), y.astype("int32")


def build_steps(**options: Any) -> Callable[[Any], keras.Model]:
    """An LSTM and a softmax."""
    return sequential(partial(layers.LSTM, 24, **options), partial(layers.Dense, 3, "softmax"))


def build_waves(x: Any) -> keras.Model:
    """Two convolutions over steps, their largest values and a softmax."""
    return sequential(
        partial(layers.Conv1D, 16, 5, activation="relu"),
        partial(layers.Conv1D, 24, 5, activation="relu"),
        layers.GlobalMaxPooling1D,
        partial(layers.Dense, 3, "softmax"),
    )(x)


class Projection(layers.Layer):
    """A dense layer of one's own, whose kernel is made once, or drawn where it is used."""

    def __init__(self, units: int, once: bool) -> None:
        super().__init__()
        self.units, self.once = units, once
        self.seeds = keras.random.SeedGenerator(11)

    def build(self, shape: Any) -> None:
        """Makes the kernel."""
        self.inputs = shape[-1]
        if self.once:
            self.kernel = self.add_weight(shape=(shape[-1], self.units), initializer="glorot_uniform", name="kernel")

    def compute_output_shape(self, shape: Any) -> Any:
        """As many numbers as there are units."""
        return (*shape[:-1], self.units)

    def call(self, h: Any) -> Any:
        """Multiplies with the kernel, and keeps what is above 0."""
        if self.once:
            return ops.relu(ops.matmul(h, self.kernel))
        return ops.relu(ops.matmul(h, 0.3 * keras.random.normal((self.inputs, self.units), seed=self.seeds)))


def make_plants() -> Data:
    """Ten measures of plants and which of four kinds they are."""
    generator = np.random.default_rng(1565)
    y = generator.integers(0, 4, size=700)
    x = generator.normal(size=(4, 10))[y] + 0.7 * generator.normal(size=(700, 10))
    return x.astype("float32"), y.astype("int32")


def make_captions() -> Data:
    """Pictures as twelve numbers and their captions as eight, which six hidden numbers decide."""
    generator = np.random.default_rng(1566)
    hidden = generator.normal(size=(1000, 6))
    x = [hidden @ generator.normal(size=(6, many)) + 0.1 * generator.normal(size=(1000, many)) for many in (12, 8)]
    return [(side / side.std()).astype("float32") for side in x], np.zeros((1000, 1), "float32")


def build_captions(x: Any) -> keras.Model:
    """A network for pictures and one for captions, whose vectors have a length of one."""
    inputs = [keras.Input((12,)), keras.Input((8,))]
    sides = [layers.UnitNormalization()(layers.Dense(8)(layers.Dense(32, "relu")(side))) for side in inputs]
    return keras.Model(inputs, layers.Concatenate()(sides))


def measure_captions(both: bool) -> Callable[[Any, Any], Any]:
    """Cross-entropy of which caption belongs to which picture of the batch, or to which caption."""

    def measure(y: Any, p: Any) -> Any:
        pictures, captions = p[:, :8], p[:, 8:]
        alike = ops.matmul(pictures if both else captions, ops.transpose(captions)) / 0.1
        own = ops.arange(ops.shape(alike)[0])
        return keras.losses.sparse_categorical_crossentropy(own, alike, from_logits=True)

    return measure


def score_captions(prediction: Any, y: Any) -> float:
    """How often the caption that is most like a picture is its own, of fifty captions."""
    if not np.isfinite(prediction).all():
        return -1.0
    blocks = prediction.reshape(-1, 50, 16)
    alike = blocks[:, :, :8] @ blocks[:, :, 8:].transpose(0, 2, 1)
    return float(((alike.argmax(axis=-1) == np.arange(50)).mean() - 0.02) / 0.98)


def make_sentences() -> Data:
    """Four to nine words by number, zeros behind them, and the kind of each word by itself and the one before."""
    generator = np.random.default_rng(1567)
    many = generator.integers(4, 10, size=600)
    x = generator.integers(1, 41, size=(600, 12))
    before = np.concatenate([np.ones((600, 1), dtype="int64"), x[:, :-1]], axis=1)
    y = 1 + (x % 3 + (before > 20)) % 3
    known = np.arange(12) < many[:, None]
    return (x * known).astype("int32"), (y * known).astype("int32")


def weigh_words(words: bool) -> Callable[[Any, Any], Any]:
    """One for words and zero for what stands behind them, or the other way round."""
    return lambda x, y: ((x > 0) == words).astype("float32")


def score_words(prediction: Any, y: Any) -> float:
    """How many kinds of words are right, 0 for all of the most common one."""
    if not np.isfinite(prediction).all():
        return -1.0
    right = (prediction.argmax(axis=-1) == y)[y > 0].mean()
    most = np.bincount(y[y > 0]).max() / (y > 0).sum()
    return float((right - most) / (1 - most))


def make_queues() -> Data:
    """Seven measures of a counter, and how long one waits, seldom very long."""
    generator = np.random.default_rng(1568)
    x = generator.normal(size=(900, 7))
    y = 2 * x[:, 0] + x[:, 1] * x[:, 2] + generator.exponential(1 + 0.5 * (x[:, 3] > 0), size=900)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def measure_quantiles(y: Any, p: Any) -> Any:
    """Errors weighed by whether they are above or below, for a tenth, half and nine tenths."""
    error = y - p
    share = ops.convert_to_tensor([[0.1, 0.5, 0.9]], dtype=p.dtype)
    return ops.mean(ops.maximum(share * error, (share - 1) * error), axis=-1)


def score_median(prediction: Any, y: Any) -> float:
    """The share of the labels' variance that the second column explains."""
    return score_mean(prediction[:, 1:2], y)


def measure_correlation(y: Any, p: Any) -> Any:
    """One less the correlation of labels and answers of a batch."""
    y, p = y - ops.mean(y), p - ops.mean(p)
    return 1 - ops.sum(y * p) / (ops.sqrt(ops.sum(y * y) * ops.sum(p * p)) + 1e-6)


def score_correlation(prediction: Any, y: Any) -> float:
    """The correlation of labels and answers."""
    return float(np.corrcoef(prediction[:, 0], y[:, 0])[0, 1])


class Elsewhere(layers.Layer):
    """Attention of patches to others than themselves, with a temperature that is learned."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.parts = [layers.Dense(units) for _ in range(3)]

    def build(self, shape: Any) -> None:
        """Builds the parts and makes the temperature."""
        for part in self.parts:
            part.build(shape)
        self.temperature = self.add_weight(shape=(), initializer=keras.initializers.Constant(4.0), name="temperature")

    def call(self, h: Any) -> Any:
        """Attends."""
        query, key, value = (part(h) for part in self.parts)
        scores = ops.matmul(query, ops.transpose(key, (0, 2, 1))) / self.temperature
        scores = scores - 1e9 * ops.eye(h.shape[1])
        return ops.matmul(ops.softmax(scores, axis=-1), value)


def build_elsewhere(x: Any) -> keras.Model:
    """Patches of two by two, two blocks of attention to other patches, and a softmax of all of them."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Reshape((16, 24))(layers.Conv2D(24, 2, strides=2)(inputs))
    for _ in range(2):
        h = layers.Add()([h, Elsewhere(24)(layers.LayerNormalization()(h))])
        h = layers.Add()([h, layers.Dense(24)(layers.Dense(48, "gelu")(layers.LayerNormalization()(h)))])
    return keras.Model(inputs, layers.Dense(10, "softmax")(layers.Flatten()(layers.LayerNormalization()(h))))


def build_tokens(x: Any) -> keras.Model:
    """Convolutions, four maps of where to look, what is seen there, attention among that and a softmax."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(24, 3, padding="same", activation="gelu")(inputs)
    maps = layers.Conv2D(4, 3, padding="same", activation="sigmoid")(layers.LayerNormalization()(h))
    maps, h = layers.Reshape((64, 4))(maps), layers.Reshape((64, 24))(h)
    tokens = ops.matmul(ops.transpose(maps, (0, 2, 1)), h) / 64
    tokens = layers.LayerNormalization()(tokens)
    tokens = layers.Add()([tokens, layers.MultiHeadAttention(2, 12)(tokens, tokens)])
    return keras.Model(inputs, layers.Dense(10, "softmax")(layers.Flatten()(tokens)))


def make_echoes() -> Data:
    """A hundred steps of noise, and the sum of the last three."""
    generator = np.random.default_rng(1569)
    x = generator.normal(size=(400, 100, 1))
    return x.astype("float32"), x[:, -3:].sum(axis=1).astype("float32") / 3**0.5


def make_gaps() -> Data:
    """Twenty measures of a patient in time, half of them missing and -9 instead, and whether the mean is high."""
    generator = np.random.default_rng(1570)
    level = generator.normal(size=(600, 1))
    x = level + 0.8 * generator.normal(size=(600, 20))
    x[generator.random((600, 20)) < 0.5] = -9
    return x[..., None].astype("float32"), (level > 0).astype("float32")


def make_links() -> Data:
    """Numbers of pages below a million, of which two hundred exist, and which of three subjects they have."""
    generator = np.random.default_rng(1571)
    pages, subjects = generator.integers(0, 1_000_000, size=200), generator.integers(0, 3, size=200)
    at = generator.integers(0, 200, size=1500)
    return pages[at][:, None].astype("int32"), subjects[at].astype("int32")


def build_links(x: Any) -> keras.Model:
    """Numbers brought below 500, so that some pages share a vector, and a softmax."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Flatten()(layers.Embedding(500, 8)(inputs % 499))
    return keras.Model(inputs, layers.Dense(3, "softmax")(layers.Dense(16, "relu")(h)))


def build_causal(x: Any) -> keras.Model:
    """Causal convolutions with wider and wider gaps, gated and added to what they read, and the last step."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv1D(16, 1)(inputs)
    for rate in (1, 2, 4, 8):
        value = layers.Conv1D(16, 2, padding="causal", dilation_rate=rate, activation="tanh")(h)
        gate = layers.Conv1D(16, 2, padding="causal", dilation_rate=rate, activation="sigmoid")(h)
        h = layers.Add()([h, layers.Conv1D(16, 1)(layers.Multiply()([value, gate]))])
    return keras.Model(inputs, layers.Dense(1)(h[:, -1]))


program = partial(Program, theme="forum")

ANSWERS = program(
    name="the first of twelve answers, every answer a vector",
    data=make_answers,
    build=build_answers(False),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
    source=A_WORD_FOR_ZERO,
)
MARKED = program(
    name="the marked number by a softmax over steps",
    data=make_marked,
    build=build_marked(1),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=20,
    source=AXIS_OF_ATTENTION,
)
SHORT = program(
    name="short texts that attend to their words",
    data=make_short,
    build=build_short(False),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=12,
    source=INVERTED,
)
FRIENDS = program(
    name="groups of people by two layers of means over friends",
    data=make_friends,
    build=build_friends(2),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=TOO_DEEP,
)
BOOKS = program(
    name="books that readers like, by numbers of both",
    data=partial(make_books, False),
    build=build_books,
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
BANDIT = program(
    name="moves by what they brought, minus logarithms",
    data=make_bandit,
    build=dense(hidden=[32], activation="tanh", output=(4, "softmax")),
    loss=OwnLoss(measure_moves(-1.0)),
    optimizer=partial(Adam, 0.005),
    epochs=20,
    score=score_moves,
    source=NO_MINUS,
)
TRIPLETS = program(
    name="sounds of birds, distances by column",
    data=make_triplets,
    build=build_triplets,
    loss=OwnLoss(measure_triplets(True)),
    optimizer=partial(Adam, 0.003),
    epochs=20,
    score=score_triplets,
    source=FIRST_TWO,
)
NEGATIONS = program(
    name="which word comes first, by two words at a time",
    data=make_negations,
    build=build_negations(2),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=10,
)
REVIEWS = program(
    name="praise by all words",
    data=partial(make_reviews, 200),
    build=sequential(
        partial(layers.Embedding, 120, 4),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=10,
)
TIDES = program(
    name="tides with a spread by softplus",
    data=make_tides,
    build=build_tides("softplus"),
    loss=OwnLoss(measure_spread),
    optimizer=partial(Adam, 0.005),
    epochs=20,
    score=score_mean,
)
VIBRATIONS = program(
    name="readings up to 4095, brought to about one",
    data=make_vibrations,
    build=build_vibrations(2000.0, 1 / 400),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
QUESTIONS = program(
    name="pairs of questions, in one order",
    data=partial(make_questions, True),
    build=build_questions,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=12,
)
CODES = program(
    name="digits by codes that are drawn, a penalty of a ten-thousandth",
    data=make_pictures,
    build=build_codes(1e-4),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
)
GAITS = program(
    name="gaits by an lstm",
    data=make_steps,
    build=build_steps(),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
WAVES = program(
    name="gaits by convolutions, rmsprop",
    data=make_steps,
    build=build_waves,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(RMSprop, 0.003),
    epochs=12,
)
PLANTS = program(
    name="plants by an own layer that makes its kernel once",
    data=make_plants,
    build=sequential(partial(Projection, 24, True), partial(layers.Dense, 4, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=12,
)
CAPTIONS = program(
    name="captions of pictures, each picture against all captions",
    data=make_captions,
    build=build_captions,
    loss=OwnLoss(measure_captions(True)),
    optimizer=partial(Adam, 0.005),
    epochs=20,
    score=score_captions,
)
SENTENCES = program(
    name="kinds of words, weights of one for words",
    data=make_sentences,
    build=sequential(
        partial(layers.Embedding, 41, 12),
        partial(layers.GRU, 24, return_sequences=True),
        partial(layers.Dense, 4, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    sample_weight=weigh_words(True),
    epochs=12,
    score=score_words,
)

PROGRAMS = [
    ANSWERS,
    MARKED,
    SHORT,
    FRIENDS,
    BOOKS,
    BANDIT,
    TRIPLETS,
    NEGATIONS,
    REVIEWS,
    TIDES,
    VIBRATIONS,
    QUESTIONS,
    CODES,
    GAITS,
    WAVES,
    PLANTS,
    CAPTIONS,
    SENTENCES,
    ANSWERS.vary(
        "the first of twelve answers, every no left out as padding",
        unnamed=True,
        strength="extreme",
        build=build_answers(True),
    ),
    MARKED.vary(
        "the marked number by a softmax of one score",
        label=(*labels.HIDDEN_SOFTMAX, *labels.CUT_OFF),
        strength="extreme",
        build=build_marked(-1),
    ),
    MARKED.vary(
        "the marked number by a softmax over the batch",
        label=labels.MIXED_EXAMPLES,
        strength="clear",
        build=build_marked(0),
        source=OVER_THE_BATCH,
    ),
    SHORT.vary(
        "short texts that attend to what is behind their words",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        build=build_short(True),
    ),
    FRIENDS.vary(
        "groups of people by sixteen layers of means over friends",
        label=(*labels.ALIKE_POSITIONS, *labels.VANISHING),
        strength="clear",
        build=build_friends(16),
    ),
    BOOKS.vary(
        "books that readers like, by numbers from 0 to 1",
        label=(*labels.CONSTANT_INPUTS, *labels.UNKNOWN_IDS),
        strength="extreme",
        data=partial(make_books, True),
    ),
    BANDIT.vary(
        "moves by what they brought, plus logarithms",
        label=labels.WRONG_LOSS,
        strength="extreme",
        loss=OwnLoss(measure_moves(1.0)),
    ),
    TRIPLETS.vary(
        "sounds of birds, distances by row",
        label=(*labels.WRONG_LOSS, *labels.FEW_EXAMPLES_COUNT),
        strength="extreme",
        loss=OwnLoss(measure_triplets(False)),
    ),
    NEGATIONS.vary(
        "which word comes first, by one word at a time",
        label=labels.ALIKE_POSITIONS,
        strength="clear",
        build=build_negations(1),
    ),
    REVIEWS.vary(
        "praise by the most common words",
        unnamed=True,
        strength="extreme",
        data=partial(make_reviews, 20),
    ),
    TIDES.vary(
        "tides with a spread by relu",
        label=(*labels.NONFINITE, *labels.WRONG_HEAD, *labels.EXPLODING, *labels.DEAD),
        strength="extreme",
        build=build_tides("relu"),
    ),
    VIBRATIONS.vary(
        "readings up to 4095, as they are",
        label=(*labels.LARGE_INPUTS, *labels.SATURATED),
        strength="clear",
        build=build_vibrations(0.0, 1.0),
    ),
    QUESTIONS.vary(
        "pairs of questions, the second ones in any order",
        unnamed=True,
        strength="extreme",
        data=partial(make_questions, False),
    ),
    CODES.vary(
        "digits by codes that are drawn, a penalty of one",
        label=labels.SHRUNK,
        strength="extreme",
        build=build_codes(1.0),
    ),
    GAITS.vary(
        "gaits by an lstm whose weights start between 0 and 1",
        label=(*labels.SATURATED, *labels.UNBOUNDED, *labels.EXPLODING, *labels.VANISHING, *labels.VANISHING_IN_TIME),
        strength="clear",
        build=build_steps(kernel_initializer=RandomUniform(0, 1), recurrent_initializer=RandomUniform(0, 1)),
    ),
    GAITS.vary(
        "gaits by an lstm that drops four fifths of what it reads",
        label=labels.DROPOUT,
        strength="mild",
        build=build_steps(dropout=0.8),
    ),
    GAITS.vary(
        "gaits by an lstm, squares of its answers penalized by ten",
        label=labels.SHRUNK,
        strength="extreme",
        build=build_steps(activity_regularizer=L2(10.0)),
    ),
    WAVES.vary(
        "gaits by convolutions, rmsprop 0.3",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD, *labels.EXPLODING, *labels.SATURATED_HEAD, *labels.NONFINITE),
        strength="clear",
        optimizer=partial(RMSprop, 0.3),
    ),
    WAVES.vary(
        "gaits by convolutions, a rate that halves with each step",
        label=labels.STEPS_THAT_END,
        strength="clear",
        optimizer=lambda: RMSprop(ExponentialDecay(0.003, 1, 0.5)),
    ),
    PLANTS.vary(
        "plants by an own layer that draws its kernel each time",
        unnamed=True,
        strength="clear",
        build=sequential(partial(Projection, 24, False), partial(layers.Dense, 4, "softmax")),
    ),
    CAPTIONS.vary(
        "captions of pictures, each caption against all captions",
        label=(*labels.CUT_OFF, *labels.WRONG_LOSS),
        strength="extreme",
        loss=OwnLoss(measure_captions(False)),
    ),
    SENTENCES.vary(
        "kinds of words, weights of one for what is behind them",
        unnamed=True,
        strength="extreme",
        sample_weight=weigh_words(False),
    ),
    program(
        name="how long one waits, by three quantiles",
        data=make_queues,
        build=dense(hidden=[32, 32], activation="relu", output=(3, None)),
        loss=OwnLoss(measure_quantiles),
        optimizer=partial(Adam, 0.005),
        epochs=20,
        score=score_median,
    ),
    program(
        name="how long one waits, by a correlation",
        data=make_queues,
        build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
        loss=OwnLoss(measure_correlation),
        optimizer=partial(Adam, 0.003),
        epochs=15,
        score=score_correlation,
    ),
    program(
        name="keras.io: digits by patches that look at others than themselves",
        data=lambda: make_digits(700),
        build=build_elsewhere,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=12,
        source=SMALL_DATA,
    ),
    program(
        name="keras.io: digits by what is seen at four places that are learned",
        data=lambda: make_digits(700),
        build=build_tokens,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=15,
        source=FEW_TOKENS,
    ),
    program(
        name="the sum of the last three of a hundred steps",
        data=make_echoes,
        build=sequential(partial(layers.GRU, 16), partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(Nadam, 0.01),
        epochs=12,
    ),
    program(
        name="patients with gaps of -9, which are left out",
        data=make_gaps,
        build=sequential(partial(layers.Masking, -9.0), partial(layers.LSTM, 12), partial(layers.Dense, 1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=12,
    ),
    program(
        name="subjects of pages, some of which share a vector",
        data=make_links,
        build=build_links,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=12,
    ),
    program(
        name="tides by gated convolutions with wider and wider gaps",
        data=make_tides,
        build=build_causal,
        loss="huber",
        optimizer=partial(SGD, 0.1, momentum=0.9, clipnorm=1.0),
        epochs=15,
    ),
]
