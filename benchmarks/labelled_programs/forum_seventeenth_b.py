"""Sequences, sets, moves and own layers of those who asked why nothing is learned, and of others' examples.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's; programs without a source are common mistakes or common
models.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.constraints import MaxNorm
from keras.initializers import Constant, Ones, RandomNormal, RandomUniform
from keras.optimizers import SGD, Adam, Muon, Nadam, RMSprop
from keras.optimizers.schedules import LearningRateSchedule

from labelled_programs import labels
from labelled_programs.data import Data
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

AT_THE_END = "https://github.com/DongjunLee/dqn-tensorflow/pull/1"
LOG_OF_SILENCE = "https://github.com/MihawkHu/DCASE2020_task1/issues/19"


def make_walks() -> Data:
    """Where one of eight places leads by a step to the left or right, and step, reward and whether the walk goes on.

    The last place is the goal, after which the next walk begins at the first place.
    """
    generator = np.random.default_rng(1751)
    place, step = generator.integers(0, 7, size=2000), generator.integers(0, 2, size=2000)
    goal = (place == 6) & (step == 1)
    following = np.where(goal, 0, np.maximum(place + 2 * step - 1, 0))
    x = [np.eye(8, dtype="float32")[part] for part in (place, following)]
    return x, np.stack([step, goal - 0.1, ~goal], axis=1).astype("float32")


def build_walks(x: Any) -> keras.Model:
    """What both steps bring at a place, and the better of what they bring at the next one, held fixed."""
    inputs = [keras.Input((8,)), keras.Input((8,))]
    worth = keras.Sequential([keras.Input((8,)), layers.Dense(32, "relu"), layers.Dense(2)])
    ahead = ops.stop_gradient(ops.max(worth(inputs[1]), axis=-1, keepdims=True))
    return keras.Model(inputs, layers.Concatenate()([worth(inputs[0]), ahead]))


def measure_walks(ends: bool) -> Callable[[Any, Any], Any]:
    """How far what a step brings is from its reward and what comes behind it, also behind the goal or not."""

    def measure(y: Any, p: Any) -> Any:
        said = ops.where(y[:, 0] > 0.5, p[:, 1], p[:, 0])
        ahead = y[:, 2] * p[:, 2] if ends else p[:, 2]
        return ops.square(said - y[:, 1] - ahead)

    return measure


def score_walks(prediction: Any, y: Any) -> float:
    """The share of the variance of what steps bring that is explained."""
    if not np.isfinite(prediction).all():
        return -1.0
    place = make_walks()[0][0].argmax(axis=1)
    right = np.stack([0.9 - 0.1 * (7 - np.maximum(place - 1, 0)), 1 - 0.1 * (7 - place)], axis=1)
    return float(1 - ((prediction[:, :2] - right) ** 2).mean() / right.var())


def make_cups() -> Data:
    """Times of a cup that cools down, how warm it is, and which times are measured: only early ones."""
    generator = np.random.default_rng(1752)
    x = generator.uniform(0, 2, size=(800, 1))
    return x.astype("float32"), np.concatenate([np.exp(-1.5 * x), x < 0.5], axis=1).astype("float32")


def build_cups(x: Any) -> keras.Model:
    """How warm a cup is, and how this changes, by two tanhs at a little earlier and later times."""
    inputs = keras.Input((1,))
    warmth = keras.Sequential([keras.Input((1,)), layers.Dense(24, "tanh"), layers.Dense(24, "tanh"), layers.Dense(1)])
    change = (warmth(inputs + 0.05) - warmth(inputs - 0.05)) / 0.1
    return keras.Model(inputs, layers.Concatenate()([warmth(inputs), change]))


def measure_cups(rate: float) -> Callable[[Any, Any], Any]:
    """Squares of errors where something is measured, and how far changes are from warmth times a rate."""

    def measure(y: Any, p: Any) -> Any:
        return 3 * y[:, 1] * ops.square(y[:, 0] - p[:, 0]) + ops.square(p[:, 1] - rate * p[:, 0])

    return measure


def score_cups(prediction: Any, y: Any) -> float:
    """The share of the variance of all warmth that is explained."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float(1 - ((prediction[:, 0] - y[:, 0]) ** 2).mean() / y[:, 0].var())


def make_relief(pixels: bool) -> Data:
    """Places on a map, from -1 to 1 or in pixels of a large picture, and heights, standardised."""
    generator = np.random.default_rng(1753)
    x = generator.uniform(-1, 1, size=(1500, 2))
    y = np.sin(4 * x[:, 0] + x[:, 1]) + np.cos(5 * x[:, 1] - 2 * x[:, 0]) + 0.5 * np.sin(6 * x[:, 0] * x[:, 1])
    x = 512 * (x + 1) if pixels else x
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


class Wave(layers.Layer):
    """Sines of thirty times sums."""

    def __init__(self, units: int, most: float) -> None:
        super().__init__()
        self.sums = layers.Dense(units, kernel_initializer=RandomUniform(-most, most))

    def build(self, shape: Any) -> None:
        """Builds the sums."""
        self.sums.build(shape)

    def call(self, h: Any) -> Any:
        """Sums, and takes sines."""
        return ops.sin(30.0 * self.sums(h))


def build_relief(x: Any) -> keras.Model:
    """Two layers of sines and a linear unit."""
    return sequential(partial(Wave, 48, 0.15), partial(Wave, 48, (6 / 48) ** 0.5 / 30), partial(layers.Dense, 1))(x)


def make_engines() -> Data:
    """Thirty-two readings of two sensors of an engine, and how much the first one trembles, standardised."""
    generator = np.random.default_rng(1754)
    spread = generator.uniform(0.3, 1.7, size=(700, 1))
    x = np.stack([spread * generator.normal(size=(700, 32)), generator.normal(size=(700, 32))], axis=-1)
    y = (spread - spread.mean()) / spread.std()
    return x.astype("float32"), y.astype("float32")


def build_engines(gates: str | None) -> Callable[[Any], keras.Model]:
    """A GRU whose gates have an activation, and a linear unit."""
    return sequential(partial(layers.GRU, 16, recurrent_activation=gates), partial(layers.Dense, 1))


def make_calls() -> Data:
    """Sixteen steps, the first of which says which of two birds it is, the others noise."""
    generator = np.random.default_rng(1755)
    y = generator.integers(0, 2, size=800)
    x = 0.3 * generator.normal(size=(800, 16, 3))
    x[:, 0, 0] += 3.0 * (2 * y - 1)
    return x.astype("float32"), y[:, None].astype("float32")


def build_calls(bias: float) -> Callable[[Any], keras.Model]:
    """An LSTM whose gates have a first bias, and a sigmoid."""
    return sequential(
        lambda: layers.LSTM(16, bias_initializer=Constant(bias), unit_forget_bias=False),
        partial(layers.Dense, 1, "sigmoid"),
    )


def make_visits() -> Data:
    """Twenty hours with two visits and zeros otherwise, and how many hours lie between them, standardised."""
    generator = np.random.default_rng(1756)
    x = np.zeros((900, 20, 2))
    at = np.sort(generator.permuted(np.tile(np.arange(20), (900, 1)), axis=1)[:, :2], axis=1)
    for visit in (0, 1):
        x[np.arange(900), at[:, visit]] = 1 + 0.3 * generator.normal(size=(900, 2))
    y = at[:, 1] - at[:, 0]
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_visits(masked: bool) -> Callable[[Any], keras.Model]:
    """A GRU that reads every hour, or leaves out those without a visit, and a linear unit."""
    skip = [partial(layers.Masking, 0.0)] if masked else []
    return sequential(*skip, partial(layers.GRU, 24), partial(layers.Dense, 1))


def make_clouds() -> Data:
    """Three hundred points of a cloud in space, and whether it is a ball or flat."""
    generator = np.random.default_rng(1757)
    y = generator.integers(0, 2, size=500)
    x = generator.normal(size=(500, 300, 3))
    x[:, :, 2] *= np.where(y, 1.0, 0.4)[:, None]
    return x.astype("float32"), y[:, None].astype("float32")


def build_clouds(mean: bool) -> Callable[[Any], keras.Model]:
    """Two layers for each point, their means or sums, a hidden layer and a sigmoid."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(16, "relu")(layers.Dense(16, "relu")(inputs))
        h = ops.mean(h, axis=1) if mean else ops.sum(h, axis=1)
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Dense(16, "relu")(h)))

    return build


def make_atoms(metres: bool) -> Data:
    """Distances of ten pairs of atoms, in metres or ten-billionths of them, and an energy, standardised."""
    generator = np.random.default_rng(1758)
    x = generator.uniform(0.8, 3.0, size=(900, 10))
    y = (np.exp(-2 * (x - 1.2)) - 2 * np.exp(-(x - 1.2)))[:, :6].sum(axis=1)
    x = x * 1e-10 if metres else x
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_orders(added: float) -> Data:
    """Twenty-four months of orders, each series by its own mean and spread, some of which is 0, and how they go."""
    generator = np.random.default_rng(1759)
    y = generator.integers(0, 3, size=800)
    kinds = np.stack([np.linspace(-1, 1, 24), np.linspace(1, -1, 24), np.sin(np.arange(24) * np.pi / 6)])
    x = 50 + 10 * generator.uniform(0.5, 2, size=(800, 1)) * (kinds[y] + 0.5 * generator.normal(size=(800, 24)))
    x[generator.random(800) < 0.01] = 40
    with np.errstate(invalid="ignore"):
        x = (x - x.mean(axis=1, keepdims=True)) / (x.std(axis=1, keepdims=True) + added)
    return x[..., None].astype("float32"), y.astype("int32")


def build_orders(x: Any) -> keras.Model:
    """Two convolutions, their means and a softmax."""
    return sequential(
        partial(layers.Conv1D, 12, 5, activation="relu"),
        partial(layers.Conv1D, 12, 5, activation="relu"),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 3, "softmax"),
    )(x)


def make_tones(at_the_start: bool) -> Data:
    """A tone of one of four heights and silence behind it, of which thirty-two steps are cut out: of either."""
    generator = np.random.default_rng(1760)
    y = generator.integers(0, 4, size=700)
    speed = np.array([0.4, 0.7, 1.0, 1.3])[y][:, None]
    tone = np.sin(speed * np.arange(32) + generator.uniform(0, 6.3, size=(700, 1))) + 0.3 * generator.normal(
        size=(700, 32)
    )
    x = np.concatenate([tone, np.zeros((700, 32))], axis=1)
    return (x[:, :32] if at_the_start else x[:, -32:])[..., None].astype("float32"), y.astype("int32")


def build_tones(x: Any) -> keras.Model:
    """A wide convolution, its largest values and a softmax."""
    return sequential(
        partial(layers.Conv1D, 16, 9, activation="relu"),
        partial(layers.Conv1D, 16, 5, activation="relu"),
        layers.GlobalMaxPooling1D,
        partial(layers.Dense, 4, "softmax"),
    )(x)


def make_states() -> Data:
    """Six measures of an arm, and the two turns that are best for it, which are not used in training."""
    generator = np.random.default_rng(1761)
    x = generator.normal(size=(1500, 6))
    y = 0.8 * np.tanh(np.stack([x[:, 0] + x[:, 1], x[:, 2] - x[:, 3] * x[:, 4]], axis=1))
    return x.astype("float32"), y.astype("float32")


def build_states(taught: bool) -> Callable[[Any], keras.Model]:
    """Two turns by two layers and tanhs, and what a fixed network thinks of them, which has been taught or not."""

    def build(x: Any) -> keras.Model:
        judge = keras.Sequential(
            [keras.Input((8,)), layers.Dense(48, "relu"), layers.Dense(48, "relu"), layers.Dense(1)]
        )
        if taught:
            best = make_states()[1]
            turns = np.random.default_rng(1762).uniform(-1, 1, size=best.shape).astype("float32")
            worth = -((turns - best) ** 2).sum(axis=1, keepdims=True)
            options = {"jit_compile": False} if keras.backend.backend() == "tensorflow" else {}
            judge.compile(Adam(0.005), "mse", **options)
            judge.fit(np.concatenate([x, turns], axis=1), worth, epochs=20, verbose=0)
        judge.trainable = False
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(32, "relu")(layers.Dense(32, "relu")(inputs))
        turn = layers.Dense(2, "tanh")(h)
        return keras.Model(inputs, layers.Concatenate()([turn, judge(layers.Concatenate()([inputs, turn]))]))

    return build


def measure_states(y: Any, p: Any) -> Any:
    """Minus what the fixed network thinks."""
    return -p[:, 2]


def score_states(prediction: Any, y: Any) -> float:
    """The share of the variance of the best turns that is explained."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float(1 - ((prediction[:, :2] - y) ** 2).mean() / y.var())


def make_tiles() -> Data:
    """Six measures of tiles, and which of three patterns they have."""
    generator = np.random.default_rng(1763)
    x = generator.normal(size=(900, 6))
    y = (x[:, 0] * x[:, 1] > 0).astype("int32") + (x[:, 2] * x[:, 3] > 0.3)
    return x.astype("float32"), y.astype("int32")


def build_tiles(bare: bool) -> Callable[[Any], keras.Model]:
    """Two layers of eight tanhs, of bare variables or of layers, and a softmax."""

    def build(x: Any) -> keras.Model:
        h = inputs = keras.Input(x.shape[1:])
        for units in (8, 8):
            if bare:
                kernel = keras.Variable(keras.initializers.GlorotUniform()((h.shape[-1], units)))
                h = ops.tanh(ops.matmul(h, kernel))
            else:
                h = layers.Dense(units, "tanh")(h)
        return keras.Model(inputs, layers.Dense(3, "softmax")(h))

    return build


def make_lists() -> Data:
    """Ten numbers, one of them marked, and the marked one."""
    generator = np.random.default_rng(1764)
    x = np.zeros((1200, 10, 2))
    x[:, :, 0] = generator.normal(size=(1200, 10))
    at = generator.integers(1, 10, size=1200)
    x[np.arange(1200), at, 1] = 3
    return x.astype("float32"), x[np.arange(1200), at, :1].astype("float32")


def build_lists(first: bool) -> Callable[[Any], keras.Model]:
    """Attention over the ten numbers, or over examples as if these came second, and a linear unit for the first."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(24)(inputs)
        seen = h if first else ops.transpose(h, (1, 0, 2))
        seen = layers.MultiHeadAttention(2, 12)(seen, seen)
        seen = seen if first else ops.transpose(seen, (1, 0, 2))
        return keras.Model(inputs, layers.Dense(1)(layers.Add()([h, seen])[:, 0]))

    return build


def make_prices() -> Data:
    """Changes of twelve prices that follow three causes, standardised, which are their own labels."""
    generator = np.random.default_rng(1765)
    x = generator.normal(size=(900, 3)) @ generator.normal(size=(3, 12)) + 0.2 * generator.normal(size=(900, 12))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return x.astype("float32"), x.astype("float32")


def build_prices(activation: str | None) -> Callable[[Any], keras.Model]:
    """A hidden layer, a code of three numbers with an activation, another hidden layer, and twelve linear units."""
    return sequential(
        partial(layers.Dense, 24, "relu"),
        partial(layers.Dense, 3, activation),
        partial(layers.Dense, 24, "relu"),
        partial(layers.Dense, 12),
    )


class Loudness(layers.Layer):
    """Logarithms of mean squares of eight steps each, and of a little more."""

    def __init__(self, added: float) -> None:
        super().__init__()
        self.added = added

    def call(self, h: Any) -> Any:
        """Squares, and takes means and logarithms."""
        frames = ops.reshape(h, (-1, h.shape[1] // 8, 8))
        return ops.log(ops.mean(ops.square(frames), axis=-1) + self.added)


def make_knocks() -> Data:
    """A sound of a hundred and twenty-eight steps with silence in it, and whether it becomes louder."""
    generator = np.random.default_rng(1766)
    y = generator.integers(0, 2, size=700)
    loud = np.exp(np.linspace(-1, 1, 16) * (2 * y[:, None] - 1) + 0.7 * generator.normal(size=(700, 16)))
    loud[generator.random((700, 16)) < 0.05] = 0
    x = loud.repeat(8, axis=1) * generator.normal(size=(700, 128))
    return (0.1 * x).astype("float32"), y[:, None].astype("float32")


def build_knocks(added: float) -> Callable[[Any], keras.Model]:
    """Loudness by frames, normalized, a hidden layer and a sigmoid."""
    return sequential(
        partial(Loudness, added),
        partial(layers.BatchNormalization, momentum=0.9),
        partial(layers.Dense, 16, "relu"),
        partial(layers.Dense, 1, "sigmoid"),
    )


class UpAndDown(LearningRateSchedule):
    """A rate that goes up and down between two others, in forty steps."""

    def __init__(self, least: float, most: float) -> None:
        self.least, self.most = least, most

    def __call__(self, step: Any) -> Any:
        """The rate of a step."""
        share = ops.abs(ops.mod(ops.cast(step, "float32"), 40.0) - 20.0) / 20.0
        return self.most + (self.least - self.most) * share

    def get_config(self) -> dict[str, Any]:
        """Both rates."""
        return {"least": self.least, "most": self.most}


def make_words() -> Data:
    """Fifteen words of a request by number, and which of four desks it goes to."""
    generator = np.random.default_rng(1767)
    y = generator.integers(0, 4, size=900)
    x = generator.integers(32, 80, size=(900, 15))
    for words, kind in zip(x, y, strict=True):
        words[generator.choice(15, 2, replace=False)] = generator.integers(0, 8, size=2) + 8 * kind
    return x.astype("int32"), y.astype("int32")


def build_words(x: Any) -> keras.Model:
    """Vectors of words, a convolution, its largest values and a softmax."""
    return sequential(
        partial(layers.Embedding, 80, 16),
        partial(layers.Conv1D, 16, 3, activation="relu"),
        layers.GlobalMaxPooling1D,
        partial(layers.Dense, 4, "softmax"),
    )(x)


def make_frames(signed: bool) -> Data:
    """Three pictures of a block that moves, as channels, and the next one: from 0 to 1, or from -1 to 1."""
    generator = np.random.default_rng(1768)
    start, speed = generator.integers(3, 7, size=(400, 2)), generator.integers(-1, 2, size=(400, 2))
    x = np.zeros((400, 12, 12, 4))
    for pictures, (row, column), (down, right) in zip(x, start, speed, strict=True):
        for time in range(4):
            pictures[row + down * time :, column + right * time :, time][:3, :3] = 1
    x = 2 * x - 1 if signed else x
    return x[..., :3].astype("float32"), x[..., 3:].astype("float32")


def build_frames(x: Any) -> keras.Model:
    """Two convolutions and a sigmoid for each pixel."""
    return sequential(
        partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 1, 3, padding="same", activation="sigmoid"),
    )(x)


def score_frames(prediction: Any, y: Any) -> float:
    """The share of the variance of the next picture from 0 to 1 that is explained."""
    if not np.isfinite(prediction).all():
        return -1.0
    right = make_frames(False)[1]
    return float(1 - ((prediction - right) ** 2).mean() / right.var())


def make_turns(one_sign: bool) -> Data:
    """Where three corners of a box are after it was turned, and the quaternion of the turn, of one sign or either."""
    generator = np.random.default_rng(1769)
    axis = generator.normal(size=(1200, 3))
    axis /= np.sqrt((axis**2).sum(axis=1, keepdims=True))
    half = generator.uniform(0, 1.0, size=(1200, 1))
    y = np.concatenate([np.cos(half), np.sin(half) * axis], axis=1)
    w, u = y[:, 0, None, None], y[:, None, 1:]
    corners = np.eye(3)[None]
    across = np.cross(u, corners)
    x = (corners + 2 * w * across + 2 * np.cross(u, across)).reshape(1200, 9) + 0.05 * generator.normal(size=(1200, 9))
    sign = 1.0 if one_sign else generator.choice([-1.0, 1.0], size=(1200, 1))
    return x.astype("float32"), (sign * y).astype("float32")


def build_turns(x: Any) -> keras.Model:
    """Two hidden layers and four numbers of length one."""
    return sequential(
        partial(layers.Dense, 48, "relu"),
        partial(layers.Dense, 48, "relu"),
        partial(layers.Dense, 4),
        layers.UnitNormalization,
    )(x)


def score_turns(prediction: Any, y: Any) -> float:
    """How near two quaternions are, whatever their signs: 0 for what is best for all."""
    right = make_turns(True)[1]
    if not np.isfinite(prediction).all():
        return -1.0
    away = 1 - (prediction * right).sum(axis=1) ** 2
    return float(1 - away.mean() / (1 - np.linalg.eigvalsh(right.T @ right / len(right))[-1]))


def make_rivers() -> Data:
    """Twelve levels of a river, standardised, and how it goes on, in three kinds."""
    generator = np.random.default_rng(1770)
    x = generator.normal(size=(900, 12))
    y = np.stack([x[:, 0] + x[:, 1] * x[:, 2], x[:, 3] + x[:, 4], 1.4 * x[:, 5]], axis=1).argmax(axis=1)
    return x.astype("float32"), y.astype("int32")


def build_rivers(times: int) -> Callable[[Any], keras.Model]:
    """Ten branches, each added to what it reads, which is added once or twice."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(24)(inputs)
        for _ in range(10):
            h = layers.Add()([*([h] * times), layers.Dense(24)(layers.Dense(24, "tanh")(h))])
        return keras.Model(inputs, layers.Dense(3, "softmax")(h))

    return build


def make_ratings() -> Data:
    """Numbers of forty guests and thirty dishes, and what the one thinks of the other, standardised."""
    generator = np.random.default_rng(1771)
    worth = generator.normal(size=(40, 3)) @ generator.normal(size=(3, 30))
    guest, dish = generator.integers(0, 40, size=2500), generator.integers(0, 30, size=2500)
    y = worth[guest, dish] / worth.std() + 0.2 * generator.normal(size=2500)
    return [guest[:, None].astype("int32"), dish[:, None].astype("int32")], y[:, None].astype("float32")


def build_ratings(start: Callable[[], Any]) -> Callable[[Any], keras.Model]:
    """Products of vectors of five numbers."""

    def build(x: Any) -> keras.Model:
        inputs = [keras.Input((1,), dtype="int32") for _ in range(2)]
        sides = [
            layers.Flatten()(layers.Embedding(count, 5, embeddings_initializer=start())(side))
            for count, side in zip((40, 30), inputs, strict=True)
        ]
        return keras.Model(inputs, layers.Dot(axes=1)(sides))

    return build


def make_tides() -> Data:
    """Twenty-four hours of a level, and how it differs from the last one in the next four hours."""
    generator = np.random.default_rng(1772)
    phase, size = generator.uniform(0, 6.3, size=(800, 1)), generator.uniform(0.5, 1.5, size=(800, 1))
    series = size * np.sin(0.5 * np.arange(28) + phase) + 0.05 * generator.normal(size=(800, 28))
    y = series[:, 24:] - series[:, 23:24]
    return series[:, :24, None].astype("float32"), (y / y.std()).astype("float32")


def build_tides(activation: str | None) -> Callable[[Any], keras.Model]:
    """Two convolutions that see the past only, and four units with an activation."""
    return sequential(
        partial(layers.Conv1D, 12, 3, padding="causal", activation="relu"),
        partial(layers.Conv1D, 12, 3, padding="causal", dilation_rate=3, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 4, activation),
    )


def make_coins() -> Data:
    """Four measures of coins, true or forged, as 1 or -1."""
    generator = np.random.default_rng(1773)
    y = generator.choice([-1.0, 1.0], size=800)
    x = generator.normal(size=(800, 4))
    x[:, 0] += 1.2 * y
    x[:, 1] *= 1 + 0.6 * y
    return x.astype("float32"), y[:, None].astype("float32")


def build_coins(x: Any) -> keras.Model:
    """Three layers whose kernels are bounded, and nothing at last."""
    return sequential(
        lambda: layers.Dense(24, "leaky_relu", kernel_constraint=MaxNorm(1.0)),
        lambda: layers.Dense(24, "leaky_relu", kernel_constraint=MaxNorm(1.0)),
        lambda: layers.Dense(1, kernel_constraint=MaxNorm(1.0)),
    )(x)


def measure_coins(y: Any, p: Any) -> Any:
    """Minus the product of both."""
    return -ops.mean(y * p, axis=-1)


def score_coins(prediction: Any, y: Any) -> float:
    """How often the larger half is the true half, 0 for chance."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float(2 * ((prediction > np.median(prediction)) == (y > 0)).mean() - 1)


def build_mixer(x: Any) -> keras.Model:
    """Layers over steps and layers over channels in turns, and four linear units."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(16)(inputs)
    for _ in range(2):
        steps = layers.Permute((2, 1))(layers.LayerNormalization()(h))
        steps = layers.Permute((2, 1))(layers.Dense(24)(layers.Dense(32, "swish")(steps)))
        h = layers.Add()([h, steps])
        h = layers.Add()([h, layers.Dense(16)(layers.Dense(32, "swish")(layers.LayerNormalization()(h)))])
    return keras.Model(inputs, layers.Dense(4)(layers.Flatten()(h)))


program = partial(Program, theme="forum")

WALKS = program(
    name="steps to a goal, behind which nothing comes",
    data=make_walks,
    build=build_walks,
    loss=OwnLoss(measure_walks(True)),
    optimizer=partial(Adam, 0.005),
    epochs=20,
    score=score_walks,
    source=AT_THE_END,
)
CUPS = program(
    name="cups that cool down by their equation",
    data=make_cups,
    build=build_cups,
    loss=OwnLoss(measure_cups(-1.5)),
    optimizer=partial(Adam, 0.005),
    epochs=30,
    score=score_cups,
)
RELIEF = program(
    name="heights by sines of places from -1 to 1",
    data=partial(make_relief, False),
    build=build_relief,
    loss="mse",
    optimizer=partial(Adam, 0.001),
    epochs=20,
)
ENGINES = program(
    name="trembling engines by a gru with sigmoids as gates",
    data=make_engines,
    build=build_engines("sigmoid"),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
CALLS = program(
    name="birds by their first step and an lstm, biases of one",
    data=make_calls,
    build=build_calls(1.0),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
VISITS = program(
    name="hours between two visits by a gru that reads every hour",
    data=make_visits,
    build=build_visits(False),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
CLOUDS = program(
    name="flat clouds by means of three hundred points, sgd",
    data=make_clouds,
    build=build_clouds(True),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.1, momentum=0.9),
    epochs=15,
)
ATOMS = program(
    name="energies by distances in ten-billionths of metres",
    data=partial(make_atoms, False),
    build=dense(hidden=[32, 32], activation="silu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=20,
)
ORDERS = program(
    name="orders by their own spread and a thousandth",
    data=partial(make_orders, 1e-3),
    build=build_orders,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=12,
)
TONES = program(
    name="heights of tones by the first steps of a sound",
    data=partial(make_tones, True),
    build=build_tones,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=12,
)
STATES = program(
    name="turns of an arm by what a taught network thinks of them",
    data=make_states,
    build=build_states(True),
    loss=OwnLoss(measure_states),
    optimizer=partial(Adam, 0.003),
    epochs=15,
    score=score_states,
)
TILES = program(
    name="patterns of tiles by two layers of eight tanhs",
    data=make_tiles,
    build=build_tiles(False),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.02),
    epochs=20,
)
LISTS = program(
    name="the marked one of ten numbers by attention over numbers",
    data=make_lists,
    build=build_lists(True),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
PRICES = program(
    name="codes of twelve prices, three linear units",
    data=make_prices,
    build=build_prices(None),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=20,
)
KNOCKS = program(
    name="sounds that become louder by logarithms of squares and a millionth",
    data=make_knocks,
    build=build_knocks(1e-6),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
    source=LOG_OF_SILENCE,
)
WORDS = program(
    name="desks for requests, a rate that goes up to 0.02 and down",
    data=make_words,
    build=build_words,
    loss="sparse_categorical_crossentropy",
    optimizer=lambda: Adam(UpAndDown(0.002, 0.02)),
    epochs=12,
)
FRAMES = program(
    name="the next picture of a block, from 0 to 1",
    data=partial(make_frames, False),
    build=build_frames,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
    score=score_frames,
)
TURNS = program(
    name="how boxes are turned, quaternions of one sign",
    data=partial(make_turns, True),
    build=build_turns,
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    score=score_turns,
)
RIVERS = program(
    name="how rivers go on by ten branches, what they read added once",
    data=make_rivers,
    build=build_rivers(1),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.05),
    epochs=15,
)
RATINGS = program(
    name="what guests think of dishes, vectors that start at random",
    data=make_ratings,
    build=build_ratings(partial(RandomNormal, stddev=0.3)),
    loss="mse",
    optimizer=partial(Nadam, 0.01),
    epochs=20,
)
TIDES = program(
    name="how levels change in four hours, linear",
    data=make_tides,
    build=build_tides(None),
    loss="mae",
    optimizer=partial(RMSprop, 0.003),
    epochs=15,
)

PROGRAMS = [
    WALKS,
    CUPS,
    RELIEF,
    ENGINES,
    CALLS,
    VISITS,
    CLOUDS,
    ATOMS,
    ORDERS,
    TONES,
    STATES,
    TILES,
    LISTS,
    PRICES,
    KNOCKS,
    WORDS,
    FRAMES,
    TURNS,
    RIVERS,
    RATINGS,
    TIDES,
    WALKS.vary(
        "steps to a goal, behind which the next walk comes",
        unnamed=True,
        strength="extreme",
        loss=OwnLoss(measure_walks(False)),
    ),
    CUPS.vary(
        "cups that cool down by the equation of one that becomes warmer",
        label=labels.WRONG_LOSS,
        strength="extreme",
        loss=OwnLoss(measure_cups(1.5)),
    ),
    RELIEF.vary(
        "heights by sines of places up to a thousand pixels",
        label=labels.LARGE_INPUTS,
        strength="clear",
        data=partial(make_relief, True),
    ),
    ENGINES.vary(
        "trembling engines by a gru without an activation for its gates",
        label=(*labels.UNBOUNDED, *labels.EXPLODING, *labels.NONFINITE),
        strength="extreme",
        build=build_engines("linear"),
    ),
    CALLS.vary(
        "birds by their first step and an lstm, biases of minus four",
        label=(*labels.VANISHING_IN_TIME, *labels.VANISHING),
        strength="clear",
        build=build_calls(-4.0),
    ),
    VISITS.vary(
        "hours between two visits by a gru that leaves out hours of zeros",
        unnamed=True,
        strength="clear",
        build=build_visits(True),
    ),
    CLOUDS.vary(
        "flat clouds by sums of three hundred points, sgd",
        label=(*labels.EXPLODING, *labels.TOO_LARGE_STEPS, *labels.SATURATED_HEAD, *labels.DEAD),
        strength="clear",
        build=build_clouds(False),
    ),
    ATOMS.vary(
        "energies by distances in metres",
        label=labels.SMALL_INPUTS,
        strength="extreme",
        data=partial(make_atoms, True),
    ),
    ORDERS.vary(
        "orders by their own spread, some of which is 0",
        label=labels.NONFINITE,
        strength="extreme",
        data=partial(make_orders, 0.0),
    ),
    TONES.vary(
        "heights of tones by the last steps of a sound",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        data=partial(make_tones, False),
    ),
    STATES.vary(
        "turns of an arm by what a network thinks of them that was never taught",
        label=labels.FROZEN,
        strength="clear",
        build=build_states(False),
    ),
    TILES.vary(
        "patterns of tiles by two layers of bare variables",
        label=labels.UNTRACKED,
        strength="clear",
        build=build_tiles(True),
    ),
    LISTS.vary(
        "the marked one of ten numbers by attention over examples",
        label=labels.MIXED_EXAMPLES,
        strength="extreme",
        build=build_lists(False),
    ),
    PRICES.vary(
        "codes of twelve prices, a softmax of three",
        label=labels.HIDDEN_SOFTMAX,
        strength="clear",
        build=build_prices("softmax"),
    ),
    KNOCKS.vary(
        "sounds that become louder by logarithms of squares",
        label=labels.NONFINITE,
        strength="extreme",
        build=build_knocks(0.0),
    ),
    WORDS.vary(
        "desks for requests, a rate that goes up to 2 and down",
        label=(*labels.TOO_LARGE_STEPS, *labels.EXPLODING, *labels.DEAD, *labels.SATURATED_HEAD),
        strength="extreme",
        optimizer=lambda: Adam(UpAndDown(0.02, 2.0)),
    ),
    FRAMES.vary(
        "the next picture of a block, from -1 to 1",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.WRONG_HEAD, *labels.SATURATED_HEAD),
        strength="clear",
        data=partial(make_frames, True),
    ),
    TURNS.vary(
        "how boxes are turned, quaternions of either sign",
        unnamed=True,
        strength="clear",
        data=partial(make_turns, False),
    ),
    RIVERS.vary(
        "how rivers go on by ten branches, what they read added twice",
        label=labels.RESIDUAL_GROWTH,
        strength="extreme",
        build=build_rivers(2),
    ),
    RATINGS.vary(
        "what guests think of dishes, vectors that start with ones",
        label=labels.SYMMETRIC,
        strength="clear",
        build=build_ratings(Ones),
    ),
    TIDES.vary(
        "how levels change in four hours, relu",
        label=(*labels.WRONG_HEAD, *labels.DEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        build=build_tides("relu"),
    ),
    program(
        name="true coins above forged ones by kernels of bounded norm, rmsprop",
        data=make_coins,
        build=build_coins,
        loss=OwnLoss(measure_coins),
        optimizer=partial(RMSprop, 0.003),
        epochs=15,
        score=score_coins,
    ),
    program(
        name="how levels change, layers over steps and over channels, muon",
        data=make_tides,
        build=build_mixer,
        loss="huber",
        optimizer=partial(Muon, 0.01),
        epochs=15,
    ),
]
