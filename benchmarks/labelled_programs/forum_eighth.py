"""Losses and optimizers of those who asked why nothing is learned, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops, regularizers
from keras.losses import MeanSquaredError
from keras.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data, make_blobs, make_digits, make_regression
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

MEAN_OF_BATCH = "https://github.com/tensorflow/recommenders/issues/213"
TWO_FLUXES = "https://discuss.pytorch.org/t/two-dimensional-mse-loss-in-mlp-training/180059"
FEW_WHITE = "http://pullrequest.ru/13660757/realizatsiya-vzveshennyh-binarnyh-kross-entropiinyh-kera"
SLOW_AVERAGE = "https://github.com/Nerogar/OneTrainer/issues/889"
DECAY = "https://github.com/tflearn/tflearn/issues/772"
ADVANTAGES = "https://github.com/tensorflow/agents/issues/651"
PENALTY = "https://github.com/tensorflow/tensorflow/issues/42880"
NOT_NORMALIZED = "https://github.com/HobbitLong/SupContrast/issues/104"
SUM_OF_SQUARES = "https://github.com/peterroelants/peterroelants.github.io/issues/5"
CLIPPED = "https://github.com/lksshw/SRNet/issues/18"
MARGIN = "https://github.com/leondgarse/Keras_insightface/issues/6"
TVERSKY = "https://datascience.stackexchange.com/q/129632"
DENSITY = "https://github.com/keras-team/keras/issues/12423"
TILTED = "https://github.com/rstudio/keras3/issues/451"
FEW_WEIGHTS = "https://github.com/keras-team/keras/issues/19740"
LARGE_EPSILON = "https://exchangetuts.com/index.php/how-does-the-epsilon-hyperparameter-affect-tftrainadamoptimizer-1640134443286389"


def explain_each(prediction: Any, y: Any) -> Any:
    """The explained share of each label's variance."""
    return 1 - ((y - prediction) ** 2).mean(axis=0) / y.var(axis=0)


def explain_worst(prediction: Any, y: Any) -> float:
    """The explained share of the label that is explained worst."""
    return float(explain_each(prediction, y).min()) if np.isfinite(prediction).all() else -1.0


def make_visits() -> Data:
    """Numbers of users and of the films that they saw, mostly of their own of five tastes; the films once more."""
    generator = np.random.default_rng(800)
    users = generator.integers(0, 80, size=960)
    taste = np.where(generator.random(960) < 0.9, users % 5, generator.integers(0, 5, size=960))
    films = 5 * generator.integers(0, 12, size=960) + taste
    return np.stack([users, films], axis=1).astype("int32"), films[:, None].astype("float32")


def build_towers(x: Any) -> keras.Model:
    """A vector for the user and one for the film, beside each other."""
    inputs = keras.Input((2,), dtype="int32")
    user = layers.Embedding(80, 16, name="users")(inputs[:, 0])
    film = layers.Embedding(60, 16, name="films")(inputs[:, 1])
    return keras.Model(inputs, layers.Concatenate()([user, film]))


def retrieve(reduce: Any) -> Any:
    """Cross-entropy of which film of the batch each user saw, as a sum over the batch or a mean."""

    def measure(y: Any, prediction: Any) -> Any:
        scores = ops.matmul(prediction[:, :16], ops.transpose(prediction[:, 16:]))
        right = ops.sum(scores * ops.eye(ops.shape(scores)[0]), axis=1)
        return reduce(ops.logsumexp(scores, axis=1) - right)

    return OwnLoss(measure)


def score_visits(prediction: Any, y: Any) -> float:
    """Twice the share of films that score lower than the one that was seen, less 1."""
    scores = prediction[:, :16] @ prediction[:, 16:].T
    right = np.diag(scores)[:, None]
    return float(((scores < right).mean() + 0.5 * (scores == right).mean()) * 2 - 1)


def make_fluxes(standardised: bool) -> Data:
    """Six features; a production of about 0.4 and an evaporation of about -22, of which each has its own causes."""
    generator = np.random.default_rng(801)
    x = generator.normal(size=(800, 6))
    first = np.sin(x[:, 0] + x[:, 1]) + 0.5 * x[:, 2]
    second = np.abs(x[:, 3]) + x[:, 4] * x[:, 5]
    y = np.stack([first / first.std(), (second - second.mean()) / second.std()], axis=1)
    if not standardised:
        y = y * [0.15, 15.0] + [0.4, -22.0]
    return x.astype("float32"), y.astype("float32")


def make_roads(scale: float) -> Data:
    """Satellite pictures up to 255 times a scale; of a hundred pixels about two are of a bright road."""
    generator = np.random.default_rng(802)
    x, y = generator.normal(70, 20, size=(200, 14, 14, 1)), np.zeros((200, 14, 14, 1))
    for picture, mask in zip(x, y, strict=True):
        row, column = generator.integers(0, 10, size=2)
        picture[row, column : column + 4] += 110
        mask[row, column : column + 4] = 1
    return (x.clip(0, 255) * scale).astype("float32"), y.astype("float32")


def weigh_logarithms(low: float) -> Any:
    """Cross-entropy, where the few bright pixels weigh 99 times the others; nothing below `low` is put into a log."""

    def measure(y: Any, prediction: Any) -> Any:
        seen, unseen = ops.maximum(prediction, low), ops.maximum(1 - prediction, low)
        return ops.mean(-(0.99 * y * ops.log(seen) + 0.01 * (1 - y) * ops.log(unseen)), axis=-1)

    return measure


def score_overlap(prediction: Any, y: Any) -> float:
    """Twice what two masks have in common, as a share of both."""
    if not np.isfinite(prediction).all():
        return -1.0
    said = prediction > 0.5
    return float(2 * (said * y).sum() / (said.sum() + y.sum()))


def make_flat_digits() -> Data:
    """Digits as rows of 64 pixels, and their numbers."""
    x, y = make_digits()
    return x.reshape(len(x), -1), y


def make_moves() -> Data:
    """Five measures of a state; which of three moves was made by chance, and the reward: 1 for the best, with noise."""
    generator = np.random.default_rng(803)
    x = generator.normal(size=(900, 5))
    best = (x @ generator.normal(size=(5, 3))).argmax(axis=1)
    made = generator.integers(0, 3, size=900)
    reward = (best == made) + 0.1 * generator.normal(size=900)
    return x.astype("float32"), np.concatenate([np.eye(3)[made], reward[:, None]], axis=1).astype("float32")


def reinforce(axis: int) -> Any:
    """The negative logarithm of the chance of a move, weighed by its reward, which is standardised along an axis."""

    def measure(y: Any, prediction: Any) -> Any:
        reward = y[:, 3:]
        centred = reward - ops.mean(reward, axis=axis, keepdims=True)
        advantage = centred / (ops.std(reward, axis=axis, keepdims=True) + 1e-8)
        chance = ops.sum(y[:, :3] * ops.log_softmax(prediction), axis=-1)
        return -ops.mean(advantage[:, 0] * chance)

    return OwnLoss(measure)


def score_moves(prediction: Any, y: Any) -> float:
    """How much more reward there is than by chance where the move was the one that is thought best."""
    followed = prediction.argmax(axis=1) == y[:, :3].argmax(axis=1)
    mean = y[:, 3].mean()
    return float((y[followed, 3].mean() - mean) / (1 - mean))


def make_groups() -> Data:
    """Twelve measures and which of four groups they are of, as a column."""
    generator = np.random.default_rng(804)
    group = generator.integers(0, 4, size=640)
    centre = 1.5 * generator.normal(size=(4, 2, 12))
    x = centre[group, generator.integers(0, 2, size=640)] + 1.2 * generator.normal(size=(640, 12))
    return x.astype("float32"), group[:, None].astype("float32")


def build_encoder(*last: Any) -> Any:
    """A vector of eight numbers, as it is or of unit length."""
    return sequential(partial(layers.Dense, 64, "relu"), partial(layers.Dense, 8), *last)


def measure_contrast(y: Any, prediction: Any) -> Any:
    """The supervised contrastive loss at a temperature of 0.07, the largest product taken off first."""
    product = ops.matmul(prediction, ops.transpose(prediction)) / 0.07
    product = product - ops.stop_gradient(ops.max(product, axis=1, keepdims=True))
    other = 1 - ops.eye(ops.shape(product)[0])
    alike = ops.cast(ops.equal(y, ops.transpose(y)), "float32") * other
    chance = product - ops.log(ops.sum(ops.exp(product) * other, axis=1, keepdims=True))
    return -ops.mean(ops.sum(alike * chance, axis=1) / ops.maximum(ops.sum(alike, axis=1), 1))


def score_groups(prediction: Any, y: Any) -> float:
    """How often the nearest mean of a group is that of the own group, above chance."""
    if not np.isfinite(prediction).all():
        return -1.0
    group = y[:, 0].astype("int64")
    means = np.stack([prediction[group == number].mean(axis=0) for number in range(4)])
    nearest = ((prediction[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
    return float(((nearest == group).mean() - 0.25) / 0.75)


def make_forty() -> Data:
    """Forty numbers from 0 to 1, and twice each with noise."""
    generator = np.random.default_rng(805)
    x = generator.random((40, 1))
    return x.astype("float32"), (2 * x + 0.2 * generator.normal(size=(40, 1))).astype("float32")


def make_shown() -> Data:
    """Digits from -1 to 1, and as many false ones: smoothed noise as bright as they; whether they are real."""
    generator = np.random.default_rng(806)
    real = make_digits(320)[0]
    noise = generator.normal(size=real.shape)
    noise = noise + np.roll(noise, 1, axis=1) + np.roll(noise, 1, axis=2)
    false = (real.mean() + real.std() * noise / noise.std()).clip(0, 1)
    x, y = np.concatenate([real, false]), np.repeat([[1.0], [0.0]], 320, axis=0)
    order = generator.permutation(len(x))
    return (2 * x[order] - 1).astype("float32"), y[order].astype("float32")


def build_discriminator(x: Any) -> keras.Model:
    """Two strided convolutions and a logit."""
    return sequential(
        partial(layers.Conv2D, 8, 3, strides=2, padding="same"),
        partial(layers.LeakyReLU, negative_slope=0.2),
        partial(layers.Conv2D, 16, 3, strides=2, padding="same"),
        partial(layers.LeakyReLU, negative_slope=0.2),
        layers.Flatten,
        partial(layers.Dense, 1),
    )(x)


class Cosines(layers.Layer):
    """The cosines of the angles between what comes in and a vector for each class."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def build(self, shape: Any) -> None:
        """Makes the vectors."""
        self.kernel = self.add_weight(shape=(shape[-1], self.classes), initializer="glorot_uniform", name="kernel")

    def call(self, h: Any) -> Any:
        """Products of unit vectors."""
        return ops.matmul(ops.normalize(h, axis=-1), ops.normalize(self.kernel, axis=0))


class AddedAngle(keras.losses.Loss):
    """Cross-entropy of cosines times a scale, where the right class must be nearer by an angle."""

    def __init__(self, angle: float = 0.5, scale: float = 64.0) -> None:
        super().__init__()
        self.angle, self.scale = angle, scale

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Adds the angle to that of the right class."""
        right = ops.one_hot(ops.cast(y_true, "int32"), 10)
        turned = ops.cos(ops.arccos(ops.clip(y_pred, -0.999, 0.999)) + self.angle)
        logits = self.scale * ops.where(right > 0, turned, y_pred)
        return keras.losses.categorical_crossentropy(right, logits, from_logits=True)


def measure_tversky(y: Any, prediction: Any) -> Any:
    """One less the Tversky index of the whole batch, to the power of three quarters."""
    common = ops.sum(y * prediction)
    index = (common + 1e-6) / (
        common + 0.3 * ops.sum((1 - y) * prediction) + 0.7 * ops.sum(y * (1 - prediction)) + 1e-6
    )
    return ops.power(ops.maximum(1 - index, 1e-6), 0.75)


def make_narrow() -> Data:
    """A number, and half its sine with noise of a hundredth to a tenth."""
    generator = np.random.default_rng(807)
    x = generator.uniform(-2, 2, size=(800, 1))
    y = 0.5 * np.sin(2 * x) + (0.01 + 0.05 * np.abs(x)) * generator.normal(size=(800, 1))
    return x.astype("float32"), y.astype("float32")


def build_density(x: Any) -> keras.Model:
    """A mean and a deviation."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "tanh")(layers.Dense(32, "tanh")(inputs))
    return keras.Model(inputs, layers.Concatenate()([layers.Dense(1)(h), layers.Dense(1, "softplus")(h)]))


def measure_density(y: Any, prediction: Any) -> Any:
    """The negative logarithm of a normal density, which falls far below 0."""
    mean, deviation = prediction[:, :1], prediction[:, 1:] + 1e-3
    return ops.mean(ops.log(deviation) + 0.5 * ops.square((y - mean) / deviation) + 0.919)


def score_mean(prediction: Any, y: Any) -> float:
    """The share that the mean explains."""
    return explain_worst(prediction[:, :1], y)


def make_delays() -> Data:
    """Two numbers, and a delay whose spread grows with one of them."""
    generator = np.random.default_rng(808)
    x = generator.uniform(-1, 1, size=(800, 2))
    y = 3 * x[:, 0] + np.exp(0.8 * x[:, 1]) * generator.gumbel(size=800)
    return x.astype("float32"), y[:, None].astype("float32")


def measure_tilts(y: Any, prediction: Any) -> Any:
    """The losses of three quantiles, one for each unit."""
    share = ops.convert_to_tensor([0.1, 0.5, 0.9])
    error = y - prediction
    return ops.mean(ops.maximum(share * error, (share - 1) * error), axis=-1)


def score_tilts(prediction: Any, y: Any) -> float:
    """How much lower the losses of the quantiles are than those of the best constants."""
    share = np.array([0.1, 0.5, 0.9])
    losses = [np.maximum(share * e, (share - 1) * e).mean() for e in (y - prediction, y - np.quantile(y, share))]
    return float(1 - losses[0] / losses[1])


def weigh_few(x: Any, y: Any) -> Any:
    """A weight of 1 for one example in five, and of 0 for the rest."""
    return (np.arange(len(y)) % 5 == 0).astype("float32")


program = partial(Program, theme="forum")
FLAT = dense(hidden=[64, 64], activation="relu", output=(10, "softmax"))
THREE = dense(hidden=[32], activation="relu", output=(3, "softmax"))
NUMBER = dense(hidden=[32, 32], activation="relu", output=(1, None))
ROAD = sequential(
    partial(layers.Conv2D, 8, 3, padding="same", activation="relu"),
    partial(layers.Conv2D, 8, 3, padding="same", activation="relu"),
    partial(layers.Conv2D, 1, 1, activation="sigmoid"),
)


def build_penalised(rate: float) -> Any:
    """A hidden layer and dropout, with a penalty on the squares of all kernels."""
    return sequential(
        partial(layers.Dense, 128, "relu", kernel_regularizer=regularizers.L2(rate)),
        partial(layers.Dropout, 0.2),
        partial(layers.Dense, 10, "softmax", kernel_regularizer=regularizers.L2(rate)),
    )


VISITS = program(
    name="two towers, films of the batch told apart, sum of the batch, adagrad 0.1",
    data=make_visits,
    build=build_towers,
    loss=retrieve(ops.sum),
    optimizer=partial(Adagrad, 0.1),
    fit_options={"batch_size": 128},
    epochs=20,
    score=score_visits,
    source=MEAN_OF_BATCH,
)
FLUXES = program(
    name="production and evaporation, both standardised",
    data=partial(make_fluxes, True),
    build=dense(hidden=[32, 32], activation="relu", output=(2, None)),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=25,
    score=explain_worst,
    source=TWO_FLUXES,
)
ROADS = program(
    name="roads of few pixels, 99 times as heavy, no logarithm of 0",
    data=partial(make_roads, 1 / 255),
    build=ROAD,
    loss=weigh_logarithms(1e-6),
    optimizer=partial(Adam, 0.01),
    epochs=25,
    score=score_overlap,
    source=FEW_WHITE,
)
AVERAGED = program(
    name="digits by weights averaged over some ten steps",
    data=make_flat_digits,
    build=FLAT,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002, use_ema=True, ema_momentum=0.9),
    fit_options={"batch_size": 64},
    epochs=15,
    source=SLOW_AVERAGE,
)
DECAYED = program(
    name="a number by adamw, a decay of 1",
    data=make_regression,
    build=NUMBER,
    loss="mse",
    optimizer=partial(AdamW, 0.003, weight_decay=1.0),
    epochs=20,
    source=DECAY,
)
MOVES = program(
    name="moves weighed by rewards that are standardised over the batch",
    data=make_moves,
    build=dense(hidden=[32], activation="tanh", output=(3, None)),
    loss=reinforce(0),
    optimizer=partial(Adam, 0.01),
    epochs=20,
    score=score_moves,
    source=ADVANTAGES,
)
PENALISED = program(
    name="digits, a penalty of 0.0001 on squares",
    data=make_flat_digits,
    build=build_penalised(1e-4),
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    epochs=20,
    source=PENALTY,
)
GROUPS = program(
    name="groups by contrast of vectors of unit length",
    data=make_groups,
    build=build_encoder(layers.UnitNormalization),
    loss=OwnLoss(measure_contrast),
    optimizer=partial(Adam, 0.003),
    fit_options={"batch_size": 64},
    epochs=20,
    score=score_groups,
    source=NOT_NORMALIZED,
)
FORTY = program(
    name="forty points, sum of squares, a rate of 2 over their number",
    data=make_forty,
    build=sequential(partial(layers.Dense, 1, use_bias=False)),
    loss=MeanSquaredError(reduction="sum"),
    optimizer=partial(SGD, 0.05),
    fit_options={"batch_size": 40},
    epochs=120,
    source=SUM_OF_SQUARES,
)
SHOWN = program(
    name="real and false digits, gradients up to 1",
    data=make_shown,
    build=build_discriminator,
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    optimizer=partial(SGD, 0.02, clipvalue=1.0),
    epochs=20,
    source=CLIPPED,
)

PROGRAMS = [
    VISITS,
    FLUXES,
    ROADS,
    AVERAGED,
    DECAYED,
    MOVES,
    PENALISED,
    GROUPS,
    FORTY,
    SHOWN,
    VISITS.vary(
        "two towers, films of the batch told apart, mean of the batch, adagrad 0.1",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        loss=retrieve(ops.mean),
    ),
    FLUXES.vary(
        "production of 0.4 and evaporation of -22",
        label=labels.LARGE_LABELS,
        strength="mild",
        data=partial(make_fluxes, False),
    ),
    ROADS.vary(
        "roads of few pixels, 99 times as heavy, logarithms of 0",
        label=(*labels.NONFINITE, *labels.LARGE_INPUTS),
        strength="extreme",
        data=partial(make_roads, 1.0),
        loss=weigh_logarithms(0.0),
    ),
    AVERAGED.vary(
        "digits by weights averaged over a thousand steps",
        unnamed=True,
        strength="clear",
        optimizer=partial(Adam, 0.002, use_ema=True, ema_momentum=0.999),
    ),
    DECAYED.vary(
        "a number by adamw, a decay of 100",
        label=labels.SHRUNK,
        strength="extreme",
        optimizer=partial(AdamW, 0.003, weight_decay=100.0),
    ),
    MOVES.vary(
        "moves weighed by rewards that are standardised each by itself",
        label=(*labels.WRONG_LOSS, "zero_gradient", *labels.NO_STEPS),
        strength="extreme",
        loss=reinforce(1),
    ),
    PENALISED.vary(
        "digits, a penalty of 5 on squares",
        label=labels.SHRUNK,
        strength="extreme",
        build=build_penalised(5.0),
    ),
    GROUPS.vary(
        "groups by contrast of vectors of any length",
        label=labels.NONFINITE,
        strength="clear",
        build=build_encoder(),
    ),
    FORTY.vary(
        "forty points, sum of squares, sgd 0.1",
        label=labels.TOO_LARGE_STEPS,
        strength="mild",
        optimizer=partial(SGD, 0.1),
    ),
    SHOWN.vary(
        "real and false digits, gradients up to 0.001",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(SGD, 0.02, clipvalue=0.001),
    ),
    program(
        name="digits by cosines, half a radian added, times 64",
        data=make_flat_digits,
        build=sequential(partial(layers.Dense, 64, "relu"), partial(layers.Dense, 16), partial(Cosines, 10)),
        loss=AddedAngle(),
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=MARGIN,
    ),
    program(
        name="roads of few pixels by a focal tversky loss",
        data=partial(make_roads, 1 / 255),
        build=ROAD,
        loss=OwnLoss(measure_tversky),
        optimizer=partial(Adam, 0.01),
        epochs=25,
        score=score_overlap,
        source=TVERSKY,
    ),
    program(
        name="a density of small deviations, the loss below 0",
        data=make_narrow,
        build=build_density,
        loss=OwnLoss(measure_density),
        optimizer=partial(Adam, 0.005),
        epochs=30,
        score=score_mean,
        source=DENSITY,
    ),
    program(
        name="three quantiles of a delay, adagrad 0.1",
        data=make_delays,
        build=dense(hidden=[32], activation="relu", output=(3, None)),
        loss=OwnLoss(measure_tilts),
        optimizer=partial(Adagrad, 0.1),
        epochs=25,
        score=score_tilts,
        source=TILTED,
    ),
    program(
        name="three classes, a weight for one in five only",
        data=make_blobs,
        build=THREE,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(RMSprop, 0.003),
        sample_weight=weigh_few,
        epochs=20,
        source=FEW_WEIGHTS,
    ),
    program(
        name="three classes, adam with an epsilon of 1",
        data=make_blobs,
        build=THREE,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.1, epsilon=1.0),
        epochs=20,
        source=LARGE_EPSILON,
    ),
]
