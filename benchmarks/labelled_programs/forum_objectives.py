"""Losses, schedules and codes that people asked about when nothing was learned, and some that learn and look odd.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, and the size and scale of the data. The data are made up or scikit-learn's, and smaller.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

THRESHOLD = "http://xiaobeizi.cn/x/6JuuQQjucd"
BLOB = "https://stats.stackexchange.com/questions/245448"
COMPOUND = "https://github.com/divamgupta/image-segmentation-keras/issues/138"
COPY = "https://stats.stackexchange.com/questions/441750"
ZEROS = "http://pullrequest.ru/11818227/neironnaya-set-odnim-skrytym-sloem-mozhet-byt-obuchena"
DETERMINATION = "https://github.com/keras-team/keras/issues/7249"
DIVERGENCE = "https://github.com/keras-team/keras/issues/1917"
RATE_OF_FIVE = "https://coderapp.vercel.app/answer/73462535"
DOUBLED = "https://stackoom.com/en/question/4DkFI"
HINGE = "https://www.machinecurve.com/index.php/2019/10/15/how-to-use-hinge-squared-hinge-loss-with-keras/"
SOFT_F1 = "https://github.com/ashrefm/multi-label-soft-f1/issues/12"
FASHION = "https://www.tensorflow.org/tutorials/keras/classification"
SELF_NORMALIZING = "https://github.com/ageron/handson-ml2/issues/156"


def make_vectors() -> Data:
    """Digits as vectors of pixels from 0 to 1."""
    x, y = make_digits()
    return x.reshape(len(x), -1), y


def make_unit_vectors() -> Data:
    """Digits as vectors, and unit vectors as labels."""
    x, y = make_vectors()
    return x, np.eye(10, dtype="float32")[y]


def make_codes() -> Data:
    """Digits as vectors, which are their own labels."""
    x, _ = make_vectors()
    return x, x


def make_masks() -> Data:
    """Noisy digits as vectors; which of their pixels are set."""
    x, _ = make_vectors()
    noise = 0.2 * np.random.default_rng(0).normal(size=x.shape)
    return (x + noise).astype("float32"), (x > 0.4).astype("float32")


def make_noise() -> Data:
    """Forty numbers from 0 to 1 that have nothing to do with one another; they are their own labels."""
    x = np.random.default_rng(1).random((2000, 40)).astype("float32")
    return x, x


def make_friedman() -> Data:
    """Ten features from -1.7 to 1.7, and a standardised number that is made of five of them."""
    x, y = datasets.make_friedman1(800, noise=0.5, random_state=2)
    return ((x - 0.5) * 12**0.5).astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_looks(normalized: bool) -> Data:
    """Ten features, and how often each of sixteen spots is looked at: up to 1, or in shares."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=(800, 10))
    score = np.exp(0.8 * x @ generator.normal(size=(10, 16)) / 2)
    total = score.sum(axis=1, keepdims=True) if normalized else score.max(axis=1, keepdims=True)
    return x.astype("float32"), (score / total).astype("float32")


def make_seven_kinds() -> Data:
    """Seven classes in forty standardised features; integer labels."""
    x, y = datasets.make_classification(800, 40, n_informative=20, n_classes=7, class_sep=1.0, random_state=4)
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y.astype("int32")


def make_signed_rings() -> Data:
    """Two noisy rings, labelled -1 and 1."""
    x, y = datasets.make_circles(1000, factor=0.3, noise=0.1, random_state=5)
    return x.astype("float32"), (2 * y[:, None] - 1).astype("float32")


def make_genres() -> Data:
    """Thirty features; six labels, each held by a tenth to a third of the examples."""
    generator = np.random.default_rng(6)
    x = generator.normal(size=(1200, 30))
    score = x @ generator.normal(size=(30, 6)) / 5
    return x.astype("float32"), (score > np.linspace(0.4, 1.4, 6)).astype("float32")


def build_zeros(x: Any) -> keras.Model:
    """A hidden layer of softmax; all weights are zero."""
    parts = [layers.Dense(10, "softmax", kernel_initializer="zeros") for _ in range(2)]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def build_normal(x: Any) -> keras.Model:
    """A hidden layer of sigmoids; all weights are drawn with a deviation of a tenth, biases too."""
    start = keras.initializers.TruncatedNormal
    parts = [
        layers.Dense(10, activation, kernel_initializer=start(stddev=0.1), bias_initializer=start(stddev=0.1))
        for activation in ("sigmoid", "softmax")
    ]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def measure_threshold(y: Any, prediction: Any) -> Any:
    """The squares of the differences from predictions that are 0 or 1."""
    return ops.mean((y - ops.where(prediction >= 0.5, 1.0, 0.0)) ** 2, axis=-1)


def measure_determination(y: Any, prediction: Any) -> Any:
    """The share of the labels' variance that is explained."""
    return 1 - ops.sum((y - prediction) ** 2) / ops.sum((y - ops.mean(y)) ** 2)


def measure_unexplained(y: Any, prediction: Any) -> Any:
    """The share of the labels' variance that is explained, with the opposite sign."""
    return -measure_determination(y, prediction)


def measure_soft_f1(y: Any, prediction: Any) -> Any:
    """One less the F1 of probabilities instead of yes and no, the mean over labels and over what holds and does not."""
    right = ops.sum(prediction * y, axis=0)
    wrong, missed = ops.sum(prediction * (1 - y), axis=0), ops.sum((1 - prediction) * y, axis=0)
    right_not = ops.sum((1 - prediction) * (1 - y), axis=0)
    held = 2 * right / (2 * right + wrong + missed + 1e-16)
    not_held = 2 * right_not / (2 * right_not + wrong + missed + 1e-16)
    return 1 - ops.mean(held + not_held) / 2


def shrink_compound(epoch: int, rate: float) -> float:
    """The last rate times 0.9 to the power of the number of epochs."""
    return rate * 0.9**epoch


def shrink_slowly(epoch: int, rate: float) -> float:
    """The last rate times 0.97."""
    return rate * 0.97


def double_rate(epoch: int, rate: float) -> float:
    """Twice the last rate every five epochs."""
    return 2 * rate if epoch and epoch % 5 == 0 else rate


def schedule(change: Any) -> Any:
    """What makes the callback that changes the rate before each epoch."""
    return partial(keras.callbacks.LearningRateScheduler, change)


def score_signs(prediction: Any, y: Any) -> float:
    """How many more signs are right than wrong, from 0 to 1."""
    return float(2 * ((prediction > 0) == (y > 0)).mean() - 1) if np.isfinite(prediction).all() else -1.0


MASKS = Program(
    name="masks of digits by squared error",
    theme="forum",
    source=THRESHOLD,
    data=make_masks,
    build=dense(hidden=[64], activation="relu", output=(64, "sigmoid")),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
)
CODES = Program(
    name="codes of digits by cross-entropy, relus",
    theme="forum",
    source=BLOB,
    data=make_codes,
    build=sequential(
        partial(layers.Dense, 40, "relu"),
        partial(layers.Dense, 20, "relu"),
        partial(layers.Dense, 40, "relu"),
        partial(layers.Dense, 64, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.001),
    epochs=40,
)
SEVEN_KINDS = Program(
    name="seven kinds, a rate that falls by 3 percent an epoch",
    theme="forum",
    source=COMPOUND,
    data=make_seven_kinds,
    build=dense(hidden=[64, 32], activation="relu", output=(7, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.03),
    callbacks=(schedule(shrink_slowly),),
    epochs=40,
)
NOISE = Program(
    name="forty numbers copied by a linear layer",
    theme="forum",
    source=COPY,
    data=make_noise,
    build=dense(hidden=[], activation=None, output=(40, None)),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
NORMAL = Program(
    name="digits, ten sigmoids of small weights",
    theme="forum",
    source=ZEROS,
    data=make_unit_vectors,
    build=build_normal,
    loss="categorical_crossentropy",
    optimizer=partial(SGD, 0.5),
    epochs=20,
)
DETERMINED = Program(
    name="less the share of variance explained",
    theme="forum",
    source=DETERMINATION,
    data=make_friedman,
    build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
    loss=OwnLoss(measure_unexplained),
    optimizer=partial(Adam, 0.003),
    epochs=20,
)
LOOKS = Program(
    name="shares of looks, softmax under divergence",
    theme="forum",
    source=DIVERGENCE,
    data=partial(make_looks, True),
    build=dense(hidden=[48], activation="relu", output=(16, "softmax")),
    loss="kl_divergence",
    optimizer=partial(Adam, 0.003),
    epochs=20,
)
FAST = Program(
    name="digits by squared error, all in a batch, sgd 5",
    theme="forum",
    source=RATE_OF_FIVE,
    data=make_unit_vectors,
    build=dense(hidden=[128], activation="sigmoid", output=(10, "softmax")),
    loss="mse",
    optimizer=partial(SGD, 5.0),
    fit_options={"batch_size": 640},
    epochs=150,
)
STEADY = Program(
    name="digits, sgd whose rate stays",
    theme="forum",
    source=DOUBLED,
    data=make_vectors,
    build=dense(hidden=[128, 64], activation="relu", output=(10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.01),
    epochs=40,
)

PROGRAMS = [
    MASKS,
    MASKS.vary(
        "masks of digits by squared error of zeros and ones",
        label=labels.CUT_OFF,
        strength="extreme",
        loss=measure_threshold,
    ),
    CODES,
    CODES.vary(
        "codes of digits by cross-entropy, sigmoids",
        label=(*labels.VANISHING, *labels.TOO_SMALL_STEPS),
        strength="mild",
        build=sequential(
            partial(layers.Dense, 40, "sigmoid"),
            partial(layers.Dense, 20, "sigmoid"),
            partial(layers.Dense, 40, "sigmoid"),
            partial(layers.Dense, 64, "sigmoid"),
        ),
    ),
    SEVEN_KINDS,
    SEVEN_KINDS.vary(
        "seven kinds, a rate times a power of 0.9 each epoch",
        label=labels.STEPS_THAT_END,
        strength="mild",
        callbacks=(schedule(shrink_compound),),
    ),
    NOISE,
    NORMAL,
    NORMAL.vary(
        "digits, ten units of softmax, zero weights",
        label=(*labels.SYMMETRIC, *labels.VANISHING),
        strength="clear",
        build=build_zeros,
    ),
    DETERMINED,
    DETERMINED.vary(
        "the share of variance explained",
        label=(*labels.WRONG_LOSS, *labels.NONFINITE),
        strength="extreme",
        loss=OwnLoss(measure_determination),
    ),
    LOOKS,
    LOOKS.vary(
        "looks up to 1, linear under divergence",
        label=(*labels.WRONG_LOSS, *labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        data=partial(make_looks, False),
        build=dense(hidden=[48], activation="relu", output=(16, None)),
    ),
    FAST,
    FAST.vary(
        "digits by squared error, all in a batch, sgd 0.001",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(SGD, 0.001),
    ),
    STEADY,
    STEADY.vary(
        "digits, sgd whose rate doubles every five epochs",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD, *labels.NONFINITE),
        strength="clear",
        callbacks=(schedule(double_rate),),
    ),
    Program(
        name="signed rings under hinge",
        theme="forum",
        source=HINGE,
        data=make_signed_rings,
        build=dense(hidden=[4, 2], activation="relu", output=(1, "tanh"), initializer="he_uniform"),
        loss="hinge",
        optimizer=partial(Adam, 0.03),
        fit_options={"batch_size": 5},
        score=score_signs,
        epochs=20,
    ),
    Program(
        name="genres under a soft F1",
        theme="forum",
        source=SOFT_F1,
        data=make_genres,
        build=dense(hidden=[64], activation="relu", output=(6, "sigmoid")),
        loss=OwnLoss(measure_soft_f1),
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 128},
        epochs=30,
    ),
    Program(
        name="digits, logits of a hidden layer",
        theme="forum",
        source=FASHION,
        data=make_digits,
        build=sequential(layers.Flatten, partial(layers.Dense, 128, "relu"), partial(layers.Dense, 10)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer="adam",
        epochs=20,
    ),
    Program(
        name="digits, five layers of selus, alpha dropout",
        theme="forum",
        source=SELF_NORMALIZING,
        data=make_vectors,
        build=sequential(
            *(partial(layers.Dense, 50, "selu", kernel_initializer="lecun_normal") for _ in range(5)),
            partial(layers.AlphaDropout, 0.1),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(keras.optimizers.Nadam, 5e-4),
        epochs=20,
    ),
]
