"""Questions about networks that are good in training and bad in prediction on the same data, or the reverse.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, rates, and the form of the data. The data are made up or scikit-learn's digits.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data, make_blobs, make_digits
from labelled_programs.models import sequential
from labelled_programs.program import Program
from labelled_programs.sequence_data import make_series_classes

CHAIRS = "https://github.com/keras-team/keras/issues/6014"
MOBILE = "https://github.com/tensorflow/tensorflow/issues/36065"
ONE_AT_A_TIME = "https://github.com/petrosgk/Kaggle-Carvana-Image-Masking-Challenge/issues/4"
SITES_APART = "https://github.com/pytorch/pytorch/issues/64730"
REAL_AND_FAKE = "https://github.com/soumith/ganhacks/issues/52"
NOISE = "https://github.com/keunwoochoi/kapre/issues/35"
DROPOUT = "https://datascience.stackexchange.com/questions/18088/convolutional-layer-dropout-layer-in-keras"
AVERAGES = "https://github.com/tracel-ai/burn/issues/5402"
BACKGROUND = "https://github.com/divamgupta/image-segmentation-keras/issues/334"
THREE_IMAGES = "https://newbe.dev/resnet-100-accuracy-during-training-but-33-prediction-accuracy-with-the-same-data"

FAQ = "https://keras.io/getting_started/faq/"
RECIPE = "http://karpathy.github.io/2019/04/25/recipe/"
CLASS_WEIGHT = "https://github.com/keras-team/keras/issues/1875"
STEPS_WITHOUT_WEIGHT = "https://github.com/keras-team/keras/issues/3653"
ALWAYS_DROPPED = "https://github.com/keras-team/keras/issues/9412"


def make_chairs(examples: int = 64) -> Data:
    """Coloured pictures of two kinds of furniture, somewhere in the picture, in about equal numbers."""
    generator = np.random.default_rng(120)
    y = generator.integers(0, 2, size=examples)
    x = generator.uniform(0.6, 0.9, size=(examples, 1, 1, 3)) + 0.08 * generator.normal(size=(examples, 24, 24, 3))
    for picture, kind in zip(x, y, strict=True):
        top, left = generator.integers(1, 8, size=2)
        colour = generator.uniform(0.0, 0.4, size=3)
        if kind:  # a lamp: a shade on a thin foot
            picture[top : top + 5, left + 2 : left + 11] = colour
            picture[top + 5 : top + 15, left + 6 : left + 7] = colour
        else:  # a chair: a back, a seat and two legs
            picture[top : top + 8, left + 2 : left + 4] = colour
            picture[top + 8 : top + 10, left + 2 : left + 11] = colour
            picture[top + 10 : top + 15, left + 2 : left + 3] = colour
            picture[top + 10 : top + 15, left + 10 : left + 11] = colour
    return x.clip(0, 1).astype("float32"), y[:, None].astype("float32")


def make_exposures(examples: int = 64) -> Data:
    """Scans whose exposure differs from one to the next; the label marks the brighter half-shadow of each."""
    generator = np.random.default_rng(121)
    rows, columns = np.mgrid[:16, :16]
    centre = generator.uniform(4, 12, size=(2, examples, 1, 1))
    radius = generator.uniform(3, 5, size=(examples, 1, 1))
    inside = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2
    exposure = np.exp(generator.normal(0, 1.0, size=(examples, 1, 1)))
    x = exposure * (1.0 + 0.35 * inside + 0.08 * generator.normal(size=inside.shape))
    return x[..., None].astype("float32"), inside[..., None].astype("float32")


def make_real_beside_fake() -> Data:
    """Digits from -1 to 1 and what an untrained generator makes, in batches of one of the two kinds."""
    generator = np.random.default_rng(122)
    real = 2 * make_digits(320)[0] - 1
    hidden = np.tanh(generator.normal(size=(320, 8)) @ generator.normal(size=(8, 64)) / 4)
    fake = 0.4 * hidden.reshape(real.shape) + 0.3 * generator.normal(size=(1, 8, 8, 1))
    x = np.stack([real.reshape(10, 32, 8, 8, 1), fake.reshape(10, 32, 8, 8, 1)], axis=1).reshape(640, 8, 8, 1)
    return x.astype("float32"), np.tile(np.repeat([1.0, 0.0], 32), 10)[:, None].astype("float32")


def make_sites() -> Data:
    """Measures of two sites with instruments of unlike zero and scale, 32 rows of one and then 32 of the other."""
    generator = np.random.default_rng(128)
    x = generator.normal(size=(640, 10))
    y = (x[:, :1] - x[:, 1:2] + 0.5 * x[:, 2:3] * x[:, 3:4] > 0).astype("float32")
    second = (np.arange(640) // 32 % 2 == 1)[:, None]
    zero, scale = generator.normal(0, 4, size=(2, 10)), generator.uniform(0.3, 3, size=(2, 10))
    return np.where(second, zero[1] + scale[1] * x, zero[0] + scale[0] * x).astype("float32"), y


def make_prices() -> Data:
    """Twelve standardised measures and a price of unit scale around 2."""
    generator = np.random.default_rng(123)
    x = generator.normal(size=(640, 12))
    y = 2 + np.tanh(x[:, :1] + 0.5 * x[:, 1:2]) + 0.3 * x[:, 2:3] * x[:, 3:4]
    return x.astype("float32"), (y / y.std()).astype("float32")


def make_cells(examples: int = 200) -> Data:
    """Pictures with a few cells; the label says of each pixel whether it is background or one of two kinds of cell."""
    generator = np.random.default_rng(124)
    rows, columns = np.mgrid[:16, :16]
    kinds = np.zeros((examples, 16, 16), int)
    for kind in (1, 2):
        centre = generator.uniform(3, 13, size=(2, examples, 1, 1))
        kinds[(rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < 9] = kind
    x = np.array([0.2, 0.5, 0.8])[kinds][..., None] + 0.08 * generator.normal(size=(examples, 16, 16, 1))
    return x.astype("float32"), kinds.astype("int32")


def weigh_cells(x: Any, y: Any) -> Any:
    """Weight 0 for the background, and 1 for all cells."""
    return (y > 0).astype("float32")


def weigh_all(x: Any, y: Any) -> Any:
    """Weight 1 for every pixel."""
    return np.ones(y.shape, "float32")


def make_rare() -> Data:
    """Standardised measures; one in twelve examples is of the class that is looked for."""
    x, _ = make_blobs(960)
    signal = x[:, 0] + 0.7 * x[:, 1]
    return x, (signal > np.quantile(signal, 11 / 12)).astype("float32")[:, None]


def make_unequal_series() -> Data:
    """Series of unequal length, padded with zeros, and a number for each step."""
    generator = np.random.default_rng(125)
    x = generator.normal(size=(400, 20, 3))
    y = np.tanh(0.8 * x[:, :, :1] - 0.6 * np.roll(x[:, :, 1:2], 1, axis=1))
    there = np.arange(20)[None, :, None] < generator.integers(4, 20, size=(400, 1, 1))
    return (x * there).astype("float32"), np.where(there, y, 7.0).astype("float32")


def weigh_steps(x: Any, y: Any) -> Any:
    """Weight 0 for what is padding."""
    return (y[:, :, 0] != 7.0).astype("float32")


def score_steps(prediction: Any, y: Any) -> float:
    """The explained share of the variance of steps that are no padding."""
    there = y != 7.0
    return float(1 - ((y - prediction)[there] ** 2).mean() / y[there].var())


def make_few_images() -> Data:
    """Thirty digits of three classes."""
    x, y = make_digits(640)
    chosen = np.flatnonzero(y < 3)[:30]
    return x[chosen], y[chosen]


def build_chairs(x: Any, momentum: float) -> keras.Model:
    """Two convolutions with strides, one normalization, and a sigmoid."""
    parts = [
        layers.Conv2D(5, 4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Conv2D(10, 4, strides=2, padding="same"),
        layers.BatchNormalization(momentum=momentum),
        layers.LeakyReLU(negative_slope=0.2),
    ]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts, layers.Flatten(), layers.Dense(1, "sigmoid")])


def build_mobile(x: Any, momentum: float) -> keras.Model:
    """Three inverted bottlenecks with depthwise convolutions, each with three normalizations."""
    normalize = partial(layers.BatchNormalization, momentum=momentum, epsilon=1e-3)
    inputs = keras.Input(x.shape[1:])
    h = layers.ReLU(6.0)(normalize()(layers.Conv2D(8, 3, padding="same", use_bias=False)(inputs)))
    for strides, width in ((1, 8), (2, 16), (1, 16)):
        wide = layers.ReLU(6.0)(normalize()(layers.Conv2D(4 * h.shape[-1], 1, use_bias=False)(h)))
        deep = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(wide)
        thin = normalize()(layers.Conv2D(width, 1, use_bias=False)(layers.ReLU(6.0)(normalize()(deep))))
        h = layers.Add()([h, thin]) if h.shape == thin.shape else thin
    return keras.Model(inputs, layers.Dense(10, "softmax")(layers.GlobalAveragePooling2D()(h)))


def build_small_unet(x: Any, normalize: Any) -> keras.Model:
    """One step down and up again, with a normalization behind each convolution."""
    inputs = keras.Input(x.shape[1:])
    fine = layers.ReLU()(normalize()(layers.Conv2D(8, 3, padding="same")(inputs)))
    coarse = layers.MaxPooling2D()(fine)
    coarse = layers.ReLU()(normalize()(layers.Conv2D(16, 3, padding="same")(coarse)))
    h = layers.Concatenate()([layers.UpSampling2D()(coarse), fine])
    h = layers.ReLU()(normalize()(layers.Conv2D(8, 3, padding="same")(h)))
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(h))


def build_discriminator(x: Any) -> keras.Model:
    """Two convolutions with one normalization, as usual in front of a generator."""
    parts = [
        layers.Conv2D(16, 3, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Conv2D(32, 3, padding="same"),
        layers.BatchNormalization(momentum=0.8),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dropout(0.25),
    ]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts, layers.Flatten(), layers.Dense(1, "sigmoid")])


def build_sites(x: Any) -> keras.Model:
    """Normalizes the measures, and again behind each hidden layer."""
    parts: list[Any] = [layers.BatchNormalization(momentum=0.9)]
    for units in (64, 32):
        parts += [layers.Dense(units), layers.BatchNormalization(momentum=0.9), layers.ReLU()]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts, layers.Dense(1, "sigmoid")])


class OwnNoise(layers.Layer):
    """Adds noise in one of the two modes."""

    def __init__(self, deviation: float, in_training: bool) -> None:
        super().__init__()
        self.deviation, self.in_training = deviation, in_training
        self.seed_generator = keras.random.SeedGenerator(126)

    def call(self, x: Any, training: bool = False) -> Any:
        """Adds it, or not."""
        if bool(training) != self.in_training:
            return x
        return x + keras.random.normal(ops.shape(x), stddev=self.deviation, seed=self.seed_generator)


class LastingDropout(layers.Dropout):
    """A dropout that stays on in prediction, to see how sure the answers are."""

    def call(self, x: Any, training: bool = False) -> Any:
        """Drops in both modes."""
        return super().call(x, training=True)


class OwnDropout(layers.Layer):
    """Keeps a share of the values in training, and all of them later."""

    def __init__(self, keep: float, divide: bool) -> None:
        super().__init__()
        self.keep, self.divisor = keep, keep if divide else 1.0
        self.seed_generator = keras.random.SeedGenerator(127)

    def call(self, x: Any, training: bool = False) -> Any:
        """Drops the others."""
        if not training:
            return x
        kept = keras.random.uniform(ops.shape(x), seed=self.seed_generator) < self.keep
        return x * ops.cast(kept, x.dtype) / self.divisor


def build_residual_digits(x: Any, momentum: float = 0.99) -> keras.Model:
    """Three residual blocks of convolutions with normalizations."""
    normalize = partial(layers.BatchNormalization, momentum=momentum)
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(8, 3, padding="same")(inputs)
    for _ in range(3):
        branch = layers.ReLU()(normalize()(layers.Conv2D(8, 3, padding="same")(h)))
        branch = normalize()(layers.Conv2D(8, 3, padding="same")(branch))
        h = layers.ReLU()(layers.Add()([h, branch]))
    return keras.Model(inputs, layers.Dense(3, "softmax")(layers.GlobalAveragePooling2D()(h)))


program = partial(Program, theme="forum")

FEW_IMAGES = program(
    name="residual digits of thirty images, averages that follow quickly",
    data=make_few_images,
    build=partial(build_residual_digits, momentum=0.8),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    fit_options={"batch_size": 10},
    epochs=36,
    source=THREE_IMAGES,
)
BOTTLENECKS = program(
    name="inverted bottlenecks from scratch, momentum 0.9",
    data=partial(make_digits, 320),
    build=partial(build_mobile, momentum=0.9),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(RMSprop, 0.003),
    epochs=20,
    source=MOBILE,
)
SCANS = program(
    name="masks of scans one at a time, each normalized by itself",
    data=make_exposures,
    build=partial(build_small_unet, normalize=partial(layers.GroupNormalization, groups=-1)),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    fit_options={"batch_size": 1},
    epochs=20,
    source=ONE_AT_A_TIME,
)
SITES = program(
    name="measures of two sites, batches of both",
    data=make_sites,
    build=build_sites,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=SITES_APART,
)
NOISY = program(
    name="own noise on sounds in training",
    data=make_series_classes,
    build=sequential(
        partial(OwnNoise, 1.2, in_training=True),
        partial(layers.Conv1D, 24, 5, padding="same", activation="relu"),
        partial(layers.Conv1D, 24, 5, padding="same", activation="relu"),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 3, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=NOISE,
)
OWN_DROPOUT = program(
    name="own dropout, divided by what is kept",
    data=make_prices,
    build=sequential(
        partial(layers.Dense, 64, "relu"),
        partial(OwnDropout, 0.6, divide=True),
        partial(layers.Dense, 64, "relu"),
        partial(OwnDropout, 0.6, divide=True),
        partial(layers.Dense, 1),
    ),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=DROPOUT,
)
AVERAGED = program(
    name="weights averaged over the last steps",
    data=make_blobs,
    build=sequential(partial(layers.Dense, 48, "relu"), partial(layers.Dense, 3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003, use_ema=True, ema_momentum=0.9),
    epochs=20,
    source=AVERAGES,
)
CELLS = program(
    name="cells of two kinds and their background",
    data=make_cells,
    build=sequential(
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        partial(layers.Dense, 3, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    sample_weight=weigh_all,
    epochs=40,
    source=BACKGROUND,
)

MENDED = [FEW_IMAGES, BOTTLENECKS, SCANS, SITES, NOISY, OWN_DROPOUT, AVERAGED, CELLS]

SICK = [
    FEW_IMAGES.vary(
        "residual digits of thirty images, averages that follow slowly",
        label=labels.OTHER_IN_INFERENCE,
        strength="clear",
        build=partial(build_residual_digits, momentum=0.99),
    ),
    BOTTLENECKS.vary(
        "inverted bottlenecks from scratch, momentum 0.999",
        label=labels.OTHER_IN_INFERENCE,
        strength="extreme",
        build=partial(build_mobile, momentum=0.999),
    ),
    SCANS.vary(
        "masks of scans one at a time, normalized by moving averages",
        label=labels.OTHER_IN_INFERENCE,
        strength="clear",
        build=partial(build_small_unet, normalize=layers.BatchNormalization),
    ),
    SITES.vary(
        "measures of two sites, batches of one",
        label=labels.OTHER_IN_INFERENCE,
        strength="mild",
        fit_options={"shuffle": False},
    ),
    NOISY.vary(
        "own noise on sounds in prediction",
        label=labels.OTHER_IN_INFERENCE,
        strength="clear",
        build=sequential(
            partial(OwnNoise, 1.2, in_training=False),
            partial(layers.Conv1D, 24, 5, padding="same", activation="relu"),
            partial(layers.Conv1D, 24, 5, padding="same", activation="relu"),
            layers.GlobalAveragePooling1D,
            partial(layers.Dense, 3, "softmax"),
        ),
    ),
    OWN_DROPOUT.vary(
        "own dropout, not divided by what is kept",
        label=labels.OTHER_IN_INFERENCE,
        strength="clear",
        build=sequential(
            partial(layers.Dense, 64, "relu"),
            partial(OwnDropout, 0.6, divide=False),
            partial(layers.Dense, 64, "relu"),
            partial(OwnDropout, 0.6, divide=False),
            partial(layers.Dense, 1),
        ),
    ),
    AVERAGED.vary(
        "weights averaged over more steps than there are",
        label=labels.OTHER_IN_INFERENCE,
        strength="extreme",
        optimizer=partial(Adam, 0.003, use_ema=True, ema_momentum=0.9999),
    ),
    CELLS.vary(
        "cells of two kinds, background without weight",
        label=labels.FEW_EXAMPLES_COUNT,
        strength="extreme",
        sample_weight=weigh_cells,
    ),
]

EXAMPLES = [
    FEW_IMAGES.vary(
        "residual digits of thirty images, eight hundred steps",
        build=build_residual_digits,
        fit_options={"batch_size": 6},
        epochs=160,
    ),
    program(
        name="chairs and lamps, one normalization",
        data=make_chairs,
        build=partial(build_chairs, momentum=0.8),
        loss="binary_crossentropy",
        optimizer="adam",
        fit_options={"batch_size": 8},
        epochs=20,
        source=CHAIRS,
    ),
    program(
        name="discriminator of batches of one kind, normalization",
        data=make_real_beside_fake,
        build=build_discriminator,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.0005, beta_1=0.5),
        fit_options={"shuffle": False},
        epochs=25,
        source=REAL_AND_FAKE,
    ),
    program(
        name="dropout of a half behind each of three layers",
        data=make_blobs,
        build=sequential(
            partial(layers.GaussianNoise, 0.3),
            partial(layers.Dense, 128, "relu"),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 128, "relu"),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 128, "relu"),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 3, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
        epochs=20,
        source=FAQ,
    ),
    program(
        name="rare class, weights balanced by numbers",
        data=make_rare,
        build=sequential(partial(layers.Dense, 32, "relu"), partial(layers.Dense, 1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        fit_options={"class_weight": {0: 960 / (2 * 880), 1: 960 / (2 * 80)}},
        epochs=20,
        source=CLASS_WEIGHT,
    ),
    program(
        name="lstm of series of unequal length, padding without weight",
        data=make_unequal_series,
        build=sequential(partial(layers.LSTM, 32, return_sequences=True), partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(Adam, 0.005),
        sample_weight=weigh_steps,
        score=score_steps,
        epochs=20,
        source=STEPS_WITHOUT_WEIGHT,
    ),
    program(
        name="two batches learned by heart",
        data=partial(make_digits, 64),
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu"),
            partial(layers.BatchNormalization, momentum=0.9),
            layers.Flatten,
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
        epochs=100,
        source=RECIPE,
    ),
    program(
        name="dropout that stays on in prediction",
        data=make_prices,
        build=sequential(
            partial(layers.Dense, 64, "relu"),
            partial(LastingDropout, 0.1),
            partial(layers.Dense, 64, "relu"),
            partial(LastingDropout, 0.1),
            partial(layers.Dense, 1),
        ),
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=ALWAYS_DROPPED,
    ),
]

PROGRAMS = [*MENDED, *SICK, *EXAMPLES]
