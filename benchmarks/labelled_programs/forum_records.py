"""Nets for rows of numbers that did not learn as people asked about them, and some that learn and look odd.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, and the size and scale of the data. The data are made up or scikit-learn's, and smaller.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers
from keras.optimizers import SGD, Adam, AdamW, RMSprop
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

NO_HIDDEN_LAYER = "https://github.com/keras-team/keras/issues/2576"
ONE_CLASS = "https://github.com/keras-team/keras/issues/2975"
FEW_RELUS = "https://github.com/keras-team/keras/issues/13891"
SKYROCKET = "https://datascience.stackexchange.com/questions/15962"
TWO_SHAPES = "https://github.com/keras-team/keras/issues/5441"
NINES = "https://www.exchangetuts.com/index.php/keras-what-does-class-weight-actually-try-to-balance-1640448663813022"
ONLY_RIGHT = (
    "http://pullrequest.ru/8552344/tenzorflou-keras-postroit-model-logicheskim-massivom-kachestve-vhodnyh-dannyh"
)
STOCKS = "https://github.com/keras-team/keras/issues/2051"
ONLY_EIGHT = "https://github.com/tensorflow/tensorflow/issues/33076"
LAST_DROPOUT = "https://github.com/keras-team/keras/issues/5992"
HUBER = "https://github.com/Eugune/Data-Science"
BIAS = "https://www.tensorflow.org/tutorials/structured_data/imbalanced_data"
ABALONE = "https://www.tensorflow.org/tutorials/load_data/csv"
WINE_RATINGS = "https://keras.io/examples/keras_recipes/bayesian_neural_networks/"
RANGES = "https://example-a.com/answer/62886297"
SLOW_END = "https://datascience.stackexchange.com/questions/53891"
PRODUCTS = "https://blog.xa0.de/post/Multiplying-large-numbers-with-Neural-Networks/"
NO_DROPOUT = "https://github.com/tensorflow/tensorflow/issues/10845"
FOUR_LABELS = "https://datascience.stackexchange.com/questions/40118"
TWO_NUMBERS = "https://github.com/vvaezian/Data-Science-Fundamentals"
AVERAGES = "https://keras.io/api/optimizers/adamw"


def make_hundred(divisor: float) -> Data:
    """A hundred features and a number that is a sum of them all, from -2000 to 2000 over a divisor."""
    x, y = datasets.make_regression(1000, 100, n_informative=100, noise=100, random_state=0)
    return x.astype("float32"), (y[:, None] / divisor).astype("float32")


def make_orders(scaled: bool) -> Data:
    """Times in seconds, amounts, numbers of items, shares and ages of customers; whether an order was sent back."""
    generator = np.random.default_rng(1)
    z = generator.normal(size=(800, 6))
    y = (z[:, :1] - z[:, 1:2] + 0.8 * z[:, 2:3] * z[:, 3:4] + generator.normal(size=(800, 1)) * 0.3 > 0).astype(
        "float32"
    )
    x = z * [4e6, 9e3, 3.0, 0.1, 12.0, 400.0] + [1.5e9, 3e4, 12.0, 0.5, 41.0, 2000.0]
    return (z if scaled else x).astype("float32"), y


def make_flats() -> Data:
    """Eight standardised features, and rents of some 900."""
    generator = np.random.default_rng(2)
    x = generator.normal(size=(640, 8))
    y = 900 + 110 * x[:, :1] - 70 * x[:, 1:2] + 60 * np.abs(x[:, 2:3]) + generator.normal(size=(640, 1)) * 20
    return x.astype("float32"), y.astype("float32")


def make_sums(examples: int = 1000) -> Data:
    """Five numbers from 0 to 30, and a weighted sum."""
    generator = np.random.default_rng(3)
    x = generator.uniform(0, 30, size=(examples, 5))
    y = x @ np.array([[0.5], [-1.0], [0.8], [0.3], [-0.2]]) + generator.normal(size=(examples, 1))
    return x.astype("float32"), y.astype("float32")


def make_parts(rank: int) -> Data:
    """Twenty-five features and a number, in an array of one or two dimensions."""
    generator = np.random.default_rng(4)
    x = generator.normal(size=(1600, 25))
    y = x[:, 0] - 0.7 * x[:, 1] + np.sin(2 * x[:, 2]) + 0.5 * x[:, 3] * x[:, 4]
    return x.astype("float32"), (y if rank == 1 else y[:, None]).astype("float32")


def make_three_rare() -> Data:
    """Eight features; of 1500 examples 48 belong to three rare classes, the others to the fourth."""
    generator = np.random.default_rng(5)
    y = np.where(np.arange(1500) < 48, np.arange(1500) % 3, 3)
    x = generator.normal(size=(1500, 8))
    x[np.arange(1500), y] += 2.5 * (y < 3)
    order = generator.permutation(1500)
    return x[order].astype("float32"), y[order].astype("int32")


def make_switches(with_wrong: bool) -> Data:
    """Hundreds of switches; whether their setting is right. Wrong ones have more of the first half set."""
    generator = np.random.default_rng(6)
    y = np.arange(800) % 2 if with_wrong else np.ones(800)
    share = np.where(np.arange(100) < 50, 0.15, 0.0) * (1 - y[:, None])
    x = generator.random((800, 100)) < 0.5 + share
    return x.astype("float32"), y[:, None].astype("float32")


def make_stocks(scaled: bool) -> Data:
    """The last six prices of a stock, and the next one, over the highest price."""
    generator = np.random.default_rng(7)
    price = np.zeros(507)
    for day in range(1, 507):
        price[day] = 0.97 * price[day - 1] + generator.normal()
    price = price / price.std() if scaled else (100 + 2.5 * price / price.std()) / 110
    windows = np.lib.stride_tricks.sliding_window_view(price, 7)
    return windows[:, :6].astype("float32"), windows[:, 6:].astype("float32")


def make_ten_kinds() -> Data:
    """Ten classes in thirty standardised features; integer labels."""
    x, y = datasets.make_classification(
        1000, 30, n_informative=15, n_classes=10, n_clusters_per_class=1, class_sep=2.0, random_state=8
    )
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y.astype("int32")


def make_six_states() -> Data:
    """Six classes in fourteen features, as unit vectors."""
    x, y = datasets.make_classification(
        1000, 14, n_informative=8, n_classes=6, n_clusters_per_class=1, class_sep=1.5, random_state=9
    )
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), np.eye(6, dtype="float32")[y]


def make_plane() -> Data:
    """Two numbers from -10 to 10, and twice the first less three times the second, plus five."""
    generator = np.random.default_rng(10)
    x = generator.uniform(-10, 10, size=(1000, 2))
    y = 2 * x[:, :1] - 3 * x[:, 1:] + 5 + generator.uniform(-1, 1, size=(1000, 1))
    return x.astype("float32"), y.astype("float32")


def make_rare_frauds() -> Data:
    """Twelve standardised features of 8000 payments, of which 40 are frauds that look different."""
    generator = np.random.default_rng(11)
    y = (np.arange(8000) % 200 == 0)[:, None]
    x = generator.normal(size=(8000, 12)) + 2.5 * y * (np.arange(12) < 5)
    return np.clip(x, -5, 5).astype("float32"), y.astype("float32")


def make_shells() -> Data:
    """Seven sizes and weights of shells, from 0.01 to 1.5, and their rings, from 3 to 25."""
    generator = np.random.default_rng(12)
    size = generator.beta(5, 3, size=(1000, 1))
    noise = generator.normal(size=(1000, 7))
    x = np.hstack([0.8 * size, 0.65 * size, 0.2 * size, *[share * size**3 for share in (2.0, 0.9, 0.45, 0.7)]])
    rings = 3 + 12 * size + 4 * noise[:, 6:] * size + generator.normal(size=(1000, 1))
    x = x * (1 + 0.05 * noise)
    x[:, 6:] *= 1 + 0.3 * noise[:, 6:]
    return x.clip(0.002, None).astype("float32"), np.round(rings.clip(3, 25)).astype("float32")


def make_wine_ratings() -> Data:
    """Eleven measures of wines in their own units, and ratings from 3 to 9."""
    generator = np.random.default_rng(13)
    z = generator.normal(size=(1024, 11))
    y = np.clip(np.round(5.9 + 0.6 * z[:, :1] - 0.5 * z[:, 1:2] + 0.3 * np.tanh(z[:, 2:3])), 3, 9)
    means = [7.2, 0.34, 0.32, 5.4, 0.056, 30, 115, 0.995, 3.2, 0.53, 10.5]
    x = means + z * [1.2, 0.15, 0.14, 4.5, 0.03, 17, 55, 0.003, 0.16, 0.15, 1.2]
    return x.astype("float32"), y.astype("float32")


def make_ranges() -> Data:
    """Ten means and deviations from 0 to 1; five shares, of which the first is always 1 and the last always 0."""
    generator = np.random.default_rng(14)
    x = generator.uniform(0, 1, size=(480, 10))
    y = np.zeros((480, 5))
    y[:, 0] = 1
    y[:, 1] = 0.5 + 0.5 * (x[:, 0] - x[:, 2])
    y[:, 2] = x[:, 4] * 0.8
    y[:, 3] = (x[:, 6] > 0.5) * 0.5
    return x.astype("float32"), y.astype("float32")


def make_sixty_four() -> Data:
    """Two classes in 64 standardised features; labels of shape `(examples, 1)`."""
    x, y = datasets.make_classification(
        2000, 64, n_informative=20, n_clusters_per_class=4, flip_y=0.03, random_state=15
    )
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y[:, None].astype("float32")


def make_products() -> Data:
    """The logarithms of two whole numbers up to 2000, and that of their product."""
    x = np.log(np.random.default_rng(16).integers(1, 2001, size=(1000, 2)))
    return x.astype("float32"), x.sum(axis=1, keepdims=True).astype("float32")


def make_word_sets() -> Data:
    """Which of 300 words are in a text; twelve topics, the first much more frequent than the last."""
    generator = np.random.default_rng(17)
    share = 0.6 ** np.arange(12)
    y = generator.choice(12, size=1200, p=share / share.sum())
    rates = 0.03 + 0.3 * (generator.random((12, 300)) < 0.1)
    return (generator.random((1200, 300)) < rates[y]).astype("float32"), y.astype("int32")


def make_four_labels() -> Data:
    """Twenty features; four labels, of which mostly none holds, and the rarest in one example of fifty."""
    generator = np.random.default_rng(18)
    x = generator.normal(size=(1600, 20))
    score = x[:, :4] + 0.7 * x[:, 4:8] + 0.3 * generator.normal(size=(1600, 4))
    return x.astype("float32"), (score > np.quantile(score, [0.84, 0.95, 0.9, 0.98], axis=0).diagonal()).astype(
        "float32"
    )


def make_proportional() -> Data:
    """A number from 0 to 1, and a hundred times that number; they are their own labels."""
    x = np.random.default_rng(19).random((2000, 1)) * [1.0, 100.0]
    return x.astype("float32"), x.astype("float32")


def build_wine_ratings(x: Any) -> keras.Model:
    """Batch normalization of the raw inputs, and two small layers of sigmoids."""
    parts = [layers.BatchNormalization(), layers.Dense(8, "sigmoid"), layers.Dense(8, "sigmoid"), layers.Dense(1)]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def build_with_bias(x: Any, bias: float) -> keras.Model:
    """A hidden layer, dropout, and a sigmoid whose bias begins at the logarithm of the odds."""
    start = keras.initializers.Constant(bias)
    parts = [layers.Dense(16, "relu"), layers.Dropout(0.5), layers.Dense(1, "sigmoid", bias_initializer=start)]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def measure_squares(y: Any, prediction: Any) -> Any:
    """The mean of the squares of all differences."""
    return keras.ops.mean((y - prediction) ** 2)


def score_classes(prediction: Any, y: Any) -> float:
    """The mean of all classes' shares of right answers, from 0 for guesses to 1."""
    said, classes = prediction.argmax(-1), np.unique(y)
    if not np.isfinite(prediction).all():
        return -1.0
    shares = np.mean([(said[y == one] == one).mean() for one in classes])
    return float((shares - 1 / len(classes)) / (1 - 1 / len(classes)))


def make_plateau() -> keras.callbacks.Callback:
    """Halves the rate when the loss has not fallen for five epochs."""
    return keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=5)


HUNDRED = Program(
    name="a hundred features, one unit, labels of unit scale",
    theme="forum",
    source=NO_HIDDEN_LAYER,
    data=partial(make_hundred, 570.0),
    build=sequential(partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(RMSprop, 0.001),
    fit_options={"batch_size": 16},
    epochs=20,
)
ORDERS = Program(
    name="orders sent back, standardised",
    theme="forum",
    source=ONE_CLASS,
    data=partial(make_orders, True),
    build=dense(hidden=[12, 12, 12], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
FLATS = Program(
    name="rents of 900 through four relus, sgd 0.0001",
    theme="forum",
    source=FEW_RELUS,
    data=make_flats,
    build=dense(hidden=[4], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.0001),
    callbacks=(make_plateau,),
    epochs=60,
)
SUMS = Program(
    name="sums of five numbers up to 30, sgd 0.0001",
    theme="forum",
    source=SKYROCKET,
    data=make_sums,
    build=sequential(partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(SGD, 0.0001),
    epochs=20,
)
PARTS = Program(
    name="parts, labels as a column, own squares",
    theme="forum",
    source=TWO_SHAPES,
    data=partial(make_parts, 2),
    build=sequential(
        partial(layers.Dense, 50, "relu", kernel_regularizer=keras.regularizers.L2(1e-4)),
        partial(layers.Dense, 10, "relu"),
        partial(layers.Dense, 1),
    ),
    loss=OwnLoss(measure_squares),
    optimizer=partial(Adam, 0.001),
    fit_options={"batch_size": 64},
    epochs=30,
)
THREE_RARE = Program(
    name="three rare classes, weighted by 33",
    theme="forum",
    source=NINES,
    data=make_three_rare,
    build=dense(hidden=[32, 32], activation="leaky_relu", output=(4, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.01),
    fit_options={"class_weight": {0: 33.0, 1: 33.0, 2: 33.0, 3: 0.35}, "batch_size": 64},
    score=score_classes,
    epochs=30,
)
SWITCHES = Program(
    name="switches, right and wrong settings",
    theme="forum",
    source=ONLY_RIGHT,
    data=partial(make_switches, True),
    build=dense(hidden=[64], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.001),
    epochs=20,
)
STOCK = Program(
    name="a stock's next price, standardised",
    theme="forum",
    source=STOCKS,
    data=partial(make_stocks, True),
    build=sequential(
        partial(layers.Dense, 7, kernel_initializer="random_uniform"),
        partial(layers.Dense, 4, "tanh", kernel_initializer="random_uniform"),
        partial(layers.Dense, 1, kernel_initializer="random_uniform"),
    ),
    loss="mse",
    optimizer=partial(SGD, 0.06, momentum=0.5),
    fit_options={"batch_size": 10, "shuffle": False},
    epochs=20,
)
TEN_KINDS = Program(
    name="ten kinds, all of weight one",
    theme="forum",
    source=ONLY_EIGHT,
    data=make_ten_kinds,
    build=dense(hidden=[64], activation="relu", output=(10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.001),
    fit_options={"class_weight": dict.fromkeys(range(10), 1.0)},
    epochs=20,
)
SIX_STATES = Program(
    name="six states by squared error, no dropout at the end",
    theme="forum",
    source=LAST_DROPOUT,
    data=make_six_states,
    build=sequential(
        partial(layers.Dense, 14, "relu"),
        partial(layers.Dropout, 0.2),
        partial(layers.Dense, 8, "relu"),
        partial(layers.Dense, 6, "softmax"),
    ),
    loss="mse",
    optimizer="adam",
    epochs=20,
)
PLANE = Program(
    name="a plane by huber, sgd 0.02",
    theme="forum",
    source=HUBER,
    data=make_plane,
    build=sequential(partial(layers.Dense, 1, kernel_initializer="random_uniform", bias_initializer="random_uniform")),
    loss="huber",
    optimizer=partial(SGD, 0.02),
    epochs=40,
)

PROGRAMS = [
    HUNDRED,
    HUNDRED.vary(
        "a hundred features, one unit, labels of 2000",
        label=(*labels.LARGE_LABELS, *labels.TOO_SMALL_STEPS),
        strength="clear",
        data=partial(make_hundred, 1.0),
    ),
    HUNDRED.vary(
        "a hundred features, one unit, labels of 2000, rmsprop 1",
        data=partial(make_hundred, 1.0),
        optimizer=partial(RMSprop, 1.0),
    ),
    ORDERS,
    ORDERS.vary(
        "orders sent back, seconds and amounts as they come",
        label=(*labels.LARGE_INPUTS, *labels.SATURATED_HEAD, *labels.DEAD),
        strength="extreme",
        data=partial(make_orders, False),
    ),
    FLATS,
    SUMS,
    SUMS.vary(
        "sums of five numbers up to 30, sgd 0.001",
        label=(*labels.TOO_LARGE_STEPS, *labels.LARGE_INPUTS, *labels.NONFINITE),
        strength="extreme",
        optimizer=partial(SGD, 0.001),
    ),
    PARTS,
    PARTS.vary(
        "parts, labels as a row, own squares",
        label=labels.LABELS_OF_ANOTHER_SHAPE,
        strength="clear",
        data=partial(make_parts, 1),
    ),
    THREE_RARE,
    THREE_RARE.vary(
        "three rare classes, weighted by 9999",
        label=(*labels.TOO_LARGE_STEPS, *labels.NONFINITE),
        strength="extreme",
        fit_options={"class_weight": {0: 9999.0, 1: 9999.0, 2: 9999.0, 3: 1.0}, "batch_size": 64},
    ),
    SWITCHES,
    SWITCHES.vary(
        "switches, right settings alone",
        label=("constant_labels",),
        strength="extreme",
        data=partial(make_switches, False),
        unscored=True,
    ),
    STOCK,
    STOCK.vary(
        "a stock's next price over the highest",
        unnamed=True,
        strength="mild",
        data=partial(make_stocks, False),
    ),
    TEN_KINDS,
    TEN_KINDS.vary(
        "ten kinds, one of weight one and the others of none",
        label=labels.FEW_EXAMPLES_COUNT,
        strength="clear",
        fit_options={"class_weight": {kind: float(kind == 8) for kind in range(10)}},
    ),
    SIX_STATES,
    SIX_STATES.vary(
        "six states by squared error, halves dropped up to the end",
        label=(*labels.DROPOUT, *labels.WRONG_HEAD),
        strength="mild",
        build=sequential(
            partial(layers.Dense, 14, "relu"),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 8, "relu"),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 6, "softmax"),
            partial(layers.Dropout, 0.5),
        ),
    ),
    PLANE,
    PLANE.vary(
        "a plane by huber, sgd 0.00001",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(SGD, 0.00001),
    ),
    Program(
        name="rare frauds, a bias of the logarithm of the odds",
        theme="forum",
        source=BIAS,
        data=make_rare_frauds,
        build=partial(build_with_bias, bias=float(np.log(40 / 7960))),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 1024},
        epochs=60,
    ),
    Program(
        name="shells as they come, no activation",
        theme="forum",
        source=ABALONE,
        data=make_shells,
        build=sequential(partial(layers.Dense, 64), partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(Adam, 0.001),
        epochs=60,
    ),
    Program(
        name="ratings of wines, sigmoids after batch normalization",
        theme="forum",
        source=WINE_RATINGS,
        data=make_wine_ratings,
        build=build_wine_ratings,
        loss="mse",
        optimizer=partial(RMSprop, 0.001),
        fit_options={"batch_size": 32},
        epochs=100,
    ),
    Program(
        name="ranges, two of five labels the same in all",
        theme="forum",
        source=RANGES,
        data=make_ranges,
        build=dense(hidden=[10], activation="sigmoid", output=(5, None)),
        loss="mse",
        optimizer=partial(Adam, 0.01),
        fit_options={"batch_size": 10},
        epochs=30,
    ),
    Program(
        name="sixty-four features, adam 0.01, large batches",
        theme="forum",
        source=SLOW_END,
        data=make_sixty_four,
        build=dense(hidden=[16, 16], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
        fit_options={"batch_size": 200},
        epochs=60,
    ),
    Program(
        name="logarithms of products, twenty relus",
        theme="forum",
        source=PRODUCTS,
        data=make_products,
        build=dense(hidden=[20], activation="relu", output=(1, None)),
        loss="mse",
        optimizer=partial(Adam, 0.005),
        fit_options={"batch_size": 10},
        epochs=20,
    ),
    Program(
        name="sets of words, dropout of nothing",
        theme="forum",
        source=NO_DROPOUT,
        data=make_word_sets,
        build=sequential(
            partial(layers.Dense, 128, "relu"), partial(layers.Dropout, 0.0), partial(layers.Dense, 12, "softmax")
        ),
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        epochs=20,
    ),
    Program(
        name="four labels that mostly do not hold",
        theme="forum",
        source=FOUR_LABELS,
        data=make_four_labels,
        build=dense(hidden=[32], activation="relu", output=(4, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=20,
    ),
    Program(
        name="a number and a hundred times it through one unit",
        theme="forum",
        source=TWO_NUMBERS,
        data=make_proportional,
        build=sequential(partial(layers.Dense, 1, use_bias=False), partial(layers.Dense, 2, use_bias=False)),
        loss="mae",
        optimizer="rmsprop",
        epochs=40,
    ),
    Program(
        name="six states, averaged weights, four batches a step",
        theme="forum",
        source=AVERAGES,
        data=make_six_states,
        build=dense(hidden=[24], activation="relu", output=(6, "softmax")),
        loss="categorical_crossentropy",
        optimizer=partial(AdamW, 0.01, weight_decay=0.01, use_ema=True, gradient_accumulation_steps=4),
        epochs=30,
    ),
]
