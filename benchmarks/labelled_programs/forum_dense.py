"""Dense nets on tables as people asked about them when they did not learn, each beside the program as it was mended.

Facts are taken from the pages named by `source`: layers, losses, optimizers, and the size and scale of the data. The
data are made up or scikit-learn's, and smaller.
"""

from functools import partial

import numpy as np
from keras import layers
from keras.optimizers import SGD, Adam, RMSprop
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import dense, sequential
from labelled_programs.program import Program

FOURTH_POWER = "https://stackoverflow.com/questions/52800582"
THRESHOLD = "https://geeksmental.com/question/why-does-accuracy-remain-the-same"
XOR_RELU = "https://stats.stackexchange.com/questions/320672/clarification-on-simple-perceptron-neural-network"
SINE = "https://datascience.stackexchange.com/questions/19365/predict-sinus-with-keras-feed-forward-neural-network"
TELEVISION = "https://stats.stackexchange.com/questions/284189/simple-linear-regression-in-keras"
SQUARE = "https://stats.stackexchange.com/questions/418955/why-is-deep-neural-net-with-linear-activation-diverges"
PRICE = "https://openillumi.com/en/en-keras-tf-fix-huge-negative-loss-regression"
MAJORITY = "https://stats.stackexchange.com/revisions/2bda6552-783b-4fb7-ba2b-a03d2266e69b/view-source"
FRAUD = "https://stackoom.com/en/question/4QOjQ"
SIGMOIDS = "https://ai.stackexchange.com/questions/16557"
ONE_SIGMOID = (
    "https://datascience.stackexchange.com/questions/38604/too-low-accuracy-on-mnist-dataset-using-a-neural-network"
)
EMPTY_ROWS = "https://github.com/danielegrattarola/keras-gat/issues/14"
TOPICS = "http://pullrequest.ru/13662601/kolichestvo-vyhodov-plotnom-sloe-softmax"
SMALL_RATE = "https://chenzhang.org/notes/developer/loss-and-accuracy-get-stuck-in-keras/"


def make_powers(power: int, x_scale: float = 1.0, y_scale: float = 1.0) -> Data:
    """Numbers from -100 to 100 and a power of them, each divided by a scale."""
    x = np.random.default_rng(0).uniform(-100, 100, size=(640, 1))
    return (x / x_scale).astype("float32"), (x**power / y_scale).astype("float32")


def make_threshold(scaled: bool) -> Data:
    """Numbers up to 100000; the label says whether they are above the half."""
    x = np.random.default_rng(0).integers(0, 100_000, size=(800, 1))
    y = (x >= 50_000).astype("float32")
    return ((x - 50_000) / 29_000 if scaled else x).astype("float32"), y


def make_bits(examples: int = 1000) -> Data:
    """Two bits; the label says whether they differ."""
    x = np.random.default_rng(0).integers(0, 2, size=(examples, 2))
    return x.astype("float32"), (x[:, :1] != x[:, 1:]).astype("float32")


def make_three_bits() -> Data:
    """Three bits; the label says whether most of them are set."""
    x = np.random.default_rng(0).integers(0, 2, size=(100, 3))
    return x.astype("float32"), (x.sum(axis=1, keepdims=True) > 1).astype("float32")


def make_sine(examples: int, divisor: float) -> Data:
    """The sine of the whole numbers, divided by a number."""
    x = (np.arange(examples) / divisor)[:, None]
    return x.astype("float32"), np.sin(x).astype("float32")


def make_sales(scaled: bool) -> Data:
    """What was spent on advertisements, up to 300, and what was sold, up to 25."""
    generator = np.random.default_rng(0)
    x = generator.uniform(0, 300, size=(200, 1))
    y = 7 + 0.05 * x + generator.normal(0, 2, size=x.shape)
    if scaled:
        x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    return x.astype("float32"), y.astype("float32")


def make_square(scaled: bool) -> Data:
    """The squares of the numbers below 100, of numbers that are standardised."""
    x = np.arange(100.0)[:, None]
    y = x**2 + 3
    if scaled:
        y = (y - y.mean()) / y.std()
    return ((x - x.mean()) / x.std()).astype("float32"), y.astype("float32")


def make_houses(scaled: bool) -> Data:
    """Ten features from 0 to 1 and prices of some 180000."""
    x, y = datasets.make_friedman1(700, noise=1.0, random_state=0)
    price = 180_000 + 16_000 * (y - y.mean())
    return x.astype("float32"), ((price / 100_000 if scaled else price)[:, None]).astype("float32")


def make_frauds() -> Data:
    """Five features of 1600 payments, of which twelve are frauds that look somewhat different."""
    x = np.random.default_rng(0).normal(size=(1600, 5))
    y = np.arange(1600)[:, None] % 133 == 0
    return (x + 1.2 * y * np.array([1, -1, 1, 0, 0])).astype("float32"), y.astype("float32")


def make_bit_vectors(scaled: bool) -> Data:
    """Twenty bits, and a number near 50 that pairs of them decide."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, 2, size=(800, 20))
    y = (x @ generator.normal(size=(20, 1))) + 2 * (x[:, :1] * x[:, 1:2]) - 2 * (x[:, 2:3] * x[:, 3:4])
    y = (y - y.mean()) / y.std()
    return x.astype("float32"), (y if scaled else 50 + 20 * y).astype("float32")


def make_flat_digits(scale: float) -> Data:
    """Digits as vectors of pixels up to a scale."""
    x, y = make_digits()
    return x.reshape(len(x), -1) * scale, y


def make_word_shares(fill: bool) -> Data:
    """Counts of sixty words, divided by their sum, in texts of three topics; a few texts have none of the words."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 3, size=640)
    rates = 0.1 + 0.5 * generator.random((3, 60)) ** 3
    x = generator.poisson(rates[y]).astype("float64")
    x[generator.integers(0, 640, size=6)] = 0
    with np.errstate(invalid="ignore"):
        x = x / x.sum(axis=1, keepdims=True)
    return (np.nan_to_num(x, nan=0.0) if fill else x).astype("float32"), y.astype("int32")


def make_topics(first: int) -> Data:
    """Five classes of texts in thirty features, numbered from 0 or from 1."""
    x, y = datasets.make_classification(
        640, 30, n_informative=12, n_classes=5, n_clusters_per_class=1, class_sep=2.0, random_state=0
    )
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), (y + first).astype("int32")


PROGRAMS = [
    Program(
        name="fourth power, numbers and labels scaled",
        theme="forum",
        source=FOURTH_POWER,
        data=partial(make_powers, 4, 100.0, 1e8),
        build=sequential(
            partial(layers.Dense, 50, "sigmoid"), partial(layers.Dense, 50, "elu"), partial(layers.Dense, 1)
        ),
        loss="mse",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="fourth power of numbers up to 100",
        theme="forum",
        source=FOURTH_POWER,
        neighbour="fourth power, numbers and labels scaled",
        label=(*labels.LARGE_LABELS, *labels.LARGE_INPUTS, *labels.SATURATED),
        strength="extreme",
        data=partial(make_powers, 4),
        build=sequential(
            partial(layers.Dense, 50, "sigmoid"), partial(layers.Dense, 50, "elu"), partial(layers.Dense, 1)
        ),
        loss="mse",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="above a threshold, scaled, sigmoid",
        theme="forum",
        source=THRESHOLD,
        data=partial(make_threshold, True),
        build=dense(hidden=[3, 5], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        fit_options={"batch_size": 5},
    ),
    Program(
        name="above a threshold of 50000 through relu",
        theme="forum",
        source=THRESHOLD,
        neighbour="above a threshold, scaled, sigmoid",
        label=(*labels.WRONG_HEAD, *labels.LARGE_INPUTS),
        strength="clear",
        data=partial(make_threshold, False),
        build=dense(hidden=[3, 5], activation="relu", output=(1, "relu")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 5},
    ),
    Program(
        name="different bits, sixteen hidden units",
        theme="forum",
        source=XOR_RELU,
        data=make_bits,
        build=dense(hidden=[16], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(RMSprop, 0.005),
        fit_options={"batch_size": 4},
    ),
    Program(
        name="different bits, two hidden units",
        theme="forum",
        source=XOR_RELU,
        neighbour="different bits, sixteen hidden units",
        unnamed=True,
        strength="mild",
        data=make_bits,
        build=dense(hidden=[2], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(RMSprop, 0.005),
        fit_options={"batch_size": 4},
    ),
    Program(
        name="sine of numbers up to 4",
        theme="forum",
        source=SINE,
        data=partial(make_sine, 200, 50.0),
        build=sequential(
            partial(layers.Dense, 40, "sigmoid"), partial(layers.Dense, 12, "sigmoid"), partial(layers.Dense, 1)
        ),
        loss="mse",
        optimizer=partial(Adam, 0.01),
        fit_options={"batch_size": 10},
    ),
    Program(
        name="sine of numbers up to 99 through a sigmoid",
        theme="forum",
        source=SINE,
        neighbour="sine of numbers up to 4",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.LARGE_INPUTS, *labels.SATURATED),
        strength="clear",
        data=partial(make_sine, 100, 1.0),
        build=dense(hidden=[10], activation="sigmoid", output=(1, "sigmoid")),
        loss="mse",
        optimizer=partial(SGD, 0.01),
        fit_options={"batch_size": 2},
    ),
    Program(
        name="sales, both scaled",
        theme="forum",
        source=TELEVISION,
        data=partial(make_sales, True),
        build=sequential(partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(SGD, 0.01),
        fit_options={"batch_size": 2, "shuffle": False},
    ),
    Program(
        name="sales by what was spent, sgd",
        theme="forum",
        source=TELEVISION,
        neighbour="sales, both scaled",
        label=(*labels.LARGE_INPUTS, *labels.TOO_LARGE_STEPS, *labels.NONFINITE),
        strength="extreme",
        data=partial(make_sales, False),
        build=sequential(partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(SGD, 0.01),
        fit_options={"batch_size": 2, "shuffle": False},
    ),
    Program(
        name="squares through two linear units, scaled",
        theme="forum",
        source=SQUARE,
        data=partial(make_square, True),
        build=sequential(partial(layers.Dense, 1), partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(SGD, 0.01),
        epochs=60,
    ),
    Program(
        name="squares through two linear units",
        theme="forum",
        source=SQUARE,
        neighbour="squares through two linear units, scaled",
        label=(*labels.LARGE_LABELS, *labels.TOO_LARGE_STEPS, *labels.NONFINITE),
        strength="extreme",
        data=partial(make_square, False),
        build=sequential(partial(layers.Dense, 1), partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(SGD, 0.01),
        epochs=60,
    ),
    Program(
        name="prices in units of 100000",
        theme="forum",
        source=PRICE,
        data=partial(make_houses, True),
        build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
        loss="mse",
        optimizer=partial(SGD, 0.01),
    ),
    Program(
        name="prices under binary cross-entropy",
        theme="forum",
        source=PRICE,
        neighbour="prices in units of 100000",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE, *labels.LARGE_LABELS),
        strength="extreme",
        data=partial(make_houses, False),
        build=dense(hidden=[32, 32], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(SGD, 0.01),
    ),
    Program(
        name="majority of three bits",
        theme="forum",
        source=MAJORITY,
        data=make_three_bits,
        build=dense(hidden=[10], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(RMSprop, 0.01),
        fit_options={"batch_size": 19},
    ),
    Program(
        name="majority of three bits under a softmax of one",
        theme="forum",
        source=MAJORITY,
        neighbour="majority of three bits",
        label=labels.WRONG_HEAD,
        strength="clear",
        data=make_three_bits,
        build=dense(hidden=[10], activation="relu", output=(1, "softmax")),
        loss="binary_crossentropy",
        optimizer=partial(RMSprop, 0.01),
        fit_options={"batch_size": 19},
    ),
    Program(
        name="frauds with weights of classes",
        theme="forum",
        source=FRAUD,
        data=make_frauds,
        build=dense(hidden=[10, 10], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
        fit_options={"class_weight": {0: 1.0, 1: 130.0}},
    ),
    Program(
        name="frauds, one in 130",
        theme="forum",
        source=FRAUD,
        neighbour="frauds with weights of classes",
        unnamed=True,
        strength="mild",
        data=make_frauds,
        build=dense(hidden=[10, 10], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="a number of twenty bits, four relus, scaled",
        theme="forum",
        source=SIGMOIDS,
        data=partial(make_bit_vectors, True),
        build=dense(hidden=[64] * 4, activation="relu", output=(1, None)),
        loss="mse",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="a number of twenty bits, four sigmoids",
        theme="forum",
        source=SIGMOIDS,
        neighbour="a number of twenty bits, four relus, scaled",
        label=(*labels.VANISHING, *labels.LARGE_LABELS),
        strength="clear",
        data=partial(make_bit_vectors, False),
        build=dense(hidden=[64] * 4, activation="sigmoid", output=(1, None)),
        loss="mse",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="flat digits, ten units",
        theme="forum",
        source=ONE_SIGMOID,
        data=partial(make_flat_digits, 1.0),
        build=dense(hidden=[64], activation="relu", output=(10, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="ten digits under one sigmoid",
        theme="forum",
        source=ONE_SIGMOID,
        neighbour="flat digits, ten units",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        data=partial(make_flat_digits, 255.0),
        build=dense(hidden=[64], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="shares of words, empty texts as zeros",
        theme="forum",
        source=EMPTY_ROWS,
        data=partial(make_word_shares, True),
        build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="shares of words of empty texts",
        theme="forum",
        source=EMPTY_ROWS,
        neighbour="shares of words, empty texts as zeros",
        label=labels.NONFINITE,
        strength="extreme",
        data=partial(make_word_shares, False),
        build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="five topics from 0",
        theme="forum",
        source=TOPICS,
        data=partial(make_topics, 0),
        build=dense(hidden=[24], activation="relu", output=(5, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
    ),
    Program(
        name="five topics from 1",
        theme="forum",
        source=TOPICS,
        neighbour="five topics from 0",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="clear",
        data=partial(make_topics, 1),
        build=dense(hidden=[24], activation="relu", output=(5, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
    ),
    Program(
        name="five topics, sgd 0.1 with momentum",
        theme="forum",
        source=SMALL_RATE,
        data=partial(make_topics, 0),
        build=dense(hidden=[20], activation="relu", output=(5, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.1, momentum=0.9, nesterov=True),
    ),
    Program(
        name="five topics, sgd 0.00001 with momentum",
        theme="forum",
        source=SMALL_RATE,
        neighbour="five topics, sgd 0.1 with momentum",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        data=partial(make_topics, 0),
        build=dense(hidden=[20], activation="relu", output=(5, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.00001, momentum=0.9, nesterov=True),
    ),
]
