"""Questions and examples of tables, texts, series, pictures, pairs and own losses, rebuilt small.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, rates, and the form of the data. The data are made up or scikit-learn's digits.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, AdamW, RMSprop
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, sequential
from labelled_programs.program import Program
from labelled_programs.sequence_data import make_series_classes

PERCENTS = "https://github.com/keras-team/keras/issues/2908"
COSINE = "https://github.com/tensorflow/tensorflow/issues/34577"
MANHATTAN = "https://github.com/keras-team/keras/issues/5541"
ONE_CHANNEL = "https://github.com/keras-team/keras-io/issues/2018"
REPEATED = "https://github.com/keras-team/keras/issues/2542"
ONE_LETTER = "https://github.com/tensorflow/tensorflow/issues/47586"
CURVED = "https://arxiv.org/abs/2212.00270"
MILLISECONDS = "https://cs.stackexchange.com/questions/14634/how-to-encode-date-as-input-in-neural-network"
LOGARITHMS = (
    "https://machinelearningmastery.com/how-to-choose-loss-functions-when-training-deep-learning-neural-networks/"
)
ALL_VALID = "https://github.com/eriklindernoren/Keras-GAN/issues/5"
MIXER = "https://keras.io/examples/vision/mlp_image_classification/"
POINTS = "https://keras.io/examples/vision/pointnet/"
FRAMES = "https://keras.io/examples/vision/conv_lstm/"
BOOK = "https://github.com/fchollet/deep-learning-with-python-notebooks"
SQUARE = "https://machinelearningmastery.com/how-to-develop-a-generative-adversarial-network-for-a-1-dimensional-function-from-scratch-in-keras/"
HEARTBEATS = "https://www.tensorflow.org/tutorials/generative/autoencoder"
ENCODER_DECODER = "https://machinelearningmastery.com/encoder-decoder-long-short-term-memory-networks/"
COLUMNS = "https://keras.io/examples/structured_data/tabtransformer/"
STEP = 0.02


def make_demand() -> Data:
    """Hour, temperature and holiday, and a demand of unit scale; it is 0 in hours that nothing foretells, one in 12."""
    generator = np.random.default_rng(140)
    hour = generator.uniform(0, 2 * np.pi, size=640)
    temperature, holiday = generator.normal(size=640), generator.random(640) < 0.2
    y = np.maximum(1.5 * np.sin(hour) + 0.6 * temperature + 2.5 - holiday, 0.1) * (generator.random(640) > 1 / 12)
    x = np.stack([np.sin(hour), np.cos(hour), temperature, holiday], axis=1)
    return x.astype("float32"), y[:, None].astype("float32")


def make_meanings() -> Data:
    """Sixteen measures of an image, and the vector of unit length of the word for it."""
    generator = np.random.default_rng(141)
    x = generator.normal(size=(640, 16))
    y = np.tanh(x @ generator.normal(size=(16, 8)) / 2)
    return x.astype("float32"), (y / np.linalg.norm(y, axis=1, keepdims=True)).astype("float32")


def score_cosine(prediction: Any, y: Any) -> float:
    """The mean cosine of prediction and label."""
    return float((prediction / np.linalg.norm(prediction, axis=1, keepdims=True) * y).sum(axis=1).mean())


def make_sentences() -> Data:
    """Pairs of sentences as vectors of 300 numbers; the label says whether they are about the same topic."""
    generator = np.random.default_rng(142)
    topics = generator.normal(size=(6, 300))
    left = generator.integers(0, 6, size=600)
    right = np.where(generator.random(600) < 0.5, left, generator.integers(0, 6, size=600))
    x = [topics[side] + 0.7 * generator.normal(size=(600, 300)) for side in (left, right)]
    return [side.astype("float32") for side in x], (left == right)[:, None].astype("float32")


def make_tags_of_pictures() -> Data:
    """Digits, with seven properties of each that hold or not."""
    x, y = make_digits()
    table = np.random.default_rng(143).permuted(np.tile([0, 1], 5)[:, None].repeat(7, axis=1), axis=0)
    return x, table[y][..., None].astype("float32")


def make_letters(normalized: bool) -> Data:
    """Rows of one letter and nine blanks, each divided by its length or as unit vectors; the label is the letter."""
    letters = np.random.default_rng(144).integers(2, 22, size=640)
    x = np.zeros((640, 10))
    x[:, 0] = letters
    x = x / np.linalg.norm(x, axis=1, keepdims=True) if normalized else np.eye(20)[letters - 2]
    return x.astype("float32"), ((letters + 1) % 20).astype("int32")


def make_string() -> Data:
    """Points of a line: the curvature there, what holds at both ends, and the solution, which no loss reads."""
    x = np.random.default_rng(145).uniform(-1, 1, size=(320, 1))
    y = np.sin(np.pi * x)
    return x.astype("float32"), np.concatenate([-(np.pi**2) * y, 0 * y, 0 * y, y], axis=1).astype("float32")


def curvature_and_ends(y: Any, prediction: Any) -> Any:
    """The squared error of the curvature, and the squares at both ends."""
    error = ops.square(y - prediction)
    return ops.mean(error[:, 0] / 20 + error[:, 1] + error[:, 2])


def score_solution(prediction: Any, y: Any) -> float:
    """The explained share of the variance of the solution."""
    return float(1 - ((y[:, 3] - prediction[:, 3]) ** 2).mean() / y[:, 3].var())


def make_load(raw: bool) -> Data:
    """When and how warm it was, as milliseconds since 1970 or as a point on the clock; the load of the net."""
    generator = np.random.default_rng(146)
    seconds = 1.6e9 + generator.uniform(0, 60 * 86400, size=640)
    angle = 2 * np.pi * (seconds % 86400) / 86400
    temperature = generator.normal(size=640)
    y = np.sin(angle) + 0.5 * np.cos(angle) - 0.4 * temperature
    columns = [1000 * seconds, temperature] if raw else [np.sin(angle), np.cos(angle), temperature]
    return np.stack(columns, axis=1).astype("float32"), y[:, None].astype("float32")


def make_standard_scores() -> Data:
    """Twenty features and a function of them with a wave and a parabola, both standardised."""
    x, y = datasets.make_friedman1(500, 20, noise=0.1, random_state=1)
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_shown_pictures(all_valid: bool = False) -> Data:
    """Digits with their centre as it was or filled in; the label says which, or that all are valid."""
    x, _ = make_digits(640)
    generator = np.random.default_rng(147)
    y = generator.integers(0, 2, size=(640, 1)).astype("float32")
    filled = x.copy()
    filled[:, 2:6, 2:6] = 0.5 + 0.2 * generator.normal(size=(640, 4, 4, 1))
    x = np.where(y[..., None, None] == 1, x, filled)
    return x.astype("float32"), np.ones_like(y) if all_valid else y


def score_shown(prediction: Any, y: Any) -> float:
    """The mean of both kinds' shares of right answers, from 0 at guessing to 1."""
    truth = make_shown_pictures()[1]
    said = prediction > 0.5
    return float(said[truth == 1].mean() - said[truth == 0].mean())


def make_clouds() -> Data:
    """Clouds of points on a sphere, a cube or a ring, turned about one axis."""
    generator = np.random.default_rng(148)
    y = generator.integers(0, 3, size=300)
    points = generator.normal(size=(300, 48, 3))
    sphere = points / np.linalg.norm(points, axis=2, keepdims=True)
    cube = points / np.abs(points).max(axis=2, keepdims=True) * 0.8
    ring = np.concatenate([points[..., :2], 0.1 * points[..., 2:]], axis=2)
    ring = ring / np.linalg.norm(ring[..., :2], axis=2, keepdims=True)
    x = np.stack([sphere, cube, ring])[y, np.arange(300)] + 0.02 * generator.normal(size=points.shape)
    return x.astype("float32"), y.astype("int32")


def make_films() -> Data:
    """Films of two small squares that move; the label is each next frame."""
    generator = np.random.default_rng(149)
    start, speed = generator.integers(0, 10, size=(160, 2, 2)), generator.integers(-1, 2, size=(160, 2, 2))
    at = (start[:, None] + np.arange(7)[None, :, None, None] * speed[:, None]) % 10
    films = np.zeros((160, 7, 10, 10, 1), "float32")
    film, frame, square = np.mgrid[:160, :7, :2]
    for down in (0, 1):
        for right in (0, 1):
            films[film, frame, (at[film, frame, square, 0] + down) % 10, (at[film, frame, square, 1] + right) % 10] = 1
    return films[:, :-1], films[:, 1:]


def make_houses() -> Data:
    """Thirteen standardised measures of districts, and prices in thousands, about 22."""
    generator = np.random.default_rng(150)
    x = generator.normal(size=(404, 13))
    y = 22 + 5 * x[:, 0] - 3 * np.maximum(x[:, 1], 0) + 2 * x[:, 2] * x[:, 3] + generator.normal(size=404)
    return x.astype("float32"), y[:, None].astype("float32")


def make_newswires(topics: int = 20) -> Data:
    """Which of a thousand words stand in a text, and its topic; some topics are ten times as frequent as others."""
    generator = np.random.default_rng(151)
    share = np.geomspace(10, 1, topics)
    y = generator.choice(topics, size=2048, p=share / share.sum())
    rate = np.full((topics, 1000), 0.03)
    for topic, row in enumerate(rate):
        row[40 * topic : 40 * topic + 40] = 0.3
    return (generator.random((2048, 1000)) < rate[y]).astype("float32"), y.astype("int32")


def make_parabola_points() -> Data:
    """Points of a parabola, and points anywhere in its square."""
    generator = np.random.default_rng(152)
    y = generator.integers(0, 2, size=(640, 1))
    across = generator.uniform(-0.5, 0.5, size=(640, 1))
    up = np.where(y == 1, across**2, generator.uniform(-1, 1, size=(640, 1)))
    return np.concatenate([across, up], axis=1).astype("float32"), y.astype("float32")


def make_heartbeats() -> Data:
    """Normal heartbeats of 70 values from 0 to 1, which are their own labels."""
    generator = np.random.default_rng(153)
    time = np.linspace(0, 1, 70)
    at, width = generator.normal(0.3, 0.03, size=(2, 640, 1)), generator.uniform(0.02, 0.05, size=(640, 1))
    size = generator.uniform(0.2, 0.5, size=(640, 1))
    x = np.exp(-((time - at[0]) ** 2) / width**2) + size * np.exp(-((time - at[1] - 0.35) ** 2) / 0.02)
    x = x + 0.02 * generator.normal(size=x.shape)
    x = ((x - x.min()) / (x.max() - x.min())).astype("float32")
    return x, x


def make_next_two() -> Data:
    """Five values of a wave, and the four that follow."""
    generator = np.random.default_rng(154)
    start, speed = generator.uniform(0, 6, size=(400, 1)), generator.uniform(0.3, 0.9, size=(400, 1))
    wave = np.sin(start + speed * np.arange(9))[..., None]
    return wave[:, :5].astype("float32"), wave[:, 5:].astype("float32")


def make_columns() -> Data:
    """Four columns of categories and three of numbers; two classes, one of them a quarter of the rows."""
    generator = np.random.default_rng(155)
    categories, numbers = generator.integers(0, 8, size=(800, 4)), generator.normal(size=(800, 3))
    effect = generator.normal(size=(4, 8))
    signal = effect[np.arange(4), categories].sum(axis=1) + numbers[:, 0] + 0.3 * generator.normal(size=800)
    y = (signal > np.quantile(signal, 0.75)).astype("float32")[:, None]
    return [categories.astype("int32"), (100 * numbers).astype("float32")], y


def build_likeness(x: Any, reduce: Any) -> keras.Model:
    """Two sentences through one layer, and e to the power of minus their distance."""
    shared = layers.Dense(300, "tanh")
    inputs = [keras.Input(side.shape[1:]) for side in x]
    left, right = (shared(side) for side in inputs)
    distance = reduce(ops.abs(left - right), axis=1, keepdims=True)
    return keras.Model(inputs, ops.exp(-distance))


def build_string(x: Any, activation: str) -> keras.Model:
    """Curvature by differences, values at both ends, and the value itself, of a small net."""
    net = keras.Sequential([layers.Dense(32, activation), layers.Dense(32, activation), layers.Dense(1)])
    inputs = keras.Input(x.shape[1:])
    here = net(inputs)
    bend = (net(inputs + STEP) - 2 * here + net(inputs - STEP)) / STEP**2
    ends = [net(0 * inputs - 1), net(0 * inputs + 1)]
    return keras.Model(inputs, layers.Concatenate()([bend, *ends, here]))


def build_mixer(x: Any) -> keras.Model:
    """Patches, mixed by dense layers over patches and over channels in turn."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(32, 2, strides=2)(inputs)
    h = layers.Reshape((16, 32))(h)
    for _ in range(2):
        mixed = layers.Permute((2, 1))(layers.LayerNormalization(epsilon=1e-6)(h))
        mixed = layers.Dropout(0.2)(layers.Dense(16)(layers.Dense(32, "gelu")(mixed)))
        h = layers.Add()([h, layers.Permute((2, 1))(mixed)])
        wide = layers.Dense(32, "gelu")(layers.LayerNormalization(epsilon=1e-6)(h))
        h = layers.Add()([h, layers.Dropout(0.2)(layers.Dense(32)(wide))])
    return keras.Model(inputs, layers.Dense(10)(layers.Dropout(0.2)(layers.GlobalAveragePooling1D()(h))))


def build_points(x: Any) -> keras.Model:
    """The same layers for each point, with normalizations of no momentum, and the largest of all points."""

    def read(h: Any, layer: Any) -> Any:
        return layers.ReLU()(layers.BatchNormalization(momentum=0.0)(layer(h)))

    inputs = keras.Input(x.shape[1:])
    h = inputs
    for units in (16, 32, 64):
        h = read(h, layers.Conv1D(units, 1, padding="valid"))
    h = layers.Dropout(0.3)(read(layers.GlobalMaxPooling1D()(h), layers.Dense(32)))
    return keras.Model(inputs, layers.Dense(3, "softmax")(h))


def build_columns(x: Any) -> keras.Model:
    """A transformer over the columns of categories, and normalized numbers beside it."""
    categories, numbers = keras.Input(x[0].shape[1:], dtype="int32"), keras.Input(x[1].shape[1:])
    offset = ops.convert_to_tensor(8 * np.arange(4)[None], dtype="int32")
    h = layers.Embedding(32, 16)(categories + offset)
    for _ in range(2):
        h = layers.LayerNormalization(epsilon=1e-6)(
            layers.Add()([h, layers.MultiHeadAttention(4, 16, dropout=0.2)(h, h)])
        )
        wide = layers.Dropout(0.2)(layers.Dense(16, "gelu")(h))
        h = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([h, layers.Dense(16)(wide)]))
    h = layers.Concatenate()([layers.Flatten()(h), layers.LayerNormalization(epsilon=1e-6)(numbers)])
    h = layers.Dropout(0.2)(layers.Dense(64, "selu")(layers.BatchNormalization()(h)))
    return keras.Model([categories, numbers], layers.Dense(1, "sigmoid")(h))


program = partial(Program, theme="forum")

DEMAND = program(
    name="demand with idle hours, absolute error",
    data=make_demand,
    build=sequential(partial(layers.Dense, 32, "relu"), partial(layers.Dense, 32, "relu"), partial(layers.Dense, 1)),
    loss="mean_absolute_error",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=PERCENTS,
)
MEANINGS = program(
    name="words for measures, cosine",
    data=make_meanings,
    build=sequential(partial(layers.Dense, 64, "relu"), partial(layers.Dense, 8)),
    loss="cosine_similarity",
    optimizer=partial(Adam, 0.003),
    score=score_cosine,
    epochs=20,
    source=COSINE,
)
SENTENCES = program(
    name="likeness of 300 numbers, mean distance",
    data=make_sentences,
    build=partial(build_likeness, reduce=ops.mean),
    loss="mse",
    optimizer=partial(Adam, 0.001),
    epochs=20,
    source=MANHATTAN,
)
CHANNEL = program(
    name="series of one channel, normalized over time",
    data=make_series_classes,
    build=sequential(
        partial(layers.GroupNormalization, groups=1),
        partial(layers.Conv1D, 16, 5, padding="same", activation="relu"),
        partial(layers.Conv1D, 16, 5, padding="same", activation="relu"),
        layers.GlobalAveragePooling1D,
        partial(layers.Dense, 3, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=ONE_CHANNEL,
)
TAGS = program(
    name="seven tags of a picture, a unit for each",
    data=make_tags_of_pictures,
    build=sequential(
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.MaxPooling2D,
        layers.Flatten,
        partial(layers.Dense, 64, "relu"),
        partial(layers.Dense, 7, "sigmoid"),
        partial(layers.Reshape, (7, 1)),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=REPEATED,
)
LETTERS = program(
    name="texts of one letter, unit vectors",
    data=partial(make_letters, normalized=False),
    build=sequential(partial(layers.Dense, 64, "relu"), partial(layers.Dense, 20, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=ONE_LETTER,
)
STRING = program(
    name="curvature of a string, tanh",
    data=make_string,
    build=partial(build_string, activation="tanh"),
    loss=OwnLoss(curvature_and_ends),
    optimizer=partial(Adam, 0.003),
    score=score_solution,
    epochs=60,
    source=CURVED,
)
LOAD = program(
    name="load by the clock's hand",
    data=partial(make_load, raw=False),
    build=sequential(partial(layers.Dense, 32, "relu"), partial(layers.Dense, 32, "relu"), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.001),
    epochs=20,
    source=MILLISECONDS,
)
SCORES = program(
    name="standard scores by squared error",
    data=make_standard_scores,
    build=sequential(
        partial(layers.Dense, 25, "relu", kernel_initializer="he_uniform"),
        partial(layers.Dense, 1),
    ),
    loss="mse",
    optimizer=partial(SGD, 0.01, momentum=0.9),
    epochs=40,
    source=LOGARITHMS,
)
SHOWN = program(
    name="discriminator of filled pictures",
    data=make_shown_pictures,
    build=sequential(
        partial(layers.Conv2D, 16, 3, strides=2, padding="same"),
        partial(layers.LeakyReLU, negative_slope=0.2),
        partial(layers.Conv2D, 32, 3, strides=2, padding="same"),
        partial(layers.LeakyReLU, negative_slope=0.2),
        layers.Flatten,
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.0005, beta_1=0.5),
    score=score_shown,
    epochs=20,
    source=ALL_VALID,
)

MENDED = [DEMAND, MEANINGS, SENTENCES, CHANNEL, TAGS, LETTERS, STRING, LOAD, SCORES, SHOWN]

SICK = [
    DEMAND.vary(
        "demand with idle hours, error in percent",
        label=(*labels.WRONG_LOSS, "label_range", "exploding_gradient"),
        strength="clear",
        loss="mean_absolute_percentage_error",
    ),
    MEANINGS.vary(
        "words for measures, one minus keras's cosine",
        label=labels.WRONG_LOSS,
        strength="extreme",
        loss=OwnLoss(lambda y, prediction: 1 - keras.losses.cosine_similarity(y, prediction)),
    ),
    SENTENCES.vary(
        "likeness of 300 numbers, sum of distances",
        label=(*labels.SATURATED_HEAD, *labels.VANISHING, "zero_gradient"),
        strength="extreme",
        build=partial(build_likeness, reduce=ops.sum),
    ),
    CHANNEL.vary(
        "series of one channel, normalized over the channel",
        label=(*labels.CONSTANT_INPUTS, *labels.CUT_OFF, *labels.VANISHING),
        strength="extreme",
        build=sequential(
            partial(layers.LayerNormalization, epsilon=1e-6),
            partial(layers.Conv1D, 16, 5, padding="same", activation="relu"),
            partial(layers.Conv1D, 16, 5, padding="same", activation="relu"),
            layers.GlobalAveragePooling1D,
            partial(layers.Dense, 3, "softmax"),
        ),
    ),
    TAGS.vary(
        "seven tags of a picture, one unit repeated",
        label=labels.ALIKE_POSITIONS,
        strength="clear",
        build=sequential(
            partial(layers.Conv2D, 16, 3, activation="relu"),
            layers.MaxPooling2D,
            layers.Flatten,
            partial(layers.Dense, 64, "relu"),
            partial(layers.RepeatVector, 7),
            lambda: layers.TimeDistributed(layers.Dense(1, "sigmoid")),
        ),
    ),
    LETTERS.vary(
        "texts of one letter, divided by their length",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        data=partial(make_letters, normalized=True),
    ),
    STRING.vary(
        "curvature of a string, relu",
        unnamed=True,
        strength="clear",
        build=partial(build_string, activation="relu"),
    ),
    LOAD.vary(
        "load by milliseconds since 1970",
        label=labels.LARGE_INPUTS,
        strength="extreme",
        data=partial(make_load, raw=True),
    ),
    SCORES.vary(
        "standard scores by squared error of logarithms",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="mild",
        loss="mean_squared_logarithmic_error",
    ),
    SHOWN.vary(
        "discriminator of filled pictures, all called valid",
        label=("constant_labels",),
        strength="extreme",
        data=partial(make_shown_pictures, all_valid=True),
    ),
]

EXAMPLES = [
    program(
        name="keras.io: mixer of patches, logits",
        data=make_digits,
        build=build_mixer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(AdamW, 0.005, weight_decay=0.0001),
        epochs=20,
        source=MIXER,
    ),
    program(
        name="keras.io: clouds of points, normalization without momentum",
        data=make_clouds,
        build=build_points,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
        epochs=20,
        source=POINTS,
    ),
    program(
        name="keras.io: next frames by convolutional lstms",
        data=make_films,
        build=sequential(
            partial(layers.ConvLSTM2D, 12, 3, padding="same", return_sequences=True, activation="relu"),
            layers.BatchNormalization,
            partial(layers.Conv3D, 1, 3, padding="same", activation="sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        fit_options={"batch_size": 8},
        epochs=20,
        source=FRAMES,
    ),
    program(
        name="chollet: prices of houses in thousands, not scaled",
        data=make_houses,
        build=sequential(
            partial(layers.Dense, 64, "relu"), partial(layers.Dense, 64, "relu"), partial(layers.Dense, 1)
        ),
        loss="mse",
        optimizer="rmsprop",
        fit_options={"batch_size": 16},
        epochs=40,
        source=BOOK,
    ),
    program(
        name="chollet: topics of newswires, batches of 512",
        data=make_newswires,
        build=sequential(
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 20, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(RMSprop, 0.001),
        fit_options={"batch_size": 512},
        epochs=30,
        source=BOOK,
    ),
    program(
        name="points on and off a parabola, 25 relus",
        data=make_parabola_points,
        build=sequential(
            partial(layers.Dense, 25, "relu", kernel_initializer="he_uniform"),
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 64},
        epochs=100,
        source=SQUARE,
    ),
    program(
        name="tensorflow: autoencoder of heartbeats, absolute error",
        data=make_heartbeats,
        build=sequential(
            *(partial(layers.Dense, units, "relu") for units in (32, 16, 8, 16, 32)),
            partial(layers.Dense, 70, "sigmoid"),
        ),
        loss="mae",
        optimizer="adam",
        epochs=30,
        source=HEARTBEATS,
    ),
    program(
        name="encoder and decoder, one vector repeated for four steps",
        data=make_next_two,
        build=sequential(
            partial(layers.LSTM, 32),
            partial(layers.RepeatVector, 4),
            partial(layers.LSTM, 32, return_sequences=True),
            lambda: layers.TimeDistributed(layers.Dense(1)),
        ),
        loss="mse",
        optimizer=partial(Adam, 0.005),
        epochs=30,
        source=ENCODER_DECODER,
    ),
    program(
        name="keras.io: transformer over columns of categories",
        data=make_columns,
        build=build_columns,
        loss="binary_crossentropy",
        optimizer=partial(AdamW, 0.001, weight_decay=0.0001),
        epochs=20,
        source=COLUMNS,
    ),
]

PROGRAMS = [*MENDED, *SICK, *EXAMPLES]
