"""Pictures and tables of those who asked why nothing is learned, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's; programs without a source are common mistakes or common
models. Two are mild: a sigmoid for standardised prices and weights of claims whose sum is one, each of which leaves
about half of what can be learned.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.callbacks import Callback, ReduceLROnPlateau
from keras.initializers import Constant
from keras.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from keras.optimizers import SGD, Adam, RMSprop
from keras.regularizers import L2

from labelled_programs import labels
from labelled_programs.data import Data, make_cancer, make_digits, make_wine, standardize
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

PLANE_BY_PLANE = "https://github.com/0bserver07/One-Hundred-Layers-Tiramisu/issues/13"
OTHER_BYTES = "https://github.com/keras-team/keras/issues/13293"
NAMES_OF_FILES = "https://github.com/keras-team/keras/issues/12355"
FLATTENED = "https://intellipaat.com/community/4050/role-of-flatten-in-keras"
MEANS_OR_ALL = "https://github.com/keras-team/keras/issues/8470"
IN_A_LAMBDA = "https://github.com/keras-team/keras/issues/7078"
BATCH_AND_STEPS = "https://github.com/justinsvegliato/deep-jammer/issues/17"
STANDARD_PRICES = (
    "https://wiki.gubat.org/content/stackoverflow.com_en_all_2023-11/questions/48973140/"
    "how-to-interpret-mse-in-keras-regressor"
)
SECONDS = (
    "https://codex101337.pages.dev/posts/"
    "2024-09-06-how-to-add-timestamp-dates-to-your-machine-learning-data-using-python-and-numpy"
)
SUM_OF_WEIGHTS = "https://github.com/keras-team/keras/issues/7394"
DIRECTION = "https://github.com/tensorflow/addons/issues/1865"
ONE_EPOCH_AT_THE_END = "https://github.com/deepchem/deepchem/issues/1687"
LIFETIME_VALUE = "https://keras.io/examples/structured_data/customer_lifetime_value/"
LOW_LIGHT = "https://keras.io/examples/vision/mirnet/"
LOOKED_UP = "https://keras.io/examples/structured_data/structured_data_classification_from_scratch/"
PATCHES_OF_OTHERS = "https://keras.io/examples/vision/cutmix/"
LOW_RANK = "https://keras.io/examples/nlp/parameter_efficient_finetuning_of_gpt2_with_lora/"
DILATED = "https://keras.io/examples/vision/deeplabv3_plus/"
INTO_BINS = "https://keras.io/api/layers/preprocessing_layers/numerical/discretization/"


def make_streets(turned: bool) -> Data:
    """Noisy pictures of a car and someone walking, and one mask for each of three kinds of pixels.

    The masks were stored plane by plane; they are turned to pixel by pixel, or only given the shape of that.
    """
    generator = np.random.default_rng(1401)
    rows, columns = np.mgrid[:12, :12]
    kinds = np.zeros((200, 12, 12), dtype="int64")
    for mask in kinds:
        top, left = generator.integers(0, 8, size=2)
        mask[top : top + 4, left : left + 5] = 1
        down, right = generator.uniform(2, 10, size=2)
        mask[(rows - down) ** 2 + 2 * (columns - right) ** 2 < 8] = 2
    colours = np.array([[0.3, 0.3, 0.3], [0.9, 0.2, 0.2], [0.2, 0.7, 0.9]])
    x = colours[kinds] + 0.25 * generator.normal(size=(200, 12, 12, 3))
    planes = np.eye(3)[kinds].transpose(0, 3, 1, 2)
    y = planes.transpose(0, 2, 3, 1) if turned else planes.reshape(200, 12, 12, 3)
    return x.astype("float32"), y.astype("float32")


def build_streets(x: Any) -> keras.Model:
    """Convolutions at full and at half size that are joined, and a softmax for each pixel."""
    inputs = keras.Input(x.shape[1:])
    fine = layers.Conv2D(12, 3, padding="same", activation="relu")(inputs)
    coarse = layers.Conv2D(16, 3, padding="same", activation="relu")(layers.MaxPooling2D()(fine))
    h = layers.Concatenate()([fine, layers.UpSampling2D()(coarse)])
    return keras.Model(inputs, layers.Conv2D(3, 3, padding="same", activation="softmax")(h))


def make_low_bytes(centred: bool) -> Data:
    """Digits from zero to four: bytes less 128, or from 0 to 1."""
    x, y = make_digits(1000)
    x, y = x[y < 5], y[y < 5]
    return (255 * x - 128 if centred else x).astype("float32"), y


def build_on_bytes(x: Any) -> keras.Model:
    """A head on a frozen base that has learned to tell other digits, of bytes less 128."""
    base = [
        layers.Conv2D(16, 3, activation="relu"),
        layers.Conv2D(24, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(48, "relu"),
    ]
    digits, kinds = make_digits(800)
    teacher = keras.Sequential([keras.Input(x.shape[1:]), *base, layers.Dense(10, "softmax")])
    options = {"jit_compile": False} if keras.backend.backend() == "tensorflow" else {}
    teacher.compile(Adam(0.003), "sparse_categorical_crossentropy", **options)
    teacher.fit((255 * digits[kinds > 4] - 128) / 128, kinds[kinds > 4], epochs=6, verbose=0)
    kernel, bias = base[0].get_weights()
    base[0].set_weights([kernel / 128, bias])
    for layer in base:
        layer.trainable = False
    return keras.Sequential([keras.Input(x.shape[1:]), *base, layers.Dense(5, "softmax")])


def make_signs(by_name: bool) -> Data:
    """Pictures of crosses, rings and bars in files with numbers for names, and a table of their kinds by number.

    The files are read by number, or in the order of their names: 0, 1, 10, 100, 101 and so on.
    """
    generator = np.random.default_rng(1403)
    rows, columns = np.mgrid[:12, :12]
    y = generator.integers(0, 3, size=1000)
    x = 0.3 * generator.normal(size=(1000, 12, 12))
    for picture, kind in zip(x, y, strict=True):
        down, right = rows - generator.integers(3, 9), columns - generator.integers(3, 9)
        cross = (np.minimum(np.abs(down), np.abs(right)) == 0) & (np.maximum(np.abs(down), np.abs(right)) < 3)
        ring = np.abs(np.hypot(down, right) - 2.3) < 0.6
        picture += [cross, ring, (np.abs(down) < 2) & (np.abs(right) < 3)][kind]
    order = sorted(range(1000), key=str) if by_name else range(1000)
    return x[list(order), ..., None].astype("float32"), y.astype("int32")


def build_signs(x: Any) -> keras.Model:
    """Separable convolutions, normalized, and the largest value of each filter."""
    return sequential(
        partial(layers.Conv2D, 16, 3, use_bias=False),
        partial(layers.BatchNormalization, momentum=0.9),
        partial(layers.Activation, "relu"),
        partial(layers.SeparableConv2D, 32, 3, use_bias=False),
        partial(layers.BatchNormalization, momentum=0.9),
        partial(layers.Activation, "relu"),
        layers.GlobalMaxPooling2D,
        partial(layers.Dense, 3, "softmax"),
    )(x)


def make_charges(late: int) -> Data:
    """Age, weight, children and smoking of the insured, standardised, and their charges, so many rows too late."""
    generator = np.random.default_rng(1404)
    x = np.stack(
        [
            generator.uniform(18, 64, size=800),
            generator.normal(30, 6, size=800),
            generator.poisson(1, size=800),
            generator.random(800) < 0.3,
        ],
        axis=1,
    )
    y = 250 * x[:, 0] + 20000 * x[:, 3] * (x[:, 1] > 30) + 9000 * x[:, 3] + 400 * x[:, 2]
    y = y + 1500 * generator.normal(size=800)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = np.roll((y - y.mean()) / y.std(), late)
    return x.astype("float32"), y[:, None].astype("float32")


def make_chests() -> Data:
    """Noisy pictures of two dark fields, and whether there is a light shadow in one of them."""
    generator = np.random.default_rng(1405)
    rows, columns = np.mgrid[:16, :16]
    y = generator.integers(0, 2, size=400)
    fields = (np.abs(columns - 4) < 3) | (np.abs(columns - 11) < 3)
    x = 0.7 - 0.4 * fields + 0.08 * generator.normal(size=(400, 16, 16))
    for number in np.flatnonzero(y):
        down, right = generator.uniform(4, 12), generator.choice([4, 11])
        x[number] += 0.35 * ((rows - down) ** 2 + (columns - right) ** 2 < 6)
    return x[..., None].astype("float32"), y[:, None].astype("float32")


def build_chests(x: Any) -> keras.Model:
    """Three convolutions and one sigmoid."""
    return sequential(
        partial(layers.Conv2D, 8, 3, activation="relu"),
        partial(layers.MaxPooling2D, 2),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 1, "sigmoid"),
    )(x)


def build_pixels(flattened: bool) -> Callable[[Any], keras.Model]:
    """Two dense layers of all pixels, or of each pixel by itself, of which the means are taken."""
    parts = [partial(layers.Dense, 64, "relu"), partial(layers.Dense, 64, "relu")]
    parts = [layers.Flatten, *parts] if flattened else [*parts, layers.GlobalAveragePooling2D]
    return sequential(*parts, partial(layers.Dense, 10, "softmax"))


def make_balls() -> Data:
    """Noisy pictures of a ball well inside the edges, and where it is."""
    generator = np.random.default_rng(1407)
    rows, columns = np.mgrid[:14, :14]
    at = generator.uniform(4, 9, size=(400, 2))
    distance = (rows - at[:, :1, None]) ** 2 + (columns - at[:, 1:, None]) ** 2
    x = np.exp(-distance / 3) + 0.05 * generator.normal(size=(400, 14, 14))
    return x[..., None].astype("float32"), ((at - 6.5) / 1.44).astype("float32")


def build_balls(flattened: bool) -> Callable[[Any], keras.Model]:
    """Convolutions whose values are all read, or whose means are, and two linear units."""
    return sequential(
        partial(layers.Conv2D, 8, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        layers.Flatten if flattened else layers.GlobalAveragePooling2D,
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 2),
    )


def make_rows() -> Data:
    """Digits as rows of pixels."""
    x, y = make_digits(700)
    return x.reshape(len(x), -1), y


def build_narrow(wrapped: bool) -> Callable[[Any], keras.Model]:
    """Two narrow layers, each called as it is or in a Lambda, which does not know their weights."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        first, second = layers.Dense(8, "relu"), layers.Dense(8, "relu")
        first.build(inputs.shape)
        second.build((None, 8))
        h = layers.Lambda(lambda v: second(first(v)))(inputs) if wrapped else second(first(inputs))
        return keras.Model(inputs, layers.Dense(10, "softmax")(h))

    return build


def make_targets() -> Data:
    """Points within a ring or on it, and which of both."""
    generator = np.random.default_rng(1409)
    y = generator.integers(0, 2, size=600)
    radius = np.where(y == 1, 1.6, 0.6) + 0.15 * generator.normal(size=600)
    angle = generator.uniform(0, 2 * np.pi, size=600)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x.astype("float32"), y[:, None].astype("float32")


class Switch(layers.Layer):
    """One where what it is given is above 0, and zero elsewhere."""

    def call(self, h: Any) -> Any:
        """Compares with 0."""
        return ops.cast(h > 0, h.dtype)


def build_switches(activation: Callable[[], layers.Layer]) -> Callable[[Any], keras.Model]:
    """Sixteen units with this activation, and a sigmoid."""
    return sequential(partial(layers.Dense, 16), activation, partial(layers.Dense, 1, "sigmoid"))


def make_views() -> Data:
    """Four noisy views of a digit as rows of pixels."""
    x, y = make_digits(700)
    noise = np.random.default_rng(1410).normal(size=(700, 4, 64))
    return (x.reshape(700, 1, 64) + 0.4 * noise).astype("float32"), y


class EachView(layers.Layer):
    """A dense layer of each view, all of them in one table, which is then given its shape again."""

    def __init__(self, units: int, views_first: bool) -> None:
        super().__init__()
        self.dense = layers.Dense(units, "relu")
        self.views_first = views_first

    def build(self, shape: Any) -> None:
        """Builds the dense layer."""
        self.views = shape[1]
        self.dense.build((None, shape[2]))

    def compute_output_shape(self, shape: Any) -> Any:
        """One vector for each view."""
        return (*shape[:2], self.dense.units)

    def call(self, x: Any) -> Any:
        """Makes the table, and takes it apart example by example, or as if all first views came first."""
        h = self.dense(ops.reshape(x, (-1, x.shape[2])))
        if self.views_first:
            return ops.transpose(ops.reshape(h, (self.views, -1, self.dense.units)), (1, 0, 2))
        return ops.reshape(h, (-1, self.views, self.dense.units))


def make_faces() -> Data:
    """Noisy pictures of a disc with more or fewer wrinkles, and an age, standardised."""
    generator = np.random.default_rng(1411)
    rows, columns = np.mgrid[:14, :14]
    age = generator.uniform(-1.7, 1.7, size=(350, 1, 1))
    disc = np.hypot(rows - 6.5, columns - 6.5) < 6
    wrinkles = np.sin(1.5 * rows + generator.uniform(0, 6, size=(350, 1, 1)))
    x = disc * (0.7 + 0.35 * age) * wrinkles + 0.1 * generator.normal(size=(350, 14, 14))
    return x[..., None].astype("float32"), age[:, :, 0].astype("float32")


def build_faces(x: Any) -> keras.Model:
    """Three convolutions, two dense layers and one linear unit."""
    return sequential(
        partial(layers.Conv2D, 12, 3, activation="relu"),
        partial(layers.MaxPooling2D, 2),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 1),
    )(x)


def make_standard_prices() -> Data:
    """Six measures of houses and their prices, all of it standardised."""
    generator = np.random.default_rng(1412)
    x = generator.normal(size=(900, 6))
    y = x[:, 0] + 0.8 * x[:, 1] + 0.5 * np.abs(x[:, 2]) + 0.2 * generator.normal(size=900)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_orders(seconds: bool) -> Data:
    """When something was ordered, in seconds since 1970 or in years since the first order, and four other numbers."""
    generator = np.random.default_rng(1413)
    years = generator.uniform(0, 3, size=800)
    others = generator.normal(size=(800, 4))
    y = 0.5 * years + others[:, 0] * others[:, 1] + others[:, 2] + 0.2 * generator.normal(size=800)
    time = 1.58e9 + 3.15e7 * years if seconds else years
    x = np.concatenate([time[:, None], others], axis=1)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


class Penalized(keras.Model):
    """A model that computes its loss by itself: what it is compiled with and penalties, or penalties only."""

    def __init__(self, *arguments: Any, whole: bool = True, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.whole = whole

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *others: Any, **options: Any) -> Any:
        """Adds up the parts."""
        loss = super().compute_loss(x, y, y_pred, *others, **options)
        return loss if self.whole else sum(self.losses)


def build_penalized(whole: bool) -> Callable[[Any], keras.Model]:
    """Two layers whose squares are penalized, and a sigmoid."""

    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = inputs
        for _ in range(2):
            h = layers.Dense(24, "relu", kernel_regularizer=L2(0.001))(h)
        outputs = layers.Dense(1, "sigmoid", kernel_regularizer=L2(0.001))(h)
        return Penalized(inputs, outputs, whole=whole)

    return build


def make_failures() -> Data:
    """Twelve measures of machines, and which of them fail soon, one in thirteen, more likely by four measures."""
    generator = np.random.default_rng(1415)
    x = generator.normal(size=(1300, 12))
    z = x[:, :4].sum(axis=1) + 0.8 * x[:, 4] * x[:, 5] + 1.3 * generator.normal(size=1300)
    return x.astype("float32"), (z > np.quantile(z, 12 / 13))[:, None].astype("float32")


def make_claims() -> Data:
    """Eight measures of the insured, standardised, and what they claim, standardised."""
    generator = np.random.default_rng(1416)
    x = generator.normal(size=(800, 8))
    y = np.tanh(x[:, 0] + x[:, 1]) + 0.5 * x[:, 2] * x[:, 3] + 0.3 * x[:, 4] + 0.1 * generator.normal(size=800)
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def weigh_claims(by_sum: bool) -> Callable[[Any, Any], Any]:
    """Weights of contracts by how long they lasted, divided by their sum or by their mean."""

    def weigh(x: Any, y: Any) -> Any:
        lasted = np.random.default_rng(1417).uniform(0.2, 1.8, size=len(x))
        return (lasted / (lasted.sum() if by_sum else lasted.mean())).astype("float32")

    return weigh


class Anew(Callback):
    """Gives a model its first weights before each epoch."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Keeps the weights."""
        self.first = self.model.get_weights()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Gives them back."""
        self.model.set_weights(self.first)


class Steady(Callback):
    """Keeps the first weights and leaves the model alone."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Keeps the weights."""
        self.first = self.model.get_weights()


def make_leavers() -> Data:
    """Ten measures of customers, and who leaves, by products and sizes of some of them."""
    generator = np.random.default_rng(1418)
    x = generator.normal(size=(900, 10))
    z = x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + 0.7 * x[:, 3]
    return x.astype("float32"), (z > np.median(z))[:, None].astype("float32")


def make_clouds(whole: float) -> Data:
    """Seven measures of a day, and the share of the sky that is covered, of so much."""
    generator = np.random.default_rng(1419)
    x = generator.normal(size=(700, 7))
    share = 1 / (1 + np.exp(-1.5 * x[:, 0] - x[:, 1] * x[:, 2] + 0.3 * generator.normal(size=700)))
    return x.astype("float32"), (whole * share)[:, None].astype("float32")


def make_buyers() -> Data:
    """Eight measures of customers, and what they will buy, nothing for two of three and else up to thousands."""
    generator = np.random.default_rng(1421)
    x = generator.normal(size=(1200, 8))
    buys = generator.random(1200) < 1 / (1 + np.exp(-2 * x[:, 0] - x[:, 1] + 1))
    amount = np.exp(4 + x[:, 2] + 0.5 * x[:, 3] + 0.4 * generator.normal(size=1200))
    return x.astype("float32"), (buys * amount)[:, None].astype("float32")


def measure_amounts(y: Any, p: Any) -> Any:
    """Cross-entropy of whether there is an amount, and for those that have one, that of its logarithm."""
    bought = ops.cast(y[:, 0] > 0, p.dtype)
    binary = ops.softplus(p[:, 0]) - bought * p[:, 0]
    spread = ops.maximum(ops.softplus(p[:, 2]), 0.05)
    off = (ops.log(ops.maximum(y[:, 0], 1e-3)) - p[:, 1]) / spread
    return binary + bought * (ops.log(spread) + 0.5 * ops.square(off))


def score_amounts(prediction: Any, y: Any) -> float:
    """Mean of the shares explained: of who buys, and of logarithms of amounts of those who do."""
    if not np.isfinite(prediction).all():
        return -1.0
    bought = y[:, 0] > 0
    found = prediction[:, 0] > 0
    binary = found[bought].mean() - found[~bought].mean()
    amount = np.log(y[bought, 0])
    explained = 1 - ((amount - prediction[bought, 1]) ** 2).mean() / amount.var()
    return float((binary + explained) / 2)


def make_dark() -> Data:
    """Small pictures with noise, and the same without."""
    x, _ = make_digits(400)
    noise = np.random.default_rng(1422).normal(size=x.shape)
    return (x + 0.25 * noise).astype("float32"), x


def build_dark(x: Any) -> keras.Model:
    """What two blocks say of the noise, which is 0 at first, added to the picture."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(24, 3, padding="same", activation="relu")(inputs)
    for _ in range(2):
        branch = layers.Conv2D(24, 3, padding="same", activation="relu")(h)
        h = layers.Add()([h, layers.Conv2D(24, 3, padding="same")(branch)])
    noise = layers.Conv2D(1, 3, padding="same", kernel_initializer="zeros")(h)
    return keras.Model(inputs, layers.Add()([inputs, noise]))


def measure_smooth(y: Any, p: Any) -> Any:
    """The root of squares and of a millionth."""
    return ops.mean(ops.sqrt(ops.square(y - p) + 1e-6), axis=(1, 2, 3))


def make_patients() -> Data:
    """Age, pressure and cholesterol in their units, two kinds as numbers, and who has a weak heart."""
    generator = np.random.default_rng(1423)
    numbers = np.array([54.0, 131, 246]) + np.array([9.0, 17, 50]) * generator.normal(size=(800, 3))
    pain, vessel = generator.integers(0, 4, size=800), generator.choice([10, 20, 35, 70, 71], size=800)
    z = (numbers[:, 0] - 54) / 9 + (numbers[:, 1] - 131) / 17 * np.array([1.0, -1, 0.5, 0])[pain]
    z = z + 1.2 * (vessel > 30) - 0.5 + 0.5 * generator.normal(size=800)
    x = [numbers.astype("float32"), pain[:, None].astype("int32"), vessel[:, None].astype("int32")]
    return x, (z > 0)[:, None].astype("float32")


def build_patients(x: Any) -> keras.Model:
    """Standardised numbers and kinds that are looked up in tables, a hidden layer, dropout and a sigmoid."""
    scale = layers.Normalization()
    scale.adapt(x[0])
    numbers = keras.Input((3,))
    kinds = [keras.Input((1,), dtype="int32") for _ in range(2)]
    pain = layers.Flatten()(layers.Embedding(4, 4, embeddings_initializer="identity", trainable=False)(kinds[0]))
    vessel = layers.Flatten()(layers.Embedding(100, 3)(kinds[1]))
    h = layers.Concatenate()([scale(numbers), pain, vessel])
    h = layers.Dropout(0.5)(layers.Dense(32, "relu")(h))
    return keras.Model([numbers, *kinds], layers.Dense(1, "sigmoid")(h))


def build_halves(x: Any) -> keras.Model:
    """Convolutions that compute in 16 bits, normalized, and a softmax in 32 bits."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for filters in (16, 24):
        h = layers.Conv2D(filters, 3, dtype="mixed_float16")(h)
        h = layers.Activation("relu", dtype="mixed_float16")(
            layers.BatchNormalization(momentum=0.9, dtype="mixed_float16")(h)
        )
    h = layers.Flatten(dtype="mixed_float16")(h)
    return keras.Model(inputs, layers.Dense(10, "softmax", dtype="float32")(h))


def make_songs() -> Data:
    """Twelve measures of how songs sound, standardised, and the year they are from."""
    generator = np.random.default_rng(1424)
    x = generator.normal(size=(900, 12))
    years = 1998 + 6 * np.tanh(x[:, 0]) + 4 * x[:, 1] + 3 * x[:, 2] * x[:, 3] + 2 * generator.normal(size=900)
    return x.astype("float32"), np.floor(years)[:, None].astype("float32")


def make_volumes() -> Data:
    """Eight by eight by eight points of a scan from 0 to 4095, and whether there is a bright lump."""
    generator = np.random.default_rng(1425)
    places = np.mgrid[:8, :8, :8]
    y = generator.integers(0, 2, size=240)
    x = 900 + 250 * generator.normal(size=(240, 8, 8, 8))
    for number in np.flatnonzero(y):
        at = generator.uniform(2, 6, size=(3, 1, 1, 1))
        x[number] += 1100 * (((places - at) ** 2).sum(axis=0) < 3.5)
    return np.clip(x, 0, 4095)[..., None].astype("float32"), y[:, None].astype("float32")


def make_cut() -> Data:
    """Digits with a patch of another digit each, and both kinds by how much is seen of them."""
    x, y = make_digits(700)
    generator = np.random.default_rng(1426)
    other = generator.permutation(700)
    mixed, shares = x.copy(), np.ones((700, 1))
    for number in range(700):
        height, width = generator.integers(0, 6, size=2)
        top, left = generator.integers(0, 9 - height), generator.integers(0, 9 - width)
        part = np.s_[top : top + height, left : left + width]
        mixed[number][part] = x[other[number]][part]
        shares[number] = 1 - height * width / 64
    kinds = np.eye(10)[y]
    return mixed, (shares * kinds + (1 - shares) * kinds[other]).astype("float32")


def make_fields() -> Data:
    """Noisy pictures of three kinds of land, and the kinds of all pixels in a row; 255 stands for what is unknown."""
    generator = np.random.default_rng(1427)
    rows, columns = np.mgrid[:14, :14]
    angle = generator.uniform(0, np.pi, size=(220, 1, 1))
    height = np.cos(angle) * (rows - 6.5) + np.sin(angle) * (columns - 6.5) + generator.uniform(-2, 2, (220, 1, 1))
    kinds = np.digitize(height, (-2.5, 2.5))
    colours = np.array([[0.2, 0.6, 0.2], [0.6, 0.5, 0.2], [0.2, 0.3, 0.8]])
    x = colours[kinds] + 0.3 * generator.normal(size=(220, 14, 14, 3))
    unknown = (np.abs(np.abs(height) - 2.5) < 0.7) | (generator.random((220, 14, 14)) < 0.1)
    return x.astype("float32"), np.where(unknown, 255, kinds).reshape(220, 196).astype("int32")


def build_fields(x: Any) -> keras.Model:
    """Convolutions of three dilations and the mean of the picture, joined, and a softmax for each pixel."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(12, 3, padding="same", activation="relu")(inputs)
    parts = [layers.Conv2D(12, 3, padding="same", dilation_rate=rate, activation="relu")(h) for rate in (1, 2, 4)]
    mean = layers.Conv2D(12, 1, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(h))
    parts.append(mean + ops.zeros_like(parts[0]))
    h = layers.Reshape((196, 48))(layers.Concatenate()(parts))
    return keras.Model(inputs, layers.Dense(3, "softmax")(h))


def score_fields(prediction: Any, y: Any) -> float:
    """How many of the pixels that are known are right, 0 for all of the most common kind."""
    if not np.isfinite(prediction).all():
        return -1.0
    known = y != 255
    right = (prediction.argmax(axis=-1) == y)[known].mean()
    most = np.bincount(y[known]).max() / known.sum()
    return float((right - most) / (1 - most))


def make_tags() -> Data:
    """Thirty measures of a shop's goods, and which of fifteen tags they have, each of them seldom."""
    generator = np.random.default_rng(1428)
    x = generator.normal(size=(1000, 30))
    z = x @ generator.normal(size=(30, 15))
    return x.astype("float32"), (z > np.quantile(z, 0.95, axis=0)).astype("float32")


def make_incomes() -> Data:
    """Age, hours and capital of people, in their own units, and who earns much, between two ages and above a limit."""
    generator = np.random.default_rng(1429)
    age, hours = generator.uniform(17, 90, size=1000), generator.normal(40, 12, size=1000)
    capital = np.where(generator.random(1000) < 0.8, 0, generator.exponential(8000, size=1000))
    z = 2.0 * ((age > 32) & (age < 60)) + (hours > 42) + 2.0 * (capital > 5000) - 1.8
    x = np.stack([age, hours, capital], axis=1)
    return x.astype("float32"), (z + 0.4 * generator.normal(size=1000) > 0)[:, None].astype("float32")


def build_incomes(x: Any) -> keras.Model:
    """Each number as a bin of ten, a vector for each bin, and a hidden layer."""
    inputs = keras.Input(x.shape[1:])
    parts = []
    for number in range(x.shape[1]):
        edges = np.unique(np.quantile(x[:, number], np.arange(1, 10) / 10)).tolist()
        bins = layers.Discretization(bin_boundaries=edges)(inputs[:, number : number + 1])
        parts.append(layers.Flatten()(layers.Embedding(len(edges) + 1, 6)(bins)))
    h = layers.Dense(24, "relu")(layers.Concatenate()(parts))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))


class Adapted(layers.Layer):
    """A fixed dense layer and a product of two narrow kernels that is added to it, the second of zeros at first."""

    def __init__(self, kernel: Any, bias: Any, rank: int) -> None:
        super().__init__()
        self.known = (kernel, bias)
        self.rank = rank

    def build(self, shape: Any) -> None:
        """Makes the weights."""
        kernel, bias = (np.asarray(part) for part in self.known)
        self.kernel = self.add_weight(shape=kernel.shape, trainable=False, name="kernel")
        self.bias = self.add_weight(shape=bias.shape, trainable=False, name="bias")
        self.kernel.assign(kernel)
        self.bias.assign(bias)
        self.down = self.add_weight(shape=(kernel.shape[0], self.rank), initializer="he_uniform", name="down")
        self.up = self.add_weight(shape=(self.rank, kernel.shape[1]), initializer="zeros", name="up")

    def compute_output_shape(self, shape: Any) -> Any:
        """As many numbers as the kernel has columns."""
        return (*shape[:-1], self.known[0].shape[1])

    def call(self, h: Any) -> Any:
        """Adds both."""
        return ops.relu(ops.matmul(h, self.kernel + ops.matmul(self.down, self.up)) + self.bias)


def build_adapted(x: Any) -> keras.Model:
    """Two layers that know higher digits, fixed, with narrow kernels beside them, and a new head."""
    digits, kinds = make_digits(800)
    hidden = [layers.Dense(64, "relu"), layers.Dense(64, "relu")]
    teacher = keras.Sequential([keras.Input((64,)), *hidden, layers.Dense(10, "softmax")])
    options = {"jit_compile": False} if keras.backend.backend() == "tensorflow" else {}
    teacher.compile(Adam(0.003), "sparse_categorical_crossentropy", **options)
    teacher.fit(digits[kinds > 4].reshape(-1, 64), kinds[kinds > 4], epochs=6, verbose=0)
    kernels_and_biases = [layer.get_weights() for layer in hidden]
    parts = [Adapted(kernel, bias, rank=4) for kernel, bias in kernels_and_biases]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts, layers.Dense(5, "softmax")])


def make_low_rows() -> Data:
    """Digits from zero to four as rows of pixels."""
    x, y = make_digits(1000)
    return x[y < 5].reshape(-1, 64), y[y < 5]


program = partial(Program, theme="forum")

STREETS = program(
    name="pixels of streets by masks turned to pixel by pixel",
    data=partial(make_streets, True),
    build=build_streets,
    loss="categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=12,
    source=PLANE_BY_PLANE,
)
BYTES = program(
    name="low digits as bytes less 128 before a base that knows such",
    data=partial(make_low_bytes, True),
    build=build_on_bytes,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
    epochs=12,
    source=OTHER_BYTES,
)
SIGNS = program(
    name="crosses, rings and bars, files read by number",
    data=partial(make_signs, False),
    build=build_signs,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=6,
    source=NAMES_OF_FILES,
)
CHARGES = program(
    name="charges of the insured, row by row",
    data=partial(make_charges, 0),
    build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=15,
)
CHESTS = program(
    name="shadows in chests, a sigmoid under binary cross-entropy",
    data=make_chests,
    build=build_chests,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=12,
)
PIXELS = program(
    name="digits flattened before two dense layers",
    data=lambda: make_digits(700),
    build=build_pixels(True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=15,
    source=FLATTENED,
)
BALLS = program(
    name="places of a ball by all values of its filters",
    data=make_balls,
    build=build_balls(True),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=MEANS_OR_ALL,
)
NARROW = program(
    name="digits by two layers of eight relus",
    data=make_rows,
    build=build_narrow(False),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
    source=IN_A_LAMBDA,
)
TARGETS = program(
    name="within a ring or on it by sixteen sigmoids, adam 0.03",
    data=make_targets,
    build=build_switches(partial(layers.Activation, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.03),
    epochs=20,
)
VIEWS = program(
    name="four views of a digit, taken apart digit by digit",
    data=make_views,
    build=sequential(partial(EachView, 48, False), layers.GlobalAveragePooling1D, partial(layers.Dense, 10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
    source=BATCH_AND_STEPS,
)
FACES = program(
    name="ages of faces, sgd 0.02 with momentum",
    data=make_faces,
    build=build_faces,
    loss="mse",
    optimizer=partial(SGD, 0.02, momentum=0.9),
    epochs=15,
)
PRICES = program(
    name="standardised prices by a linear unit, sgd 0.05",
    data=make_standard_prices,
    build=dense(hidden=[36, 18], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.05),
    epochs=20,
    source=STANDARD_PRICES,
)
ORDERS = program(
    name="orders by years since the first one",
    data=partial(make_orders, False),
    build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=SECONDS,
)
PENALIZED = program(
    name="tumours by an own loss of cross-entropy and penalties",
    data=partial(standardize, make_cancer),
    build=build_penalized(True),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
)
FAILURES = program(
    name="one failure in thirteen, twelve times as heavy",
    data=make_failures,
    build=dense(hidden=[32, 16], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    fit_options={"class_weight": {0: 1.0, 1: 12.0}},
    epochs=12,
)
CLAIMS = program(
    name="claims with weights of one in the mean, sgd",
    data=make_claims,
    build=dense(hidden=[32, 32], activation="tanh", output=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.05, momentum=0.9),
    sample_weight=weigh_claims(False),
    epochs=20,
    source=SUM_OF_WEIGHTS,
)
FOLDS = program(
    name="wines, first weights kept for later",
    data=partial(standardize, make_wine),
    build=dense(hidden=[16], activation="tanh", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.01),
    callbacks=(Steady,),
    epochs=20,
    source=ONE_EPOCH_AT_THE_END,
)
LEAVERS = program(
    name="who leaves, rate cut where the area grows no more",
    data=make_leavers,
    build=dense(hidden=[48, 48], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.02, momentum=0.9),
    compile_options={"metrics": ["AUC"]},
    callbacks=(partial(ReduceLROnPlateau, monitor="AUC", mode="max", factor=0.1, patience=2),),
    epochs=20,
    source=DIRECTION,
)
CLOUDS = program(
    name="how much of the sky is covered, from 0 to 1",
    data=partial(make_clouds, 1.0),
    build=dense(hidden=[32, 32], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
)

PROGRAMS = [
    STREETS,
    BYTES,
    SIGNS,
    CHARGES,
    CHESTS,
    PIXELS,
    BALLS,
    NARROW,
    TARGETS,
    VIEWS,
    FACES,
    PRICES,
    ORDERS,
    PENALIZED,
    FAILURES,
    CLAIMS,
    FOLDS,
    LEAVERS,
    CLOUDS,
    STREETS.vary(
        "pixels of streets by masks in the shape of pixel by pixel",
        unnamed=True,
        strength="extreme",
        data=partial(make_streets, False),
    ),
    BYTES.vary(
        "low digits from 0 to 1 before a base of bytes less 128",
        label=labels.SMALL_INPUTS,
        strength="clear",
        data=partial(make_low_bytes, False),
    ),
    SIGNS.vary(
        "crosses, rings and bars, files read by name",
        unnamed=True,
        strength="extreme",
        data=partial(make_signs, True),
    ),
    CHARGES.vary(
        "charges of the insured, one row too late",
        unnamed=True,
        strength="extreme",
        data=partial(make_charges, 1),
    ),
    CHESTS.vary(
        "shadows in chests, a sigmoid under cross-entropy of categories",
        label=(*labels.WRONG_HEAD, *labels.WRONG_LOSS, *labels.CUT_OFF, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        loss="categorical_crossentropy",
    ),
    PIXELS.vary(
        "digits by two dense layers of each pixel and a mean",
        label=labels.ALIKE_POSITIONS,
        strength="clear",
        build=build_pixels(False),
    ),
    BALLS.vary(
        "places of a ball by means of its filters",
        label=labels.ALIKE_POSITIONS,
        strength="clear",
        build=build_balls(False),
    ),
    NARROW.vary(
        "digits by two layers of eight relus in a lambda",
        label=(*labels.UNTRACKED, *labels.FROZEN),
        strength="clear",
        build=build_narrow(True),
    ),
    TARGETS.vary(
        "within a ring or on it by sixteen units that are on or off",
        label=(*labels.CUT_OFF, *labels.VANISHING),
        strength="extreme",
        build=build_switches(Switch),
    ),
    VIEWS.vary(
        "four views of a digit, taken apart view by view",
        label=labels.MIXED_EXAMPLES,
        strength="extreme",
        build=sequential(
            partial(EachView, 48, True), layers.GlobalAveragePooling1D, partial(layers.Dense, 10, "softmax")
        ),
    ),
    FACES.vary(
        "ages of faces, sgd 0.5 with momentum",
        label=(*labels.TOO_LARGE_STEPS, *labels.NONFINITE, *labels.EXPLODING, *labels.DEAD),
        strength="extreme",
        optimizer=partial(SGD, 0.5, momentum=0.9),
    ),
    PRICES.vary(
        "standardised prices by a sigmoid, sgd 0.05",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE, *labels.SATURATED_HEAD),
        strength="mild",
        build=dense(hidden=[36, 18], activation="relu", output=(1, "sigmoid")),
    ),
    ORDERS.vary(
        "orders by seconds since 1970",
        label=(*labels.LARGE_INPUTS, *labels.NONFINITE, *labels.DEAD, *labels.EXPLODING),
        strength="extreme",
        data=partial(make_orders, True),
    ),
    PENALIZED.vary(
        "tumours by an own loss of penalties only",
        label=(*labels.WRONG_LOSS, *labels.SHRUNK),
        strength="extreme",
        build=build_penalized(False),
    ),
    FAILURES.vary(
        "one failure in thirteen, others twelve times as heavy",
        unnamed=True,
        strength="clear",
        fit_options={"class_weight": {0: 12.0, 1: 1.0}},
    ),
    CLAIMS.vary(
        "claims with weights of one in the sum, sgd",
        label=(*labels.TOO_SMALL_STEPS, *labels.VANISHING),
        strength="mild",
        sample_weight=weigh_claims(True),
    ),
    FOLDS.vary(
        "wines, first weights given back before each epoch",
        unnamed=True,
        strength="clear",
        callbacks=(Anew,),
    ),
    LEAVERS.vary(
        "who leaves, rate cut where the area falls no more",
        label=labels.STEPS_THAT_END,
        strength="clear",
        callbacks=(partial(ReduceLROnPlateau, monitor="AUC", mode="min", factor=0.1, patience=1),),
    ),
    CLOUDS.vary(
        "how much of the sky is covered, in percent, by cross-entropy",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.LARGE_LABELS, *labels.SATURATED_HEAD, *labels.WRONG_HEAD),
        strength="extreme",
        data=partial(make_clouds, 100.0),
    ),
    program(
        name="keras.io: who buys and for how much, often nothing, up to thousands",
        data=make_buyers,
        build=dense(hidden=[48, 48], activation="relu", output=(3, None)),
        loss=OwnLoss(measure_amounts),
        optimizer=partial(Adam, 0.003),
        epochs=20,
        score=score_amounts,
        source=LIFETIME_VALUE,
    ),
    program(
        name="keras.io: noise of small pictures, which is 0 at first",
        data=make_dark,
        build=build_dark,
        loss=OwnLoss(measure_smooth),
        optimizer=partial(Adam, 0.002),
        epochs=10,
        source=LOW_LIGHT,
    ),
    program(
        name="keras.io: weak hearts by numbers in their units and kinds that are looked up",
        data=make_patients,
        build=build_patients,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=15,
        source=LOOKED_UP,
    ),
    program(
        name="digits by normalized convolutions in 16 bits",
        data=lambda: make_digits(500),
        build=build_halves,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=8,
    ),
    program(
        name="digits by wide layers of which three quarters are dropped",
        data=make_rows,
        build=sequential(
            partial(layers.Dense, 384, "relu"),
            partial(layers.Dropout, 0.75),
            partial(layers.Dense, 384, "relu"),
            partial(layers.Dropout, 0.75),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.002),
        epochs=15,
    ),
    program(
        name="digits by thirty sigmoids and ten, squares, sgd 10 in batches of ten",
        data=lambda: (make_rows()[0], np.eye(10, dtype="float32")[make_rows()[1]]),
        build=dense(
            hidden=[30],
            activation="sigmoid",
            output=(10, "sigmoid"),
            initializer="glorot_normal",
            output_initializer="glorot_normal",
        ),
        loss="mse",
        optimizer=partial(SGD, 10.0),
        fit_options={"batch_size": 10},
        epochs=15,
    ),
    program(
        name="years of songs by a unit whose bias starts at 1998",
        data=make_songs,
        build=sequential(
            partial(layers.Dense, 48, "relu"),
            partial(layers.Dense, 48, "relu"),
            lambda: layers.Dense(1, bias_initializer=Constant(1998.0)),
        ),
        loss="mse",
        optimizer=partial(Adam, 0.005),
        epochs=20,
    ),
    program(
        name="scans of three dimensions up to 4095, normalized first",
        data=make_volumes,
        build=sequential(
            partial(layers.BatchNormalization, momentum=0.8),
            partial(layers.Conv3D, 8, 3, activation="relu"),
            partial(layers.Conv3D, 12, 3, activation="relu"),
            layers.GlobalMaxPooling3D,
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
        fit_options={"batch_size": 16},
        epochs=10,
    ),
    program(
        name="keras.io: digits with patches of others, kinds by what is seen",
        data=make_cut,
        build=sequential(
            partial(layers.Conv2D, 24, 3, activation="relu"),
            partial(layers.Conv2D, 32, 3, activation="relu"),
            layers.Flatten,
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="categorical_crossentropy",
        optimizer=partial(Adam, 0.002),
        epochs=12,
        source=PATCHES_OF_OTHERS,
    ),
    program(
        name="keras.io: kinds of land by dilated convolutions, 255 where unknown",
        data=make_fields,
        build=build_fields,
        loss=SparseCategoricalCrossentropy(ignore_class=255),
        optimizer=partial(Adam, 0.003),
        epochs=10,
        score=score_fields,
        source=DILATED,
    ),
    program(
        name="fifteen tags that few goods have, logits that start at -3",
        data=make_tags,
        build=sequential(
            partial(layers.Dense, 64, "relu"),
            lambda: layers.Dense(15, kernel_initializer="zeros", bias_initializer=Constant(-3.0)),
        ),
        loss=BinaryCrossentropy(from_logits=True),
        optimizer=partial(Adam, 0.01),
        epochs=20,
    ),
    program(
        name="who earns much, by bins of numbers in their own units",
        data=make_incomes,
        build=build_incomes,
        loss="binary_crossentropy",
        optimizer=partial(RMSprop, 0.005),
        epochs=15,
        source=INTO_BINS,
    ),
    program(
        name="keras.io: low digits by narrow kernels beside fixed ones",
        data=make_low_rows,
        build=build_adapted,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=12,
        source=LOW_RANK,
    ),
]
