"""Tables of those who asked why nothing is learned, and examples of others, made small: dense nets, own losses, rates.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops, regularizers
from keras.callbacks import Callback, LearningRateScheduler, ReduceLROnPlateau
from keras.losses import CategoricalCrossentropy, KLDivergence
from keras.optimizers import SGD, Adam, AdamW, RMSprop
from keras.optimizers.schedules import InverseTimeDecay
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from labelled_programs import labels
from labelled_programs.data import (
    Data,
    make_blobs,
    make_diabetes,
    make_digits,
    make_one_hot,
    make_wine,
    standardize,
    standardize_both,
)
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

UNKNOWN_LABELS = "https://it.cha138.com/wen4/show-12913807.html"
WINE_CODES = "https://github.com/MdAsifKhan/DNGR-Keras/issues/1"
ONE_PATIENT = "https://github.com/Novartis/torchsurv/issues/35"
NO_EVENT = "https://github.com/havakv/pycox/issues/124"
FLAT_LIKELIHOOD = "https://github.com/jaredleekatzman/DeepSurv/issues/12"
FIRST_SCALE = "https://github.com/ragulpr/wtte-rnn-examples/issues/2"
BOUNDED_SCALE = "https://github.com/ragulpr/wtte-rnn/issues/28"
DECAY = "https://github.com/keras-team/keras/issues/8086"
PLATEAU = "https://github.com/keras-team/keras/issues/10924"
WARM_RESTARTS = "https://github.com/rstudio/keras3/issues/462"
WARM_UP = "https://github.com/Vision-CAIR/MiniGPT-4/pull/263"
NOT_ZERO = "https://github.com/keras-team/keras/issues/5013"
ARM_ANGLES = "https://kiwix.lema.org/stackoverflow.com_en_all_2023-11/questions/43886814/function-approximation-by-ann"
ARM_REACHED = "https://www.jiahe.dev/projects/deeparm/"
PERCENTAGES = (
    "https://stats.stackexchange.com/questions/472301/is-this-the-correct-place-to-use-mape-as-a-loss-function"
)
QUANTILE_SIGN = "https://github.com/scikit-learn/scikit-learn/issues/8087"
ABSOLUTE = "https://stats.stackexchange.com/questions/96399/l1-norm-cost-function-for-neural-network-regression"
STEP = "http://pullrequest.ru/14899114/nuzhno-izmenyat-vhody-pertseptron"
OWN_DECAY = "https://github.com/keras-team/keras/issues/9655"
COUNTS = "https://jamesmccaffreyblog.com/2023/09/15/can-a-neural-network-predict-poisson-distributed-target-data/"
TEN_AND_TEN = "https://visualstudiomagazine.com/articles/2018/07/23/neural-regression-using-keras.aspx"
NUMERAI = "https://k3no.medium.com/practical-keras-59c9d18ef6cf"
EDGE = "https://www.tradersinsight.news/ibkr-quant-news/towards-better-keras-modeling-part-iii/"
TRIVIAL = "https://www.peterspython.com/en/blog/predicting-values-using-deep-learning-and-keras"
FOREST = "https://mljar.com/blog/random-forest-vs-neural-network-classification/"
COCKTAIL = "https://deepai.com/publication/regularization-is-all-you-need-simple-neural-nets-can-excel-on-tabular-data"
DISTILLED_FOREST = "https://arxiv.org/html/2605.19299"
SMOOTHED = "https://arxivlens.com/PaperView/Details/when-does-label-smoothing-help-7060-2223003"
FACTORS = "https://petamind.com/build-a-simple-recommender-system-with-matrix-factorization/"
LEARNTOOLS = "https://github.com/Kaggle/learntools"
INTERVALS = "https://ar5iv.labs.arxiv.org/html/1805.00917"
CYCLES = "https://github.com/bckenstler/CLR/issues/8"
CORRELATION = "https://github.com/tensorflow/tensorflow/issues/37495"
ZERO_WEIGHTS = "https://github.com/keras-team/keras/issues/12176"
DOUBLE_POISSON = "https://thelatestinai.com/paper/2406.09262"
OSCILLATOR = "https://www.dhuality.com/posts/2022-04-20-physical-neural-networks---the-harmonic-oscillator/"
REUSED = "https://github.com/AnujCodeZ/TensorFlow"
DEFAULTS = "https://www.novastoneai.com/blog/deploying-a-23-input-neural-network-that-predicts-credit-card-defaults"
LIFT = "https://github.com/sreent/machine-learning"
IMPLICIT = "https://github.com/hexiangnan/neural_collaborative_filtering/issues/23"
ENCODED = "https://forum.numer.ai/t/autoencoder-and-multitask-mlp-on-new-dataset-from-kaggle-jane-street/4338"
NASDAQ = "https://dxdy.ru/topic126940.html"


def explain(prediction: Any, y: Any) -> float:
    """The explained share of the variance, where the label is known."""
    known = ~np.isnan(y)
    rest = np.where(known, y - prediction, 0)
    spread = np.where(known, y - np.nanmean(y, axis=0), 0)
    return float(1 - (rest**2).sum() / (spread**2).sum())


def make_incomplete() -> Data:
    """Three numbers; the smaller of two of them, and a difference that is known for half of the examples."""
    generator = np.random.default_rng(700)
    x = generator.random((640, 3))
    least, gap = x[:, :2].min(axis=1), x[:, 2] - x[:, 0]
    gap[generator.random(640) < 0.5] = np.nan
    return x.astype("float32"), np.stack([least, gap], axis=1).astype("float32")


def square_known(y: Any, prediction: Any) -> Any:
    """Squares of errors, where an unknown label is replaced by the prediction first."""
    return ops.mean(ops.square(ops.where(ops.isnan(y), prediction, y) - prediction), axis=-1)


def drop_unknown(y: Any, prediction: Any) -> Any:
    """Squares of errors, of which those that are not a number are replaced by zero afterwards."""
    squares = ops.square(y - prediction)
    return ops.mean(ops.where(ops.isnan(squares), ops.zeros_like(squares), squares), axis=-1)


def make_wine_pairs() -> Data:
    """Standardised measures of wines, which are their own labels."""
    x, _ = standardize(make_wine)
    return x.astype("float32"), x.astype("float32")


def build_wine_codes(x: Any, penalty: float) -> keras.Model:
    """A code of six numbers, with a penalty on what they are."""
    return sequential(
        partial(layers.Dense, 10, "relu"),
        partial(layers.Dense, 6, "relu", activity_regularizer=regularizers.L1(penalty)),
        partial(layers.Dense, 10, "relu"),
        partial(layers.Dense, 13),
    )(x)


def make_patients(observed: float) -> Data:
    """Eight features; a time, and whether the event was seen then."""
    generator = np.random.default_rng(701)
    x = generator.normal(size=(640, 8))
    time = generator.exponential(size=640) * np.exp(-1.2 * x[:, 0] - np.abs(x[:, 1]) + 0.6 * x[:, 2])
    seen = generator.random(640) < observed
    return x.astype("float32"), np.stack([time, seen], axis=1).astype("float32")


def measure_risk(floor: float) -> Any:
    """The negative partial likelihood of a batch, by its number of events or at least this many."""

    def measure(y: Any, prediction: Any) -> Any:
        time, seen, risk = y[:, 0], y[:, 1], prediction[:, 0]
        later = ops.where(time[None, :] >= time[:, None], risk[None, :], -1e9)
        gain = ops.sum(seen * (risk - ops.logsumexp(later, axis=1)))
        return -gain / ops.maximum(ops.sum(seen), floor)

    return OwnLoss(measure)


def score_order(prediction: Any, y: Any, sign: float = 1.0) -> float:
    """Twice the share of pairs whose first event has the larger risk, less 1."""
    risk = sign * prediction[:, 0]
    if not np.isfinite(risk).all():
        return -1.0
    earlier = (y[:, None, 0] < y[None, :, 0]) & (y[:, None, 1] == 1)
    return float(np.sign(risk[:, None] - risk[None, :])[earlier].mean())


def make_engines() -> Data:
    """Eight measures of engines; the cycles that each ran, about 200, and whether it failed then."""
    generator = np.random.default_rng(702)
    x = generator.normal(size=(640, 8))
    scale = 200 * np.exp(1.2 * x[:, 0] + 0.8 * np.tanh(2 * x[:, 1]))
    time = scale * generator.weibull(2.0, size=640)
    end = 1500 * generator.random(640) + 100
    return x.astype("float32"), np.stack([np.minimum(time, end), time < end], axis=1).astype("float32")


def build_engines(x: Any, first: float, bounded: bool) -> keras.Model:
    """The scale of a lifetime, which starts near a value, and its shape."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "tanh")(inputs)
    power = layers.Dense(1, "tanh" if bounded else None)(h)
    scale = layers.Lambda(lambda t: first * ops.exp(t))(power)
    return keras.Model(inputs, layers.Concatenate()([scale, layers.Dense(1, "softplus")(h)]))


def measure_lifetimes(y: Any, prediction: Any) -> Any:
    """The negative likelihood of lifetimes, of which some are cut off."""
    ratio = (y[:, 0] + 1e-6) / prediction[:, 0]
    shape = prediction[:, 1]
    return ops.power(ratio, shape) - y[:, 1] * (ops.log(shape) + shape * ops.log(ratio))


def score_lifetimes(prediction: Any, y: Any) -> float:
    """How well the logarithm of the scale explains that of the lifetimes that were seen to end."""
    seen = y[:, 1] == 1
    if not (prediction[:, 0] > 0).all():
        return -1.0
    return explain(np.log(prediction[seen, 0]), np.log(y[seen, 0]))


class Decayed(Callback):
    """Multiplies the rate by a factor at the end of each epoch."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Multiplies it."""
        optimizer = self.model.optimizer
        optimizer.learning_rate = float(ops.convert_to_numpy(optimizer.learning_rate)) * self.factor


class WarmUp(Callback):
    """Lets the rate rise over a number of batches, which are counted from the start or anew in each epoch."""

    def __init__(self, rate: float, batches: int, anew: bool) -> None:
        super().__init__()
        self.rate, self.batches, self.anew, self.count = rate, batches, anew, 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Sets the rate."""
        done = batch if self.anew else self.count
        self.model.optimizer.learning_rate = self.rate * min(1.0, (done + 1) / self.batches)
        self.count += 1


class Cycle(Callback):
    """Lets the rate rise and fall again and again, half as high each time."""

    def __init__(self, low: float, high: float, batches: int) -> None:
        super().__init__()
        self.low, self.high, self.batches, self.count = low, high, batches, 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Sets the rate."""
        cycle, part = divmod(self.count, 2 * self.batches)
        height = 1 - abs(part / self.batches - 1)
        self.model.optimizer.learning_rate = self.low + (self.high - self.low) * height / 2**cycle
        self.count += 1


def restart(first: float) -> Callable[[], Callback]:
    """Makes a callback that halves the rate in each epoch, and begins anew every 15 epochs."""
    return lambda: LearningRateScheduler(lambda epoch, rate: first / 2 ** (epoch % 15))


def make_concentrations(unit: float) -> Data:
    """Ten features, and a concentration of some thousandths more or less than usual, in a unit."""
    x, y = datasets.make_friedman1(640, noise=0.5, random_state=703)
    return ((x - 0.5) * 12**0.5).astype("float32"), ((y[:, None] - 14) / 1500 / unit).astype("float32")


def square_not_zero(y: Any, prediction: Any) -> Any:
    """Squares of errors, where a prediction counts only if its label is not zero."""
    return ops.mean(ops.square(y - ops.cast(ops.not_equal(y, 0), "float32") * prediction), axis=-1)


def square_all(y: Any, prediction: Any) -> Any:
    """Squares of all errors."""
    return ops.mean(ops.square(y - prediction), axis=-1)


def reach(module: Any, angles: Any) -> Any:
    """Where an arm of three links ends, at these angles, with the functions of a module."""
    turned = module.cumsum(angles, axis=1)
    return module.stack([module.sum(module.cos(turned), axis=1), module.sum(module.sin(turned), axis=1)], axis=1)


def make_arm(angles: bool) -> Data:
    """Where an arm ends; and the angles of its three joints, or where it ends."""
    generator = np.random.default_rng(704)
    y = np.stack(
        [generator.uniform(low, high, size=1000) for low, high in ((0, 3.14), (-2.3, 2.3), (-2.6, 2.6))], axis=1
    )
    x = reach(np, y).astype("float32")
    return x, y.astype("float32") if angles else x


def measure_reach(y: Any, prediction: Any) -> Any:
    """Squares of the distance between where the arm ends and where it should."""
    return ops.sum(ops.square(reach(ops, prediction) - y), axis=-1)


def score_arm(angles: bool, prediction: Any, y: Any) -> float:
    """The explained share of where the arm ends."""
    return explain(reach(np, prediction), reach(np, y) if angles else y)


def make_demand() -> Data:
    """Six features, and a demand from 0 to about 30 that is none on two days in five."""
    generator = np.random.default_rng(705)
    x = generator.normal(size=(800, 6))
    mean = np.exp(1.2 + 0.8 * x[:, 0] + 0.5 * np.abs(x[:, 1]))
    y = generator.poisson(mean) * (x[:, 2] + 0.3 * x[:, 3] > -0.3)
    return x.astype("float32"), y[:, None].astype("float32")


def make_spread() -> Data:
    """A number, and a sine of it with noise that grows."""
    generator = np.random.default_rng(706)
    x = generator.uniform(0, 6, size=(800, 1))
    y = 2 * np.sin(x) + (0.1 + 0.15 * x) * generator.normal(size=(800, 1))
    return (x - 3).astype("float32") / 2, y.astype("float32")


def tilt(sign: float) -> Any:
    """The loss of the nine-in-ten quantile, with the sign of its lower branch."""

    def measure(y: Any, prediction: Any) -> Any:
        error = y - prediction
        return ops.mean(ops.where(error > 0, 0.9 * error, sign * 0.1 * error), axis=-1)

    return OwnLoss(measure)


def score_quantile(prediction: Any, y: Any) -> float:
    """How much lower the quantile's loss is than that of the best constant."""
    if not np.isfinite(prediction).all():
        return -1.0
    losses = [np.maximum(0.9 * (y - said), 0.1 * (said - y)).mean() for said in (prediction, np.quantile(y, 0.9))]
    return float(1 - losses[0] / losses[1])


def make_wide() -> Data:
    """Two hundred features, of which twelve count, and a number."""
    generator = np.random.default_rng(707)
    x = generator.normal(size=(800, 200))
    y = x[:, :8].sum(axis=1) + 2 * np.abs(x[:, 8:12]).sum(axis=1) + 0.5 * generator.normal(size=800)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_sides() -> Data:
    """Points in twelve dimensions, and on which side of a plane they lie: -1 or 1."""
    generator = np.random.default_rng(708)
    x = generator.uniform(-1, 1, size=(640, 12))
    return x.astype("float32"), np.sign(x @ generator.normal(size=(12, 1)) + 0.1).astype("float32")


def build_perceptron(x: Any, last: str) -> keras.Model:
    """One unit with weights from -1 to 1."""
    return sequential(
        partial(layers.Dense, 1, kernel_initializer=keras.initializers.RandomUniform(-1, 1)),
        partial(layers.Activation, getattr(ops, last)),
    )(x)


def make_arrivals() -> Data:
    """Four features from -1 to 1, and a count from 0 to about 9."""
    generator = np.random.default_rng(709)
    x = generator.uniform(-1, 1, size=(200, 4))
    return x.astype("float32"), generator.poisson(np.exp(0.6 + x[:, :1] - x[:, 1:2])).astype("float32")


def make_eras(signal: bool) -> Data:
    """Twenty features of five steps; a label of five steps that they hardly tell, or what they tell of it."""
    generator = np.random.default_rng(710)
    x = generator.integers(0, 5, size=(3000, 20)) / 4
    told = ((x - 0.5) @ generator.normal(size=(20, 1))) / 1.58
    noise = generator.normal(size=(3000, 1))
    y = np.digitize(0.3 * told + noise, [-1.2, -0.5, 0.5, 1.2]) / 4
    return x.astype("float32"), (told if signal else y).astype("float32")


def score_told(prediction: Any, y: Any) -> float:
    """How closely predictions follow what there is to know."""
    return float(np.corrcoef(prediction[:, 0], make_eras(True)[1][:, 0])[0, 1])


def make_edge() -> Data:
    """Twenty features, and which of two ways it went, which they say little of."""
    x, y = make_eras(False)
    kept = y[:, 0] != 0.5
    return x[kept], (y[kept] > 0.5).astype("float32")


def rank(prediction: Any, y: Any) -> float:
    """Twice the area under the curve of right and wrong alarms, less 1."""
    if not np.isfinite(prediction).all():
        return -1.0
    return float(2 * roc_auc_score(y.ravel(), prediction.ravel()) - 1)


def make_trivial() -> Data:
    """Two numbers up to 10, and the first plus twice the second."""
    x = np.random.default_rng(712).uniform(0, 10, size=(800, 2))
    return x.astype("float32"), (x[:, :1] + 2 * x[:, 1:]).astype("float32")


def make_boxes() -> Data:
    """Twelve features, of which four count by thresholds alone, and one of two classes."""
    generator = np.random.default_rng(713)
    x = generator.normal(size=(1000, 12))
    inside = ((x[:, 0] > 0.3) ^ (x[:, 1] > -0.4)) & (x[:, 2] < 0.8) | (x[:, 3] > 1.2)
    flipped = generator.random(1000) < 0.08
    return x.astype("float32"), (inside ^ flipped)[:, None].astype("float32")


def make_soft_classes() -> Data:
    """Three classes by what a random forest says of each."""
    x, y = make_blobs()
    forest = RandomForestClassifier(60, min_samples_leaf=5, random_state=0).fit(x, y)
    return x, forest.predict_proba(x).astype("float32")


def score_class(prediction: Any, y: Any) -> float:
    """How many more than by the largest class agree in the class."""
    classes = y.argmax(-1)
    largest = np.bincount(classes).max() / len(classes)
    return float(((prediction.argmax(-1) == classes).mean() - largest) / (1 - largest))


def make_ratings() -> Data:
    """Who rated which film, and with how many stars."""
    generator = np.random.default_rng(714)
    people, films = generator.normal(size=(60, 3)), generator.normal(size=(50, 3))
    who, what = generator.integers(0, 60, size=2400), generator.integers(0, 50, size=2400)
    liked = 3.5 + 0.6 * (people[who] * films[what]).sum(axis=1) + 0.4 * films[what, 0]
    stars = np.clip(np.round(liked + 0.3 * generator.normal(size=2400)), 1, 5)
    return [who[:, None].astype("int32"), what[:, None].astype("int32")], stars[:, None].astype("float32")


def make_seen() -> Data:
    """Who saw which film: each that was seen, and four times as many drawn by chance that were not."""
    generator = np.random.default_rng(715)
    people, films = generator.normal(size=(60, 3)), generator.normal(size=(50, 3))
    likes = people @ films.T + 0.5 * generator.normal(size=(60, 50))
    seen = np.argwhere(likes > 2.2)
    others = np.argwhere(likes <= 2.2)
    pairs = np.concatenate([seen, generator.permutation(others)[: 4 * len(seen)]])
    y = (np.arange(len(pairs)) < len(seen))[:, None]
    order = generator.permutation(len(pairs))
    return [pairs[order, :1].astype("int32"), pairs[order, 1:].astype("int32")], y[order].astype("float32")


def build_pairs(x: Any, size: int, head: Callable[[Any, Any], Any], penalty: float = 0.0) -> keras.Model:
    """Vectors of people and of films under a head."""
    inputs = [keras.Input((1,), dtype="int32") for _ in x]
    rule = regularizers.L2(penalty) if penalty else None
    vectors = [
        layers.Flatten()(layers.Embedding(count, size, embeddings_regularizer=rule)(one))
        for count, one in zip((60, 50), inputs, strict=True)
    ]
    return keras.Model(inputs, head(*vectors))


def multiply(who: Any, what: Any) -> Any:
    """The inner product."""
    return layers.Dot(axes=1)([who, what])


def weigh_product(who: Any, what: Any) -> Any:
    """A sigmoid of weighed products."""
    return layers.Dense(1, "sigmoid")(layers.Multiply()([who, what]))


def join(who: Any, what: Any) -> Any:
    """Two hidden layers over both."""
    h = layers.Concatenate()([who, what])
    return layers.Dense(1)(layers.Dense(4, "relu")(layers.Dense(32, "relu")(h)))


def make_intervals() -> Data:
    """Eight features; for ten intervals of time whether it was lived through, and whether the end fell in it."""
    x, y = make_patients(0.7)
    bounds = np.quantile(y[:, 0], np.linspace(0, 1, 11)[1:-1])
    last = np.digitize(y[:, 0], bounds)
    lived = np.arange(10) < last[:, None]
    ended = (np.arange(10) == last[:, None]) & (y[:, 1:] == 1)
    return x, np.concatenate([lived, ended], axis=1).astype("float32")


def measure_intervals(y: Any, prediction: Any) -> Any:
    """The negative likelihood of the intervals."""
    lived, ended = y[:, :10], y[:, 10:]
    through = 1 + lived * (prediction - 1)
    end = 1 - ended * prediction
    return -ops.sum(ops.log(ops.clip(through, 1e-7, 1)) + ops.log(ops.clip(end, 1e-7, 1)), axis=-1)


def score_intervals(prediction: Any, y: Any) -> float:
    """Twice the share of pairs in the right order of their chance to live through five intervals, less 1."""
    times = np.stack([y[:, :10].sum(axis=1), y[:, 10:].sum(axis=1)], axis=1)
    return score_order(-np.prod(prediction[:, :5], axis=1, keepdims=True), times)


def make_correlated() -> Data:
    """Ten features, and a label around 50."""
    x, y = datasets.make_friedman1(800, noise=1.0, random_state=716)
    return (x - 0.5).astype("float32"), (36 + y[:, None]).astype("float32")


def correlate(y: Any, prediction: Any) -> Any:
    """Minus the correlation over the batch."""
    left, right = y - ops.mean(y), prediction - ops.mean(prediction)
    return -ops.mean(left * right) / ops.sqrt(ops.mean(left**2) * ops.mean(right**2) + 1e-7)


def score_correlation(prediction: Any, y: Any) -> float:
    """The correlation."""
    return float(np.corrcoef(prediction[:, 0], y[:, 0])[0, 1])


def make_half_labelled() -> Data:
    """Ten features and a number, which is written as -999 for half of the examples."""
    x, y = datasets.make_friedman1(1000, noise=0.5, random_state=717)
    y = (y - y.mean()) / y.std()
    y[np.random.default_rng(717).random(1000) < 0.5] = -999
    return ((x - 0.5) * 12**0.5).astype("float32"), y[:, None].astype("float32")


def weigh_labelled(x: Any, y: Any) -> Any:
    """0 for an example without a label."""
    return (y[:, 0] != -999).astype("float32")


def score_labelled(prediction: Any, y: Any) -> float:
    """The explained share where there is a label."""
    return explain(prediction, np.where(y == -999, np.nan, y))


def measure_double_poisson(y: Any, prediction: Any) -> Any:
    """The negative likelihood of counts by the logarithms of a mean and of a sharpness."""
    mean, sharp, count = prediction[:, 0], prediction[:, 1], y[:, 0]
    own = count * ops.log(ops.maximum(count, 1e-7))
    return -sharp / 2 + ops.exp(sharp) * (ops.exp(mean) - count * (1 + mean) + own)


def make_visits() -> Data:
    """Six features, and counts that vary less than those of chance."""
    generator = np.random.default_rng(718)
    x = generator.normal(size=(800, 6))
    mean = np.exp(1.5 + 0.5 * x[:, 0] + 0.4 * np.sin(2 * x[:, 1]))
    count = np.maximum(np.round(mean + 0.6 * np.sqrt(mean) * generator.normal(size=800)), 0)
    return x.astype("float32"), count[:, None].astype("float32")


def score_visits(prediction: Any, y: Any) -> float:
    """The share that the means explain."""
    return explain(np.exp(prediction[:, :1]), y)


def make_swings() -> Data:
    """Thirty-one times, ten times each, and where a pendulum is then."""
    t = np.tile(np.linspace(0, np.pi, 31)[:, None], (10, 1))
    return t.astype("float32"), np.cos(3 * t).astype("float32")


def make_last_digits() -> Data:
    """Digits from 5 to 9 as vectors, numbered from 0."""
    x, y = make_digits(1200)
    return x[y >= 5].reshape(-1, 64), y[y >= 5] - 5


def build_reused(x: Any) -> keras.Model:
    """Layers that have learned other digits, which stay as they are, under a new head."""
    images, kinds = make_digits(1200)
    learned = keras.Sequential(
        [keras.Input((64,)), layers.Dense(64, "relu"), layers.Dense(32, "relu"), layers.Dense(5, "softmax")]
    )
    learned.compile("adam", "sparse_categorical_crossentropy")
    learned.fit(images[kinds < 5].reshape(-1, 64), kinds[kinds < 5], epochs=15, verbose=0)
    base = keras.Sequential([keras.Input((64,)), *learned.layers[:-1]])
    base.trainable = False
    return keras.Sequential([keras.Input((64,)), base, layers.Dense(5, "softmax")])


def make_defaults(rare: bool) -> Data:
    """Twenty-three standardised features, and whether someone did not pay: one in four, or one in 25."""
    generator = np.random.default_rng(719)
    x = generator.normal(size=(1500, 23))
    odds = 1.3 * x[:, 0] + 0.9 * x[:, 1] * (x[:, 2] > 0) - 0.8 * x[:, 3] + 0.5 * generator.logistic(size=1500)
    limit = float(np.quantile(odds, 0.75))
    if rare:
        odds, limit = 0.9 * x[:, 0] - 0.6 * x[:, 3] + generator.logistic(size=1500), 4.0
    return x.astype("float32"), (odds > limit)[:, None].astype("float32")


def make_market() -> Data:
    """Thirty features; themselves and three returns that they tell a part of."""
    generator = np.random.default_rng(720)
    hidden = generator.normal(size=(1000, 5))
    x = np.tanh(hidden @ generator.normal(size=(5, 30))) + 0.2 * generator.normal(size=(1000, 30))
    returns = hidden @ generator.normal(size=(5, 3)) / 2.2 + generator.normal(size=(1000, 3))
    return x.astype("float32"), {"same": x.astype("float32"), "returns": returns.astype("float32")}


def build_market(x: Any) -> keras.Model:
    """A code of noisy features that gives them back; together they tell the returns."""
    inputs = keras.Input(x.shape[1:])
    code = layers.Dense(12, "swish")(layers.GaussianNoise(0.1)(layers.BatchNormalization()(inputs)))
    same = layers.Dense(30, name="same")(layers.Dropout(0.2)(code))
    h = layers.Concatenate()([inputs, code])
    for _ in range(2):
        h = layers.Dropout(0.3)(layers.Activation("swish")(layers.BatchNormalization()(layers.Dense(48)(h))))
    return keras.Model(inputs, {"same": same, "returns": layers.Dense(3, name="returns")(h)})


def make_closes() -> Data:
    """The last four closes of an index and the next one, all from 0 to 1."""
    steps = np.random.default_rng(721).normal(0.05, 1, size=404)
    prices = 150 + np.cumsum(steps)
    prices = (prices - prices.min()) / (prices.max() - prices.min())
    x = np.stack([prices[i : i + 400] for i in range(4)], axis=1)
    return x.astype("float32"), prices[4:404, None].astype("float32")


program = partial(Program, theme="forum")
INCOMPLETE = program(
    name="two labels of which one is often unknown, replaced before it is squared",
    data=make_incomplete,
    build=dense(hidden=[16], activation="relu", output=(2, None)),
    loss=OwnLoss(square_known),
    optimizer=partial(Adam, 0.01),
    epochs=25,
    score=explain,
    source=UNKNOWN_LABELS,
)
WINES = program(
    name="codes of wines, no penalty on what they are",
    data=make_wine_pairs,
    build=partial(build_wine_codes, penalty=0.0),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=30,
    source=WINE_CODES,
)
PATIENTS = program(
    name="risks by a partial likelihood, batches of 64",
    data=partial(make_patients, 0.7),
    build=dense(hidden=[16], activation="relu", output=(1, None)),
    loss=measure_risk(1.0),
    optimizer=partial(Adam, 0.005),
    fit_options={"batch_size": 64},
    epochs=30,
    score=score_order,
    source=ONE_PATIENT,
)
FEW_EVENTS = program(
    name="risks with few events, divided by one at least",
    data=partial(make_patients, 0.05),
    build=dense(hidden=[16], activation="relu", output=(1, None)),
    loss=measure_risk(1.0),
    optimizer=partial(Adam, 0.005),
    epochs=30,
    score=score_order,
    source=NO_EVENT,
)
HAZARDS = program(
    name="risks by two layers of ten, all patients at once, sgd 0.1",
    data=partial(make_patients, 0.9),
    build=dense(hidden=[10, 10], activation="relu", output=(1, None)),
    loss=measure_risk(0.0),
    optimizer=partial(SGD, 0.1, momentum=0.9),
    fit_options={"batch_size": 640},
    epochs=120,
    score=score_order,
    source=FLAT_LIKELIHOOD,
)
ENGINES = program(
    name="lifetimes of engines, scale starts at their mean",
    data=make_engines,
    build=partial(build_engines, first=200.0, bounded=False),
    loss=OwnLoss(measure_lifetimes),
    optimizer=partial(SGD, 0.02),
    epochs=40,
    score=score_lifetimes,
    source=FIRST_SCALE,
)
SCALES = ENGINES.vary(
    "lifetimes of engines, scale by a power of any size",
    optimizer=partial(RMSprop, 0.003),
    source=BOUNDED_SCALE,
)
DECAYING = program(
    name="three classes, sgd 0.1 that decays by epochs",
    data=make_blobs,
    build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=lambda: SGD(InverseTimeDecay(0.1, decay_steps=20, decay_rate=0.2)),
    epochs=30,
    source=DECAY,
)
CONCENTRATIONS = program(
    name="concentrations in thousandths, rate cut where the loss falls by less than 0.0001",
    data=partial(make_concentrations, 0.001),
    build=dense(hidden=[32], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    callbacks=(partial(ReduceLROnPlateau, monitor="loss", factor=0.2, patience=2, min_lr=1e-6),),
    epochs=40,
    source=PLATEAU,
)
RESTARTED = program(
    name="three classes, rate halved from 0.01 and begun anew",
    data=make_blobs,
    build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    callbacks=(restart(0.01),),
    epochs=31,
    source=WARM_RESTARTS,
)
WARMED = program(
    name="wines, a warm-up of 300 batches over epochs",
    data=partial(standardize, make_wine),
    build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer="sgd",
    callbacks=(partial(WarmUp, 0.05, 300, False),),
    epochs=25,
    source=WARM_UP,
)
SQUARED = program(
    name="three classes by sigmoids, squares of all",
    data=make_one_hot,
    build=dense(hidden=[32], activation="relu", output=(3, "sigmoid")),
    loss=OwnLoss(square_all),
    optimizer=partial(Adam, 0.003),
    epochs=30,
    source=NOT_ZERO,
)
ARM = program(
    name="angles of an arm by where it ends",
    data=partial(make_arm, False),
    build=dense(hidden=[64, 64], activation="tanh", output=(3, None)),
    loss=OwnLoss(measure_reach),
    optimizer=partial(Adam, 0.003),
    epochs=40,
    score=partial(score_arm, False),
    source=ARM_REACHED,
)
DEMAND = program(
    name="demand that is often none, poisson",
    data=make_demand,
    build=dense(hidden=[32], activation="relu", output=(1, "softplus")),
    loss="poisson",
    optimizer=partial(Adam, 0.005),
    epochs=30,
    source=PERCENTAGES,
)
QUANTILE = program(
    name="nine in ten lie below, both branches positive",
    data=make_spread,
    build=dense(hidden=[32], activation="tanh", output=(1, None)),
    loss=tilt(-1.0),
    optimizer=partial(Adam, 0.01),
    epochs=40,
    score=score_quantile,
    source=QUANTILE_SIGN,
)
WIDE = program(
    name="two hundred features, absolute error, sgd 0.02",
    data=make_wide,
    build=dense(hidden=[64], activation="relu", output=(1, None)),
    loss="mae",
    optimizer=partial(SGD, 0.02),
    epochs=40,
    source=ABSOLUTE,
)
SIDES = program(
    name="sides of a plane, one unit of tanh",
    data=make_sides,
    build=partial(build_perceptron, last="tanh"),
    loss="mse",
    optimizer=partial(SGD, 0.1),
    epochs=20,
    source=STEP,
)
OWN_CUT = program(
    name="digits, nesterov, rate times nine tenths an epoch",
    data=make_digits,
    build=dense(hidden=[32], activation="relu", output=(10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.01, momentum=0.9, nesterov=True),
    callbacks=(partial(Decayed, 0.9),),
    epochs=25,
    source=OWN_DECAY,
)
MENDED = [
    INCOMPLETE,
    WINES,
    PATIENTS,
    FEW_EVENTS,
    HAZARDS,
    ENGINES,
    SCALES,
    DECAYING,
    CONCENTRATIONS,
    RESTARTED,
    WARMED,
    SQUARED,
    ARM,
    DEMAND,
    QUANTILE,
    WIDE,
    SIDES,
    OWN_CUT,
]
SICK = [
    INCOMPLETE.vary(
        "two labels of which one is often unknown, dropped after it is squared",
        label=labels.NONFINITE,
        strength="extreme",
        loss=OwnLoss(drop_unknown),
    ),
    WINES.vary(
        "codes of wines, a penalty of 1 on what they are",
        unnamed=True,
        strength="clear",
        build=partial(build_wine_codes, penalty=1.0),
    ),
    PATIENTS.vary(
        "risks by a partial likelihood, one patient at a time",
        label=(*labels.CUT_OFF, *labels.NO_STEPS),
        strength="extreme",
        fit_options={"batch_size": 1},
        epochs=12,
    ),
    FEW_EVENTS.vary(
        "risks with few events, divided by how many there are",
        label=labels.NONFINITE,
        strength="clear",
        loss=measure_risk(0.0),
    ),
    HAZARDS.vary(
        "risks by two layers of ten, all patients at once, sgd 0.00001",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(SGD, 1e-5, momentum=0.9),
    ),
    ENGINES.vary(
        "lifetimes of engines, scale starts at 1",
        label=(*labels.LARGE_LABELS, *labels.NONFINITE, *labels.TOO_LARGE_STEPS, *labels.EXPLODING),
        strength="clear",
        build=partial(build_engines, first=1.0, bounded=False),
    ),
    SCALES.vary(
        "lifetimes of engines, scale by a power of tanh",
        label=labels.WRONG_HEAD,
        strength="mild",
        build=partial(build_engines, first=200.0, bounded=True),
    ),
    DECAYING.vary(
        "three classes, sgd 0.1 that decays by batches",
        label=(*labels.STEPS_THAT_END, "schedule_by_batches"),
        strength="mild",
        optimizer=lambda: SGD(InverseTimeDecay(0.1, decay_steps=1, decay_rate=2.0)),
    ),
    CONCENTRATIONS.vary(
        "concentrations as parts of one, rate cut where the loss falls by less than 0.0001",
        label=(*labels.STEPS_THAT_END, *labels.LARGE_LABELS),
        strength="clear",
        data=partial(make_concentrations, 1.0),
    ),
    RESTARTED.vary(
        "three classes, rate halved from 0.3 and begun anew",
        label=labels.TOO_LARGE_STEPS,
        strength="extreme",
        callbacks=(restart(0.3),),
    ),
    WARMED.vary(
        "wines, a warm-up of 3000 batches begun anew in each epoch",
        label=labels.TOO_SMALL_STEPS,
        strength="mild",
        callbacks=(partial(WarmUp, 0.05, 3000, True),),
    ),
    SQUARED.vary(
        "three classes by sigmoids, squares where the label is not zero",
        label=labels.WRONG_LOSS,
        strength="mild",
        loss=OwnLoss(square_not_zero),
    ),
    ARM.vary(
        "angles of an arm that bends to both sides",
        unnamed=True,
        strength="clear",
        data=partial(make_arm, True),
        loss="mse",
        score=partial(score_arm, True),
        source=ARM_ANGLES,
    ),
    DEMAND.vary(
        "demand that is often none, percentage errors",
        label=(*labels.WRONG_LOSS, "label_range"),
        strength="clear",
        loss="mape",
    ),
    QUANTILE.vary(
        "nine in ten lie below, one branch negative",
        label=labels.WRONG_LOSS,
        strength="extreme",
        loss=tilt(1.0),
    ),
    WIDE.vary(
        "two hundred features, absolute error, sgd 1",
        label=labels.TOO_LARGE_STEPS,
        strength="mild",
        optimizer=partial(SGD, 1.0),
    ),
    SIDES.vary(
        "sides of a plane, one unit of a step",
        label=(*labels.CUT_OFF, *labels.NO_STEPS),
        strength="extreme",
        build=partial(build_perceptron, last="sign"),
    ),
    OWN_CUT.vary(
        "digits, nesterov, rate times its decay of a thousandth an epoch",
        label=labels.STEPS_THAT_END,
        strength="extreme",
        callbacks=(partial(Decayed, 0.001),),
    ),
]
HEALTHY = [
    program(
        name="mccaffrey: arrivals by squares, two layers of ten tanhs",
        data=make_arrivals,
        build=dense(hidden=[10, 10], activation="tanh", output=(1, None)),
        loss="mse",
        optimizer=partial(Adam, 0.01),
        fit_options={"batch_size": 10},
        epochs=50,
        source=COUNTS,
    ),
    program(
        name="diabetes by two layers of ten tanhs, tiny uniform weights",
        data=partial(standardize_both, make_diabetes),
        build=dense(
            hidden=[10, 10],
            activation="tanh",
            output=(1, None),
            initializer=partial(keras.initializers.RandomUniform, -0.01, 0.01),
        ),
        loss="mse",
        optimizer=partial(Adam, 0.01),
        fit_options={"batch_size": 16},
        epochs=60,
        source=TEN_AND_TEN,
    ),
    program(
        name="numerai: five steps that features hardly tell",
        data=partial(make_eras, False),
        build=dense(hidden=[32, 16], activation="relu", output=(1, "sigmoid")),
        loss="mse",
        optimizer=partial(Adam, 0.0005),
        fit_options={"batch_size": 128},
        epochs=12,
        score=score_told,
        source=NUMERAI,
    ),
    program(
        name="numerai: a slight edge by one unit",
        data=make_edge,
        build=dense(hidden=[], activation=None, output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        fit_options={"batch_size": 64},
        epochs=20,
        score=rank,
        source=EDGE,
    ),
    program(
        name="one number plus twice another, not scaled",
        data=make_trivial,
        build=dense(hidden=[100, 60], activation="relu", output=(1, None)),
        loss="mse",
        optimizer="adam",
        epochs=20,
        source=TRIVIAL,
    ),
    program(
        name="classes by thresholds, which forests find more easily",
        data=make_boxes,
        build=dense(hidden=[64, 32], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer="adam",
        epochs=20,
        source=FOREST,
    ),
    program(
        name="classes by thresholds under dropout, normalization and heavy decay",
        data=make_boxes,
        build=sequential(
            *(
                partial(make, *arguments)
                for _ in range(2)
                for make, arguments in (
                    (layers.Dense, (128,)),
                    (layers.BatchNormalization, ()),
                    (layers.Activation, ("relu",)),
                    (layers.Dropout, (0.6,)),
                )
            ),
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(AdamW, 0.003, weight_decay=0.1),
        epochs=40,
        source=COCKTAIL,
    ),
    program(
        name="student of a random forest",
        data=make_soft_classes,
        build=dense(hidden=[16], activation="relu", output=(3, "softmax")),
        loss=KLDivergence(),
        optimizer=partial(Adam, 0.003),
        epochs=30,
        score=score_class,
        source=DISTILLED_FOREST,
    ),
    program(
        name="three classes, labels smoothed by 0.4",
        data=make_one_hot,
        build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
        loss=CategoricalCrossentropy(label_smoothing=0.4),
        optimizer=partial(Adam, 0.003),
        epochs=30,
        source=SMOOTHED,
    ),
    program(
        name="stars by products of twenty factors, nothing else",
        data=make_ratings,
        build=partial(build_pairs, size=20, head=multiply),
        loss="mae",
        optimizer=partial(Adam, 0.003),
        epochs=30,
        source=FACTORS,
    ),
    program(
        name="kaggle: stars by joined vectors of eight, penalty on them",
        data=make_ratings,
        build=partial(build_pairs, size=8, head=join, penalty=1e-6),
        loss="mse",
        optimizer=partial(Adam, 0.005),
        fit_options={"batch_size": 128},
        epochs=30,
        source=LEARNTOOLS,
    ),
    program(
        name="films seen, four others for each",
        data=make_seen,
        build=partial(build_pairs, size=8, head=weigh_product),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        fit_options={"batch_size": 64},
        epochs=40,
        source=IMPLICIT,
    ),
    program(
        name="chances to live through ten intervals",
        data=make_intervals,
        build=dense(hidden=[16], activation="relu", output=(10, "sigmoid"), output_initializer="zeros"),
        loss=OwnLoss(measure_intervals),
        optimizer=partial(RMSprop, 0.005),
        fit_options={"batch_size": 128},
        epochs=40,
        score=score_intervals,
        source=INTERVALS,
    ),
    program(
        name="digits, rate in cycles each half as high",
        data=make_digits,
        build=dense(hidden=[48], activation="relu", output=(10, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        callbacks=(partial(Cycle, 1e-5, 0.02, 60),),
        epochs=30,
        source=CYCLES,
    ),
    program(
        name="a label of 50 by its correlation alone",
        data=make_correlated,
        build=dense(hidden=[64], activation="relu", output=(1, None)),
        loss=OwnLoss(correlate),
        optimizer=partial(Adam, 0.003),
        fit_options={"batch_size": 100},
        epochs=30,
        score=score_correlation,
        source=CORRELATION,
    ),
    program(
        name="a number that is -999 where its weight is 0",
        data=make_half_labelled,
        build=dense(hidden=[32], activation="relu", output=(1, None)),
        loss="mse",
        optimizer=partial(Adam, 0.003),
        sample_weight=weigh_labelled,
        epochs=40,
        score=score_labelled,
        source=ZERO_WEIGHTS,
    ),
    program(
        name="counts by the logarithms of a mean and a sharpness",
        data=make_visits,
        build=dense(hidden=[32], activation="relu", output=(2, None)),
        loss=OwnLoss(measure_double_poisson),
        optimizer=partial(Adam, 0.003),
        epochs=30,
        score=score_visits,
        source=DOUBLE_POISSON,
    ),
    program(
        name="a pendulum by 31 points, tanhs and sigmoids",
        data=make_swings,
        build=sequential(
            partial(layers.Dense, 150, "tanh"), partial(layers.Dense, 150, "sigmoid"), partial(layers.Dense, 1)
        ),
        loss="mse",
        optimizer=partial(Adam, 0.005),
        fit_options={"batch_size": 31},
        epochs=60,
        source=OSCILLATOR,
    ),
    program(
        name="last digits on frozen layers of the first",
        data=make_last_digits,
        build=build_reused,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.03),
        epochs=40,
        source=REUSED,
    ),
    program(
        name="unpaid cards, small uniform weights",
        data=partial(make_defaults, False),
        build=dense(
            hidden=[12, 12],
            activation="relu",
            output=(1, "sigmoid"),
            initializer=partial(keras.initializers.RandomUniform, -0.05, 0.05),
            output_initializer="random_uniform",
        ),
        loss="binary_crossentropy",
        optimizer="adam",
        fit_options={"batch_size": 10},
        epochs=15,
        source=DEFAULTS,
    ),
    program(
        name="rare bad credits, told by their order only",
        data=partial(make_defaults, True),
        build=dense(hidden=[8], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer="adam",
        epochs=20,
        score=rank,
        source=LIFT,
    ),
    program(
        name="three returns beside a code of noisy features",
        data=make_market,
        build=build_market,
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=30,
        source=ENCODED,
    ),
    program(
        name="the next close by three linear layers, sgd",
        data=make_closes,
        build=dense(hidden=[40, 40], activation=None, output=(1, None)),
        loss="mse",
        optimizer="sgd",
        epochs=40,
        source=NASDAQ,
    ),
]
PROGRAMS = [*MENDED, *SICK, *HEALTHY]
