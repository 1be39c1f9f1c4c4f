"""Tables and pictures of those who asked why nothing is learned, of mutants, and of others' examples, made small.

Each sick program stands beside the program as it was mended; the others are ordinary, and many have something that
might be taken for a fault. Facts are taken from the pages named by `source`: layers, losses, optimizers, rates, and the
form of the data. The data are made up or scikit-learn's.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.constraints import NonNeg
from keras.optimizers import SGD, Adam, RMSprop
from keras.regularizers import L1
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_blobs, make_digits
from labelled_programs.models import OwnLoss, dense, sequential
from labelled_programs.program import Program

RELU_FOR_CLASSES = "https://github.com/keras-team/keras/issues/12096"
TENTH = "https://github.com/geifmany/cifar-vgg/issues/1"
SALES = "https://github.com/rstudio-conf-2020/dl-keras-tf/issues/9"
ARGMAX = "https://github.com/keras-team/keras/issues/11157"
SAME_PLACES = "https://github.com/olddocks/caffe-facialkp/issues/1"
FIVE_SIGMOIDS = "https://www.scirp.org/journal/paperinformation?paperid=147496"
MUTANTS = "https://zenodo.org/record/5082873"
RELU_FOR_ACTIONS = "https://github.com/HubFire/Muti-branch-DDPG-CARLA/issues/5"
NO_NEGATIVES = (
    "https://kiwix.lema.org/stackoverflow.com_en_all_2023-11/questions/5105718/"
    "multi-layer-neural-network-won-t-predict-negative-values"
)
SIGMOID_FOR_LABELS = "https://github.com/torchgeo/torchgeo/pull/791"
REWARDS = "https://github.com/google-deepmind/open_spiel/issues/742"
EACH_EPOCH = "https://github.com/kiudee/cs-ranking/issues/58"
ALL_BLACK = "https://github.com/jakeret/tf_unet/issues/244"
UNET_OF_BYTES = "https://keras.io/examples/vision/autoencoder/"
TRAINED_MEANS = "https://github.com/keras-team/keras/issues/7177"
NOT_NEGATIVE = "https://github.com/guevara/read-it-later/issues/4084"
ANTIRECTIFIER = "https://keras.io/examples/keras_recipes/antirectifier/"
GATED_RESIDUAL = "https://keras.io/examples/structured_data/classification_with_grn_and_vsn/"
FOREST = "https://keras.io/examples/structured_data/deep_neural_decision_forests/"
CENTRED = "https://keras.io/examples/vision/gradient_centralization/"
FEW_EMBEDDINGS = "https://keras.io/examples/keras_recipes/memory_efficient_embeddings/"
TANH_FOR_PIXELS = "https://github.com/fchollet/deep-learning-with-python-notebooks/issues/7"
ZERO_WEIGHTS = (
    "https://community.deeplearning.ai/t/"
    "how-is-training-finding-different-weights-for-relu-units-that-are-all-initialized-to-0/587380"
)
XNOR = "http://pullrequest.ru/13148192/pochemu-mogu-obuchit-ann-dlya-xnor"
BY_SIZE = "https://github.com/matterport/Mask_RCNN/issues/1727"


def make_beasts() -> Data:
    """Noisy pictures of a ring or of a cross; which of both, as unit vectors."""
    generator = np.random.default_rng(1101)
    rows, columns = np.mgrid[:20, :20]
    x, y = 0.2 * generator.normal(size=(360, 20, 20)), generator.integers(0, 2, size=360)
    for picture, kind in zip(x, y, strict=True):
        top, left = generator.uniform(7, 13, size=2)
        down, right = np.abs(rows - top), np.abs(columns - left)
        ring = np.abs(np.hypot(down, right) - 4) < 0.8
        cross = (np.minimum(down, right) < 0.8) & (np.maximum(down, right) < 5)
        picture += np.where(kind, ring, cross)
    return x[..., None].astype("float32"), np.eye(2, dtype="float32")[y]


def build_beasts(head: str) -> Callable[[Any], keras.Model]:
    """A wide convolution, its largest values, and two outputs."""
    return sequential(
        partial(layers.Conv2D, 16, 7, activation="relu"),
        partial(layers.MaxPooling2D, 3, strides=2),
        layers.Flatten,
        partial(layers.Dense, 2, head),
    )


def build_small_vgg(x: Any) -> keras.Model:
    """Twice two convolutions and their largest values, some dropped, then a dense layer."""
    h = inputs = keras.Input(x.shape[1:])
    for filters in (16, 32):
        for _ in range(2):
            h = layers.Conv2D(filters, 3, padding="same", activation="relu")(h)
        h = layers.Dropout(0.3)(layers.MaxPooling2D()(h))
    h = layers.Dropout(0.3)(layers.Dense(48, "relu")(layers.Flatten()(h)))
    return keras.Model(inputs, layers.Dense(10, "softmax")(h))


def make_sales(unit: float) -> Data:
    """Eight standardised measures of houses, and what they were sold for, up to 750000, in so many of the currency."""
    generator = np.random.default_rng(1102)
    x = generator.normal(size=(800, 8))
    y = 165000 * np.exp(0.25 * x[:, 0] + 0.2 * x[:, 1] + 0.15 * x[:, 2] * x[:, 3] + 0.05 * generator.normal(size=800))
    return x.astype("float32"), (np.minimum(y, 750000) / unit)[:, None].astype("float32")


class Likeliest(layers.Layer):
    """A unit vector for the largest number of each row."""

    def call(self, h: Any) -> Any:
        """Finds it."""
        return ops.one_hot(ops.argmax(h, axis=-1), h.shape[-1])


def make_places() -> Data:
    """Noisy pictures of a bright spot, and where it is, from -1 to 1."""
    generator = np.random.default_rng(1103)
    rows, columns = np.mgrid[:12, :12]
    at = generator.uniform(1.5, 9.5, size=(500, 2, 1, 1))
    x = np.exp(-((rows - at[:, 0]) ** 2 + (columns - at[:, 1]) ** 2) / 3) + 0.1 * generator.normal(size=(500, 12, 12))
    return x[..., None].astype("float32"), ((at[..., 0, 0] - 5.5) / 4).astype("float32")


def build_places(initializer: str) -> Callable[[Any], keras.Model]:
    """Two convolutions and a dense layer, whose kernels all start alike, then two linear units."""
    return sequential(
        partial(layers.Conv2D, 8, 3, strides=2, activation="relu", kernel_initializer=initializer),
        partial(layers.Conv2D, 16, 3, activation="relu", kernel_initializer=initializer),
        layers.Flatten,
        partial(layers.Dense, 32, "relu", kernel_initializer=initializer),
        partial(layers.Dense, 2, kernel_initializer=initializer),
    )


def make_half_moons() -> Data:
    """Points on two half moons, standardised, and on which."""
    x, y = datasets.make_moons(800, noise=0.1, random_state=1104)
    return ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32"), y[:, None].astype("float32")


def make_many_classes() -> Data:
    """Five classes in sixteen dimensions."""
    x, y = datasets.make_classification(
        900, 16, n_informative=10, n_redundant=2, n_classes=5, class_sep=1.6, random_state=1105
    )
    return ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32"), y.astype("int32")


def build_lean(strength: float) -> Callable[[Any], keras.Model]:
    """Two hidden layers, of whose kernels the absolute values are penalized."""
    return sequential(
        lambda: layers.Dense(48, "relu", kernel_regularizer=L1(strength)),
        lambda: layers.Dense(24, "relu", kernel_regularizer=L1(strength)),
        lambda: layers.Dense(5, "softmax", kernel_regularizer=L1(strength)),
    )


def make_force() -> Data:
    """Six numbers, and one that depends on their products and squares, standardised."""
    x = np.random.default_rng(1106).normal(size=(900, 6))
    y = 0.9 * x[:, 0] + 1.2 * x[:, 1] * x[:, 2] + np.abs(x[:, 3]) * 1.5 - 0.5 * x[:, 4]
    return x.astype("float32"), ((y - y.mean()) / y.std())[:, None].astype("float32")


def make_driving() -> Data:
    """Eight measures of the road, and steering and speed from -1 to 1."""
    generator = np.random.default_rng(1107)
    x = generator.normal(size=(700, 8))
    y = np.tanh(x @ generator.normal(size=(8, 2)) * 0.4 + np.sin(2 * x[:, :2]))
    return x.astype("float32"), y.astype("float32")


def make_sines() -> Data:
    """Four numbers of -1, 0 and 1 beside a bias of 1, and the sine of their sum."""
    x = np.random.default_rng(1108).integers(-1, 2, size=(500, 4))
    x = np.hstack([x, np.ones((500, 1))])
    return x.astype("float32"), np.sin(x.sum(axis=1, keepdims=True)).astype("float32")


def make_land() -> Data:
    """Pictures of three channels with up to four kinds of patches, and which kinds are there."""
    generator = np.random.default_rng(1109)
    colours = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.8, 0.8, 0]])
    x, y = 0.15 * generator.normal(size=(500, 12, 12, 3)), generator.random((500, 4)) < 0.55
    for picture, kinds in zip(x, y, strict=True):
        for kind in np.flatnonzero(kinds):
            top, left = generator.integers(0, 9, size=2)
            picture[top : top + 4, left : left + 4] = colours[kind] + 0.15 * generator.normal(size=3)
    return x.astype("float32"), y.astype("float32")


def build_land(head: str) -> Callable[[Any], keras.Model]:
    """Two convolutions, the largest value of each filter, and four outputs."""
    return sequential(
        partial(layers.Conv2D, 12, 3, activation="relu"),
        partial(layers.Conv2D, 24, 3, activation="relu"),
        layers.GlobalMaxPooling2D,
        partial(layers.Dense, 24, "relu"),
        partial(layers.Dense, 4, head),
    )


def make_cards(scaled: bool) -> Data:
    """Ten measures of a game of patience and what each of three moves brings, up to 2000, or from 0 to 1."""
    generator = np.random.default_rng(1110)
    x = generator.normal(size=(900, 10))
    y = np.tanh(x @ generator.normal(size=(10, 6)) * 0.4) @ generator.normal(size=(6, 3))
    y = (y - y.min()) / (y.max() - y.min())
    return x.astype("float32"), (y if scaled else 2000 * y).astype("float32")


def drop_from_first(epoch: int, rate: float) -> float:
    """Four fifths of what it was after each second epoch."""
    return 0.1 * 0.8 ** ((epoch + 1) // 2)


def drop_from_last(epoch: int, rate: float) -> float:
    """The rate there is, times four fifths for every second epoch until now, at each epoch anew."""
    return rate * 0.8 ** ((epoch + 1) // 2)


def make_cells() -> Data:
    """Noisy pictures of a small disc, and its mask."""
    generator = np.random.default_rng(1111)
    rows, columns = np.mgrid[:16, :16]
    centres, radii = generator.uniform(4, 12, size=(240, 2, 1, 1)), generator.uniform(1.5, 2.5, size=(240, 1, 1))
    mask = ((rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2 < radii**2)[..., None]
    return (mask + 0.3 * generator.normal(size=mask.shape)).astype("float32"), mask.astype("float32")


def build_cells(x: Any) -> keras.Model:
    """A convolution, another at half the size and one after both; a sigmoid for each pixel."""
    inputs = keras.Input(x.shape[1:])
    fine = layers.Conv2D(8, 3, padding="same", activation="leaky_relu")(inputs)
    coarse = layers.Conv2D(16, 3, padding="same", activation="leaky_relu")(layers.MaxPooling2D()(fine))
    up = layers.Conv2DTranspose(8, 2, strides=2)(coarse)
    h = layers.Concatenate()([fine, up])
    h = layers.Conv2D(8, 3, padding="same", activation="leaky_relu")(h)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(h))


def score_masks(prediction: Any, y: Any) -> float:
    """The overlap of the masks with those that are found."""
    if not np.isfinite(prediction).all():
        return -1.0
    found = prediction > 0.5
    return float(2 * (found * y).sum() / max(found.sum() + y.sum(), 1))


def make_unclean_digits(factor: float) -> Data:
    """Digits with noise, cut off at black and white, and without, from 0 to so much."""
    x, _ = make_digits(400)
    noise = 0.4 * np.random.default_rng(1112).normal(size=x.shape)
    return (factor * np.clip(x + noise, 0, 1)).astype("float32"), factor * x


def build_cleaner(x: Any) -> keras.Model:
    """Convolutions that halve the picture, and others that double it, with a sigmoid at the end."""
    h = inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(24, 3, padding="same", activation="relu")(h)
    h = layers.MaxPooling2D(padding="same")(h)
    h = layers.Conv2D(24, 3, padding="same", activation="relu")(h)
    h = layers.Conv2DTranspose(24, 3, strides=2, padding="same", activation="relu")(h)
    return keras.Model(inputs, layers.Conv2D(1, 3, padding="same", activation="sigmoid")(h))


def build_warm(momentum: float) -> Callable[[Any], keras.Model]:
    """A convolution and a dense layer, normalized, with so much of the old averages kept at each step."""
    return sequential(
        partial(layers.Conv2D, 12, 3),
        partial(layers.BatchNormalization, momentum=momentum),
        partial(layers.Activation, "relu"),
        layers.Flatten,
        partial(layers.Dense, 32),
        partial(layers.BatchNormalization, momentum=momentum),
        partial(layers.Activation, "relu"),
        partial(layers.Dense, 10, "softmax"),
    )


def make_bright_digits() -> Data:
    """Digits on a bright ground, as bytes over 32."""
    x, y = make_digits(600)
    return (4 + 4 * x).astype("float32"), y


def make_ratings() -> Data:
    """Pairs of a viewer and a film, and how the viewer rates it, from 1 to 5."""
    generator = np.random.default_rng(1113)
    viewers, films = generator.gamma(1.0, 1.0, size=(50, 3)), generator.gamma(1.0, 1.0, size=(40, 3))
    viewer, film = generator.integers(0, 50, size=1500), generator.integers(0, 40, size=1500)
    y = np.clip(1 + (viewers[viewer] * films[film]).sum(axis=1) / 1.5, 1, 5)
    return [viewer[:, None].astype("int32"), film[:, None].astype("int32")], y[:, None].astype("float32")


def build_ratings(x: Any) -> keras.Model:
    """The product of two vectors that are nowhere below 0."""
    viewer, film = keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")
    left = layers.Flatten()(layers.Embedding(50, 4, embeddings_constraint=NonNeg())(viewer))
    right = layers.Flatten()(layers.Embedding(40, 4, embeddings_constraint=NonNeg())(film))
    return keras.Model([viewer, film], layers.Dot(1)([left, right]))


class Antirectifier(layers.Layer):
    """Both signs of what is left of each row when its mean is taken off and its length is made 1, each rectified."""

    def call(self, h: Any) -> Any:
        """Makes twice as many numbers."""
        h = h - ops.mean(h, axis=-1, keepdims=True)
        h = h / ops.sqrt(ops.sum(ops.square(h), axis=-1, keepdims=True) + 1e-6)
        return ops.concatenate([ops.relu(h), ops.relu(-h)], axis=-1)


def make_flat_digits() -> Data:
    """Digits as rows of pixels."""
    x, y = make_digits(700)
    return x.reshape(len(x), -1), y


def make_incomes() -> Data:
    """Two numbers and one kind of a person, and whether they earn much, which is rare."""
    generator = np.random.default_rng(1114)
    numbers, kinds = generator.normal(size=(800, 2)), generator.integers(0, 6, size=800)
    effects = generator.normal(size=6)
    z = numbers[:, 0] * numbers[:, 1] + effects[kinds]
    return [numbers.astype("float32"), kinds[:, None].astype("int32")], (z > 1.5)[:, None].astype("float32")


def gate(h: Any, units: int) -> Any:
    """Two dense layers whose gated sum with what they read is normalized."""
    inner = layers.Dense(units)(layers.Dense(units, "elu")(h))
    inner = layers.Dropout(0.1)(inner)
    gated = layers.Dense(units)(inner) * layers.Dense(units, "sigmoid")(inner)
    through = h if h.shape[-1] == units else layers.Dense(units)(h)
    return layers.LayerNormalization()(through + gated)


def build_incomes(x: Any) -> keras.Model:
    """Chooses among the features by a softmax, each of which a gated residual layer has read."""
    numbers, kinds = keras.Input((2,)), keras.Input((1,), dtype="int32")
    features = [layers.Dense(12)(numbers[:, i : i + 1]) for i in range(2)]
    features.append(layers.Flatten()(layers.Embedding(6, 12)(kinds)))
    weights = layers.Dense(3, "softmax")(gate(layers.Concatenate()(features), 12))
    read = ops.stack([gate(feature, 12) for feature in features], axis=1)
    h = ops.sum(ops.expand_dims(weights, -1) * read, axis=1)
    return keras.Model([numbers, kinds], layers.Dense(1, "sigmoid")(gate(h, 12)))


class Tree(layers.Layer):
    """Leaves with classes, each reached by the product of the decisions on its way.

    Args:
        depth: How many decisions there are on the way to a leaf.
        classes: How many classes there are.
    """

    def __init__(self, depth: int, classes: int) -> None:
        super().__init__()
        self.depth, self.classes = depth, classes
        self.decide = layers.Dense(2**depth, "sigmoid")

    def build(self, shape: Any) -> None:
        """Makes the leaves."""
        self.decide.build(shape)
        self.leaves = self.add_weight(shape=(2**self.depth, self.classes), initializer="random_normal", name="leaves")

    def call(self, h: Any) -> Any:
        """Goes all ways at once."""
        decisions = self.decide(h)
        ways = ops.ones_like(decisions[:, :1])
        for level in range(self.depth):
            right = decisions[:, 2**level : 2 ** (level + 1)]
            ways = ops.reshape(ops.stack([ways * right, ways * (1 - right)], axis=-1), (-1, 2 ** (level + 1)))
        return ops.matmul(ways, ops.softmax(self.leaves))


class Forest(layers.Layer):
    """The mean of what some trees say."""

    def __init__(self, trees: int, depth: int, classes: int) -> None:
        super().__init__()
        self.trees = [Tree(depth, classes) for _ in range(trees)]

    def build(self, shape: Any) -> None:
        """Makes the trees."""
        for tree in self.trees:
            tree.build(shape)

    def call(self, h: Any) -> Any:
        """Asks each tree."""
        return sum(tree(h) for tree in self.trees) / len(self.trees)


class CentredRMSprop(RMSprop):
    """RMSprop on gradients of kernels less their mean over inputs."""

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Takes off the means."""
        means = [ops.mean(g, tuple(range(len(g.shape) - 1)), keepdims=True) for g in grads]
        grads = [g - mean if len(g.shape) > 1 else g for g, mean in zip(grads, means, strict=True)]
        super().apply(grads, trainable_variables)


def make_users() -> Data:
    """Numbers of a user out of 900 and of a thing out of 60, and whether the user likes it."""
    generator = np.random.default_rng(1115)
    taste, kind = generator.integers(0, 3, size=900), generator.integers(0, 3, size=60)
    user, thing = generator.integers(0, 900, size=2400), generator.integers(0, 60, size=2400)
    likes = (taste[user] == kind[thing]) ^ (generator.random(2400) < 0.03)
    return [user[:, None].astype("int32"), thing[:, None].astype("int32")], likes[:, None].astype("float32")


def build_users(x: Any) -> keras.Model:
    """The vector of a user is the product of one for the quotient and one for the remainder of its number by 30."""
    user, thing = keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")
    quotient = layers.Embedding(30, 16)(ops.floor_divide(user, 30))
    remainder = layers.Embedding(30, 16)(ops.mod(user, 30))
    left = layers.Flatten()(quotient * remainder + remainder)
    right = layers.Flatten()(layers.Embedding(60, 16)(thing))
    h = layers.Dense(32, "relu")(layers.Concatenate()([left, right, left * right]))
    return keras.Model([user, thing], layers.Dense(1, "sigmoid")(h))


def make_own_digits() -> Data:
    """Digits, which are their own labels."""
    x, _ = make_digits(500)
    return x, x


def make_xnor() -> Data:
    """Two bits with a little noise, and whether they are the same."""
    generator = np.random.default_rng(1116)
    bits = generator.integers(0, 2, size=(300, 2))
    return (bits + 0.05 * generator.normal(size=bits.shape)).astype("float32"), (bits[:, :1] == bits[:, 1:]).astype(
        "float32"
    )


class MeanSquares(keras.regularizers.Regularizer):
    """The mean of a kernel's squares, times a factor, rather than their sum."""

    def __init__(self, strength: float) -> None:
        self.strength = strength

    def __call__(self, kernel: Any) -> Any:
        """Measures it."""
        return self.strength * ops.mean(ops.square(kernel))


def measure_chosen(y: Any, prediction: Any) -> Any:
    """The squared error of what is said of the move that was made."""
    return ops.square(ops.sum(y[:, :3] * prediction, axis=-1) - y[:, 3])


def make_moves() -> Data:
    """Ten measures of a game; which of three moves was made, and what it brought."""
    x, y = make_cards(True)
    made = np.random.default_rng(1117).integers(0, 3, size=len(x))
    return x, np.column_stack([np.eye(3)[made], y[np.arange(len(x)), made]]).astype("float32")


def score_moves(prediction: Any, y: Any) -> float:
    """The explained share of what the moves brought."""
    said = (y[:, :3] * prediction).sum(axis=1)
    return float(1 - ((said - y[:, 3]) ** 2).mean() / y[:, 3].var())


program = partial(Program, theme="forum")

BEASTS = program(
    name="rings and crosses by a wide convolution, softmax",
    data=make_beasts,
    build=build_beasts("softmax"),
    loss="categorical_crossentropy",
    optimizer="adam",
    epochs=20,
    source=RELU_FOR_CLASSES,
)
VGG = program(
    name="digits by a small vgg, sgd 0.01 with momentum",
    data=make_digits,
    build=build_small_vgg,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.01, momentum=0.9, nesterov=True),
    epochs=20,
    source=TENTH,
)
SOLD = program(
    name="sales in hundred thousands, sgd 0.01 in batches of sixteen",
    data=partial(make_sales, 100000.0),
    build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.01),
    fit_options={"batch_size": 16},
    epochs=20,
    source=SALES,
)
CHOICE = program(
    name="three classes by shares of six kinds",
    data=make_blobs,
    build=sequential(partial(layers.Dense, 6, "softmax"), partial(layers.Dense, 3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.02),
    epochs=25,
    source=ARGMAX,
)
PLACES = program(
    name="places of a spot by two convolutions, glorot",
    data=make_places,
    build=build_places("glorot_uniform"),
    loss="mse",
    optimizer=partial(Adam, 0.002),
    epochs=20,
    source=SAME_PLACES,
)
MOONS = program(
    name="half moons by five layers of relus, sgd 0.05",
    data=make_half_moons,
    build=dense(hidden=[32] * 5, activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.05),
    epochs=20,
    source=FIVE_SIGMOIDS,
)
CLIPPED = program(
    name="digits by relus, sgd 0.1, norms clipped at 1",
    data=make_digits,
    build=dense(hidden=[64], activation="relu", output=(10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1, clipnorm=1.0),
    epochs=20,
    source=MUTANTS,
)
LEAN = program(
    name="five classes, absolute kernels penalized by 0.0002",
    data=make_many_classes,
    build=build_lean(0.0002),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=MUTANTS,
)
FORCE = program(
    name="products and squares by two layers of relus",
    data=make_force,
    build=dense(hidden=[48, 48], activation="relu", output=(1, None)),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=25,
    source=MUTANTS,
)
IN_BATCHES = program(
    name="five classes, sgd 0.1 in batches of thirty-two",
    data=make_many_classes,
    build=dense(hidden=[48], activation="relu", output=(5, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1),
    epochs=20,
    source=MUTANTS,
)
DRIVING = program(
    name="steering and speed by tanhs",
    data=make_driving,
    build=dense(hidden=[48, 48], activation="relu", output=(2, "tanh")),
    loss="mse",
    optimizer=partial(Adam, 0.002),
    epochs=20,
    source=RELU_FOR_ACTIONS,
)
SINES = program(
    name="sines of sums of four steps, tanh",
    data=make_sines,
    build=dense(hidden=[12], activation="sigmoid", output=(1, "tanh")),
    loss="mse",
    optimizer=partial(Adam, 0.05),
    epochs=30,
    source=NO_NEGATIVES,
)
LAND = program(
    name="kinds of land in a picture, a sigmoid each",
    data=make_land,
    build=build_land("sigmoid"),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=SIGMOID_FOR_LABELS,
)
CARDS = program(
    name="what moves of patience bring, from 0 to 1",
    data=partial(make_cards, True),
    build=dense(hidden=[64, 64], activation="relu", output=(3, None)),
    loss="mse",
    optimizer=partial(Adam, 0.001),
    epochs=25,
    source=REWARDS,
)
DROPS = program(
    name="digits by five layers, rate of 0.1 lowered at every second epoch",
    data=make_digits,
    build=dense(hidden=[32] * 5, activation="relu", output=(10, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1),
    callbacks=(partial(keras.callbacks.LearningRateScheduler, drop_from_first),),
    epochs=20,
    source=EACH_EPOCH,
)
CELLS = program(
    name="small cells by a small u-net, adam",
    data=make_cells,
    build=build_cells,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    score=score_masks,
    source=ALL_BLACK,
)
CLEAN = program(
    name="keras.io: digits cleaned, from 0 to 1",
    data=partial(make_unclean_digits, 1.0),
    build=build_cleaner,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=20,
    source=UNET_OF_BYTES,
)
WARM = program(
    name="digits on a bright ground, averages of ten steps",
    data=make_bright_digits,
    build=build_warm(0.9),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.002),
    epochs=20,
    source=TRAINED_MEANS,
)

PROGRAMS = [
    BEASTS,
    VGG,
    SOLD,
    CHOICE,
    PLACES,
    MOONS,
    CLIPPED,
    LEAN,
    FORCE,
    IN_BATCHES,
    DRIVING,
    SINES,
    LAND,
    CARDS,
    DROPS,
    CELLS,
    CLEAN,
    WARM,
    BEASTS.vary(
        "rings and crosses by a wide convolution, relu",
        label=(*labels.WRONG_HEAD, *labels.DEAD, *labels.NONFINITE),
        strength="extreme",
        build=build_beasts("relu"),
    ),
    VGG.vary(
        "digits by a small vgg, sgd 0.3 with momentum",
        label=(*labels.TOO_LARGE_STEPS, *labels.NONFINITE, *labels.DEAD),
        strength="extreme",
        optimizer=partial(SGD, 0.3, momentum=0.9, nesterov=True),
    ),
    SOLD.vary(
        "sales in single units, sgd 0.1 in batches of sixteen",
        label=(*labels.LARGE_LABELS, *labels.TOO_LARGE_STEPS, *labels.NONFINITE),
        strength="extreme",
        data=partial(make_sales, 1.0),
        optimizer=partial(SGD, 0.1),
    ),
    CHOICE.vary(
        "three classes by the likeliest of six kinds",
        label=labels.CUT_OFF,
        strength="clear",
        build=sequential(partial(layers.Dense, 6), Likeliest, partial(layers.Dense, 3, "softmax")),
    ),
    PLACES.vary(
        "places of a spot by two convolutions, zeros",
        label=(*labels.SYMMETRIC, *labels.DEAD, "zero_gradient", *labels.VANISHING),
        strength="extreme",
        build=build_places("zeros"),
    ),
    MOONS.vary(
        "half moons by five layers of sigmoids, sgd 0.05",
        label=labels.VANISHING,
        strength="extreme",
        build=dense(hidden=[32] * 5, activation="sigmoid", output=(1, "sigmoid")),
    ),
    CLIPPED.vary(
        "digits by relus, sgd 0.1, norms clipped at 0.001",
        label=labels.TOO_SMALL_STEPS,
        strength="extreme",
        optimizer=partial(SGD, 0.1, clipnorm=0.001),
    ),
    LEAN.vary(
        "five classes, absolute kernels penalized by 0.05",
        label=labels.SHRUNK,
        strength="clear",
        build=build_lean(0.05),
    ),
    FORCE.vary(
        "products and squares by two layers without activation",
        label=labels.LINEAR,
        strength="mild",
        build=dense(hidden=[48, 48], activation=None, output=(1, None)),
    ),
    IN_BATCHES.vary(
        "five classes, sgd 0.1 on all of them at once",
        label=(*labels.FEW_STEPS, *labels.TOO_SMALL_STEPS),
        strength="mild",
        fit_options={"batch_size": 900},
    ),
    DRIVING.vary(
        "steering and speed by relus",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="mild",
        build=dense(hidden=[48, 48], activation="relu", output=(2, "relu")),
    ),
    SINES.vary(
        "sines of sums of four steps, sigmoid",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="mild",
        build=dense(hidden=[12], activation="sigmoid", output=(1, "sigmoid")),
    ),
    LAND.vary(
        "kinds of land in a picture, one softmax for all",
        label=(*labels.WRONG_HEAD, "loss_function"),
        strength="mild",
        build=build_land("softmax"),
    ),
    CARDS.vary(
        "what moves of patience bring, up to 2000",
        label=(*labels.LARGE_LABELS, *labels.TOO_SMALL_STEPS),
        strength="clear",
        data=partial(make_cards, False),
    ),
    DROPS.vary(
        "digits by five layers, rate of 0.1 lowered anew at every epoch",
        label=(*labels.STEPS_THAT_END, "schedule_by_batches"),
        strength="mild",
        callbacks=(partial(keras.callbacks.LearningRateScheduler, drop_from_last),),
    ),
    CELLS.vary(
        "small cells by a small u-net, sgd 0.001",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(SGD, 0.001),
    ),
    CLEAN.vary(
        "keras.io: digits cleaned, up to 255",
        label=(
            *labels.WRONG_HEAD,
            *labels.LABELS_OUT_OF_RANGE,
            *labels.LARGE_LABELS,
            *labels.LARGE_INPUTS,
            *labels.SATURATED_HEAD,
        ),
        strength="clear",
        data=partial(make_unclean_digits, 255.0),
    ),
    WARM.vary(
        "digits on a bright ground, averages of ten thousand steps",
        label=labels.OTHER_IN_INFERENCE,
        strength="clear",
        build=build_warm(0.9999),
    ),
    program(
        name="ratings by products of vectors not below 0",
        data=make_ratings,
        build=build_ratings,
        loss="mse",
        optimizer=partial(Adam, 0.01),
        epochs=25,
        source=NOT_NEGATIVE,
    ),
    program(
        name="keras.io: digits by both signs of short rows",
        data=make_flat_digits,
        build=sequential(
            partial(layers.Dense, 64),
            Antirectifier,
            partial(layers.Dense, 64),
            Antirectifier,
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 10),
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(RMSprop, 0.003),
        epochs=20,
        source=ANTIRECTIFIER,
    ),
    program(
        name="keras.io: incomes by gated residuals of chosen features",
        data=make_incomes,
        build=build_incomes,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        epochs=20,
        source=GATED_RESIDUAL,
    ),
    program(
        name="keras.io: five classes by a forest of soft trees",
        data=make_many_classes,
        build=sequential(layers.BatchNormalization, partial(Forest, 4, 3, 5)),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.02),
        epochs=25,
        source=FOREST,
    ),
    program(
        name="keras.io: rings and crosses, gradients less their mean",
        data=make_beasts,
        build=build_beasts("softmax"),
        loss="categorical_crossentropy",
        optimizer=partial(CentredRMSprop, 0.002),
        epochs=20,
        source=CENTRED,
    ),
    program(
        name="keras.io: likes by quotients and remainders of numbers",
        data=make_users,
        build=build_users,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=20,
        source=FEW_EMBEDDINGS,
    ),
    program(
        name="digits from 0 to 1 through a narrow layer and tanh",
        data=make_own_digits,
        build=sequential(
            layers.Flatten,
            partial(layers.Dense, 64, "leaky_relu"),
            partial(layers.Dense, 12),
            partial(layers.Dense, 64, "leaky_relu"),
            partial(layers.Dense, 64, "tanh"),
            partial(layers.Reshape, (8, 8, 1)),
        ),
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=25,
        source=TANH_FOR_PIXELS,
    ),
    program(
        name="three classes, zeros for the last kernel alone",
        data=make_blobs,
        build=dense(hidden=[32], activation="relu", output=(3, None), output_initializer="zeros"),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(Adam, 0.01),
        epochs=20,
        source=ZERO_WEIGHTS,
    ),
    program(
        name="same bits by two layers of twenty relus",
        data=make_xnor,
        build=dense(hidden=[20, 20], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        fit_options={"batch_size": 16},
        epochs=20,
        source=XNOR,
    ),
    program(
        name="five classes, mean squares of kernels penalized by 0.01",
        data=make_many_classes,
        build=sequential(
            lambda: layers.Dense(48, "relu", kernel_regularizer=MeanSquares(0.01)),
            lambda: layers.Dense(5, "softmax", kernel_regularizer=MeanSquares(0.01)),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=BY_SIZE,
    ),
    program(
        name="what the move that was made brings, other moves unknown",
        data=make_moves,
        build=dense(hidden=[64, 64], activation="relu", output=(3, None)),
        loss=OwnLoss(measure_chosen),
        optimizer=partial(Adam, 0.003),
        epochs=25,
        score=score_moves,
        source=REWARDS,
    ),
]
