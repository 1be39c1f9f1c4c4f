"""Taught bases, masks, pairs, padded texts, series and ratings of those who asked, made small.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, rates, and the form of the data. The data are made up or scikit-learn's digits.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, Nadam
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, sequential
from labelled_programs.program import Program

NOT_PREPARED = "https://bard.greatgrap.com/royhuang9/transfer_learning"
TUNED = "https://github.com/Welthungerhilfe/cgm-ml/issues/326"
WRONG_AXIS = "https://github.com/MrGiovanni/ModelsGenesis/pull/8"
PADDED = "https://github.com/keras-team/keras/issues/20898"
ALIKE = (
    "https://datascience.stackexchange.com/questions/82486/siamese-network-sigmoid-function-to-compute-similarity-score"
)
BONES = "https://python-pypi.developreference.com/article/18792441/Understanding+Keras+LSTMs+Role+of+Batch+size+and+Statefulness"
HEAVY = "https://www.developerload.com/why-cnn-model-after-regularizer-l2-overfitting"
ECHO = "https://stackguides.com/questions/51432661/time-series-keras-lstm-echoing-instead-of-predicting"
SMOOTH = "https://openillumi.com/en/en-dice-loss-keras-tensorflow-correct-implementation"
ONE_FACTOR = "https://fliphtml5.com/zroi/jata/Hands-On_Unsupervised_Learning_with_Python%3A_Applied_Machine_Learning_Solutions/322/"
LOSSLESS = "https://coffeeanddata.ca/lossless-triplet-loss/"


def make_other_digits(prepared: bool) -> Data:
    """Digits that the base has not seen, as bytes or from -1 to 1 as it was taught; the label is what they are."""
    data = datasets.load_digits()
    x = data.images[:500, ..., None] / 16
    return (2 * x - 1 if prepared else 255 * x).astype("float32"), data.target[:500].astype("int32")


def build_on_taught_base(x: Any, frozen: bool) -> keras.Model:
    """A head on a base that has been taught with other digits, from -1 to 1."""
    data = datasets.load_digits()
    old_x, old_y = (data.images[800:1600, ..., None] / 8 - 1).astype("float32"), data.target[800:1600].astype("int32")
    parts = [layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(32, 3, activation="relu")]
    base = keras.Sequential([keras.Input((8, 8, 1)), *parts, layers.Flatten()], name="base")
    teacher = keras.Sequential([keras.Input((8, 8, 1)), base, layers.Dense(10, "softmax")])
    teacher.compile(Adam(0.003), "sparse_categorical_crossentropy", jit_compile=keras.backend.backend() == "jax")
    teacher.fit(old_x, old_y, epochs=8, verbose=0)
    base.trainable = not frozen
    return keras.Sequential([keras.Input((8, 8, 1)), base, layers.Dense(32, "relu"), layers.Dense(10, "softmax")])


def make_strokes() -> Data:
    """Noisy digits, and for each pixel, channels first, which of none, faint or dark it is."""
    x, _ = make_digits(480)
    kind = np.digitize(x[..., 0], [0.25, 0.7])
    noise = 0.1 * np.random.default_rng(520).normal(size=x.shape)
    return (x + noise).astype("float32"), np.eye(3, dtype="float32")[kind].transpose(0, 3, 1, 2)


def build_strokes(x: Any, axis: int) -> keras.Model:
    """Three channels, moved to the front, with a softmax over one of the axes."""
    return sequential(
        partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 3, 3, padding="same"),
        partial(layers.Permute, (3, 1, 2)),
        partial(layers.Softmax, axis=axis),
    )(x)


def make_reviews() -> Data:
    """From four to ten words of forty, and zeros up to sixty; the label says whether more of them are good words."""
    generator = np.random.default_rng(521)
    x = generator.integers(1, 41, size=(400, 60))
    count = 2 * generator.integers(2, 5, size=400) + 1
    held = np.arange(60)[None] < count[:, None]
    y = ((x <= 20) & held).sum(axis=1) * 2 > count
    return np.where(held, x, 0).astype("int32"), y[:, None].astype("float32")


def build_reviews(x: Any, masked: bool) -> keras.Model:
    """An LSTM over words; its last state says whether the review is good."""
    return sequential(
        partial(layers.Embedding, 41, 16, mask_zero=masked),
        partial(layers.LSTM, 16),
        partial(layers.Dense, 16, "relu"),
        partial(layers.Dense, 1, "sigmoid"),
    )(x)


def make_faces() -> Data:
    """Pairs of noisy pictures of twelve people; the label is 1 for the same one."""
    generator = np.random.default_rng(522)
    people = generator.normal(size=(12, 24))
    left = generator.integers(0, 12, size=700)
    right = np.where(generator.random(700) < 0.5, left, generator.integers(0, 12, size=700))
    x = [people[side] + 0.5 * generator.normal(size=(700, 24)) for side in (left, right)]
    return [side.astype("float32") for side in x], (left == right)[:, None].astype("float32")


def build_twins(x: Any, weighed: bool) -> keras.Model:
    """Two codes by the same layers; a sigmoid of their distances, weighed with a bias or only added up."""
    inputs = [keras.Input((24,)) for _ in x]
    code = keras.Sequential([keras.Input((24,)), layers.Dense(32, "relu"), layers.Dense(16)])
    left, right = (code(part) for part in inputs)
    distance = layers.Lambda(lambda pair: ops.abs(pair[0] - pair[1]))([left, right])
    if weighed:
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(distance))
    total = layers.Lambda(lambda parts: ops.sum(parts, axis=-1, keepdims=True))(distance)
    return keras.Model(inputs, layers.Activation("sigmoid")(total))


def make_bones(scaled: bool) -> Data:
    """Sizes of a bone in three months, in millimetres or standardised, and the size in the month after them."""
    generator = np.random.default_rng(523)
    start, growth = generator.normal(38, 4, size=(800, 1)), generator.normal(0.8, 0.5, size=(800, 1))
    size = start + growth * np.arange(4) + 0.1 * generator.normal(size=(800, 4))
    size = (size - size.mean()) / size.std() if scaled else size
    return size[:, :3, None].astype("float32"), size[:, 3:].astype("float32")


def make_small_prices() -> Data:
    """Eight returns of a hundredth that follow one another closely, and the one after them, which is above zero."""
    generator = np.random.default_rng(524)
    value = np.zeros(900)
    for i in range(1, 900):
        value[i] = 0.93 * value[i - 1] + generator.normal()
    value = 0.012 + 0.004 * value / value.std()
    windows = np.lib.stride_tricks.sliding_window_view(np.maximum(value, 0), 9)
    return windows[:, None, :8].astype("float32"), windows[:, 8:].astype("float32")


def make_tumours() -> Data:
    """Noise with a bright spot of at most nine pixels, and where it is."""
    generator = np.random.default_rng(525)
    x, y = 0.15 * generator.normal(size=(400, 16, 16, 1)), np.zeros((400, 16, 16, 1))
    for i in range(400):
        row, column = generator.integers(1, 13, size=2)
        height, width = generator.integers(2, 4, size=2)
        y[i, row : row + height, column : column + width] = 1
    return (x + 0.8 * y).astype("float32"), y.astype("float32")


def measure_smooth_dice(y: Any, prediction: Any) -> Any:
    """One less the dice coefficient of a whole batch, with 100 added above and below."""
    return 1 - (2 * ops.sum(y * prediction) + 100) / (ops.sum(y) + ops.sum(prediction) + 100)


def make_triplets() -> Data:
    """Anchors, others of their kind and ones of another kind, twenty numbers each; no label is read."""
    generator = np.random.default_rng(526)
    kinds = generator.normal(size=(8, 20))
    one = generator.integers(0, 8, size=600)
    other = (one + generator.integers(1, 8, size=600)) % 8
    x = [kinds[kind] + 1.6 * generator.normal(size=(600, 20)) for kind in (one, one, other)]
    return [part.astype("float32") for part in x], np.zeros((600, 24), "float32")


def build_triplets(x: Any) -> keras.Model:
    """Three codes of eight sigmoids by the same layers, beside each other."""
    inputs = [keras.Input((20,)) for _ in x]
    code = keras.Sequential([keras.Input((20,)), layers.Dense(32, "relu"), layers.Dense(8, "sigmoid")])
    return keras.Model(inputs, layers.Concatenate()([code(part) for part in inputs]))


def measure_lossless_triplets(y: Any, prediction: Any) -> Any:
    """Logarithms of how near the others of the kind are and how far the ones of another kind, of at most 8."""
    anchor, same, other = (prediction[:, i : i + 8] for i in (0, 8, 16))
    near, far = (ops.sum(ops.square(anchor - part), axis=1) for part in (same, other))
    return ops.mean(-ops.log(1 - near / 8 + 1e-8) - ops.log(far / 8 + 1e-8))


def score_triplets(prediction: Any, y: Any) -> float:
    """How many more of the others of the kind are nearer than are not, from 0 to 1."""
    anchor, same, other = (prediction[:, i : i + 8] for i in (0, 8, 16))
    near, far = (((anchor - part) ** 2).sum(axis=1) for part in (same, other))
    return float(2 * (near < far).mean() - 1)


def make_marks() -> Data:
    """Numbers of users and of films, and marks from 1 to 5 that are the users' generosity times the films' worth."""
    generator = np.random.default_rng(510)
    users, films = generator.integers(0, 40, 2000), generator.integers(0, 50, 2000)
    mark = generator.uniform(0.6, 1.3, 40)[users] * generator.uniform(2, 4.5, 50)[films]
    y = np.clip(np.round(mark + 0.2 * generator.normal(size=2000)), 1, 5)
    return [users[:, None].astype("int32"), films[:, None].astype("int32")], y[:, None].astype("float32")


def build_one_factor(x: Any) -> keras.Model:
    """One number for each user and each film, multiplied."""
    inputs = [keras.Input((1,), dtype="int32") for _ in x]
    vectors = [layers.Flatten()(layers.Embedding(n, 1)(part)) for n, part in zip((41, 51), inputs, strict=True)]
    return keras.Model(inputs, layers.Dot(1)(vectors))


program = partial(Program, theme="forum")

ON_BASE = program(
    name="frozen base of other digits, from -1 to 1",
    data=partial(make_other_digits, True),
    build=partial(build_on_taught_base, frozen=True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.01, momentum=0.9),
    epochs=20,
    source=NOT_PREPARED,
)
FINE_TUNED = program(
    name="base of other digits and head, nadam 0.0005",
    data=partial(make_other_digits, True),
    build=partial(build_on_taught_base, frozen=False),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Nadam, 0.0005),
    epochs=15,
    source=TUNED,
)
STROKES = program(
    name="three kinds of pixels, channels first, softmax over them",
    data=make_strokes,
    build=partial(build_strokes, axis=1),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
    source=WRONG_AXIS,
)
REVIEWS = program(
    name="lstm of short reviews, zeros after them masked",
    data=make_reviews,
    build=partial(build_reviews, masked=True),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    source=PADDED,
)
FACES = program(
    name="twins of faces, distances weighed before the sigmoid",
    data=make_faces,
    build=partial(build_twins, weighed=True),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=ALIKE,
)
SIZES = program(
    name="simple rnn of bones, standardised, linear",
    data=partial(make_bones, True),
    build=sequential(partial(layers.SimpleRNN, 10, activation="relu"), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(SGD, 0.01),
    fit_options={"batch_size": 50},
    epochs=40,
    source=BONES,
)
MENDED = [ON_BASE, FINE_TUNED, STROKES, REVIEWS, FACES, SIZES]
SICK = [
    ON_BASE.vary(
        "frozen base of other digits, bytes",
        label=labels.LARGE_INPUTS,
        strength="clear",
        data=partial(make_other_digits, False),
    ),
    FINE_TUNED.vary(
        "base of other digits and head, nadam 0.3",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD),
        strength="extreme",
        optimizer=partial(Nadam, 0.3),
    ),
    STROKES.vary(
        "three kinds of pixels, channels first, softmax over columns",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=partial(build_strokes, axis=-1),
    ),
    REVIEWS.vary(
        "lstm of short reviews, zeros after them read",
        label=(*labels.VANISHING_IN_TIME, *labels.VANISHING),
        strength="clear",
        build=partial(build_reviews, masked=False),
    ),
    FACES.vary(
        "twins of faces, sigmoid of the sum of distances",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=partial(build_twins, weighed=False),
    ),
    SIZES.vary(
        "simple rnn of bones in millimetres, sigmoid and binary cross-entropy",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        data=partial(make_bones, False),
        build=sequential(partial(layers.SimpleRNN, 10, activation="relu"), partial(layers.Dense, 1, "sigmoid")),
        loss="binary_crossentropy",
    ),
]
EXAMPLES = [
    program(
        name="digits, convolutions with a penalty of 0.005, small normal weights",
        data=make_digits,
        build=sequential(
            partial(layers.Conv2D, 16, 3, padding="same", activation="relu", kernel_regularizer="l2"),
            partial(layers.MaxPooling2D),
            partial(layers.Conv2D, 32, 3, activation="relu", kernel_regularizer=keras.regularizers.L2(0.005)),
            partial(layers.Flatten),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 32, "relu", kernel_initializer="normal"),
            partial(layers.Dense, 10, "softmax", kernel_initializer="normal"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        epochs=20,
        source=HEAVY,
    ),
    program(
        name="lstm of one step of eight returns of a hundredth, relus",
        data=make_small_prices,
        build=sequential(
            partial(layers.ReLU),
            partial(layers.LSTM, 64),
            partial(layers.Dense, 1, "relu", bias_initializer=keras.initializers.Constant(0.01)),
        ),
        loss="mse",
        optimizer="adam",
        fit_options={"batch_size": 10, "shuffle": False},
        epochs=20,
        source=ECHO,
    ),
    program(
        name="spots of nine pixels under dice plus 100",
        data=make_tumours,
        build=sequential(
            partial(layers.Conv2D, 8, 3, padding="same", activation="relu"),
            partial(layers.Conv2D, 8, 3, padding="same", activation="relu"),
            partial(layers.Conv2D, 1, 1, activation="sigmoid"),
        ),
        loss=OwnLoss(measure_smooth_dice),
        optimizer=partial(Adam, 0.01),
        epochs=20,
        source=SMOOTH,
    ),
    program(
        name="triplets of sigmoids under logarithms of distances",
        data=make_triplets,
        build=build_triplets,
        loss=OwnLoss(measure_lossless_triplets),
        optimizer=partial(Adam, 0.003),
        epochs=30,
        score=score_triplets,
        source=LOSSLESS,
    ),
    program(
        name="marks from 1 to 5 by one factor",
        data=make_marks,
        build=build_one_factor,
        loss="mse",
        optimizer=partial(Adam, 0.01),
        epochs=30,
        source=ONE_FACTOR,
    ),
]

PROGRAMS = [*MENDED, *SICK, *EXAMPLES]
