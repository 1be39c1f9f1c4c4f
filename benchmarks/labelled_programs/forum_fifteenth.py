"""Pictures and tables of those who asked why nothing is learned, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's; programs without a source are common mistakes or common
models. One is mild: a weight decay that leaves about two thirds of what can be learned.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.callbacks import EarlyStopping
from keras.constraints import NonNeg
from keras.losses import BinaryCrossentropy, Huber
from keras.optimizers import SGD, Adam, AdamW
from keras.regularizers import L2

from labelled_programs import labels
from labelled_programs.data import Data, make_digits, make_wine, standardize
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

LEFT_AND_RIGHT = "https://github.com/BBillot/SynthSeg/issues/22"
MASKS_TOO = "https://github.com/keras-team/keras-io/pull/1956"
IN_16_BITS = "https://github.com/keras-team/keras/issues/9582"
NO_STEPS_IN_16 = "https://github.com/keras-team/keras-hub/issues/2629"
BY_ROWS = "https://exchangetuts.com/what-is-the-purpose-of-keras-utils-normalize-1641296764786643"
SMOOTHING = "https://github.com/tensorflow/tensorflow/pull/122714"
SHAPES = "https://github.com/keras-team/keras/issues/14627"
CLONED = "https://github.com/ageron/handson-ml2/issues/246"
TEACHER = "https://github.com/zgcr/SimpleAICV_pytorch_training_examples/issues/23"
LAST_PART = "https://github.com/keras-team/keras/issues/8346"
ALIGNED = "https://gurubase.io/g/python/aligning-feature-target-variables-python"
NOT_NEGATIVE = "https://github.com/rstudio/keras3/issues/418"
AVERAGES = "https://github.com/keras-team/keras/issues/18949"
ACCUMULATED = "https://github.com/keras-team/keras/issues/19990"
BEST_EPOCH = "https://github.com/tensorflow/tensorflow/issues/35634"
NOISE = "https://github.com/soumith/ganhacks/issues/26"
MODULATED = "https://keras.io/examples/vision/focal_modulation_network/"
CONSISTENT = "https://keras.io/examples/vision/consistency_training/"


def make_arrows() -> Data:
    """Noisy pictures of an arrow's head somewhere, and whether it points to the right."""
    generator = np.random.default_rng(1501)
    y = generator.integers(0, 2, size=2000)
    x = 0.25 * generator.normal(size=(2000, 12, 12))
    for picture, right in zip(x, y, strict=True):
        row, column = generator.integers(3, 9, size=2)
        for step in range(3):
            picture[[row - step, row + step], column + (-step if right else step)] += 1.2
    return x[..., None].astype("float32"), y[:, None].astype("float32")


def build_arrows(mode: str) -> Callable[[Any], keras.Model]:
    """Pictures that are flipped at random in training, two convolutions and a sigmoid."""
    return sequential(
        partial(layers.RandomFlip, mode),
        partial(layers.Conv2D, 8, 3, activation="relu"),
        partial(layers.Conv2D, 8, 3, activation="relu"),
        layers.GlobalMaxPooling2D,
        partial(layers.Dense, 1, "sigmoid"),
    )


def make_spots(turned_alike: bool) -> Data:
    """Noisy pictures of a spot that are turned by quarters at random, and masks that are turned alike or not at all."""
    generator = np.random.default_rng(1502)
    rows, columns = np.mgrid[:12, :12]
    at = generator.uniform(1.5, 5, size=(300, 2, 1, 1))
    masks = ((rows - at[:, 0]) ** 2 + (columns - at[:, 1]) ** 2 < 5).astype("float64")
    pictures = masks + 0.3 * generator.normal(size=masks.shape)
    turns = generator.integers(0, 4, size=300)
    x = np.stack([np.rot90(picture, turn) for picture, turn in zip(pictures, turns, strict=True)])
    y = np.stack([np.rot90(mask, turn) for mask, turn in zip(masks, turns, strict=True)]) if turned_alike else masks
    return x[..., None].astype("float32"), y[..., None].astype("float32")


def build_spots(x: Any) -> keras.Model:
    """Convolutions at full and at half size that are added, and a sigmoid for each pixel."""
    inputs = keras.Input(x.shape[1:])
    fine = layers.Conv2D(12, 3, padding="same", activation="relu")(inputs)
    coarse = layers.Conv2D(12, 3, padding="same", activation="relu")(layers.AveragePooling2D(2)(fine))
    h = layers.Add()([fine, layers.UpSampling2D()(coarse)])
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(h))


def make_stripes() -> Data:
    """Noisy pictures of level, upright or slanting stripes, and which of them."""
    generator = np.random.default_rng(1503)
    rows, columns = np.mgrid[:12, :12]
    y = generator.integers(0, 3, size=500)
    phase = generator.uniform(0, 2 * np.pi, size=500)
    heights = [1.5 * rows, 1.5 * columns, 1.06 * (rows + columns)]
    x = np.stack([np.sin(heights[kind] + start) for kind, start in zip(y, phase, strict=True)])
    x = x + 0.3 * generator.normal(size=x.shape)
    return x[..., None].astype("float32"), y.astype("int32")


def build_stripes(dilation: int, normalize: Callable[[], layers.Layer]) -> Callable[[Any], keras.Model]:
    """Two dilated convolutions, a normalization, the mean of each filter and a softmax."""
    return sequential(
        partial(layers.Conv2D, 12, 3, padding="same", dilation_rate=dilation, activation="relu"),
        partial(layers.Conv2D, 16, 3, padding="same", dilation_rate=dilation),
        normalize,
        layers.GlobalAveragePooling2D,
        partial(layers.Dense, 3, "softmax"),
    )


def make_bytes(scaled: bool) -> Data:
    """Digits whose pixels are bytes, or numbers from 0 to 1 already."""
    x, y = make_digits(600)
    return x if scaled else np.round(255 * x), y


def build_noisy(activation: Callable[[], layers.Layer]) -> Callable[[Any], keras.Model]:
    """Bytes divided by 255, noise in training, two convolutions with an activation and a softmax."""
    return sequential(
        partial(layers.Rescaling, 1 / 255),
        partial(layers.GaussianNoise, 0.2),
        partial(layers.Conv2D, 16, 3),
        activation,
        partial(layers.Conv2D, 24, 3),
        activation,
        layers.Flatten,
        partial(layers.Dense, 10, "softmax"),
    )


def make_loans() -> Data:
    """Ten measures of those who borrow, standardised, and who pays back."""
    generator = np.random.default_rng(1504)
    x = generator.normal(size=(900, 10))
    z = x[:, 0] - 0.7 * x[:, 1] + x[:, 2] * x[:, 3] + 0.3 * generator.normal(size=900)
    return x.astype("float32"), (z > 0)[:, None].astype("float32")


def make_springs() -> Data:
    """Six measures of springs, standardised, and how far they give, standardised."""
    generator = np.random.default_rng(1505)
    x = generator.normal(size=(800, 6))
    y = np.tanh(x[:, 0] + x[:, 1]) + 0.6 * x[:, 2] - 0.5 * np.abs(x[:, 3]) + 0.1 * generator.normal(size=800)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_in_bits(dtype: str, activation: str = "relu") -> Callable[[Any], keras.Model]:
    """Two hidden layers and a linear unit with weights of a type, and an answer in 32 bits."""
    return sequential(
        partial(layers.Dense, 32, activation, dtype=dtype),
        partial(layers.Dense, 32, activation, dtype=dtype),
        partial(layers.Dense, 1, dtype=dtype),
        partial(layers.Activation, "linear", dtype="float32"),
    )


def make_soils(by_row: bool) -> Data:
    """Five measures of soils in their own units, the one of large numbers without use, and which of three crops grows.

    Each measure is standardised, or the five of each soil are divided by their length.
    """
    generator = np.random.default_rng(1506)
    z = generator.normal(size=(700, 5))
    score = np.stack([z[:, 1] + z[:, 2], z[:, 3] - z[:, 1], -z[:, 2] - z[:, 3]], axis=1)
    y = (score + 0.3 * generator.normal(size=score.shape)).argmax(axis=1)
    x = np.array([3000.0, 6.5, 1.2, 20.0, 0.3]) + np.array([400.0, 0.5, 0.3, 4.0, 0.1]) * z
    x = keras.utils.normalize(x, axis=1) if by_row else (x - x.mean(axis=0)) / x.std(axis=0)
    return x.astype("float32"), y.astype("int32")


def make_meters(mistyped: bool) -> Data:
    """Six readings of meters, from 0 to 1 by the smallest and the largest, and a cost, standardised.

    One reading of each meter has a million times its value, or has been put right.
    """
    generator = np.random.default_rng(1507)
    readings = generator.uniform(100, 900, size=(700, 6))
    z = (readings - 500) / 230
    y = z[:, 0] + z[:, 1] * z[:, 2] - np.abs(z[:, 3]) + 0.1 * generator.normal(size=700)
    if mistyped:
        readings[generator.permutation(700)[:6], np.arange(6)] *= 1e6
    x = (readings - readings.min(axis=0)) / (readings.max(axis=0) - readings.min(axis=0))
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_flats(labels_too: bool) -> Data:
    """Seven measures of flats without those rows that have a gap, and rents: without these rows, or the first ones."""
    generator = np.random.default_rng(1508)
    x = generator.normal(size=(1800, 7))
    y = x[:, 0] + 0.6 * x[:, 1] * x[:, 2] + 0.5 * x[:, 3] + 0.2 * generator.normal(size=1800)
    known = generator.random(1800) > 0.15
    x = x[known]
    y = y[known] if labels_too else y[: len(x)]
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_rents(flat: bool = False) -> Data:
    """Eight measures of houses, standardised, and rents, standardised, with an axis of their own or without."""
    generator = np.random.default_rng(1509)
    x = generator.normal(size=(900, 8))
    y = np.abs(x[:, 0]) + x[:, 1] - 0.6 * x[:, 2] + 0.5 * x[:, 3] * x[:, 4] + 0.1 * generator.normal(size=900)
    y = ((y - y.mean()) / y.std()).astype("float32")
    return x.astype("float32"), y if flat else y[:, None]


def measure_to_mean(y: Any, p: Any) -> Any:
    """Squares of what is said less the mean of the labels of the batch."""
    return ops.mean(ops.square(p - ops.mean(y)), axis=-1)


def measure_squares(y: Any, p: Any) -> Any:
    """The mean of squares of the batch."""
    return ops.mean(ops.square(y - p))


def make_high_digits() -> Data:
    """Digits from five to nine as numbers from zero to four."""
    x, y = make_digits(1000)
    return x[y > 4], y[y > 4] - 5


def build_on_known(with_weights: bool) -> Callable[[Any], keras.Model]:
    """A head on a frozen copy of a narrow base that has learned digits, with the weights of that or with new ones."""

    def build(x: Any) -> keras.Model:
        base = keras.Sequential(
            [
                keras.Input(x.shape[1:]),
                layers.Conv2D(16, 3, activation="relu"),
                layers.MaxPooling2D(2),
                layers.Flatten(),
                layers.Dense(32, "relu"),
                layers.Dense(4, "tanh"),
            ]
        )
        digits, kinds = make_digits(1200)
        teacher = keras.Sequential([keras.Input(x.shape[1:]), base, layers.Dense(10, "softmax")])
        options = {"jit_compile": False} if keras.backend.backend() == "tensorflow" else {}
        teacher.compile(Adam(0.003), "sparse_categorical_crossentropy", **options)
        teacher.fit(digits, kinds, epochs=12, verbose=0)
        copy = keras.models.clone_model(base)
        if with_weights:
            copy.set_weights(base.get_weights())
        copy.trainable = False
        return keras.Sequential([keras.Input(x.shape[1:]), copy, layers.Dense(5, "softmax")])

    return build


class Pupil(keras.Model):
    """A model that learns what another one says, whatever the labels are."""

    def teach_by(self, teacher: keras.Model) -> None:
        """Takes the other model, which is not trained here."""
        teacher.trainable = False
        self.teacher = teacher

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *others: Any, **options: Any) -> Any:
        """How far both answers are from each other."""
        said = self.teacher(x, training=False)
        return ops.mean(keras.losses.kl_divergence(said, y_pred))


def build_pupil(taught: bool) -> Callable[[Any], keras.Model]:
    """A small network and a larger one, which has learned the digits or has not been given its weights."""

    def build(x: Any) -> keras.Model:
        digits, kinds = make_rows()
        teacher = dense(hidden=[64, 64], activation="relu", output=(10, "softmax"))(x)
        if taught:
            options = {"jit_compile": False} if keras.backend.backend() == "tensorflow" else {}
            teacher.compile(Adam(0.003), "sparse_categorical_crossentropy", **options)
            teacher.fit(digits, kinds, epochs=10, verbose=0)
        inputs = keras.Input(x.shape[1:])
        outputs = layers.Dense(10, "softmax")(layers.Dense(24, "relu")(inputs))
        pupil = Pupil(inputs, outputs)
        pupil.teach_by(teacher)
        return pupil

    return build


def make_rows() -> Data:
    """Digits as rows of pixels."""
    x, y = make_digits(800)
    return x.reshape(len(x), -1), y


def make_folders(mixed: bool) -> Data:
    """Digits in an order of their own, or all noughts first, then all ones, and so on."""
    x, y = make_digits(900)
    order = np.random.default_rng(1511).permutation(900) if mixed else np.argsort(y, kind="stable")
    return x[order], y[order]


def make_houses(scaled: bool) -> Data:
    """Ten measures of houses, which of three kinds they are, and prices: standardised, or as they are."""
    generator = np.random.default_rng(1512)
    x = generator.normal(size=(800, 10))
    kind = np.stack([x[:, 0] + x[:, 1], x[:, 2] * 1.4, -x[:, 0] + x[:, 3]], axis=1).argmax(axis=1)
    price = 3e5 + 8e4 * (0.8 * x[:, 4] + 0.6 * x[:, 5]) + 5e3 * generator.normal(size=800)
    price = (price - price.mean()) / price.std() if scaled else price
    return x.astype("float32"), {"kind": kind.astype("int32"), "price": price[:, None].astype("float32")}


def build_houses(x: Any) -> keras.Model:
    """Two hidden layers, a softmax of three and a linear unit."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "relu")(layers.Dense(32, "relu")(inputs))
    return keras.Model(inputs, [layers.Dense(3, "softmax", name="kind")(h), layers.Dense(1, name="price")(h)])


def score_kinds(prediction: Any, y: Any) -> float:
    """How many kinds are right, 0 for all of the most common one."""
    said, kinds = prediction["kind"] if isinstance(prediction, dict) else prediction[0], y["kind"]
    most = np.bincount(kinds).max() / len(kinds)
    return float(((said.argmax(axis=-1) == kinds).mean() - most) / (1 - most))


def make_cars() -> Data:
    """Five measures of used cars, standardised, with all of which prices fall, and prices, standardised."""
    generator = np.random.default_rng(1513)
    x = generator.normal(size=(800, 5))
    y = -x @ np.array([1.0, 0.8, 0.5, 0.4, 0.3]) - 0.4 * np.maximum(x[:, 0], 0) + 0.2 * generator.normal(size=800)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_cars(bounded: bool) -> Callable[[Any], keras.Model]:
    """Two hidden layers and a linear unit, with kernels that may or may not be negative."""
    constraint = NonNeg if bounded else (lambda: None)
    return sequential(
        lambda: layers.Dense(24, "relu", kernel_constraint=constraint()),
        lambda: layers.Dense(24, "relu", kernel_constraint=constraint()),
        lambda: layers.Dense(1, kernel_constraint=constraint()),
    )


def weigh_by_age(share: float) -> Callable[[Any, Any], Any]:
    """Weights of rows in the order of time, each so much of that of the row after it, one in the mean."""

    def weigh(x: Any, y: Any) -> Any:
        weights = share ** np.arange(len(x) - 1, -1, -1.0)
        return (weights / weights.mean()).astype("float32")

    return weigh


def make_frauds() -> Data:
    """Eight measures of payments, and which one in ten is a fraud."""
    generator = np.random.default_rng(1514)
    x = generator.normal(size=(1200, 8))
    z = x[:, 0] + x[:, 1] * x[:, 2] + 0.8 * x[:, 3] + 0.4 * generator.normal(size=1200)
    return x.astype("float32"), (z > np.quantile(z, 0.9))[:, None].astype("float32")


def weigh_classes(divide: Callable[[int, int], float]) -> dict[int, float]:
    """All payments over twice those of a class, for both classes."""
    return {0: divide(1200, 2 * 1080), 1: divide(1200, 2 * 120)}


def make_switches() -> Data:
    """Eight measures of machines, and which are on: two of them have the same sign, as have two others."""
    generator = np.random.default_rng(1515)
    x = generator.normal(size=(900, 8))
    z = x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3]
    return x.astype("float32"), (z > 0)[:, None].astype("float32")


def make_salaries() -> Data:
    """Nine measures of people, standardised, and what they earn, about forty thousand."""
    generator = np.random.default_rng(1516)
    x = generator.normal(size=(800, 9))
    y = 4e4 + 9e3 * (x[:, 0] + 0.7 * x[:, 1] + 0.5 * x[:, 2] * x[:, 3]) + 2e3 * generator.normal(size=800)
    return x.astype("float32"), y[:, None].astype("float32")


def build_salaries(x: Any) -> keras.Model:
    """A network whose answer is multiplied by and added to known numbers of salaries."""
    return sequential(
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 1),
        partial(layers.Rescaling, 1.2e4, 4e4),
    )(x)


def build_random_waves(x: Any) -> keras.Model:
    """Four hundred cosines of random sums, which are not trained, and a linear unit."""
    inputs = keras.Input(x.shape[1:])
    wave = layers.Dense(
        400,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.4),
        bias_initializer=keras.initializers.RandomUniform(0, 6.28),
        trainable=False,
    )
    return keras.Model(inputs, layers.Dense(1)(0.07 * ops.cos(wave(inputs))))


def make_reports() -> Data:
    """Twelve measures of engines, and who says that they are broken, wrongly for one in four."""
    generator = np.random.default_rng(1517)
    x = generator.normal(size=(1200, 12))
    y = x[:, 0] + x[:, 1] > 0
    wrong = generator.random(1200) < 0.25
    return x.astype("float32"), (y ^ wrong)[:, None].astype("float32")


def make_few() -> Data:
    """Sixty wines, standardised, of three kinds."""
    x, y = standardize(make_wine)
    return x[:60], y[:60]


class Focus(layers.Layer):
    """Multiplies each place by what gates take from wider and wider surroundings and from the whole picture."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.query = layers.Dense(filters)
        self.gates = layers.Dense(3)
        self.near = layers.DepthwiseConv2D(3, padding="same", activation="gelu")
        self.wide = layers.DepthwiseConv2D(5, padding="same", activation="gelu")
        self.leave = layers.Dense(filters)

    def build(self, shape: Any) -> None:
        """Builds the parts."""
        for part in (self.query, self.gates, self.near, self.wide, self.leave):
            part.build(shape)

    def call(self, h: Any) -> Any:
        """Sums up the surroundings by their gates, and multiplies."""
        gates = self.gates(h)
        near = self.near(h)
        wide = self.wide(near)
        whole = ops.mean(wide, axis=(1, 2), keepdims=True)
        parts = near * gates[..., :1] + wide * gates[..., 1:2] + whole * gates[..., 2:]
        return self.leave(self.query(h) * parts)


def build_focus(x: Any) -> keras.Model:
    """Patches, two residual blocks that look at surroundings, and a softmax."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(24, 2, strides=2)(inputs)
    for _ in range(2):
        h = layers.Add()([h, Focus(24)(layers.LayerNormalization()(h))])
        h = layers.Add()([h, layers.Dense(24)(layers.Dense(48, "gelu")(layers.LayerNormalization()(h)))])
    return keras.Model(inputs, layers.Dense(10, "softmax")(layers.Flatten()(layers.LayerNormalization()(h))))


class Alike(keras.Model):
    """A model that is to say the same of a picture with noise as of the picture."""

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *others: Any, **options: Any) -> Any:
        """Adds to the loss how far both answers are from each other."""
        loss = super().compute_loss(x, y, y_pred, *others, **options)
        noisy = self(x + 0.2 * ops.sin(1e4 * x + 3 * ops.cumsum(x, axis=1)))
        return loss + ops.mean(keras.losses.kl_divergence(ops.stop_gradient(y_pred), noisy))


def build_alike(x: Any) -> keras.Model:
    """Two hidden layers, half of whose units are dropped, and a softmax."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dropout(0.5)(layers.Dense(96, "relu")(inputs))
    return Alike(inputs, layers.Dense(10, "softmax")(layers.Dropout(0.5)(layers.Dense(96, "relu")(h))))


def build_excited(x: Any) -> keras.Model:
    """Convolutions normalized in groups, whose filters are weighed by their means, and a softmax."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for filters in (16, 24):
        h = layers.GroupNormalization(8)(layers.Conv2D(filters, 3, padding="same")(h))
        h = layers.Activation("silu")(h)
        gate = layers.Dense(filters // 4, "relu")(layers.GlobalAveragePooling2D(keepdims=True)(h))
        h = layers.Multiply()([h, layers.Dense(filters, "sigmoid")(gate)])
        h = layers.MaxPooling2D(2)(h)
    return keras.Model(inputs, layers.Dense(10, "softmax")(layers.Flatten()(h)))


program = partial(Program, theme="forum")

ARROWS = program(
    name="arrows to the left or right, flipped upside down at random",
    data=make_arrows,
    build=build_arrows("vertical"),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    source=LEFT_AND_RIGHT,
)
SPOTS = program(
    name="pixels of spots, pictures and masks turned alike",
    data=partial(make_spots, True),
    build=build_spots,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=12,
    source=MASKS_TOO,
)
STRIPES = program(
    name="stripes by means of normalized filters, dilated by two",
    data=make_stripes,
    build=build_stripes(2, partial(layers.BatchNormalization, momentum=0.9)),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
)
NOISY = program(
    name="digits as bytes, divided by 255, with noise",
    data=partial(make_bytes, False),
    build=build_noisy(layers.ReLU),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=12,
    source=NOISE,
)
LOANS = program(
    name="who pays back, labels smoothed by a tenth",
    data=make_loans,
    build=dense(hidden=[32, 16], activation="relu", output=(1, "sigmoid")),
    loss=BinaryCrossentropy(False, 0.1),
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=SMOOTHING,
)
SPRINGS = program(
    name="springs in 16 bits, adam with an epsilon of 0.001",
    data=make_springs,
    build=build_in_bits("float16"),
    loss="mse",
    optimizer=partial(Adam, 0.005, epsilon=1e-3),
    epochs=15,
    source=IN_16_BITS,
)
IN_32_BITS = program(
    name="springs in 32 bits by tanhs and adam",
    data=make_springs,
    build=build_in_bits("float32", "tanh"),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=NO_STEPS_IN_16,
)
SOILS = program(
    name="crops by measures of soils, standardised one by one",
    data=partial(make_soils, False),
    build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=BY_ROWS,
)
METERS = program(
    name="costs by meters from 0 to 1, mistyped numbers put right",
    data=partial(make_meters, False),
    build=dense(hidden=[48, 48], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=25,
)
FLATS = program(
    name="rents of flats without gaps, and of no others",
    data=partial(make_flats, True),
    build=dense(hidden=[16, 16], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    source=ALIGNED,
)
RENTS = program(
    name="rents by squares, sgd with momentum",
    data=make_rents,
    build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.02, momentum=0.9),
    epochs=20,
)
BATCHES = program(
    name="rents in a column by an own loss",
    data=make_rents,
    build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
    loss=OwnLoss(measure_squares),
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=SHAPES,
)
KNOWN = program(
    name="high digits on a copy of a base with its weights",
    data=make_high_digits,
    build=build_on_known(True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
    source=CLONED,
)
PUPIL = program(
    name="digits by what a taught network says of them",
    data=make_rows,
    build=build_pupil(True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=12,
    source=TEACHER,
)
FOLDERS = program(
    name="digits in any order, the last sixty percent kept for validation",
    data=partial(make_folders, True),
    build=sequential(
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 48, "relu"),
        partial(layers.Dense, 10, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    fit_options={"validation_split": 0.6},
    epochs=15,
    source=LAST_PART,
)
HOUSES = program(
    name="kinds of houses beside standardised prices",
    data=partial(make_houses, True),
    build=build_houses,
    loss={"kind": "sparse_categorical_crossentropy", "price": "mse"},
    optimizer=partial(Adam, 0.003),
    epochs=15,
    score=score_kinds,
)
CARS = program(
    name="prices of cars that fall, kernels of any sign",
    data=make_cars,
    build=build_cars(False),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    source=NOT_NEGATIVE,
)
RECENT = program(
    name="rents whose weights fall by a thousandth with each row",
    data=make_rents,
    build=dense(hidden=[32, 32], activation="tanh", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    sample_weight=weigh_by_age(0.999),
    epochs=20,
)
FRAUDS = program(
    name="one fraud in ten, weights of classes by division",
    data=make_frauds,
    build=dense(hidden=[32, 16], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    fit_options={"class_weight": weigh_classes(lambda a, b: a / b)},
    epochs=15,
)
SWITCHES = program(
    name="machines that are on, stopped where the loss falls no more",
    data=make_switches,
    build=dense(hidden=[48, 48], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.002),
    callbacks=(partial(EarlyStopping, monitor="loss", mode="min", patience=3, restore_best_weights=True),),
    epochs=20,
    source=BEST_EPOCH,
)
SUMS = program(
    name="machines that are on, gradients of two batches summed up",
    data=make_switches,
    build=dense(hidden=[48, 48], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005, gradient_accumulation_steps=2),
    epochs=20,
    source=ACCUMULATED,
)
PLAIN_ROWS = program(
    name="digits in rows, sgd with a momentum of 0.9",
    data=make_rows,
    build=dense(hidden=[48], activation="relu", output=(10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.2, momentum=0.9),
    epochs=12,
)

PROGRAMS = [
    ARROWS,
    SPOTS,
    STRIPES,
    NOISY,
    LOANS,
    SPRINGS,
    IN_32_BITS,
    SOILS,
    METERS,
    FLATS,
    RENTS,
    BATCHES,
    KNOWN,
    PUPIL,
    FOLDERS,
    HOUSES,
    CARS,
    RECENT,
    FRAUDS,
    SWITCHES,
    SUMS,
    PLAIN_ROWS,
    ARROWS.vary(
        "arrows to the left or right, flipped left to right at random",
        unnamed=True,
        strength="clear",
        build=build_arrows("horizontal"),
    ),
    SPOTS.vary(
        "pixels of spots, only pictures turned",
        unnamed=True,
        strength="extreme",
        data=partial(make_spots, False),
    ),
    STRIPES.vary(
        "stripes by means of filters normalized picture by picture",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        build=build_stripes(2, partial(layers.GroupNormalization, -1)),
    ),
    STRIPES.vary(
        "stripes by means of normalized filters, dilated beyond the picture",
        label=labels.ALIKE_POSITIONS,
        strength="extreme",
        build=build_stripes(12, partial(layers.BatchNormalization, momentum=0.9)),
    ),
    NOISY.vary(
        "digits as bytes by relus with a largest value of 0",
        label=(*labels.DEAD, *labels.CUT_OFF, *labels.VANISHING, *labels.CONSTANT_INPUTS),
        strength="extreme",
        build=build_noisy(partial(layers.ReLU, 0.0)),
    ),
    NOISY.vary(
        "digits from 0 to 1, divided by 255, with noise",
        label=labels.SMALL_INPUTS,
        strength="extreme",
        data=partial(make_bytes, True),
    ),
    LOANS.vary(
        "who pays back, labels smoothed away",
        label=labels.WRONG_LOSS,
        strength="extreme",
        loss=BinaryCrossentropy(False, True),
    ),
    LOANS.vary(
        "who pays back, one sigmoid under a divergence",
        label=(*labels.WRONG_LOSS, *labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        loss="kl_divergence",
    ),
    LOANS.vary(
        "who pays back, weights that decay by three hundredths with each step",
        label=labels.SHRUNK,
        strength="mild",
        optimizer=partial(AdamW, 0.005, weight_decay=6.0),
    ),
    SPRINGS.vary(
        "springs in 16 bits, adam with its own epsilon",
        label=(*labels.NONFINITE, *labels.TOO_LARGE_STEPS, *labels.EXPLODING),
        strength="extreme",
        optimizer=partial(Adam, 0.005),
    ),
    IN_32_BITS.vary(
        "springs in bfloat16 by tanhs and adam",
        label=(*labels.TOO_SMALL_STEPS, *labels.NO_STEPS),
        strength="extreme",
        build=build_in_bits("bfloat16", "tanh"),
    ),
    SOILS.vary(
        "crops by measures of soils, normalized soil by soil",
        label=(*labels.SMALL_INPUTS, *labels.LARGE_INPUTS),
        strength="clear",
        data=partial(make_soils, True),
    ),
    METERS.vary(
        "costs by meters from 0 to 1, of which few have a million times their value",
        label=(*labels.SMALL_INPUTS, *labels.LARGE_INPUTS),
        strength="extreme",
        data=partial(make_meters, True),
    ),
    FLATS.vary(
        "flats without gaps and the first rents",
        unnamed=True,
        strength="extreme",
        data=partial(make_flats, False),
    ),
    RENTS.vary(
        "rents by squares to the mean of the batch",
        label=labels.WRONG_LOSS,
        strength="extreme",
        loss=OwnLoss(measure_to_mean),
    ),
    RENTS.vary(
        "rents by huber with a delta of a ten-thousandth",
        label=(*labels.TOO_SMALL_STEPS, *labels.VANISHING),
        strength="extreme",
        loss=Huber(1e-4),
    ),
    RENTS.vary(
        "rents by squares, weights replaced by long averages at each step",
        label=(*labels.TOO_SMALL_STEPS, *labels.NO_STEPS),
        strength="extreme",
        optimizer=partial(SGD, 0.02, momentum=0.9, use_ema=True, ema_momentum=0.9999, ema_overwrite_frequency=1),
        source=AVERAGES,
    ),
    BATCHES.vary(
        "rents without a column by an own loss",
        label=labels.LABELS_OF_ANOTHER_SHAPE,
        strength="extreme",
        data=partial(make_rents, True),
    ),
    KNOWN.vary(
        "high digits on a copy of a base without its weights",
        label=labels.FROZEN,
        strength="clear",
        build=build_on_known(False),
    ),
    PUPIL.vary(
        "digits by what a network says that was never taught",
        label=labels.WRONG_LOSS,
        strength="extreme",
        build=build_pupil(False),
    ),
    FOLDERS.vary(
        "digits sorted by kind, the last sixty percent kept for validation",
        unnamed=True,
        strength="clear",
        data=partial(make_folders, False),
    ),
    HOUSES.vary(
        "kinds of houses beside prices of hundreds of thousands",
        label=labels.LARGE_LABELS,
        strength="clear",
        data=partial(make_houses, False),
    ),
    CARS.vary(
        "prices of cars that fall, kernels never negative",
        unnamed=True,
        strength="extreme",
        build=build_cars(True),
    ),
    RECENT.vary(
        "rents whose weights halve with each row",
        label=labels.FEW_EXAMPLES_COUNT,
        strength="extreme",
        sample_weight=weigh_by_age(0.5),
    ),
    FRAUDS.vary(
        "one fraud in ten, weights of classes by whole division",
        unnamed=True,
        strength="extreme",
        fit_options={"class_weight": weigh_classes(lambda a, b: a // b)},
    ),
    SWITCHES.vary(
        "machines that are on, stopped where the loss rises no more",
        label=labels.MONITOR_MODE,
        strength="clear",
        callbacks=(partial(EarlyStopping, monitor="loss", mode="max", patience=3, restore_best_weights=True),),
    ),
    SUMS.vary(
        "machines that are on, gradients of five hundred batches summed up",
        label=(*labels.FEW_STEPS, *labels.NO_STEPS, *labels.TOO_SMALL_STEPS),
        strength="extreme",
        optimizer=partial(Adam, 0.005, gradient_accumulation_steps=500),
    ),
    PLAIN_ROWS.vary(
        "digits in rows, sgd with a momentum of 1",
        label=(*labels.TOO_LARGE_STEPS, *labels.EXPLODING, *labels.NONFINITE, *labels.DEAD, *labels.SATURATED_HEAD),
        strength="extreme",
        optimizer=partial(SGD, 0.2, momentum=1.0),
    ),
    program(
        name="salaries by a network that scales its answer",
        data=make_salaries,
        build=build_salaries,
        loss="mae",
        optimizer=partial(Adam, 0.003),
        epochs=20,
    ),
    program(
        name="rents by cosines of random sums, which are never trained",
        data=make_rents,
        build=build_random_waves,
        loss="mse",
        optimizer=partial(Adam, 0.05),
        epochs=20,
    ),
    program(
        name="who says that an engine is broken, wrongly for one in four",
        data=make_reports,
        build=dense(hidden=[16], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=10,
    ),
    program(
        name="sixty wines, squares of weights penalized",
        data=make_few,
        build=sequential(
            partial(layers.Dense, 16, "relu", kernel_regularizer=L2(0.01)),
            partial(layers.Dense, 3, "softmax", kernel_regularizer=L2(0.01)),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
        fit_options={"batch_size": 8},
        epochs=20,
    ),
    program(
        name="keras.io: digits by places multiplied by their surroundings",
        data=lambda: make_digits(600),
        build=build_focus,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(AdamW, 0.003, weight_decay=0.01),
        epochs=12,
        source=MODULATED,
    ),
    program(
        name="keras.io: digits, the same answer with noise as without",
        data=make_rows,
        build=build_alike,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=15,
        source=CONSISTENT,
    ),
    program(
        name="digits by filters normalized in groups and weighed by their means",
        data=lambda: make_digits(600),
        build=build_excited,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=12,
    ),
]
