"""Examples of keras.io and others' networks, made small, some with a fault that is ordinary.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, AdamW, RMSprop
from keras.optimizers.schedules import ExponentialDecay
from keras.regularizers import L2
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

QUASI_SVM = "https://keras.io/examples/keras_recipes/quasi_svm/"
KEYPOINTS = "https://keras.io/examples/vision/keypoint_detection/"
SCANS = "https://keras.io/examples/vision/3D_image_classification/"
VIDEOS = "https://keras.io/examples/vision/video_classification/"
MIXTURES = "https://keras.io/examples/keras_recipes/approximating_non_function_mappings/"
CONV_MIXER = "https://keras.io/examples/vision/convmixer/"
CITATIONS = "https://keras.io/examples/graph/gnn_citations/"
SMALL_GPT = "https://keras.io/examples/generative/text_generation_with_miniature_gpt/"
SPEAKERS = "https://keras.io/examples/audio/speaker_recognition_using_cnn/"
WALKS = "https://keras.io/examples/graph/node2vec_movielens/"
BY_CLASS = "https://keras.io/examples/vision/supervised-contrastive-learning/"
EXTERNAL = "https://keras.io/examples/vision/eanet/"
SWITCHES = "https://keras.io/examples/nlp/text_classification_with_switch_transformer/"
LISTS = "https://keras.io/keras_rs/examples/listwise_ranking/"
PERCEIVER = "https://keras.io/examples/vision/perceiver_image_classification/"
RESIZER = "https://keras.io/examples/vision/learnable_resizer/"
TRAFFIC = "https://keras.io/examples/timeseries/timeseries_traffic_forecasting/"
ONLY_PADS = "https://github.com/farizrahman4u/seq2seq/issues/133"
TWO_SCALES = "https://github.com/timeseriesAI/tsai/issues/744"
LSTM_AT_LAST = "https://github.com/keras-team/keras/issues/1641"
MASKED_TAGS = "https://github.com/keras-team/keras/issues/4594"
SIGMOID_OF_DISTANCE = "https://github.com/keras-team/keras-io/pull/2261"
CAPTCHAS = "http://fatal001.com/keras/11681121602479730802.html"
NO_EFFECT = "https://github.com/keras-team/keras/issues/9943"
ONE_STEP = "https://github.com/omerbsezer/LSTM_RNN_Tutorials_with_Demo/pull/6"
SCALED_TWICE = "https://github.com/statsmaths/kerasR/issues/21"
TWO_TASKS = "https://github.com/ageron/handson-ml2/issues/136"
BLANK_CHANNEL = "https://github.com/carpedm20/DCGAN-tensorflow/issues/105"
FEATURES_AS_STEPS = "https://github.com/keras-team/keras/issues/8568"
WORDS_AT_ONCE = "https://github.com/cerndb/dist-keras/issues/9"
PADS_SEEN = "https://github.com/tensorflow/docs/pull/1610"
RARE_PIXELS = (
    "https://kiwix.lema.org/stackoverflow.com_en_all_2023-11/questions/54150552/"
    "prevent-overfitting-to-specific-class-in-multi-class-classification-using-deep"
)


class RandomCosines(layers.Layer):
    """Cosines of random projections, which are not learned.

    Args:
        units: How many.
        scale: How far apart two rows are that are no longer alike.
    """

    def __init__(self, units: int, scale: float) -> None:
        super().__init__()
        self.units, self.scale = units, scale

    def build(self, shape: Any) -> None:
        """Draws the projections."""
        normal = keras.initializers.RandomNormal(0.0, 1 / self.scale, seed=1101)
        uniform = keras.initializers.RandomUniform(0.0, 2 * np.pi, seed=1102)
        self.kernel = self.add_weight(shape=(shape[-1], self.units), initializer=normal, trainable=False, name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer=uniform, trainable=False, name="bias")

    def call(self, x: Any) -> Any:
        """Projects."""
        return ops.cos(ops.matmul(x, self.kernel) + self.bias)


def make_pixel_rows(scale: float) -> Data:
    """Digits as rows of pixels, from 0 to a number; ten columns of zeros and a one."""
    x, y = make_digits(1797)
    return (scale * x.reshape(len(x), -1)).astype("float32"), np.eye(10, dtype="float32")[y]


def make_faces(scale: float) -> Data:
    """Pictures of a bright and a dark spot on grey; where both are, as shares of the picture times a scale."""
    generator = np.random.default_rng(1103)
    places = generator.integers(2, 22, size=(500, 2, 2))
    x = 0.5 + 0.05 * generator.normal(size=(500, 24, 24, 1))
    for picture, spots in zip(x, places, strict=True):
        for (row, column), light in zip(spots, (0.5, -0.5), strict=True):
            picture[row - 1 : row + 2, column - 1 : column + 2] += light
    return x.astype("float32"), (scale * places.reshape(500, 4) / 24).astype("float32")


def build_faces(x: Any) -> keras.Model:
    """Convolutions of stride two, and four sigmoids."""
    return sequential(
        partial(layers.Conv2D, 12, 3, strides=2, padding="same", activation="relu"),
        partial(layers.Conv2D, 24, 3, strides=2, padding="same", activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 64, "relu"),
        partial(layers.Dense, 4, "sigmoid"),
    )(x)


def make_volumes() -> Data:
    """Noisy blocks of ten by ten by ten, half of them with a bright ball within; whether."""
    generator = np.random.default_rng(1104)
    places = np.stack(list(np.mgrid[:10, :10, :10]), axis=-1)
    centres, y = generator.uniform(3, 7, size=(240, 1, 1, 1, 3)), generator.integers(0, 2, size=(240, 1))
    near = ((places - centres) ** 2).sum(axis=-1, keepdims=True) < 7
    x = 0.3 + 0.2 * generator.normal(size=near.shape) + 0.3 * near * y.reshape(240, 1, 1, 1, 1)
    return x.astype("float32"), y.astype("float32")


def build_volumes(x: Any) -> keras.Model:
    """Convolutions in space, pooled and normalized, then a dense layer."""
    return sequential(
        partial(layers.Conv3D, 8, 3, activation="relu"),
        partial(layers.MaxPool3D, 2),
        partial(layers.BatchNormalization, momentum=0.9),
        partial(layers.Conv3D, 16, 3, activation="relu"),
        layers.GlobalAveragePooling3D,
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dropout, 0.3),
        partial(layers.Dense, 1, "sigmoid"),
    )(x)


def make_clips(reversed_mask: bool) -> Data:
    """Features of up to twelve pictures of a film, zeros behind them, and which are pictures; one of three kinds."""
    generator = np.random.default_rng(1105)
    y, lengths = generator.integers(0, 3, size=500), generator.integers(4, 12, size=500)
    film = np.arange(12) < lengths[:, None]
    kinds = generator.normal(size=(3, 10))
    x = (generator.normal(size=(500, 12, 10)) + 0.7 * kinds[y][:, None]) * film[..., None]
    return [x.astype("float32"), ~film if reversed_mask else film], y.astype("int32")


def build_clips(x: Any) -> keras.Model:
    """Two GRUs that skip what is no picture."""
    pictures, mask = keras.Input(x[0].shape[1:]), keras.Input(x[1].shape[1:], dtype="bool")
    h = layers.GRU(16, return_sequences=True)(pictures, mask=mask)
    h = layers.Dropout(0.4)(layers.GRU(8)(h))
    return keras.Model([pictures, mask], layers.Dense(3, "softmax")(layers.Dense(8, "relu")(h)))


def make_bent() -> Data:
    """A bent line read from its side: several heights for each place."""
    generator = np.random.default_rng(1106)
    y = generator.uniform(-1, 1, size=(1200, 1))
    x = y + 0.5 * np.sin(2 * np.pi * y) + 0.05 * generator.normal(size=y.shape)
    return (2 * x).astype("float32"), (2 * y).astype("float32")


class Mixture(layers.Layer):
    """Means, spreads and logits of six normal distributions."""

    def __init__(self) -> None:
        super().__init__()
        self.means, self.spreads = layers.Dense(6), layers.Dense(6, lambda h: ops.elu(h) + 1 + 1e-3)
        self.shares = layers.Dense(6)

    def build(self, shape: Any) -> None:
        """Builds the three layers."""
        for layer in (self.means, self.spreads, self.shares):
            layer.build(shape)

    def call(self, h: Any) -> Any:
        """Appends them to one another."""
        return ops.concatenate([self.means(h), self.spreads(h), self.shares(h)], axis=-1)


def measure_mixture(y: Any, prediction: Any) -> Any:
    """The negative logarithm of the density of a mixture."""
    means, spreads, shares = prediction[:, :6], prediction[:, 6:12], ops.log_softmax(prediction[:, 12:])
    each = -0.5 * ops.square((y - means) / spreads) - ops.log(spreads) - 0.919
    return -ops.mean(ops.logsumexp(shares + each, axis=-1))


def score_mixture(prediction: Any, y: Any) -> float:
    """How much likelier the labels are than under one normal distribution, from 0 to 1."""
    if not np.isfinite(prediction).all():
        return -1.0
    loss = float(ops.convert_to_numpy(measure_mixture(ops.array(y), ops.array(prediction))))
    return float(np.clip(1 - np.exp(loss - (0.919 + 0.5 + np.log(y.std()))), -1, 1))


def build_mixer(x: Any) -> keras.Model:
    """Patches of two by two, then three blocks of a convolution of each channel, which is added, and one of all."""
    inputs = keras.Input(x.shape[1:])
    normalize = partial(layers.BatchNormalization, momentum=0.9)
    h = normalize()(layers.Activation("gelu")(layers.Conv2D(24, 2, strides=2)(inputs)))
    for _ in range(3):
        each = layers.DepthwiseConv2D(3, padding="same")(h)
        h = layers.Add()([normalize()(layers.Activation("gelu")(each)), h])
        h = normalize()(layers.Activation("gelu")(layers.Conv2D(24, 1)(h)))
    return keras.Model(inputs, layers.Dense(10, "softmax")(layers.GlobalAveragePooling2D()(h)))


def make_papers() -> tuple[np.ndarray, Data]:
    """Which of 400 papers cite each other; numbers of papers, and on which of five subjects they are."""
    generator = np.random.default_rng(1107)
    subject = generator.integers(0, 5, size=400)
    near = generator.random((400, 400)) < np.where(subject[:, None] == subject, 0.06, 0.004)
    edges = np.triu(near, 1)
    return (edges | edges.T), (np.arange(400, dtype="int32")[:, None], subject.astype("int32"))


class Citations(layers.Layer):
    """Looks up papers' words and the mean of those of the papers that they cite or that cite them."""

    def build(self, shape: Any) -> None:
        """Takes the words, which tell little by themselves."""
        edges, (_, subject) = make_papers()
        words = np.random.default_rng(1108).normal(size=(400, 30))
        words[:, :5] += 0.8 * np.eye(5)[subject]
        mean = edges @ words / np.maximum(edges.sum(axis=1, keepdims=True), 1)
        table = np.hstack([words, mean]).astype("float32")
        self.table = self.add_weight(
            shape=table.shape, initializer=lambda *_, **__: ops.array(table), trainable=False, name="table"
        )

    def call(self, numbers: Any) -> Any:
        """Looks them up."""
        return ops.take(self.table, numbers[:, 0], axis=0)


def build_papers(x: Any) -> keras.Model:
    """Normalized layers around what is looked up, with a way past one of them."""
    inputs = keras.Input((1,), dtype="int32")
    h = layers.Dropout(0.5)(layers.Dense(32, "gelu")(layers.BatchNormalization(momentum=0.9)(Citations()(inputs))))
    more = layers.Dropout(0.5)(layers.Dense(32, "gelu")(layers.BatchNormalization(momentum=0.9)(h)))
    return keras.Model(inputs, layers.Dense(5)(layers.Add()([h, more])))


def make_phrases() -> Data:
    """Sixteen words, each one of two that may follow the last two; the words that follow."""
    generator = np.random.default_rng(1109)
    follow = generator.integers(0, 20, size=(20, 20, 2))
    walk = [generator.integers(0, 20, size=500), generator.integers(0, 20, size=500)]
    for _ in range(15):
        walk.append(follow[walk[-2], walk[-1], (generator.random(500) < 0.15).astype(int)])
    words = np.stack(walk, axis=1).astype("int32")
    return words[:, :-1], words[:, 1:]


class Places(layers.Layer):
    """Adds a learned vector for each place."""

    def build(self, shape: Any) -> None:
        """Makes the vectors."""
        self.vectors = self.add_weight(shape=(shape[1], shape[2]), initializer="random_normal", name="vectors")

    def call(self, x: Any) -> Any:
        """Adds them."""
        return x + self.vectors


def build_gpt(x: Any) -> keras.Model:
    """A block of attention to what came before, normalized after each sum; logits of the next word."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = Places()(layers.Embedding(20, 32)(inputs))
    for _ in range(2):
        h = layers.LayerNormalization()(h + layers.MultiHeadAttention(2, 16)(h, h, use_causal_mask=True))
        h = layers.LayerNormalization()(h + layers.Dense(32)(layers.Dense(64, "relu")(h)))
    return keras.Model(inputs, layers.Dense(20)(h))


def make_voices() -> Data:
    """The spectrum of a second of speech of one of five speakers, of 64 frequencies; who speaks."""
    generator = np.random.default_rng(1110)
    y = generator.integers(0, 5, size=500)
    time = np.arange(128)
    pitch, shift = (
        np.array([5, 7, 9, 11, 13])[y] + generator.normal(0, 0.4, size=500),
        generator.uniform(0, 6, size=500),
    )
    waves = np.zeros((500, 128))
    for n in (1, 2, 3):
        waves += np.sin(2 * np.pi * n * pitch[:, None] * time / 128 + n * shift[:, None]) / n
    spectrum = np.abs(np.fft.rfft(waves + 0.8 * generator.normal(size=waves.shape), axis=1))[:, :64, None]
    return spectrum.astype("float32"), y.astype("int32")


def build_voices(x: Any) -> keras.Model:
    """Three residual blocks of convolutions along the frequencies, pooled; not normalized."""
    h = inputs = keras.Input(x.shape[1:])
    for filters in (8, 16, 24):
        past = layers.Conv1D(filters, 1, padding="same")(h)
        h = layers.Conv1D(filters, 3, padding="same", activation="relu")(h)
        h = layers.Conv1D(filters, 3, padding="same")(h)
        h = layers.MaxPool1D(2)(layers.Activation("relu")(layers.Add()([h, past])))
    h = layers.Flatten()(layers.AveragePooling1D(2)(h))
    return keras.Model(inputs, layers.Dense(5, "softmax")(layers.Dense(32, "relu")(h)))


def make_walks() -> Data:
    """Pairs of films that are near each other on a walk, or are not; which."""
    generator = np.random.default_rng(1111)
    group = generator.integers(0, 8, size=80)
    left = generator.integers(0, 80, size=3000)
    near = np.arange(3000) % 3 == 0
    right = [generator.choice(np.flatnonzero((group == group[i]) == n)) for i, n in zip(left, near, strict=True)]
    return [left[:, None].astype("int32"), np.array(right)[:, None].astype("int32")], near[:, None].astype("float32")


def build_walks(x: Any) -> keras.Model:
    """The product of the vectors of two films, as a logit; one table for both."""
    table = layers.Embedding(80, 16, embeddings_initializer="he_normal")
    left, right = keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")
    pair = [layers.Flatten()(table(left)), layers.Flatten()(table(right))]
    return keras.Model([left, right], layers.Dot(axes=1)(pair))


def contrast_by_class(y: Any, vectors: Any) -> Any:
    """The contrast of vectors of unit length, those of the same class drawn together, over 0.1."""
    y = ops.reshape(y, (-1,))
    same = ops.cast(ops.equal(y[:, None], y[None, :]), "float32")
    others = 1 - ops.eye(ops.shape(y)[0])
    logits = ops.matmul(vectors, ops.transpose(vectors)) / 0.1 - 1e9 * (1 - others)
    pairs = same * others
    return -ops.mean(ops.sum(pairs * ops.log_softmax(logits), axis=1) / ops.maximum(ops.sum(pairs, axis=1), 1.0))


def score_nearest(prediction: Any, y: Any) -> float:
    """How often the nearest mean vector is that of the right class, above chance."""
    kinds = y.reshape(-1).astype(int)
    means = np.stack([prediction[kinds == kind].mean(axis=0) for kind in range(10)])
    right = (((prediction[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1) == kinds).mean()
    return float((right - 0.1) / 0.9)


def make_column_digits() -> Data:
    """Digits, their numbers as a column."""
    x, y = make_digits()
    return x, y[:, None]


def build_vectors(x: Any) -> keras.Model:
    """Two convolutions, and vectors of unit length."""
    return sequential(
        partial(layers.Conv2D, 16, 3, activation="relu"),
        partial(layers.Conv2D, 24, 3, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 32),
        layers.UnitNormalization,
    )(x)


class Memory(layers.Layer):
    """Attention to a small memory that is learned, normalized over the places and then over the memory."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.ask, self.keys = layers.Dense(width), layers.Dense(size, use_bias=False)
        self.values, self.give = layers.Dense(width, use_bias=False), layers.Dense(width)
        self.width, self.size = width, size

    def build(self, shape: Any) -> None:
        """Builds the four layers."""
        wide, remembered = (*shape[:-1], self.width), (*shape[:-1], self.size)
        for layer, given in ((self.ask, shape), (self.keys, wide), (self.values, remembered), (self.give, wide)):
            layer.build(given)

    def call(self, h: Any) -> Any:
        """Attends."""
        weights = ops.softmax(self.keys(self.ask(h)), axis=1)
        weights = weights / (1e-9 + ops.sum(weights, axis=-1, keepdims=True))
        return self.give(self.values(weights))


def cut_patches(inputs: Any, width: int) -> Any:
    """A vector for each of sixteen patches of two by two, and their places added."""
    patches = layers.Conv2D(width, 2, strides=2)(inputs)
    return Places()(layers.Reshape((16, width))(patches))


def build_memory(x: Any) -> keras.Model:
    """Two blocks of attention to a memory."""
    inputs = keras.Input(x.shape[1:])
    h = cut_patches(inputs, 32)
    for _ in range(2):
        h = h + Memory(32, 16)(layers.LayerNormalization()(h))
        h = h + layers.Dense(32)(layers.Dense(32, "gelu")(layers.LayerNormalization()(h)))
    return keras.Model(inputs, layers.Dense(10, "softmax")(layers.GlobalAveragePooling1D()(h)))


class Switch(layers.Layer):
    """Two layers for each place, those of the likeliest of four experts, times how likely it is."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width, self.choose = width, layers.Dense(4, "softmax")

    def build(self, shape: Any) -> None:
        """Makes the experts' weights."""
        self.choose.build(shape)
        shapes = {"inner": (4, shape[-1], self.width), "outer": (4, self.width, shape[-1])}
        self.experts = [self.add_weight(shape=s, initializer="glorot_uniform", name=n) for n, s in shapes.items()]

    def call(self, h: Any) -> Any:
        """Chooses."""
        chances = self.choose(h)
        chosen = ops.one_hot(ops.argmax(chances, axis=-1), 4) * chances
        self.add_loss(0.01 * 4 * ops.sum(ops.square(ops.mean(chances, axis=(0, 1)))))
        inner = ops.relu(ops.einsum("btd,edf->btef", h, self.experts[0]))
        return ops.einsum("btef,efd,bte->btd", inner, self.experts[1], chosen)


def make_opinions() -> Data:
    """Sixteen words of sixty; whether more of them praise than blame, where a word before may turn them round."""
    generator = np.random.default_rng(1112)
    x = generator.integers(0, 60, size=(800, 16))
    sign = np.where(x < 20, 1, np.where(x < 40, -1, 0))
    turned = np.hstack([np.zeros((800, 1), bool), x[:, :-1] >= 56])
    total = (sign * np.where(turned, -1, 1)).sum(axis=1)
    return x.astype("int32"), (total > 0).astype("float32")[:, None]


def build_switch(x: Any) -> keras.Model:
    """A block of attention, and experts of whom one is asked for each word."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = Places()(layers.Embedding(60, 24)(inputs))
    h = layers.LayerNormalization()(h + layers.MultiHeadAttention(2, 12)(h, h))
    h = layers.LayerNormalization()(h + Switch(24)(h))
    h = layers.Dropout(0.25)(layers.GlobalAveragePooling1D()(h))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))


def make_lists() -> Data:
    """Five films for a user each, and what the user gave them, from 1 to 5."""
    generator = np.random.default_rng(1113)
    users, films = generator.normal(size=(60, 4)), generator.normal(size=(100, 4))
    user, film = generator.integers(0, 60, size=1200), generator.integers(0, 100, size=(1200, 5))
    liked = np.einsum("nd,nkd->nk", users[user], films[film]) + 0.3 * generator.normal(size=(1200, 5))
    marks = np.clip(np.round(3 + 0.7 * liked), 1, 5)
    return [user[:, None].astype("int32"), film.astype("int32")], marks.astype("float32")


def build_lists(x: Any) -> keras.Model:
    """A number for each film of a list, of the user's vector and the film's."""
    user, films = keras.Input((1,), dtype="int32"), keras.Input((5,), dtype="int32")
    who = layers.Flatten()(layers.Embedding(60, 16)(user))
    h = layers.Concatenate()([layers.RepeatVector(5)(who), layers.Embedding(100, 16)(films)])
    h = layers.Dense(32, "relu")(layers.Dense(64, "relu")(h))
    return keras.Model([user, films], layers.Reshape((5,))(layers.Dense(1)(h)))


def measure_order(y: Any, prediction: Any) -> Any:
    """The negative logarithm of the chance of the order of the marks, the likeliest first."""
    order = ops.argsort(-y, axis=1)
    sorted_scores = ops.take_along_axis(prediction, order, axis=1)
    later = ops.flip(ops.cumsum(ops.flip(ops.exp(sorted_scores), axis=1), axis=1), axis=1)
    return ops.mean(ops.sum(ops.log(later + 1e-6) - sorted_scores, axis=1))


def score_order(prediction: Any, y: Any) -> float:
    """The share of pairs of films with different marks that are in the right order, less that of the wrong ones."""
    difference, marks = prediction[:, :, None] - prediction[:, None], y[:, :, None] - y[:, None]
    return float(np.sign(difference * marks)[marks > 0].mean())


def build_perceiver(x: Any) -> keras.Model:
    """Eight learned vectors that attend to patches and then to one another, twice by the same layers."""
    inputs = keras.Input(x.shape[1:])
    patches = layers.LayerNormalization()(cut_patches(inputs, 32))
    look, think = layers.MultiHeadAttention(1, 32), layers.MultiHeadAttention(2, 16)
    first, second, last = (layers.LayerNormalization() for _ in range(3))
    more, less = layers.Dense(32, "gelu"), layers.Dense(32)
    h = Latents(8, 32)(patches)
    for _ in range(2):
        h = h + look(first(h), patches)
        h = h + think(second(h), second(h))
        h = h + less(more(last(h)))
    h = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(h))
    return keras.Model(inputs, layers.Dense(10)(h))


class Latents(layers.Layer):
    """The same learned vectors for each row."""

    def __init__(self, number: int, width: int) -> None:
        super().__init__()
        self.number, self.width = number, width

    def build(self, shape: Any) -> None:
        """Makes the vectors."""
        self.vectors = self.add_weight(shape=(self.number, self.width), initializer="random_normal", name="vectors")

    def call(self, h: Any) -> Any:
        """Gives them to each row."""
        return ops.tile(self.vectors[None], (ops.shape(h)[0], 1, 1))

    def compute_output_shape(self, shape: Any) -> Any:
        """Rows, vectors, width."""
        return (shape[0], self.number, self.width)


def make_wide_digits() -> Data:
    """Digits of 16 by 16 pixels."""
    x, y = make_digits(500)
    return x.repeat(2, axis=1).repeat(2, axis=2), y


def build_resizer(x: Any) -> keras.Model:
    """Halves a picture, adds what convolutions make of it, and gives it to a small network."""
    inputs = keras.Input(x.shape[1:])
    small = layers.Resizing(8, 8)(inputs)
    h = layers.LeakyReLU(0.2)(layers.Conv2D(8, 5, padding="same")(inputs))
    bottleneck = layers.Resizing(8, 8)(layers.BatchNormalization(momentum=0.9)(h))
    h = layers.BatchNormalization(momentum=0.9)(layers.Conv2D(8, 3, padding="same", use_bias=False)(bottleneck))
    resized = layers.Add()([layers.Conv2D(1, 5, padding="same")(layers.Add()([bottleneck, h])), small])
    h = layers.Conv2D(24, 3, activation="relu")(layers.Conv2D(16, 3, activation="relu")(resized))
    return keras.Model(inputs, layers.Dense(10, "softmax")(layers.GlobalAveragePooling2D()(h)))


class Roads(layers.Layer):
    """Adds to what each of eight roads says a layer of the mean of what its neighbours on a ring say."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.own, self.near = layers.Dense(width), layers.Dense(width)

    def build(self, shape: Any) -> None:
        """Builds both layers."""
        self.own.build(shape)
        self.near.build(shape)

    def call(self, x: Any) -> Any:
        """Adds them."""
        near = (ops.roll(x, 1, axis=2) + ops.roll(x, -1, axis=2)) / 2
        return ops.relu(self.own(x) + self.near(near))


def make_traffic() -> Data:
    """How fast cars are on eight roads of a ring for ten steps, and at the next one, standardised."""
    generator = np.random.default_rng(1114)
    speed, now = [], generator.normal(size=(400, 8))
    for _ in range(11):
        speed.append(now)
        near = (np.roll(now, 1, axis=1) + np.roll(now, -1, axis=1)) / 2
        now = 0.3 * now + 1.1 * np.tanh(near) + 0.25 * generator.normal(size=now.shape)
    x = np.stack(speed, axis=1)[..., None]
    x = (x - x.mean()) / x.std()
    return x[:, :10].astype("float32"), x[:, 10, :, 0].astype("float32")


def build_traffic(x: Any) -> keras.Model:
    """A layer along the roads, then one LSTM for each of them, the same."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Permute((2, 1, 3))(Roads(10)(inputs))
    h = layers.TimeDistributed(layers.LSTM(32))(h)
    return keras.Model(inputs, layers.Reshape((8,))(layers.Dense(1)(h)))


def make_dialogues() -> Data:
    """One to three words of a question behind zeros, up to twenty; as many words of an answer before zeros."""
    generator = np.random.default_rng(1115)
    answer = 1 + generator.permutation(29)
    x, y = np.zeros((600, 20), "int32"), np.zeros((600, 20), "int32")
    for question, reply in zip(x, y, strict=True):
        words = generator.integers(1, 30, size=generator.integers(1, 4))
        question[: len(words)], reply[: len(words)] = words, answer[words - 1]
    return x, y


def build_dialogues(x: Any) -> keras.Model:
    """Vectors of words, an LSTM, and a softmax for each place."""
    return sequential(
        partial(layers.Embedding, 30, 24),
        partial(layers.LSTM, 32, return_sequences=True),
        partial(layers.Dense, 30, "softmax"),
    )(x)


def weigh_words(x: Any, y: Any) -> np.ndarray:
    """A weight of 1 for words and of 0 for what stands behind them, times what makes the mean 1."""
    weight = (y > 0).astype("float32")
    return weight / weight.mean()


def score_words(prediction: Any, y: Any) -> float:
    """The share of words that are right."""
    return float((prediction.argmax(axis=-1) == y)[y > 0].mean())


def make_two_sources(scaled: bool) -> Data:
    """Shares of a signal for twelve steps, and five amounts in thousands or standardised; one of two kinds."""
    generator = np.random.default_rng(1116)
    y = generator.integers(0, 2, size=700)
    time = np.arange(12) * np.where(y, 0.9, 0.6)[:, None] + generator.uniform(0, 6, size=(700, 1))
    signal = 0.5 + 0.4 * np.sin(time) + 0.05 * generator.normal(size=time.shape)
    amounts = generator.normal(size=(700, 5))
    x = [signal[..., None].astype("float32"), (amounts if scaled else 4000 * amounts + 9000).astype("float32")]
    return x, y[:, None].astype("float32")


def build_two_sources(x: Any) -> keras.Model:
    """Convolutions of the signal and a dense layer of the amounts, joined."""
    signal, amounts = keras.Input(x[0].shape[1:]), keras.Input(x[1].shape[1:])
    h = layers.GlobalMaxPooling1D()(layers.Conv1D(24, 5, activation="relu")(signal))
    h = layers.Concatenate()([h, layers.Dense(16, "relu")(amounts)])
    return keras.Model([signal, amounts], layers.Dense(1, "sigmoid")(layers.Dense(16, "relu")(h)))


def make_shares(scaled: bool) -> Data:
    """Sixty days of a price of about five, and that of the next day; standardised or not."""
    generator = np.random.default_rng(1117)
    day = np.arange(61) + generator.uniform(0, 40, size=(400, 1))
    price = 5.2 + 0.3 * np.sin(day * 2 * np.pi / 20) + 0.05 * generator.normal(size=day.shape)
    if scaled:
        price = (price - price.mean()) / price.std()
    return price[:, 30:60, None].astype("float32"), price[:, 60:].astype("float32")


def make_residues() -> Data:
    """Up to thirty letters of twenty, and for each one of three shapes, by its neighbours; zeros behind both."""
    generator = np.random.default_rng(1118)
    x = generator.integers(1, 21, size=(300, 30))
    kind = generator.normal(size=21)
    near = kind[x] + np.pad(kind[x], ((0, 0), (1, 1)))[:, :-2] + np.pad(kind[x], ((0, 0), (1, 1)))[:, 2:]
    y, behind = 1 + np.digitize(near, [-0.7, 0.7]), np.arange(30) >= generator.integers(8, 31, size=(300, 1))
    return np.where(behind, 0, x).astype("int32"), np.where(behind, 0, y).astype("int32")


def weigh_letters(x: Any, y: Any) -> np.ndarray:
    """A weight of 1 for letters and of 0 for zeros."""
    return (x > 0).astype("float32")


def make_photo_pairs() -> Data:
    """Pairs of digits, and whether they are different ones."""
    x, y = make_digits(700)
    generator = np.random.default_rng(1119)
    left, other = generator.integers(0, 700, size=700), np.arange(700) % 2
    right = [generator.choice(np.flatnonzero((y != y[i]) == bool(o))) for i, o in zip(left, other, strict=True)]
    return [x[left], x[right]], other[:, None].astype("float32")


def build_photo_pairs(x: Any) -> keras.Model:
    """A sigmoid of the normalized distance of what the same convolutions make of both."""
    code = keras.Sequential(
        [
            keras.Input(x[0].shape[1:]),
            layers.BatchNormalization(momentum=0.9),
            layers.Conv2D(8, 3, activation="tanh"),
            layers.Conv2D(16, 3, activation="tanh"),
            layers.Flatten(),
            layers.BatchNormalization(momentum=0.9),
            layers.Dense(10, "tanh"),
        ]
    )
    left, right = keras.Input(x[0].shape[1:]), keras.Input(x[0].shape[1:])
    distance = ops.sqrt(ops.sum(ops.square(code(left) - code(right)), axis=1, keepdims=True) + 1e-7)
    distance = layers.BatchNormalization(momentum=0.9)(distance)
    return keras.Model([left, right], layers.Dense(1, "sigmoid")(distance))


def contrast_pairs(y: Any, prediction: Any) -> Any:
    """The contrastive loss with a margin of 1, of pairs that are different where the label is 1."""
    return ops.mean((1 - y) * ops.square(prediction) + y * ops.square(ops.maximum(1 - prediction, 0.0)))


def make_captchas() -> Data:
    """Pictures of three digits side by side under noise and a line, and the same without both."""
    generator = np.random.default_rng(1120)
    digits, _ = make_digits(600)
    y = np.concatenate([digits[generator.integers(0, 600, size=240)] for _ in range(3)], axis=2)
    x = y + 0.25 * generator.normal(size=y.shape)
    x[np.arange(240), generator.integers(0, 8, size=240)] += 0.6
    return x.astype("float32"), y


def build_captchas(x: Any) -> keras.Model:
    """Two convolutions that do not shrink, one that does, and back; selus and a sigmoid."""
    conv = partial(layers.Conv2D, padding="same")
    return sequential(
        partial(conv, 8, 5),
        partial(layers.BatchNormalization, momentum=0.9),
        partial(layers.Activation, "relu"),
        partial(conv, 16, 5, activation="selu"),
        layers.MaxPooling2D,
        partial(conv, 24, 3, activation="selu"),
        partial(layers.Conv2DTranspose, 16, 3, strides=2, padding="same", activation="selu"),
        partial(conv, 1, 3, activation="sigmoid"),
    )(x)


def make_returns() -> Data:
    """Fifteen steps of three measures, and a number of which half can be told from them."""
    generator = np.random.default_rng(1121)
    x = generator.normal(size=(600, 15, 3))
    y = x[:, -5:, 0].sum(axis=1) - x[:, -3:, 1].sum(axis=1) + 2 * generator.normal(size=600)
    return x.astype("float32"), (y / y.std())[:, None].astype("float32")


def make_passengers(steps_first: bool) -> Data:
    """Twelve months of a series with a trend and a season, as twelve features of one step; the next month."""
    generator = np.random.default_rng(1122)
    month = np.arange(13) + generator.uniform(0, 120, size=(500, 1))
    series = 0.2 + month / 300 + 0.12 * np.sin(2 * np.pi * month / 12) + 0.02 * generator.normal(size=month.shape)
    x = series[:, :12].astype("float32")
    return x[..., None] if steps_first else x[:, None], series[:, 12:].astype("float32")


def make_twice_scaled() -> Data:
    """Ten measures of the ill, standardised twice; how their illness goes on, from 25 to 346."""
    x, y = datasets.load_diabetes(return_X_y=True)
    for _ in range(2):
        x = (x - x.mean(axis=0)) / x.std(axis=0)
    return x.astype("float32"), y[:, None].astype("float32")


def make_tasks() -> Data:
    """Sixteen numbers; which of five marks hold, and the one of four kinds."""
    generator = np.random.default_rng(1123)
    x = generator.normal(size=(800, 16))
    marks = (x @ generator.normal(size=(16, 5)) > 1).astype("float32")
    return x.astype("float32"), [marks, (x @ generator.normal(size=(16, 4))).argmax(axis=1).astype("int32")]


def build_tasks(x: Any) -> keras.Model:
    """Two layers, five sigmoids and a softmax of four."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(48, "relu")(layers.Dense(48, "relu")(inputs))
    return keras.Model(
        inputs, [layers.Dense(5, "sigmoid", name="marks")(h), layers.Dense(4, "softmax", name="kind")(h)]
    )


def make_two_colours() -> Data:
    """Digits in two colours out of three, from -1 to 1; the third is everywhere the darkest."""
    x, y = make_digits()
    mix = np.random.default_rng(1124).uniform(0.5, 1, size=(len(x), 1, 1, 2))
    return np.concatenate([2 * x * mix - 1, np.full_like(x, -1)], axis=-1).astype("float32"), y


def make_thirty_columns() -> Data:
    """Thirty columns, read as five steps of six; one of two kinds."""
    x, y = datasets.make_classification(800, 30, n_informative=10, n_redundant=5, class_sep=1.2, random_state=1125)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return x.reshape(800, 5, 6).astype("float32"), y[:, None].astype("float32")


def make_posts() -> Data:
    """Twenty words of 200, and whether more are of the first half than of the second."""
    x = np.random.default_rng(1126).integers(0, 200, size=(900, 20))
    return x.astype("int32"), ((x < 100).mean(axis=1, keepdims=True) > 0.5).astype("float32")


def build_posts(x: Any) -> keras.Model:
    """One number for each word, and all of them as one step of an LSTM."""
    return sequential(
        partial(layers.Embedding, 200, 1),
        layers.Flatten,
        partial(layers.Reshape, (1, 20)),
        partial(layers.LSTM, 32),
        partial(layers.Dropout, 0.5),
        partial(layers.Dense, 1, "sigmoid"),
    )(x)


def make_translations() -> Data:
    """Three to ten words before zeros; the same, from the last to the first, each as another, before zeros."""
    generator = np.random.default_rng(1127)
    other = 1 + generator.permutation(15)
    x, y = np.zeros((500, 10), "int32"), np.zeros((500, 10), "int32")
    for source, target in zip(x, y, strict=True):
        words = generator.integers(1, 16, size=generator.integers(3, 11))
        source[: len(words)], target[: len(words)] = words, other[words[::-1] - 1]
    return x, y


def build_translations(x: Any) -> keras.Model:
    """A GRU in both directions, and one that asks it, also where there are but zeros."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(16, 24)(inputs)
    encoded = layers.Bidirectional(layers.GRU(24, return_sequences=True))(h)
    asked = layers.GRU(48, return_sequences=True)(Places()(encoded))
    h = layers.Concatenate()([layers.AdditiveAttention()([asked, encoded]), asked])
    return keras.Model(inputs, layers.Dense(16, "softmax")(h))


def make_rare_pixels() -> Data:
    """Noisy pictures of three kinds of small spots on a ground that is most of them; the kind of each pixel."""
    generator = np.random.default_rng(1128)
    x, y = 0.2 * generator.normal(size=(200, 16, 16, 2)), np.zeros((200, 16, 16), "int32")
    for picture, kinds in zip(x, y, strict=True):
        for kind in (1, 2, 3):
            row, column = generator.integers(0, 14, size=2)
            kinds[row : row + 2, column : column + 2] = kind
            picture[row : row + 2, column : column + 2] += [(1, 0), (0, 1), (-1, -1)][kind - 1]
    return x.astype("float32"), y.reshape(200, 256)


def weigh_pixels(x: Any, y: Any) -> np.ndarray:
    """Weights of kinds by how rare they are, one in the mean."""
    weight = 1 / np.bincount(y.ravel())[y]
    return (weight / weight.mean()).astype("float32")


program = partial(Program, theme="forum")

ROWS = program(
    name="keras.io: digits by random cosines and a hinge, pixels up to 1",
    data=partial(make_pixel_rows, 1.0),
    build=sequential(partial(RandomCosines, 100, 4.0), partial(layers.Dense, 10)),
    loss="hinge",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=QUASI_SVM,
)
FACES = program(
    name="keras.io: two spots by sigmoids, as shares of the picture",
    data=partial(make_faces, 1.0),
    build=build_faces,
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=KEYPOINTS,
)
VOLUMES = program(
    name="keras.io: balls in blocks, rate times 0.96 in 100000 steps",
    data=make_volumes,
    build=build_volumes,
    loss="binary_crossentropy",
    optimizer=lambda: Adam(ExponentialDecay(0.0002, 100000, 0.96, staircase=True)),
    fit_options={"batch_size": 4},
    epochs=15,
    source=SCANS,
)
CLIPS = program(
    name="keras.io: films by grus, zeros behind them masked",
    data=partial(make_clips, False),
    build=build_clips,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=VIDEOS,
)
DIALOGUES = program(
    name="answers of one to three words, what stands behind them without weight",
    data=make_dialogues,
    build=build_dialogues,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.5),
    sample_weight=weigh_words,
    epochs=20,
    score=score_words,
    source=ONLY_PADS,
)
SOURCES = program(
    name="a signal and amounts, standardised, joined",
    data=partial(make_two_sources, True),
    build=build_two_sources,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=TWO_SCALES,
)
SHARES = program(
    name="the next price, standardised, by an lstm and a linear unit",
    data=partial(make_shares, True),
    build=sequential(partial(layers.LSTM, 8), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(SGD, 0.1, momentum=0.9),
    epochs=20,
    source=LSTM_AT_LAST,
)

PROGRAMS = [
    ROWS,
    FACES,
    VOLUMES,
    CLIPS,
    DIALOGUES,
    SOURCES,
    SHARES,
    ROWS.vary(
        "keras.io: digits by random cosines and a hinge, pixels up to 255",
        label=labels.LARGE_INPUTS,
        strength="extreme",
        data=partial(make_pixel_rows, 255.0),
    ),
    FACES.vary(
        "keras.io: two spots by sigmoids, as pixels",
        label=(*labels.WRONG_HEAD, *labels.LARGE_LABELS, *labels.SATURATED_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        data=partial(make_faces, 24.0),
    ),
    VOLUMES.vary(
        "keras.io: balls in blocks, rate times 0.96 in each step",
        label=(*labels.STEPS_THAT_END, "schedule_by_batches"),
        strength="clear",
        optimizer=lambda: Adam(ExponentialDecay(0.0002, 1, 0.96, staircase=True)),
    ),
    CLIPS.vary(
        "keras.io: films by grus, films masked and not the zeros",
        label=(*labels.CONSTANT_INPUTS, "zero_gradient"),
        strength="extreme",
        data=partial(make_clips, True),
    ),
    DIALOGUES.vary(
        "answers of one to three words, what stands behind them counted",
        unnamed=True,
        strength="mild",
        sample_weight=None,
    ),
    SOURCES.vary(
        "a signal and amounts in thousands, joined",
        label=labels.LARGE_INPUTS,
        strength="clear",
        data=partial(make_two_sources, False),
    ),
    SHARES.vary(
        "the next price of about five by an lstm of one unit",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE, *labels.SATURATED_HEAD, *labels.LARGE_INPUTS),
        strength="extreme",
        data=partial(make_shares, False),
        build=sequential(partial(layers.LSTM, 1)),
    ),
    program(
        name="keras.io: heights of a bent line by a mixture",
        data=make_bent,
        build=sequential(partial(layers.Dense, 64, "relu"), partial(layers.Dense, 64, "relu"), Mixture),
        loss=OwnLoss(measure_mixture),
        optimizer=partial(Adam, 0.003),
        epochs=30,
        score=score_mixture,
        source=MIXTURES,
    ),
    program(
        name="keras.io: digits by convolutions of patches, adamw",
        data=make_digits,
        build=build_mixer,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(AdamW, 0.003, weight_decay=0.0001),
        epochs=20,
        source=CONV_MIXER,
    ),
    program(
        name="keras.io: subjects of papers by those they cite",
        data=lambda: make_papers()[1],
        build=build_papers,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(Adam, 0.01),
        epochs=20,
        source=CITATIONS,
    ),
    program(
        name="keras.io: next words of phrases by a small gpt",
        data=make_phrases,
        build=build_gpt,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(Adam, 0.003),
        epochs=25,
        source=SMALL_GPT,
    ),
    program(
        name="keras.io: speakers by residual convolutions of spectra",
        data=make_voices,
        build=build_voices,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
        epochs=20,
        source=SPEAKERS,
    ),
    program(
        name="keras.io: films near each other on walks, one table",
        data=make_walks,
        build=build_walks,
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        optimizer=partial(Adam, 0.01),
        epochs=15,
        source=WALKS,
    ),
    program(
        name="keras.io: digits drawn together by their class",
        data=make_column_digits,
        build=build_vectors,
        loss=OwnLoss(contrast_by_class),
        optimizer=partial(Adam, 0.003),
        fit_options={"batch_size": 64},
        epochs=20,
        score=score_nearest,
        source=BY_CLASS,
    ),
    program(
        name="keras.io: digits by attention to a memory",
        data=make_digits,
        build=build_memory,
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer=partial(AdamW, 0.003, weight_decay=0.0001),
        epochs=25,
        source=EXTERNAL,
    ),
    program(
        name="keras.io: opinions by one of four experts for each word",
        data=make_opinions,
        build=build_switch,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=SWITCHES,
    ),
    program(
        name="keras.io: lists of films by the chance of their order",
        data=make_lists,
        build=build_lists,
        loss=OwnLoss(measure_order),
        optimizer=partial(keras.optimizers.Adagrad, 0.1),
        epochs=25,
        score=score_order,
        source=LISTS,
    ),
    program(
        name="keras.io: digits by eight vectors that look at patches",
        data=make_digits,
        build=build_perceiver,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(AdamW, 0.003, weight_decay=0.0001),
        epochs=25,
        source=PERCEIVER,
    ),
    program(
        name="keras.io: wide digits made small by layers that learn",
        data=make_wide_digits,
        build=build_resizer,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.05, momentum=0.9),
        epochs=15,
        source=RESIZER,
    ),
    program(
        name="keras.io: traffic on a ring of roads",
        data=make_traffic,
        build=build_traffic,
        loss="mse",
        optimizer=partial(RMSprop, 0.003),
        epochs=10,
        source=TRAFFIC,
    ),
    program(
        name="shapes of letters by lstms in both directions, zeros masked",
        data=make_residues,
        build=sequential(
            partial(layers.Embedding, 21, 16, mask_zero=True),
            lambda: layers.Bidirectional(layers.LSTM(16, return_sequences=True), merge_mode="sum"),
            lambda: layers.TimeDistributed(layers.Dense(4, "softmax")),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
        sample_weight=weigh_letters,
        epochs=12,
        score=score_words,
        source=MASKED_TAGS,
    ),
    program(
        name="different digits by the contrast of a sigmoid of their distance",
        data=make_photo_pairs,
        build=build_photo_pairs,
        loss=OwnLoss(contrast_pairs),
        optimizer=partial(RMSprop, 0.002),
        epochs=20,
        source=SIGMOID_OF_DISTANCE,
    ),
    program(
        name="three digits under a line, cleaned by selus",
        data=make_captchas,
        build=build_captchas,
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=15,
        source=CAPTCHAS,
    ),
    program(
        name="gru of returns, dropout inside and a penalty on the head",
        data=make_returns,
        build=sequential(
            partial(layers.GRU, 24, dropout=0.2, recurrent_dropout=0.2),
            lambda: layers.Dense(1, kernel_regularizer=L2(0.01)),
        ),
        loss="mse",
        optimizer=partial(Adam, 0.005),
        epochs=20,
        source=NO_EFFECT,
    ),
    program(
        name="the next month by an lstm of one step of twelve features",
        data=partial(make_passengers, False),
        build=sequential(partial(layers.LSTM, 4), partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(Adam, 0.01),
        epochs=20,
        source=ONE_STEP,
    ),
    program(
        name="the next month by an lstm of twelve steps",
        data=partial(make_passengers, True),
        build=sequential(partial(layers.LSTM, 4), partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(Adam, 0.02),
        epochs=20,
        source=ONE_STEP,
    ),
    program(
        name="how an illness goes on, standardised twice, rmsprop",
        data=make_twice_scaled,
        build=dense(hidden=[50], activation="relu", output=(1, None)),
        loss="mse",
        optimizer=partial(RMSprop, 0.02),
        epochs=40,
        source=SCALED_TWICE,
    ),
    program(
        name="five marks and a kind, two losses of the same weight",
        data=make_tasks,
        build=build_tasks,
        loss=["binary_crossentropy", "sparse_categorical_crossentropy"],
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=TWO_TASKS,
    ),
    program(
        name="digits in two colours, the third everywhere -1",
        data=make_two_colours,
        build=sequential(
            partial(layers.Conv2D, 16, 3, strides=2, padding="same", activation="leaky_relu"),
            partial(layers.Conv2D, 32, 3, strides=2, padding="same", activation="leaky_relu"),
            layers.Flatten,
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.002, beta_1=0.5),
        epochs=20,
        source=BLANK_CHANNEL,
    ),
    program(
        name="thirty columns as five steps of an lstm",
        data=make_thirty_columns,
        build=sequential(partial(layers.LSTM, 24), partial(layers.Dense, 1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=20,
        source=FEATURES_AS_STEPS,
    ),
    program(
        name="twenty words as one step of an lstm, a number for each",
        data=make_posts,
        build=build_posts,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=20,
        source=WORDS_AT_ONCE,
    ),
    program(
        name="words turned round by attention that sees zeros too",
        data=make_translations,
        build=build_translations,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=20,
        score=score_words,
        source=PADS_SEEN,
    ),
    program(
        name="three kinds of rare pixels, weighed by how rare they are",
        data=make_rare_pixels,
        build=sequential(
            partial(layers.Conv2D, 12, 3, padding="same", activation="relu", kernel_initializer="he_normal"),
            partial(layers.Conv2D, 12, 3, padding="same", activation="relu", kernel_initializer="he_normal"),
            partial(layers.Conv2D, 4, 1),
            partial(layers.Reshape, (256, 4)),
            partial(layers.Activation, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
        sample_weight=weigh_pixels,
        epochs=20,
        source=RARE_PIXELS,
    ),
]
