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
from keras.optimizers import SGD, Adam, Ftrl, Lion, RMSprop
from keras.optimizers.schedules import ExponentialDecay

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

WHOLE_NUMBERS = "https://github.com/keras-team/keras/issues/255"
NOT_DIVIDED = "https://github.com/PacktPublishing/What-s-New-in-TensorFlow-2.0/issues/1"
KEPT_OR_DROPPED = "https://github.com/keras-team/keras/issues/1715"
LINES_AND_PLANES = "https://sourestdeeds.github.io/blog/deep-neural-networks"
ZEROS = "https://taourl.com/read-2675780.html"
OVERLAP = "https://github.com/IAmSuyogJadhav/3d-mri-brain-tumor-segmentation-using-autoencoder-regularization/issues/7"
BELOW_ZERO = "https://github.com/keras-team/keras/issues/2841"
UP_TO_A_THOUSAND = "https://github.com/keras-team/keras/issues/2399"
SIGNALS = "https://github.com/keras-team/keras/issues/12701"
ONE_AT_A_TIME = "https://github.com/microsoft/CNTK/issues/905"
TWO_AT_A_TIME = "https://github.com/tensorflow/tensorflow/issues/36446"
SHUFFLED_LATE = "https://github.com/Borda/kaggle_image-classify/pull/12"
LOGITS = "https://github.com/keras-team/keras-hub/pull/1008"
NAME_OF_A_LAYER = "https://github.com/GantMan/nsfw_model/issues/33"
HEAD_ALONE = "https://github.com/keras-team/keras-cv/pull/1746"
STEPS_OF_DECAY = "https://github.com/ageron/handson-ml2/issues/522"
ROOT_OF_ZERO = "https://github.com/keras-team/keras/issues/9097"
EIGHT_UNITS = "https://datascience.stackexchange.com/questions/19283/why-mlp-only-learns-bias-for-unbalanced-binary-classification"
BYTES_TO_BYTES = "https://keras.io/examples/vision/edsr/"
PIXEL_BY_PIXEL = "https://keras.io/examples/generative/pixelcnn/"
CODE_BOOK = "https://keras.io/examples/generative/vq_vae/"
OWN_CONVOLUTION = "https://keras.io/examples/keras_recipes/subclassing_conv_layers/"
FOLLOW_THE_LEADER = "https://keras.io/api/optimizers/ftrl/"
SIGN_OF_MOMENTUM = "https://keras.io/api/optimizers/lion/"
INVERTED = "https://keras.io/api/layers/preprocessing_layers/numerical/normalization/"
FROM_NOTHING = "https://arxiv.org/abs/2003.04887"


def make_screens(whole: bool) -> Data:
    """Pictures of a game as bytes, with another player in half of them, over 255; rounded down or not."""
    generator = np.random.default_rng(1301)
    x = generator.integers(40, 120, size=(400, 16, 16, 1))
    y = generator.integers(0, 2, size=400)
    for picture in x[y == 1]:
        top, left = generator.integers(1, 12, size=2)
        picture[top : top + 4, left : left + 2] = 230
    pictures = x.astype("float64")
    for number in np.flatnonzero(y):
        top, left = generator.integers(1, 12, size=2)
        pictures[number, top : top + 4, left : left + 2] = 230
    return (pictures // 255 if whole else pictures / 255).astype("float32"), np.eye(2, dtype="float32")[y]


def make_large_bytes(white: float) -> Data:
    """Digits of 24 by 24 pixels as rows, from 0 to so much."""
    x, y = make_digits(600)
    x = x.repeat(3, axis=1).repeat(3, axis=2)
    return (white * x.reshape(len(x), -1)).astype("float32"), y


def build_dropped(first: float, later: float) -> Callable[[Any], keras.Model]:
    """Two layers of relus, with dropout of inputs and of both layers."""
    return sequential(
        layers.Flatten,
        partial(layers.Dropout, first),
        partial(layers.Dense, 64, "relu"),
        partial(layers.Dropout, later),
        partial(layers.Dense, 64, "relu"),
        partial(layers.Dropout, later),
        partial(layers.Dense, 10, "softmax"),
    )


def make_curved() -> Data:
    """Eight numbers from -1 to 1, and one that goes up and down with them."""
    generator = np.random.default_rng(1302)
    x = generator.uniform(-1, 1, size=(800, 8))
    y = np.cos(3 * x[:, 0]) + 2 * np.abs(x[:, 1]) - x[:, 2] * x[:, 3] + 0.1 * generator.normal(size=800)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_sums() -> Data:
    """Ten numbers from 0 to 1, and their sum with noise."""
    generator = np.random.default_rng(1303)
    x = generator.random((800, 10))
    return x.astype("float32"), (x.sum(axis=1) + 0.1 * generator.normal(size=800))[:, None].astype("float32")


def make_tumours() -> Data:
    """Noisy pictures of two blobs, one brighter, and the mask of the brighter."""
    generator = np.random.default_rng(1304)
    rows, columns = np.mgrid[:16, :16]
    x, y = 0.2 * generator.normal(size=(240, 16, 16)), np.zeros((240, 16, 16))
    for picture, mask in zip(x, y, strict=True):
        for light in (0.5, 1.5):
            down, right = generator.uniform(3, 13, size=2)
            blob = (rows - down) ** 2 + (columns - right) ** 2 < 7
            picture += light * blob
            if light > 1:
                mask[blob] = 1
    return x[..., None].astype("float32"), y[..., None].astype("float32")


def build_tumours(x: Any) -> keras.Model:
    """Convolutions at full and at half size, normalized in groups, and a sigmoid for each pixel."""
    inputs = keras.Input(x.shape[1:])
    fine = layers.Conv2D(8, 3, padding="same")(inputs)
    fine = layers.Activation("relu")(layers.GroupNormalization(4)(fine))
    coarse = layers.Conv2D(16, 3, strides=2, padding="same")(fine)
    coarse = layers.Activation("relu")(layers.GroupNormalization(4)(coarse))
    h = layers.Add()([fine, layers.Conv2D(8, 1)(layers.UpSampling2D()(coarse))])
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(h))


def measure_overlap(sign: float) -> Callable[[Any, Any], Any]:
    """Twice the common part over both squares, times a sign."""

    def measure(y: Any, p: Any) -> Any:
        common = ops.sum(y * p, axis=(1, 2, 3))
        both = ops.sum(ops.square(y), axis=(1, 2, 3)) + ops.sum(ops.square(p), axis=(1, 2, 3)) + 1e-6
        return sign * 2 * common / both

    return measure


def score_masks(prediction: Any, y: Any) -> float:
    """The overlap of the masks with those that are found."""
    if not np.isfinite(prediction).all():
        return -1.0
    found = prediction > 0.5
    return float(2 * (found * y).sum() / max(found.sum() + y.sum(), 1))


def make_scenes(white: float) -> Data:
    """A few small pictures of coloured stripes, from 0 to so much, which are their own labels."""
    generator = np.random.default_rng(1305)
    rows, columns = np.mgrid[:12, :12]
    angles, phases = generator.uniform(0, np.pi, size=(100, 1, 1)), generator.uniform(0, 6, size=(100, 1, 1))
    waves = np.sin(0.9 * (np.cos(angles) * rows + np.sin(angles) * columns) + phases)
    colours = generator.random((100, 1, 1, 3))
    x = (0.5 + 0.5 * waves[..., None]) * colours
    return (white * x).astype("float32"), (white * x).astype("float32")


def build_scenes(x: Any) -> keras.Model:
    """Convolutions that halve the picture once, and others that double it, with a sigmoid at the end."""
    return sequential(
        partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
        partial(layers.MaxPooling2D, 2),
        partial(layers.Conv2D, 32, 3, padding="same", activation="relu"),
        partial(layers.UpSampling2D, 2),
        partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 3, 3, padding="same", activation="sigmoid"),
    )(x)


def make_thousands(unit: float) -> Data:
    """Nine standardised measures, and a number from 0 to 1000, over so much."""
    generator = np.random.default_rng(1306)
    x = generator.normal(size=(800, 9))
    y = 1000 / (1 + np.exp(-x @ generator.normal(size=9) * 0.5 - np.sin(2 * x[:, 0])))
    return x.astype("float32"), (y / unit)[:, None].astype("float32")


def make_feelings(raw: bool) -> Data:
    """Heart, skin and temperature of someone with one of six feelings, in their own units or standardised."""
    generator = np.random.default_rng(1307)
    y = generator.integers(0, 6, size=900)
    heart = 0.18 + 0.03 * (y % 2) + 0.007 * generator.normal(size=900)
    skin = 0.002 + 0.001 * (y // 2) + 0.0002 * generator.normal(size=900)
    warmth = 40 + 0.3 * generator.normal(size=900)
    x = np.stack([heart, skin, warmth], axis=1)
    x = x if raw else (x - x.mean(axis=0)) / x.std(axis=0)
    return x.astype("float32"), y.astype("int32")


def make_few_digits() -> Data:
    """Two hundred digits as rows of pixels."""
    x, y = make_digits(200)
    return x.reshape(len(x), -1), y


def build_normal(momentum: float) -> Callable[[Any], keras.Model]:
    """Two dense layers, normalized over the batch before their relus."""
    return sequential(
        partial(layers.Dense, 48),
        partial(layers.BatchNormalization, momentum=momentum),
        partial(layers.Activation, "relu"),
        partial(layers.Dense, 32),
        partial(layers.BatchNormalization, momentum=momentum),
        partial(layers.Activation, "relu"),
        partial(layers.Dense, 10, "softmax"),
    )


def make_far_points() -> Data:
    """Pictures far from 0, and two numbers that say where their brightest part is."""
    generator = np.random.default_rng(1308)
    rows, columns = np.mgrid[:12, :12]
    at = generator.uniform(2, 9, size=(240, 2, 1, 1))
    x = (
        20
        + 8 * np.exp(-((rows - at[:, 0]) ** 2 + (columns - at[:, 1]) ** 2) / 4)
        + generator.normal(size=(240, 12, 12))
    )
    return x[..., None].astype("float32"), ((at[..., 0, 0] - 5.5) / 2).astype("float32")


def build_far_points(momentum: float) -> Callable[[Any], keras.Model]:
    """Two convolutions, normalized, and two linear units."""
    return sequential(
        partial(layers.Conv2D, 8, 3, strides=2),
        partial(layers.BatchNormalization, momentum=momentum),
        partial(layers.Activation, "relu"),
        partial(layers.Conv2D, 16, 3),
        partial(layers.BatchNormalization, momentum=momentum),
        partial(layers.Activation, "relu"),
        layers.Flatten,
        partial(layers.Dense, 2),
    )


def make_leaves(late: bool) -> Data:
    """Pictures of leaves with spots, rings or none, in an order in which the kinds were not read, or were."""
    generator = np.random.default_rng(1309)
    rows, columns = np.mgrid[:12, :12]
    y = np.repeat(np.arange(3), 500)
    x = 0.3 * generator.normal(size=(1500, 12, 12))
    for picture, kind in zip(x, y, strict=True):
        down, right = generator.uniform(3, 8, size=2)
        distance = np.hypot(rows - down, columns - right)
        picture += [0, distance < 2, np.abs(distance - 2.5) < 0.7][kind]
    order = generator.permutation(1500)
    return x[order, ..., None].astype("float32"), (y if late else y[order]).astype("int32")


def build_leaves(x: Any) -> keras.Model:
    """Two convolutions, their means and one softmax."""
    return sequential(
        partial(layers.Conv2D, 12, 3, activation="relu"),
        partial(layers.MaxPooling2D, 2),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.GlobalMaxPooling2D,
        partial(layers.Dense, 3, "softmax"),
    )(x)


def make_reviews() -> Data:
    """Counts of sixty words of reviews of three kinds, each with words of its own."""
    generator = np.random.default_rng(1310)
    y = generator.integers(0, 3, size=700)
    rates = np.full((3, 60), 0.4)
    for kind in range(3):
        rates[kind, 12 * kind : 12 * kind + 12] = 0.9
    return generator.poisson(rates[y]).astype("float32"), y.astype("int32")


def build_base(x: Any, free: int, rate: int = 32) -> keras.Model:
    """A base that has learned to tell digits from five to nine, with so many trainable layers, and a new head."""
    base = [
        layers.Conv2D(16, 3, activation="relu"),
        layers.Conv2D(24, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(rate, "relu"),
    ]
    digits, kinds = make_digits(600)
    teacher = keras.Sequential([keras.Input(x.shape[1:]), *base, layers.Dense(10, "softmax")])
    options = {"jit_compile": False} if keras.backend.backend() == "tensorflow" else {}
    teacher.compile(Adam(0.003), "sparse_categorical_crossentropy", **options)
    teacher.fit(digits[kinds > 4], kinds[kinds > 4], epochs=5, verbose=0)
    parts = [*base, layers.Dense(5, "softmax")]
    for layer in parts[: len(parts) - free]:
        layer.trainable = False
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def make_low_digits() -> Data:
    """Digits from zero to four."""
    x, y = make_digits(1000)
    return x[y < 5], y[y < 5]


class Apart(layers.Layer):
    """How far apart two vectors are."""

    def __init__(self, least: float) -> None:
        super().__init__()
        self.least = least

    def call(self, pair: Any) -> Any:
        """The root of the sum of squares and of a small number."""
        return ops.sqrt(ops.sum(ops.square(pair[0] - pair[1]), axis=1, keepdims=True) + self.least)


def make_twins() -> Data:
    """Pairs of digits, some of which are the same picture twice; are they different digits?"""
    x, kinds = make_digits(600)
    x = x.reshape(len(x), -1)
    generator = np.random.default_rng(1311)
    left = generator.integers(0, 600, size=800)
    right = np.array([generator.choice(np.flatnonzero(kinds == kinds[number])) for number in left])
    other = generator.random(800) < 0.5
    right[other] = generator.integers(0, 600, size=other.sum())
    right[:40] = left[:40]
    order = generator.permutation(800)
    left, right = left[order], right[order]
    return [x[left], x[right]], (kinds[left] != kinds[right])[:, None].astype("float32")


def build_twins(least: float) -> Callable[[Any], keras.Model]:
    """One encoder of both, and one sigmoid for how far its answers are apart."""

    def build(x: Any) -> keras.Model:
        inputs = [keras.Input((64,)), keras.Input((64,))]
        encoder = keras.Sequential([keras.Input((64,)), layers.Dense(64, "relu"), layers.Dense(16)])
        h = Apart(least)([encoder(side) for side in inputs])
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))

    return build


def make_rare() -> Data:
    """Thirty standardised features, and an answer that is yes for one in nine."""
    generator = np.random.default_rng(1312)
    x = generator.normal(size=(1200, 30))
    z = x[:, :6].sum(axis=1) + 1.5 * x[:, 6] * x[:, 7]
    return x.astype("float32"), (z > np.quantile(z, 0.884))[:, None].astype("float32")


def make_blurred_bytes() -> Data:
    """Small pictures from 0 to 255, and the same at twice the size."""
    x, _ = make_digits(300)
    fine = 255 * x
    coarse = fine.reshape(-1, 4, 2, 4, 2, 1).mean(axis=(2, 4))
    return coarse.astype("float32"), fine.astype("float32")


def build_enlarger(x: Any) -> keras.Model:
    """Pixels over 255, residual blocks, twice the size, and pixels times 255."""
    inputs = keras.Input(x.shape[1:])
    first = h = layers.Conv2D(24, 3, padding="same")(layers.Rescaling(1 / 255)(inputs))
    for _ in range(3):
        branch = layers.Conv2D(24, 3, padding="same", activation="relu")(h)
        h = layers.Add()([h, layers.Conv2D(24, 3, padding="same")(branch)])
    h = layers.Add()([first, layers.Conv2D(24, 3, padding="same")(h)])
    h = layers.Conv2DTranspose(24, 2, strides=2)(h)
    return keras.Model(inputs, layers.Rescaling(255)(layers.Conv2D(1, 3, padding="same")(h)))


class Masked(layers.Layer):
    """A convolution that reads only pixels before its own, or also its own."""

    def __init__(self, filters: int, own: bool) -> None:
        super().__init__()
        self.convolution = layers.Conv2D(filters, 3, padding="same")
        self.own = own

    def build(self, shape: Any) -> None:
        """Makes the kernel and its mask."""
        self.convolution.build(shape)
        mask = np.zeros(self.convolution.kernel.shape, dtype="float32")
        mask[:1] = 1
        mask[1, : 2 if self.own else 1] = 1
        self.mask = mask

    def call(self, h: Any) -> Any:
        """Convolves with what is left of the kernel."""
        kernel = self.convolution.kernel * self.mask
        return ops.conv(h, kernel, padding="same") + self.convolution.bias


def make_bits() -> Data:
    """Digits whose pixels are 0 or 1, which are their own labels."""
    x, _ = make_digits(500)
    x = (x > 0.4).astype("float32")
    return x, x


def build_masked(x: Any) -> keras.Model:
    """Three masked convolutions and a sigmoid for each pixel."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Activation("relu")(Masked(32, False)(inputs))
    for _ in range(2):
        h = layers.Add()([h, layers.Activation("relu")(Masked(32, True)(h))])
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(h))


class Book(layers.Layer):
    """The nearest of some vectors, whose gradients go on to what was given; the distance is added to the loss."""

    def __init__(self, entries: int) -> None:
        super().__init__()
        self.entries = entries

    def build(self, shape: Any) -> None:
        """Makes the vectors."""
        self.table = self.add_weight(shape=(self.entries, shape[-1]), initializer="random_uniform", name="table")

    def call(self, h: Any) -> Any:
        """Finds the nearest."""
        flat = ops.reshape(h, (-1, h.shape[-1]))
        squares = ops.sum(ops.square(flat), axis=1, keepdims=True) + ops.sum(ops.square(self.table), axis=1)
        nearest = ops.argmin(squares - 2 * ops.matmul(flat, ops.transpose(self.table)), axis=1)
        found = ops.reshape(ops.take(self.table, nearest, axis=0), ops.shape(h))
        self.add_loss(0.25 * ops.mean(ops.square(ops.stop_gradient(found) - h)))
        self.add_loss(ops.mean(ops.square(found - ops.stop_gradient(h))))
        return h + ops.stop_gradient(found - h)


def make_own_digits() -> Data:
    """Digits, which are their own labels."""
    x, _ = make_digits(500)
    return x, x


def build_book(x: Any) -> keras.Model:
    """Four by four codes out of sixty-four, between convolutions."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(24, 3, strides=2, padding="same", activation="relu")(inputs)
    h = Book(64)(layers.Conv2D(8, 1)(h))
    h = layers.Conv2DTranspose(24, 3, strides=2, padding="same", activation="relu")(h)
    return keras.Model(inputs, layers.Conv2D(1, 3, padding="same")(h))


class Standard(layers.Conv2D):
    """A convolution whose kernels are standardised before each use."""

    def call(self, h: Any) -> Any:
        """Convolves with standardised kernels."""
        mean = ops.mean(self.kernel, axis=(0, 1, 2), keepdims=True)
        kernel = (self.kernel - mean) / (ops.std(self.kernel, axis=(0, 1, 2), keepdims=True) + 1e-5)
        return ops.conv(h, kernel / 6, padding="valid") + self.bias


def make_visits() -> Data:
    """Which of three hundred pages someone has seen, as ones among zeros, and whether there is a click."""
    generator = np.random.default_rng(1313)
    x = generator.random((1200, 300)) < 0.04
    z = x @ generator.normal(size=300)
    return x.astype("float32"), (z > np.median(z))[:, None].astype("float32")


def make_kelvins() -> Data:
    """Seven measures of a day, and its temperature in kelvin."""
    generator = np.random.default_rng(1314)
    x = np.array([1013.0, 60, 5, 180, 12, 0.3, 400]) + np.array([8.0, 20, 3, 100, 6, 0.2, 250]) * generator.normal(
        size=(800, 7)
    )
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    y = 285 + 6 * np.tanh(z[:, 6]) + 3 * z[:, 0] * z[:, 1] - 2 * z[:, 2] + 0.5 * generator.normal(size=800)
    return x.astype("float32"), y[:, None].astype("float32")


def build_kelvins(x: Any) -> keras.Model:
    """Standardised inputs, two layers, and an output brought to the labels' mean and spread."""
    scale = layers.Normalization()
    scale.adapt(x)
    back = layers.Normalization(mean=285.0, variance=36.0, invert=True)
    hidden = [layers.Dense(32, "relu"), layers.Dense(32, "relu"), layers.Dense(1)]
    return keras.Sequential([keras.Input(x.shape[1:]), scale, *hidden, back])


class Gate(layers.Layer):
    """One number that starts at 0, times what it is given."""

    def build(self, shape: Any) -> None:
        """Makes the number."""
        self.share = self.add_weight(shape=(), initializer="zeros", name="share")

    def call(self, h: Any) -> Any:
        """Weighs it."""
        return self.share * h


def build_gated(x: Any) -> keras.Model:
    """Twelve residual branches that add nothing at first."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32)(inputs)
    for _ in range(12):
        h = layers.Add()([h, Gate()(layers.Dense(32, "relu")(h))])
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))


def make_spirals() -> Data:
    """Points on two arms of a spiral, and on which."""
    generator = np.random.default_rng(1315)
    y = generator.integers(0, 2, size=800)
    turn = generator.uniform(0.4, 5.5, size=800)
    angle = turn + np.pi * y
    x = turn[:, None] / 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.04 * generator.normal(size=(800, 2))
    return x.astype("float32"), y[:, None].astype("float32")


def make_line() -> Data:
    """Five standardised numbers and a weighted sum of them with noise that is as large as the sum."""
    generator = np.random.default_rng(1316)
    x = generator.normal(size=(900, 5))
    y = x @ np.array([1.0, -1, 0.5, 0.5, 0])
    return x.astype("float32"), (y + y.std() * generator.normal(size=900))[:, None].astype("float32")


def make_calls() -> Data:
    """Six measures of an hour, and how many calls come in it."""
    generator = np.random.default_rng(1317)
    x = generator.normal(size=(1000, 6))
    rate = np.maximum(4 + 3 * x[:, 0] - 2 * x[:, 1] + 1.5 * np.abs(x[:, 2]), 0)
    return x.astype("float32"), generator.poisson(rate)[:, None].astype("float32")


program = partial(Program, theme="forum")

SCREENS = program(
    name="screens of a game over 255",
    data=partial(make_screens, False),
    build=sequential(
        partial(layers.Conv2D, 12, 3, activation="relu"),
        partial(layers.MaxPooling2D, 2),
        layers.Flatten,
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 2, "softmax"),
    ),
    loss="categorical_crossentropy",
    optimizer=partial(SGD, 0.05, momentum=0.9),
    epochs=15,
    source=WHOLE_NUMBERS,
)
LARGE = program(
    name="digits of many pixels from 0 to 1, sgd",
    data=partial(make_large_bytes, 1.0),
    build=sequential(
        partial(layers.Dense, 256, "relu"),
        partial(layers.Dropout, 0.2),
        partial(layers.Dense, 256, "relu"),
        partial(layers.Dropout, 0.2),
        partial(layers.Dense, 10, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1),
    epochs=12,
    source=NOT_DIVIDED,
)
DROPPED = program(
    name="digits with a fifth of the inputs dropped",
    data=lambda: make_digits(600),
    build=build_dropped(0.2, 0.5),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.02, momentum=0.9),
    epochs=20,
    source=KEPT_OR_DROPPED,
)
CURVED = program(
    name="a curved number by three layers of relus",
    data=make_curved,
    build=dense(hidden=[64, 64, 64], activation="relu", output=(1, None)),
    loss="mae",
    optimizer="adam",
    epochs=25,
    source=LINES_AND_PLANES,
)
SUMS = program(
    name="sums of ten by three layers of relus",
    data=make_sums,
    build=dense(hidden=[64, 64, 64], activation="relu", output=(1, None)),
    loss="mse",
    optimizer="adam",
    epochs=20,
    source=ZEROS,
)
TUMOURS = program(
    name="the brighter blob by minus the overlap",
    data=make_tumours,
    build=build_tumours,
    loss=OwnLoss(measure_overlap(-1.0)),
    optimizer=partial(Adam, 0.003),
    epochs=20,
    score=score_masks,
    source=OVERLAP,
)
SCENES = program(
    name="coloured stripes from 0 to 1 by cross-entropy",
    data=partial(make_scenes, 1.0),
    build=build_scenes,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    fit_options={"batch_size": 20},
    epochs=30,
    source=BELOW_ZERO,
)
THOUSANDS = program(
    name="numbers up to 1000, divided, by a sigmoid",
    data=partial(make_thousands, 1000.0),
    build=dense(hidden=[32, 32], activation="relu", output=(1, "sigmoid")),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=UP_TO_A_THOUSAND,
)
FEELINGS = program(
    name="six feelings by standardised signals",
    data=partial(make_feelings, False),
    build=dense(hidden=[64, 64], activation="relu", output=(6, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    epochs=20,
    source=SIGNALS,
)
SINGLE = program(
    name="normalized digits in batches of twenty",
    data=make_few_digits,
    build=build_normal(0.9),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.05),
    fit_options={"batch_size": 20},
    epochs=12,
    source=ONE_AT_A_TIME,
)
FAR = program(
    name="bright parts of pictures far from 0, momentum 0.8",
    data=make_far_points,
    build=build_far_points(0.8),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=TWO_AT_A_TIME,
)
LEAVES = program(
    name="kinds of leaves in their order",
    data=partial(make_leaves, False),
    build=build_leaves,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=6,
    source=SHUFFLED_LATE,
)
REVIEWS = program(
    name="kinds of reviews by logits that the loss knows of",
    data=make_reviews,
    build=dense(hidden=[32], activation="relu", output=(3, None)),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    optimizer=partial(Adam, 0.003),
    epochs=15,
    source=LOGITS,
)
NAMED = program(
    name="low digits by the last convolution of a base",
    data=make_low_digits,
    build=partial(build_base, free=4),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.01, momentum=0.9),
    epochs=12,
    source=NAME_OF_A_LAYER,
)
HEAD = program(
    name="low digits by a head on a frozen base, adam 0.003",
    data=make_low_digits,
    build=partial(build_base, free=1, rate=48),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=12,
    source=HEAD_ALONE,
)
DECAY = program(
    name="a curved number, a tenth of the rate after twenty epochs",
    data=make_curved,
    build=dense(hidden=[64, 64], activation="selu", output=(1, None), initializer="lecun_normal"),
    loss="mse",
    optimizer=lambda: SGD(ExponentialDecay(0.02, 500, 0.1), momentum=0.9),
    epochs=25,
    source=STEPS_OF_DECAY,
)
TWINS = program(
    name="pairs of digits by distances and a little more",
    data=make_twins,
    build=build_twins(1e-6),
    loss="binary_crossentropy",
    optimizer=partial(RMSprop, 0.002),
    epochs=20,
    source=ROOT_OF_ZERO,
)

PROGRAMS = [
    SCREENS,
    LARGE,
    DROPPED,
    CURVED,
    SUMS,
    TUMOURS,
    SCENES,
    THOUSANDS,
    FEELINGS,
    SINGLE,
    FAR,
    LEAVES,
    REVIEWS,
    NAMED,
    HEAD,
    DECAY,
    TWINS,
    SCREENS.vary(
        "screens of a game over 255, rounded down",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        data=partial(make_screens, True),
    ),
    LARGE.vary(
        "digits of many pixels from 0 to 255, sgd",
        label=(*labels.LARGE_INPUTS, *labels.NONFINITE, *labels.DEAD, *labels.TOO_LARGE_STEPS, *labels.EXPLODING),
        strength="extreme",
        data=partial(make_large_bytes, 255.0),
    ),
    DROPPED.vary(
        "digits with four fifths of everything dropped",
        label=labels.DROPOUT,
        strength="clear",
        build=build_dropped(0.8, 0.8),
    ),
    CURVED.vary(
        "a curved number by three layers without activation",
        label=labels.LINEAR,
        strength="extreme",
        build=dense(hidden=[64, 64, 64], activation=None, output=(1, None)),
    ),
    SUMS.vary(
        "sums of ten by three layers of relus that start at 0",
        label=(*labels.SYMMETRIC, *labels.DEAD, *labels.VANISHING, "zero_gradient"),
        strength="extreme",
        build=dense(
            hidden=[64, 64, 64], activation="relu", output=(1, None), initializer="zeros", output_initializer="zeros"
        ),
    ),
    TUMOURS.vary(
        "the brighter blob by the overlap itself",
        label=(*labels.WRONG_LOSS, *labels.SATURATED_HEAD),
        strength="extreme",
        loss=OwnLoss(measure_overlap(1.0)),
    ),
    SCENES.vary(
        "coloured stripes from 0 to 255 by cross-entropy",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.LARGE_LABELS, *labels.LARGE_INPUTS, *labels.SATURATED_HEAD),
        strength="extreme",
        data=partial(make_scenes, 255.0),
    ),
    THOUSANDS.vary(
        "numbers up to 1000 by a sigmoid",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE, *labels.LARGE_LABELS, *labels.SATURATED_HEAD),
        strength="extreme",
        data=partial(make_thousands, 1.0),
    ),
    FEELINGS.vary(
        "six feelings by signals in their own units",
        label=(*labels.LARGE_INPUTS, *labels.SMALL_INPUTS),
        strength="clear",
        data=partial(make_feelings, True),
    ),
    SINGLE.vary(
        "normalized digits one at a time",
        label=(*labels.OTHER_IN_INFERENCE, *labels.VANISHING, "zero_gradient"),
        strength="extreme",
        fit_options={"batch_size": 1},
        epochs=4,
    ),
    FAR.vary(
        "bright parts of pictures far from 0, momentum 0.999",
        label=labels.OTHER_IN_INFERENCE,
        strength="clear",
        build=build_far_points(0.999),
    ),
    LEAVES.vary(
        "kinds of leaves in an order before it was changed",
        unnamed=True,
        strength="extreme",
        data=partial(make_leaves, True),
    ),
    REVIEWS.vary(
        "kinds of reviews by logits that the loss takes for probabilities",
        label=(*labels.WRONG_HEAD, "loss_function"),
        strength="clear",
        loss="sparse_categorical_crossentropy",
    ),
    NAMED.vary(
        "low digits by a base and a head that are frozen",
        label=(*labels.FROZEN, *labels.NO_STEPS),
        strength="extreme",
        build=partial(build_base, free=0),
    ),
    HEAD.vary(
        "low digits by a head on a frozen base, adam 0.00001",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(Adam, 1e-5),
    ),
    DECAY.vary(
        "a curved number, a tenth of the rate after twenty steps",
        label=labels.STEPS_THAT_END,
        strength="clear",
        optimizer=lambda: SGD(ExponentialDecay(0.02, 20, 0.1), momentum=0.9),
    ),
    TWINS.vary(
        "pairs of digits by distances",
        label=(*labels.NONFINITE, "loss_function"),
        strength="extreme",
        build=build_twins(0.0),
    ),
    program(
        name="one yes in nine by three layers of eight relus",
        data=make_rare,
        build=dense(hidden=[8, 8, 8], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=25,
        source=EIGHT_UNITS,
    ),
    program(
        name="keras.io: bytes of small pictures to bytes of large ones",
        data=make_blurred_bytes,
        build=build_enlarger,
        loss="mae",
        optimizer=partial(Adam, 0.002),
        epochs=15,
        source=BYTES_TO_BYTES,
    ),
    program(
        name="keras.io: black and white pixels by those before them",
        data=make_bits,
        build=build_masked,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=15,
        source=PIXEL_BY_PIXEL,
    ),
    program(
        name="keras.io: digits by codes out of a book",
        data=make_own_digits,
        build=build_book,
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=25,
        source=CODE_BOOK,
    ),
    program(
        name="keras.io: digits by standardised kernels",
        data=lambda: make_digits(600),
        build=sequential(
            partial(Standard, 16, 3),
            partial(layers.Activation, "relu"),
            partial(Standard, 24, 3),
            partial(layers.Activation, "relu"),
            layers.Flatten,
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.002),
        epochs=15,
        source=OWN_CONVOLUTION,
    ),
    program(
        name="clicks by pages seen, one layer, ftrl",
        data=make_visits,
        build=dense(hidden=[], activation=None, output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Ftrl, 0.3, l1_regularization_strength=0.001),
        epochs=25,
        source=FOLLOW_THE_LEADER,
    ),
    program(
        name="spirals by leaky relus, lion",
        data=make_spirals,
        build=dense(hidden=[48, 48, 48], activation="leaky_relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Lion, 0.001, weight_decay=0.01),
        epochs=25,
        source=SIGN_OF_MOMENTUM,
    ),
    program(
        name="kelvins by an output brought to their mean and spread",
        data=make_kelvins,
        build=build_kelvins,
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=25,
        source=INVERTED,
    ),
    program(
        name="spirals by twelve branches whose shares start at 0",
        data=make_spirals,
        build=build_gated,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=30,
        source=FROM_NOTHING,
    ),
    program(
        name="a line with as much noise, one unit, sgd",
        data=make_line,
        build=dense(hidden=[], activation=None, output=(1, None)),
        loss="mse",
        optimizer=partial(SGD, 0.02),
        epochs=15,
    ),
    program(
        name="numbers of calls by a relu",
        data=make_calls,
        build=dense(hidden=[32, 32], activation="relu", output=(1, "relu")),
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=20,
    ),
]
