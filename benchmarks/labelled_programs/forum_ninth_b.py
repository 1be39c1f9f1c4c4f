"""Networks and data of those who asked why nothing is learned, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.constraints import MaxNorm
from keras.initializers import RandomNormal, RandomUniform
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data, make_digits, make_regression, make_wine
from labelled_programs.models import dense, sequential
from labelled_programs.program import Program

DISTANCES = "https://github.com/PetraVidnerova/rbf_keras/issues/6"
ZERO_VECTORS = "https://github.com/tensorflow/tensorflow/issues/28487"
ZERO_GATE = "https://github.com/lucidrains/deep-cross-attention/issues/2"
SHARES_OF_ONE = "https://github.com/phanideepgampa/stacked-capsule-networks/pull/5"
NOT_FOUND = "https://github.com/keras-team/keras/issues/1360"
WHOLE_PIXELS = "https://github.com/keras-team/keras/issues/255"
BRIGHTNESS = "https://github.com/keras-team/keras-preprocessing/issues/114"
SCALED_AGAIN = "https://github.com/Priyanshu-byte-coder/devtrack/issues/927"
NOT_TRAINABLE = "https://github.com/keras-team/keras/issues/2506"
KEPT = "https://github.com/keras-team/keras/issues/1715"
FEW_JUMPS = (
    "https://datascience.stackexchange.com/questions/80649/normalize-data-with-extreme-outliers-for-forecasting/80650"
)
EXPONENTIAL = "https://github.com/keras-team/keras/issues/15912"
IDENTITY = "https://github.com/keras-team/keras/pull/275"
NEGATIVE_BIASES = "https://github.com/facebookresearch/dlrm/pull/358"
SAME_NUMBER = "https://github.com/keras-team/keras/issues/2294"
SMALL_NORM = "https://github.com/keras-team/keras/issues/2276"
BYTES_OVERFLOW = "https://github.com/mahmoudnafifi/Deep_White_Balance/issues/15"
WHERE_A_PIXEL_IS = "https://github.com/titu1994/keras-coordconv/issues/4"
NOT_BENT = "https://epacuit.github.io/introduction-machine-learning/classification/beyond-linear-classification.html"
CODEBOOK = "https://github.com/showlab/Olaf-World/issues/8"
ONE_SCALE = "https://github.com/BrainJS/brain.js/issues/528"
CENTRED = "https://github.com/keras-team/keras/issues/2841"
OUT_OF_SIGHT = "https://github.com/fizyr/keras-retinanet/issues/227"
TIGHT_NORM = "https://github.com/vlawhern/arl-eegmodels/issues/1"
PIXEL_BY_PIXEL = "https://keras.io/examples/generative/pixelcnn/"
SMALL_UNET = "http://pullrequest.ru/8978825/chto-tak-poslednimi-dvumya-sloyami-etoi-seti"
CROSSES = "https://keras.io/examples/structured_data/wide_deep_cross_networks/"
AFTER_THE_SUM = "https://github.com/keras-team/keras-io/issues/1256"
TIME_VECTORS = "https://github.com/JanSchm/CapMarket/issues/8"
FOURIER = "https://keras.io/examples/nlp/fnet_classification_with_keras_hub/"


class Bells(layers.Layer):
    """Gaussian bells of the distances from centres, which are learned."""

    def __init__(self, units: int, gamma: float) -> None:
        super().__init__()
        self.units, self.gamma = units, gamma

    def build(self, shape: Any) -> None:
        """Makes the centres."""
        self.centres = self.add_weight(shape=(self.units, shape[-1]), initializer=RandomNormal(), name="centres")

    def call(self, x: Any) -> Any:
        """One for each centre."""
        distance = ops.sum(ops.square(x[:, None] - self.centres), axis=-1)
        return ops.exp(-0.5 * self.gamma * distance)


def build_bells(x: Any, normalized: bool) -> keras.Model:
    """Twenty bells, behind a normalization or not, and a softmax."""
    scale = layers.Normalization()
    scale.adapt(x)
    parts = [*([scale] if normalized else []), Bells(20, 0.1), layers.Dense(3, "softmax")]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def make_sellers() -> Data:
    """Numbers of twelve sellers, and whether what they sent arrived; each has his own chance."""
    generator = np.random.default_rng(910)
    chance = np.array([0.95, 0.1, 0.9, 0.2, 0.85, 0.05, 0.9, 0.15, 0.8, 0.1, 0.95, 0.1])
    x = generator.integers(0, 12, size=(1200, 1))
    return x.astype("int32"), (generator.random((1200, 1)) < chance[x]).astype("float32")


def build_sellers(*last: Any) -> Any:
    """A number for each seller, zero at first."""
    return sequential(partial(layers.Embedding, 12, 1, embeddings_initializer="zeros"), layers.Flatten, *last)


def build_gated(x: Any, initializer: Any) -> keras.Model:
    """Three hidden layers, summed by gates: relus of what a kernel without biases makes of the last."""
    inputs = keras.Input(x.shape[1:])
    states = [layers.Dense(32, "tanh")(inputs)]
    for _ in range(2):
        states.append(layers.Dense(32, "tanh")(states[-1]))
    gates = layers.Dense(3, "relu", use_bias=False, kernel_initializer=initializer)(
        layers.LayerNormalization()(states[-1])
    )
    h = sum(gates[:, i : i + 1] * state for i, state in enumerate(states))
    return keras.Model(inputs, layers.Dense(1)(h))


def make_peaks() -> Data:
    """Sixteen steps with a height and five other numbers; one of these at the highest step."""
    generator = np.random.default_rng(911)
    x = generator.normal(size=(900, 16, 6))
    at = x[:, :, 0].argmax(axis=1)
    return x.astype("float32"), x[np.arange(900), at, 1:2].astype("float32")


def build_peaks(x: Any, axis: int) -> keras.Model:
    """Weights of the steps, by a softmax along an axis, and the sum of what they weigh."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(24, "tanh")(inputs)
    weights = layers.Softmax(axis=axis)(layers.Dense(1)(layers.Dense(24, "tanh")(inputs)))
    h = ops.sum(h * weights, axis=1)
    return keras.Model(inputs, layers.Dense(1)(h))


def make_notes() -> Data:
    """Notes of twelve words of sixty; which of five subjects they have. A fifth of the words belong to the subject."""
    generator = np.random.default_rng(912)
    y = generator.integers(0, 5, size=700)
    own = 10 + 10 * y[:, None] + generator.integers(0, 10, size=(700, 12))
    return np.where(generator.random((700, 12)) < 0.35, own, generator.integers(0, 10, (700, 12))).astype("int32"), y


def build_notes(x: Any, found: bool) -> keras.Model:
    """Vectors that are given and not trained, or zeros for words that were not found; their mean."""
    vectors = np.random.default_rng(913).normal(size=(60, 24)) * 0.4 if found else np.zeros((60, 24))
    table = layers.Embedding(60, 24, trainable=False, weights=[vectors.astype("float32")])
    parts = [table, layers.GlobalAveragePooling1D(), layers.Dense(32, "tanh"), layers.Dense(5, "softmax")]
    return keras.Sequential([keras.Input(x.shape[1:], dtype="int32"), *parts])


def make_byte_digits(whole: bool) -> Data:
    """Digits as bytes over 255, or as whole numbers, of which only the brightest pixels would be one."""
    x, y = make_digits()
    pixels = (x * 254).astype("uint8")
    return (pixels // 255 if whole else pixels / 255).astype("float32"), y


class Brightness(layers.Layer):
    """In training, each picture times a random factor, spread over all bytes, as numbers up to 255 or up to 1."""

    def __init__(self, scaled: bool) -> None:
        super().__init__()
        self.scaled, self.seed = scaled, keras.random.SeedGenerator(7)

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Does nothing in inference."""
        if not training:
            return x
        shift = keras.random.uniform((ops.shape(x)[0], 1, 1, 1), 0.8, 1.2, seed=self.seed)
        low, high = ops.min(x, axis=(1, 2, 3), keepdims=True), ops.max(x, axis=(1, 2, 3), keepdims=True)
        bright = ops.minimum(255.0 * (x - low) / (high - low + 1e-6) * shift, 255.0)
        return bright / 255 if self.scaled else bright


def build_bright(scaled: bool) -> Any:
    """Two convolutions, each normalized, behind the change of brightness."""
    return sequential(
        partial(Brightness, scaled),
        partial(layers.Conv2D, 12, 3),
        partial(layers.BatchNormalization, momentum=0.9),
        partial(layers.Activation, "relu"),
        partial(layers.Conv2D, 16, 3),
        partial(layers.BatchNormalization, momentum=0.9),
        partial(layers.Activation, "relu"),
        layers.Flatten,
        partial(layers.Dense, 10, "softmax"),
    )


def make_scans() -> Data:
    """Digits as rows of bytes."""
    x, y = make_digits()
    return (255 * x.reshape(len(x), -1)).astype("float32"), y


class Pixels(layers.Layer):
    """Divides by 255; where the model only predicts, perhaps once more."""

    def __init__(self, again: bool) -> None:
        super().__init__()
        self.again = again

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Scales pixels."""
        return x / 255 if training or not self.again else x / 255**2


def build_frozen(x: Any, trainable: bool) -> keras.Model:
    """Two convolutions, pooling and two dense layers, all of them trainable or none."""
    parts = [
        layers.Conv2D(16, 3, activation="relu"),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(48, "relu"),
        layers.Dense(10, "softmax"),
    ]
    for part in parts:
        part.trainable = trainable
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def make_flat_digits() -> Data:
    """Digits as rows of pixels from 0 to 1."""
    x, y = make_digits()
    return x.reshape(len(x), -1), y


def build_kept(rates: tuple[float, float]) -> Any:
    """Dropout of the inputs and of two hidden layers."""
    return sequential(
        partial(layers.Dropout, rates[0]),
        partial(layers.Dense, 48, "relu"),
        partial(layers.Dropout, rates[1]),
        partial(layers.Dense, 48, "relu"),
        partial(layers.Dropout, rates[1]),
        partial(layers.Dense, 10, "softmax"),
    )


def make_changes(scaled: bool) -> Data:
    """Changes of a share's price: most of a millionth, few of a hundredth; whether the small ones rise on the whole."""
    generator = np.random.default_rng(914)
    small = generator.normal(size=(800, 10, 1))
    jumps = (generator.random((800, 10, 1)) < 0.01) * generator.choice((-1, 1), size=(800, 10, 1))
    y = small.mean(axis=1) > 0
    x = np.clip(small + 5 * jumps, -5, 5) if scaled else 1e-6 * small + 0.05 * jumps
    return x.astype("float32"), y.astype("float32")


def make_levels() -> Data:
    """Six steps of three measures, and a sum of them that counts late ones more."""
    generator = np.random.default_rng(915)
    x = 1.5 * generator.normal(size=(640, 6, 3))
    y = np.tanh(x @ np.array([0.8, -0.5, 0.3])) @ np.linspace(0.2, 1, 6)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_row_series() -> Data:
    """Digits row by row, with twelve black rows below."""
    x, y = make_digits()
    return np.pad(x[..., 0], ((0, 0), (0, 12), (0, 0))), y


def build_row_series(activation: str, recurrent: Any) -> Any:
    """A recurrent layer of 48 over all rows."""
    return sequential(
        partial(
            layers.SimpleRNN,
            48,
            activation=activation,
            kernel_initializer=RandomNormal(stddev=0.3),
            recurrent_initializer=recurrent,
        ),
        partial(layers.Dense, 10, "softmax"),
    )


def make_adverts() -> Data:
    """Eight measures and a place out of six where something is shown; whether it is clicked."""
    generator = np.random.default_rng(916)
    measures, place = generator.normal(size=(900, 8)), generator.integers(0, 6, size=(900, 1))
    worth = measures[:, :1] * measures[:, 1:2] + measures[:, 2:3] + np.array([1, -1, 0.5, -0.5, 0, 0])[place]
    return [measures.astype("float32"), place.astype("int32")], (worth > 0).astype("float32")


def build_adverts(x: Any, bias: float) -> keras.Model:
    """A bottom of two relu layers beside a vector for the place, then a top of two; biases drawn around a number."""
    measures, place = keras.Input((8,), name="measures"), keras.Input((1,), dtype="int32", name="place")

    def make(units: int) -> layers.Layer:
        return layers.Dense(units, "relu", bias_initializer=RandomNormal(bias, 0.1))

    bottom = make(16)(make(32)(measures))
    joined = layers.Concatenate()([bottom, layers.Flatten()(layers.Embedding(6, 16)(place))])
    return keras.Model([measures, place], layers.Dense(1, "sigmoid")(make(16)(make(32)(joined))))


def make_mails(bins: int) -> Data:
    """Ten words of 240, each numbered by itself or by a hash into fewer bins; which of four subjects they have."""
    generator = np.random.default_rng(917)
    y = generator.integers(0, 4, size=800)
    own, any_word = 60 * y[:, None] + generator.integers(0, 60, (800, 10)), generator.integers(0, 240, (800, 10))
    words = np.where(generator.random((800, 10)) < 0.4, own, any_word)
    numbers = np.random.default_rng(918).integers(0, bins, size=240) if bins < 240 else np.arange(240)
    return numbers[words].astype("int32"), y


def make_colours(wide: bool) -> Data:
    """Red, green and blue, their products and squares, as bytes that overflow or wide; a corrected green."""
    generator = np.random.default_rng(919)
    colour = generator.integers(0, 256, size=(900, 3)).astype("int64" if wide else "uint8")
    r, g, b = colour.T
    x = np.stack([r, g, b, r * g, r * b, g * b, r * r, g * g, b * b], axis=1) / (
        [255] * 3 + [255**2 if wide else 255] * 6
    )
    r, g, b = colour.T.astype("float64") / 255
    y = 0.2 * g + 1.5 * (r - 0.5) * (g - 0.5) - 1.2 * (b - 0.5) ** 2 + 0.8 * (r - 0.5) * (b - 0.5)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_spots() -> Data:
    """Black pictures with one white pixel; in which row and column it is, from -1 to 1."""
    generator = np.random.default_rng(920)
    at = generator.integers(0, 16, size=(600, 2))
    x = np.zeros((600, 16, 16, 1), "float32")
    x[np.arange(600), at[:, 0], at[:, 1]] = 1
    return x, (at / 7.5 - 1).astype("float32")


class Places(layers.Layer):
    """Adds row and column, from -1 to 1, as channels."""

    def call(self, x: Any) -> Any:
        """Appends both."""
        line = ops.arange(-7.5, 8.0, 1.0) / 7.5
        rows, columns = ops.meshgrid(line, line, indexing="ij")
        places = ops.stack([rows, columns], axis=-1)[None]
        return ops.concatenate([x, ops.ones_like(x) * places], axis=-1)


def build_spots(*first: Any) -> Any:
    """Convolutions over one pixel and over three, the largest of all places, two linear units."""
    return sequential(
        *first,
        partial(layers.Conv2D, 16, 1, activation="relu"),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.GlobalMaxPooling2D,
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 2),
    )


def make_corners() -> Data:
    """Points around four corners; whether both signs are the same."""
    generator = np.random.default_rng(921)
    corner = generator.choice((-1, 1), size=(600, 2))
    x = corner + 0.35 * generator.normal(size=(600, 2))
    return x.astype("float32"), (corner.prod(axis=1, keepdims=True) > 0).astype("float32")


def make_digit_pairs() -> Data:
    """Digits as rows of pixels, which are their own labels."""
    x, _ = make_flat_digits()
    return x, x


class Codebook(layers.Layer):
    """The nearest of a table of vectors, with a slope of 1.

    Args:
        reached: Whether the loss that draws the table to what is encoded reads the table, or what is passed on.
    """

    def __init__(self, reached: bool) -> None:
        super().__init__()
        self.reached = reached

    def build(self, shape: Any) -> None:
        """Makes the table."""
        self.table = self.add_weight(shape=(32, shape[-1]), initializer=RandomUniform(-1 / 32, 1 / 32), name="table")

    def call(self, z: Any) -> Any:
        """Looks up, adds the losses."""
        distance = ops.sum(ops.square(z[:, :, None] - self.table), axis=-1)
        nearest = ops.matmul(ops.one_hot(ops.argmin(distance, axis=-1), 32), self.table)
        passed = z + ops.stop_gradient(nearest - z)
        drawn = nearest if self.reached else passed
        self.add_loss(ops.mean(ops.square(drawn - ops.stop_gradient(z))))
        self.add_loss(0.25 * ops.mean(ops.square(ops.stop_gradient(nearest) - z)))
        return passed


def build_codebook(reached: bool) -> Any:
    """Eight codes of four numbers, each out of 32, between two hidden layers."""
    return sequential(
        partial(layers.Dense, 64, "relu"),
        partial(layers.Dense, 32),
        partial(layers.Reshape, (8, 4)),
        partial(Codebook, reached),
        layers.Flatten,
        partial(layers.Dense, 64, "relu"),
        partial(layers.Dense, 64, "sigmoid"),
    )


class Shifts(layers.Layer):
    """In training, moves each picture by up to so many times its width, and fills with black."""

    def __init__(self, most: float) -> None:
        super().__init__()
        self.most, self.seed = most, keras.random.SeedGenerator(8)

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Moves rows and columns by whole pixels."""
        if not training:
            return x
        size = x.shape[1]
        moves = keras.random.uniform((ops.shape(x)[0], 2), -self.most * size, self.most * size, seed=self.seed)
        moves = ops.round(moves)
        target, origin = ops.arange(size, dtype="float32")[:, None], ops.arange(size, dtype="float32")[None]
        rows = ops.cast(ops.equal(origin + moves[:, :1, None], target[None]), "float32")
        columns = ops.cast(ops.equal(origin + moves[:, 1:, None], target[None]), "float32")
        return ops.einsum("brh,bhwc,bsw->brsc", rows, x, columns)


def build_shifted(most: float) -> Any:
    """Two convolutions behind the shifts."""
    return sequential(
        partial(Shifts, most),
        partial(layers.Conv2D, 12, 3, activation="relu"),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 10, "softmax"),
    )


def make_market(together: bool) -> Data:
    """Three rates up to 5 and two volumes up to a million, scaled together or each by itself; a price, by the rates."""
    generator = np.random.default_rng(928)
    rates, volumes = 5 * generator.random((700, 3)), 1e6 * generator.random((700, 2))
    y = np.sin(rates[:, 0]) + 0.3 * rates[:, 1] * rates[:, 2] / 2 + 0.3 * volumes[:, 0] / 1e6
    x = np.concatenate([rates, volumes], axis=1)
    x = (x - x.min(axis=None if together else 0)) / (
        x.max(axis=None if together else 0) - x.min(axis=None if together else 0)
    )
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_tiles(centred: bool) -> Data:
    """Digits from 0 to 1, or less the mean of each pixel over its deviation; they are their own labels."""
    x, _ = make_digits(400)
    if centred:
        x = (x - x.mean(axis=0)) / (x.std(axis=0) + 0.1)
    return x.astype("float32"), x.astype("float32")


def build_tiles(x: Any) -> keras.Model:
    """Convolutions and pooling, then convolutions and upsampling, a sigmoid at last."""
    conv = partial(layers.Conv2D, kernel_size=3, padding="same")
    return sequential(
        partial(conv, 16, activation="relu"),
        layers.MaxPooling2D,
        partial(conv, 8, activation="relu"),
        partial(conv, 8, activation="relu"),
        layers.UpSampling2D,
        partial(conv, 16, activation="relu"),
        partial(conv, 1, activation="sigmoid"),
    )(x)


def make_brains() -> Data:
    """Four electrodes over 48 steps; in which of three a wave of its own is stronger."""
    generator = np.random.default_rng(922)
    y = generator.integers(0, 3, size=480)
    time, phase = np.arange(48), generator.uniform(0, 6.28, size=(480, 1))
    wave = np.sin(np.array([0.4, 0.8, 1.3])[y][:, None] * time + phase)
    x = generator.normal(size=(480, 4, 48))
    x[np.arange(480), y] += 1.5 * wave
    return x[..., None].astype("float32"), y


def build_brains(x: Any) -> keras.Model:
    """Filters over time and over electrodes, elu, averages, dropout, a head whose norms stay below 0.25."""
    return sequential(
        partial(layers.Conv2D, 8, (1, 12), padding="same", use_bias=False),
        layers.BatchNormalization,
        partial(layers.DepthwiseConv2D, (4, 1), depth_multiplier=2, use_bias=False, depthwise_constraint=MaxNorm(1.0)),
        layers.BatchNormalization,
        partial(layers.Activation, "elu"),
        partial(layers.AveragePooling2D, (1, 4)),
        partial(layers.Dropout, 0.25),
        partial(layers.SeparableConv2D, 8, (1, 6), padding="same", use_bias=False),
        layers.BatchNormalization,
        partial(layers.Activation, "elu"),
        partial(layers.AveragePooling2D, (1, 4)),
        partial(layers.Dropout, 0.25),
        layers.Flatten,
        partial(layers.Dense, 3, "softmax", kernel_constraint=MaxNorm(0.25)),
    )(x)


def make_black_white() -> Data:
    """Digits whose pixels are 0 or 1, which are their own labels."""
    x, _ = make_digits(400)
    x = (x > 0.4).astype("float32")
    return x, x


class Before(layers.Layer):
    """A convolution that sees what stands above and to the left of a pixel, and the pixel itself if it may."""

    def __init__(self, filters: int, size: int, itself: bool) -> None:
        super().__init__()
        self.filters, self.size, self.itself = filters, size, itself

    def build(self, shape: Any) -> None:
        """Makes kernel, mask and biases."""
        self.kernel = self.add_weight(shape=(self.size, self.size, shape[-1], self.filters), name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        self.mask = np.ones((self.size, self.size, 1, 1), "float32")
        middle = self.size // 2
        self.mask[middle, middle + self.itself :] = 0
        self.mask[middle + 1 :] = 0

    def call(self, x: Any) -> Any:
        """Convolves."""
        return ops.conv(x, self.kernel * self.mask, padding="same") + self.bias


def make_map() -> Data:
    """Pictures with bright discs on grey, and where they are."""
    generator = np.random.default_rng(923)
    row, column = np.meshgrid(np.arange(16), np.arange(16), indexing="ij")
    centre, radius = generator.integers(3, 13, size=(240, 2, 1, 1)), generator.integers(2, 5, size=(240, 1, 1))
    y = (row - centre[:, 0]) ** 2 + (column - centre[:, 1]) ** 2 < radius**2
    x = 0.4 + 0.3 * y + 0.15 * generator.normal(size=(240, 16, 16))
    return x[..., None].astype("float32"), y[..., None].astype("float32")


def build_map(x: Any) -> keras.Model:
    """A small U-net of two levels."""
    conv = partial(layers.Conv2D, kernel_size=3, padding="same", activation="relu", kernel_initializer="he_normal")
    inputs = keras.Input(x.shape[1:])
    first = conv(12)(inputs)
    h = conv(24)(layers.MaxPooling2D()(first))
    h = layers.Concatenate()([first, layers.UpSampling2D()(h)])
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(conv(12)(conv(12)(h))))


def make_covers() -> Data:
    """Six measures of a place, its soil of eight and its area of four, as numbers; which of four trees grow there."""
    generator = np.random.default_rng(925)
    measures, soil, area = generator.normal(size=(900, 6)), generator.integers(0, 8, 900), generator.integers(0, 4, 900)
    table = generator.normal(size=(8, 4)) * 1.5
    worth = table[soil] + measures[:, :4] * np.array([[1, -1, 1, 1], [1, 1, -1, 1], [-1, 1, 1, 1], [1, 1, 1, -1]])[area]
    x = [measures.astype("float32"), soil[:, None].astype("int32"), area[:, None].astype("int32")]
    return x, worth.argmax(axis=1).astype("int32")


def build_covers(x: Any) -> keras.Model:
    """Two crosses of all features beside two normalized hidden layers under dropout."""
    measures = keras.Input((6,), name="measures")
    soil, area = (keras.Input((1,), dtype="int32", name=name) for name in ("soil", "area"))
    vectors = [layers.Flatten()(layers.Embedding(n, size)(part)) for n, size, part in ((8, 3, soil), (4, 2, area))]
    features = layers.Concatenate()([measures, *vectors])
    cross = features
    for _ in range(2):
        cross = features * layers.Dense(11)(cross) + cross
    cross = layers.BatchNormalization()(cross)
    deep = features
    for units in (32, 32):
        deep = layers.Dropout(0.1)(layers.ReLU()(layers.BatchNormalization()(layers.Dense(units)(deep))))
    return keras.Model([measures, soil, area], layers.Dense(4, "softmax")(layers.Concatenate()([cross, deep])))


def make_engines() -> Data:
    """Noise of engines over 40 steps, one channel, normalized; half of them knock now and then."""
    generator = np.random.default_rng(926)
    x, y = generator.normal(size=(500, 40)), generator.integers(0, 2, size=500)
    for row, knocks in zip(x, y, strict=True):
        for at in generator.integers(0, 37, size=3 * knocks):
            row[at : at + 3] += [2.0, -2.5, 2.0]
    return x[..., None].astype("float32"), y.astype("int32")


def build_engines(x: Any) -> keras.Model:
    """Two blocks of attention over one channel, each normalized after the sum, and a mean over the channels."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv1D(16, 3, padding="same")(inputs)
    for _ in range(2):
        h = layers.LayerNormalization(epsilon=1e-6)(h + layers.MultiHeadAttention(2, 16, dropout=0.1)(h, h))
        inner = layers.Conv1D(16, 1)(layers.Dropout(0.1)(layers.Conv1D(16, 1, activation="relu")(h)))
        h = layers.LayerNormalization(epsilon=1e-6)(h + inner)
    h = layers.GlobalAveragePooling1D(data_format="channels_last")(h)
    return keras.Model(inputs, layers.Dense(2, "softmax")(layers.Dense(32, "relu")(h)))


class TimeVectors(layers.Layer):
    """Adds to each step a line and a sine of the mean of its measures."""

    def build(self, shape: Any) -> None:
        """Makes two weights and two biases for each step."""
        size = (shape[1], 1)
        names = ("line", "line_bias", "wave", "wave_bias")
        self.parts = [self.add_weight(shape=size, initializer="uniform", name=name) for name in names]

    def call(self, x: Any) -> Any:
        """Appends both."""
        line, line_bias, wave, wave_bias = self.parts
        mean = ops.mean(x[:, :, :4], axis=-1, keepdims=True)
        return ops.concatenate([x, line * mean + line_bias, ops.sin(wave * mean + wave_bias)], axis=-1)


def make_quotes() -> Data:
    """Sixteen days of open, high, low, close and volume as changes; the next change, which follows some of them."""
    generator = np.random.default_rng(927)
    x = generator.normal(size=(800, 16, 5))
    y = 0.6 * x[:, -1, 3] - 0.5 * x[:, -2, 3] + 0.4 * x[:, -1, 4] * x[:, -1, 3] + 0.4 * generator.normal(size=800)
    return x.astype("float32"), y[:, None].astype("float32")


def build_quotes(x: Any) -> keras.Model:
    """Time vectors, a block of attention, means, and two layers."""
    inputs = keras.Input(x.shape[1:])
    h = TimeVectors()(inputs)
    h = layers.LayerNormalization(epsilon=1e-6)(h + layers.Dense(7)(layers.MultiHeadAttention(4, 16)(h, h)))
    h = layers.Dropout(0.1)(layers.Flatten()(h))
    return keras.Model(inputs, layers.Dense(1)(layers.Dropout(0.1)(layers.Dense(64, "relu")(h))))


class Mixing(layers.Layer):
    """The real part of a Fourier transform over steps and channels, as two products with cosines and sines."""

    def call(self, h: Any) -> Any:
        """Mixes all with all."""
        tables = []
        for size in h.shape[1:]:
            turn = 2 * np.pi * np.outer(np.arange(size), np.arange(size)) / size
            tables.append((np.cos(turn).astype("float32"), np.sin(turn).astype("float32")))
        (cos_time, sin_time), (cos_size, sin_size) = tables
        even = ops.einsum("ts,bsc,cd->btd", cos_time, h, cos_size)
        return even - ops.einsum("ts,bsc,cd->btd", sin_time, h, sin_size)


def build_mixed_notes(x: Any) -> keras.Model:
    """Vectors of words and places, two blocks that mix by Fourier's transform, the mean."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    places = ops.cumsum(ops.ones_like(inputs), axis=1) - 1
    h = layers.Embedding(60, 16)(inputs) + layers.Embedding(12, 16)(places)
    for _ in range(2):
        h = layers.LayerNormalization()(h + Mixing()(h))
        h = layers.LayerNormalization()(h + layers.Dense(16)(layers.Dense(32, "relu")(h)))
    h = layers.Dropout(0.3)(layers.GlobalAveragePooling1D()(h))
    return keras.Model(inputs, layers.Dense(5, "softmax")(h))


program = partial(Program, theme="forum")

BELLS = program(
    name="wines by twenty bells behind a normalization",
    data=make_wine,
    build=partial(build_bells, normalized=True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.02),
    fit_options={"batch_size": 16},
    epochs=25,
    source=DISTANCES,
)
SELLERS = program(
    name="sellers, a number of 0 for each, sigmoid",
    data=make_sellers,
    build=build_sellers(partial(layers.Activation, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
    source=ZERO_VECTORS,
)
GATED = program(
    name="a number by three layers, gates of small kernels",
    data=make_regression,
    build=partial(build_gated, initializer=RandomNormal(stddev=0.1)),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=ZERO_GATE,
)
PEAKS = program(
    name="the highest step, weights of steps by a softmax over them",
    data=make_peaks,
    build=partial(build_peaks, axis=1),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=25,
    source=SHARES_OF_ONE,
)
NOTES = program(
    name="subjects of notes by given vectors, all of them found",
    data=make_notes,
    build=partial(build_notes, found=True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
    source=NOT_FOUND,
)
BYTES = program(
    name="digits as bytes over 255",
    data=partial(make_byte_digits, False),
    build=partial(build_frozen, trainable=True),
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    epochs=20,
    source=WHOLE_PIXELS,
)
BRIGHT = program(
    name="digits of random brightness up to 1",
    data=make_digits,
    build=build_bright(True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
    epochs=20,
    source=BRIGHTNESS,
)
SCANS = program(
    name="scans divided by 255 in the model",
    data=make_scans,
    build=sequential(partial(Pixels, False), partial(layers.Dense, 48, "relu"), partial(layers.Dense, 10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=SCALED_AGAIN,
)
TRAINABLE = program(
    name="digits, two convolutions and two dense layers, all trainable",
    data=make_digits,
    build=partial(build_frozen, trainable=True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(keras.optimizers.Adadelta, 1.0),
    fit_options={"batch_size": 128},
    epochs=20,
    source=NOT_TRAINABLE,
)
DROPPED = program(
    name="digits, a fifth of the inputs and half of each layer dropped",
    data=make_flat_digits,
    build=build_kept((0.2, 0.5)),
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    epochs=20,
    source=KEPT,
)
CHANGES = program(
    name="lstm of small changes of a price, scaled, few jumps cut off",
    data=partial(make_changes, True),
    build=sequential(partial(layers.LSTM, 16), partial(layers.Dense, 1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=FEW_JUMPS,
)
LEVELS = program(
    name="six steps of three measures by a recurrent layer of tanhs",
    data=make_levels,
    build=sequential(partial(layers.SimpleRNN, 50, activation="tanh"), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=EXPONENTIAL,
)
SERIES = program(
    name="digits row by row above black ones, recurrent relus that start as the identity",
    data=make_row_series,
    build=build_row_series("relu", "identity"),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(RMSprop, 0.002, clipnorm=1.0),
    epochs=20,
    source=IDENTITY,
)
ADVERTS = program(
    name="adverts by a bottom and a top of relus, biases around 0",
    data=make_adverts,
    build=partial(build_adverts, bias=0.0),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=NEGATIVE_BIASES,
)
MAILS = program(
    name="subjects of mails, a number for each word",
    data=partial(make_mails, 240),
    build=sequential(
        partial(layers.Embedding, 240, 16), layers.GlobalAveragePooling1D, partial(layers.Dense, 4, "softmax")
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.02),
    epochs=20,
    source=SAME_NUMBER,
)
REVIEWS = program(
    name="subjects of notes by vectors of any norm, rmsprop",
    data=make_notes,
    build=sequential(partial(layers.Embedding, 60, 10), layers.Flatten, partial(layers.Dense, 5, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(RMSprop, 0.003),
    epochs=20,
    source=SMALL_NORM,
)
COLOURS = program(
    name="corrected green by products of colours, wide",
    data=partial(make_colours, True),
    build=sequential(partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.05),
    epochs=40,
    source=BYTES_OVERFLOW,
)
SPOTS = program(
    name="where a pixel is, by convolutions that see their places",
    data=make_spots,
    build=build_spots(Places),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=25,
    source=WHERE_A_PIXEL_IS,
)
CORNERS = program(
    name="same signs by two layers of relus",
    data=make_corners,
    build=dense(hidden=[16, 16], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.1),
    epochs=20,
    source=NOT_BENT,
)
CODES = program(
    name="digits by a book of 32 codes that are drawn to them",
    data=make_digit_pairs,
    build=build_codebook(True),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=30,
    source=CODEBOOK,
)
SHIFTED = program(
    name="digits moved by up to a tenth of their width",
    data=make_digits,
    build=build_shifted(0.1),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=OUT_OF_SIGHT,
)

MARKET = program(
    name="prices by rates and volumes, each scaled by itself",
    data=partial(make_market, False),
    build=dense(hidden=[20, 20], activation="tanh", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=25,
    source=ONE_SCALE,
)
TILES = program(
    name="codes of tiles from 0 to 1 by pooled convolutions",
    data=partial(make_tiles, False),
    build=build_tiles,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    fit_options={"batch_size": 20},
    epochs=20,
    source=CENTRED,
)

PROGRAMS = [
    BELLS,
    SELLERS,
    GATED,
    PEAKS,
    NOTES,
    BYTES,
    BRIGHT,
    SCANS,
    TRAINABLE,
    DROPPED,
    CHANGES,
    LEVELS,
    SERIES,
    ADVERTS,
    MAILS,
    REVIEWS,
    COLOURS,
    SPOTS,
    CORNERS,
    CODES,
    SHIFTED,
    MARKET,
    TILES,
    BELLS.vary(
        "wines by twenty bells, as they come",
        label=(*labels.LARGE_INPUTS, "zero_gradient"),
        strength="extreme",
        build=partial(build_bells, normalized=False),
    ),
    SELLERS.vary(
        "sellers, a number of 0 for each, no activation",
        label=(*labels.WRONG_HEAD, "zero_gradient", *labels.NO_STEPS),
        strength="extreme",
        build=build_sellers(),
    ),
    GATED.vary(
        "a number by three layers, gates of zero kernels",
        label=(*labels.SYMMETRIC, "zero_gradient", "dead_relu"),
        strength="extreme",
        build=partial(build_gated, initializer="zeros"),
    ),
    PEAKS.vary(
        "the highest step, weights of steps by a softmax of one",
        label=(*labels.CUT_OFF, *labels.HIDDEN_SOFTMAX),
        strength="clear",
        build=partial(build_peaks, axis=-1),
    ),
    NOTES.vary(
        "subjects of notes by given vectors, none of them found",
        label=(*labels.CONSTANT_INPUTS, "frozen_layers", "frozen_at_random"),
        strength="extreme",
        build=partial(build_notes, found=False),
    ),
    BYTES.vary(
        "digits as bytes over 255, whole numbers",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        data=partial(make_byte_digits, True),
    ),
    BRIGHT.vary(
        "digits of random brightness up to 255, without it up to 1",
        label=labels.OTHER_IN_INFERENCE,
        strength="clear",
        build=build_bright(False),
    ),
    SCANS.vary(
        "scans divided by 255 in the model, twice where it predicts",
        label=labels.OTHER_IN_INFERENCE,
        strength="clear",
        build=sequential(
            partial(Pixels, True), partial(layers.Dense, 48, "relu"), partial(layers.Dense, 10, "softmax")
        ),
    ),
    TRAINABLE.vary(
        "digits, two convolutions and two dense layers, none trainable",
        label=(*labels.FROZEN, *labels.NO_STEPS),
        strength="extreme",
        build=partial(build_frozen, trainable=False),
    ),
    DROPPED.vary(
        "digits, four fifths of the inputs and half of each layer dropped",
        label=labels.DROPOUT,
        strength="mild",
        build=build_kept((0.8, 0.5)),
    ),
    CHANGES.vary(
        "lstm of small changes of a price, few jumps",
        label=labels.SMALL_INPUTS,
        strength="clear",
        data=partial(make_changes, False),
    ),
    LEVELS.vary(
        "six steps of three measures by a recurrent layer of exponentials",
        label=(*labels.UNBOUNDED, *labels.NONFINITE, *labels.EXPLODING),
        strength="extreme",
        build=sequential(partial(layers.SimpleRNN, 50, activation="exponential"), partial(layers.Dense, 1)),
    ),
    SERIES.vary(
        "digits row by row above black ones, recurrent tanhs of small weights",
        label=(*labels.VANISHING_IN_TIME, *labels.VANISHING),
        strength="clear",
        build=build_row_series("tanh", RandomUniform(-0.05, 0.05)),
    ),
    ADVERTS.vary(
        "adverts by a bottom and a top of relus, biases around -4",
        label=(*labels.DEAD, "zero_gradient"),
        strength="clear",
        build=partial(build_adverts, bias=-4.0),
    ),
    MAILS.vary(
        "subjects of mails, words hashed into eight bins",
        unnamed=True,
        strength="clear",
        data=partial(make_mails, 8),
    ),
    REVIEWS.vary(
        "subjects of notes by vectors of norms up to 0.001, rmsprop",
        unnamed=True,
        strength="clear",
        build=sequential(
            partial(layers.Embedding, 60, 10, embeddings_constraint=MaxNorm(0.001, axis=1)),
            layers.Flatten,
            partial(layers.Dense, 5, "softmax"),
        ),
    ),
    COLOURS.vary(
        "corrected green by products of colours, bytes that overflow",
        unnamed=True,
        strength="mild",
        data=partial(make_colours, False),
    ),
    SPOTS.vary(
        "where a pixel is, by convolutions that do not see their places",
        unnamed=True,
        strength="mild",
        build=build_spots(),
    ),
    CORNERS.vary(
        "same signs by two layers without activation",
        label=labels.LINEAR,
        strength="clear",
        build=dense(hidden=[16, 16], activation=None, output=(1, "sigmoid")),
    ),
    CODES.vary(
        "digits by a book of 32 codes that are not drawn to them",
        label=labels.CUT_OFF,
        strength="clear",
        build=build_codebook(False),
    ),
    SHIFTED.vary(
        "digits moved by up to ten times their width",
        label=labels.OTHER_IN_INFERENCE,
        strength="clear",
        build=build_shifted(10.0),
    ),
    MARKET.vary(
        "prices by rates and volumes, all scaled together",
        label=("feature_scale", *labels.SMALL_INPUTS),
        strength="clear",
        data=partial(make_market, True),
    ),
    TILES.vary(
        "codes of centred tiles by pooled convolutions",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.WRONG_HEAD),
        strength="clear",
        data=partial(make_tiles, True),
    ),
    program(
        name="waves of brains, norms of the head up to 0.25",
        data=make_brains,
        build=build_brains,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=20,
        source=TIGHT_NORM,
    ),
    program(
        name="black and white digits by what stands before each pixel",
        data=make_black_white,
        build=sequential(
            partial(Before, 16, 5, False),
            partial(layers.Activation, "relu"),
            partial(Before, 16, 3, True),
            partial(layers.Activation, "relu"),
            partial(layers.Conv2D, 1, 1, activation="sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=20,
        source=PIXEL_BY_PIXEL,
    ),
    program(
        name="discs by a small u-net, he",
        data=make_map,
        build=build_map,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
        epochs=25,
        source=SMALL_UNET,
    ),
    program(
        name="keras.io: trees by crosses beside a deep part",
        data=make_covers,
        build=build_covers,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=CROSSES,
    ),
    program(
        name="knocking engines by attention, normalized after the sum",
        data=make_engines,
        build=build_engines,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=25,
        source=AFTER_THE_SUM,
    ),
    program(
        name="changes of quotes by attention with vectors of time",
        data=make_quotes,
        build=build_quotes,
        loss="mse",
        optimizer="adam",
        epochs=25,
        source=TIME_VECTORS,
    ),
    program(
        name="keras.io: subjects of notes mixed by fourier",
        data=make_notes,
        build=build_mixed_notes,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=FOURIER,
    ),
]
