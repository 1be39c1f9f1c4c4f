"""Sequences, texts, sounds, graphs and moves of those who asked why nothing is learned, and of others' examples.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up; programs without a source are common mistakes or common models. One is mild:
letters of which the last words are cut off, so that a third of the refusals can still be told.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.initializers import RandomNormal
from keras.optimizers import SGD, Adam, AdamW, RMSprop
from keras.optimizers.schedules import CosineDecay

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

CHANNEL_BY_CHANNEL = "https://github.com/ieeg-portal/ieegpy/pull/6"
CUT = "https://blogtechexpert.com/view/book/EB9781789538779_263.html"
REWARDS = "https://github.com/MorvanZhou/Reinforcement-learning-with-tensorflow/issues/2"
ZEROS = "https://transwikia.com/data-science/how-are-batch-gradients-computed-on-embedding-layers/"
SAME_LABELS = "https://github.com/timeseriesAI/tsai/issues/791"
TWO_STEPS_BEFORE = "https://datascience.stackexchange.com/questions/28086/learning-a-simple-sequence-with-rnn-keras"
ALL_BELOW = "https://github.com/keunwoochoi/kapre/issues/36"
CLASS_AT_THE_END = "https://github.com/athms/learning-from-brains/issues/3"
LOOPS = "https://github.com/danielegrattarola/spektral/issues/362"
LATCH = "https://stats.stackexchange.com/questions/340898"
MOLECULES = "https://keras.io/examples/graph/mpnn-molecular-graphs/"
VOICES = "https://keras.io/examples/audio/vocal_track_separation/"
PARTS_OF_CLOUDS = "https://keras.io/examples/vision/pointnet_segmentation/"
FROM_ZERO = "https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/"
TWO_LINES = "https://arxiv.org/abs/2205.13504"
DUEL = "https://arxiv.org/abs/1511.06581"
MODULATED = "https://arxiv.org/abs/1709.07871"


def make_gaits(turned: bool) -> Data:
    """Thirty-two steps of three sensors, and whether the first two of them swing together or against each other.

    The sensors were stored one after the other; they are turned to step by step, or only given the shape of that.
    """
    generator = np.random.default_rng(1451)
    y = generator.integers(0, 2, size=600)
    speed, phase = generator.uniform(0.3, 0.9, size=(600, 1)), generator.uniform(0, 6, size=(600, 1))
    wave = np.sin(speed * np.arange(32) + phase)
    x = np.stack([wave, wave * np.where(y == 1, 1, -1)[:, None], generator.normal(size=(600, 32))], axis=1)
    x = x + 0.3 * generator.normal(size=x.shape)
    x = x.transpose(0, 2, 1) if turned else x.reshape(600, 32, 3)
    return x.astype("float32"), y[:, None].astype("float32")


def build_gaits(x: Any) -> keras.Model:
    """Two convolutions over steps, their means and a sigmoid."""
    return sequential(
        partial(layers.Conv1D, 16, 3, activation="relu"),
        partial(layers.Conv1D, 16, 3, activation="relu"),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 1, "sigmoid"),
    )(x)


def make_groups() -> Data:
    """Groups of ten runners with two numbers each, and which of them are faster than the mean of their group."""
    generator = np.random.default_rng(1452)
    x = generator.normal(size=(500, 10, 2))
    x[:, :, 0] += 3 * generator.normal(size=(500, 1))
    return x.astype("float32"), (x[:, :, :1] > x[:, :, :1].mean(axis=1, keepdims=True)).astype("float32")


class BesideMean(layers.Layer):
    """What it is given, beside its mean over an axis."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def call(self, h: Any) -> Any:
        """Takes the mean."""
        mean = ops.mean(h, axis=self.axis, keepdims=True)
        return ops.concatenate([h, mean + ops.zeros_like(h)], axis=-1)


def build_groups(axis: int) -> Callable[[Any], keras.Model]:
    """Each runner beside a mean, a hidden layer and a sigmoid."""
    return sequential(partial(BesideMean, axis), partial(layers.Dense, 24, "relu"), partial(layers.Dense, 1, "sigmoid"))


def make_letters(kept: int) -> Data:
    """The first so many of thirty words of a letter, whose last ones say whether it is a refusal."""
    generator = np.random.default_rng(1453)
    y = generator.integers(0, 2, size=700)
    x = generator.integers(20, 120, size=(700, 30))
    for row, kind in zip(x, y, strict=True):
        places = generator.choice(np.arange(19, 30), 4, replace=False)
        row[places] = 10 * kind + generator.integers(0, 10, size=4)
    return x[:, :kept].astype("int32"), y[:, None].astype("float32")


def make_numbers(unit: float) -> Data:
    """Five numbers below 100, over so much, and the third of them."""
    generator = np.random.default_rng(1454)
    x = generator.integers(0, 100, size=(900, 5, 1)) / unit
    return x.astype("float32"), x[:, 2].astype("float32")


def make_sounds(loudest: float) -> Data:
    """Loudness in twelve bands and sixteen frames of a rising, a falling or a steady tone, with a loudest amplitude.

    It is told in decibels that are cut off at -80, and then brought to between 0 and 1.
    """
    generator = np.random.default_rng(1455)
    y = generator.integers(0, 3, size=450)
    slope = np.array([0.5, -0.5, 0.0])[y][:, None, None]
    middle = generator.uniform(4, 7, size=(450, 1, 1)) + slope * (np.arange(16)[:, None] - 7.5)
    amplitude = np.exp(-((np.arange(12) - middle) ** 2)) + 0.02 * generator.random((450, 16, 12))
    decibels = np.maximum(20 * np.log10(loudest * amplitude), -80)
    return ((decibels + 80) / 80)[..., None].astype("float32"), y.astype("int32")


def build_sounds(x: Any) -> keras.Model:
    """Two convolutions and a softmax."""
    return sequential(
        partial(layers.Conv2D, 12, 3, activation="relu"),
        partial(layers.MaxPooling2D, 2),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 3, "softmax"),
    )(x)


def make_pumps() -> Data:
    """Eighty steps of two measures of a pump; are its last ones high?"""
    generator = np.random.default_rng(1456)
    x = generator.normal(size=(400, 80, 2))
    return x.astype("float32"), (x[:, -8:, 0].sum(axis=1, keepdims=True) > 0).astype("float32")


def build_pumps(activation: str | None, initializer: Any) -> Callable[[Any], keras.Model]:
    """A simple recurrent layer and a sigmoid."""
    return sequential(
        lambda: layers.SimpleRNN(24, activation=activation, recurrent_initializer=initializer()),
        partial(layers.Dense, 1, "sigmoid"),
    )


def make_scans(first: bool) -> Data:
    """Fifteen numbers of regions of a brain and a 0 before or behind them; are low numbers more common?"""
    generator = np.random.default_rng(1457)
    x = generator.integers(1, 31, size=(700, 15))
    y = (x < 16).mean(axis=1, keepdims=True) > 0.5
    zeros = np.zeros((700, 1), dtype="int64")
    return np.concatenate([zeros, x] if first else [x, zeros], axis=1).astype("int32"), y.astype("float32")


class Places(layers.Layer):
    """Adds a vector to each step that is learned."""

    def build(self, shape: Any) -> None:
        """Makes the vectors."""
        self.places = self.add_weight(shape=shape[1:], initializer="uniform", name="places")

    def call(self, h: Any) -> Any:
        """Adds them."""
        return h + self.places


def build_scans(place: int) -> Callable[[Any], keras.Model]:
    """A block of attention to steps before, and a sigmoid of what stands at a place."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:], dtype="int32")
        h = Places()(layers.Embedding(31, 24)(inputs))
        normal = layers.LayerNormalization()(h)
        h = layers.Add()([h, layers.MultiHeadAttention(2, 12)(normal, normal, use_causal_mask=True)])
        h = layers.Add()([h, layers.Dense(24)(layers.Dense(48, "gelu")(layers.LayerNormalization()(h)))])
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.LayerNormalization()(h)[:, place]))

    return build


def make_pendulum(scaled: bool) -> Data:
    """Angle, speed and push of a pendulum, and what is to come of it, from -1500 to 0 or standardised."""
    generator = np.random.default_rng(1458)
    angle, speed, push = generator.uniform(-1, 1, size=(3, 900)) * np.array([[np.pi], [8], [2]])
    y = -90 * angle**2 - 6 * (speed + 2 * np.sin(angle)) ** 2 - 20 * np.abs(push)
    x = np.stack([np.cos(angle), np.sin(angle), speed / 8, push / 2], axis=1)
    y = (y - y.mean()) / y.std() if scaled else y
    return x.astype("float32"), y[:, None].astype("float32")


def make_papers(loops: bool) -> Data:
    """Ten papers that cite older ones, eight measures of each, and the subject of each, which is told by its own."""
    generator = np.random.default_rng(1459)
    y = generator.integers(0, 4, size=(300, 10))
    x = generator.normal(size=(300, 10, 8)) + 2 * generator.normal(size=(4, 8))[y]
    edges = np.tril(generator.random((300, 10, 10)) < 0.2, -1).astype("float64")
    edges = edges + np.eye(10) if loops else edges
    edges = edges / np.maximum(edges.sum(axis=-1, keepdims=True), 1)
    return [x.astype("float32"), edges.astype("float32")], y.astype("int32")


def build_papers(x: Any) -> keras.Model:
    """Two layers of means over what is cited, and a softmax for each paper."""
    measures, edges = keras.Input((10, 8)), keras.Input((10, 10))
    h = measures
    for _ in range(2):
        h = layers.Activation("relu")(ops.matmul(edges, layers.Dense(32)(h)))
    return keras.Model([measures, edges], layers.Dense(4, "softmax")(h))


def make_heat() -> Data:
    """Twenty hours of how much heat a town takes and how cold it is, and the next hour's heat."""
    generator = np.random.default_rng(1460)
    time = np.arange(720)
    cold = np.sin(2 * np.pi * time / 24) + 0.5 * np.sin(time / 40)
    heat = 0.7 * np.roll(cold, 2) + 0.5 * np.cos(2 * np.pi * time / 12) + 0.1 * generator.normal(size=720)
    series = np.stack([heat / heat.std(), cold / cold.std()], axis=1)
    x = np.stack([series[start : start + 20] for start in range(690)])
    return x.astype("float32"), series[20:710, :1].astype("float32")


def measure_error(power: int) -> Callable[[Any, Any], Any]:
    """The mean of errors, as they are or squared."""

    def measure(y: Any, p: Any) -> Any:
        return ops.mean((y - p) ** power, axis=-1)

    return measure


def make_dishes() -> Data:
    """Guests and dishes by number, and how much more or less than others a guest likes a dish."""
    generator = np.random.default_rng(1461)
    guests, dishes = generator.normal(size=(50, 3)), generator.normal(size=(30, 3))
    guest, dish = generator.integers(0, 50, size=1200), generator.integers(0, 30, size=1200)
    y = (guests[guest] * dishes[dish]).sum(axis=1) / 1.7 + 0.1 * generator.normal(size=1200)
    return [guest[:, None].astype("int32"), dish[:, None].astype("int32")], y[:, None].astype("float32")


def build_dishes(initializer: str) -> Callable[[Any], keras.Model]:
    """The product of two vectors."""

    def build(x: Any) -> keras.Model:
        inputs = [keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")]
        sides = [
            layers.Flatten()(layers.Embedding(size, 6, embeddings_initializer=initializer)(side))
            for size, side in zip((50, 30), inputs, strict=True)
        ]
        return keras.Model(inputs, layers.Dot(1)(sides))

    return build


def make_latch() -> Data:
    """A hundred and forty steps of noise, the first of them about 1.5 or -1.5, and which of both."""
    generator = np.random.default_rng(1462)
    y = generator.integers(0, 2, size=500)
    x = generator.normal(size=(500, 140, 1))
    x[:, 0, 0] = (2 * y - 1) * generator.uniform(1.2, 1.8, size=500)
    return x.astype("float32"), y[:, None].astype("float32")


def make_hands() -> Data:
    """Twenty-one points of a hand, as 42 numbers, and which of eight signs it shows."""
    generator = np.random.default_rng(1463)
    y = generator.integers(0, 8, size=700)
    x = generator.normal(size=(8, 42))[y] + 1.2 * generator.normal(size=(700, 42))
    return x.astype("float32"), y.astype("int32")


class Blended(keras.Model):
    """A model whose own training step adds a part of the example before to each, which keeps its label."""

    def __init__(self, *arguments: Any, own: float = 0.8, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.own = own

    def train_step(self, *arguments: Any) -> Any:
        """Blends examples, then does what Keras does."""
        x, y, weight = keras.utils.unpack_x_y_sample_weight(arguments[-1])
        x = self.own * x + (1 - self.own) * ops.roll(x, 1, axis=0)
        return super().train_step(*arguments[:-1], keras.utils.pack_x_y_sample_weight(x, y, weight))


def build_blended(own: float) -> Callable[[Any], keras.Model]:
    """A convolution over time, normalized, its largest values and a softmax."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.BatchNormalization(momentum=0.9)(layers.Conv1D(24, 5)(inputs))
        h = layers.GlobalMaxPooling1D()(layers.Activation("relu")(h))
        return Blended(inputs, layers.Dense(5, "softmax")(layers.Dense(24, "relu")(h)), own=own)

    return build


def make_knocks() -> Data:
    """Forty steps of a sensor with one of five knocks somewhere."""
    generator = np.random.default_rng(1464)
    y = generator.integers(0, 5, size=600)
    shapes = 2.5 * generator.choice([-1.0, 1.0], size=(5, 6))
    x = 0.3 * generator.normal(size=(600, 40, 1))
    for row, kind in zip(x, y, strict=True):
        start = generator.integers(0, 34)
        row[start : start + 6, 0] += shapes[kind]
    return x.astype("float32"), y.astype("int32")


def make_molecules() -> Data:
    """Up to nine atoms of three kinds with empty places behind them, bonds, and a number that bonds decide."""
    generator = np.random.default_rng(1465)
    many = generator.integers(5, 10, size=500)
    known = np.arange(9) < many[:, None]
    kinds = generator.integers(0, 3, size=(500, 9))
    bonds = np.triu(generator.random((500, 9, 9)) < 0.3, 1)
    bonds = (bonds | bonds.transpose(0, 2, 1)) & known[:, :, None] & known[:, None]
    strength = np.array([[1.0, -0.5, 0.3], [-0.5, 0.2, 1.2], [0.3, 1.2, -1.0]])
    y = (bonds * strength[kinds[:, :, None], kinds[:, None]]).sum(axis=(1, 2))
    atoms = np.eye(3)[kinds] * known[:, :, None]
    return [atoms.astype("float32"), bonds.astype("float32")], ((y - y.mean()) / y.std())[:, None].astype("float32")


class Passing(layers.Layer):
    """Three times, each atom is told the sum of what its neighbours say, and a GRU's cell changes it."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.units = units
        self.message = layers.Dense(units)
        self.cell = layers.GRUCell(units)

    def build(self, shapes: Any) -> None:
        """Builds both layers."""
        self.message.build((*shapes[0][:-1], self.units))
        self.cell.build((None, self.units))

    def compute_output_shape(self, shapes: Any) -> Any:
        """As many vectors."""
        return shapes[0]

    def call(self, pair: Any) -> Any:
        """Passes messages."""
        h, edges = pair
        atoms = h.shape[1]
        for _ in range(3):
            told = ops.reshape(ops.matmul(edges, self.message(h)), (-1, self.units))
            changed, _ = self.cell(told, [ops.reshape(h, (-1, self.units))])
            h = ops.reshape(changed, (-1, atoms, self.units))
        return h


def build_molecules(x: Any) -> keras.Model:
    """Messages along bonds, the sum of all atoms, and one linear unit."""
    atoms, bonds = keras.Input((9, 3)), keras.Input((9, 9))
    h = Passing(24)([layers.Dense(24)(atoms), bonds])
    h = layers.Dense(24, "relu")(layers.Concatenate()([h, atoms]))
    return keras.Model([atoms, bonds], layers.Dense(1)(layers.Dense(24, "relu")(ops.sum(h, axis=1) / 3)))


def make_voices() -> Data:
    """Spectra of twenty frames of a voice over drums, and of the voice alone."""
    generator = np.random.default_rng(1466)
    bands = np.arange(16)
    base = generator.uniform(2, 5, size=(300, 1, 1)) + np.cumsum(0.3 * generator.normal(size=(300, 20, 1)), axis=1)
    voice = np.sum([np.exp(-2 * (bands - times * base) ** 2) / times for times in (1, 2, 3)], axis=0)
    beats = generator.random((300, 20, 1)) < 0.25
    drums = beats * 0.8 * generator.random((300, 20, 16))
    return (voice + drums).astype("float32"), voice.astype("float32")


def build_voices(x: Any) -> keras.Model:
    """What is heard, times a share for each band and frame."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv1D(32, 3, padding="same", activation="relu")(inputs)
    h = layers.Conv1D(32, 3, padding="same", activation="relu")(h)
    return keras.Model(inputs, layers.Multiply()([inputs, layers.Dense(x.shape[-1], "sigmoid")(h)]))


def make_lamps() -> Data:
    """Twenty-four points of a lamp of any size, and which of them belong to its shade, in its upper third."""
    generator = np.random.default_rng(1467)
    x = generator.uniform(-1, 1, size=(400, 24, 3)) * generator.uniform(0.5, 2, size=(400, 1, 1))
    top, bottom = x[:, :, 2].max(axis=1, keepdims=True), x[:, :, 2].min(axis=1, keepdims=True)
    return x.astype("float32"), (x[:, :, 2] > bottom + 2 * (top - bottom) / 3).astype("int32")


def build_lamps(x: Any) -> keras.Model:
    """The same layers for each point, the largest of all points beside each, and a softmax of two."""
    inputs = keras.Input(x.shape[1:])
    local = layers.Dense(32, "relu")(inputs)
    h = layers.Dense(48, "relu")(local)
    whole = layers.RepeatVector(x.shape[1])(layers.GlobalMaxPooling1D()(h))
    h = layers.Dense(48, "relu")(layers.Concatenate()([local, whole]))
    return keras.Model(inputs, layers.Dense(2, "softmax")(h))


def build_rows(x: Any) -> keras.Model:
    """Rows of a picture that attend to one another, and the mean of rows."""
    inputs = keras.Input(x.shape[1:])
    h = Places()(layers.Dense(32)(layers.Reshape((8, 8))(inputs)))
    for _ in range(2):
        normal = layers.LayerNormalization()(h)
        h = layers.Add()([h, layers.MultiHeadAttention(2, 16)(normal, normal)])
        h = layers.Add()([h, layers.Dense(32)(layers.Dense(48, "gelu")(layers.LayerNormalization()(h)))])
    h = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(h))
    return keras.Model(inputs, layers.Dense(10, "softmax")(h))


def make_streams() -> Data:
    """Twenty-four hours of a river that has been rising or falling, with its rhythm, and the six hours after it."""
    generator = np.random.default_rng(1468)
    time = np.arange(30)
    start, slope, phase = (
        generator.normal(size=(600, 1)),
        0.08 * generator.normal(size=(600, 1)),
        generator.uniform(0, 6),
    )
    rhythm = generator.uniform(0.3, 1, size=(600, 1)) * np.sin(2 * np.pi * time / 12 + phase)
    series = start + slope * time + rhythm + 0.1 * generator.normal(size=(600, 30))
    return series[:, :24, None].astype("float32"), series[:, 24:].astype("float32")


def build_streams(x: Any) -> keras.Model:
    """The mean of neighbouring hours and what is left, each through a linear layer, added up."""
    inputs = keras.Input(x.shape[1:])
    trend = layers.AveragePooling1D(7, strides=1, padding="same")(inputs)
    rest = layers.Subtract()([inputs, trend])
    return keras.Model(inputs, layers.Add()([layers.Dense(6)(layers.Flatten()(part)) for part in (trend, rest)]))


def make_moves() -> Data:
    """Five measures of a game, one of four moves as a unit vector, and what it brought, standardised."""
    generator = np.random.default_rng(1469)
    x, move = generator.normal(size=(1000, 5)), generator.integers(0, 4, size=1000)
    gains = np.tanh(x @ generator.normal(size=(5, 4)))
    y = 1.5 * np.abs(x[:, 0]) + x[:, 1] + gains[np.arange(1000), move] + 0.1 * generator.normal(size=1000)
    return [x.astype("float32"), np.eye(4, dtype="float32")[move]], ((y - y.mean()) / y.std())[:, None].astype(
        "float32"
    )


def build_moves(x: Any) -> keras.Model:
    """What a place is worth, and by how much a move is better than the mean of all."""
    place, move = keras.Input((5,)), keras.Input((4,))
    h = layers.Dense(48, "relu")(layers.Dense(48, "relu")(place))
    better = layers.Dense(4)(h)
    better = better - ops.mean(better, axis=1, keepdims=True)
    return keras.Model([place, move], layers.Dense(1)(h) + layers.Dot(1)([better, move]))


def make_rooms() -> Data:
    """Twenty steps of three measures of a room, a mode of four as a unit vector, and a number both decide."""
    generator = np.random.default_rng(1470)
    x, mode = generator.normal(size=(800, 20, 3)), generator.integers(0, 4, size=800)
    weights = np.array([[1, 0, 0], [-1, 0, 1], [0, 1, 0], [0, -1, 0.5]])
    y = (np.tanh(x).mean(axis=1) * weights[mode]).sum(axis=1)
    return [x.astype("float32"), np.eye(4, dtype="float32")[mode]], ((y - y.mean()) / y.std())[:, None].astype(
        "float32"
    )


def build_rooms(x: Any) -> keras.Model:
    """A convolution whose filters are scaled and shifted by the mode, by nothing at first."""
    steps, mode = keras.Input((20, 3)), keras.Input((4,))
    h = layers.Conv1D(24, 1, activation="tanh")(steps)
    scale = layers.Dense(24, kernel_initializer="zeros")(mode)
    shift = layers.Dense(24, kernel_initializer="zeros")(mode)
    h = h * (1 + ops.expand_dims(scale, 1)) + ops.expand_dims(shift, 1)
    return keras.Model([steps, mode], layers.Dense(1)(layers.GlobalAveragePooling1D()(h)))


def make_wires() -> Data:
    """Counts of four hundred words in news of six subjects, of which most words never occur."""
    generator = np.random.default_rng(1471)
    y = generator.integers(0, 6, size=700)
    rates = np.zeros((6, 400))
    rates[:, :60] = 0.3
    for kind in range(6):
        rates[kind, 60 + 12 * kind : 72 + 12 * kind] = 0.25
    return generator.poisson(rates[y]).astype("float32"), y.astype("int32")


def make_orders() -> Data:
    """Six letters out of ten, those of the answer before each place, and the answer: the six the other way round."""
    generator = np.random.default_rng(1472)
    x = generator.integers(1, 11, size=(1000, 6))
    y = x[:, ::-1]
    before = np.concatenate([np.zeros((1000, 1), dtype="int64"), y[:, :-1]], axis=1)
    return [x.astype("int32"), before.astype("int32")], y.astype("int32")


def build_orders(x: Any) -> keras.Model:
    """A GRU that reads, one that writes and attends to what was read, and a softmax for each place."""
    read, before = keras.Input((6,), dtype="int32"), keras.Input((6,), dtype="int32")
    table = layers.Embedding(11, 24)
    known, state = layers.GRU(32, return_sequences=True, return_state=True)(table(read))
    h = layers.GRU(32, return_sequences=True)(table(before), initial_state=state)
    h = layers.Concatenate()([h, layers.Attention()([h, known])])
    return keras.Model([read, before], layers.Dense(11, "softmax")(h))


program = partial(Program, theme="forum")

GAITS = program(
    name="swings of two sensors, turned to step by step",
    data=partial(make_gaits, True),
    build=build_gaits,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=12,
    source=CHANNEL_BY_CHANNEL,
)
GROUPS = program(
    name="faster than the others, by means of each group",
    data=make_groups,
    build=build_groups(1),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
LETTERS = program(
    name="refusals by all words of a letter",
    data=partial(make_letters, 30),
    build=sequential(
        partial(layers.Embedding, 120, 12),
        partial(layers.Conv1D, 12, 1, activation="relu"),
        layers.GlobalMaxPooling1D,
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=5,
    source=CUT,
)
NUMBERS = program(
    name="the number two steps before, from 0 to 1",
    data=partial(make_numbers, 100.0),
    build=sequential(partial(layers.SimpleRNN, 16), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=15,
    source=TWO_STEPS_BEFORE,
)
SOUNDS = program(
    name="tones that rise or fall, decibels from 0 to 1",
    data=partial(make_sounds, 1.0),
    build=build_sounds,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=12,
    source=ALL_BELOW,
)
PUMPS = program(
    name="last steps of a pump by recurrent tanhs",
    data=make_pumps,
    build=build_pumps("tanh", keras.initializers.Orthogonal),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=12,
)
SCANS = program(
    name="regions of a brain by what stands last",
    data=partial(make_scans, False),
    build=build_scans(-1),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=10,
    source=CLASS_AT_THE_END,
)
PENDULUM = program(
    name="what is to come of a pendulum, standardised",
    data=partial(make_pendulum, True),
    build=dense(hidden=[48, 48], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.001),
    epochs=8,
    source=REWARDS,
)
PAPERS = program(
    name="subjects of papers by those they cite and their own",
    data=partial(make_papers, True),
    build=build_papers,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
    source=LOOPS,
)
HEAT = program(
    name="the next hour of heat by squares of errors",
    data=make_heat,
    build=sequential(partial(layers.GRU, 24), partial(layers.Dense, 1)),
    loss=OwnLoss(measure_error(2)),
    optimizer=partial(Adam, 0.005),
    epochs=12,
)
DISHES = program(
    name="dishes that guests like by products of small vectors",
    data=make_dishes,
    build=build_dishes("uniform"),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=20,
    source=ZEROS,
)
LATCH_BACK = program(
    name="the first of many steps, read from the end",
    data=make_latch,
    build=sequential(partial(layers.SimpleRNN, 16, go_backwards=True), partial(layers.Dense, 1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=10,
    source=LATCH,
)
HANDS = program(
    name="signs of hands by three layers of relus",
    data=make_hands,
    build=dense(hidden=[48, 48, 48], activation="relu", output=(8, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
    epochs=12,
)
KNOCKS = program(
    name="knocks with a tenth of another in an own training step",
    data=make_knocks,
    build=build_blended(0.9),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=12,
    source=SAME_LABELS,
)

PROGRAMS = [
    GAITS,
    GROUPS,
    LETTERS,
    NUMBERS,
    SOUNDS,
    PUMPS,
    SCANS,
    PENDULUM,
    PAPERS,
    HEAT,
    DISHES,
    LATCH_BACK,
    HANDS,
    KNOCKS,
    GAITS.vary(
        "swings of two sensors in the shape of step by step",
        unnamed=True,
        strength="extreme",
        data=partial(make_gaits, False),
    ),
    GROUPS.vary(
        "faster than the others, by means of the batch",
        label=labels.MIXED_EXAMPLES,
        strength="clear",
        build=build_groups(0),
    ),
    LETTERS.vary(
        "refusals by the first twenty words of a letter",
        unnamed=True,
        strength="mild",
        data=partial(make_letters, 20),
    ),
    NUMBERS.vary(
        "the number two steps before, from 0 to 100",
        label=(*labels.LARGE_INPUTS, *labels.LARGE_LABELS, *labels.SATURATED),
        strength="extreme",
        data=partial(make_numbers, 1.0),
    ),
    SOUNDS.vary(
        "tones that rise or fall, all below what is told",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        data=partial(make_sounds, 2.0**-15),
    ),
    PUMPS.vary(
        "last steps of a pump by recurrent linear units of large weights",
        label=(*labels.UNBOUNDED, *labels.EXPLODING, *labels.NONFINITE, *labels.LINEAR, *labels.SATURATED_HEAD),
        strength="extreme",
        build=build_pumps(None, partial(RandomNormal, stddev=0.4)),
    ),
    SCANS.vary(
        "regions of a brain by what stands first, before what it may see",
        unnamed=True,
        strength="extreme",
        data=partial(make_scans, True),
        build=build_scans(0),
    ),
    PENDULUM.vary(
        "what is to come of a pendulum, down to -1500",
        label=labels.LARGE_LABELS,
        strength="clear",
        data=partial(make_pendulum, False),
    ),
    PAPERS.vary(
        "subjects of papers by those they cite",
        unnamed=True,
        strength="clear",
        data=partial(make_papers, False),
    ),
    HEAT.vary(
        "the next hour of heat by errors with their signs",
        label=labels.WRONG_LOSS,
        strength="extreme",
        loss=OwnLoss(measure_error(1)),
    ),
    DISHES.vary(
        "dishes that guests like by products of zeros",
        label=(*labels.SYMMETRIC, *labels.CUT_OFF, *labels.VANISHING),
        strength="extreme",
        build=build_dishes("zeros"),
    ),
    LATCH_BACK.vary(
        "the first of many steps, read from the start",
        label=(*labels.VANISHING_IN_TIME, *labels.VANISHING),
        strength="extreme",
        build=sequential(partial(layers.SimpleRNN, 16), partial(layers.Dense, 1, "sigmoid")),
    ),
    HANDS.vary(
        "signs of hands by three layers of softmax",
        label=(*labels.HIDDEN_SOFTMAX, *labels.VANISHING),
        strength="clear",
        build=dense(hidden=[48, 48, 48], activation="softmax", output=(8, "softmax")),
    ),
    KNOCKS.vary(
        "knocks with nine tenths of another in an own training step",
        unnamed=True,
        strength="extreme",
        build=build_blended(0.1),
    ),
    program(
        name="keras.io: molecules by messages along bonds, empty places behind",
        data=make_molecules,
        build=build_molecules,
        loss="mse",
        optimizer=partial(Adam, 0.005),
        epochs=25,
        source=MOLECULES,
    ),
    program(
        name="keras.io: a voice by shares of what is heard",
        data=make_voices,
        build=build_voices,
        loss="mae",
        optimizer=partial(Adam, 0.003),
        epochs=15,
        source=VOICES,
    ),
    program(
        name="keras.io: shades of lamps, point by point",
        data=make_lamps,
        build=build_lamps,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=15,
        source=PARTS_OF_CLOUDS,
    ),
    program(
        name="digits row by row by attention, a rate that rises from 0 and falls as a cosine",
        data=lambda: make_digits(700),
        build=build_rows,
        loss="sparse_categorical_crossentropy",
        optimizer=lambda: AdamW(CosineDecay(0.0, 270, warmup_target=0.004, warmup_steps=60), weight_decay=0.02),
        epochs=15,
        source=FROM_ZERO,
    ),
    program(
        name="six hours of a river by two linear layers",
        data=make_streams,
        build=build_streams,
        loss="mse",
        optimizer=partial(Adam, 0.005),
        epochs=15,
        source=TWO_LINES,
    ),
    program(
        name="what moves bring by a place and by how they differ",
        data=make_moves,
        build=build_moves,
        loss="huber",
        optimizer=partial(RMSprop, 0.002),
        epochs=20,
        source=DUEL,
    ),
    program(
        name="rooms by filters that their mode changes, by nothing at first",
        data=make_rooms,
        build=build_rooms,
        loss="mse",
        optimizer=partial(Adam, 0.01),
        epochs=20,
        source=MODULATED,
    ),
    program(
        name="subjects of news by counts of words that mostly never occur",
        data=make_wires,
        build=dense(hidden=[32], activation="relu", output=(6, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.05, momentum=0.9, nesterov=True),
        epochs=12,
    ),
    program(
        name="six letters turned round, those before are given",
        data=make_orders,
        build=build_orders,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=15,
    ),
]
