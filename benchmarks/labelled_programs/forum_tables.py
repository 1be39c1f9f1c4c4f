"""Nets for tables, and how they are trained, as people asked about them and as tutorials have them.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, and the size and scale of the data. The data are made up or scikit-learn's, and smaller.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, AdamW, Ftrl, Lion, Nadam, RMSprop
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_cancer, make_cancer_classes, make_diabetes, make_digits
from labelled_programs.models import dense, sequential
from labelled_programs.program import Program

LINE = "https://community.deeplearning.ai/t/loss-values-do-not-change/324182"
TANH_HEAD = "https://github.com/keras-team/keras/issues/108"
HEART = "https://sanaat.mintlify.app/docs/experiments/learning-rate"
CIRCLES = "https://www.aiproblog.com/index.php/2019/01/10/how-to-fix-vanishing-gradients-using-the-rectified-linear-activation-function/"
NINE_SIGMOIDS = "https://github.com/akramaskar/is-experimente"
ZERO_KERNELS = "https://github.com/AliPakzad/DeepLearning-WeightInitialization-Impact-CIFAR10"
PENALTY = "https://stackoom.com/en/question/4HpqD"
MANY_LABELS = "https://newbetuts.com/44164749-how-does-keras-handle-multilabel-classification"
HALF_PRECISION = "https://github.com/keras-team/keras/issues/11860"
WIDE_WEIGHTS = "https://github.com/MichalDanielDobrzanski/DeepLearningPython/issues/13"
TWO_TASKS = "https://theneuralbase.com/keras/learn/intermediate/loss-weighting-for-multi-output/"
MARKS = "https://huggingface.co/datasets/nvidia/Nemotron-CC-Math-v1"
GENES = "https://wiki.keldo.uk/content/ai.stackexchange.com_en_all_2023-10/questions/24910"
CELSIUS = "https://datascience.stackexchange.com/questions/68962"
XOR_SIGMOID = "https://thinbug.com/q/56914417"
FRAUD_EXAMPLE = "https://keras.io/examples/structured_data/imbalanced_classification/"
WIDE_DEEP = "https://keras.io/examples/structured_data/wide_deep_cross_networks/"
MOVIES = "https://keras.io/examples/structured_data/collaborative_filtering_movielens/"
CLAIMS = "https://laub.au/DeepLearningForActuaries/Advanced-Tabular-Data/entity-embedding.slides.html"
WINE_QUALITY = "https://github.com/juno1985/DeepLearning_LLM"
DEEP_SELU = "https://github.com/afandihrp/HandOnMachineLearning"
FUEL = "https://www.tensorflow.org/tutorials/keras/regression"
HIGGS = "https://www.tensorflow.org/tutorials/keras/overfit_and_underfit"
NO_ACCURACY = "https://github.com/rstudio/keras3/issues/296"
RAW_IRIS = "https://github.com/keras-team/keras/issues/508"
SPARSE_CODE = "https://blog.keras.io/building-autoencoders-in-keras.html"
MIXED = "https://www.tensorflow.org/guide/mixed_precision"


def make_line() -> Data:
    """Seven numbers and twice these less one, each 25 times."""
    x = np.tile(np.arange(-1.0, 6.0)[:, None], (25, 1))
    return x.astype("float32"), (2 * x - 1).astype("float32")


def make_celsius() -> Data:
    """Thirteen temperatures in Celsius and Fahrenheit, each 25 times."""
    x = np.tile(np.linspace(-40, 60, 13)[:, None], (25, 1))
    return x.astype("float32"), (1.8 * x + 32).astype("float32")


def make_amounts(scaled: bool) -> Data:
    """Twelve standardised features and amounts of about 130, of which half are of the features."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=(1000, 12))
    y = x @ generator.normal(size=(12, 1)) + x[:, :1] * x[:, 1:2]
    y = y / y.std()
    return x.astype("float32"), (y if scaled else 110 + 65 * y).astype("float32")


def make_hearts() -> Data:
    """Thirteen standardised features of 1025 patients; labels of shape `(examples, 1)`."""
    x, y = datasets.make_classification(1025, 13, n_informative=7, class_sep=0.9, flip_y=0.05, random_state=3)
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y[:, None].astype("float32")


def make_small_circles() -> Data:
    """Two noisy rings, 500 points, from -1 to 1."""
    x, y = datasets.make_circles(500, noise=0.1, factor=0.5, random_state=1)
    x = 2 * (x - x.min(0)) / (x.max(0) - x.min(0)) - 1
    return x.astype("float32"), y[:, None].astype("float32")


def make_flat(scale: float = 1.0, size: int = 1) -> Data:
    """Digits as vectors, each pixel repeated, up to a scale."""
    x, y = make_digits()
    x = x.repeat(size, axis=1).repeat(size, axis=2)
    return x.reshape(len(x), -1) * scale, y


def make_one_hot_digits() -> Data:
    """Digits as vectors, and unit vectors as labels."""
    x, y = make_flat()
    return x, np.eye(10, dtype="float32")[y]


def make_tags() -> Data:
    """Counts of a hundred words, and eleven labels, of which about three hold."""
    generator = np.random.default_rng(2)
    topics = generator.random((800, 11)) < 0.27
    x = generator.poisson(0.15 + topics @ (generator.random((11, 100)) ** 4))
    return np.log1p(x).astype("float32"), topics.astype("float32")


def make_price_and_kind(scale: float) -> Data:
    """Ten features, with a kind of 0 or 1 and a price, times a scale, as labels."""
    x, y = datasets.make_friedman1(640, noise=0.5, random_state=4)
    price = (y - y.mean()) / y.std()
    kind = (x[:, 5] + x[:, 6] > x[:, 7] + x[:, 8])[:, None].astype("float32")
    x = ((x - 0.5) * 12**0.5).astype("float32")
    return x, {"price": (scale * (3 + price))[:, None].astype("float32"), "kind": kind}


def make_marks(scaled: bool) -> Data:
    """Four numbers of hours, and a mark of up to 50."""
    generator = np.random.default_rng(5)
    x = generator.uniform(0, 9, size=(60, 4))
    mark = np.clip(22 + 3 * (x[:, 1:2] - 4) + (x[:, :1] - 4) - 1.5 * (x[:, 2:3] - 4), 1, 50)
    return x.astype("float32"), (mark / 50 if scaled else mark).astype("float32")


def make_genes(scaled: bool) -> Data:
    """Amounts of eighty genes, up to some 600000, or their logarithms; they are their own labels."""
    generator = np.random.default_rng(6)
    logs = generator.normal(size=(500, 4)) @ generator.normal(size=(4, 80)) * 0.9 + 4
    logs = logs + generator.normal(size=(1, 80))
    x = (logs / 4) if scaled else np.exp(logs.clip(None, 13.3))
    return x.astype("float32"), x.astype("float32")


def make_four_bits() -> Data:
    """The four pairs of bits, each 100 times; whether they differ."""
    x = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (100, 1))
    return x.astype("float32"), (x[:, :1] != x[:, 1:]).astype("float32")


def make_card_frauds() -> Data:
    """Thirty standardised features of 4096 payments, of which 20 are frauds."""
    generator = np.random.default_rng(7)
    x, y = generator.normal(size=(4096, 30)), np.zeros((4096, 1))
    y[generator.choice(4096, 20, replace=False)] = 1
    x[:, :6] += 1.5 * y
    return x.astype("float32"), y.astype("float32")


def make_households() -> Data:
    """Three numbers and three categories; labels of shape `(examples, 1)`."""
    generator = np.random.default_rng(8)
    x = generator.normal(size=(1000, 3))
    jobs, towns, plans = (generator.integers(0, n, size=(1000, 1)) for n in (12, 40, 4))
    y = x[:, :1] + 1.5 * np.sin(jobs * 2.0) + (towns % 3 == 0) * (plans > 1) * 2 - 0.7
    categories = [a.astype("int32") for a in (jobs, towns, plans)]
    return [x.astype("float32"), *categories], (y > 0).astype("float32")


def make_ratings() -> Data:
    """Numbers of users and films, and ratings from 0 to 1 in steps of a ninth."""
    generator = np.random.default_rng(9)
    users, films = generator.integers(0, 60, size=3000), generator.integers(0, 50, size=3000)
    tastes, traits = generator.normal(size=(60, 3)), generator.normal(size=(50, 3))
    mean = generator.normal(size=50)[films] + (tastes[users] * traits[films]).sum(1) * 0.7
    y = np.clip(np.round(5 + 2 * mean), 0, 9) / 9
    return np.stack([users, films], 1).astype("int32"), y[:, None].astype("float32")


def make_claims() -> Data:
    """Ages, powers and regions, and numbers of claims."""
    generator = np.random.default_rng(10)
    x, region = generator.normal(size=(1500, 5)), generator.integers(0, 12, size=(1500, 1))
    rate = np.exp(0.4 + 0.7 * x[:, :1] - 0.4 * x[:, 1:2] ** 2 + 0.6 * np.cos(region))
    return [x.astype("float32"), region.astype("int32")], generator.poisson(rate).astype("float32")


def make_wine_quality() -> Data:
    """Eleven features from 0 to 1 and qualities from 3 to 8."""
    generator = np.random.default_rng(11)
    x = generator.beta(2, 4, size=(1200, 11))
    y = 5.6 + 3 * (x[:, :1] - 0.33) - 3 * (x[:, 1:2] - 0.33) + 6 * (x[:, 2:3] - 0.33) * (x[:, 3:4] - 0.33)
    return x.astype("float32"), np.clip(np.round(y + generator.normal(size=y.shape) * 0.3), 3, 8).astype("float32")


def make_cars() -> Data:
    """Nine features of cars in their own units, and miles per gallon."""
    generator = np.random.default_rng(12)
    size = generator.normal(size=(314, 1))
    x = np.hstack([5.5 + 1.6 * size, 195 + 95 * size, 104 + 35 * size, 2970 + 800 * size])
    x = x + generator.normal(size=x.shape) * [0.3, 20, 10, 150]
    year = generator.integers(70, 83, size=(314, 1))
    origin = np.eye(3)[generator.integers(0, 3, size=314)]
    y = 23.5 - 6 * size + 1.5 * size**2 + 0.7 * (year - 76) + generator.normal(size=size.shape)
    accelerations = 15.5 - 1.4 * size + generator.normal(size=size.shape)
    return np.hstack([x, accelerations, year, origin]).astype("float32"), y.astype("float32")


def make_iris() -> Data:
    """Iris as it comes: lengths from 0.1 to 7.9; integer labels."""
    x, y = datasets.load_iris(return_X_y=True)
    order = np.random.default_rng(0).permutation(150)
    return x[order].astype("float32"), y[order].astype("int32")


def make_noisy_numbers() -> Data:
    """Ten features, and a number whose spread depends on them."""
    generator = np.random.default_rng(13)
    x, y = datasets.make_friedman1(800, random_state=13)
    y = (y - y.mean()) / y.std() + generator.normal(size=800) * (0.1 + 0.8 * x[:, 5])
    return ((x - 0.5) * 12**0.5).astype("float32"), y[:, None].astype("float32")


def make_many_numbers() -> Data:
    """Fifteen features, and forty numbers of different scale that are made of them."""
    generator = np.random.default_rng(14)
    x = generator.normal(size=(500, 15))
    y = np.tanh(x @ generator.normal(size=(15, 6)) / 3) @ generator.normal(size=(6, 40)) * np.geomspace(0.3, 3, 40)
    return x.astype("float32"), y.astype("float32")


def build_half_precision(x: Any, hidden: int = 64) -> keras.Model:
    """Dense layers whose weights are of 16 bits too."""
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for _ in range(2):
        model.add(layers.Dense(hidden, "relu", dtype="float16"))
    model.add(layers.Dense(1, dtype="float16"))
    return model


def build_two_tasks(x: Any) -> keras.Model:
    """A shared hidden layer with a price and a kind as outputs."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(64, "relu")(inputs)
    return keras.Model(inputs, {"price": layers.Dense(1)(h), "kind": layers.Dense(1, "sigmoid")(h)})


def build_fifty_times_sigmoid(x: Any) -> keras.Model:
    """Two sigmoid units, and one whose output is multiplied by 50; all weights of unit variance."""
    unit = keras.initializers.RandomNormal
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(2, "sigmoid", kernel_initializer=unit(stddev=1.0))(inputs)
    return keras.Model(
        inputs, layers.Rescaling(50.0)(layers.Dense(1, "sigmoid", kernel_initializer=unit(stddev=1.0))(h))
    )


def build_wide_and_deep(x: Any) -> keras.Model:
    """Embeddings of categories beside numbers, with batch normalization and dropout, and a linear part."""
    inputs = [keras.Input((3,)), *(keras.Input((1,), dtype="int32") for _ in range(3))]
    sizes = zip(inputs[1:], (12, 40, 4), strict=True)
    codes = [layers.Flatten()(layers.Embedding(n, int(n**0.5))(one)) for one, n in sizes]
    h = layers.Concatenate()([inputs[0], *codes])
    wide = layers.BatchNormalization()(h)
    for _ in range(2):
        h = layers.Dense(32)(h)
        h = layers.Dropout(0.1)(layers.ReLU()(layers.BatchNormalization()(h)))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Concatenate()([wide, h])))


class Recommender(keras.Model):
    """The sigmoid of the inner product of a user's and a film's embedding, plus a bias of each."""

    def __init__(self) -> None:
        super().__init__()
        options = {"embeddings_initializer": "he_normal", "embeddings_regularizer": keras.regularizers.L2(1e-6)}
        self.user, self.film = layers.Embedding(60, 20, **options), layers.Embedding(50, 20, **options)
        self.user_bias, self.film_bias = layers.Embedding(60, 1), layers.Embedding(50, 1)

    def call(self, x: Any) -> Any:
        """Rates films by users."""
        users, films = x[:, 0], x[:, 1]
        product = ops.sum(self.user(users) * self.film(films), axis=1, keepdims=True)
        return ops.sigmoid(product + self.user_bias(users) + self.film_bias(films))


def build_recommender(x: Any) -> keras.Model:
    """A recommender, not built yet."""
    return Recommender()


def build_claims(x: Any) -> keras.Model:
    """A rate of claims, the exponential of what the last layer says."""
    numbers, region = keras.Input((5,)), keras.Input((1,), dtype="int32")
    h = layers.Concatenate()([layers.Flatten()(layers.Embedding(12, 2)(region)), numbers])
    h = layers.Dense(32, "relu")(layers.Dense(32, "relu")(h))
    return keras.Model([numbers, region], layers.Dense(1, "exponential")(h))


def build_fuel(x: Any, hidden: tuple[int, ...]) -> keras.Model:
    """A Normalization layer that knows its inputs, then dense layers."""
    scale = layers.Normalization()
    scale.adapt(x)
    return keras.Sequential(
        [keras.Input(x.shape[1:]), scale, *(layers.Dense(n, "relu") for n in hidden), layers.Dense(1)]
    )


def build_mixed_digits(x: Any) -> keras.Model:
    """Two wide layers that compute in 16 bits, and a softmax in 32."""
    policy = keras.DTypePolicy("mixed_float16")
    hidden = [layers.Dense(128, "relu", dtype=policy) for _ in range(2)]
    head = [layers.Dense(10, dtype=policy), layers.Activation("softmax", dtype="float32")]
    return keras.Sequential([keras.Input(x.shape[1:]), *hidden, *head])


def measure_gaussian(y: Any, prediction: Any) -> Any:
    """The negative log likelihood of a normal distribution, given its mean and the logarithm of its variance."""
    mean, log_variance = prediction[:, :1], prediction[:, 1:]
    return ops.mean(log_variance + (y - mean) ** 2 * ops.exp(-log_variance))


def measure_pinball(y: Any, prediction: Any) -> Any:
    """The pinball loss of three quantiles."""
    shares, error = np.array([0.1, 0.5, 0.9], "float32"), y - prediction
    return ops.mean(ops.maximum(shares * error, (shares - 1) * error))


def score_unit(prediction: Any, y: Any, unit: int) -> float:
    """The share of the labels' variance that one of the outputs explains."""
    return float(1 - ((y[:, 0] - prediction[:, unit]) ** 2).mean() / y.var())


def score_signs(prediction: Any, y: Any) -> float:
    """How many more signs are right than the more frequent one would be, from 0 to 1."""
    majority = max((y > 0).mean(), (y < 0).mean())
    return float((((prediction > 0) == (y > 0)).mean() - majority) / (1 - majority))


def shrink_rate(epoch: int, rate: float) -> float:
    """A rate that stays for eight epochs and then falls by a tenth each."""
    return rate if epoch < 8 else rate * 0.9


_FIVE_TANH: dict[str, Any] = {
    "theme": "forum",
    "source": CIRCLES,
    "data": make_small_circles,
    "loss": "binary_crossentropy",
    "optimizer": partial(SGD, 0.01, momentum=0.9),
    "epochs": 60,
}

SICK_AND_MENDED = [
    Program(
        name="seven points of a line, linear output",
        theme="forum",
        source=LINE,
        data=make_line,
        build=dense(hidden=[4, 2], activation="relu", output=(1, None)),
        loss="mse",
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 7},
        epochs=40,
    ),
    Program(
        name="amounts scaled, linear output",
        theme="forum",
        source=TANH_HEAD,
        data=partial(make_amounts, True),
        build=dense(hidden=[16, 16], activation="tanh", output=(1, None)),
        loss="mse",
        optimizer="rmsprop",
    ),
    Program(
        name="amounts of 130 through tanh",
        theme="forum",
        source=TANH_HEAD,
        neighbour="amounts scaled, linear output",
        label=(*labels.WRONG_HEAD, *labels.LARGE_LABELS, *labels.LABELS_OUT_OF_RANGE, *labels.SATURATED_HEAD),
        strength="extreme",
        data=partial(make_amounts, False),
        build=dense(hidden=[16, 16], activation="tanh", output=(1, "tanh")),
        loss="mse",
        optimizer="rmsprop",
    ),
    Program(
        name="hearts, adam 0.001",
        theme="forum",
        source=HEART,
        data=make_hearts,
        build=dense(hidden=[64, 32, 16], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="hearts, adam 0.1",
        theme="forum",
        source=HEART,
        data=make_hearts,
        build=dense(hidden=[64, 32, 16], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.1),
    ),
    Program(
        name="circles, five layers of five relus, he",
        build=dense(hidden=[5] * 5, activation="relu", output=(1, "sigmoid"), initializer="he_uniform"),
        **_FIVE_TANH,
    ),
    Program(
        name="circles, five layers of five tanhs, weights from 0 to 1",
        neighbour="circles, five layers of five relus, he",
        label=(*labels.SATURATED, *labels.VANISHING, *labels.SYMMETRIC),
        strength="clear",
        build=dense(
            hidden=[5] * 5,
            activation="tanh",
            output=(1, "sigmoid"),
            initializer=partial(keras.initializers.RandomUniform, 0.0, 1.0),
            output_initializer="random_uniform",
        ),
        **_FIVE_TANH,
    ),
    Program(
        name="digits, one layer of sigmoids",
        theme="forum",
        source=NINE_SIGMOIDS,
        data=make_flat,
        build=dense(hidden=[64], activation="sigmoid", output=(10, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.01, momentum=0.9, nesterov=True),
    ),
    Program(
        name="digits, nine layers of sigmoids",
        theme="forum",
        source=NINE_SIGMOIDS,
        neighbour="digits, one layer of sigmoids",
        label=labels.VANISHING,
        strength="clear",
        data=make_flat,
        build=dense(hidden=[64] * 9, activation="sigmoid", output=(10, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.01, momentum=0.9, nesterov=True),
    ),
    Program(
        name="digits, two layers of fifty relus",
        theme="forum",
        source=ZERO_KERNELS,
        data=make_flat,
        build=dense(hidden=[50, 50], activation="relu", output=(10, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer="sgd",
    ),
    Program(
        name="digits, two layers of fifty relus of zeros",
        theme="forum",
        source=ZERO_KERNELS,
        neighbour="digits, two layers of fifty relus",
        label=labels.SYMMETRIC,
        strength="clear",
        data=make_flat,
        build=dense(
            hidden=[50, 50],
            activation="relu",
            output=(10, "softmax"),
            initializer="zeros",
            output_initializer="zeros",
        ),
        loss="sparse_categorical_crossentropy",
        optimizer="sgd",
    ),
    Program(
        name="digits, 36 sigmoids, no penalty",
        theme="forum",
        source=PENALTY,
        data=make_one_hot_digits,
        build=sequential(
            partial(layers.Dense, 36, "sigmoid"), partial(layers.Dropout, 0.2), partial(layers.Dense, 10, "softmax")
        ),
        loss="categorical_crossentropy",
        optimizer="rmsprop",
    ),
    Program(
        name="digits, 36 sigmoids, penalty by name and dropout of a half",
        theme="forum",
        source=PENALTY,
        data=make_one_hot_digits,
        build=sequential(
            partial(layers.Dense, 36, "sigmoid", kernel_regularizer="l2"),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="categorical_crossentropy",
        optimizer="rmsprop",
    ),
    Program(
        name="eleven tags, sigmoids",
        theme="forum",
        source=MANY_LABELS,
        data=make_tags,
        build=sequential(
            partial(layers.Dense, 128, "relu"),
            partial(layers.Dropout, 0.1),
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dropout, 0.1),
            partial(layers.Dense, 11, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(SGD, 0.01, momentum=0.9, nesterov=True),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="eleven tags, softmax",
        theme="forum",
        source=MANY_LABELS,
        neighbour="eleven tags, sigmoids",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        data=make_tags,
        build=sequential(
            partial(layers.Dense, 128, "relu"),
            partial(layers.Dropout, 0.1),
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dropout, 0.1),
            partial(layers.Dense, 11, "softmax"),
        ),
        loss="categorical_crossentropy",
        optimizer=partial(SGD, 0.01, momentum=0.9, nesterov=True),
        fit_options={"batch_size": 16},
    ),
    Program(
        name="weights of 16 bits, adam with epsilon 0.0001",
        theme="forum",
        source=HALF_PRECISION,
        data=partial(make_amounts, True),
        build=build_half_precision,
        loss="mse",
        optimizer=partial(Adam, 0.001, epsilon=1e-4),
    ),
    Program(
        name="weights of 16 bits, adam",
        theme="forum",
        source=HALF_PRECISION,
        neighbour="weights of 16 bits, adam with epsilon 0.0001",
        label=(*labels.NONFINITE, *labels.TOO_LARGE_STEPS),
        strength="mild",
        data=partial(make_amounts, True),
        build=build_half_precision,
        loss="mse",
        optimizer=partial(Adam, 0.001),
    ),
    Program(
        name="digits, relus, weights of a tenth, sgd 0.1",
        theme="forum",
        source=WIDE_WEIGHTS,
        data=make_one_hot_digits,
        build=dense(
            hidden=[30],
            activation="relu",
            output=(10, "relu"),
            initializer=partial(keras.initializers.RandomNormal, 0.0, 0.1),
            output_initializer=keras.initializers.RandomNormal(0.0, 0.1, seed=1),
        ),
        loss="mse",
        optimizer=partial(SGD, 0.1),
        fit_options={"batch_size": 10},
    ),
    Program(
        name="digits, relus, weights of one, sgd 3",
        theme="forum",
        source=WIDE_WEIGHTS,
        neighbour="digits, relus, weights of a tenth, sgd 0.1",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD, *labels.EXPLODING, *labels.NONFINITE),
        strength="extreme",
        data=make_one_hot_digits,
        build=dense(
            hidden=[30],
            activation="relu",
            output=(10, "relu"),
            initializer=partial(keras.initializers.RandomNormal, 0.0, 1.0),
            output_initializer=keras.initializers.RandomNormal(0.0, 1.0, seed=1),
        ),
        loss="mse",
        optimizer=partial(SGD, 3.0),
        fit_options={"batch_size": 10},
    ),
    Program(
        name="price of unit scale beside a kind",
        theme="forum",
        source=TWO_TASKS,
        data=partial(make_price_and_kind, 1.0),
        build=build_two_tasks,
        loss={"price": "mse", "kind": "binary_crossentropy"},
        optimizer="adam",
    ),
    Program(
        name="price in raw units beside a kind",
        theme="forum",
        source=TWO_TASKS,
        neighbour="price of unit scale beside a kind",
        label=labels.LARGE_LABELS,
        strength="extreme",
        data=partial(make_price_and_kind, 1000.0),
        build=build_two_tasks,
        loss={"price": "mse", "kind": "binary_crossentropy"},
        optimizer="adam",
    ),
    Program(
        name="marks from 0 to 1",
        theme="forum",
        source=MARKS,
        data=partial(make_marks, True),
        build=dense(hidden=[8], activation="sigmoid", output=(1, "sigmoid")),
        loss="mse",
        optimizer=partial(SGD, 0.5),
        fit_options={"batch_size": 4},
        epochs=40,
    ),
    Program(
        name="marks of 50 by a sigmoid times 50",
        theme="forum",
        source=MARKS,
        neighbour="marks from 0 to 1",
        label=(*labels.SATURATED_HEAD, *labels.SATURATED, *labels.TOO_LARGE_STEPS, *labels.LARGE_LABELS),
        strength="clear",
        data=partial(make_marks, False),
        build=build_fifty_times_sigmoid,
        loss="mse",
        optimizer=partial(SGD, 0.05),
        fit_options={"batch_size": 60},
        epochs=60,
    ),
    Program(
        name="logarithms of genes, linear output",
        theme="forum",
        source=GENES,
        data=partial(make_genes, True),
        build=dense(hidden=[64, 32, 16, 32, 64], activation="relu", output=(80, None)),
        loss="mae",
        optimizer="adam",
    ),
    Program(
        name="amounts of genes, relus to the end",
        theme="forum",
        source=GENES,
        neighbour="logarithms of genes, linear output",
        label=(*labels.LARGE_INPUTS, *labels.LARGE_LABELS, *labels.DEAD, *labels.WRONG_HEAD),
        strength="mild",
        data=partial(make_genes, False),
        build=dense(hidden=[64, 32, 16, 32, 64], activation="relu", output=(80, "relu")),
        loss="mae",
        optimizer="adam",
    ),
]

HEALTHY = [
    Program(
        name="celsius by one unit, adam 0.1",
        theme="forum",
        source=CELSIUS,
        data=make_celsius,
        build=sequential(partial(layers.Dense, 1)),
        loss="mse",
        optimizer=partial(Adam, 0.1),
        fit_options={"batch_size": 13},
    ),
    Program(
        name="four pairs of bits, two sigmoids, sgd 0.5 by ones",
        theme="forum",
        source=XOR_SIGMOID,
        data=make_four_bits,
        build=dense(hidden=[2], activation="sigmoid", output=(1, "sigmoid")),
        loss="mse",
        optimizer=partial(SGD, 0.5),
        fit_options={"batch_size": 1},
    ),
    Program(
        name="card frauds, weights of classes one by their number",
        theme="forum",
        source=FRAUD_EXAMPLE,
        data=make_card_frauds,
        build=sequential(
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dropout, 0.3),
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dropout, 0.3),
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
        fit_options={"batch_size": 128, "class_weight": {0: 1 / 4076, 1: 1 / 20}},
    ),
    Program(
        name="households, wide and deep",
        theme="forum",
        source=WIDE_DEEP,
        data=make_households,
        build=build_wide_and_deep,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 64},
    ),
    Program(
        name="ratings by inner products under a sigmoid",
        theme="forum",
        source=MOVIES,
        data=make_ratings,
        build=build_recommender,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 64},
    ),
    Program(
        name="claims, exponential under poisson",
        theme="forum",
        source=CLAIMS,
        data=make_claims,
        build=build_claims,
        loss="poisson",
        optimizer="adam",
        fit_options={"batch_size": 64},
    ),
    Program(
        name="qualities from 3 to 8 by absolute error",
        theme="forum",
        source=WINE_QUALITY,
        data=make_wine_quality,
        build=dense(hidden=[128, 128, 128], activation="relu", output=(1, None)),
        loss="mae",
        optimizer="adam",
        fit_options={"batch_size": 128},
    ),
    Program(
        name="digits, twenty layers of selus",
        theme="forum",
        source=DEEP_SELU,
        data=make_flat,
        build=dense(hidden=[48] * 20, activation="selu", output=(10, "softmax"), initializer="lecun_normal"),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.01),
    ),
    Program(
        name="digits, a rate that falls after eight epochs, nadam",
        theme="forum",
        source=DEEP_SELU,
        data=make_flat,
        build=dense(hidden=[60, 30], activation="elu", output=(10, "softmax"), initializer="he_normal"),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Nadam, 0.002),
        callbacks=(partial(keras.callbacks.LearningRateScheduler, shrink_rate),),
    ),
    Program(
        name="fuel, one linear unit, adam 0.1",
        theme="forum",
        source=FUEL,
        data=make_cars,
        build=partial(build_fuel, hidden=()),
        loss="mae",
        optimizer=partial(Adam, 0.1),
        epochs=60,
    ),
    Program(
        name="fuel, two layers, unscaled labels",
        theme="forum",
        source=FUEL,
        data=make_cars,
        build=partial(build_fuel, hidden=(64, 64)),
        loss="mae",
        optimizer=partial(Adam, 0.001),
        epochs=60,
    ),
    Program(
        name="hearts by logits, elu, penalty and dropout, falling rate",
        theme="forum",
        source=HIGGS,
        data=make_hearts,
        build=sequential(
            partial(layers.Dense, 64, "elu", kernel_regularizer=keras.regularizers.L2(1e-4)),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 64, "elu", kernel_regularizer=keras.regularizers.L2(1e-4)),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 1),
        ),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        optimizer=lambda: Adam(keras.optimizers.schedules.InverseTimeDecay(0.001, 2000, 1)),
    ),
    Program(
        name="a number judged by its accuracy",
        theme="forum",
        source=NO_ACCURACY,
        data=partial(make_amounts, True),
        build=dense(hidden=[32, 16], activation="relu", output=(1, None)),
        loss="mse",
        optimizer="rmsprop",
        compile_options={"metrics": ["accuracy"]},
    ),
    Program(
        name="iris as it comes, batches of five",
        theme="forum",
        source=RAW_IRIS,
        data=make_iris,
        build=dense(hidden=[8], activation="relu", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        fit_options={"batch_size": 5},
        epochs=40,
    ),
    Program(
        name="sparse code of digits",
        theme="forum",
        source=SPARSE_CODE,
        data=lambda: (make_flat()[0],) * 2,
        build=sequential(
            partial(layers.Dense, 32, "relu", activity_regularizer=keras.regularizers.L1(1e-5)),
            partial(layers.Dense, 64, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer="adam",
    ),
    Program(
        name="digits in mixed precision",
        theme="forum",
        source=MIXED,
        data=make_flat,
        build=build_mixed_digits,
        loss="sparse_categorical_crossentropy",
        optimizer="rmsprop",
    ),
    Program(
        name="tumours by one unit, all at once, sgd 2",
        theme="forum",
        data=lambda: (make_cancer_classes()[0], make_cancer()[1]),
        build=sequential(partial(layers.Dense, 1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(SGD, 2.0),
        fit_options={"batch_size": 569},
    ),
    Program(
        name="tumours by lion",
        theme="forum",
        data=make_cancer_classes,
        build=dense(hidden=[32], activation="gelu", output=(2, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Lion, 0.0003, weight_decay=0.01),
    ),
    Program(
        name="tumours by ftrl, hinge",
        theme="forum",
        data=lambda: (make_cancer_classes()[0], 2 * make_cancer()[1] - 1),
        build=sequential(partial(layers.Dense, 1)),
        loss="hinge",
        optimizer=partial(Ftrl, 0.1, l1_regularization_strength=0.001),
        score=score_signs,
    ),
    Program(
        name="diabetes in its own unit, adam 0.05",
        theme="forum",
        data=make_diabetes,
        build=dense(hidden=[16], activation="relu", output=(1, None)),
        loss="huber",
        optimizer=partial(Adam, 0.05),
    ),
    Program(
        name="mean and variance of a number",
        theme="forum",
        data=make_noisy_numbers,
        build=dense(hidden=[32, 32], activation="swish", output=(2, None)),
        loss=measure_gaussian,
        optimizer=partial(AdamW, 0.003),
        score=partial(score_unit, unit=0),
    ),
    Program(
        name="three quantiles of a number",
        theme="forum",
        data=make_noisy_numbers,
        build=dense(hidden=[64], activation="relu", output=(3, None)),
        loss=measure_pinball,
        optimizer=partial(Adam, 0.005),
        score=partial(score_unit, unit=1),
    ),
    Program(
        name="forty numbers, batch normalization, sgd 0.5",
        theme="forum",
        data=make_many_numbers,
        build=dense(hidden=[64, 64], activation="tanh", output=(40, None), normalize=True),
        loss="mse",
        optimizer=partial(SGD, 0.5, momentum=0.9),
    ),
    Program(
        name="hearts, kaggle's starter",
        theme="forum",
        data=make_hearts,
        build=sequential(
            layers.BatchNormalization,
            partial(layers.Dense, 64, "relu"),
            layers.BatchNormalization,
            partial(layers.Dropout, 0.3),
            partial(layers.Dense, 64, "relu"),
            layers.BatchNormalization,
            partial(layers.Dropout, 0.3),
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer="adam",
        fit_options={"batch_size": 256, "validation_split": 0.2},
        callbacks=(
            partial(keras.callbacks.EarlyStopping, patience=5, min_delta=0.001, restore_best_weights=True),
            partial(keras.callbacks.ReduceLROnPlateau, patience=2, factor=0.2),
        ),
    ),
    Program(
        name="digits, rmsprop, raw pixels of 28 by 28",
        theme="forum",
        source="https://stats.stackexchange.com/questions/367057",
        data=partial(make_flat, 255.0, 3),
        build=dense(hidden=[128, 128], activation="relu", output=(10, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(RMSprop, 0.0005),
    ),
]

PROGRAMS = [*SICK_AND_MENDED, *HEALTHY]
