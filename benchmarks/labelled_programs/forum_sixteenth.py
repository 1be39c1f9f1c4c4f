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
from keras.constraints import UnitNorm
from keras.losses import CategoricalFocalCrossentropy, Dice, SparseCategoricalCrossentropy
from keras.optimizers import SGD, Adam, Adamax, Lion, Nadam

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

ONE_SCALE = "https://www.rdocumentation.org/packages/keras/versions/2.13.0/topics/layer_normalization"
FULL_CIRCLE = "https://stackoverflow.com/questions/46355068/keras-loss-function-for-360-degree-prediction/46357303"
ANOTHER_ORDER = "https://github.com/keras-team/keras/issues/20596"
BRIGHTNESS = "https://github.com/keras-team/keras/issues/10366"
PEAK = "https://github.com/kornia/kornia/issues/138"
BY_WHOLE_STEPS = "https://github.com/tensorflow/models/issues/295"
CAPSULES_OF = "https://github.com/timomernick/pytorch-capsule/pull/4"
ENDPOINT = "https://keras.io/examples/keras_recipes/endpoint_layer_pattern/"
PATCHES = "https://keras.io/examples/vision/patch_convnet/"


def make_homes() -> Data:
    """Six measures of homes in their own units, the tax of no use and by far the largest, and prices, standardised."""
    generator = np.random.default_rng(1601)
    z = generator.normal(size=(900, 6))
    y = z[:, 0] + 0.7 * z[:, 1] * z[:, 2] - 0.6 * z[:, 3] + 0.1 * generator.normal(size=900)
    x = np.array([80.0, 3.5, 47.0, 5.2, 0.3, 250000.0]) + np.array([25.0, 1.2, 20.0, 3.1, 0.1, 80000.0]) * z
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_homes(axis: int | None) -> Callable[[Any], keras.Model]:
    """A Normalization that knows its inputs, by feature or by one scale for all, two layers and a linear unit."""

    def build(x: Any) -> keras.Model:
        scale = layers.Normalization(axis=axis)
        scale.adapt(x)
        return sequential(
            lambda: scale,
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 1),
        )(x)

    return build


def make_drivers() -> Data:
    """Age and thousands of miles of drivers, and their claims, high for the young, the old and those who drive far."""
    generator = np.random.default_rng(1602)
    x = np.stack([generator.uniform(18, 90, size=1000), generator.uniform(0, 60, size=1000)], axis=1)
    y = ((x[:, 0] - 50) / 20) ** 2 + 0.03 * np.abs(x[:, 1] - 20) + 0.2 * generator.normal(size=1000)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_drivers(largest: float) -> Callable[[Any], keras.Model]:
    """Twelve bins of both numbers up to a largest one, as unit vectors, and a linear unit."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        edges = [float(edge) for edge in np.linspace(0, largest, 12)[1:]]
        bins = [layers.Discretization(edges, output_mode="one_hot")(inputs[:, at : at + 1]) for at in (0, 1)]
        return keras.Model(inputs, layers.Dense(1)(layers.Concatenate()(bins)))

    return build


def make_duels() -> Data:
    """Numbers of two of sixteen players, and whether the first one wins."""
    generator = np.random.default_rng(1603)
    skill = generator.normal(size=16)
    first = generator.integers(0, 16, size=1500)
    second = (first + generator.integers(1, 16, size=1500)) % 16
    y = skill[first] - skill[second] + 0.3 * generator.normal(size=1500) > 0
    return np.stack([first, second], axis=1).astype("int32"), y[:, None].astype("float32")


def build_duels(together: bool) -> Callable[[Any], keras.Model]:
    """Ones for the players of a duel, both among sixteen numbers or each among sixteen of its own, and a sigmoid."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:], dtype="int32")
        if together:
            h = layers.CategoryEncoding(16, output_mode="multi_hot")(inputs)
        else:
            sides = [layers.CategoryEncoding(16, output_mode="one_hot")(inputs[:, at : at + 1]) for at in (0, 1)]
            h = layers.Concatenate()(sides)
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Dense(24, "gelu")(h)))

    return build


def make_winds(degrees: bool) -> Data:
    """Eight pressures, and where the wind comes from, mostly about north: a share of a circle, or sine and cosine."""
    generator = np.random.default_rng(1604)
    wind = np.stack([1.2 * generator.normal(size=1000), 1.2 + 0.7 * generator.normal(size=1000)], axis=1)
    x = wind @ generator.normal(size=(2, 8)) + 0.3 * generator.normal(size=(1000, 8))
    angle = np.arctan2(wind[:, 0], wind[:, 1])
    y = (angle % (2 * np.pi))[:, None] / (2 * np.pi) if degrees else np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return x.astype("float32"), y.astype("float32")


def score_winds(prediction: Any, y: Any) -> float:
    """The mean cosine of the angle between what is said and what is right, 0 for the best constant."""
    if not np.isfinite(prediction).all():
        return -1.0
    said, right = (
        2 * np.pi * part[:, 0] if part.shape[1] == 1 else np.arctan2(part[:, 0], part[:, 1]) for part in (prediction, y)
    )
    constant = np.hypot(np.cos(right).mean(), np.sin(right).mean())
    return float((np.cos(said - right).mean() - constant) / (1 - constant))


def make_bonds() -> Data:
    """Seven measures of molecules, and the energies of their bonds, from about -9 to -1."""
    generator = np.random.default_rng(1605)
    x = generator.normal(size=(800, 7))
    y = -5 + 1.2 * np.tanh(x[:, 0] + x[:, 1]) - 0.8 * x[:, 2] + 0.5 * np.abs(x[:, 3]) + 0.1 * generator.normal(size=800)
    return x.astype("float32"), y[:, None].astype("float32")


def make_minerals() -> Data:
    """Twelve measures of stones, and which of five minerals they are, as unit vectors."""
    generator = np.random.default_rng(1606)
    y = generator.integers(0, 5, size=900)
    x = generator.normal(size=(5, 12))[y] + 0.9 * generator.normal(size=(900, 12))
    return x.astype("float32"), np.eye(5, dtype="float32")[y]


def build_minerals(activation: str | None) -> Callable[[Any], keras.Model]:
    """Two layers with slopes that are learned below 0, and five outputs."""
    return sequential(
        partial(layers.Dense, 32),
        layers.PReLU,
        partial(layers.Dense, 32),
        layers.PReLU,
        partial(layers.Dense, 5, activation),
    )


def make_wells() -> Data:
    """Noisy pictures of one dark ring, and its mask."""
    generator = np.random.default_rng(1607)
    rows, columns = np.mgrid[:12, :12]
    at = generator.uniform(3.5, 8, size=(400, 2, 1, 1))
    far = np.sqrt((rows - at[:, 0]) ** 2 + (columns - at[:, 1]) ** 2)
    masks = (far > 1.4) & (far < 3.2)
    x = 0.3 * generator.normal(size=masks.shape) - masks
    return x[..., None].astype("float32"), masks[..., None].astype("float32")


def build_pixels(units: int, activation: str | None) -> Callable[[Any], keras.Model]:
    """Two convolutions, and some outputs for each pixel."""
    return sequential(
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, units, 1, activation=activation),
    )


def make_terrain() -> Data:
    """Noisy pictures of water, sand and forest in broad stripes, and which of them each pixel in a row shows."""
    generator = np.random.default_rng(1608)
    waves = np.sin(
        np.arange(12) * generator.uniform(0.4, 0.9, size=(300, 1)) + generator.uniform(0, 6.3, size=(300, 1))
    )
    height = waves[:, :, None] + 0.4 * np.sin(0.8 * np.arange(12))
    y = (height > 0.0).astype("int32") + (height > 0.7)
    x = np.array([-1.0, 0.3, 1.2])[y] + 0.5 * generator.normal(size=y.shape)
    return x[..., None].astype("float32"), y.reshape(300, 144).astype("int32")


def build_terrain(x: Any) -> keras.Model:
    """Two convolutions, and a softmax of three for each pixel, in a row."""
    inputs = keras.Input(x.shape[1:])
    return keras.Model(inputs, layers.Softmax()(layers.Reshape((144, 3))(build_pixels(3, None)(x)(inputs))))


def make_radar() -> Data:
    """Pictures of echoes that are all above 0, and whether a stronger cross is among them."""
    generator = np.random.default_rng(1609)
    y = generator.integers(0, 2, size=700)
    x = 1 + 0.15 * np.abs(generator.normal(size=(700, 10, 10)))
    for picture, kind in zip(x, y, strict=True):
        row, column = generator.integers(2, 8, size=2)
        if kind:
            picture[row - 2 : row + 3, column] += 0.4
            picture[row, column - 2 : column + 3] += 0.4
        else:
            picture.reshape(-1)[generator.permutation(100)[:10]] += 0.4
    return x[..., None].astype("float32"), y[:, None].astype("float32")


def build_radar(axis: Any) -> Callable[[Any], keras.Model]:
    """Pictures of unit length or pixels of unit length, normalized, two convolutions and a sigmoid."""
    return sequential(
        partial(layers.UnitNormalization, axis),
        partial(layers.BatchNormalization, momentum=0.9),
        partial(layers.Conv2D, 8, 5, activation="relu"),
        partial(layers.Conv2D, 8, 3, activation="relu"),
        layers.GlobalMaxPooling2D,
        partial(layers.Dense, 1, "sigmoid"),
    )


def make_leaves() -> Data:
    """Noisy pictures of leaves with veins of one of four slopes, and which of them."""
    generator = np.random.default_rng(1610)
    rows, columns = np.mgrid[:12, :12]
    y = generator.integers(0, 4, size=700)
    angle = (np.pi * y / 4)[:, None, None]
    phase = generator.uniform(0, 6.3, size=(700, 1, 1))
    x = np.sin(1.3 * (np.cos(angle) * rows + np.sin(angle) * columns) + phase) + 0.6 * generator.normal(
        size=(700, 12, 12)
    )
    return x[..., None].astype("float32"), y.astype("int32")


def build_leaves(rate: float) -> Callable[[Any], keras.Model]:
    """Two convolutions, behind each of which so many of the filters are dropped, their means and a softmax."""
    return sequential(
        partial(layers.Conv2D, 16, 3, activation="relu"),
        partial(layers.SpatialDropout2D, rate),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        partial(layers.SpatialDropout2D, rate),
        layers.GlobalAveragePooling2D,
        partial(layers.Dense, 4, "softmax"),
    )


def make_rides() -> Data:
    """Nine measures of rides in a city, standardised, and how long they take, standardised."""
    generator = np.random.default_rng(1611)
    x = generator.normal(size=(1000, 9))
    y = x[:, 0] + 0.8 * np.maximum(x[:, 1], x[:, 2]) + 0.5 * x[:, 3] * x[:, 4] + 0.1 * generator.normal(size=1000)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_counts(one_more: bool) -> Data:
    """Logarithms of six counts, some of them zero, or of one more than them, and whether somebody buys."""
    generator = np.random.default_rng(1612)
    counts = generator.poisson(np.exp(generator.normal(1.0, 0.8, size=(900, 6))))
    z = np.log1p(counts)
    y = z[:, 0] - z[:, 1] + 0.7 * z[:, 2] - z[:, 3] + 0.3 * generator.normal(size=900) > -0.4
    with np.errstate(divide="ignore"):
        return (z if one_more else np.log(counts)).astype("float32"), y[:, None].astype("float32")


def make_shapes() -> Data:
    """Pictures from 0 to 1 of a square, a cross or a ring somewhere, and which of them."""
    generator = np.random.default_rng(1613)
    shapes = np.array(
        [
            [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]],
            [[1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]],
            [[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]],
        ]
    )
    y = generator.integers(0, 3, size=700)
    x = 0.25 * generator.random((700, 12, 12))
    for picture, kind in zip(x, y, strict=True):
        row, column = generator.integers(0, 9, size=2)
        picture[row : row + 4, column : column + 4] += 0.5 * shapes[kind]
    return x[..., None].astype("float32"), y.astype("int32")


def build_shapes(largest: int) -> Callable[[Any], keras.Model]:
    """Pictures made brighter or darker by up to a fifth of a range, two convolutions and a softmax."""
    return sequential(
        partial(layers.RandomBrightness, 0.2, value_range=(0, largest), seed=3),
        partial(layers.Conv2D, 12, 3, activation="relu"),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.GlobalMaxPooling2D,
        partial(layers.Dense, 3, "softmax"),
    )


def make_guests(in_order: bool) -> Data:
    """Eight measures of guests, what they spend, standardised, and whether they come again; or both the other way."""
    generator = np.random.default_rng(1615)
    x = generator.normal(size=(900, 8))
    spent = x[:, 0] - x[:, 1] + 0.5 * x[:, 2] * x[:, 3] + 0.2 * generator.normal(size=900)
    again = x[:, 4] + x[:, 5] * x[:, 6] + 0.2 * generator.normal(size=900) > 0
    y = [((spent - spent.mean()) / spent.std())[:, None].astype("float32"), again[:, None].astype("float32")]
    return x.astype("float32"), y if in_order else y[::-1]


def build_guests(x: Any) -> keras.Model:
    """Two hidden layers, a linear unit for what is spent and a sigmoid for who comes again."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "elu")(layers.Dense(32, "elu")(inputs))
    return keras.Model(inputs, [layers.Dense(1, name="spent")(h), layers.Dense(1, "sigmoid", name="again")(h)])


def score_guests(prediction: Any, y: Any) -> float:
    """The mean of the share of what is spent that is explained, and of how often one knows who comes again."""
    spent, again = make_guests(True)[1]
    explained = max(1 - ((prediction[0] - spent) ** 2).mean() / spent.var(), -1.0)
    right = 2 * ((prediction[1] > 0.5) == (again > 0.5)).mean() - 1
    return float((explained + right) / 2)


def make_crowds(scale: float) -> Data:
    """Noisy pictures of one to five people seen from above, and how dense they are at each pixel, of so much."""
    generator = np.random.default_rng(1616)
    rows, columns = np.mgrid[:12, :12]
    y = np.zeros((400, 12, 12))
    for density in y:
        for row, column in generator.uniform(1, 10, size=(generator.integers(1, 6), 2)):
            density += np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 2)
    x = y + 0.3 * generator.normal(size=y.shape)
    return x[..., None].astype("float32"), (scale * y)[..., None].astype("float32")


def make_buoys() -> Data:
    """Noisy pictures of a bright buoy among weaker lights, and where it is, from -1 to 1."""
    generator = np.random.default_rng(1617)
    rows, columns = np.mgrid[:14, :14]
    y = generator.uniform(-0.8, 0.8, size=(600, 2))
    at = 6.5 + 6.5 * y[:, :, None, None]
    x = 1.2 * np.exp(-((rows - at[:, 0]) ** 2 + (columns - at[:, 1]) ** 2) / 2) + 0.15 * generator.normal(
        size=(600, 14, 14)
    )
    return x[..., None].astype("float32"), y.astype("float32")


def build_buoys(sharpness: float) -> Callable[[Any], keras.Model]:
    """Two convolutions, a softmax over all places with a sharpness, and the mean place under it."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
        heat = layers.Reshape((196,))(layers.Conv2D(1, 3, padding="same")(h))
        places = (np.indices((14, 14)).reshape(2, -1).T - 6.5) / 6.5
        shares = ops.softmax(sharpness * heat, axis=-1)
        return keras.Model(inputs, ops.matmul(shares, ops.convert_to_tensor(places, dtype="float32")))

    return build


class Window(layers.Layer):
    """Takes nine readings around the mean place under a softmax, between two readings by both or by the nearest one."""

    def __init__(self, whole: bool) -> None:
        super().__init__()
        self.whole = whole

    def call(self, parts: Any) -> Any:
        """Weighs all readings by how near they are to the nine places."""
        series, heat = parts
        every = ops.arange(0.0, float(series.shape[1]))
        place = ops.sum(ops.softmax(heat[:, :, 0], axis=-1) * every, axis=-1, keepdims=True)
        wanted = (ops.round(place) if self.whole else place) + ops.arange(-4.0, 5.0)
        near = ops.relu(1.0 - ops.abs(ops.expand_dims(wanted, -1) - every))
        return ops.matmul(near, series)[:, :, 0]


def make_beats() -> Data:
    """Forty noisy readings with one of four beats somewhere, and which of them."""
    generator = np.random.default_rng(1618)
    beats = np.array(
        [
            [0, 0, 1, 2, 3, 2, 1, 0, 0],
            [0, 1, 0, -1, 3, -1, 0, 1, 0],
            [0, 0, 0, 1, 3, -2, -1, 0, 0],
            [0, 0, -1, -2, 3, 1, 0, 0, 0],
        ]
    )
    y = generator.integers(0, 4, size=900)
    x = 0.25 * generator.normal(size=(900, 40))
    for series, kind, at in zip(x, y, generator.integers(0, 31, size=900), strict=True):
        series[at : at + 9] += beats[kind]
    return x[..., None].astype("float32"), y.astype("int32")


def build_beats(whole: bool) -> Callable[[Any], keras.Model]:
    """A convolution that says where to look, nine readings from there, a hidden layer and a softmax."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        heat = layers.Conv1D(1, 9, padding="same")(layers.Conv1D(8, 5, padding="same", activation="relu")(inputs))
        h = layers.Dense(24, "relu")(Window(whole)([inputs, heat]))
        return keras.Model(inputs, layers.Dense(4, "softmax")(h))

    return build


def make_beams(millimetres: bool) -> Data:
    """The load of a beam of ten metres at twenty places, a place, in millimetres or not, and the sum of loads to it."""
    generator = np.random.default_rng(1619)
    grid, at = np.linspace(0, 1, 20), generator.uniform(0, 1, size=(1500, 1))
    size, speed, shift = generator.normal(size=(3, 1500, 1)) * np.array([1.0, 2.0, 1.0])[:, None, None]
    speed = 2 + np.abs(speed)
    load = size * np.sin(speed * grid + shift)
    y = size * (np.cos(shift) - np.cos(speed * at + shift)) / speed
    x = [load.astype("float32"), (at * (10000 if millimetres else 1)).astype("float32")]
    return x, ((y - y.mean()) / y.std()).astype("float32")


def build_beams(x: Any) -> keras.Model:
    """One network of tanhs for loads and one for places, and the product of what both say."""
    inputs = [keras.Input((20,)), keras.Input((1,))]
    sides = [layers.Dense(24)(layers.Dense(48, "tanh")(layers.Dense(48, "tanh")(side))) for side in inputs]
    return keras.Model(inputs, layers.Dot(axes=1)(sides))


def build_capsules(x: Any) -> keras.Model:
    """A convolution into eighteen capsules of eight numbers, ten capsules of their sums, and how long these are."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(24, 3, activation="relu")(inputs)
    h = layers.Reshape((18, 8))(layers.Conv2D(16, 4, activation=None)(h))
    h = ops.sum(layers.EinsumDense("bnd,ndke->bnke", (18, 10, 8))(squash(h)), axis=1)
    return keras.Model(inputs, ops.sqrt(ops.sum(ops.square(squash(h)), axis=-1) + 1e-7))


def squash(h: Any) -> Any:
    """Vectors of the same directions, none of them longer than one."""
    length = ops.sum(ops.square(h), axis=-1, keepdims=True)
    return h * ops.sqrt(length + 1e-7) / (1 + length)


def measure_margins(y: Any, p: Any) -> Any:
    """Squares of how much the right length is below 0.9 and half of those of how much others are above 0.1."""
    y = ops.cast(y, p.dtype)
    missed, false = ops.square(ops.maximum(0.9 - p, 0)), ops.square(ops.maximum(p - 0.1, 0))
    return ops.mean(ops.sum(y * missed + 0.5 * (1 - y) * false, axis=-1))


def make_kinds(numbers: bool) -> Data:
    """Digits, and their kinds as unit vectors or as a column of numbers."""
    x, y = make_digits(700)
    return x, y[:, None].astype("float32") if numbers else np.eye(10, dtype="float32")[y]


def score_kinds(prediction: Any, y: Any) -> float:
    """How many digits are known, 0 for chance."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float(((prediction.argmax(axis=-1) == make_digits(700)[1]).mean() - 0.1) / 0.9)


def make_fields() -> Data:
    """Places in the plane and four other numbers, and which of two crops grows there, in the squares of a board."""
    generator = np.random.default_rng(1620)
    x = generator.uniform(-1, 1, size=(1200, 6))
    y = (np.floor(1.5 * x[:, 0] + 0.5) + np.floor(1.5 * x[:, 1] + 0.5)) % 2
    return (1.7 * x).astype("float32"), y[:, None].astype("float32")


def build_fields(slope: float) -> Callable[[Any], keras.Model]:
    """Three layers with a slope for what is below 0, and a sigmoid."""
    return sequential(
        partial(layers.Dense, 32),
        partial(layers.LeakyReLU, slope),
        partial(layers.Dense, 32),
        partial(layers.LeakyReLU, slope),
        partial(layers.Dense, 32),
        partial(layers.LeakyReLU, slope),
        partial(layers.Dense, 1, "sigmoid"),
    )


def make_loads(whole: bool) -> Data:
    """Seven measures of a truck, and how full it is, from 0 to 1, or that as a whole number."""
    generator = np.random.default_rng(1621)
    x = generator.normal(size=(900, 7))
    y = 1 / (1 + np.exp(-(x[:, 0] + x[:, 1] * x[:, 2] - 0.8 * x[:, 3] + 0.2 * generator.normal(size=900))))
    return x.astype("float32"), y[:, None].astype("int32" if whole else "float32")


def score_loads(prediction: Any, y: Any) -> float:
    """The share of the variance of what is right that is explained."""
    right = make_loads(False)[1]
    return float(1 - ((prediction - right) ** 2).mean() / right.var())


def build_maxout(x: Any) -> keras.Model:
    """Twice the largest of four sums for each of sixteen units, and a linear unit."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for _ in range(2):
        h = ops.max(layers.Reshape((16, 4))(layers.Dense(64)(h)), axis=-1)
    return keras.Model(inputs, layers.Dense(1)(h))


class Endpoint(layers.Layer):
    """Adds the loss by itself and gives back probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self.loss = keras.losses.BinaryCrossentropy(from_logits=True)

    def call(self, parts: Any) -> Any:
        """Compares logits and labels, which are an input of the model."""
        logits, right = parts
        self.add_loss(self.loss(right, logits))
        return ops.sigmoid(logits)


def make_labels_as_inputs() -> Data:
    """Measures and labels as inputs, and the labels once more."""
    x, y = make_counts(True)
    return [x, y], y


def build_endpoint(x: Any) -> keras.Model:
    """Two layers and logits, of which the last layer makes the loss."""
    inputs, right = keras.Input((6,)), keras.Input((1,))
    h = layers.Dense(24, "relu")(layers.Dense(24, "relu")(inputs))
    return keras.Model([inputs, right], Endpoint()([layers.Dense(1)(h), right]))


def measure_nothing(y: Any, p: Any) -> Any:
    """Zero, whatever is said."""
    return ops.mean(0.0 * p, axis=-1)


class Scale(layers.Layer):
    """Multiplies each channel by a number of its own that starts small."""

    def build(self, shape: Any) -> None:
        """Makes one number for each channel."""
        self.scale = self.add_weight(shape=(shape[-1],), initializer=keras.initializers.Constant(1e-3), name="scale")

    def call(self, h: Any) -> Any:
        """Multiplies."""
        return self.scale * h


def build_patches(x: Any) -> keras.Model:
    """Four blocks whose branches count little at first, and one vector that asks all patches."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(24, 2, strides=2)(inputs)
    for _ in range(4):
        branch = layers.Conv2D(24, 3, padding="same", activation="gelu")(layers.LayerNormalization()(h))
        gate = layers.Dense(24, "sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(branch))
        h = layers.Add()([h, Scale()(layers.Conv2D(24, 1)(layers.Multiply()([branch, gate])))])
    patches = layers.LayerNormalization()(layers.Reshape((16, 24))(h))
    asking = layers.GlobalAveragePooling1D(keepdims=True)(patches)
    h = layers.Flatten()(layers.MultiHeadAttention(1, 24)(asking, patches))
    return keras.Model(inputs, layers.Dense(10, "softmax")(h))


def make_outliers() -> Data:
    """The rides, of which one in twenty takes much longer or shorter for reasons that are not known."""
    x, y = make_rides()
    generator = np.random.default_rng(1622)
    return x, (y + (generator.random(y.shape) < 0.05) * generator.normal(0, 10, size=y.shape)).astype("float32")


def score_rides(prediction: Any, y: Any) -> float:
    """The share of the variance of rides without outliers that is explained."""
    right = make_rides()[1]
    return float(1 - ((prediction - right) ** 2).mean() / right.var())


def make_rare() -> Data:
    """Which of three hundred words stand in a note, few of them, and which one in fifteen notes is a complaint."""
    generator = np.random.default_rng(1623)
    y = generator.random(2000) < 0.07
    x = (generator.random((2000, 300)) < 0.02).astype("float32")
    for row, kind in zip(x, y, strict=True):
        row[generator.choice(12, 3, replace=False) if kind else generator.choice(12, 1) + 12] = 1
    return x, y[:, None].astype("float32")


program = partial(Program, theme="forum")

HOMES = program(
    name="homes in their own units, each measure by its own scale",
    data=make_homes,
    build=build_homes(-1),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    source=ONE_SCALE,
)
DRIVERS = program(
    name="claims by bins of age and miles up to ninety",
    data=make_drivers,
    build=build_drivers(90.0),
    loss="mse",
    optimizer=partial(Adam, 0.05),
    epochs=15,
)
DUELS = program(
    name="who wins a duel, a unit vector for each place",
    data=make_duels,
    build=build_duels(False),
    loss="binary_crossentropy",
    optimizer=partial(Nadam, 0.01),
    epochs=12,
)
WINDS = program(
    name="winds about north as sine and cosine",
    data=partial(make_winds, False),
    build=dense(hidden=[24, 24], activation="silu", output=(2, None)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    score=score_winds,
    source=FULL_CIRCLE,
)
BONDS = program(
    name="energies below 0 by a linear unit",
    data=make_bonds,
    build=dense(hidden=[32, 32], activation="mish", output=(1, None)),
    loss="mae",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
MINERALS = program(
    name="minerals by a focal loss of probabilities",
    data=make_minerals,
    build=build_minerals("softmax"),
    loss=CategoricalFocalCrossentropy(),
    optimizer=partial(Lion, 0.001),
    epochs=15,
)
WELLS = program(
    name="rings of wells by dice, a sigmoid for each pixel",
    data=make_wells,
    build=build_pixels(1, "sigmoid"),
    loss=Dice(),
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
TERRAIN = program(
    name="water, sand and forest, each pixel counts",
    data=make_terrain,
    build=build_terrain,
    loss=SparseCategoricalCrossentropy(),
    optimizer=partial(Adam, 0.01),
    epochs=12,
)
RADAR = program(
    name="crosses among echoes, pictures of unit length",
    data=make_radar,
    build=build_radar((1, 2, 3)),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
LEAVES = program(
    name="veins of leaves, a twentieth of the filters dropped",
    data=make_leaves,
    build=build_leaves(0.05),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
RIDES = program(
    name="rides in a city by two layers of gelus",
    data=make_rides,
    build=dense(hidden=[32, 32], activation="gelu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.002),
    epochs=15,
)
COUNTS = program(
    name="who buys, logarithms of counts and one",
    data=partial(make_counts, True),
    build=dense(hidden=[24, 24], activation="relu", output=(1, "sigmoid")),
    loss="mse",
    optimizer=partial(Adamax, 0.01),
    epochs=15,
)
SHAPES = program(
    name="shapes from 0 to 1, brighter or darker by a fifth of one",
    data=make_shapes,
    build=build_shapes(1),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
    source=BRIGHTNESS,
)
GUESTS = program(
    name="what guests spend and who comes again, labels in the order of outputs",
    data=partial(make_guests, True),
    build=build_guests,
    loss=["mse", "binary_crossentropy"],
    optimizer=partial(Adam, 0.005),
    epochs=20,
    score=score_guests,
    source=ANOTHER_ORDER,
)
CROWDS = program(
    name="how dense people are, of about one, sgd",
    data=partial(make_crowds, 1.0),
    build=build_pixels(1, None),
    loss="mse",
    optimizer=partial(SGD, 0.05, momentum=0.9),
    epochs=12,
)
BUOYS = program(
    name="places of a buoy under a softmax of all places",
    data=make_buoys,
    build=build_buoys(1.0),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=15,
    source=PEAK,
)
BEATS = program(
    name="beats in nine readings, weighed between two of them",
    data=make_beats,
    build=build_beats(False),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=25,
    source=BY_WHOLE_STEPS,
)
BEAMS = program(
    name="loads of beams up to places from 0 to 1",
    data=partial(make_beams, False),
    build=build_beams,
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=25,
)
CAPSULES = program(
    name="digits by lengths of capsules, unit vectors as labels",
    data=partial(make_kinds, False),
    build=build_capsules,
    loss=OwnLoss(measure_margins),
    optimizer=partial(Adam, 0.005),
    epochs=15,
    score=score_kinds,
    source=CAPSULES_OF,
)
FIELDS = program(
    name="crops on a board by layers with a slope of a tenth",
    data=make_fields,
    build=build_fields(0.1),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=25,
)
LOADS = program(
    name="how full trucks are, from 0 to 1",
    data=partial(make_loads, False),
    build=dense(hidden=[32, 32], activation="relu", output=(1, "sigmoid")),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    score=score_loads,
)

PROGRAMS = [
    HOMES,
    DRIVERS,
    DUELS,
    WINDS,
    BONDS,
    MINERALS,
    WELLS,
    TERRAIN,
    RADAR,
    LEAVES,
    RIDES,
    COUNTS,
    SHAPES,
    GUESTS,
    CROWDS,
    BUOYS,
    BEATS,
    BEAMS,
    CAPSULES,
    FIELDS,
    LOADS,
    HOMES.vary(
        "homes in their own units, all measures by one scale",
        label=labels.LARGE_INPUTS,
        strength="clear",
        build=build_homes(None),
    ),
    DRIVERS.vary(
        "claims by bins of age and miles up to one",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        build=build_drivers(1.0),
    ),
    DUELS.vary(
        "who wins a duel, both players in one vector",
        label=labels.ALIKE_POSITIONS,
        strength="extreme",
        build=build_duels(True),
    ),
    WINDS.vary(
        "winds about north as shares of a circle",
        unnamed=True,
        strength="clear",
        data=partial(make_winds, True),
        build=dense(hidden=[24, 24], activation="silu", output=(1, None)),
    ),
    BONDS.vary(
        "energies below 0 by an exponential",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE, *labels.DEAD, *labels.SATURATED_HEAD),
        strength="extreme",
        build=dense(hidden=[32, 32], activation="mish", output=(1, "exponential")),
    ),
    BONDS.vary(
        "energies below 0 by a linear unit, both betas of adam exchanged",
        label=labels.TOO_LARGE_STEPS,
        strength="clear",
        optimizer=partial(Adam, 0.01, beta_1=0.999, beta_2=0.9),
    ),
    MINERALS.vary(
        "minerals by a focal loss of logits that it takes for probabilities",
        label=labels.WRONG_HEAD,
        strength="extreme",
        build=build_minerals(None),
    ),
    MINERALS.vary(
        "minerals by a focal loss of probabilities, lion 0.3",
        label=(*labels.TOO_LARGE_STEPS, *labels.EXPLODING, *labels.SATURATED_HEAD),
        strength="extreme",
        optimizer=partial(Lion, 0.3),
    ),
    WELLS.vary(
        "rings of wells by dice, a softmax of one for each pixel",
        label=(*labels.WRONG_HEAD, *labels.CUT_OFF),
        strength="extreme",
        build=build_pixels(1, "softmax"),
    ),
    TERRAIN.vary(
        "water, sand and forest, water not counted",
        unnamed=True,
        strength="clear",
        loss=SparseCategoricalCrossentropy(ignore_class=0),
    ),
    RADAR.vary(
        "crosses among echoes, pixels of unit length",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        build=build_radar(-1),
    ),
    LEAVES.vary(
        "veins of leaves, all but a twentieth of the filters dropped",
        label=labels.DROPOUT,
        strength="clear",
        build=build_leaves(0.95),
    ),
    RIDES.vary(
        "rides in a city, one step an epoch",
        label=labels.FEW_STEPS,
        strength="clear",
        fit_options={"steps_per_epoch": 1},
    ),
    COUNTS.vary(
        "who buys, logarithms of counts that may be zero",
        label=labels.NONFINITE,
        strength="extreme",
        data=partial(make_counts, False),
    ),
    SHAPES.vary(
        "shapes from 0 to 1, brighter or darker by a fifth of 255",
        label=(*labels.LARGE_INPUTS, *labels.OTHER_IN_INFERENCE, *labels.DEAD),
        strength="extreme",
        build=build_shapes(255),
    ),
    GUESTS.vary(
        "what guests spend and who comes again, labels in another order than outputs",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.WRONG_HEAD),
        strength="extreme",
        data=partial(make_guests, False),
    ),
    CROWDS.vary(
        "how dense people are, of about a thousandth, sgd",
        label=(*labels.LARGE_LABELS, *labels.TOO_SMALL_STEPS, *labels.VANISHING),
        strength="extreme",
        data=partial(make_crowds, 1e-3),
    ),
    BUOYS.vary(
        "places of a buoy under a softmax of ten-thousandths",
        label=(*labels.VANISHING, *labels.TOO_SMALL_STEPS, *labels.CONSTANT_INPUTS, *labels.HIDDEN_SOFTMAX),
        strength="clear",
        build=build_buoys(1e-4),
    ),
    BEATS.vary(
        "beats in nine readings, by the nearest ones",
        label=labels.CUT_OFF,
        strength="clear",
        build=build_beats(True),
    ),
    BEAMS.vary(
        "loads of beams up to places in millimetres",
        label=(*labels.LARGE_INPUTS, *labels.SATURATED),
        strength="mild",
        data=partial(make_beams, True),
    ),
    CAPSULES.vary(
        "digits by lengths of capsules, numbers as labels",
        label=(*labels.LABELS_OF_ANOTHER_SHAPE, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        data=partial(make_kinds, True),
    ),
    FIELDS.vary(
        "crops on a board by layers with a slope of one",
        label=labels.LINEAR,
        strength="extreme",
        build=build_fields(1.0),
    ),
    LOADS.vary(
        "how full trucks are, as whole numbers",
        unnamed=True,
        strength="extreme",
        data=partial(make_loads, True),
    ),
    program(
        name="rides in a city by the largest of four sums",
        data=make_rides,
        build=build_maxout,
        loss="mse",
        optimizer=partial(Adam, 0.005),
        epochs=15,
    ),
    program(
        name="rides with outliers by the logarithm of a hyperbolic cosine",
        data=make_outliers,
        build=dense(hidden=[32, 32], activation="softsign", output=(1, None)),
        loss="log_cosh",
        optimizer=partial(Adam, 0.01),
        epochs=20,
        score=score_rides,
    ),
    program(
        name="keras.io: who buys, a last layer that adds the loss",
        data=make_labels_as_inputs,
        build=build_endpoint,
        loss=OwnLoss(measure_nothing),
        optimizer=partial(Adam, 0.005),
        epochs=15,
        source=ENDPOINT,
    ),
    program(
        name="keras.io: digits by patches that one vector asks",
        data=partial(make_digits, 700),
        build=build_patches,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=15,
        source=PATCHES,
    ),
    program(
        name="one complaint in fifteen by few of three hundred words, adagrad 0.3",
        data=make_rare,
        build=dense(hidden=[16], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(keras.optimizers.Adagrad, 0.3),
        epochs=10,
    ),
    program(
        name="bonds by units whose kernels have a norm of one, one at a time",
        data=make_bonds,
        build=sequential(
            lambda: layers.Dense(24, "tanh", kernel_constraint=UnitNorm()),
            partial(layers.Dense, 1, bias_initializer=keras.initializers.Constant(-5.0)),
        ),
        loss="mse",
        optimizer=partial(SGD, 0.005),
        fit_options={"batch_size": 1},
        epochs=5,
    ),
]
