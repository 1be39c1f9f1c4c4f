"""Sequences, lists, graphs and own layers of those who asked why nothing is learned, and of others' examples.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's; programs without a source are common mistakes or common
models.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.initializers import Constant, Orthogonal, RandomNormal, RandomUniform, Zeros
from keras.optimizers import SGD, Adam, AdamW, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

ONE_SIDE = "https://github.com/PatrickHua/SimSiam/issues/39"
REVERSED = "https://github.com/michetonu/gradient_reversal_keras_tf/issues/2"
A_MINUS = "https://github.com/tensorflow/ranking/issues/23"
ACROSS_CHANNELS = "https://github.com/keras-team/keras/issues/20627"


def make_views() -> Data:
    """Two noisy sounds each of one of six birds, and which bird."""
    generator = np.random.default_rng(1651)
    y = generator.integers(0, 6, size=900)
    birds = generator.normal(size=(6, 12))
    return [(birds[y] + 0.7 * generator.normal(size=(900, 12))).astype("float32") for _ in range(2)], y.astype("int32")


def build_views(x: Any) -> keras.Model:
    """What one network says of both sounds, and what another one foretells of that, all vectors of length one."""
    encoder = keras.Sequential(
        [keras.Input((12,)), layers.Dense(32, "relu"), layers.BatchNormalization(momentum=0.9), layers.Dense(8)]
    )
    predictor = keras.Sequential([keras.Input((8,)), layers.Dense(16, "relu"), layers.Dense(8)])
    inputs = [keras.Input((12,)), keras.Input((12,))]
    found = [encoder(side) for side in inputs]
    said = [predictor(side) for side in found]
    return keras.Model(inputs, layers.Concatenate()([layers.UnitNormalization()(part) for part in (*found, *said)]))


def measure_views(fixed: bool) -> Callable[[Any, Any], Any]:
    """How far what is foretold of one sound is from what is said of the other one, which may be held fixed."""

    def measure(y: Any, p: Any) -> Any:
        found = [p[:, :8], p[:, 8:16]]
        if fixed:
            found = [ops.stop_gradient(part) for part in found]
        return -0.5 * (ops.sum(p[:, 16:24] * found[1], axis=-1) + ops.sum(p[:, 24:] * found[0], axis=-1))

    return measure


def score_views(prediction: Any, y: Any) -> float:
    """How often the nearest mean of a bird's vectors is the right one's, of numbers rounded to a tenth."""
    if not np.isfinite(prediction).all():
        return -1.0
    found = np.round(prediction[:, :8], 1)
    means = np.stack([found[y == bird].mean(axis=0) for bird in range(6)])
    said = ((found[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
    return float(((said == y).mean() - 1 / 6) / (5 / 6))


def make_branches() -> Data:
    """A number, and one of two curves of it with little noise."""
    generator = np.random.default_rng(1652)
    x = generator.uniform(-1.7, 1.7, size=(1000, 1))
    y = generator.choice([-1.0, 1.0], size=(1000, 1)) * (1 + 0.5 * np.sin(2 * x)) + 0.1 * generator.normal(
        size=(1000, 1)
    )
    return x.astype("float32"), y.astype("float32")


def build_branches(kernel: Any) -> Callable[[Any], keras.Model]:
    """Means, logarithms of spreads and logits of four bell curves."""
    return sequential(
        partial(layers.Dense, 32, "tanh"),
        partial(layers.Dense, 32, "tanh"),
        partial(layers.Dense, 12, None, True, kernel),
    )


def measure_density(y: Any, p: Any) -> Any:
    """The negative logarithm of the density of four bell curves."""
    mean, spread, logit = p[:, :4], ops.clip(p[:, 4:8], -4.0, 4.0), p[:, 8:]
    each = ops.log_softmax(logit, axis=-1) - spread - 0.5 * ops.square((y - mean) * ops.exp(-spread)) - 0.919
    return -ops.logsumexp(each, axis=-1)


def score_density(prediction: Any, y: Any) -> float:
    """By how much the mean logarithm of the density is above that of one bell curve for all."""
    if not np.isfinite(prediction).all():
        return -1.0
    loss = keras.ops.convert_to_numpy(measure_density(ops.convert_to_tensor(y), ops.convert_to_tensor(prediction)))
    return float(np.log(y.std()) + 1.419 - loss.mean())


def make_waves() -> Data:
    """Forty steps of noise, and a curved function of the last three of them, standardised."""
    generator = np.random.default_rng(1653)
    x = generator.uniform(-1, 1, size=(900, 40, 1))
    y = x[:, -1] + x[:, -2] * x[:, -1] - 0.8 * x[:, -3]
    return x.astype("float32"), ((y - y.mean()) / y.std()).astype("float32")


def build_reservoir(gain: float) -> Callable[[Any], keras.Model]:
    """Eighty recurrent units that are never trained, and a linear unit that reads them."""
    return sequential(
        lambda: layers.SimpleRNN(
            80,
            kernel_initializer=RandomUniform(-0.7, 0.7),
            recurrent_initializer=Orthogonal(gain),
            bias_initializer=RandomUniform(-0.4, 0.4),
            trainable=False,
        ),
        partial(layers.Dense, 1),
    )


class Decay(layers.Layer):
    """Sums up all steps, each weighed by powers of rates that are learned."""

    def __init__(self, least: float, most: float) -> None:
        super().__init__()
        self.least, self.most = least, most

    def build(self, shape: Any) -> None:
        """Makes eight rates and what each of them takes from a step."""
        self.steps = shape[1]
        self.rates = self.add_weight(shape=(8,), initializer=RandomUniform(self.least, self.most), name="rates")
        self.kernel = self.add_weight(shape=(shape[2], 8), initializer="glorot_uniform", name="kernel")

    def call(self, h: Any) -> Any:
        """Weighs and adds."""
        ages = ops.expand_dims(ops.arange(self.steps - 1.0, -1.0, -1.0), 1)
        return ops.sum(ops.matmul(h, self.kernel) * ops.power(self.rates, ages), axis=1)


def make_tanks() -> Data:
    """A hundred hours of what flows into a tank, and how full it is, of which a tenth is lost in each hour."""
    generator = np.random.default_rng(1654)
    x = generator.normal(size=(700, 100, 1))
    y = (x[:, :, 0] @ 0.9 ** np.arange(99, -1, -1.0))[:, None]
    return x.astype("float32"), (y / y.std()).astype("float32")


def make_rings() -> Data:
    """Points on two rings, and on which."""
    generator = np.random.default_rng(1655)
    y = generator.integers(0, 2, size=800)
    angle, far = generator.uniform(0, 6.3, size=800), 1 + y + 0.15 * generator.normal(size=800)
    return np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1).astype("float32"), y[:, None].astype("float32")


def build_flow(step: float) -> Callable[[Any], keras.Model]:
    """Six numbers that follow, in twenty steps, what two layers say of where they go, and a sigmoid."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(6)(inputs)
        way = keras.Sequential([keras.Input((6,)), layers.Dense(24, "softplus"), layers.Dense(6)])
        for _ in range(20):
            h = h + step * way(h)
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))

    return build


class Reversal(layers.Layer):
    """Gives on what it is given, and gives back gradients of the other sign, times a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def call(self, h: Any) -> Any:
        """The value of one part stays and its gradients do not."""
        return ops.stop_gradient((1 + self.factor) * h) - self.factor * h


def make_sites() -> Data:
    """Ten measures of patients of two sites that measure otherwise, whether they are ill, and the site."""
    generator = np.random.default_rng(1656)
    site = generator.integers(0, 2, size=1000)
    x = generator.normal(size=(1000, 10))
    ill = x[:, 0] + x[:, 1] * x[:, 2] > 0
    x[:, 4:7] += 1.5 * site[:, None]
    return x.astype("float32"), {
        "ill": ill[:, None].astype("float32"),
        "site": site[:, None].astype("float32"),
    }


def build_sites(factor: float) -> Callable[[Any], keras.Model]:
    """Features that tell who is ill and are to hide the site, by gradients of the other sign times a factor."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(32, "relu")(layers.Dense(32, "relu")(inputs))
        site = layers.Dense(16, "relu")(Reversal(factor)(h))
        return keras.Model(
            inputs,
            {"ill": layers.Dense(1, "sigmoid", name="ill")(h), "site": layers.Dense(1, "sigmoid", name="site")(site)},
        )

    return build


def score_sites(prediction: Any, y: Any) -> float:
    """How often one knows who is ill, 0 for chance."""
    said = prediction["ill"]
    return float(2 * ((said > 0.5) == (y["ill"] > 0.5)).mean() - 1) if np.isfinite(said).all() else -1.0


def make_bags() -> Data:
    """Sixty cells of each blood sample, four measures of each, and whether any of them is of a rare kind."""
    generator = np.random.default_rng(1657)
    y = generator.integers(0, 2, size=700)
    x = generator.normal(size=(700, 60, 4))
    for cells, kind in zip(x, y, strict=True):
        if kind:
            cells[generator.integers(0, 60, size=2)] = np.array([2.5, -2.5, 2.0, 0]) + 0.4 * generator.normal(
                size=(2, 4)
            )
    return x.astype("float32"), y[:, None].astype("float32")


def build_bags(bias: float) -> Callable[[Any], keras.Model]:
    """How likely each cell is of the rare kind, with a first bias, and how likely any of them is."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(16, "relu")(inputs)
        share = layers.Dense(1, "sigmoid", bias_initializer=Constant(bias))(h)
        return keras.Model(inputs, 1 - ops.prod(1 - share, axis=1))

    return build


def make_tries() -> Data:
    """Six measures of a state, and which of four moves was tried, as a number."""
    generator = np.random.default_rng(1658)
    x = generator.normal(size=(1500, 6))
    return x.astype("float32"), generator.integers(0, 4, size=1500).astype("int32")


def find_gains(x: Any, y: Any) -> Any:
    """What the tried moves brought above the mean: most for the right one, with noise."""
    generator = np.random.default_rng(1659)
    worth = x @ generator.normal(size=(6, 4))
    worth = worth - worth.mean(axis=1, keepdims=True)
    return worth[np.arange(len(x)), y] / worth.std() + 0.3 * generator.normal(size=len(x))


def weigh_gains(heat: float) -> Callable[[Any, Any], Any]:
    """Exponentials of what moves brought over a temperature, one in the mean."""

    def weigh(x: Any, y: Any) -> Any:
        weights = np.exp(find_gains(x, y) / heat)
        return (weights / weights.mean()).astype("float32")

    return weigh


def score_tries(prediction: Any, y: Any) -> float:
    """How often the likeliest move is the right one, 0 for chance."""
    if not np.isfinite(prediction).all():
        return -1.0
    right = (make_tries()[0] @ np.random.default_rng(1659).normal(size=(6, 4))).argmax(axis=1)
    return float(((prediction.argmax(axis=1) == right).mean() - 0.25) / 0.75)


def make_noise(own: bool) -> Data:
    """Points of a spiral mixed with noise, how much of it, and this noise, or other noise of the same kind."""
    generator = np.random.default_rng(1660)
    turn = generator.uniform(0.5, 1, size=2000)
    points = 1.5 * turn[:, None] * np.stack([np.cos(9 * turn), np.sin(9 * turn)], axis=1)
    share = generator.uniform(0.05, 0.95, size=(2000, 1))
    noise = generator.normal(size=(2000, 2))
    x = np.concatenate([np.sqrt(1 - share) * points + np.sqrt(share) * noise, share], axis=1)
    return x.astype("float32"), (noise if own else generator.normal(size=(2000, 2))).astype("float32")


def make_lists(ranks: bool) -> Data:
    """Six answers with five measures each, and the place of each from worst to best, or who is at each place."""
    generator = np.random.default_rng(1661)
    x = generator.normal(size=(700, 6, 5))
    worth = x[:, :, 0] - x[:, :, 1] + 0.7 * x[:, :, 2] * x[:, :, 3]
    order = worth.argsort(axis=1)
    return x.astype("float32"), (order.argsort(axis=1) if ranks else order).astype("float32")


def build_lists(x: Any) -> keras.Model:
    """A number for each answer by the same two layers."""
    return sequential(
        partial(layers.Dense, 24, "relu"), partial(layers.Dense, 24, "relu"), partial(layers.Dense, 1), layers.Flatten
    )(x)


def measure_pairs(sign: float) -> Callable[[Any, Any], Any]:
    """The logarithm of one and an exponential of how much higher the better of two answers is, with a sign."""

    def measure(y: Any, p: Any) -> Any:
        better = ops.cast(ops.expand_dims(y, 2) > ops.expand_dims(y, 1), p.dtype)
        return ops.sum(better * ops.softplus(sign * (ops.expand_dims(p, 2) - ops.expand_dims(p, 1))), axis=(1, 2)) / 15

    return measure


def score_lists(prediction: Any, y: Any) -> float:
    """How many more pairs of answers are in the right order than in the wrong one."""
    if not np.isfinite(prediction).all():
        return -1.0
    right = make_lists(True)[1]
    signs = np.sign(prediction[:, :, None] - prediction[:, None]) * np.sign(right[:, :, None] - right[:, None])
    return float(signs.sum() / (len(right) * 30))


def make_names(lower: bool) -> Data:
    """Twelve words of an order by number, and whether it is urgent; words with a capital may be unknown, as 1."""
    generator = np.random.default_rng(1662)
    y = generator.integers(0, 2, size=900)
    x = generator.integers(22, 60, size=(900, 12))
    for words, kind in zip(x, y, strict=True):
        words[generator.choice(12, 2, replace=False)] = generator.integers(2, 12, size=2) + 10 * kind
    small = generator.random(x.shape) < 0.03
    return np.where(lower | small, x, 1).astype("int32"), y[:, None].astype("float32")


def make_turns() -> Data:
    """Twenty-five readings of three sensors of a wheel, and whether it turns to the left or to the right."""
    generator = np.random.default_rng(1663)
    y = generator.integers(0, 2, size=700)
    phase = generator.uniform(0, 6.3, size=(700, 1))
    angle = phase + 0.5 * np.arange(25) * (2 * y[:, None] - 1)
    x = np.stack([np.sin(angle), np.cos(angle), np.zeros_like(angle)], axis=-1) + 0.4 * generator.normal(
        size=(700, 25, 3)
    )
    return x.astype("float32"), y[:, None].astype("float32")


def build_turns(fixed: bool) -> Callable[[Any], keras.Model]:
    """A GRU that has learned to tell turns, fixed, and a new head, which is fixed as well or not."""

    def build(x: Any) -> keras.Model:
        gru = layers.GRU(16)
        known = keras.Sequential([keras.Input(x.shape[1:]), gru, layers.Dense(1, "sigmoid")])
        options = {"jit_compile": False} if keras.backend.backend() == "tensorflow" else {}
        known.compile(Adam(0.01), "binary_crossentropy", **options)
        known.fit(*make_turns(), epochs=8, verbose=0)
        gru.trainable = False
        inputs = keras.Input(x.shape[1:])
        model = keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Dense(16, "relu")(gru(inputs))))
        if fixed:
            for layer in model.layers:
                layer.trainable = False
        return model

    return build


def make_pulses() -> Data:
    """Thirty-two readings of a heart from -1 to 5, which are their own labels."""
    generator = np.random.default_rng(1664)
    at = generator.uniform(8, 24, size=(600, 1))
    high = generator.uniform(2, 5, size=(600, 1))
    far = np.arange(32) - at
    x = high * np.exp(-(far**2) / 4) - 0.8 * np.exp(-((far - 4) ** 2) / 6) + 0.1 * generator.normal(size=(600, 32))
    return x[..., None].astype("float32"), x[..., None].astype("float32")


def build_pulses(activation: str | None) -> Callable[[Any], keras.Model]:
    """Convolutions that halve the series twice, and others that double it, with an activation at the end."""
    return sequential(
        partial(layers.Conv1D, 16, 5, strides=2, padding="same", activation="relu"),
        partial(layers.Conv1D, 6, 5, strides=2, padding="same", activation="relu"),
        partial(layers.Conv1DTranspose, 16, 5, strides=2, padding="same", activation="relu"),
        partial(layers.Conv1DTranspose, 1, 5, strides=2, padding="same", activation=activation),
    )


class Heads(layers.Layer):
    """Attention by four heads, whose numbers are moved to an axis before the steps, or only given another shape."""

    def __init__(self, moved: bool) -> None:
        super().__init__()
        self.moved = moved
        self.parts = [layers.Dense(32) for _ in range(4)]

    def build(self, shape: Any) -> None:
        """Builds the parts."""
        for part in self.parts:
            part.build((*shape[:-1], 32) if part is self.parts[3] else shape)

    def split(self, h: Any) -> Any:
        """Four heads of eight numbers."""
        if self.moved:
            return ops.transpose(ops.reshape(h, (-1, 16, 4, 8)), (0, 2, 1, 3))
        return ops.reshape(h, (-1, 4, 16, 8))

    def call(self, h: Any) -> Any:
        """Attends."""
        query, key, value = (self.split(part(h)) for part in self.parts[:3])
        shares = ops.softmax(ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / 8**0.5, axis=-1)
        seen = ops.matmul(shares, value)
        seen = ops.transpose(seen, (0, 2, 1, 3)) if self.moved else seen
        return self.parts[3](ops.reshape(seen, (-1, 16, 32)))


def make_notes() -> Data:
    """Sixteen numbers, one of them marked, and the marked one."""
    generator = np.random.default_rng(1665)
    x = np.zeros((1200, 16, 2))
    x[:, :, 0] = generator.normal(size=(1200, 16))
    at = generator.integers(0, 16, size=1200)
    x[np.arange(1200), at, 1] = 3
    return x.astype("float32"), x[np.arange(1200), at, :1].astype("float32")


def build_notes(moved: bool) -> Callable[[Any], keras.Model]:
    """Attention by four heads to all numbers, and a linear unit that reads the first step."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(32)(inputs)
        h = layers.Add()([h, Heads(moved)(h)])
        return keras.Model(inputs, layers.Dense(1)(h[:, 0]))

    return build


class Weights(layers.Layer):
    """A network of ten tanhs for one input, whose weights two layers make of another input."""

    def __init__(self, kernel: Any) -> None:
        super().__init__()
        self.first = layers.Dense(24, "tanh")
        self.second = layers.Dense(60, kernel_initializer=kernel)

    def build(self, shape: Any) -> None:
        """Builds both layers."""
        self.first.build(shape[1])
        self.second.build((None, 24))

    def call(self, parts: Any) -> Any:
        """Makes weights and uses them."""
        h, task = parts
        made = self.second(self.first(task))
        kernel, last = ops.reshape(made[:, :50], (-1, 5, 10)), ops.expand_dims(made[:, 50:], -1)
        h = ops.tanh(ops.matmul(ops.expand_dims(h, 1), kernel))
        return ops.squeeze(ops.matmul(h, last), -1)


def make_machines() -> Data:
    """Five measures of a product, three settings of a machine that tell how they count, and a quality."""
    generator = np.random.default_rng(1666)
    x, task = generator.normal(size=(1200, 5)), generator.normal(size=(1200, 3))
    y = (x * np.tanh(task @ generator.normal(size=(3, 5)))).sum(axis=1, keepdims=True)
    return [x.astype("float32"), task.astype("float32")], (y / y.std()).astype("float32")


def build_machines(kernel: Any) -> Callable[[Any], keras.Model]:
    """What weights that are made of settings make of measures."""

    def build(x: Any) -> keras.Model:
        inputs = [keras.Input((5,)), keras.Input((3,))]
        return keras.Model(inputs, Weights(kernel())(inputs))

    return build


class Adapted(layers.Layer):
    """A fixed dense layer and beside it the product of two narrow kernels, the second of which starts at zero."""

    def __init__(self, dense: layers.Dense, first: Any) -> None:
        super().__init__()
        self.dense, self.first = dense, first
        self.dense.trainable = False

    def build(self, shape: Any) -> None:
        """Makes both kernels."""
        self.narrow = self.add_weight(shape=(shape[-1], 8), initializer=self.first, name="narrow")
        self.wide = self.add_weight(shape=(8, self.dense.units), initializer="zeros", name="wide")

    def call(self, h: Any) -> Any:
        """Adds both, and keeps what is above 0."""
        return ops.relu(self.dense(h) + ops.matmul(ops.matmul(h, self.narrow), self.wide))


def make_brighter() -> Data:
    """Digits as rows of pixels, each pixel brighter by a number of its own."""
    x, y = make_digits(900)
    return x.reshape(len(x), -1) + np.random.default_rng(1667).uniform(0, 3, size=64).astype("float32"), y


def build_adapted(first: Callable[[], Any]) -> Callable[[Any], keras.Model]:
    """A network that knows digits, fixed, with narrow kernels beside its two hidden layers."""

    def build(x: Any) -> keras.Model:
        digits, kinds = make_digits(900)
        hidden, last = [layers.Dense(48), layers.Dense(48)], layers.Dense(10, "softmax")
        inputs = keras.Input(x.shape[1:])
        h = inputs
        for layer in hidden:
            h = ops.relu(layer(h))
        known = keras.Model(inputs, last(h))
        options = {"jit_compile": False} if keras.backend.backend() == "tensorflow" else {}
        known.compile(Adam(0.003), "sparse_categorical_crossentropy", **options)
        known.fit(digits.reshape(len(digits), -1), kinds, epochs=10, verbose=0)
        last.trainable = False
        h = inputs = keras.Input(x.shape[1:])
        for layer in hidden:
            h = Adapted(layer, first())(h)
        return keras.Model(inputs, last(h))

    return build


def make_cards() -> Data:
    """Five cards of three measures each, and for each the place where it belongs, as unit vectors."""
    generator = np.random.default_rng(1676)
    x = generator.normal(size=(900, 5, 3))
    worth = x[:, :, 0] + 0.7 * np.abs(x[:, :, 1])
    return x.astype("float32"), np.eye(5, dtype="float32")[worth.argsort(axis=1).argsort(axis=1)]


def build_cards(by_logarithms: bool) -> Callable[[Any], keras.Model]:
    """Exponentials of numbers, divided in turns by the sums of rows and of columns, or the same by logarithms."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        every = ops.tile(layers.Reshape((1, 15))(inputs), (1, 5, 1))
        h = layers.Dense(32, "relu")(layers.Concatenate()([inputs, every]))
        h = 10.0 * layers.Dense(5)(layers.Dense(32, "relu")(h))
        h = h if by_logarithms else ops.exp(h)
        for axis in 4 * (1, 2):
            if by_logarithms:
                h = h - ops.logsumexp(h, axis=axis, keepdims=True)
            else:
                h = h / ops.sum(h, axis=axis, keepdims=True)
        return keras.Model(inputs, ops.exp(h) if by_logarithms else h)

    return build


class Shrink(layers.Layer):
    """Takes a threshold off numbers, which is learned, and makes smaller ones zero."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    def build(self, shape: Any) -> None:
        """Makes one threshold for all."""
        self.least = self.add_weight(shape=(), initializer=Constant(self.threshold), name="least")

    def call(self, h: Any) -> Any:
        """Shrinks."""
        return ops.sign(h) * ops.relu(ops.abs(h) - self.least)


def make_sparse() -> Data:
    """Twelve sums of twenty numbers most of which are zero, and these numbers."""
    generator = np.random.default_rng(1668)
    y = generator.normal(size=(1500, 20)) * (generator.random((1500, 20)) < 0.1)
    x = y @ generator.normal(size=(20, 12)) + 0.02 * generator.normal(size=(1500, 12))
    return x.astype("float32"), y.astype("float32")


def build_sparse(threshold: float) -> Callable[[Any], keras.Model]:
    """Four rounds of what was found before and what the sums say, shrunk."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = Shrink(threshold)(layers.Dense(20, use_bias=False)(inputs))
        for _ in range(3):
            h = Shrink(threshold)(h + layers.Dense(20, use_bias=False)(layers.Concatenate()([inputs, h])))
        return keras.Model(inputs, h)

    return build


class Standardising(keras.Model):
    """A model whose own training step standardises each batch before it learns from it."""

    def train_step(self, *arguments: Any) -> Any:
        """Standardises, then does what Keras does."""
        x, y, weight = keras.utils.unpack_x_y_sample_weight(arguments[-1])
        x = (x - ops.mean(x, axis=0, keepdims=True)) / (ops.std(x, axis=0, keepdims=True) + 1e-6)
        return super().train_step(*arguments[:-1], keras.utils.pack_x_y_sample_weight(x, y, weight))


def make_cells(scaled: bool) -> Data:
    """Eight measures of cells in their own units, about sixty, or standardised, and which of three kinds they are."""
    generator = np.random.default_rng(1669)
    x = generator.normal(size=(900, 8))
    y = np.stack([x[:, 0] + x[:, 1], x[:, 2] - x[:, 0], x[:, 3] * 1.4], axis=1).argmax(axis=1)
    return (x if scaled else 60 + 12 * x).astype("float32"), y.astype("int32")


def build_cells(x: Any) -> keras.Model:
    """Two layers and a softmax with an own training step."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "relu")(layers.Dense(32, "relu")(inputs))
    return Standardising(inputs, layers.Dense(3, "softmax")(h))


def make_trips() -> Data:
    """Seven measures of trips, and how long they take, with noise that has long tails, standardised."""
    generator = np.random.default_rng(1670)
    x = generator.normal(size=(900, 7))
    y = x[:, 0] + 0.7 * x[:, 1] * x[:, 2] + 0.3 * generator.laplace(size=900)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_trips(x: Any) -> keras.Model:
    """Two layers, and a middle and the logarithm of a spread."""
    return dense(hidden=[32, 32], activation="relu", output=(2, None))(x)


def measure_trips(sign: float) -> Callable[[Any, Any], Any]:
    """Errors over a spread and the logarithm of that spread, with a sign."""

    def measure(y: Any, p: Any) -> Any:
        return ops.mean(ops.abs(y - p[:, :1]) * ops.exp(-p[:, 1:]) + sign * p[:, 1:], axis=-1)

    return measure


def score_trips(prediction: Any, y: Any) -> float:
    """The share of the labels' variance that the middle explains."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float(1 - ((y[:, 0] - prediction[:, 0]) ** 2).mean() / y.var())


class Pair:
    """Two dense layers, kept in an object that Keras does not know."""

    def __init__(self, units: int) -> None:
        self.parts = [layers.Dense(units, "tanh"), layers.Dense(units, "tanh")]

    def call(self, h: Any) -> Any:
        """Calls one after the other."""
        for part in self.parts:
            h = part(h)
        return h


class Tower(keras.Model):
    """Two pairs of layers and a softmax, with the layers in a list of its own or only in the pairs."""

    def __init__(self, listed: bool) -> None:
        super().__init__()
        self.pairs = [Pair(5), Pair(5)]
        if listed:
            self.known = [part for pair in self.pairs for part in pair.parts]
        self.last = layers.Dense(3, "softmax")

    def call(self, h: Any) -> Any:
        """Calls one pair after the other."""
        for pair in self.pairs:
            h = pair.call(h)
        return self.last(h)


def build_tower(listed: bool) -> Callable[[Any], keras.Model]:
    """A model of one's own that has been called once."""

    def build(x: Any) -> keras.Model:
        model = Tower(listed)
        model(x[:2])
        return model

    return build


class Choice(layers.Layer):
    """Three weighted means of all features, by softmaxes over a temperature."""

    def __init__(self, heat: float) -> None:
        super().__init__()
        self.heat = heat

    def build(self, shape: Any) -> None:
        """Makes a number for each feature, three times."""
        self.logits = self.add_weight(shape=(shape[-1], 3), initializer=RandomNormal(stddev=0.1), name="logits")

    def call(self, h: Any) -> Any:
        """Weighs."""
        return ops.matmul(h, ops.softmax(self.logits / self.heat, axis=0))


def make_genes() -> Data:
    """Twenty genes, standardised, of which three decide a label, standardised."""
    generator = np.random.default_rng(1671)
    x = generator.normal(size=(1000, 20))
    y = x[:, 3] + np.abs(x[:, 8]) - 0.8 * x[:, 15] + 0.1 * generator.normal(size=1000)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def build_genes(heat: float) -> Callable[[Any], keras.Model]:
    """Three of the genes by softmaxes over a temperature, two layers and a linear unit."""
    return sequential(
        partial(Choice, heat),
        partial(layers.Dense, 24, "relu"),
        partial(layers.Dense, 24, "relu"),
        partial(layers.Dense, 1),
    )


def make_streams(downwards: bool) -> Data:
    """Three measures of ten rivers, which river flows into which, or the other way round, and which ones are high.

    A river is high if those that flow into it carry much on the whole.
    """
    generator = np.random.default_rng(1672)
    x = generator.normal(size=(400, 10, 3))
    flows = np.triu(generator.random((400, 10, 10)) < 0.4, 1)[:, generator.permutation(10)][
        :, :, generator.permutation(10)
    ]
    y = np.matmul(flows.transpose(0, 2, 1), x[:, :, :1]) > 0
    edges = flows.transpose(0, 2, 1) if downwards else flows
    return [x.astype("float32"), edges.astype("float32")], y.astype("float32")


def build_streams(x: Any) -> keras.Model:
    """Sums over the rivers that edges name, beside a river's own measures, and a sigmoid for each river."""
    measures, edges = keras.Input((10, 3)), keras.Input((10, 10))
    sums = ops.matmul(edges, layers.Dense(12)(measures))
    h = layers.Dense(24, "relu")(layers.Concatenate()([measures, sums]))
    return keras.Model([measures, edges], layers.Dense(1, "sigmoid")(h))


def build_points(x: Any) -> keras.Model:
    """A recurrent layer that reads both ways and multiplies, and products that point at a step, squeezed by a tanh."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Bidirectional(layers.GRU(16, return_sequences=True), merge_mode="mul")(inputs)
    asking = layers.Dense(16)(layers.GlobalAveragePooling1D()(h))
    scores = ops.squeeze(ops.matmul(layers.Dense(16)(h), ops.expand_dims(asking, -1)), -1)
    return keras.Model(inputs, layers.Softmax()(10 * ops.tanh(scores + layers.Flatten()(layers.Dense(1)(h)))))


def make_highest() -> Data:
    """Twelve noisy steps, and the number of the highest one."""
    generator = np.random.default_rng(1673)
    x = generator.normal(size=(1000, 12, 1))
    return x.astype("float32"), x[:, :, 0].argmax(axis=1).astype("int32")


def build_across(x: Any) -> keras.Model:
    """A convolution, the mean over its filters for each step, a hidden layer and a sigmoid."""
    return sequential(
        partial(layers.Conv1D, 16, 3, padding="same", activation="relu"),
        partial(layers.GlobalAveragePooling1D, data_format="channels_first"),
        partial(layers.Dense, 24, "relu"),
        partial(layers.Dense, 1, "sigmoid"),
    )(x)


def make_early() -> Data:
    """Thirty readings of a machine with one peak, and whether that comes in the first half."""
    generator = np.random.default_rng(1674)
    at = generator.integers(1, 29, size=700)
    x = 0.4 * generator.normal(size=(700, 30))
    x[np.arange(700), at] += 2
    x[np.arange(700), at + 1] += 2
    return x[..., None].astype("float32"), (at < 15)[:, None].astype("float32")


def build_grouped(x: Any) -> keras.Model:
    """Vectors of words, attention whose queries share keys, the largest of steps and a sigmoid."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(60, 16)(inputs)
    h = layers.Add()([h, layers.GroupQueryAttention(4, 4, 2)(layers.RMSNormalization()(h), h)])
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalMaxPooling1D()(h)))


def measure_circle(y: Any, p: Any) -> Any:
    """The negative logarithm of a density on a circle, of a direction and how sure it is, without a constant."""
    sure = ops.sqrt(ops.sum(ops.square(p), axis=-1) + 1e-4)
    bessel = ops.logsumexp(ops.expand_dims(sure, -1) * ops.cos(ops.arange(0.0, 6.28, 0.1963)), axis=-1)
    return bessel - ops.sum(y * p, axis=-1)


def make_headings() -> Data:
    """Six measures of a bird, and where it flies, as sine and cosine."""
    generator = np.random.default_rng(1675)
    x = generator.normal(size=(900, 6))
    angle = np.arctan2(x[:, 0] + x[:, 1] * x[:, 2], x[:, 3]) + 0.3 * generator.normal(size=900)
    return x.astype("float32"), np.stack([np.sin(angle), np.cos(angle)], axis=1).astype("float32")


def score_headings(prediction: Any, y: Any) -> float:
    """The mean cosine of the angle between what is said and what is right."""
    length = np.sqrt((prediction**2).sum(axis=1)) + 1e-9
    return float(((prediction * y).sum(axis=1) / length).mean())


program = partial(Program, theme="forum")

VIEWS = program(
    name="sounds of birds by what one view says of another, which is held fixed",
    data=make_views,
    build=build_views,
    loss=OwnLoss(measure_views(True)),
    optimizer=partial(Adam, 0.003),
    epochs=20,
    score=score_views,
    source=ONE_SIDE,
)
BRANCHES = program(
    name="two curves by four bell curves",
    data=make_branches,
    build=build_branches("glorot_uniform"),
    loss=OwnLoss(measure_density),
    optimizer=partial(Adam, 0.005),
    epochs=25,
    score=score_density,
)
RESERVOIR = program(
    name="the last three steps by recurrent units that are never trained, gain 0.8",
    data=make_waves,
    build=build_reservoir(0.8),
    loss="mse",
    optimizer=partial(Adam, 0.02),
    epochs=25,
)
TANKS = program(
    name="how full a tank is by rates from 0.6 to 0.98",
    data=make_tanks,
    build=sequential(partial(Decay, 0.6, 0.98), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
RINGS = program(
    name="two rings by twenty steps of a twentieth",
    data=make_rings,
    build=build_flow(0.05),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
SITES = program(
    name="who is ill at two sites, gradients of the site turned round by a tenth",
    data=make_sites,
    build=build_sites(0.1),
    loss={"ill": "binary_crossentropy", "site": "binary_crossentropy"},
    optimizer=partial(Adam, 0.003),
    epochs=20,
    score=score_sites,
    source=REVERSED,
)
BAGS = program(
    name="any rare cell among sixty, each unlikely at first",
    data=make_bags,
    build=build_bags(-5.0),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
TRIES = program(
    name="moves weighed by exponentials of what they brought",
    data=make_tries,
    build=dense(hidden=[32], activation="relu", output=(4, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    sample_weight=weigh_gains(0.5),
    epochs=15,
    score=score_tries,
)
NOISE = program(
    name="noise of a spiral, the noise that was added",
    data=partial(make_noise, True),
    build=dense(hidden=[64, 64], activation="silu", output=(2, None)),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=15,
)
LISTS = program(
    name="places of answers by pairs, the better one above",
    data=partial(make_lists, True),
    build=build_lists,
    loss=OwnLoss(measure_pairs(-1.0)),
    optimizer=partial(Adam, 0.005),
    epochs=15,
    score=score_lists,
    source=A_MINUS,
)
NAMES = program(
    name="urgent orders, words with and without capital letters alike",
    data=partial(make_names, True),
    build=sequential(
        partial(layers.Embedding, 60, 12),
        partial(layers.SeparableConv1D, 16, 1, activation="relu"),
        layers.GlobalMaxPooling1D,
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=12,
)
TURNS = program(
    name="turns of a wheel by a fixed recurrent layer and a head",
    data=make_turns,
    build=build_turns(False),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=15,
)
PULSES = program(
    name="codes of a heart, linear at last",
    data=make_pulses,
    build=build_pulses(None),
    loss="mae",
    optimizer=partial(Adam, 0.005),
    epochs=20,
)
NOTES = program(
    name="the marked number by heads that are moved before the steps",
    data=make_notes,
    build=build_notes(True),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=20,
)
MACHINES = program(
    name="qualities by weights that are made of settings",
    data=make_machines,
    build=build_machines(partial(RandomNormal, stddev=0.1)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=20,
)
BRIGHTER = program(
    name="brighter digits by narrow kernels, the second of which are zero",
    data=make_brighter,
    build=build_adapted(partial(RandomNormal, stddev=0.1)),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=12,
)
CARDS = program(
    name="places of cards by sums of rows and columns as logarithms",
    data=make_cards,
    build=build_cards(True),
    loss="categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
)
SPARSE = program(
    name="few numbers in sums, shrunk by a twentieth",
    data=make_sparse,
    build=build_sparse(0.05),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=20,
)
CELLS = program(
    name="standardised cells with an own step that standardises",
    data=partial(make_cells, True),
    build=build_cells,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=12,
)
TRIPS = program(
    name="trips with a spread, its logarithm added",
    data=make_trips,
    build=build_trips,
    loss=OwnLoss(measure_trips(1.0)),
    optimizer=partial(Adam, 0.005),
    epochs=15,
    score=score_trips,
)
TOWER = program(
    name="kinds of cells by pairs of layers that the model lists",
    data=partial(make_cells, True),
    build=build_tower(True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
)
GENES = program(
    name="three genes of twenty by softmaxes, temperature a half",
    data=make_genes,
    build=build_genes(0.5),
    loss="mse",
    optimizer=partial(Adam, 0.02),
    epochs=20,
)
STREAMS = program(
    name="high rivers by those that flow into them",
    data=partial(make_streams, True),
    build=build_streams,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=12,
)

PROGRAMS = [
    VIEWS,
    BRANCHES,
    RESERVOIR,
    TANKS,
    RINGS,
    SITES,
    BAGS,
    TRIES,
    NOISE,
    LISTS,
    NAMES,
    TURNS,
    PULSES,
    NOTES,
    MACHINES,
    BRIGHTER,
    CARDS,
    SPARSE,
    CELLS,
    TRIPS,
    TOWER,
    GENES,
    STREAMS,
    VIEWS.vary(
        "sounds of birds by what one view says of another, both free",
        label=(*labels.WRONG_LOSS, *labels.CONSTANT_INPUTS),
        strength="clear",
        loss=OwnLoss(measure_views(False)),
    ),
    BRANCHES.vary(
        "two curves by four bell curves that start alike",
        label=labels.SYMMETRIC,
        strength="clear",
        build=build_branches("zeros"),
    ),
    RESERVOIR.vary(
        "the last three steps by recurrent units that are never trained, gain 6",
        label=(*labels.SATURATED, *labels.UNBOUNDED),
        strength="clear",
        build=build_reservoir(6.0),
    ),
    TANKS.vary(
        "how full a tank is by rates from 1.05 to 1.2",
        label=(*labels.UNBOUNDED, *labels.EXPLODING, *labels.NONFINITE),
        strength="extreme",
        build=sequential(partial(Decay, 1.05, 1.2), partial(layers.Dense, 1)),
    ),
    RINGS.vary(
        "two rings by twenty steps of ten",
        label=(*labels.EXPLODING, *labels.SATURATED_HEAD, *labels.NONFINITE),
        strength="extreme",
        build=build_flow(10.0),
    ),
    SITES.vary(
        "who is ill at two sites, gradients of the site turned round by fifty",
        label=(*labels.WRONG_LOSS, *labels.EXPLODING),
        strength="clear",
        build=build_sites(50.0),
    ),
    BAGS.vary(
        "any rare cell among sixty, each as likely as not at first",
        label=(*labels.SATURATED_HEAD, *labels.VANISHING, *labels.CUT_OFF),
        strength="extreme",
        build=build_bags(0.0),
    ),
    TRIES.vary(
        "moves weighed by exponentials of a hundred times what they brought",
        label=labels.FEW_EXAMPLES_COUNT,
        strength="clear",
        sample_weight=weigh_gains(0.01),
    ),
    NOISE.vary(
        "noise of a spiral, drawn once more",
        unnamed=True,
        strength="extreme",
        data=partial(make_noise, False),
    ),
    LISTS.vary(
        "places of answers by pairs, the better one below",
        label=labels.WRONG_LOSS,
        strength="extreme",
        loss=OwnLoss(measure_pairs(1.0)),
    ),
    LISTS.vary(
        "who is at which place by pairs, as if these were places",
        unnamed=True,
        strength="extreme",
        data=partial(make_lists, False),
    ),
    NAMES.vary(
        "urgent orders, words with capital letters not known",
        label=labels.CONSTANT_INPUTS,
        strength="extreme",
        data=partial(make_names, False),
    ),
    TURNS.vary(
        "turns of a wheel, all layers fixed",
        label=labels.FROZEN,
        strength="extreme",
        build=build_turns(True),
    ),
    PULSES.vary(
        "codes of a heart up to 5, a tanh at last",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE, *labels.SATURATED_HEAD),
        strength="clear",
        build=build_pulses("tanh"),
    ),
    NOTES.vary(
        "the marked number by heads that are given another shape",
        unnamed=True,
        strength="clear",
        build=build_notes(False),
    ),
    MACHINES.vary(
        "qualities by weights that are all zero at first",
        label=(*labels.SYMMETRIC, *labels.CUT_OFF, *labels.VANISHING, *labels.NO_STEPS),
        strength="extreme",
        build=build_machines(Zeros),
    ),
    BRIGHTER.vary(
        "brighter digits by narrow kernels that are all zero",
        label=(*labels.SYMMETRIC, *labels.CUT_OFF, *labels.VANISHING, *labels.NO_STEPS),
        strength="extreme",
        build=build_adapted(Zeros),
    ),
    CARDS.vary(
        "places of cards by sums of rows and columns of exponentials",
        label=(*labels.NONFINITE, *labels.EXPLODING),
        strength="extreme",
        build=build_cards(False),
    ),
    SPARSE.vary(
        "few numbers in sums, shrunk by ten",
        label=(*labels.CUT_OFF, *labels.DEAD, *labels.VANISHING, *labels.CONSTANT_INPUTS),
        strength="extreme",
        build=build_sparse(10.0),
    ),
    CELLS.vary(
        "cells in their own units with an own step that standardises",
        label=(*labels.OTHER_IN_INFERENCE, *labels.LARGE_INPUTS),
        strength="extreme",
        data=partial(make_cells, False),
    ),
    TRIPS.vary(
        "trips with a spread, its logarithm taken off",
        label=(*labels.WRONG_LOSS, *labels.EXPLODING),
        strength="extreme",
        loss=OwnLoss(measure_trips(-1.0)),
    ),
    TOWER.vary(
        "kinds of cells by pairs of layers that only the pairs know",
        label=labels.UNTRACKED,
        strength="clear",
        build=build_tower(False),
    ),
    GENES.vary(
        "three genes of twenty by softmaxes, temperature a thousandth",
        label=(*labels.HIDDEN_SOFTMAX, *labels.SATURATED, *labels.VANISHING, *labels.CUT_OFF),
        strength="clear",
        build=build_genes(1e-3),
    ),
    STREAMS.vary(
        "high rivers by those that they flow into",
        unnamed=True,
        strength="clear",
        data=partial(make_streams, False),
    ),
    program(
        name="the highest of twelve steps by products of both ways, rmsprop",
        data=make_highest,
        build=build_points,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(RMSprop, 0.01),
        epochs=20,
    ),
    program(
        name="early peaks by means over filters",
        data=make_early,
        build=build_across,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=15,
        source=ACROSS_CHANNELS,
    ),
    program(
        name="urgent orders by queries that share keys",
        data=partial(make_names, True),
        build=build_grouped,
        loss="binary_crossentropy",
        optimizer=partial(AdamW, 0.005, weight_decay=0.01),
        epochs=12,
    ),
    program(
        name="where birds fly by a density on a circle",
        data=make_headings,
        build=dense(hidden=[32, 32], activation="relu", output=(2, None)),
        loss=OwnLoss(measure_circle),
        optimizer=partial(SGD, 0.1, nesterov=True, momentum=0.9),
        epochs=20,
        score=score_headings,
    ),
]
