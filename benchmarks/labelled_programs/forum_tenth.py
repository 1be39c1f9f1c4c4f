"""Faults of those who asked why nothing is learned, and of collections of real faults, made small.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, rates, and the form of the data. The data are made up or scikit-learn's.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.initializers import RandomNormal, RandomUniform
from keras.optimizers import SGD, Adam, RMSprop
from keras.regularizers import L2
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

HUNDREDS = "https://github.com/keras-team/keras/issues/3040"
SCALED_WORSE = "https://datascience.stackexchange.com/questions/51687/feature-scaling-worsens-performance"
FOUR_CLUSTERS = (
    "https://stats.stackexchange.com/questions/420006/"
    "effect-of-learning-rate-and-standardization-on-nn-with-relu-layers"
)
NO_PROGRESS = "https://github.com/keras-team/keras/issues/126"
TURNED_ROUND = "https://github.com/keras-team/keras/issues/1866"
ONE_FOR_ALL = "https://github.com/keras-team/keras/issues/2172"
IRIS_AS_WORDS = "https://github.com/keras-team/keras/issues/274"
FOUR_LSTMS = "https://github.com/shreyans29/thesemicolon/issues/16"
SHUFFLED = "https://github.com/keras-team/keras/pull/7520"
WHITE = (
    "http://pullrequest.ru/9188682/pochemu-etot-avtoenkoder-sostoyaschii-vseh-svertok-"
    "prodolzhaet-vyvodit-izobrazhenie-chistoe-beloe-izobrazhenie"
)
STRONG_PENALTY = "https://github.com/keras-team/keras/issues/9296"
FROZEN_JUDGE = "https://github.com/keras-team/keras/issues/4943"
NOT_PERFECT = "https://stats.stackexchange.com/q/387150"
IN_THOUSANDS = "https://www.exchangetuts.com/index.php/neural-network-output-scaling-the-output-range-1756875274719477"
DICE_OF_LOGITS = "https://github.com/jakeret/tf_unet/issues/15"
BALANCE = "https://ar5iv.labs.arxiv.org/html/2002.07514"
ACTIVITY = "https://github.com/keras-team/keras/issues/2767"
ALL_ZERO = "https://github.com/keras-team/keras/issues/3687"
SAME_VALUE = "https://github.com/apache/mxnet/issues/1546"
WHOLE_OUTPUTS = "https://github.com/keras-team/keras/issues/2221"
THIRTEEN = "https://github.com/GoogleCloudPlatform/tensorflow-without-a-phd/issues/28"
OTHER_RANGE = "https://github.com/fchollet/deep-learning-models/issues/96"
ONE_MISSING = "https://github.com/keras-team/keras/issues/6447"
THEIA = "https://arxiv.org/html/2412.05775v1"
TAXONOMY = "https://deepai.org/publication/taxonomy-of-real-faults-in-deep-learning-systems"
CHARACTERISTICS = "https://studylib.net/doc/27023461/comprehensive"
HOW_REAL = "https://arxiv.org/html/2412.16336v1"


def make_line() -> Data:
    """The numbers below 200, and twice as much."""
    x = np.arange(200, dtype="float32")[:, None]
    return x, 2 * x


def make_parabola(scaled: bool) -> Data:
    """Numbers up to 100, over 100, and the square of how far they are from 50, standardised or as it is."""
    x = np.random.default_rng(1001).uniform(0, 100, size=(1000, 1))
    y = (x - 50) ** 2
    return (x / 100).astype("float32"), ((y - y.mean()) / y.std() if scaled else y).astype("float32")


def make_clusters() -> Data:
    """Points of four clusters in the plane, up to 60 from its middle."""
    x, y = datasets.make_blobs(480, centers=[[-8, -6], [7, 8], [-5, 9], [6, -7]], cluster_std=1.6, random_state=2)
    return 6 * x.astype("float32"), y.astype("int32")


def make_sums() -> Data:
    """Two numbers from 0 to 1, and whether their sum is above 1."""
    x = np.random.default_rng(1002).uniform(size=(480, 2))
    return x.astype("float32"), (x.sum(axis=1, keepdims=True) > 1).astype("float32")


def build_sums(head: str) -> Callable[[Any], keras.Model]:
    """Two layers of tanhs, half of each dropped."""
    uniform = partial(RandomUniform, -0.05, 0.05)
    return sequential(
        lambda: layers.Dense(64, "tanh", kernel_initializer=uniform()),
        partial(layers.Dropout, 0.5),
        lambda: layers.Dense(64, "tanh", kernel_initializer=uniform()),
        partial(layers.Dropout, 0.5),
        lambda: layers.Dense(1, head, kernel_initializer=uniform()),
    )


def make_digit_twins() -> Data:
    """Pairs of digits as rows of pixels, and whether they are the same one."""
    x, y = make_digits(900)
    flat, generator = x.reshape(len(x), -1), np.random.default_rng(1003)
    left, same = generator.integers(0, 900, size=800), np.arange(800) % 2
    right = [generator.choice(np.flatnonzero((y == y[i]) == bool(s))) for i, s in zip(left, same, strict=True)]
    return [flat[left], flat[right]], same[:, None].astype("float32")


class Distance(layers.Layer):
    """How far two rows are apart."""

    def call(self, left: Any, right: Any) -> Any:
        """Measures it, not smaller than a thousandth, where the root has a derivative."""
        return ops.sqrt(ops.sum(ops.square(left - right), axis=-1, keepdims=True) + 1e-6)


def build_twins(x: Any) -> keras.Model:
    """The distance of both codes, made by the same two layers."""
    code = keras.Sequential([keras.Input(x[0].shape[1:]), layers.Dense(64, "relu"), layers.Dense(16)])
    left, right = keras.Input(x[0].shape[1:]), keras.Input(x[0].shape[1:])
    return keras.Model([left, right], Distance()(code(left), code(right)))


def contrast(same: float) -> OwnLoss:
    """The contrastive loss with a margin of 1.

    Args:
        same: The label of pairs that are drawn together.
    """

    def measure(y: Any, distance: Any) -> Any:
        drawn = y if same else 1 - y
        return ops.mean(drawn * ops.square(distance) + (1 - drawn) * ops.square(ops.maximum(1 - distance, 0.0)))

    return OwnLoss(measure)


def score_twins(prediction: Any, y: Any) -> float:
    """How well pairs closer than a half are the same, from 0 to 1."""
    said, same = prediction < 0.5, y > 0.5
    return float(said[same].mean() + (~said[~same]).mean() - 1)


def make_themes(column: bool) -> Data:
    """Ten words of eight numbers on one of six themes; its number, as an axis of one or without it."""
    generator = np.random.default_rng(1004)
    y = generator.integers(0, 6, size=720)
    themes = generator.normal(size=(6, 8))
    x = generator.normal(size=(720, 10, 8)) + 0.6 * themes[y][:, None]
    return x.astype("float32"), y[:, None].astype("float32") if column else y.astype("int32")


def build_themes(units: int, head: str) -> Callable[[Any], keras.Model]:
    """An LSTM, half of which is dropped."""
    return sequential(partial(layers.LSTM, 32), partial(layers.Dropout, 0.5), partial(layers.Dense, units, head))


def make_flowers(unit: float) -> Data:
    """Four measures of irises in units of so many centimetres."""
    x, y = datasets.load_iris(return_X_y=True)
    order = np.random.default_rng(1005).permutation(len(y))
    return np.round(x[order] / unit, 2).astype("float32"), y[order].astype("int32")


FLOWERS_AS_WORDS = sequential(
    partial(layers.Embedding, 80, 32), partial(layers.LSTM, 32), partial(layers.Dense, 3, "softmax")
)


def make_answers() -> Data:
    """Six words of thirty, and for each the vector of the word that answers it."""
    generator = np.random.default_rng(1006)
    vectors, answer = generator.normal(size=(30, 16)), generator.permutation(30)
    x = generator.integers(0, 30, size=(500, 6))
    return x.astype("int32"), vectors[answer[x]].astype("float32")


def build_answers(sigmoids: bool) -> Callable[[Any], keras.Model]:
    """Given vectors of words, then four LSTMs of sigmoids, or one of tanhs and a linear layer."""

    def build(x: Any) -> keras.Model:
        vectors = np.random.default_rng(1006).normal(size=(30, 16))
        given = layers.Embedding(30, 16, embeddings_initializer=lambda *_, **__: ops.array(vectors, "float32"))
        given.trainable = False
        if sigmoids:
            parts = [layers.LSTM(16, activation="sigmoid", return_sequences=True) for _ in range(4)]
        else:
            parts = [layers.LSTM(48, return_sequences=True), layers.Dense(16)]
        return keras.Sequential([keras.Input(x.shape[1:], dtype="int32"), given, *parts])

    return build


def score_answers(prediction: Any, y: Any) -> float:
    """The mean cosine of both."""
    lengths = np.linalg.norm(prediction, axis=-1) * np.linalg.norm(y, axis=-1)
    return float(((prediction * y).sum(axis=-1) / np.maximum(lengths, 1e-9)).mean())


def make_folders(shuffled: bool) -> Data:
    """Digits as rows of pixels, folder by folder or shuffled; their numbers, folder by folder."""
    x, y = make_digits(1200)
    order = np.argsort(y, kind="stable")
    rows = np.random.default_rng(1007).permutation(order) if shuffled else order
    return x[rows].reshape(len(x), -1), y[order]


def make_frames() -> Data:
    """Pictures of a bright box on a dark ground, which are their own labels."""
    generator = np.random.default_rng(1008)
    x = np.full((320, 16, 16, 1), 0.1)
    for picture in x:
        top, left = generator.integers(0, 9, size=2)
        height, width = generator.integers(4, 8, size=2)
        picture[top : top + height, left : left + width] = generator.uniform(0.6, 0.9)
    return x.astype("float32"), x.astype("float32")


def build_frames(x: Any) -> keras.Model:
    """Convolutions that halve the picture twice, and others that double it, each normalized."""
    h = inputs = keras.Input(x.shape[1:])
    for filters, strides in ((8, 1), (16, 2), (24, 2)):
        h = layers.Conv2D(filters, 3, strides, "same", kernel_initializer="he_uniform")(h)
        h = layers.ReLU()(layers.BatchNormalization()(h))
    for filters in (16, 8):
        h = layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_uniform")(layers.UpSampling2D()(h))
        h = layers.ReLU()(layers.BatchNormalization()(h))
    return keras.Model(inputs, layers.Conv2D(1, 5, padding="same", activation="tanh")(h))


def build_penalized(strength: float) -> Callable[[Any], keras.Model]:
    """Two convolutions and a dense layer, all of them penalized."""
    return sequential(
        lambda: layers.Conv2D(12, 3, activation="relu", kernel_regularizer=L2(strength)),
        lambda: layers.Conv2D(24, 3, activation="relu", kernel_regularizer=L2(strength)),
        layers.Flatten,
        lambda: layers.Dense(32, "relu", kernel_regularizer=L2(strength)),
        partial(layers.Dropout, 0.2),
        lambda: layers.Dense(10, "softmax"),
    )


def make_forgeries() -> Data:
    """Digits that are real or made of noise that is as smooth, and which of both."""
    generator = np.random.default_rng(1009)
    real, _ = make_digits(300)
    noise = generator.random((300, 9, 9, 1))
    made = (noise[:, 1:, 1:] + noise[:, :-1, 1:] + noise[:, 1:, :-1] + noise[:, :-1, :-1]) / 4
    order = generator.permutation(600)
    return np.concatenate([real, made])[order].astype("float32"), (order < 300).astype("float32")[:, None]


def build_judge(x: Any, frozen: bool) -> keras.Model:
    """A discriminator of two convolutions, frozen or not."""
    model = sequential(
        lambda: layers.Conv2D(12, 3, strides=2, padding="same", activation="leaky_relu"),
        partial(layers.Dropout, 0.3),
        lambda: layers.Conv2D(24, 3, strides=2, padding="same", activation="leaky_relu"),
        layers.Flatten,
        partial(layers.Dense, 1, "sigmoid"),
    )(x)
    model.trainable = not frozen
    return model


def make_wave() -> Data:
    """Numbers from -1 to 1, and a sine of them with little noise."""
    generator = np.random.default_rng(1010)
    x = generator.uniform(-1, 1, size=(240, 1))
    return x.astype("float32"), (np.sin(4 * x) + 0.05 * generator.normal(size=x.shape)).astype("float32")


def make_thousands(scale: float) -> Data:
    """Two numbers from 0 to 1; their distance, times a scale."""
    x = np.random.default_rng(1011).uniform(size=(600, 2))
    return x.astype("float32"), (scale * np.abs(x[:, :1] - x[:, 1:])).astype("float32")


def make_discs() -> Data:
    """Noisy pictures of a disc, and its mask."""
    generator = np.random.default_rng(1012)
    rows, columns = np.mgrid[:16, :16]
    centres, radii = generator.uniform(4, 12, size=(240, 2, 1, 1)), generator.uniform(2, 4, size=(240, 1, 1))
    mask = ((rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2 < radii**2)[..., None]
    return (mask + 0.6 * generator.normal(size=mask.shape)).astype("float32"), mask.astype("float32")


def build_discs(head: str | None) -> Callable[[Any], keras.Model]:
    """Three convolutions."""
    conv = partial(layers.Conv2D, padding="same")
    return sequential(
        partial(conv, 8, 3, activation="relu"),
        partial(conv, 8, 5, activation="relu"),
        partial(conv, 1, 3, activation=head),
    )


def miss_overlap(y: Any, prediction: Any) -> Any:
    """One less the overlap of masks and predictions."""
    return 1 - (2 * ops.sum(y * prediction) + 1) / (ops.sum(y) + ops.sum(prediction) + 1)


def make_flat() -> Data:
    """Digits as rows of pixels, which are their own labels."""
    x, _ = make_digits(800)
    flat = x.reshape(len(x), -1)
    return flat, flat


class Draw(layers.Layer):
    """Draws a code from its mean and the logarithm of its variance; adds their divergence, weighed, to the loss."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight, self.seed = weight, keras.random.SeedGenerator(1013)

    def call(self, mean: Any, spread: Any, training: bool = False) -> Any:
        """Draws in training, and gives the mean otherwise."""
        divergence = 0.5 * ops.sum(ops.square(mean) + ops.exp(spread) - spread - 1, axis=-1)
        self.add_loss(self.weight * ops.mean(divergence))
        if not training:
            return mean
        return mean + ops.exp(0.5 * spread) * keras.random.normal(ops.shape(mean), seed=self.seed)


def build_drawn(x: Any, weight: float) -> keras.Model:
    """A variational autoencoder with eight numbers in its midst."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(64, "relu")(inputs)
    code = Draw(weight)(layers.Dense(8)(h), layers.Dense(8)(h))
    return keras.Model(inputs, layers.Dense(x.shape[1], "sigmoid")(layers.Dense(64, "relu")(code)))


def build_quiet(strength: float) -> Callable[[Any], keras.Model]:
    """Two layers of relus; the squares of what the second says are penalized."""
    return sequential(
        layers.Flatten,
        partial(layers.Dense, 64, "relu"),
        partial(layers.Dropout, 0.2),
        partial(layers.Dense, 64),
        partial(layers.ActivityRegularization, l2=strength),
        partial(layers.Activation, "relu"),
        partial(layers.Dense, 10, "softmax"),
    )


def make_levels() -> Data:
    """Twenty steps of four measures, and for each the mean of one until then less another, and mostly below 0."""
    x = np.random.default_rng(1014).normal(size=(400, 20, 4))
    means = np.cumsum(x, axis=1) / np.sqrt(np.arange(1, 21))[:, None]
    y = means[..., :1] - x[..., 1:2]
    return x.astype("float32"), (y / y.std() - 1.5).astype("float32")


def build_levels(activation: str, head: str | None) -> Callable[[Any], keras.Model]:
    """Two LSTMs, and a unit for each step."""
    return sequential(
        partial(layers.LSTM, 48, activation=activation, return_sequences=True),
        partial(layers.LSTM, 24, activation=activation, return_sequences=True),
        lambda: layers.TimeDistributed(layers.Dense(1, head)),
    )


def make_bits() -> Data:
    """Twenty bits, and a number that depends on some and on pairs of them, standardised."""
    x = np.random.default_rng(1015).integers(0, 2, size=(800, 20)).astype("float32")
    y = x[:, :6] @ [3.0, -2, 2, 1, -1, 2] + 3 * x[:, 6] * x[:, 7] - 3 * x[:, 8] * x[:, 9]
    return x, ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_parcels() -> Data:
    """Six measures of an order, and how many parcels of three kinds it fills."""
    generator = np.random.default_rng(1016)
    x = generator.normal(size=(600, 6))
    y = np.exp(0.5 * x @ generator.normal(size=(6, 3)) + 1)
    return x.astype("float32"), np.round(np.minimum(y, 12)).astype("float32")


def build_parcels(whole: bool) -> Callable[[Any], keras.Model]:
    """Two layers of twenty relus; three outputs, rounded or not."""
    rounding = [partial(layers.Lambda, ops.round)] if whole else []
    return sequential(
        partial(layers.Dense, 20, "relu"), partial(layers.Dense, 20, "relu"), partial(layers.Dense, 3), *rounding
    )


def make_pets() -> Data:
    """Noisy pictures with stripes from left to right or from top to bottom, and which."""
    generator = np.random.default_rng(1017)
    y = generator.integers(0, 2, size=320)
    phase, width = generator.uniform(0, 6, size=(320, 1, 1)), generator.uniform(0.8, 1.6, size=(320, 1, 1))
    rows, columns = np.mgrid[:16, :16]
    stripes = np.sin(width * np.where(y[:, None, None], rows, columns) + phase)
    x = 0.5 + 0.3 * stripes + 0.15 * generator.normal(size=(320, 16, 16))
    return x[..., None].astype("float32"), y.astype("int32")


def build_thirteen(normalized: bool) -> Callable[[Any], keras.Model]:
    """Thirteen convolutions as in VGG16, and three dense layers."""

    def build(x: Any) -> keras.Model:
        h = inputs = keras.Input(x.shape[1:])
        for filters, number in ((8, 2), (8, 2), (12, 3), (16, 3), (16, 3)):
            for _ in range(number):
                h = layers.Conv2D(filters, 3, padding="same")(h)
                h = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(h) if normalized else h)
            h = layers.MaxPooling2D(padding="same")(h)
        h = layers.Flatten()(h)
        for _ in range(2):
            h = layers.Dense(32, "relu")(h)
        return keras.Model(inputs, layers.Dense(2, "softmax")(h))

    return build


def make_late_digits(centred: bool) -> Data:
    """Digits below five, as bytes less their mean or from 0 to 1."""
    x, y = make_digits(1300)
    x, y = x[y < 5], y[y < 5]
    return (255 * x - 78 if centred else x).astype("float32"), y


def build_on_bytes(x: Any) -> keras.Model:
    """A head on a frozen base that has been taught with digits from five on, as bytes less their mean."""
    images, digits = make_digits(1300)
    taught = digits >= 5
    base = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(24, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
        ],
        name="base",
    )
    teacher = keras.Sequential([keras.Input((8, 8, 1)), base, layers.Dense(5, "softmax")])
    teacher.compile(Adam(0.003), "sparse_categorical_crossentropy", jit_compile=keras.backend.backend() == "jax")
    teacher.fit(255 * images[taught] - 78, digits[taught] - 5, epochs=15, verbose=0)
    base.trainable = False
    return keras.Sequential([keras.Input((8, 8, 1)), base, layers.Dense(5, "softmax")])


def make_patients(missing: bool) -> Data:
    """Columns of ones and zeros for three findings, and an age, which may be missing once; the chance to live on."""
    generator = np.random.default_rng(1018)
    kinds = generator.integers(0, 4, size=(600, 3))
    age = generator.normal(size=(600, 1))
    columns = np.eye(4)[kinds].reshape(600, 12)
    z = columns @ generator.normal(size=(12, 1)) - 0.8 * age
    if missing:
        age[407] = np.nan
    return np.hstack([columns, age]).astype("float32"), (1 / (1 + np.exp(-1.5 * z))).astype("float32")


def build_dropped(rate: float) -> Callable[[Any], keras.Model]:
    """Two convolutions and a dense layer, parts of each dropped."""
    drop = partial(layers.Dropout, rate)
    return sequential(
        partial(layers.Conv2D, 12, 3, activation="relu"),
        drop,
        partial(layers.Conv2D, 24, 3, activation="relu"),
        drop,
        layers.Flatten,
        partial(layers.Dense, 32, "relu"),
        drop,
        partial(layers.Dense, 10, "softmax"),
    )


def make_signs() -> Data:
    """Twelve numbers; whether the products of two pairs have the same sign."""
    x = np.random.default_rng(1019).normal(size=(1200, 12))
    return x.astype("float32"), (x[:, :1] * x[:, 1:2] + x[:, 2:3] > 0.2).astype("float32")


def make_three_rings() -> Data:
    """Three rings around one another in the plane."""
    generator = np.random.default_rng(1020)
    y = generator.integers(0, 3, size=750)
    angle, radius = generator.uniform(0, 2 * np.pi, size=750), 0.5 + 0.7 * y + 0.12 * generator.normal(size=750)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype("float32"), y.astype("int32")


program = partial(Program, theme="forum")

LINE = program(
    name="twice the numbers below 200, sgd 0.00001 one by one",
    data=make_line,
    build=sequential(partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(SGD, 0.00001),
    fit_options={"batch_size": 1},
    epochs=5,
    source=HUNDREDS,
)
PARABOLA = program(
    name="how far from 50, squared and standardised, small weights",
    data=partial(make_parabola, True),
    build=dense(hidden=[20, 20], activation="elu", output=(1, None), initializer=partial(RandomNormal, 0.0, 0.05)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=30,
    source=SCALED_WORSE,
)
CLUSTERS = program(
    name="four clusters up to 60 from the middle, sgd 0.01",
    data=make_clusters,
    build=dense(hidden=[10, 10, 10, 10], activation="relu", output=(4, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.01),
    fit_options={"batch_size": 10},
    epochs=20,
    source=FOUR_CLUSTERS,
)
SUMS = program(
    name="sums above 1 by squared errors of a sigmoid",
    data=make_sums,
    build=build_sums("sigmoid"),
    loss="mse",
    optimizer=partial(SGD, 0.1, momentum=0.9, nesterov=True),
    epochs=20,
    source=NO_PROGRESS,
)
TWINS = program(
    name="same digits drawn together, others pushed apart",
    data=make_digit_twins,
    build=build_twins,
    loss=contrast(1.0),
    optimizer=partial(RMSprop, 0.002),
    epochs=20,
    score=score_twins,
    source=TURNED_ROUND,
)
THEMES = program(
    name="lstm of six themes, softmax of six",
    data=partial(make_themes, False),
    build=build_themes(6, "softmax"),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=ONE_FOR_ALL,
)
FLOWERS = program(
    name="iris as words, millimetres",
    data=partial(make_flowers, 0.1),
    build=FLOWERS_AS_WORDS,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(RMSprop, 0.005),
    fit_options={"batch_size": 10},
    epochs=20,
    source=IRIS_AS_WORDS,
)
ANSWERS = program(
    name="vectors of answers by an lstm of tanhs and a linear layer",
    data=make_answers,
    build=build_answers(False),
    loss=keras.losses.CosineSimilarity(),
    optimizer=partial(Adam, 0.005),
    epochs=20,
    score=score_answers,
    source=FOUR_LSTMS,
)
FOLDERS = program(
    name="digits by folders, labels in their order",
    data=partial(make_folders, False),
    build=sequential(
        partial(layers.Dense, 32, "relu"), partial(layers.Dropout, 0.5), partial(layers.Dense, 10, "softmax")
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(RMSprop, 0.001),
    fit_options={"batch_size": 16},
    epochs=20,
    source=SHUFFLED,
)
FRAMES = program(
    name="boxes through convolutions and tanh, adam 0.003",
    data=make_frames,
    build=build_frames,
    loss="mse",
    optimizer=partial(Adam, 0.003),
    fit_options={"batch_size": 16},
    epochs=20,
    source=WHITE,
)
PENALIZED = program(
    name="digits, convolutions with penalties of 0.0005",
    data=make_digits,
    build=build_penalized(0.0005),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
    epochs=20,
    source=STRONG_PENALTY,
)
JUDGE = program(
    name="forged digits found by a discriminator that learns",
    data=make_forgeries,
    build=partial(build_judge, frozen=False),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.001),
    epochs=20,
    source=FROZEN_JUDGE,
)
WAVE = program(
    name="a sine by thirty tanhs, adam 0.03",
    data=make_wave,
    build=dense(hidden=[30], activation="tanh", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.03),
    epochs=40,
    source=NOT_PERFECT,
)
DISTANCES = program(
    name="distances of two numbers through three layers of sigmoids",
    data=partial(make_thousands, 1.0),
    build=dense(hidden=[12, 12], activation="sigmoid", output=(1, "sigmoid")),
    loss="mse",
    optimizer=partial(Adam, 0.02),
    epochs=30,
    source=IN_THOUSANDS,
)
DISCS = program(
    name="discs in noise by their overlap, sigmoid",
    data=make_discs,
    build=build_discs("sigmoid"),
    loss=OwnLoss(miss_overlap),
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=DICE_OF_LOGITS,
)
DRAWN = program(
    name="drawn codes of digits, divergence times 0.001",
    data=make_flat,
    build=partial(build_drawn, weight=0.001),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=30,
    source=BALANCE,
)
QUIET = program(
    name="digits, squares of what a layer says penalized by 0.0001",
    data=make_digits,
    build=build_quiet(0.0001),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
    epochs=20,
    source=ACTIVITY,
)
LEVELS = program(
    name="levels below 0 at each step by lstms of tanhs, linear",
    data=make_levels,
    build=build_levels("tanh", None),
    loss="mse",
    optimizer=partial(SGD, 0.05, momentum=0.9, nesterov=True),
    fit_options={"batch_size": 16},
    epochs=20,
    source=ALL_ZERO,
)
BITS = program(
    name="a number of twenty bits, 32, 10 and 5 relus, sgd 0.02",
    data=make_bits,
    build=dense(hidden=[32, 10, 5], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.02, momentum=0.9),
    epochs=20,
    source=SAME_VALUE,
)
PARCELS = program(
    name="numbers of parcels, not rounded",
    data=make_parcels,
    build=build_parcels(False),
    loss="mae",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=WHOLE_OUTPUTS,
)
PETS = program(
    name="stripes by thirteen convolutions, normalized",
    data=make_pets,
    build=build_thirteen(True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.001),
    fit_options={"batch_size": 16},
    epochs=8,
    source=THIRTEEN,
)
LATE = program(
    name="a base of bytes less their mean, given such",
    data=partial(make_late_digits, True),
    build=build_on_bytes,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.01),
    epochs=20,
    source=OTHER_RANGE,
)
PATIENTS = program(
    name="chances to live on by findings and an age",
    data=partial(make_patients, False),
    build=dense(hidden=[32, 16], activation="relu", output=(1, "sigmoid")),
    loss="mse",
    optimizer="adam",
    epochs=20,
    source=ONE_MISSING,
)
DROPPED = program(
    name="digits, a quarter dropped in three places",
    data=make_digits,
    build=build_dropped(0.25),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=THEIA,
)
SIGNS = program(
    name="products and a number, weights of a normal distribution of 0.25",
    data=make_signs,
    build=dense(
        hidden=[16] * 4, activation="tanh", output=(1, "sigmoid"), initializer=partial(RandomNormal, 0.0, 0.25)
    ),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.1),
    fit_options={"batch_size": 16},
    epochs=20,
    source=TAXONOMY,
)
BATCHES = program(
    name="products and a number, sgd 0.05 in batches of eight",
    data=make_signs,
    build=dense(hidden=[48, 48], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.05),
    fit_options={"batch_size": 8},
    epochs=10,
    source=TAXONOMY,
)
RINGS = program(
    name="three rings by three layers of relus",
    data=make_three_rings,
    build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=CHARACTERISTICS,
)
HIDDEN = program(
    name="digits by two hidden layers of relus, sgd 0.1",
    data=make_digits,
    build=dense(hidden=[64, 64], activation="relu", output=(10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1),
    epochs=20,
    source=HOW_REAL,
)

PROGRAMS = [
    LINE,
    PARABOLA,
    CLUSTERS,
    SUMS,
    TWINS,
    THEMES,
    FLOWERS,
    ANSWERS,
    FOLDERS,
    FRAMES,
    PENALIZED,
    JUDGE,
    WAVE,
    DISTANCES,
    DISCS,
    DRAWN,
    QUIET,
    LEVELS,
    BITS,
    PARCELS,
    PETS,
    LATE,
    PATIENTS,
    DROPPED,
    SIGNS,
    BATCHES,
    RINGS,
    HIDDEN,
    LINE.vary(
        "twice the numbers below 200, sgd 0.001 one by one",
        label=(*labels.TOO_LARGE_STEPS, *labels.NONFINITE, *labels.LARGE_INPUTS),
        strength="extreme",
        optimizer=partial(SGD, 0.001),
    ),
    PARABOLA.vary(
        "how far from 50, squared, small weights",
        label=(*labels.LARGE_LABELS, *labels.TOO_SMALL_STEPS),
        strength="clear",
        data=partial(make_parabola, False),
    ),
    CLUSTERS.vary(
        "four clusters up to 60 from the middle, sgd 0.5",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD, *labels.LARGE_INPUTS),
        strength="clear",
        optimizer=partial(SGD, 0.5),
    ),
    SUMS.vary(
        "sums above 1 by squared errors of a softmax of one",
        label=labels.WRONG_HEAD,
        strength="extreme",
        build=build_sums("softmax"),
    ),
    TWINS.vary(
        "same digits pushed apart, others drawn together",
        unnamed=True,
        strength="extreme",
        loss=contrast(0.0),
    ),
    THEMES.vary(
        "lstm of six themes, one sigmoid for all",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.WRONG_HEAD),
        strength="clear",
        data=partial(make_themes, True),
        build=build_themes(1, "sigmoid"),
        loss="binary_crossentropy",
    ),
    FLOWERS.vary(
        "iris as words, decimetres",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        data=partial(make_flowers, 10.0),
    ),
    ANSWERS.vary(
        "vectors of answers by four lstms of sigmoids",
        label=(*labels.WRONG_HEAD, *labels.VANISHING, *labels.SATURATED),
        strength="clear",
        build=build_answers(True),
    ),
    FOLDERS.vary(
        "digits shuffled, labels by folders",
        unnamed=True,
        strength="extreme",
        data=partial(make_folders, True),
    ),
    FRAMES.vary(
        "boxes through convolutions and tanh, adam 0.00001",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(Adam, 0.00001),
    ),
    PENALIZED.vary(
        "digits, convolutions with penalties of 10",
        label=labels.SHRUNK,
        strength="extreme",
        build=build_penalized(10.0),
    ),
    JUDGE.vary(
        "forged digits, a discriminator that has been left frozen",
        label=(*labels.FROZEN, *labels.NO_STEPS),
        strength="extreme",
        build=partial(build_judge, frozen=True),
    ),
    WAVE.vary(
        "a sine by thirty units without activation, adam 0.00001",
        label=(*labels.TOO_SMALL_STEPS, *labels.LINEAR),
        strength="extreme",
        build=dense(hidden=[30], activation=None, output=(1, None)),
        optimizer=partial(Adam, 0.00001),
    ),
    DISTANCES.vary(
        "distances in thousandths through three layers of sigmoids",
        label=(*labels.WRONG_HEAD, *labels.LARGE_LABELS, *labels.SATURATED_HEAD),
        strength="extreme",
        data=partial(make_thousands, 1000.0),
    ),
    DISCS.vary(
        "discs in noise by the overlap of logits",
        label=(*labels.WRONG_HEAD, *labels.WRONG_LOSS),
        strength="clear",
        build=build_discs(None),
    ),
    DRAWN.vary(
        "drawn codes of digits, divergence times 1",
        unnamed=True,
        strength="clear",
        build=partial(build_drawn, weight=1.0),
    ),
    QUIET.vary(
        "digits, squares of what a layer says penalized by 10",
        unnamed=True,
        strength="clear",
        build=build_quiet(10.0),
    ),
    LEVELS.vary(
        "levels below 0 at each step by lstms of relus, relu",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE, *labels.DEAD, "zero_gradient"),
        strength="clear",
        build=build_levels("relu", "relu"),
        optimizer=partial(SGD, 0.01, momentum=0.99, nesterov=True),
    ),
    BITS.vary(
        "a number of twenty bits, 32, 10 and 5 relus, sgd 0.000002 in batches of 400",
        label=labels.TOO_SMALL_STEPS,
        strength="extreme",
        optimizer=partial(SGD, 0.000002, momentum=0.9),
        fit_options={"batch_size": 400},
    ),
    PARCELS.vary(
        "numbers of parcels, rounded",
        label=labels.CUT_OFF,
        strength="extreme",
        build=build_parcels(True),
    ),
    PETS.vary(
        "stripes by thirteen convolutions, not normalized",
        label=labels.VANISHING,
        strength="clear",
        build=build_thirteen(False),
        optimizer=partial(SGD, 0.01),
    ),
    LATE.vary(
        "a base of bytes less their mean, given shares of 255",
        label=(*labels.SMALL_INPUTS, *labels.CONSTANT_INPUTS),
        strength="clear",
        data=partial(make_late_digits, False),
    ),
    PATIENTS.vary(
        "chances to live on by findings and an age, once missing",
        label=labels.NONFINITE,
        strength="extreme",
        data=partial(make_patients, True),
    ),
    DROPPED.vary(
        "digits, nine tenths dropped in three places",
        label=labels.DROPOUT,
        strength="clear",
        build=build_dropped(0.9),
    ),
    SIGNS.vary(
        "products and a number, weights of a normal distribution of 5",
        label=(*labels.SATURATED, *labels.EXPLODING),
        strength="extreme",
        build=dense(
            hidden=[16] * 4, activation="tanh", output=(1, "sigmoid"), initializer=partial(RandomNormal, 0.0, 5.0)
        ),
    ),
    BATCHES.vary(
        "products and a number, sgd 0.05 all in a batch",
        label=(*labels.FEW_STEPS, *labels.TOO_SMALL_STEPS),
        strength="clear",
        fit_options={"batch_size": 1200},
    ),
    RINGS.vary(
        "three rings by three layers without activation",
        label=labels.LINEAR,
        strength="clear",
        build=dense(hidden=[32, 32], activation=None, output=(3, "softmax")),
    ),
    HIDDEN.vary(
        "digits by two hidden layers of softmaxes, sgd 0.1",
        label=labels.HIDDEN_SOFTMAX,
        strength="clear",
        build=dense(hidden=[64, 64], activation="softmax", output=(10, "softmax")),
    ),
]
