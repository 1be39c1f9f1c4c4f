"""Own losses, pictures, codes, schedules and switches of those who asked why nothing is learned, made small.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, rates, and the form of the data. The data are made up or scikit-learn's digits.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.callbacks import EarlyStopping, LearningRateScheduler, ReduceLROnPlateau
from keras.optimizers import SGD, Adam, RMSprop
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_binary, make_blobs, make_digits, make_flat_pairs
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

CLIPPED_ERRORS = "https://github.com/devsisters/DQN-tensorflow/issues/16"
FLATTENED = (
    "https://community.deeplearning.ai/t/flattening-images-in-the-logistic-regression-assignment-in-course-1-week-2/149"
)
LINEAR_CODE = "https://github.com/keras-team/keras/issues/1604"
SCHEDULER = "https://github.com/tensorflow/tensorflow/issues/48308"
TWO_RANGES = (
    "https://datascience.stackexchange.com/questions/30537/keras-loss-function-for-multidimensional-regression-problem"
)
SWITCHES = "https://stats.stackexchange.com/questions/433365/xor-with-neural-network"
NOT_STANDARDISED = "https://github.com/keras-team/keras/issues/12400"
PLANES = "https://iz6.ru/pravilnyj-sposob-izmenit-formu-izobrazhenija-dlja-obuchenija-s-ispolzovaniem-cnn"
MEAN_OF_MAPS = "https://github.com/michalfaber/keras_Realtime_Multi-Person_Pose_Estimation/issues/8"
REVERSED = "https://github.com/keras-team/keras/issues/4980"
LAST_NORMALIZED = (
    "https://discuss.tensorflow.org/t/applying-batch-normalization-on-the-output-layer-in-a-regression-problem/14056"
)
TWO_UNITS = "https://discuss.tensorflow.org/t/unexpected-value-of-binary-crossentropy-loss-function-in-classifier-network-with-two-outputs/11073"
LAST_RELU = (
    "https://community.deeplearning.ai/t/can-relu-activation-be-used-in-the-last-layer-of-a-neural-network/549422"
)
SOFTPLUS = "https://forums.fast.ai/t/xor-problem-compare-mlp-networks/4416"
BEST_WEIGHTS = "https://github.com/keras-team/keras/issues/20323"
EMOTIONS = "https://github.com/keras-team/keras/issues/10306"


def make_actions() -> Data:
    """Eight measures of a state; which of four actions was taken, and the value of it, about 12."""
    generator = np.random.default_rng(600)
    x, action = generator.normal(size=(800, 8)), generator.integers(0, 4, size=800)
    value = 12 + 3 * np.take_along_axis(x, action[:, None], axis=1)[:, 0] + 2 * np.tanh(x[:, 5])
    return x.astype("float32"), np.stack([action, value], axis=1).astype("float32")


def measure_errors(y: Any, prediction: Any) -> Any:
    """The errors of the values of the actions that were taken."""
    taken = ops.one_hot(ops.cast(y[:, 0], "int32"), 4, dtype="float32")
    return y[:, 1] - ops.sum(taken * prediction, axis=-1)


def square_clipped(y: Any, prediction: Any) -> Any:
    """Squares of the errors, which are clipped to 1 first."""
    return ops.square(ops.clip(measure_errors(y, prediction), -1, 1))


def clip_slopes(y: Any, prediction: Any) -> Any:
    """Squares of small errors, and of larger ones the absolute value."""
    error = ops.abs(measure_errors(y, prediction))
    return ops.where(error < 1, ops.square(error) / 2, error - 0.5)


def score_actions(prediction: Any, y: Any) -> float:
    """The explained share of the variance of the values of the actions that were taken."""
    said = np.take_along_axis(prediction, y[:, :1].astype("int64"), axis=1)[:, 0]
    return float(1 - ((y[:, 1] - said) ** 2).mean() / y[:, 1].var())


def make_odd(kept: bool) -> Data:
    """Digits as vectors, and whether they are odd; or vectors of pixels of many digits, by a reshape of all of them."""
    data = datasets.load_digits()
    count = len(data.images)
    x = data.images.reshape(count, -1) if kept else data.images.reshape(-1, count).T
    return (x / 16).astype("float32"), (data.target % 2)[:, None].astype("float32")


def make_pictures() -> Data:
    """Digits, which are their own labels."""
    x, _ = make_digits()
    return x, x


def build_picture_codes(x: Any) -> keras.Model:
    """A code of sixteen numbers, between a convolution and a transposed one."""
    return sequential(
        partial(layers.Conv2D, 8, 3, strides=2, padding="same", activation="relu"),
        partial(layers.Flatten),
        partial(layers.Dense, 16),
        partial(layers.Dense, 128, "relu"),
        partial(layers.Reshape, (4, 4, 8)),
        partial(layers.Conv2DTranspose, 1, 3, strides=2, padding="same", activation="sigmoid"),
    )(x)


def set_rate(schedule: Callable[[int], float]) -> Callable[[], keras.callbacks.Callback]:
    """Makes a callback that sets the rate by the epoch."""
    return lambda: LearningRateScheduler(lambda epoch, rate: schedule(epoch))


def make_two_ranges(scaled: bool) -> Data:
    """Ten features; a label of about 1 and one of about 3000, or both standardised."""
    generator = np.random.default_rng(602)
    x = generator.normal(size=(800, 10))
    small = x[:, 0] * x[:, 1] + x[:, 2]
    large = 3000 + 800 * (x[:, 3] + 0.5 * np.abs(x[:, 4])) + 50 * generator.normal(size=800)
    y = np.stack([small, large], axis=1)
    y = (y - y.mean(axis=0)) / y.std(axis=0) if scaled else y
    return x.astype("float32"), y.astype("float32")


def make_switches() -> Data:
    """Two bits, and whether they differ."""
    x = np.random.default_rng(603).integers(0, 2, size=(800, 2))
    return x.astype("float32"), (x[:, :1] != x[:, 1:]).astype("float32")


def make_outliers() -> Data:
    """Three classes of examples, of which one in 32 is 52 times as large."""
    x, y = make_blobs()
    large = np.random.default_rng(604).random(len(x)) < 1 / 32
    return np.where(large[:, None], 52 * x, x).astype("float32"), y


def make_colours(kept: bool) -> Data:
    """Pictures that hold a red, a green or a blue square, from planes of colours, turned or only reshaped."""
    generator = np.random.default_rng(605)
    kind = generator.integers(0, 3, size=480)
    planes = 0.3 * generator.random((480, 3, 16, 16))
    for i, (row, column) in enumerate(generator.integers(0, 11, size=(480, 2))):
        planes[i, kind[i], row : row + 5, column : column + 5] += 0.25
    x = planes.transpose(0, 2, 3, 1) if kept else planes.reshape(-1, 16, 16, 3)
    return x.astype("float32"), kind.astype("int32")


def make_joints() -> Data:
    """Noisy pictures of three bright points, and for each point a map that is 1 there and 0 away from it."""
    generator = np.random.default_rng(606)
    rows, columns = generator.integers(1, 11, size=(2, 400, 1, 1, 3))
    grid = np.arange(12)
    distance = (grid[None, :, None, None] - rows) ** 2 + (grid[None, None, :, None] - columns) ** 2
    x = 0.15 * generator.normal(size=distance.shape) + (distance <= 1)
    return x.astype("float32"), np.exp(-distance / 2).astype("float32")


def sum_squares(y: Any, prediction: Any) -> Any:
    """Half the sum of the squares of an example's errors."""
    return ops.sum(ops.square(y - prediction), axis=(1, 2, 3)) / 2


def make_twins() -> Data:
    """Pairs of digits; the label is 1 for the same digit."""
    x, y = make_digits(1200)
    x = x.reshape(len(x), -1)
    generator = np.random.default_rng(607)
    left = generator.integers(0, 1200, size=1000)
    right = generator.integers(0, 1200, size=1000)
    for i in range(0, 1000, 2):
        right[i] = generator.choice(np.flatnonzero(y == y[left[i]]))
    return [x[left], x[right]], (y[left] == y[right])[:, None].astype("float32")


def build_distance(x: Any) -> keras.Model:
    """The distance between two codes by the same layers."""
    inputs = [keras.Input((64,)) for _ in x]
    code = keras.Sequential([keras.Input((64,)), layers.Dense(64, "relu"), layers.Dense(16)])
    gap = layers.Subtract()([code(part) for part in inputs])
    measure = layers.Lambda(lambda h: ops.sqrt(ops.maximum(ops.sum(h * h, axis=-1, keepdims=True), 1e-7)))
    return keras.Model(inputs, measure(gap))


def bring_together(which: float) -> Any:
    """A contrastive loss that brings pairs of this label together and holds the others apart."""

    def measure(y: Any, distance: Any) -> Any:
        alike = y if which else 1 - y
        return ops.mean(alike * ops.square(distance) + (1 - alike) * ops.square(ops.maximum(1 - distance, 0)))

    return OwnLoss(measure)


def score_distance(prediction: Any, y: Any) -> float:
    """How many more pairs than by chance are closer than a half if they are alike, and else are not."""
    right = (prediction < 0.5) == (y == 1)
    return float(right[y == 1].mean() + right[y == 0].mean() - 1)


def make_curves() -> Data:
    """Thirty noisy points of a curve, and its four parameters, from 1 to 10."""
    generator = np.random.default_rng(608)
    y = generator.uniform(1, 10, size=(1000, 4))
    t = np.linspace(0, 3, 30)
    x = y[:, :1] * np.exp(-t * y[:, 1:2] / 5) + y[:, 2:3] * np.sin(t) + y[:, 3:] * t / 3
    return (x / 10 + 0.02 * generator.normal(size=x.shape)).astype("float32"), y.astype("float32")


def build_curves(x: Any, normalized: bool) -> keras.Model:
    """Two hidden layers and four units, with or without a normalization behind these."""
    parts = [partial(layers.Dense, 64, "relu"), partial(layers.Dense, 64, "relu"), partial(layers.Dense, 4)]
    return sequential(*parts, *([layers.BatchNormalization] if normalized else []))(x)


def make_pairs_of_units() -> Data:
    """Two classes as unit vectors."""
    x, y = make_binary()
    return x, np.concatenate([1 - y, y], axis=1)


def make_rain() -> Data:
    """Six features, and an amount that is zero in about half of the examples."""
    generator = np.random.default_rng(609)
    x = generator.normal(size=(800, 6))
    amount = np.maximum(2 * x[:, 0] + x[:, 1] * x[:, 2] + 0.2 * generator.normal(size=800), 0)
    return x.astype("float32"), amount[:, None].astype("float32")


def make_gates() -> Data:
    """Two bits and a number; the label is about 36 if the bits differ by the first, 28 otherwise, less the number."""
    generator = np.random.default_rng(610)
    bits, t = generator.integers(0, 2, size=(600, 2)), generator.random((600, 1))
    y = 27 + 9 * (bits[:, :1] != bits[:, 1:]) - 3 * t + generator.normal(size=(600, 1))
    return np.concatenate([bits, t], axis=1).astype("float32"), y.astype("float32")


def make_sum() -> Data:
    """Eight numbers from 0 to 1, and a weighted sum of them with some noise."""
    generator = np.random.default_rng(612)
    x = generator.random((800, 8))
    y = x @ np.array([[9.0], [-4.0], [7.0], [2.0], [12.0], [-6.0], [8.0], [10.0]]) + generator.normal(size=(800, 1))
    return x.astype("float32"), y.astype("float32")


def make_feelings() -> Data:
    """Features of a face; six feelings that hold or not, three numbers from 1 to 10, and one of three ages."""
    generator = np.random.default_rng(611)
    x = generator.normal(size=(800, 20))
    felt = (x[:, :6] + 0.3 * generator.normal(size=(800, 6)) > 0.5).astype("float32")
    scale = np.clip(5.5 + 1.5 * (x[:, 6:9] + x[:, 9:10]), 1, 10).astype("float32")
    age = np.digitize(x[:, 10] + 0.5 * x[:, 11], [-0.6, 0.6]).astype("int32")
    return x.astype("float32"), {"felt": felt, "scale": scale, "age": age}


def build_feelings(x: Any) -> keras.Model:
    """One hidden layer under three outputs."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(64, "relu")(inputs)
    felt = layers.Dense(6, "sigmoid", name="felt")(h)
    scale, age = layers.Dense(3, name="scale")(h), layers.Dense(3, "softmax", name="age")(h)
    return keras.Model(inputs, {"felt": felt, "scale": scale, "age": age})


program = partial(Program, theme="forum")
ACTIONS = program(
    name="values of actions, slopes of errors clipped",
    data=make_actions,
    build=dense(hidden=[32, 32], activation="relu", output=(4, None)),
    loss=OwnLoss(clip_slopes),
    optimizer=partial(RMSprop, 0.002),
    epochs=40,
    score=score_actions,
    source=CLIPPED_ERRORS,
)
ODD = program(
    name="odd digits, each a row",
    data=partial(make_odd, True),
    build=sequential(partial(layers.Dense, 1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.1),
    epochs=30,
    source=FLATTENED,
)
CODES = program(
    name="linear codes of digits, sgd 0.5 with momentum 0.9",
    data=make_flat_pairs,
    build=sequential(partial(layers.Dense, 24), partial(layers.Dense, 64)),
    loss="mse",
    optimizer=partial(SGD, 0.5, momentum=0.9),
    epochs=30,
    source=LINEAR_CODE,
)
SCHEDULED = program(
    name="codes of pictures, a rate that falls by 3 percent an epoch from 0.003",
    data=make_pictures,
    build=build_picture_codes,
    loss="mse",
    optimizer=partial(Adam, 0.003),
    callbacks=(set_rate(lambda epoch: 0.003 * 0.97**epoch),),
    epochs=30,
    source=SCHEDULER,
)
RANGES = program(
    name="two labels standardised, absolute error",
    data=partial(make_two_ranges, True),
    build=dense(hidden=[32], activation="relu", output=(2, None)),
    loss="mae",
    optimizer="adam",
    epochs=40,
    source=TWO_RANGES,
)
BITS = program(
    name="differing bits, eight relus and a sigmoid",
    data=make_switches,
    build=dense(hidden=[8], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
    source=SWITCHES,
)
CLASSES = program(
    name="three classes, all standardised, normalized twice",
    data=make_blobs,
    build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax"), normalize=True),
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    epochs=20,
    source=NOT_STANDARDISED,
)
COLOURS = program(
    name="squares of three colours, planes turned to channels",
    data=partial(make_colours, True),
    build=sequential(
        partial(layers.Conv2D, 16, 3, activation="relu"),
        partial(layers.Conv2D, 16, 3, strides=2, activation="relu"),
        partial(layers.GlobalAveragePooling2D),
        partial(layers.Dense, 3, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=25,
    source=PLANES,
)
JOINTS = program(
    name="maps of joints, squares summed, sgd 0.001",
    data=make_joints,
    build=sequential(
        partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 3, 3, padding="same"),
    ),
    loss=OwnLoss(sum_squares),
    optimizer=partial(SGD, 0.001, momentum=0.9),
    epochs=25,
    source=MEAN_OF_MAPS,
)
TWINS = program(
    name="pairs of digits, alike brought together",
    data=make_twins,
    build=build_distance,
    loss=bring_together(1.0),
    optimizer="rmsprop",
    epochs=20,
    score=score_distance,
    source=REVERSED,
)
CURVES = program(
    name="parameters of curves, four linear units",
    data=make_curves,
    build=partial(build_curves, normalized=False),
    loss="mse",
    optimizer="adam",
    epochs=30,
    source=LAST_NORMALIZED,
)
MENDED = [ACTIONS, ODD, CODES, SCHEDULED, RANGES, BITS, CLASSES, COLOURS, JOINTS, TWINS, CURVES]
SICK = [
    ACTIONS.vary(
        "values of actions, errors clipped",
        label=(*labels.CUT_OFF, *labels.LARGE_LABELS),
        strength="extreme",
        loss=OwnLoss(square_clipped),
    ),
    ODD.vary("odd digits, mixed by a reshape", unnamed=True, strength="clear", data=partial(make_odd, False)),
    CODES.vary(
        "linear codes of digits, sgd 0.001 with momentum 0.1",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(SGD, 0.001, momentum=0.1),
    ),
    SCHEDULED.vary(
        "codes of pictures, a rate that falls to a tenth each epoch from 0.003",
        label=labels.STEPS_THAT_END,
        strength="clear",
        callbacks=(set_rate(lambda epoch: 0.003 * 0.1**epoch),),
    ),
    RANGES.vary(
        "two labels of 1 and 3000, absolute error",
        label=labels.LARGE_LABELS,
        strength="clear",
        data=partial(make_two_ranges, False),
    ),
    BITS.vary(
        "differing bits, a linear layer and three relus",
        label=(*labels.DEAD, *labels.WRONG_HEAD),
        strength="mild",
        build=sequential(partial(layers.Dense, 2), partial(layers.Dense, 2, "relu"), partial(layers.Dense, 1, "relu")),
        loss="mse",
        optimizer="sgd",
    ),
    CLASSES.vary(
        "three classes, one in 32 not standardised, normalized twice",
        label=(*labels.LARGE_INPUTS, *labels.OTHER_IN_INFERENCE),
        strength="mild",
        data=make_outliers,
    ),
    COLOURS.vary(
        "squares of three colours, planes reshaped to channels",
        unnamed=True,
        strength="clear",
        data=partial(make_colours, False),
    ),
    JOINTS.vary(
        "maps of joints, squares averaged, sgd 0.001", label=labels.TOO_SMALL_STEPS, strength="clear", loss="mse"
    ),
    TWINS.vary(
        "pairs of digits, unlike brought together", label=labels.WRONG_LOSS, strength="clear", loss=bring_together(0.0)
    ),
    CURVES.vary(
        "parameters of curves, four linear units normalized",
        unnamed=True,
        strength="clear",
        build=partial(build_curves, normalized=True),
    ),
]
EXAMPLES = [
    program(
        name="two classes, two units of softmax under binary cross-entropy",
        data=make_pairs_of_units,
        build=dense(hidden=[64], activation="relu", output=(2, "softmax")),
        loss="binary_crossentropy",
        optimizer="adam",
        epochs=20,
        source=TWO_UNITS,
    ),
    program(
        name="rain, often none, through a relu",
        data=make_rain,
        build=dense(hidden=[32, 32], activation="relu", output=(1, "relu")),
        loss="mse",
        optimizer="adam",
        epochs=30,
        source=LAST_RELU,
    ),
    program(
        name="gates of about 30, fifty-two softplus units",
        data=make_gates,
        build=dense(hidden=[20, 20, 12], activation="softplus", output=(1, None)),
        loss="mse",
        optimizer=partial(Adam, 0.01),
        fit_options={"batch_size": 8},
        epochs=40,
        source=SOFTPLUS,
    ),
    program(
        name="a sum of about 20 by adam 0.1, rate halved, best weights restored",
        data=make_sum,
        build=sequential(partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(Adam, 0.1),
        callbacks=(
            partial(ReduceLROnPlateau, monitor="loss", factor=0.5, patience=3),
            partial(EarlyStopping, monitor="loss", patience=15, restore_best_weights=True),
        ),
        fit_options={"batch_size": 100},
        epochs=40,
        source=BEST_WEIGHTS,
    ),
    program(
        name="feelings, numbers up to 10 and ages of a face",
        data=make_feelings,
        build=build_feelings,
        loss={"felt": "binary_crossentropy", "scale": "mse", "age": "sparse_categorical_crossentropy"},
        optimizer="adam",
        compile_options={"loss_weights": {"felt": 1.0, "scale": 0.1, "age": 1.0}},
        epochs=40,
        source=EMOTIONS,
    ),
]

PROGRAMS = [*MENDED, *SICK, *EXAMPLES]
