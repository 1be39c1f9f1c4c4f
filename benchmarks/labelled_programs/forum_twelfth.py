"""Tables, pictures and losses of those who asked why nothing is learned, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's. One is mild: a training that is stopped when accuracy
falls no more, after two epochs or a few.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, RMSprop
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_digits, make_wine
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

SOFTMAX_OF_ONE = "http://pullrequest.ru/13403374/prognozirovanie-tolko-odnogo-klassa"
BARE_LOGARITHM = "https://www.it1352.com/1526058.html"
MEAN_OF_PIXELS = "https://github.com/keras-team/keras/pull/3383"
RELU_AFTER_SIGMOIDS = "https://github.com/keras-team/keras/issues/1874"
SPREAD_LABELS = "https://github.com/tensorflow/tensorflow/issues/46782"
COLLAPSED = "https://github.com/omoindrot/tensorflow-triplet-loss/issues/50"
FROZEN_CRITIC = "https://github.com/0b01/SimGAN-Captcha/issues/4"
SUMMED = "https://github.com/wiseodd/generative-models/issues/40"
FIVE_SIGMOIDS_DEEP = "https://blockgeni.com/tutorial-on-visualizing-the-vanishing-gradient-problem/"
UNSAFE = "https://github.com/ForeverZyh/DEBAR"
TURNED_SIGN = "https://github.com/KanishJebaMathewM/Truxify/pull/11885"
UNKNOWN_AS_MINUS_ONE = "https://github.com/keras-team/keras/issues/21131"
COUNTS = "https://github.com/facebookresearch/dlrm"
STOPPED = "https://machinelearningmastery.com/how-to-stop-training-deep-neural-networks-at-the-right-time-using-early-stopping/"
ONE_NORM = "https://github.com/MichalBortkiewicz/JaxGCRL/pull/64"
FLOW = "https://keras.io/examples/generative/real_nvp/"
DENSE_BLOCKS = "https://d2l.ai/chapter_convolutional-modern/densenet.html"
LAYER_SCALE = "https://keras.io/examples/vision/cait/"
TWO_NUMBERS = "https://www.tensorflow.org/probability/examples/Probabilistic_Layers_Regression"
BARLOW = "https://keras.io/examples/vision/barlow_twins/"
RADIANCE = "https://keras.io/examples/vision/nerf/"
FEATURES = "https://keras.io/examples/structured_data/structured_data_classification_with_feature_space/"
SELF_NORMALIZING = (
    "https://towardsai.net/p/machine-learning/"
    "solving-the-vanishing-gradient-problem-with-self-normalizing-neural-networks-using-keras-59a1398b779f"
)
TEACHER = "https://keras.io/examples/keras_recipes/better_knowledge_distillation/"


def make_even_digits() -> Data:
    """Digits, and whether they are even."""
    x, y = make_digits(500)
    return x, (y % 2 == 0)[:, None].astype("float32")


def build_borrowed(*head: Callable[[], Any]) -> Callable[[Any], keras.Model]:
    """Layers on a frozen base of two convolutions that has learned to tell digits from five to nine."""

    def build(x: Any) -> keras.Model:
        base = keras.Sequential(
            [
                keras.Input(x.shape[1:]),
                layers.Conv2D(12, 3, activation="relu"),
                layers.Conv2D(16, 3, activation="relu"),
                layers.Flatten(),
            ]
        )
        digits, kinds = make_digits(600)
        teacher = keras.Sequential([base, layers.Dense(10, "softmax")])
        options = {"jit_compile": False} if keras.backend.backend() == "tensorflow" else {}
        teacher.compile(Adam(0.003), "sparse_categorical_crossentropy", **options)
        teacher.fit(digits[kinds > 4], kinds[kinds > 4], epochs=5, verbose=0)
        base.trainable = False
        return keras.Sequential([keras.Input(x.shape[1:]), base, *(part() for part in head)])

    return build


def make_ink() -> Data:
    """Digits as rows of pixels from 0 to 16, and which are a five or more."""
    x, y = make_digits(600)
    return 16 * x.reshape(len(x), -1), (y > 4)[:, None].astype("float32")


def measure_entropy(least: float) -> Callable[[Any, Any], Any]:
    """Binary cross-entropy of probabilities that are moved away from 0 and 1 by so much."""

    def measure(y: Any, p: Any) -> Any:
        p = ops.clip(p, least, 1 - least) if least else p
        return -ops.mean(y * ops.log(p) + (1 - y) * ops.log(1 - p), axis=-1)

    return measure


class Noisy(layers.Layer):
    """A code drawn near a mean, whose distance from a standard normal distribution is added to the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.seeds = keras.random.SeedGenerator(12)

    def call(self, mean: Any, spread: Any, training: bool = False) -> Any:
        """Draws it in training mode, and takes the mean else."""
        distance = -0.5 * ops.sum(1 + spread - ops.square(mean) - ops.exp(spread), axis=-1)
        self.add_loss(ops.mean(distance))
        if not training:
            return mean
        return mean + ops.exp(spread / 2) * keras.random.normal(ops.shape(mean), seed=self.seeds)


def make_black_and_white() -> Data:
    """Digits as rows of pixels that are 0 or 1, which are their own labels."""
    x, _ = make_digits(700)
    x = (x.reshape(len(x), -1) > 0.4).astype("float32")
    return x, x


def build_noisy(x: Any) -> keras.Model:
    """An encoder into six numbers, drawn, and a decoder."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(48, "relu")(inputs)
    code = Noisy()(layers.Dense(6)(h), layers.Dense(6)(h))
    return keras.Model(inputs, layers.Dense(x.shape[1], "sigmoid")(layers.Dense(48, "relu")(code)))


def measure_pixels(factor: float) -> Callable[[Any, Any], Any]:
    """So many times the mean of the pixels' cross-entropies."""

    def measure(y: Any, p: Any) -> Any:
        return factor * keras.losses.binary_crossentropy(y, p)

    return measure


def make_amounts() -> Data:
    """Twelve numbers from -1 to 1, and sixteen above 0 that depend on them."""
    generator = np.random.default_rng(1201)
    x = generator.uniform(-1, 1, size=(700, 12))
    y = np.exp(0.5 * np.sin(2 * x @ generator.normal(size=(12, 16)) * 0.5) + 0.3 * x[:, :1])
    return x.astype("float32"), y.astype("float32")


def make_tenths(column: bool) -> Data:
    """Four numbers, and a tenth of their sum, as a column or as a row."""
    x = np.random.default_rng(1202).normal(size=(640, 4))
    y = 0.1 * x.sum(axis=1)
    return x.astype("float32"), (y[:, None] if column else y).astype("float32")


def measure_squares(y: Any, p: Any) -> Any:
    """Mean of squares of whatever the difference is."""
    return ops.mean(ops.square(ops.cast(y, p.dtype) - p))


def measure_hardest(y: Any, p: Any) -> Any:
    """How much farther the farthest of the same class is than the nearest of another, and a margin of 0.5 more."""
    squares = ops.sum(ops.square(p), axis=-1)
    distances = squares[:, None] - 2 * ops.matmul(p, ops.transpose(p)) + squares[None]
    distances = ops.sqrt(ops.maximum(distances, 0.0) + 1e-8)
    same = ops.cast(ops.equal(y[:, None], y[None]), p.dtype)
    farthest = ops.max(distances * same, axis=1)
    nearest = ops.min(distances + 1e3 * same, axis=1)
    return ops.mean(ops.relu(farthest - nearest + 0.5))


def score_neighbours(prediction: Any, y: Any) -> float:
    """How often the nearest other point is of the same class, and 0 for chance."""
    if not np.isfinite(prediction).all():
        return -1.0
    p = prediction.reshape(len(prediction), -1)
    p = (p - p.mean(axis=0)) / max(float(p.std()), 1e-9)
    p = np.round(p, 3)
    distances = ((p[:, None] - p[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(distances, np.inf)
    distances += 1e-6 * np.random.default_rng(0).random(distances.shape)
    share = (y.ravel()[distances.argmin(axis=1)] == y.ravel()).mean()
    chance = (np.unique(y, return_counts=True)[1] ** 2).sum() / len(y.ravel()) ** 2
    return float((share - chance) / (1 - chance))


def make_marks() -> Data:
    """Pictures of a printed mark and of what a program has drawn, which is blurred; which of both, as unit vectors."""
    generator = np.random.default_rng(1203)
    y = generator.integers(0, 2, size=500)
    x = (generator.random((500, 12, 12)) < 0.25).astype("float64")
    blurred = (x + np.roll(x, 1, axis=1) + np.roll(x, 1, axis=2)) / 2
    x = np.where(y[:, None, None] == 1, x, blurred) + 0.1 * generator.normal(size=x.shape)
    return x[..., None].astype("float32"), np.eye(2, dtype="float32")[y]


def build_critic(frozen: bool) -> Callable[[Any], keras.Model]:
    """Two convolutions and two outputs, all of it frozen before it is compiled, or not."""

    def build(x: Any) -> keras.Model:
        parts = [
            layers.Conv2D(12, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(2, "softmax"),
        ]
        model = keras.Sequential([keras.Input(x.shape[1:]), *parts])
        model.trainable = not frozen
        return model

    return build


def make_row_digits() -> Data:
    """Digits as rows of pixels, which are their own labels."""
    x, _ = make_digits(600)
    x = x.reshape(len(x), -1)
    return x, x


def measure_sum(y: Any, p: Any) -> Any:
    """The squares of all pixels of all examples, added."""
    return ops.sum(ops.square(y - p))


def measure_mean(y: Any, p: Any) -> Any:
    """The mean square."""
    return ops.mean(ops.square(y - p))


def make_two_rings() -> Data:
    """Points on two rings, and on which."""
    x, y = datasets.make_circles(800, noise=0.1, factor=0.3, random_state=1204)
    return x.astype("float32"), y[:, None].astype("float32")


class PlainSoftmax(layers.Layer):
    """Exponentials over their sum, without taking off the largest number before."""

    def call(self, h: Any) -> Any:
        """Makes probabilities."""
        powers = ops.exp(h)
        return powers / ops.sum(powers, axis=-1, keepdims=True)


def make_inked_digits(white: float) -> Data:
    """Digits as rows of pixels from 0 to so much."""
    x, y = make_digits(600)
    return white * x.reshape(len(x), -1), y


def make_loads() -> Data:
    """Six measures of a lorry's day, and the best load and speed, from -1 to 1."""
    generator = np.random.default_rng(1205)
    x = generator.normal(size=(700, 6))
    y = 0.8 * np.tanh(x @ generator.normal(size=(6, 2)) * 0.5)
    return x.astype("float32"), y.astype("float32")


def measure_worth(sign: float) -> Callable[[Any, Any], Any]:
    """What a move brings, which is less the farther it is from the best one, times a sign."""

    def measure(y: Any, p: Any) -> Any:
        worth = 1 - ops.sum(ops.square(y - p), axis=-1)
        return sign * worth

    return measure


def make_genes(unknown: float) -> Data:
    """Twenty measures of genes from 0 to 1, and whether they are known from a disease; of half this is not known."""
    generator = np.random.default_rng(1206)
    x = generator.random((800, 20))
    z = (x[:, :5].sum(axis=1) - 2.5) * 2 + (x[:, 5] - 0.5) * (x[:, 6] - 0.5) * 4
    y = (z > 0).astype("float64")
    y[generator.random(800) < 0.5] = unknown
    return x.astype("float32"), y[:, None].astype("float32")


def make_known_genes() -> Data:
    """Those of which it is known."""
    x, y = make_genes(-1.0)
    known = y[:, 0] >= 0
    return x[known], y[known]


def score_known(prediction: Any, y: Any) -> float:
    """How much better than chance the answers are where they are known."""
    known = y[:, 0] >= 0
    p, y = prediction[known, 0], y[known, 0]
    if not np.isfinite(p).all():
        return -1.0
    return float(((p > 0.5) == (y > 0.5))[y > 0.5].mean() + ((p > 0.5) == (y > 0.5))[y < 0.5].mean() - 1)


def make_clicks(logarithms: bool) -> Data:
    """Eight counts of what was seen, most of them small and some up to a million, and two kinds; was there a click?"""
    generator = np.random.default_rng(1207)
    logs = generator.normal(3.0, 3.0, size=(900, 8)).clip(0, 14)
    kinds = generator.integers(0, 12, size=(900, 2))
    effects = generator.normal(size=(2, 12))
    z = 0.5 * (logs[:, 0] - logs[:, 1]) + 0.3 * (logs[:, 2] - 3) + effects[0][kinds[:, 0]] + effects[1][kinds[:, 1]]
    numbers = logs if logarithms else np.floor(np.exp(logs) - 1)
    x = [numbers.astype("float32"), kinds[:, :1].astype("int32"), kinds[:, 1:].astype("int32")]
    return x, (z > 0)[:, None].astype("float32")


def build_clicks(x: Any) -> keras.Model:
    """Vectors of numbers and of two kinds, the products of each pair, and two layers."""
    numbers, first, second = keras.Input((8,)), keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")
    h = layers.Dense(8, "relu")(layers.Dense(24, "relu")(numbers))
    left, right = (layers.Flatten()(layers.Embedding(12, 8)(kind)) for kind in (first, second))
    products = [layers.Dot(1)(pair) for pair in ((h, left), (h, right), (left, right))]
    h = layers.Dense(24, "relu")(layers.Concatenate()([h, *products, left, right]))
    return keras.Model([numbers, first, second], layers.Dense(1, "sigmoid")(h))


def make_goals() -> Data:
    """Sixteen measures of what was done and sixteen of what came of it, with the number of each pair."""
    generator = np.random.default_rng(1209)
    hidden = generator.normal(size=(600, 6))
    done = np.tanh(hidden @ generator.normal(size=(6, 16)) * 0.5) + 0.05 * generator.normal(size=(600, 16))
    came = np.tanh(hidden @ generator.normal(size=(6, 16)) * 0.5) + 0.05 * generator.normal(size=(600, 16))
    return [done.astype("float32"), came.astype("float32")], np.arange(600).astype("int32")


class Scaled(layers.Layer):
    """Divides vectors by the length of each, or by the length of all together."""

    def __init__(self, each: bool) -> None:
        super().__init__()
        self.each = each

    def call(self, h: Any) -> Any:
        """Divides them."""
        squares = ops.sum(ops.square(h), axis=-1, keepdims=True) if self.each else ops.sum(ops.square(h))
        return h / ops.sqrt(squares + 1e-9)


def build_goals(each: bool) -> Callable[[Any], keras.Model]:
    """Two encoders, whose vectors stand side by side."""

    def build(x: Any) -> keras.Model:
        inputs = [keras.Input((16,)), keras.Input((16,))]
        sides = [Scaled(each)(layers.Dense(12)(layers.Dense(48, "relu")(side))) for side in inputs]
        return keras.Model(inputs, layers.Concatenate()(sides))

    return build


def measure_pairs(temperature: float) -> Callable[[Any, Any], Any]:
    """Cross-entropy of which of the batch belongs to which, of products over a temperature."""

    def measure(y: Any, p: Any) -> Any:
        logits = ops.matmul(p[:, :12], ops.transpose(p[:, 12:])) / temperature
        return -ops.mean(ops.diagonal(ops.log_softmax(logits, axis=-1)))

    return measure


def score_pairs(prediction: Any, y: Any) -> float:
    """How often the product is largest for the pair itself, among thirty-two."""
    if not np.isfinite(prediction).all():
        return -1.0
    hits = []
    for start in range(0, len(prediction) - 31, 32):
        part = prediction[start : start + 32]
        hits.append(((part[:, :12] @ part[:, 12:].T).argmax(axis=1) == np.arange(32)).mean())
    return float((np.mean(hits) - 1 / 32) / (1 - 1 / 32))


def make_own_moons() -> Data:
    """Points on two half moons, standardised, which are their own labels."""
    x, _ = datasets.make_moons(800, noise=0.06, random_state=1210)
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32")
    return x, x


class Coupling(layers.Layer):
    """Scales and shifts one of two numbers by what a small network makes of the other, and adds up the scales."""

    def __init__(self, kept: int) -> None:
        super().__init__()
        self.kept = kept
        self.hidden = layers.Dense(32, "relu")
        self.second = layers.Dense(32, "relu")
        self.last = layers.Dense(2, kernel_initializer="zeros")

    def build(self, shape: Any) -> None:
        """Builds the small network."""
        self.hidden.build((None, 1))
        self.second.build((None, 32))
        self.last.build((None, 32))

    def call(self, h: Any) -> Any:
        """Makes two numbers and the sum of the scales so far."""
        keep, change = h[:, self.kept : self.kept + 1], h[:, 1 - self.kept : 2 - self.kept]
        out = self.last(self.second(self.hidden(keep)))
        scale, shift = ops.tanh(out[:, :1]), out[:, 1:]
        pair = [keep, change * ops.exp(scale) + shift]
        pair = pair if self.kept == 0 else pair[::-1]
        return ops.concatenate([*pair, h[:, 2:] + scale], axis=-1)


class LogDensity(layers.Layer):
    """Logarithm of a density, of two numbers and the sum of the scales."""

    def call(self, h: Any) -> Any:
        """Adds them up."""
        return -0.5 * ops.sum(ops.square(h[:, :2]), axis=-1, keepdims=True) - np.log(2 * np.pi) + h[:, 2:]


def build_flow(x: Any) -> keras.Model:
    """Six couplings, and the density of what comes out."""
    inputs = keras.Input((2,))
    h = layers.ZeroPadding1D((0, 1))(layers.Reshape((2, 1))(inputs))
    h = layers.Flatten()(h)
    for number in range(6):
        h = Coupling(number % 2)(h)
    return keras.Model(inputs, LogDensity()(h))


def measure_density(y: Any, p: Any) -> Any:
    """The negative logarithm of the density."""
    return -ops.mean(p)


def score_density(prediction: Any, y: Any) -> float:
    """How much larger the mean logarithm is than that of the best normal distribution, over one half."""
    if not np.isfinite(prediction).all():
        return -1.0
    normal = -np.log(2 * np.pi) - 1 - 0.5 * np.log(np.linalg.det(np.cov(y.T)))
    return float(2 * (prediction.mean() - normal))


def build_dense_blocks(x: Any) -> keras.Model:
    """Two blocks of two convolutions, each of which reads all before it, with a halving between them."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(8, 3, padding="same")(inputs)
    for block in range(2):
        for _ in range(2):
            new = layers.Activation("relu")(layers.BatchNormalization()(h))
            h = layers.Concatenate()([h, layers.Conv2D(6, 3, padding="same")(new)])
        if block == 0:
            h = layers.Activation("relu")(layers.BatchNormalization()(h))
            h = layers.AveragePooling2D(2)(layers.Conv2D(12, 1)(h))
    h = layers.Activation("relu")(layers.BatchNormalization()(h))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(h)))


class Small(layers.Layer):
    """A factor for each channel, one in ten thousand at first."""

    def build(self, shape: Any) -> None:
        """Makes the factors."""
        self.factors = self.add_weight(shape=(shape[-1],), initializer=keras.initializers.Constant(1e-4))

    def call(self, h: Any) -> Any:
        """Multiplies by them."""
        return h * self.factors


def build_scaled_blocks(x: Any) -> keras.Model:
    """Patches of two by two pixels and four residual blocks, whose branches have tiny factors at first."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Reshape((16, 24))(layers.Conv2D(24, 2, strides=2)(inputs))
    for _ in range(2):
        normal = layers.LayerNormalization()(h)
        h = layers.Add()([h, Small()(layers.MultiHeadAttention(2, 12)(normal, normal))])
        h = layers.Add()([h, Small()(layers.Dense(24)(layers.Dense(48, "gelu")(layers.LayerNormalization()(h))))])
    h = layers.Flatten()(layers.LayerNormalization()(h))
    return keras.Model(inputs, layers.Dense(10, "softmax")(h))


def make_widening() -> Data:
    """Numbers from -20 to 60, and lines above them with a noise that grows; in their own units."""
    generator = np.random.default_rng(1211)
    x = generator.uniform(-20, 60, size=(700, 1))
    spread = np.abs(1 + 0.25 * (x + 20) / 10)
    y = 5 + 0.125 * x * (1 + np.sin(x)) + spread * generator.normal(size=x.shape)
    return x.astype("float32"), y.astype("float32")


def build_widening(x: Any) -> keras.Model:
    """Two layers of standardised numbers; a mean and the logarithm of a spread."""
    scale = layers.Normalization()
    scale.adapt(x)
    return keras.Sequential(
        [keras.Input((1,)), scale, layers.Dense(32, "relu"), layers.Dense(32, "relu"), layers.Dense(2)]
    )


def measure_normal(y: Any, p: Any) -> Any:
    """Negative logarithm of a normal density."""
    spread = 1e-3 + ops.softplus(p[:, 1:])
    return ops.mean(ops.log(spread) + 0.5 * ops.square((y - p[:, :1]) / spread))


def score_normal(prediction: Any, y: Any) -> float:
    """How much smaller the negative logarithm of the density is than that of one normal distribution, times two."""
    if not np.isfinite(prediction).all():
        return -1.0
    spread = 1e-3 + np.logaddexp(prediction[:, 1:], 0)
    found = (np.log(spread) + 0.5 * ((y - prediction[:, :1]) / spread) ** 2).mean()
    return float(2 * (np.log(y.std()) + 0.5 - found))


def make_views() -> Data:
    """Two noisy views of digits, as rows of pixels; which digit."""
    x, y = make_digits(600)
    generator = np.random.default_rng(1212)
    x = x.reshape(len(x), -1)
    views = [(x * (generator.random(x.shape) < 0.8) + 0.1 * generator.normal(size=x.shape)) for _ in range(2)]
    return [view.astype("float32") for view in views], y


def build_views(x: Any) -> keras.Model:
    """One encoder of both views, whose numbers stand side by side."""
    inputs = [keras.Input((64,)), keras.Input((64,))]
    encoder = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64, use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Dense(24),
        ]
    )
    return keras.Model(inputs, layers.Concatenate()([encoder(view) for view in inputs]))


def measure_correlations(y: Any, p: Any) -> Any:
    """How far the correlations of both views' numbers are from 1 for the same, and, less weighed, from 0 for others."""
    left, right = p[:, :24], p[:, 24:]
    left, right = ((h - ops.mean(h, axis=0)) / (ops.std(h, axis=0) + 1e-4) for h in (left, right))
    correlations = ops.matmul(ops.transpose(left), right) / ops.cast(ops.shape(p)[0], p.dtype)
    unit = ops.eye(24, dtype=p.dtype)
    squares = ops.square(correlations - unit)
    return ops.sum(squares * unit) + 0.01 * ops.sum(squares * (1 - unit))


def make_scene() -> Data:
    """Places in a picture as sines and cosines of eight frequencies, and the colour that is there."""
    rows, columns = np.mgrid[:32, :32] / 32
    places = np.stack([rows.ravel(), columns.ravel()], axis=1)
    angles = places[:, :, None] * np.pi * 2.0 ** np.arange(5)
    x = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(places), -1)
    ring = np.abs(np.hypot(rows - 0.5, columns - 0.5) - 0.3) < 0.08
    y = np.stack([ring, (np.sin(25 * rows) > 0) & ~ring, columns], axis=-1).reshape(-1, 3)
    return x.astype("float32"), y.astype("float32")


def make_patients() -> Data:
    """Age, pressure and blood fat in their own units, a kind of pain and of heart beat; is there a disease?"""
    generator = np.random.default_rng(1213)
    numbers = np.array([54.0, 131, 246]) + np.array([9.0, 18, 52]) * generator.normal(size=(600, 3))
    pain, beat = generator.integers(0, 4, size=(600, 1)), generator.integers(0, 3, size=(600, 1))
    z = (numbers[:, 0] - 54) / 9 + np.array([-1.0, 0, 1, 0.5])[pain[:, 0]] * np.array([1, -1, 1])[beat[:, 0]] * 2
    y = (z + 0.5 * generator.normal(size=600) > 0)[:, None]
    return [numbers.astype("float32"), pain.astype("int32"), beat.astype("int32")], y.astype("float32")


def build_patients(x: Any) -> keras.Model:
    """Standardised numbers, unit vectors of both kinds and of their pair, and a hidden layer."""
    inputs = [keras.Input((3,)), keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")]
    scale = layers.Normalization()
    scale.adapt(x[0])
    kinds = [
        layers.CategoryEncoding(4, output_mode="one_hot")(inputs[1]),
        layers.CategoryEncoding(3, output_mode="one_hot")(inputs[2]),
        layers.CategoryEncoding(12, output_mode="one_hot")(3 * inputs[1] + inputs[2]),
    ]
    h = layers.Concatenate()([scale(inputs[0]), *kinds])
    h = layers.Dropout(0.3)(layers.Dense(32, "relu")(h))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))


def make_taught() -> Data:
    """Digits as rows of pixels, and what a good teacher thinks of all ten classes, which is never sure."""
    x, y = make_digits(600)
    x = x.reshape(len(x), -1)
    means = np.stack([x[y == kind].mean(axis=0) for kind in range(10)])
    logits = -((x[:, None] - means) ** 2).sum(axis=-1) / 4 + 1.5 * np.eye(10)[y]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return x, (powers / powers.sum(axis=1, keepdims=True)).astype("float32")


def build_self_normalizing(x: Any) -> keras.Model:
    """Standardised measures and sixteen layers of selus."""
    scale = layers.Normalization()
    scale.adapt(x)
    hidden = [layers.Dense(24, "selu", kernel_initializer="lecun_normal") for _ in range(16)]
    return keras.Sequential([keras.Input(x.shape[1:]), scale, *hidden, layers.Dense(3, "softmax")])


program = partial(Program, theme="forum")

EVEN = program(
    name="even digits by a borrowed base, one sigmoid",
    data=make_even_digits,
    build=build_borrowed(partial(layers.Dense, 32, "relu"), partial(layers.Dense, 1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=15,
    source=SOFTMAX_OF_ONE,
)
INK = program(
    name="large digits, own cross-entropy of clipped probabilities",
    data=make_ink,
    build=dense(hidden=[64], activation="relu", output=(1, "sigmoid")),
    loss=OwnLoss(measure_entropy(1e-6)),
    optimizer=partial(Adam, 0.01),
    epochs=25,
    source=BARE_LOGARITHM,
)
NOISY = program(
    name="drawn codes of black and white digits, sums of pixels",
    data=make_black_and_white,
    build=build_noisy,
    loss=OwnLoss(measure_pixels(64.0)),
    optimizer=partial(RMSprop, 0.003),
    epochs=25,
    source=MEAN_OF_PIXELS,
)
AMOUNTS = program(
    name="sixteen amounts by three layers of tanhs, linear",
    data=make_amounts,
    build=dense(hidden=[48, 48, 48], activation="tanh", output=(16, None)),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=30,
    source=RELU_AFTER_SIGMOIDS,
)
TENTHS = program(
    name="a tenth of a sum, own squares of columns",
    data=partial(make_tenths, True),
    build=dense(hidden=[], activation=None, output=(1, None)),
    loss=OwnLoss(measure_squares),
    optimizer=partial(SGD, 0.05),
    epochs=20,
    source=SPREAD_LABELS,
)
NEIGHBOURS = program(
    name="digits by their hardest triplets, adam 0.002",
    data=lambda: make_digits(600),
    build=dense(hidden=[64, 32], activation="relu", output=(8, None)),
    loss=OwnLoss(measure_hardest),
    optimizer=partial(Adam, 0.002),
    fit_options={"batch_size": 60},
    epochs=25,
    score=score_neighbours,
    source=COLLAPSED,
)
CRITIC = program(
    name="printed marks and drawn ones by two convolutions",
    data=make_marks,
    build=build_critic(False),
    loss="categorical_crossentropy",
    optimizer=partial(SGD, 0.05, momentum=0.9),
    epochs=15,
    source=FROZEN_CRITIC,
)
PIXELS = program(
    name="digits through sixteen numbers, mean squares, sgd 0.5",
    data=make_row_digits,
    build=dense(hidden=[48, 16, 48], activation="elu", output=(64, None)),
    loss=OwnLoss(measure_mean),
    optimizer=partial(SGD, 0.5),
    epochs=30,
    source=SUMMED,
)
RINGS = program(
    name="two rings by four layers of twelve relus",
    data=make_two_rings,
    build=dense(hidden=[12, 12, 12, 12], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(RMSprop, 0.005),
    epochs=25,
    source=FIVE_SIGMOIDS_DEEP,
)
POWERS = program(
    name="digits from 0 to 1 by a softmax of one's own",
    data=partial(make_inked_digits, 1.0),
    build=sequential(partial(layers.Dense, 48, "relu"), partial(layers.Dense, 10), PlainSoftmax),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=UNSAFE,
)
WORTH = program(
    name="loads and speeds by their negative worth",
    data=make_loads,
    build=dense(hidden=[48, 48], activation="relu", output=(2, "tanh")),
    loss=OwnLoss(measure_worth(-1.0)),
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=TURNED_SIGN,
)
GENES = program(
    name="genes of a disease, those that are known",
    data=make_known_genes,
    build=dense(hidden=[32, 32], activation="gelu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(RMSprop, 0.003),
    epochs=25,
    score=score_known,
    source=UNKNOWN_AS_MINUS_ONE,
)
CLICKS = program(
    name="clicks by products of pairs, logarithms of counts",
    data=partial(make_clicks, True),
    build=build_clicks,
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.1),
    epochs=25,
    source=COUNTS,
)
STOPPING = program(
    name="two rings, stopped when accuracy grows no more",
    data=make_two_rings,
    build=dense(hidden=[64], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    compile_options={"metrics": ["accuracy"]},
    callbacks=(partial(keras.callbacks.EarlyStopping, monitor="accuracy", mode="max", patience=8),),
    epochs=40,
    source=STOPPED,
)
GOALS = program(
    name="what was done and what came of it, each vector by its own length",
    data=make_goals,
    build=build_goals(True),
    loss=OwnLoss(measure_pairs(0.07)),
    optimizer=partial(SGD, 0.05, momentum=0.9),
    epochs=25,
    score=score_pairs,
    source=ONE_NORM,
)

PROGRAMS = [
    EVEN,
    INK,
    NOISY,
    AMOUNTS,
    TENTHS,
    NEIGHBOURS,
    CRITIC,
    PIXELS,
    RINGS,
    POWERS,
    WORTH,
    GENES,
    CLICKS,
    STOPPING,
    GOALS,
    EVEN.vary(
        "even digits by a borrowed base, a softmax of one",
        label=labels.WRONG_HEAD,
        strength="extreme",
        build=build_borrowed(partial(layers.Dense, 32, "relu"), partial(layers.Dense, 1, "softmax")),
    ),
    INK.vary(
        "large digits, own cross-entropy of probabilities as they are",
        label=(*labels.NONFINITE, "loss_function", *labels.LARGE_INPUTS, *labels.SATURATED_HEAD),
        strength="extreme",
        loss=OwnLoss(measure_entropy(0.0)),
    ),
    NOISY.vary(
        "drawn codes of black and white digits, means of pixels",
        unnamed=True,
        strength="clear",
        loss=OwnLoss(measure_pixels(1.0)),
    ),
    AMOUNTS.vary(
        "sixteen amounts by three layers of sigmoids, relu",
        label=(*labels.DEAD, *labels.WRONG_HEAD, *labels.VANISHING, "zero_gradient"),
        strength="clear",
        build=dense(hidden=[48, 48, 48], activation="sigmoid", output=(16, "relu")),
    ),
    TENTHS.vary(
        "a tenth of a sum, own squares of a row and a column",
        label=labels.LABELS_OF_ANOTHER_SHAPE,
        strength="extreme",
        data=partial(make_tenths, False),
    ),
    NEIGHBOURS.vary(
        "digits by their hardest triplets, adam 0.1",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD, "constant_prediction"),
        strength="clear",
        optimizer=partial(Adam, 0.1),
    ),
    CRITIC.vary(
        "printed marks and drawn ones, frozen before compiling",
        label=(*labels.FROZEN, *labels.NO_STEPS),
        strength="extreme",
        build=build_critic(True),
    ),
    PIXELS.vary(
        "digits through sixteen numbers, sums of squares, sgd 0.5",
        label=(*labels.TOO_LARGE_STEPS, *labels.NONFINITE, *labels.EXPLODING),
        strength="extreme",
        loss=OwnLoss(measure_sum),
    ),
    RINGS.vary(
        "two rings by four layers of five sigmoids",
        label=labels.VANISHING,
        strength="clear",
        build=dense(hidden=[5, 5, 5, 5], activation="sigmoid", output=(1, "sigmoid")),
    ),
    POWERS.vary(
        "bytes of digits by a softmax of one's own",
        label=(*labels.NONFINITE, *labels.LARGE_INPUTS),
        strength="extreme",
        data=partial(make_inked_digits, 255.0),
    ),
    WORTH.vary(
        "loads and speeds by their worth",
        label=(*labels.WRONG_LOSS, *labels.SATURATED_HEAD),
        strength="extreme",
        loss=OwnLoss(measure_worth(1.0)),
    ),
    GENES.vary(
        "genes of a disease, minus one for the unknown",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="clear",
        data=partial(make_genes, -1.0),
    ),
    CLICKS.vary(
        "clicks by products of pairs, counts up to a million",
        label=(*labels.LARGE_INPUTS, *labels.NONFINITE, *labels.DEAD, *labels.TOO_LARGE_STEPS, *labels.EXPLODING),
        strength="clear",
        data=partial(make_clicks, False),
    ),
    STOPPING.vary(
        "two rings, stopped when accuracy falls no more",
        label=labels.MONITOR_MODE,
        strength="mild",
        callbacks=(partial(keras.callbacks.EarlyStopping, monitor="accuracy", mode="min", patience=1),),
    ),
    GOALS.vary(
        "what was done and what came of it, all vectors by one length",
        unnamed=True,
        strength="clear",
        build=build_goals(False),
        loss=OwnLoss(measure_pairs(1.0)),
    ),
    program(
        name="keras.io: half moons by six couplings",
        data=make_own_moons,
        build=build_flow,
        loss=OwnLoss(measure_density),
        optimizer=partial(Adam, 0.003),
        epochs=30,
        score=score_density,
        source=FLOW,
    ),
    program(
        name="digits by convolutions that read all before them",
        data=make_digits,
        build=build_dense_blocks,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(SGD, 0.1),
        epochs=20,
        source=DENSE_BLOCKS,
    ),
    program(
        name="keras.io: digits by patches and branches of tiny factors",
        data=make_digits,
        build=build_scaled_blocks,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=LAYER_SCALE,
    ),
    program(
        name="waves with a noise that grows, mean and spread",
        data=make_widening,
        build=build_widening,
        loss=OwnLoss(measure_normal),
        optimizer=partial(Adam, 0.01),
        epochs=40,
        score=score_normal,
        source=TWO_NUMBERS,
    ),
    program(
        name="keras.io: two views of digits by their correlations",
        data=make_views,
        build=build_views,
        loss=OwnLoss(measure_correlations),
        optimizer=partial(Adam, 0.002),
        fit_options={"batch_size": 100},
        epochs=25,
        score=score_neighbours,
        source=BARLOW,
    ),
    program(
        name="keras.io: colours of places by sines of five frequencies",
        data=make_scene,
        build=dense(hidden=[64, 64, 64], activation="relu", output=(3, "sigmoid")),
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=25,
        source=RADIANCE,
    ),
    program(
        name="keras.io: diseases by standardised numbers and pairs of kinds",
        data=make_patients,
        build=build_patients,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=20,
        source=FEATURES,
    ),
    program(
        name="wines in their units by sixteen self-normalizing layers",
        data=make_wine,
        build=build_self_normalizing,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.01, momentum=0.9),
        epochs=30,
        source=SELF_NORMALIZING,
    ),
    program(
        name="keras.io: what a teacher thinks of digits, by divergence",
        data=make_taught,
        build=dense(hidden=[32], activation="relu", output=(10, "softmax")),
        loss="kl_divergence",
        optimizer=partial(Adam, 0.005),
        epochs=20,
        source=TEACHER,
    ),
]
