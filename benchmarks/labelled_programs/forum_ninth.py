"""Losses, optimizers and schedules of those who asked why nothing is learned, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_blobs, make_circles, make_digits, make_regression
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

SIGN_OF_VOLUME = "https://github.com/VincentStimper/normalizing-flows/pull/28"
SIMILARITY = "https://github.com/photosynthesis-team/piq/issues/37"
BOXES_IN_PIXELS = "https://github.com/SeokjuLee/VPGNet/issues/53"
HIDDEN_BRANCH = "https://github.com/tensorflow/tensorflow/issues/27684"
SUM_OF_WEIGHTS = "https://github.com/keras-team/keras/issues/7394"
WHOLE_NUMBERS = "https://github.com/facebookresearch/maskrcnn-benchmark/issues/335"
EVERY_STEP = "https://github.com/matteo-dunnhofer/imagenet/issues/10"
ENTROPY = "https://github.com/inoryy/tensorflow2-deep-reinforcement-learning/issues/8"
UNCERTAINTY = "https://github.com/ifzhang/FairMOT/issues/249"
RELU_IN_TIME = "https://github.com/chenxie95/deeplearning_course_sjtu/issues/31"
NEGATIVE_DECIBELS = "https://github.com/Ephemeral182/UDR-S2Former_deraining/issues/8"
TWEEDIE = "https://github.com/awslabs/gluonts/issues/984"
BLANKS_FIRST = "https://github.com/cyprienruffino/CTCModel/issues/12"
BROADCAST = "https://github.com/tensorflow/tensorflow/issues/28901"
NO_NORMALIZATION = "https://github.com/huangleiBuaa/ONI/issues/1"
TOO_FAST = "https://github.com/keras-team/autokeras/pull/571"
MOMENTS = "https://github.com/mila-iqia/blocks/issues/1159"


def make_moons() -> Data:
    """Points on two half moons, standardised, which are their own labels."""
    x, _ = datasets.make_moons(800, noise=0.06, random_state=900)
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32")
    return x, x


def build_flow(x: Any) -> keras.Model:
    """Six couplings, each of which moves and stretches one number by the other; then how much, as a logarithm."""
    inputs = keras.Input((2,))
    fixed, moved, stretched = inputs[:, :1], inputs[:, 1:], 0.0
    for _ in range(6):
        h = layers.Dense(32, "tanh")(layers.Dense(32, "tanh")(fixed))
        scale, shift = layers.Dense(1, kernel_initializer="zeros")(h), layers.Dense(1)(h)
        moved = moved * ops.exp(scale) + shift
        stretched = stretched + scale
        fixed, moved = moved, fixed
    return keras.Model(inputs, layers.Concatenate()([fixed, moved, stretched]))


def measure_flow(sign: float) -> Any:
    """The negative logarithm of a density: normal, times how much was stretched, or divided by it."""

    def measure(y: Any, prediction: Any) -> Any:
        normal = -0.5 * ops.sum(ops.square(prediction[:, :2]), axis=-1) - 1.838
        return -ops.mean(normal + sign * prediction[:, 2])

    return OwnLoss(measure)


def score_density(prediction: Any, y: Any) -> float:
    """How much likelier the points are than under one normal density, from 0 to 1."""
    if not np.isfinite(prediction).all():
        return -1.0
    likelihood = (-0.5 * (prediction[:, :2] ** 2).sum(axis=1) - 1.838 + prediction[:, 2]).mean()
    covariance = np.cov(y.T)
    normal = -1.838 - 0.5 * np.log(np.linalg.det(covariance)) - 1.0
    return float(np.clip(1 - np.exp(normal - likelihood), -1, 1))


def make_noisy_digits() -> Data:
    """Digits with noise, and without."""
    y, _ = make_digits(400)
    noise = 0.3 * np.random.default_rng(901).normal(size=y.shape)
    return (y + noise).astype("float32"), y


def measure_similarity(y: Any, prediction: Any) -> Any:
    """The structural similarity of two pictures, over all their pixels at once."""
    axes = (1, 2, 3)
    mean, wanted = ops.mean(prediction, axis=axes), ops.mean(y, axis=axes)
    spread, wanted_spread = ops.var(prediction, axis=axes), ops.var(y, axis=axes)
    common = ops.mean(prediction * y, axis=axes) - mean * wanted
    lightness = (2 * mean * wanted + 1e-4) / (mean**2 + wanted**2 + 1e-4)
    return lightness * (2 * common + 9e-4) / (spread + wanted_spread + 9e-4)


def measure_dissimilarity(y: Any, prediction: Any) -> Any:
    """One less the structural similarity."""
    return 1 - measure_similarity(y, prediction)


def measure_decibels(y: Any, prediction: Any) -> Any:
    """The negative ratio of signal to noise in decibels, which falls far below 0."""
    error = ops.mean(ops.square(y - prediction), axis=(1, 2, 3))
    return 10 * ops.log10(error + 1e-8)


def make_lanes(scaled: bool) -> Data:
    """Pictures of one bright patch, full or hollow: which of both, and its box on a screen of 640 by 480."""
    generator = np.random.default_rng(902)
    x, kind, box = 0.15 * generator.normal(size=(500, 16, 16, 1)), generator.integers(0, 2, size=500), []
    for picture, full in zip(x, kind, strict=True):
        (top, left), (height, width) = generator.integers(0, 8, size=2), generator.integers(4, 8, size=2)
        picture[top : top + height, left : left + width] += 1
        if not full:
            picture[top + 1 : top + height - 1, left + 1 : left + width - 1] -= 1
        box.append([40 * left, 30 * top, 40 * (left + width), 30 * (top + height)])
    boxes = np.array(box) / ([640, 480, 640, 480] if scaled else 1)
    return x.astype("float32"), [kind[:, None].astype("float32"), boxes.astype("float32")]


def build_lanes(x: Any) -> keras.Model:
    """Two convolutions, then a sigmoid for the kind and four linear units for the box."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(8, 3, strides=2, activation="relu")(inputs)
    h = layers.Flatten()(layers.Conv2D(16, 3, activation="relu")(h))
    h = layers.Dense(48, "relu")(h)
    return keras.Model(inputs, [layers.Dense(1, "sigmoid", name="kind")(h), layers.Dense(4, name="box")(h)])


def make_balances() -> Data:
    """Six balances, a third of them overdrawn, and what somebody earns, by the logarithms of those that are not."""
    generator = np.random.default_rng(903)
    x = np.exp(generator.normal(size=(700, 6))) * np.where(generator.random((700, 6)) < 0.33, -1, 1)
    y = np.where(x > 0, np.log(np.abs(x)), 0) @ generator.normal(size=(6, 1))
    return x.astype("float32"), (y / y.std()).astype("float32")


class Logarithms(layers.Layer):
    """A weight for each feature times its logarithm, or 0 where the feature is not positive.

    Args:
        safe: Whether the logarithm is taken of 1 where the feature is not positive.
    """

    def __init__(self, safe: bool) -> None:
        super().__init__()
        self.safe = safe

    def build(self, shape: Any) -> None:
        """Makes the weights."""
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, x: Any) -> Any:
        """Chooses between both."""
        inside = ops.where(x > 0, x, ops.ones_like(x)) if self.safe else x
        return ops.where(x > 0, self.scale * ops.log(inside), ops.zeros_like(x))


def weigh_by_rarity(total: bool) -> Any:
    """Weights of rare classes are larger; they sum to one, or are one in the mean."""

    def weigh(x: Any, y: Any) -> Any:
        weight = 1 / np.bincount(y)[y]
        return (weight / (weight.sum() if total else weight.mean())).astype("float32")

    return weigh


def make_rare_blobs() -> Data:
    """Three classes of which the third is rarer than the others."""
    x, y = make_blobs(1200)
    kept = (y < 2) | (np.arange(len(y)) % 4 == 0)
    return x[kept], y[kept]


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that rises from a thousandth of itself within some steps.

    Args:
        rate: That at the end.
        steps: How many.
        whole: Whether the share of the steps that are done is a whole number, as of the division of integers.
    """

    def __init__(self, rate: float, steps: int, whole: bool) -> None:
        super().__init__()
        self.rate, self.steps, self.whole = rate, steps, whole

    def __call__(self, step: Any) -> Any:
        """The rate at a step."""
        share = ops.minimum(ops.cast(step, "float32") / self.steps, 1.0)
        share = ops.floor(share) if self.whole else share
        return self.rate * (0.001 * (1 - share) + share)


def make_bandits() -> Data:
    """Six measures of a state; which of four moves was made by chance, and the reward above its mean."""
    generator = np.random.default_rng(904)
    x = generator.normal(size=(1000, 6))
    best = np.tanh(x @ generator.normal(size=(6, 8))) @ generator.normal(size=(8, 4))
    made = generator.integers(0, 4, size=1000)
    reward = (best.argmax(axis=1) == made) + 0.1 * generator.normal(size=1000)
    return x.astype("float32"), np.column_stack([np.eye(4)[made], reward - reward.mean()]).astype("float32")


def reinforce(entropy: float) -> Any:
    """The negative logarithm of the chance of a move, weighed by its advantage, less entropy times a coefficient."""

    def measure(y: Any, prediction: Any) -> Any:
        chances = ops.log_softmax(prediction)
        gain = y[:, 4] * ops.sum(y[:, :4] * chances, axis=-1)
        return -ops.mean(gain - entropy * ops.sum(ops.exp(chances) * chances, axis=-1))

    return OwnLoss(measure)


def score_bandits(prediction: Any, y: Any) -> float:
    """How far above chance the reward is where the move was the one that is thought likeliest and by how much."""
    chances = np.exp(prediction - prediction.max(axis=1, keepdims=True))
    chances = chances / chances.sum(axis=1, keepdims=True)
    return float(4 * (y[:, 4] * (y[:, :4] * chances).sum(axis=1)).mean() / 0.75)


def make_tracks() -> Data:
    """Eight features; where something is, and a number that tells it from others."""
    generator = np.random.default_rng(905)
    x = generator.normal(size=(640, 8))
    y = np.stack([np.sin(x[:, 0] + x[:, 1]) + 0.5 * x[:, 2], np.abs(x[:, 3]) * x[:, 4] + x[:, 5]], axis=1)
    return x.astype("float32"), ((y - y.mean(axis=0)) / y.std(axis=0)).astype("float32")


class Uncertainties(layers.Layer):
    """Adds to each row two weights that are learned: the logarithms of how uncertain two labels are."""

    def build(self, shape: Any) -> None:
        """Makes the weights, as large as on the page."""
        self.detected = self.add_weight(shape=(1,), initializer=keras.initializers.Constant(-1.85), name="detected")
        self.known = self.add_weight(shape=(1,), initializer=keras.initializers.Constant(-1.05), name="known")

    def call(self, h: Any) -> Any:
        """Appends them."""
        ones = ops.ones_like(h[:, :1])
        return ops.concatenate([h, ones * self.detected, ones * self.known], axis=-1)


def weigh_uncertain(y: Any, prediction: Any) -> Any:
    """Two squared errors, each weighed by the exponential of its uncertainty, which is added to the loss."""
    error, uncertain = ops.square(y - prediction[:, :2]), prediction[:, 2:]
    return ops.mean(ops.exp(-uncertain) * error + uncertain)


def score_tracks(prediction: Any, y: Any) -> float:
    """The explained share of both labels."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float(1 - ((prediction[:, :2] - y) ** 2).mean() / y.var(axis=0).mean())


def make_sentences() -> Data:
    """Thirty words, each one of those that may follow the last; the words that follow."""
    generator = np.random.default_rng(906)
    follow = generator.integers(0, 25, size=(25, 2))
    walk = [generator.integers(0, 25, size=400)]
    for _ in range(30):
        walk.append(follow[walk[-1], (generator.random(400) < 0.2).astype(int)])
    words = np.stack(walk, axis=1).astype("int32")
    return words[:, :-1], words[:, 1:]


def build_sentences(activation: str) -> Any:
    """A recurrent layer over vectors of words, and logits of the next word."""
    return sequential(
        partial(layers.Embedding, 25, 32, embeddings_initializer=keras.initializers.RandomUniform(-0.5, 0.5)),
        partial(
            layers.SimpleRNN,
            64,
            activation=activation,
            return_sequences=True,
            recurrent_initializer=keras.initializers.Orthogonal(0.5),
        ),
        partial(layers.Dense, 25, "softmax"),
    )


def make_claims() -> Data:
    """Six features of a driver, and what the claims cost: mostly nothing, sometimes much."""
    generator = np.random.default_rng(907)
    x = generator.normal(size=(1500, 6))
    mean = np.exp(0.8 * x[:, 0] - 0.6 * x[:, 1] * x[:, 2] - 0.5)
    number = generator.poisson(0.7 * mean)
    cost = np.array([generator.gamma(2.0 * n, 0.5) if n else 0.0 for n in number])
    return x.astype("float32"), cost[:, None].astype("float32")


def measure_tweedie(y: Any, prediction: Any) -> Any:
    """The deviance of a tweedie distribution of power 1.5 without what is constant, of the logarithm of the mean."""
    return ops.mean(2 * y * ops.exp(-0.5 * prediction) + 2 * ops.exp(0.5 * prediction))


def score_tweedie(prediction: Any, y: Any) -> float:
    """The share of the tweedie deviance that is explained."""
    deviances = [(y**0.5 * (y**0.5 / mean**0.5 - 2) + mean**0.5).mean() for mean in (np.exp(prediction), y.mean())]
    return float(1 - deviances[0] / deviances[1])


def make_writing() -> Data:
    """Twenty strokes that show three of four signs one after the other, each for some strokes, with gaps; the signs."""
    generator = np.random.default_rng(908)
    y = generator.integers(1, 5, size=(500, 3))
    x = 0.2 * generator.normal(size=(500, 20, 4))
    for row, signs in zip(x, y, strict=True):
        at = generator.integers(0, 3)
        for sign in signs:
            length = generator.integers(2, 5)
            row[at : at + length, sign - 1] += 1
            at += length + generator.integers(1, 3)
    return x.astype("float32"), y.astype("int32")


def build_writing(x: Any) -> keras.Model:
    """Reads the strokes in both directions; logits of four signs and of none for each."""
    return sequential(
        partial(layers.Conv1D, 24, 3, padding="same", activation="relu"),
        lambda: layers.Bidirectional(layers.GRU(16, return_sequences=True)),
        partial(layers.Dense, 5),
    )(x)


def score_writing(prediction: Any, y: Any) -> float:
    """How many texts are read without an error: the likeliest sign of each stroke, each run once, without gaps."""
    right = 0
    for row, signs in zip(prediction.argmax(axis=-1), y, strict=True):
        runs = row[np.r_[True, row[1:] != row[:-1]]]
        right += list(runs[runs > 0]) == list(signs)
    return right / len(y)


def divide_each_tenth(epoch: int, rate: float) -> float:
    """A tenth of the rate after every tenth epoch."""
    return rate / 10 if epoch and epoch % 10 == 0 else rate


class DivideEachStep(keras.callbacks.Callback):
    """A tenth of the rate after every step."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Divides it."""
        optimizer = self.model.optimizer
        optimizer.learning_rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate)) / 10


class OwnStep(keras.Model):
    """A model that measures its own loss: the mean squared difference of labels and predictions as they are."""

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *others: Any, **options: Any) -> Any:
        """Measures it."""
        return ops.mean(ops.square(y - y_pred))


def build_own_step(x: Any) -> keras.Model:
    """Two hidden layers and a linear unit."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "relu")(layers.Dense(32, "relu")(inputs))
    return OwnStep(inputs, layers.Dense(1)(h))


def make_flat_labels() -> Data:
    """Friedman's function, its labels without an axis of one."""
    x, y = make_regression()
    return x, y[:, 0]


def score_flat(prediction: Any, y: Any) -> float:
    """The explained share."""
    y = y.reshape(-1, 1)
    return float(1 - ((prediction - y) ** 2).mean() / y.var())


def make_homes() -> Data:
    """Friedman's function of ten standardised features, as prices around 22 with a deviation of 9."""
    x, y = make_regression()
    return x, 9 * y + 22


def build_homes(x: Any) -> keras.Model:
    """Three hidden layers with a little dropout."""
    return sequential(
        partial(layers.Dense, 64, "relu", kernel_initializer="he_normal"),
        partial(layers.Dense, 64, "relu", kernel_initializer="he_normal"),
        partial(layers.Dense, 64, "relu", kernel_initializer="he_normal"),
        partial(layers.Dropout, 0.1),
        partial(layers.Dense, 1),
    )(x)


def build_residual(scale: float) -> Any:
    """Twelve residual blocks of two convolutions without normalization; what each adds is scaled."""

    def build(x: Any) -> keras.Model:
        conv = partial(layers.Conv2D, kernel_size=3, padding="same", kernel_initializer="he_normal")
        inputs = keras.Input(x.shape[1:])
        h = conv(16)(inputs)
        for _ in range(12):
            h = layers.ReLU()(h + scale * conv(16)(conv(16, activation="relu")(h)))
        return keras.Model(inputs, layers.Dense(10, "softmax")(layers.Flatten()(layers.AveragePooling2D(2)(h))))

    return build


program = partial(Program, theme="forum")
CLEANER = sequential(
    partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
    partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
    partial(layers.Conv2D, 1, 3, padding="same", activation="sigmoid"),
)


def build_logarithms(safe: bool) -> Any:
    """A layer of own logarithms and a hidden one."""
    return sequential(partial(Logarithms, safe), partial(layers.Dense, 24, "tanh"), partial(layers.Dense, 1))


MOONS = program(
    name="moons by six couplings, volume added",
    data=make_moons,
    build=build_flow,
    loss=measure_flow(1.0),
    optimizer=partial(Adam, 0.003),
    fit_options={"batch_size": 64},
    epochs=25,
    score=score_density,
    source=SIGN_OF_VOLUME,
)
NOISY = program(
    name="noise taken off digits by one less their similarity",
    data=make_noisy_digits,
    build=CLEANER,
    loss=measure_dissimilarity,
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=SIMILARITY,
)
LANES = program(
    name="kind and box of a patch, as shares of the screen",
    data=partial(make_lanes, True),
    build=build_lanes,
    loss=["binary_crossentropy", "mae"],
    optimizer=partial(Adam, 0.0005),
    epochs=25,
    source=BOXES_IN_PIXELS,
)
BALANCES = program(
    name="earnings by own logarithms of balances, of 1 where overdrawn",
    data=make_balances,
    build=build_logarithms(True),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=HIDDEN_BRANCH,
)
RARITY = program(
    name="three classes, rare ones heavier, one in the mean, sgd 0.1",
    data=make_rare_blobs,
    build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1),
    sample_weight=weigh_by_rarity(False),
    epochs=20,
    source=SUM_OF_WEIGHTS,
)
WARM = program(
    name="digits, a warm-up of 600 steps by a share of them",
    data=make_digits,
    build=dense(hidden=[48], activation="relu", output=(10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=lambda: SGD(WarmUp(0.2, 600, whole=False), momentum=0.9),
    epochs=20,
    source=WHOLE_NUMBERS,
)
RINGS = program(
    name="two rings, rate a tenth after every tenth epoch",
    data=make_circles,
    build=dense(hidden=[16, 16], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    callbacks=(partial(keras.callbacks.LearningRateScheduler, divide_each_tenth),),
    epochs=20,
    source=EVERY_STEP,
)
BANDITS = program(
    name="moves by their advantage, a hundredth of the entropy",
    data=make_bandits,
    build=dense(hidden=[32], activation="relu", output=(4, None)),
    loss=reinforce(0.01),
    optimizer=partial(Adam, 0.005),
    epochs=30,
    score=score_bandits,
    source=ENTROPY,
)
TRACKS = program(
    name="place and kind, weighed by uncertainties that are learned",
    data=make_tracks,
    build=sequential(
        partial(layers.Dense, 48, "relu"),
        partial(layers.Dense, 48, "relu"),
        partial(layers.Dense, 2),
        Uncertainties,
    ),
    loss=OwnLoss(weigh_uncertain),
    optimizer=partial(SGD, 0.01, momentum=0.9),
    epochs=30,
    score=score_tracks,
    source=UNCERTAINTY,
)
SENTENCES = program(
    name="next words by a recurrent layer of relus, sgd 0.2",
    data=make_sentences,
    build=build_sentences("relu"),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.2),
    epochs=20,
    source=RELU_IN_TIME,
)

FLAT = program(
    name="a number by an own loss of a model, labels as a column",
    data=make_regression,
    build=build_own_step,
    loss="mse",
    optimizer=partial(Adam, 0.005),
    fit_options={"batch_size": 16},
    epochs=20,
    score=score_flat,
    source=BROADCAST,
)
HOMES = program(
    name="prices of homes, sgd 0.001 with momentum",
    data=make_homes,
    build=build_homes,
    loss="mse",
    optimizer=partial(SGD, 0.001, momentum=0.9),
    epochs=25,
    source=TOO_FAST,
)
RESIDUAL = program(
    name="digits by twelve residual blocks, not normalized, a tenth of each added",
    data=make_digits,
    build=build_residual(0.1),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.03, momentum=0.9),
    epochs=20,
    source=NO_NORMALIZATION,
)

PROGRAMS = [
    MOONS,
    NOISY,
    LANES,
    BALANCES,
    RARITY,
    WARM,
    RINGS,
    BANDITS,
    TRACKS,
    SENTENCES,
    FLAT,
    RESIDUAL,
    HOMES,
    MOONS.vary(
        "moons by six couplings, volume taken off",
        label=labels.WRONG_LOSS,
        strength="extreme",
        loss=measure_flow(-1.0),
    ),
    NOISY.vary(
        "noise taken off digits by their similarity",
        label=labels.WRONG_LOSS,
        strength="extreme",
        loss=measure_similarity,
    ),
    LANES.vary(
        "kind and box of a patch, as pixels of the screen",
        label=labels.LARGE_LABELS,
        strength="clear",
        data=partial(make_lanes, False),
    ),
    BALANCES.vary(
        "earnings by own logarithms of balances, of all of them",
        label=labels.NONFINITE,
        strength="extreme",
        build=build_logarithms(False),
    ),
    RARITY.vary(
        "three classes, rare ones heavier, one in all, sgd 0.1",
        label=labels.TOO_SMALL_STEPS,
        strength="extreme",
        sample_weight=weigh_by_rarity(True),
    ),
    WARM.vary(
        "digits, a warm-up of 600 steps by a whole number",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=lambda: SGD(WarmUp(0.2, 600, whole=True), momentum=0.9),
    ),
    RINGS.vary(
        "two rings, rate a tenth after every step",
        label=(*labels.STEPS_THAT_END, "schedule_by_batches"),
        strength="extreme",
        callbacks=(DivideEachStep,),
    ),
    BANDITS.vary(
        "moves by their advantage, ten times the entropy",
        unnamed=True,
        strength="clear",
        loss=reinforce(10.0),
    ),
    SENTENCES.vary(
        "next words by a recurrent layer of relus, sgd 5",
        label=(*labels.TOO_LARGE_STEPS, *labels.UNBOUNDED, *labels.EXPLODING, *labels.NONFINITE),
        strength="clear",
        optimizer=partial(SGD, 5.0),
    ),
    FLAT.vary(
        "a number by an own loss of a model, labels without an axis",
        label=labels.LABELS_OF_ANOTHER_SHAPE,
        strength="clear",
        data=make_flat_labels,
    ),
    RESIDUAL.vary(
        "digits by twelve residual blocks, not normalized, all of each added",
        label=(*labels.RESIDUAL_GROWTH, *labels.TOO_LARGE_STEPS, *labels.NONFINITE),
        strength="clear",
        build=build_residual(1.0),
    ),
    HOMES.vary(
        "prices of homes, sgd 0.025 with momentum",
        label=(*labels.TOO_LARGE_STEPS, *labels.NONFINITE, *labels.LARGE_LABELS),
        strength="clear",
        optimizer=partial(SGD, 0.025, momentum=0.9),
    ),
    program(
        name="noise taken off digits by decibels below 0",
        data=make_noisy_digits,
        build=CLEANER,
        loss=measure_decibels,
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=NEGATIVE_DECIBELS,
    ),
    program(
        name="claims that are often none, tweedie",
        data=make_claims,
        build=dense(hidden=[32, 16], activation="relu", output=(1, None)),
        loss=OwnLoss(measure_tweedie),
        optimizer=partial(Adam, 0.003),
        epochs=20,
        score=score_tweedie,
        source=TWEEDIE,
    ),
    program(
        name="signs in strokes by ctc, blanks first",
        data=make_writing,
        build=build_writing,
        loss=keras.losses.CTC(),
        optimizer=partial(Adam, 0.005),
        epochs=30,
        score=score_writing,
        source=BLANKS_FIRST,
    ),
    program(
        name="digits, adam whose averages forget at once",
        data=make_digits,
        build=dense(hidden=[48], activation="relu", output=(10, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001, beta_1=0.1, beta_2=0.001),
        epochs=20,
        source=MOMENTS,
    ),
]
