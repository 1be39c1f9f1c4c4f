"""More questions of users about sequences, text, recommendation, embeddings and action values, rebuilt small.

Beside each sick program stands the program as the answer mends it.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import Adagrad, Adam, RMSprop
from keras.optimizers.schedules import InverseTimeDecay

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, sequential
from labelled_programs.program import Program


def make_next_bit() -> Data:
    """Three bits of a sequence, and the next: mostly the first and the last of them combined by exclusive or."""
    generator = np.random.default_rng(60)
    bits = list(generator.integers(0, 2, size=3))
    while len(bits) < 1003:
        bits.append(bits[-3] ^ bits[-1] ^ int(generator.random() < 0.15))
    windows = np.lib.stride_tricks.sliding_window_view(np.array(bits), 3)[:1000]
    return windows[:, :, None].astype("float32"), np.array(bits[3:1003])[:, None].astype("float32")


def make_purchases(examples: int = 5000, users: int = 60, items: int = 40) -> Data:
    """Users and items by number, and whether the two fit."""
    generator = np.random.default_rng(61)
    tastes, kinds = generator.normal(size=(users, 3)), generator.normal(size=(items, 3))
    user, item = generator.integers(0, users, size=examples), generator.integers(0, items, size=examples)
    y = (tastes[user] * kinds[item]).sum(axis=1) + 0.3 * generator.normal(size=examples) > 0
    return [user[:, None].astype("int32"), item[:, None].astype("int32")], y[:, None].astype("float32")


def make_two_steps_back(steps: int, scale: float) -> Data:
    """The last numbers of random ones from 0 to 99; the label is the one before the last two."""
    numbers = np.random.default_rng(62).integers(0, 100, size=602) / scale
    windows = np.lib.stride_tricks.sliding_window_view(numbers, 3)[:600]
    return windows[:, 3 - steps :, None].astype("float32"), windows[:, :1].astype("float32")


def make_guitar(scale: float) -> Data:
    """Windows of a tone of two channels from -27 to 27, and the last sample with an echo."""
    generator = np.random.default_rng(63)
    time = np.arange(700)
    tone = 9 * (np.sin(time[:, None] / np.array([3.0, 3.5])) + np.sin(time[:, None] / np.array([11.0, 7.0])))
    tone = tone + 3 * generator.normal(size=(700, 2))
    windows = np.lib.stride_tricks.sliding_window_view(tone, 20, axis=0)[:600].swapaxes(1, 2)
    y = windows[:, -1] + 0.5 * windows[:, 14]
    return (windows / scale).astype("float32"), (y / scale).astype("float32")


def make_clusters() -> Data:
    """Features from 0 to 1 of many small groups that overlap; the label is the group."""
    generator = np.random.default_rng(64)
    centres = generator.random(size=(96, 48))
    y = generator.integers(0, 96, size=768)
    x = centres[y] + 0.35 * generator.normal(size=(768, 48))
    return np.clip(x, 0, 1).astype("float32"), y.astype("int32")


def make_job_topics() -> Data:
    """How often each of 200 words is in a text; each of five topics, of which several may hold, has its own words."""
    generator = np.random.default_rng(65)
    y = generator.random(size=(800, 5)) < 0.45
    rates = np.full((800, 200), 0.06)
    for topic in range(5):
        rates[:, 20 * topic : 20 * topic + 20] += 0.3 * y[:, topic : topic + 1]
    return generator.poisson(rates).astype("float32"), y.astype("float32")


def make_steps(examples: int) -> Data:
    """Zeros, then ones; the label is the share of ones."""
    ones = np.random.default_rng(66).integers(3, 50, size=examples)
    x = np.arange(60)[None] >= 60 - ones[:, None]
    return x[:, :, None].astype("float32"), x.mean(axis=1, keepdims=True).astype("float32")


def make_line_values(*, standardize: bool) -> Data:
    """Places on a line from 0.35 to 0.65, and what three actions are worth there: more, the further from the middle."""
    generator = np.random.default_rng(67)
    x = generator.uniform(0.35, 0.65, size=(640, 1))
    moved = np.clip(x + np.array([-0.03, 0.0, 0.03]), 0.3, 0.7)
    y = np.abs(moved - 0.5) + 0.005 * generator.normal(size=(640, 3))
    if standardize:
        x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    return x.astype("float32"), y.astype("float32")


def make_noisy_patches() -> Data:
    """Digits with single bright pixels, and the clean ones."""
    x, _ = make_digits(320)
    generator = np.random.default_rng(68)
    hot = (generator.random(x.shape) < 0.1) * generator.random(x.shape)
    return (x + hot).astype("float32"), x


def make_pairs_of_texts(examples: int = 640, topics: int = 6) -> Data:
    """Two texts each; the label says whether they share their topic."""
    generator = np.random.default_rng(69)
    left = generator.integers(0, topics, size=examples)
    same = generator.integers(0, 2, size=examples)
    right = np.where(same, left, (left + generator.integers(1, topics, size=examples)) % topics)

    def write(topic: np.ndarray) -> np.ndarray:
        own = 1 + 8 * topic[:, None] + generator.integers(0, 8, size=(examples, 14))
        common = 1 + generator.integers(0, 8 * topics, size=(examples, 14))
        return np.where(generator.random((examples, 14)) < 0.7, own, common).astype("int32")

    return [write(left), write(right)], same[:, None].astype("float32")


def make_spectrograms(*, decibels: bool) -> Data:
    """Mel spectrograms of ten spoken digits, as power or as standardised decibels."""
    generator = np.random.default_rng(70)
    y = generator.integers(0, 10, size=500)
    bands, frames = np.arange(40), np.arange(16)
    first, second = 4 + 3 * y, 36 - 2 * (y * 7 % 10)
    track = first[:, None] + (second - first)[:, None] * frames / 15
    height = -((bands[None, None] - track[:, :, None]) ** 2) / 20
    loud = generator.normal(scale=1.2, size=(500, 1, 1))
    logarithm = 5 + 3 * height + loud + 0.8 * generator.normal(size=height.shape)
    logarithm = np.maximum(logarithm, -8.0)
    x = (logarithm - logarithm.mean()) / logarithm.std() if decibels else np.exp(logarithm)
    return x.astype("float32"), y.astype("int32")


def make_standardised_series() -> Data:
    """Windows of four standardised measures, and a standardised value that follows from them."""
    generator = np.random.default_rng(71)
    x = generator.normal(size=(640, 12, 4)).cumsum(axis=1)
    x = (x - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))
    y = x[:, -1, :1] - 0.6 * x[:, 4, 1:2] + 0.1 * generator.normal(size=(640, 1))
    return x.astype("float32"), ((y - y.mean()) / y.std()).astype("float32")


def hardest_triplets(y: Any, vectors: Any) -> Any:
    """The triplet loss of each vector with the farthest of its group and the nearest of another, margin 0.5."""
    y = ops.reshape(y, (-1, 1))
    same = ops.equal(y, ops.transpose(y))
    squares = ops.sum(ops.square(vectors[:, None] - vectors[None]), axis=-1)
    distances = ops.sqrt(squares + 1e-12)
    farthest = ops.max(ops.where(same, distances, 0.0), axis=1)
    nearest = ops.min(ops.where(same, 1e6, distances), axis=1)
    return ops.mean(ops.relu(farthest - nearest + 0.5))


def score_groups(vectors: Any, y: Any) -> float:
    """How often the nearest other vector is of the same group, above chance."""
    distances = ((vectors[:, None] - vectors[None]) ** 2).sum(axis=-1) + np.where(np.eye(len(y)), np.inf, 0)
    right = (y[distances.argmin(axis=1)] == y).mean()
    chance = np.unique(y, return_counts=True)[1].max() / len(y)
    return float((right - chance) / (1 - chance))


def contrastive(y: Any, distance: Any) -> Any:
    """Pulls pairs with label 1 to a distance of 0, and pushes the others to one of 1."""
    return ops.mean(y * ops.square(distance) + (1 - y) * ops.square(ops.relu(1 - distance)))


def score_rank(sign: float, prediction: Any, y: Any) -> float:
    """How often a pair with label 1 is ranked above one with label 0, from -1 to 1."""
    said, true = sign * prediction[:, 0], y[:, 0] > 0
    gaps = said[true][:, None] - said[~true][None]
    return float(np.sign(np.round(gaps, 6)).mean())


def build_recommender(x: Any, *, head: str) -> keras.Model:
    """Vectors of users and items through dropouts into one unit."""
    inputs = [keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")]
    vectors = []
    for numbers, count in zip(inputs, (60, 40), strict=True):
        penalty = keras.regularizers.L2(1e-6)
        table = layers.Embedding(count, 16, embeddings_initializer="he_normal", embeddings_regularizer=penalty)
        vectors.append(layers.Dropout(0.3)(layers.Flatten()(table(numbers))))
    h = layers.Dropout(0.4)(layers.Dense(50, "relu")(layers.Concatenate()(vectors)))
    return keras.Model(inputs, layers.Dense(1, head)(h))


def build_deep_factors(x: Any, *, head: str) -> keras.Model:
    """The product of two vectors, then wide layers with normalization and dropout into one unit."""
    inputs = [keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")]
    tables = [layers.Embedding(60, 12)(inputs[0]), layers.Embedding(40, 12)(inputs[1])]
    h = layers.Multiply()([layers.Flatten()(table) for table in tables])
    for _ in range(2):
        h = layers.BatchNormalization()(layers.Dropout(0.5)(layers.Dense(64, "relu")(h)))
    return keras.Model(inputs, layers.Dense(1, head)(layers.Dense(64, "relu")(h)))


def build_vectors(x: Any, *, unit_length: bool) -> keras.Model:
    """Three layers into a vector, which may be brought to unit length."""
    parts = [layers.Dense(64, "relu"), layers.Dense(64, "relu"), layers.Dense(16)]
    parts = [*parts, layers.UnitNormalization()] if unit_length else parts
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def build_twins(x: Any, *, output: str) -> keras.Model:
    """Two texts through the same layers, and the cosine of their vectors, or one minus it."""
    inputs = [keras.Input((14,), dtype="int32"), keras.Input((14,), dtype="int32")]
    table, read = layers.Embedding(50, 16), layers.Bidirectional(layers.LSTM(12))
    shared = layers.Dense(12)
    vectors = [shared(read(table(tokens))) for tokens in inputs]
    cosine = layers.Dot(axes=1, normalize=True)(vectors)
    return keras.Model(inputs, 1 - cosine if output == "distance" else cosine)


NEXT_BIT = Program(
    name="lstm of the next bit, sigmoid",
    theme="forum",
    data=make_next_bit,
    build=sequential(partial(layers.LSTM, 16), partial(layers.Dense, 1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    source="https://stackoverflow.com/questions/46620813",
)
PURCHASES = Program(
    name="recommender with dropouts, sigmoid",
    theme="forum",
    data=make_purchases,
    build=partial(build_recommender, head="sigmoid"),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    fit_options={"batch_size": 64},
    source="https://whosebug.com/question/5173684",
)
FACTORS = Program(
    name="deep factors of users and targets, sigmoid",
    theme="forum",
    data=make_purchases,
    build=partial(build_deep_factors, head="sigmoid"),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.001),
    fit_options={"batch_size": 64},
    source="http://forums.fast.ai/t/please-help-with-collaborative-filtering-lesson-4/3859",
)
BACK = Program(
    name="simple rnn of numbers, three of them, scaled",
    theme="forum",
    data=partial(make_two_steps_back, 3, 100.0),
    build=sequential(partial(layers.SimpleRNN, 16), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.001),
    fit_options={"batch_size": 5},
    source="https://stats.stackexchange.com/questions/329619",
)
GUITAR = Program(
    name="lstm of a guitar, scaled, linear",
    theme="forum",
    data=partial(make_guitar, 27.0),
    build=sequential(partial(layers.LSTM, 32), partial(layers.Dropout, 0.2), partial(layers.Dense, 2)),
    loss="mse",
    optimizer=partial(Adam, 0.002),
    fit_options={"batch_size": 20},
    source="https://discuss.tensorflow.org/t/lstm-only-yielding-outputs-between-0-1/3471",
)
GROUPS = Program(
    name="hardest triplets of vectors of unit length",
    theme="forum",
    data=make_clusters,
    build=partial(build_vectors, unit_length=True),
    loss=OwnLoss(hardest_triplets),
    optimizer=partial(Adam, 0.001),
    fit_options={"batch_size": 96},
    score=score_groups,
    source="https://github.com/omoindrot/tensorflow-triplet-loss/issues/37",
)
JOBS = Program(
    name="topics of job offers, several each, sigmoid",
    theme="forum",
    data=make_job_topics,
    build=sequential(
        partial(layers.Dense, 64, "relu"),
        partial(layers.Dropout, 0.1),
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 5, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    source="https://stackoverflow.com/questions/44164749",
)
SHARES = Program(
    name="lstm of steps, not masked, many rows",
    theme="forum",
    data=partial(make_steps, 400),
    build=sequential(partial(layers.LSTM, 10), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    source="https://datascience.stackexchange.com/questions/67599",
)
LINE = Program(
    name="action values on a line, standardised",
    theme="forum",
    data=partial(make_line_values, standardize=True),
    build=sequential(partial(layers.Dense, 20, "relu"), partial(layers.Dense, 20, "relu"), partial(layers.Dense, 3)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    source="https://stats.stackexchange.com/questions/280318",
)
DENOISER = Program(
    name="denoiser of patches at 0.001",
    theme="forum",
    data=make_noisy_patches,
    build=sequential(
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        layers.BatchNormalization,
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 1, 3, padding="same"),
    ),
    loss="mse",
    optimizer=partial(Adam, 0.001),
    fit_options={"batch_size": 16},
    source="https://github.com/PENGLU-WashU/IMC_Denoise/issues/11",
)
COSINE = Program(
    name="cosine of two texts, squared error",
    theme="forum",
    data=make_pairs_of_texts,
    build=partial(build_twins, output="cosine"),
    loss="mse",
    optimizer=partial(RMSprop, 0.003),
    score=partial(score_rank, 1.0),
    source="https://github.com/keras-team/keras/issues/2672",
)
TITLES = Program(
    name="contrastive loss of the distance of two texts",
    theme="forum",
    data=make_pairs_of_texts,
    build=partial(build_twins, output="distance"),
    loss=contrastive,
    optimizer=partial(Adam, 0.003),
    score=partial(score_rank, -1.0),
    source="https://datascience.stackexchange.com/questions/45629",
)
SPOKEN = Program(
    name="lstm of spectrograms in decibels",
    theme="forum",
    data=partial(make_spectrograms, decibels=True),
    build=sequential(partial(layers.LSTM, 32), partial(layers.Dense, 32, "relu"), partial(layers.Dense, 10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.001),
    source="https://imathworks.com/cv/rnn-lstm-networks-on-spectrograms-underfitting-massively-is-the-cnn-encoder-a-prerequisite",
)
STANDARD = Program(
    name="lstm of standardised measures, linear",
    theme="forum",
    data=make_standardised_series,
    build=sequential(partial(layers.LSTM, 32), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    source="https://stackoverflow.com/questions/60306255",
)

MENDED = [
    NEXT_BIT,
    PURCHASES,
    FACTORS,
    BACK,
    GUITAR,
    GROUPS,
    JOBS,
    SHARES,
    LINE,
    DENOISER,
    COSINE,
    TITLES,
    SPOKEN,
    SPOKEN.vary(
        "lstm of spectrograms as power",
        data=partial(make_spectrograms, decibels=False),  # the question says that it does not learn, but it does
    ),
    STANDARD,
]

SICK = [
    NEXT_BIT.vary(
        "lstm of the next bit, one unit, softmax",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=sequential(partial(layers.LSTM, 1), partial(layers.Dense, 1, "softmax")),
        optimizer=partial(Adagrad, 0.01),
        fit_options={"batch_size": 256},
    ),
    PURCHASES.vary(
        "recommender with dropouts, relu and a decay of 0.9",
        label=(*labels.STEPS_THAT_END, *labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        build=partial(build_recommender, head="relu"),
        optimizer=lambda: Adam(InverseTimeDecay(1e-3, decay_steps=1, decay_rate=0.9)),
    ),
    FACTORS.vary(
        "deep factors of users and targets, softmax of one",
        label=labels.WRONG_HEAD,
        strength="clear",
        build=partial(build_deep_factors, head="softmax"),
    ),
    BACK.vary(
        "simple rnn of numbers, one at a time",
        unnamed=True,
        strength="clear",
        data=partial(make_two_steps_back, 1, 1.0),
        build=sequential(partial(layers.SimpleRNN, 2), partial(layers.Dense, 1)),
    ),
    GUITAR.vary(
        "lstm of a guitar, softmax for samples of -27 to 27",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        data=partial(make_guitar, 1.0),
        build=sequential(partial(layers.LSTM, 32), partial(layers.Dropout, 0.4), partial(layers.Dense, 2, "softmax")),
        loss="categorical_crossentropy",
        optimizer="adam",
    ),
    GROUPS.vary(
        "hardest triplets of vectors that fall into one point",
        label=(*labels.TOO_LARGE_STEPS, "constant_prediction"),
        strength="clear",
        build=partial(build_vectors, unit_length=False),
        optimizer=partial(Adam, 0.2),
    ),
    JOBS.vary(
        "topics of job offers, several each, softmax",
        label=labels.WRONG_HEAD,
        strength="mild",
        build=sequential(
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dropout, 0.1),
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 5, "softmax"),
        ),
    ),
    SHARES.vary(
        "lstm of steps, zeros masked, 45 rows",
        label=(*labels.TOO_SMALL_STEPS, *labels.DEAD),
        strength="mild",
        data=partial(make_steps, 45),
        build=sequential(layers.Masking, partial(layers.LSTM, 10), partial(layers.Dense, 1, "relu")),
        optimizer=partial(Adam, 0.001),
    ),
    LINE.vary(
        "action values on a line from 0.35 to 0.65",
        label=(*labels.SMALL_INPUTS, *labels.TOO_SMALL_STEPS),
        strength="mild",
        data=partial(make_line_values, standardize=False),
        optimizer=partial(Adam, 0.001),
    ),
    DENOISER.vary(
        "denoiser of patches at 1",
        label=(*labels.TOO_LARGE_STEPS, *labels.NONFINITE),
        strength="extreme",
        optimizer=partial(Adam, 1.0),
    ),
    COSINE.vary(
        "cosine of two texts, cosine loss of one number",
        label=(*labels.CUT_OFF, *labels.WRONG_LOSS, *labels.WRONG_HEAD),
        strength="clear",
        loss="cosine_similarity",
    ),
    TITLES.vary(
        "contrastive loss of the similarity of two texts",
        label=labels.WRONG_LOSS,
        strength="clear",
        build=partial(build_twins, output="cosine"),
        score=partial(score_rank, 1.0),
    ),
    STANDARD.vary(
        "lstm of standardised measures, sigmoid",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="mild",
        build=sequential(partial(layers.LSTM, 32), partial(layers.Dense, 1, "sigmoid")),
    ),
]

PROGRAMS = [*MENDED, *SICK]
