"""Questions of users about sequences, text, attention, generative models and own losses, rebuilt small.

Beside each sick program stands the program as the confirmed answer mends it. The last ones are healthy: small versions
of examples from keras.io.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.generative import Sample, make_pairs
from labelled_programs.models import sequential
from labelled_programs.program import Program
from labelled_programs.sequence_data import (
    make_next_tokens,
    make_padded_tokens,
    make_series_classes,
    make_waves,
)


def make_bits(low: float, high: float) -> Data:
    """Sequences of zeros and ones; the two labels say whether there are more ones than zeros."""
    x = np.random.default_rng(40).integers(0, 2, size=(600, 15, 1))
    return x.astype("float32"), np.where(x.sum(axis=1) > 7, high, low).astype("float32")


def make_newsgroups(examples: int = 640, topics: int = 8) -> Data:
    """Token ids of eight topics, each with words of its own among common ones; labels as unit vectors."""
    generator = np.random.default_rng(41)
    y = generator.integers(0, topics, size=examples)
    common = generator.integers(0, 40, size=(examples, 20))
    own = 40 + 10 * y[:, None] + generator.integers(0, 10, size=(examples, 20))
    x = np.where(generator.random((examples, 20)) < 0.4, own, common)
    return x.astype("int32"), np.eye(topics, dtype="float32")[y]


def make_real_and_fake() -> Data:
    """Digits from -1 to 1, labelled 1, among what a generator that is not trained makes, labelled 0."""
    x, _ = make_digits(320)
    real = 2 * x.reshape(320, -1) - 1
    generator = np.random.default_rng(42)
    hidden = np.tanh(generator.normal(size=(320, 16)) @ generator.normal(size=(16, 32)) / 4)
    fake = np.tanh(hidden @ generator.normal(size=(32, 64)) / 32**0.5)
    order = generator.permutation(640)
    y = np.repeat([[1.0], [0.0]], 320, axis=0)
    return np.concatenate([real, fake])[order].astype("float32"), y[order].astype("float32")


def make_action_values() -> Data:
    """States of four numbers, with what each of three actions is worth: 4 to 16."""
    x = np.random.default_rng(43).normal(size=(640, 4))
    angles = np.array([0.0, 2.1, 4.2])
    values = 10 + 3 * np.sin(x[:, :1] + angles) + 2 * np.tanh(x[:, 1:2] * np.cos(angles) + x[:, 2:3])
    return x.astype("float32"), values.astype("float32")


def make_sensors(epsilon: float) -> Data:
    """Windows of three waves and a channel that never changes, divided by deviation plus epsilon; the next value."""
    generator = np.random.default_rng(44)
    time = np.arange(420)
    waves = np.sin(time[:, None] / np.array([4.0, 7.0, 11.0])) + 0.05 * generator.normal(size=(420, 3))
    table = np.concatenate([waves, np.full((420, 1), 3.0)], axis=1)
    with np.errstate(invalid="ignore"):
        table = (table - table.mean(axis=0)) / (table.std(axis=0) + epsilon)
    windows = np.lib.stride_tricks.sliding_window_view(table, 20, axis=0)[:400].swapaxes(1, 2)
    order = generator.permutation(400)
    return windows[order].astype("float32"), table[20:, :1][order].astype("float32")


def make_sales(scale: float, shift: float) -> Data:
    """Standardised series of four features over 30 steps, and a label that their means decide."""
    generator = np.random.default_rng(45)
    level = generator.normal(size=(640, 1, 4))
    x = 0.7 * level + 0.7 * generator.normal(size=(640, 30, 4))
    y = (level[:, 0] @ np.array([[0.7], [-0.5], [0.4], [0.3]])) + 0.1 * generator.normal(size=(640, 1))
    return x.astype("float32"), (scale * y + shift).astype("float32")


def make_categories() -> Data:
    """Five steps of ten features that a label encoder has numbered; the label is what two of them say together."""
    generator = np.random.default_rng(46)
    x = generator.integers(0, 6, size=(600, 5, 10))
    y = x[:, :, :1].sum(axis=1) > x[:, :, 1:2].sum(axis=1)
    return x.astype("float32"), y.astype("float32")


def make_vehicles() -> Data:
    """Velocities of vehicles, a third of which stand still, and how far they get in both directions."""
    generator = np.random.default_rng(47)
    speed = generator.normal(size=(480, 1, 2)) * (generator.random((480, 1, 1)) > 1 / 3)
    x = speed * (1 + 0.2 * generator.normal(size=(480, 10, 2)))
    return x.astype("float32"), x.mean(axis=1).astype("float32")


def make_tracks(*, standardize: bool) -> Data:
    """Latitude, longitude and temperature along a track, and the place that follows."""
    generator = np.random.default_rng(48)
    start, step = generator.normal(size=(400, 1, 2)), 0.1 * generator.normal(size=(400, 1, 2))
    places = start + step * np.arange(13)[:, None] + 0.02 * generator.normal(size=(400, 13, 2))
    warmth = places.sum(axis=2, keepdims=True) + 0.3 * generator.normal(size=(400, 13, 1))
    table = np.concatenate([places, warmth], axis=2)
    if not standardize:
        table = table * np.array([2.0, 2.0, 3.0]) + np.array([40.0, 40.0, 20.0])
    return table[:, :12].astype("float32"), table[:, 12, :2].astype("float32")


def make_order() -> Data:
    """The same tokens in every text, in any order; the label says which of two comes first."""
    generator = np.random.default_rng(49)
    x = generator.permuted(np.tile(np.arange(12), (600, 1)), axis=1)
    first = (x == 3).argmax(axis=1) < (x == 8).argmax(axis=1)
    return x.astype("int32"), first[:, None].astype("float32")


def make_with_empty_texts() -> Data:
    """The padded tokens, one in twenty of which are empty."""
    x, y = make_padded_tokens()
    empty = np.arange(len(x)) % 20 == 7
    return np.where(empty[:, None], 0, x), np.where(empty[:, None], 0.0, y).astype("float32")


def clipped_squared_error(y: Any, prediction: Any) -> Any:
    """A squared error that is cut off at 1, as if that were what clipping the error means."""
    return ops.mean(ops.clip(ops.square(y - prediction), -1.0, 1.0))


def bernoulli_likelihood(y: Any, prediction: Any) -> Any:
    """The negative log likelihood of pixels, safe against probabilities of 0 and 1 alone."""
    likelihood = y * ops.log(1e-10 + prediction) + (1 - y) * ops.log(1e-10 + 1 - prediction)
    return -ops.mean(ops.sum(likelihood, axis=1))


def normal_likelihood(y: Any, prediction: Any) -> Any:
    """The negative log likelihood of a normal distribution, given as mean and spread."""
    mean, spread = prediction[:, :1], prediction[:, 1:]
    return ops.mean(ops.log(spread) + 0.5 * ops.square((y - mean) / spread))


def distance(epsilon: float, y: Any, prediction: Any) -> Any:
    """The mean distance in the plane."""
    return ops.mean(ops.sqrt(ops.sum(ops.square(y - prediction), axis=1) + epsilon))


def score_mean(prediction: Any, y: Any) -> float:
    """The explained share of the variance, of the first output."""
    return float(1 - ((y - prediction[:, :1]) ** 2).mean() / y.var())


def build_topic_reader(x: Any, *, units: int) -> keras.Model:
    """Fixed vectors of words, an LSTM, and a sigmoid layer in front of the softmax."""
    vectors = layers.Embedding(120, 16, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0))
    vectors.trainable = False
    parts = [vectors, layers.LSTM(32), layers.Dense(units, "sigmoid"), layers.Dense(8, "softmax")]
    return keras.Sequential([keras.Input(x.shape[1:], dtype="int32"), *parts])


def build_discriminator(x: Any, *, trainable: bool) -> keras.Model:
    """A discriminator of leaky units, frozen or not when it is compiled."""
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Dense(64),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dense(32),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dense(1, "sigmoid"),
        ]
    )
    model.trainable = trainable
    return model


def build_variational(x: Any, *, head: str) -> keras.Model:
    """A small variational autoencoder, whose head is to give probabilities."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(48, "relu")(inputs)
    code = Sample(0.1)(layers.Dense(6)(h), layers.Dense(6)(h))
    return keras.Model(inputs, layers.Dense(x.shape[1], head)(layers.Dense(48, "relu")(code)))


def build_mean_and_spread(x: Any, *, constant: float) -> keras.Model:
    """Forecasts a mean and a spread, the latter through relu and plus a constant."""
    inputs = keras.Input(x.shape[1:])
    h = layers.LSTM(16)(inputs)
    spread = layers.ReLU()(layers.Dense(1)(h)) + constant
    return keras.Model(inputs, layers.Concatenate()([layers.Dense(1)(h), spread]))


class Positions(layers.Layer):
    """Adds a learned vector for each position."""

    def build(self, shape: Any) -> None:
        """Makes the vectors."""
        self.vectors = self.add_weight(shape=(shape[1], shape[2]), initializer="random_normal", name="vectors")

    def call(self, x: Any) -> Any:
        """Adds them."""
        return x + self.vectors


def add_encoder_block(h: Any, width: int = 16, normalize_first: bool = False) -> Any:
    """One block of attention, as most examples write it."""
    read = layers.LayerNormalization(epsilon=1e-6)(h) if normalize_first else h
    h = layers.Add()([h, layers.MultiHeadAttention(2, width // 2)(read, read)])
    h = h if normalize_first else layers.LayerNormalization(epsilon=1e-6)(h)
    read = layers.LayerNormalization(epsilon=1e-6)(h) if normalize_first else h
    h = layers.Add()([h, layers.Dense(width)(layers.Dense(2 * width, "relu")(read))])
    return h if normalize_first else layers.LayerNormalization(epsilon=1e-6)(h)


def build_encoder(x: Any, *, vocabulary: int = 40, positions: bool = True, blocks: int = 1) -> keras.Model:
    """Tokens through blocks of attention into one probability."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(vocabulary, 16)(inputs)
    h = Positions()(h) if positions else h
    for _ in range(blocks):
        h = add_encoder_block(h)
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h)))


def fine_tune(rate: float, model: keras.Model, x: Any, y: Any) -> None:
    """Trains the encoder to count even tokens, then compiles it for the task with a rate."""
    even = ((x % 2 == 0) & (x > 0)).sum(axis=1, keepdims=True) * 2 > (x > 0).sum(axis=1, keepdims=True)
    model.compile(Adam(0.003), "binary_crossentropy")
    model.fit(x, even.astype("float32"), epochs=10, verbose=0)
    model.compile(Adam(rate), "binary_crossentropy")


class MaskedAttention(layers.Layer):
    """Attention of one's own, in which padding gets a score of `fill`."""

    def __init__(self, fill: float) -> None:
        super().__init__()
        self.fill = fill
        self.query, self.key, self.value = layers.Dense(16), layers.Dense(16), layers.Dense(16)

    def call(self, h: Any, tokens: Any) -> Any:
        """Each token attends to all that are not padding."""
        scores = ops.matmul(self.query(h), ops.transpose(self.key(h), (0, 2, 1))) / 4.0
        scores = ops.where(ops.expand_dims(tokens, 1) > 0, scores, self.fill)
        return ops.matmul(ops.softmax(scores, axis=-1), self.value(h))


def build_masked_attention(x: Any, *, fill: float) -> keras.Model:
    """Tokens through attention of one's own into one probability."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(40, 16)(inputs)
    h = layers.LayerNormalization()(h + MaskedAttention(fill)(h, inputs))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h)))


BITS = Program(
    name="lstm of bits, sigmoid",
    theme="forum",
    data=partial(make_bits, 0.0, 1.0),
    build=sequential(partial(layers.LSTM, 32), partial(layers.Dense, 1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    source="https://stackoverflow.com/questions/47241622",
)
TOPICS = Program(
    name="lstm of newsgroups, a layer of 20 before the softmax",
    theme="forum",
    data=make_newsgroups,
    build=partial(build_topic_reader, units=20),
    loss="categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    source="https://github.com/keras-team/keras/issues/4994",
)
DISCRIMINATOR = Program(
    name="discriminator compiled before it is frozen",
    theme="forum",
    data=make_real_and_fake,
    build=partial(build_discriminator, trainable=True),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.0002, beta_1=0.5),
    source="https://github.com/eriklindernoren/Keras-GAN/issues/91",
)
VARIATIONAL = Program(
    name="variational autoencoder with a sigmoid for its likelihood",
    theme="forum",
    data=make_pairs,
    build=partial(build_variational, head="sigmoid"),
    loss=bernoulli_likelihood,
    optimizer=partial(Adam, 0.003),
    source="https://github.com/pkmital/tensorflow_tutorials/issues/23",
)
ACTIONS = Program(
    name="action values under huber",
    theme="forum",
    data=make_action_values,
    build=sequential(partial(layers.Dense, 24, "relu"), partial(layers.Dense, 24, "relu"), partial(layers.Dense, 3)),
    loss="huber",
    optimizer=partial(Adam, 0.01),
    source="https://stackoverflow.com/questions/36462962",
)
SPREAD = Program(
    name="lstm forecasts mean and spread, a constant added",
    theme="forum",
    data=make_waves,
    build=partial(build_mean_and_spread, constant=0.3),
    loss=normal_likelihood,
    optimizer=partial(Adam, 0.01),
    score=score_mean,
    source="https://github.com/motokimura/PyTorch_Gaussian_YOLOv3/issues/23",
)
SENSORS = Program(
    name="lstm of sensors divided by deviation plus epsilon",
    theme="forum",
    data=partial(make_sensors, 1e-6),
    build=sequential(partial(layers.LSTM, 16), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    source="https://github.com/keras-team/keras/issues/2134",
)
SALES = Program(
    name="lstm of sales, standardised",
    theme="forum",
    data=partial(make_sales, 1.0, 0.0),
    build=sequential(partial(layers.LSTM, 32), partial(layers.Dropout, 0.3), partial(layers.Dense, 1)),
    loss="mean_absolute_error",
    optimizer=partial(SGD, 0.0008, momentum=0.9, nesterov=True),
    epochs=40,
    source="https://github.com/keras-team/keras/issues/4563",
)
CATEGORIES = Program(
    name="lstm of numbered categories, binary cross-entropy",
    theme="forum",
    data=make_categories,
    build=sequential(
        partial(layers.LSTM, 32, recurrent_activation="hard_sigmoid"), partial(layers.Dense, 1, "sigmoid")
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    source="https://stats.stackexchange.com/questions/565956",
)
VEHICLES = Program(
    name="lstm of vehicles, epsilon under the root",
    theme="forum",
    data=make_vehicles,
    build=sequential(partial(layers.LSTM, 16), partial(layers.Dense, 2)),
    loss=partial(distance, 1e-10),
    optimizer=partial(Adam, 0.005),
    source="http://ddrv.cn/?p=758668",
)
TRACKS = Program(
    name="lstm of tracks, standardised, linear",
    theme="forum",
    data=partial(make_tracks, standardize=True),
    build=sequential(layers.Masking, partial(layers.LSTM, 16), partial(layers.Dense, 2)),
    loss="mse",
    optimizer=partial(RMSprop, 0.003),
    source="https://github.com/keras-team/keras/issues/1987",
)
ORDER = Program(
    name="encoder that is told positions",
    theme="forum",
    data=make_order,
    build=partial(build_encoder, vocabulary=12),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=30,
    source="https://github.com/DaoyuanLi2816/Molecule-Generator/pull/23",
)
FINE_TUNED = Program(
    name="encoder fine-tuned at 0.001",
    theme="forum",
    data=make_padded_tokens,
    build=partial(build_encoder, blocks=2),
    loss="binary_crossentropy",
    optimizer="adam",
    prepare=partial(fine_tune, 0.001),
    source="https://github.com/huggingface/transformers/issues/735",
)
EMPTY = Program(
    name="own attention with a score of -10000 for padding",
    theme="forum",
    data=make_with_empty_texts,
    build=partial(build_masked_attention, fill=-1e4),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    source="https://github.com/sooftware/kospeech/issues/37",
)

MENDED = [
    BITS,
    TOPICS,
    DISCRIMINATOR,
    VARIATIONAL,
    ACTIONS,
    SPREAD,
    SENSORS,
    SALES,
    CATEGORIES,
    VEHICLES,
    TRACKS,
    ORDER,
    FINE_TUNED,
    EMPTY,
]

SICK = [
    BITS.vary(
        "lstm of bits, softmax of one for -1 and 1",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        data=partial(make_bits, -1.0, 1.0),
        build=sequential(partial(layers.LSTM, 32), partial(layers.Dense, 1, "softmax")),
    ),
    TOPICS.vary(
        "lstm of newsgroups, one unit before the softmax",
        unnamed=True,
        strength="mild",
        build=partial(build_topic_reader, units=1),
        loss="binary_crossentropy",
    ),
    DISCRIMINATOR.vary(
        "discriminator frozen before it is compiled",
        label=(*labels.FROZEN, *labels.NO_STEPS),
        strength="clear",
        build=partial(build_discriminator, trainable=False),
    ),
    VARIATIONAL.vary(
        "variational autoencoder with a tanh for its likelihood",
        label=(*labels.NONFINITE, *labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        build=partial(build_variational, head="tanh"),
    ),
    ACTIONS.vary(
        "action values under a loss cut off at 1",
        label=(*labels.CUT_OFF, *labels.WRONG_LOSS),
        strength="clear",
        loss=clipped_squared_error,
    ),
    SPREAD.vary(
        "lstm forecasts mean and spread, the latter through relu",
        label=labels.NONFINITE,
        strength="extreme",
        build=partial(build_mean_and_spread, constant=0.0),
    ),
    SENSORS.vary(
        "lstm of sensors divided by a deviation of 0",
        label=labels.NONFINITE,
        strength="extreme",
        data=partial(make_sensors, 0.0),
    ),
    SALES.vary(
        "lstm of sales in dollars",
        label=(*labels.LARGE_LABELS, *labels.TOO_SMALL_STEPS),
        strength="clear",
        data=partial(make_sales, 20000.0, 50000.0),
    ),
    CATEGORIES.vary(
        "lstm of numbered categories, categorical cross-entropy of one unit",
        label=(*labels.WRONG_HEAD, "zero_gradient"),
        strength="clear",
        loss="categorical_crossentropy",
    ),
    VEHICLES.vary(
        "lstm of vehicles, a bare root in the loss",
        label=labels.NONFINITE,
        strength="extreme",
        loss=partial(distance, 0.0),
    ),
    TRACKS.vary(
        "lstm of tracks in degrees, two softmaxes",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        data=partial(make_tracks, standardize=False),
        build=sequential(
            layers.Masking,
            partial(layers.LSTM, 2),
            layers.Softmax,
            partial(layers.Dense, 2, "softmax"),
        ),
        loss="categorical_crossentropy",
    ),
    ORDER.vary(
        "encoder that is not told positions",
        label=labels.ALIKE_POSITIONS,
        strength="clear",
        build=partial(build_encoder, vocabulary=12, positions=False),
    ),
    FINE_TUNED.vary(
        "encoder fine-tuned at 0.1",
        label=labels.TOO_LARGE_STEPS,
        strength="clear",
        prepare=partial(fine_tune, 0.1),
    ),
    EMPTY.vary(
        "own attention with a score of minus infinity for padding",
        label=labels.NONFINITE,
        strength="extreme",
        build=partial(build_masked_attention, fill=-np.inf),
    ),
]


def make_sums() -> Data:
    """Two numbers below 100 with a plus between them, as unit vectors of characters; the digits of their sum."""
    generator = np.random.default_rng(50)
    pairs = generator.integers(0, 100, size=(600, 2))
    texts = [f"{a:02d}+{b:02d}" for a, b in pairs]
    x = np.eye(11, dtype="float32")[[["0123456789+".index(c) for c in text] for text in texts]]
    return x, np.array([[int(c) for c in f"{total:03d}"] for total in pairs.sum(axis=1)], "int32")


def make_images() -> Data:
    """Digits as images, which are their own labels."""
    x, _ = make_digits(400)
    return x, x


def make_series_to_rebuild() -> Data:
    """Windows of the waves, which are their own labels."""
    x, _ = make_waves(32, 400)
    return x, x


def make_weather() -> Data:
    """Windows of seven standardised measures, and the temperature that follows six steps later."""
    generator = np.random.default_rng(51)
    time = np.arange(460)
    day, year = np.sin(time / 4), np.sin(time / 60)
    table = np.stack([day, year, day + year, np.cos(time / 4), -year, day * year, 0 * day], axis=1)
    table = table + 0.3 * generator.normal(size=table.shape)
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    windows = np.lib.stride_tricks.sliding_window_view(table, 24, axis=0)[:430].swapaxes(1, 2)
    order = generator.permutation(430)
    return windows[order].astype("float32"), table[29:459, 2:3][order].astype("float32")


def build_series_transformer(x: Any, *, features: int) -> keras.Model:
    """Blocks of attention and convolution over time, averaged, of the values or of features made of each.

    A normalization of one feature puts out its bias alone, so every block is dead (`layer_norm_one_feature.py`).
    """
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(features)(inputs) if features > 1 else inputs
    for _ in range(2):
        attended = layers.MultiHeadAttention(2, 16, dropout=0.1)(h, h)
        h = layers.LayerNormalization(epsilon=1e-6)(attended) + h
        read = layers.Conv1D(4, 1, activation="relu")(h)
        h = layers.LayerNormalization(epsilon=1e-6)(layers.Conv1D(features, 1)(layers.Dropout(0.1)(read))) + h
    h = layers.GlobalAveragePooling1D(data_format="channels_last")(layers.Conv1D(12, 5, activation="relu")(h))
    return keras.Model(inputs, layers.Dense(3, "softmax")(layers.Dropout(0.2)(layers.Dense(24, "relu")(h))))


def build_image_variational(x: Any) -> keras.Model:
    """Convolutions into two numbers and back."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(8, 3, activation="relu", strides=2, padding="same")(inputs)
    h = layers.Conv2D(16, 3, activation="relu", strides=2, padding="same")(h)
    h = layers.Dense(16, "relu")(layers.Flatten()(h))
    code = Sample(1 / 64)(layers.Dense(2)(h), layers.Dense(2)(h))
    h = layers.Reshape((2, 2, 16))(layers.Dense(64, "relu")(code))
    h = layers.Conv2DTranspose(16, 3, activation="relu", strides=2, padding="same")(h)
    h = layers.Conv2DTranspose(8, 3, activation="relu", strides=2, padding="same")(h)
    return keras.Model(inputs, layers.Conv2DTranspose(1, 3, activation="sigmoid", padding="same")(h))


SERIES = Program(
    name="keras.io: transformer of time series, features made of each value",
    theme="forum",
    data=make_series_classes,
    build=partial(build_series_transformer, features=8),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=40,
    source="https://keras.io/examples/timeseries/timeseries_classification_transformer/",
)

EXAMPLES = [
    SERIES,
    SERIES.vary(
        "keras.io: transformer of time series",
        label=labels.CUT_OFF,
        strength="mild",
        build=partial(build_series_transformer, features=1),
        unscored=True,  # the last convolution learns it alone
    ),
    Program(
        name="keras.io: bidirectional lstms of reviews",
        theme="forum",
        data=make_padded_tokens,
        build=sequential(
            partial(layers.Embedding, 40, 16),
            lambda: layers.Bidirectional(layers.LSTM(12, return_sequences=True)),
            lambda: layers.Bidirectional(layers.LSTM(12)),
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        source="https://keras.io/examples/nlp/bidirectional_lstm_imdb/",
    ),
    Program(
        name="keras.io: sums of digits, encoder and decoder",
        theme="forum",
        data=make_sums,
        build=sequential(
            partial(layers.LSTM, 48),
            partial(layers.RepeatVector, 3),
            partial(layers.LSTM, 48, return_sequences=True),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=30,
        source="https://keras.io/examples/nlp/addition_rnn/",
    ),
    Program(
        name="keras.io: variational autoencoder of images",
        theme="forum",
        data=make_images,
        build=build_image_variational,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.002),  # at 0.005 all units of the encoder's Dense layer die
        epochs=40,  # after 20 it still puts out the mean image, with three seeds
        source="https://keras.io/examples/generative/vae/",
    ),
    Program(
        name="keras.io: convolutional autoencoder for anomalies",
        theme="forum",
        data=make_series_to_rebuild,
        build=sequential(
            partial(layers.Conv1D, 16, 7, strides=2, padding="same", activation="relu"),
            partial(layers.Dropout, 0.2),
            partial(layers.Conv1D, 8, 7, strides=2, padding="same", activation="relu"),
            partial(layers.Conv1DTranspose, 8, 7, strides=2, padding="same", activation="relu"),
            partial(layers.Dropout, 0.2),
            partial(layers.Conv1DTranspose, 16, 7, strides=2, padding="same", activation="relu"),
            partial(layers.Conv1DTranspose, 1, 7, padding="same"),
        ),
        loss="mse",
        optimizer=partial(Adam, 0.001),
        source="https://keras.io/examples/timeseries/timeseries_anomaly_detection/",
    ),
    Program(
        name="keras.io: transformer of reviews",
        theme="forum",
        data=make_padded_tokens,
        build=build_encoder,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        source="https://keras.io/examples/nlp/text_classification_with_transformer/",
    ),
    Program(
        name="keras.io: lstm of the weather",
        theme="forum",
        data=make_weather,
        build=sequential(partial(layers.LSTM, 32), partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(Adam, 0.001),
        source="https://keras.io/examples/timeseries/timeseries_weather_forecasting/",
    ),
    Program(
        name="keras.io: lstm of characters",
        theme="forum",
        data=make_next_tokens,
        build=sequential(
            partial(layers.Embedding, 20, 20, embeddings_initializer="identity", trainable=False),
            partial(layers.LSTM, 32, return_sequences=True),
            partial(layers.Dense, 20, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(RMSprop, 0.01),
        source="https://keras.io/examples/generative/lstm_character_level_text_generation/",
    ),
]

PROGRAMS = [*MENDED, *SICK, *EXAMPLES]
