"""Questions and examples of series, pictures, texts, pairs, generators and action values, rebuilt small.

Each sick program stands beside the program as it was mended. Facts are taken from the pages named by `source`: layers,
losses, optimizers, rates, and the form of the data. The data are made up or scikit-learn's digits.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import Data, make_digits
from labelled_programs.models import OwnLoss, sequential
from labelled_programs.program import Program

SAW = "https://github.com/keras-team/keras/issues/321"
SIGNATURES = "https://github.com/keras-team/keras/issues/12901"
COLLAPSE = "https://devgem.vercel.app/posts/unveiling-the-mystery-why-your-vae-s-kl-loss-goes-to-zero-with-unidentified-reconstructions"
RELU_CODE = "https://coderapp.vercel.app/answer/79505737"
FACES = "https://github.com/rcmalli/keras-vggface/issues/43"
TOO_EARLY = "https://thecodeforge.io/ml-ai/tensorflow-transfer-learning/"
OWN_STEP = (
    "https://discuss.tensorflow.org/t/"
    "potential-issue-difference-in-behavior-between-loss-function-and-model-compiled-loss/19359"
)
STRONG_CRITIC = "https://github.com/tdeboissiere/DeepLearningImplementations/issues/11"
SOFTMAX_VALUES = "https://github.com/thu-ml/tianshou/issues/725"
RELU_VALUES = "https://github.com/dennybritz/reinforcement-learning/pull/104"
FOCAL_SUM = "https://github.com/umbertogriffo/focal-loss-keras/issues/5"
ONE_AT_A_TIME = "https://example-a.com/answer/67856852"
RELU_CELLS = "https://kiwix.lema.org/stackoverflow.com_en_all_2023-11/questions/55322991/why-am-i-getting-nan-after-adding-relu-activation-in-lstm"
REGIONS = "https://github.com/microsoft/CNTK/issues/837"
WARM_UP = (
    "https://datascience.stackexchange.com/questions/122686/"
    "bce-loss-stuck-at-0-693-in-the-beginnng-of-training-and-then-started-to-decrease"
)
SQUASHED = "https://techfeed.net/pt/470072/"
STOCKS = "https://github.com/keras-team/keras/issues/6004"
RISING = "https://github.com/keras-team/keras/issues/7375"
SKIP_GRAMS = "https://www.tensorflow.org/text/tutorials/word2vec"
POLICY = "http://dirko.github.io/Keras-policy-gradient/"
SUB_PIXELS = "https://keras.io/examples/vision/super_resolution_sub_pixel/"
DISTILLED = "https://keras.io/examples/vision/knowledge_distillation/"
METRIC = "https://keras.io/examples/vision/metric_learning/"
TRAFFIC = "https://jeddy92.github.io/working/2018-06-05-ts_seq2seq_conv/"
ALPHABET = "https://machinelearningmastery.com/understanding-stateful-lstm-recurrent-neural-networks-python-keras/"
FIXED_VECTORS = "https://keras.io/examples/nlp/pretrained_word_embeddings/"
BAGS = "https://keras.io/examples/vision/attention_mil_classification/"
CAPTCHA = "https://keras.io/examples/vision/captcha_ocr/"


def make_saw(low: float = 1.0, high: float = 10.0) -> Data:
    """Windows of ten steps of two saws, one up and one down, and what comes next."""
    steps = np.arange(420)
    table = np.stack([steps % 10, 9 - (steps + 3) % 10], axis=1) / 9
    table = low + (high - low) * table
    windows = np.lib.stride_tricks.sliding_window_view(table, 10, axis=0)[:410].swapaxes(1, 2)
    order = np.random.default_rng(80).permutation(410)
    return windows[order].astype("float32"), table[10:][order].astype("float32")


def make_pairs_of_digits(scale: float = 1.0, examples: int = 600) -> Data:
    """Two digits each, with pixels up to a scale; the label says whether they are the same digit."""
    images, digits = make_digits(400)
    generator = np.random.default_rng(81)
    left = generator.integers(0, 400, size=examples)
    same = generator.integers(0, 2, size=examples)
    right = np.array(
        [generator.choice(np.flatnonzero((digits == digits[i]) == s)) for i, s in zip(left, same, strict=True)]
    )
    return [images[left] * scale, images[right] * scale], same[:, None].astype("float32")


def make_own_images() -> Data:
    """Digits from 0 to 1, which are their own labels."""
    x, _ = make_digits(400)
    return x, x


def make_few_digits(examples: int = 400) -> Data:
    """Some of the digits, numbered."""
    return make_digits(examples)


def make_line() -> Data:
    """Three features and a number that depends on them linearly; labels in one axis."""
    generator = np.random.default_rng(82)
    x = generator.normal(size=(400, 3))
    y = x @ np.array([1.5, -2.0, 0.7]) + 1.0 + 0.1 * generator.normal(size=400)
    return x.astype("float32"), y.astype("float32")


def make_noise_for_generator() -> Data:
    """Noise, and the labels that a generator wants its discriminator to give: all 1."""
    x = np.random.default_rng(83).normal(size=(320, 16))
    return x.astype("float32"), np.ones((320, 1), "float32")


def make_values(low: float, high: float) -> Data:
    """States of a cart with four numbers, and what each of two actions is worth."""
    generator = np.random.default_rng(84)
    x = generator.normal(size=(640, 4))
    lean = np.tanh(x[:, :1] + 0.5 * x[:, 1:2]) * np.array([[1.0, -1.0]]) + np.tanh(x[:, 2:3] * x[:, 3:])
    values = low + (high - low) * (lean - lean.min()) / (lean.max() - lean.min())
    return x.astype("float32"), values.astype("float32")


def make_one_hot_digits() -> Data:
    """Digits with unit vectors as labels."""
    x, y = make_digits(480)
    return x, np.eye(10, dtype="float32")[y]


def make_long_texts() -> Data:
    """Sixty words each; the label says whether words below 25 are more than the others."""
    x = np.random.default_rng(85).integers(0, 50, size=(480, 60))
    lean = (x < 25).mean(axis=1, keepdims=True)
    return x.astype("int32"), (lean > 0.5).astype("float32")


def make_regions() -> Data:
    """Noisy images of one bright rectangle, and its centre, width and height as shares of the image."""
    generator = np.random.default_rng(86)
    x = 0.15 * generator.random((400, 16, 16, 1))
    size = generator.integers(3, 8, size=(400, 2))
    corner = np.floor(generator.random((400, 2)) * (16 - size)).astype(int)
    for image, (row, column), (height, width) in zip(x, corner, size, strict=True):
        image[row : row + height, column : column + width] += 0.8
    return x.astype("float32"), (np.hstack([corner + size / 2, size]) / 16).astype("float32")


def make_clicks() -> Data:
    """Six fields of a request as ids below 48, and whether there was a click: what two of the fields say together."""
    generator = np.random.default_rng(87)
    fields = generator.integers(0, 8, size=(800, 6))
    taste = generator.normal(size=(8, 3)) @ generator.normal(size=(3, 8))
    y = taste[fields[:, 1], fields[:, 4]] > np.median(taste)
    return (fields + 8 * np.arange(6)).astype("int32"), y[:, None].astype("float32")


def make_changes(factor: float) -> Data:
    """Windows of 24 relative changes of a price, and the next one, all times a factor."""
    generator = np.random.default_rng(88)
    time = np.arange(440)
    change = 0.008 * np.sin(time / 3.1) + 0.006 * np.sin(time / 7.3) + 0.002 * generator.normal(size=440)
    windows = np.lib.stride_tricks.sliding_window_view(change, 24)[:416, :, None]
    order = generator.permutation(416)
    return (factor * windows[order]).astype("float32"), (factor * change[24:, None][order]).astype("float32")


def make_prices(*, scaled: bool) -> Data:
    """Windows of 20 closing prices from about 500 to 1200, or from 0 to 1, and the next price."""
    generator = np.random.default_rng(89)
    price = 500 + 700 * np.linspace(0, 1, 420) + 60 * np.sin(np.arange(420) / 15) + 8 * generator.normal(size=420)
    if scaled:
        price = (price - price.min()) / (price.max() - price.min())
    windows = np.lib.stride_tricks.sliding_window_view(price, 20)[:400, :, None]
    order = generator.permutation(400)
    return windows[order].astype("float32"), price[20:, None][order].astype("float32")


def make_characters(length: int = 16) -> Data:
    """Windows of a text that a grammar of twelve characters writes, as unit vectors, and the next character."""
    generator = np.random.default_rng(90)
    words = [generator.integers(1, 12, size=size) for size in (3, 4, 5, 6, 4)]
    text = np.concatenate([np.append(words[generator.integers(0, 5)], 0) for _ in range(200)])[: 640 + length]
    windows = np.lib.stride_tricks.sliding_window_view(text, length)[:640]
    return np.eye(12, dtype="float32")[windows], text[length:].astype("int32")


def make_skip_grams(pairs: int = 800, negatives: int = 4) -> Data:
    """A word, and five others of which the first stood near it; the labels are all alike."""
    generator = np.random.default_rng(91)
    word = generator.integers(0, 60, size=(pairs, 1))
    near = 10 * (word // 10) + generator.integers(0, 10, size=(pairs, 1))
    far = generator.integers(0, 60, size=(pairs, negatives))
    y = np.zeros((pairs, 1 + negatives), "float32")
    y[:, 0] = 1
    return [word.astype("int32"), np.hstack([near, far]).astype("int32")], y


def make_episodes() -> Data:
    """What was seen before each of 900 moves, and which of two moves was made at random."""
    generator = np.random.default_rng(92)
    x = generator.random((900, 6, 6, 1)) < 0.15
    return x.astype("float32"), generator.integers(0, 2, size=900).astype("int32")


def find_best_move(x: Any) -> Any:
    """The move towards the side that more was seen on."""
    return (x[:, :, 3:].sum(axis=(1, 2, 3)) > x[:, :, :3].sum(axis=(1, 2, 3))).astype("int32")


def pay(x: Any, y: Any) -> Any:
    """The reward: 1 for the better move, 0 for the other."""
    return (find_best_move(x) == y).astype("float32")


def make_small_images() -> Data:
    """Grey images of 8 by 8 pixels, and the same at twice the size."""
    generator = np.random.default_rng(93)
    grid = np.arange(16) / 16
    phase = generator.uniform(0, 6.28, size=(320, 2, 1, 1))
    pace = generator.uniform(2, 9, size=(320, 2, 1, 1))
    large = (
        0.5 + 0.25 * np.sin(pace[:, 0] * grid[:, None] + phase[:, 0]) + 0.25 * np.sin(pace[:, 1] * grid + phase[:, 1])
    )
    small = large.reshape(320, 8, 2, 8, 2).mean(axis=(2, 4))
    return small[..., None].astype("float32"), large[..., None].astype("float32")


def make_anchors(batches: int = 60) -> Data:
    """For each digit two images of it, and its number; ten rows in a row hold each digit once."""
    images, digits = make_digits()
    generator = np.random.default_rng(94)
    rows = np.array([[generator.choice(np.flatnonzero(digits == d), 2) for d in range(10)] for _ in range(batches)])
    rows = rows.reshape(-1, 2)
    return [images[rows[:, 0]], images[rows[:, 1]]], np.tile(np.arange(10), batches).astype("int32")


def make_visits() -> Data:
    """Daily visits of pages, as logarithms less each page's mean over 56 days, and those of the next day."""
    generator = np.random.default_rng(95)
    time = np.arange(57)
    level, size = generator.uniform(2, 9, size=(500, 1)), generator.uniform(0.2, 0.8, size=(500, 1))
    week = size * np.sin(2 * np.pi * (time / 7 + generator.random((500, 1))))
    visits = np.log1p(generator.poisson(np.exp(level + week)))
    visits = visits - visits[:, :56].mean(axis=1, keepdims=True)
    return visits[:, :56, None].astype("float32"), visits[:, 56:].astype("float32")


def make_alphabet() -> Data:
    """Three letters of the alphabet as numbers up to 1, and the letter that follows: 23 examples in all."""
    x = (np.arange(23)[:, None] + np.arange(3))[..., None] / 26
    return x.astype("float32"), np.arange(3, 26).astype("int32")


def make_news() -> Data:
    """Texts of twenty word ids, of three topics, half of whose words are in no dictionary."""
    generator = np.random.default_rng(96)
    y = generator.integers(0, 3, size=600)
    own = 20 + 20 * y[:, None] + generator.integers(0, 20, size=(600, 20))
    x = np.where(generator.random((600, 20)) < 0.35, own, generator.integers(0, 20, size=(600, 20)))
    return x.astype("int32"), y.astype("int32")


def make_bags() -> Data:
    """Bags of five digits; the label says whether an eight is among them."""
    images, digits = make_digits()
    generator = np.random.default_rng(97)
    y = generator.integers(0, 2, size=500)
    others, eights = np.flatnonzero(digits != 8), np.flatnonzero(digits == 8)
    rows = generator.choice(others, size=(500, 5))
    rows[y == 1, 0] = generator.choice(eights, size=(y == 1).sum())
    rows = generator.permuted(rows, axis=1)
    return images[rows].reshape(500, 5, 64), y[:, None].astype("float32")


def make_written_words() -> Data:
    """Strips with four marks of six kinds in a row, at no fixed distance, and the kinds of the marks from 1 to 6."""
    generator = np.random.default_rng(98)
    shapes = generator.random((6, 8, 2)) < 0.5
    x, y = np.zeros((500, 24, 8)), generator.integers(1, 7, size=(500, 4))
    for strip, marks in zip(x, y, strict=True):
        at = np.arange(4) * 6 + generator.integers(0, 4, size=4)
        for column, mark in zip(at, marks, strict=True):
            strip[column : column + 2] = shapes[mark - 1].T
    return (x + 0.1 * generator.normal(size=x.shape)).astype("float32"), y.astype("int32")


def contrastive(y: Any, distance: Any, margin: float = 1.0) -> Any:
    """Pairs with label 1 are to be near, and the others farther than the margin."""
    return ops.mean(y * ops.square(distance) + (1 - y) * ops.square(ops.maximum(margin - distance, 0)))


def fool(y: Any, prediction: Any) -> Any:
    """What a generator has to lower, with probabilities cut off at 1e-7 as Keras cut them off then."""
    return -ops.mean(ops.log(ops.clip(prediction, 1e-7, 1.0)))


def focal(y: Any, prediction: Any, *, reduce: Any) -> Any:
    """The focal loss of probabilities of several classes, summed over classes and reduced over examples."""
    prediction = ops.clip(prediction, 1e-7, 1 - 1e-7)
    return reduce(ops.sum(-y * ops.square(1 - prediction) * ops.log(prediction), axis=-1))


def score_order(sign: float, prediction: Any, y: Any) -> float:
    """How often a pair with label 1 is ranked above one with label 0, from -1 to 1."""
    said, true = sign * prediction[:, 0], y[:, 0] > 0
    return float(np.sign(np.round(said[true][:, None] - said[~true][None], 6)).mean())


def score_images(prediction: Any, y: Any) -> float:
    """The explained share of the variance of the pixels."""
    return float(1 - ((y - prediction) ** 2).mean() / ((y - y.mean(0)) ** 2).mean())


def score_fooled(prediction: Any, y: Any) -> float:
    """The share of generated images that are taken for real."""
    return float((prediction > 0.5).mean())


def score_first(prediction: Any, y: Any) -> float:
    """How much oftener than by chance the first of the words is chosen."""
    return float(((prediction.argmax(-1) == 0).mean() - 0.2) / 0.8)


def score_moves(prediction: Any, y: Any) -> float:
    """How much oftener than at random the better move is chosen; the states are those of `make_episodes`."""
    return float(2 * (prediction.argmax(-1) == find_best_move(make_episodes()[0])).mean() - 1)


def score_anchors(prediction: Any, y: Any) -> float:
    """The share of anchors whose nearest image of ten is the other image of their own kind."""
    codes = prediction.reshape(-1, 10, 2, prediction.shape[-1] // 2)
    similar = codes[:, :, 0] @ codes[:, :, 1].swapaxes(1, 2)
    return float(((similar.argmax(-1) == np.arange(10)).mean() - 0.1) / 0.9)


def score_written(prediction: Any, y: Any) -> float:
    """The share of words that are read rightly, after repeats and blanks are left out."""
    right = 0
    for steps, marks in zip(prediction.argmax(-1), y, strict=True):
        read = [step for step, past in zip(steps, [0, *steps[:-1]], strict=True) if step not in (0, past)]
        right += read == list(marks)
    return right / len(y)


def build_signatures(x: Any, *, compare: str) -> keras.Model:
    """Two pictures through the same layers, compared by their distance or by a sigmoid of their difference."""
    left, right = keras.Input(x[0].shape[1:]), keras.Input(x[0].shape[1:])
    read = keras.Sequential(
        [
            keras.Input(x[0].shape[1:]),
            layers.Conv2D(12, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, "relu"),
            layers.Dense(64, "relu"),
        ]
    )
    gap = layers.Subtract()([read(left), read(right)])
    if compare == "distance":
        output = ops.sqrt(ops.maximum(ops.sum(ops.square(gap), axis=1, keepdims=True), 1e-7))
    else:
        output = layers.Dense(1, "sigmoid")(ops.abs(gap))
    return keras.Model([left, right], output)


class Draw(layers.Layer):
    """Draws a code, and adds its divergence from a standard normal distribution to the loss."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = weight
        self.seed = keras.random.SeedGenerator(1)

    def call(self, mean: Any, log_variance: Any) -> Any:
        """One number for each mean."""
        gap = ops.square(mean) + ops.exp(log_variance) - 1 - log_variance
        self.add_loss(self.weight * 0.5 * ops.mean(ops.sum(gap, axis=-1)))
        return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.seed)


def build_image_code(x: Any, *, weight: float, activation: str | None = None) -> keras.Model:
    """A variational autoencoder of images with strided convolutions."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(inputs)
    h = layers.Dense(50, "relu")(layers.Flatten()(h))
    code = Draw(weight)(layers.Dense(8, activation)(h), layers.Dense(8, activation)(h))
    h = layers.Reshape((4, 4, 16))(layers.Dense(256, "relu")(layers.Dense(50, "relu")(code)))
    h = layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(h)
    return keras.Model(inputs, layers.Conv2D(1, 3, padding="same", activation="sigmoid")(h))


def build_on_old_base(x: Any, *, frozen: bool) -> keras.Model:
    """A new head on convolutions that have learned to tell the digits below five apart."""
    base = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(24, 3, padding="same", activation="relu"),
        ]
    )
    images, digits = make_digits()
    old = keras.Sequential([base, layers.GlobalMaxPooling2D(), layers.Dense(5, "softmax")])
    old.compile(Adam(0.005), "sparse_categorical_crossentropy", jit_compile=False)
    old.fit(images[digits < 5], digits[digits < 5], epochs=12, verbose=0)
    base.trainable = not frozen
    head = [layers.Flatten(), layers.Dense(48, "relu"), layers.Dense(48, "relu"), layers.Dense(10, "softmax")]
    return keras.Sequential([keras.Input(x.shape[1:]), base, *head])


class OwnSquares(keras.Model):
    """A model that works out the mean of the squared errors itself."""

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, **_: Any
    ) -> Any:
        """The mean over all that labels less predictions gives."""
        return ops.mean(ops.square(y - y_pred))


class CompiledSquares(keras.Model):
    """A model whose own method asks for the compiled loss."""

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, **_: Any
    ) -> Any:
        """What was compiled."""
        return super().compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)


def build_line(x: Any, *, model: type[keras.Model]) -> keras.Model:
    """A linear regression that starts from zeros."""
    inputs = keras.Input(x.shape[1:])
    return model(inputs, layers.Dense(1, kernel_initializer="zeros")(inputs))


def build_generator(x: Any, *, rate: float, epochs: int) -> keras.Model:
    """A generator before a discriminator that has been trained, and is frozen now."""
    critic = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dense(1, "sigmoid"),
        ]
    )
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(64, "tanh")(layers.Dense(48, "relu")(inputs))
    generator = keras.Model(inputs, h)
    real = 2 * make_digits(320)[0].reshape(320, 64) - 1
    both = np.concatenate([real, keras.ops.convert_to_numpy(generator(x))])
    critic.compile(Adam(rate), "binary_crossentropy", jit_compile=False)
    critic.fit(both, np.repeat([[1.0], [0.0]], 320, axis=0), epochs=epochs, verbose=0)
    critic.trainable = False
    return keras.Model(inputs, critic(generator.output))


def build_focal_net(x: Any) -> keras.Model:
    """Two convolutions and a hidden layer."""
    return sequential(
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        layers.MaxPooling2D,
        partial(layers.Conv2D, 16, 3, activation="relu"),
        layers.Flatten,
        partial(layers.Dense, 32, "relu"),
        partial(layers.Dense, 10, "softmax"),
    )(x)


def build_click_transformer(x: Any) -> keras.Model:
    """Fields as tokens through one block of attention, and a sigmoid of them all."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(48, 16)(inputs)
    h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(2, 8)(h, h)]))
    h = layers.LayerNormalization()(layers.Add()([h, layers.Dense(16)(layers.Dense(32, "relu")(h))]))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.Flatten()(h)))


class Noam(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that climbs with the steps of its warm-up, and then falls with their root."""

    def __init__(self, factor: float, width: int, warm_up: int) -> None:
        self.factor, self.width, self.warm_up = factor, width, warm_up

    def __call__(self, step: Any) -> Any:
        """The rate of a step."""
        step = ops.cast(step, "float32") + 1
        return self.factor * self.width**-0.5 * ops.minimum(step**-0.5, step * self.warm_up**-1.5)

    def get_config(self) -> dict[str, Any]:
        """Its numbers."""
        return {"factor": self.factor, "width": self.width, "warm_up": self.warm_up}


def build_word_vectors(x: Any) -> keras.Model:
    """Two tables of vectors, and the products of a word with its candidates as logits."""
    word, context = keras.Input((1,), dtype="int32"), keras.Input((5,), dtype="int32")
    target = layers.Embedding(60, 16, name="target")(word)
    return keras.Model([word, context], ops.sum(target * layers.Embedding(60, 16, name="context")(context), axis=-1))


def build_sub_pixels(x: Any) -> keras.Model:
    """Convolutions that end in four channels, which become the pixels of an image twice as large."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for width, size in ((24, 5), (24, 3), (12, 3), (4, 3)):
        h = layers.Conv2D(width, size, padding="same", activation="relu", kernel_initializer="orthogonal")(h)
    h = layers.Permute((1, 3, 2, 4))(layers.Reshape((8, 8, 2, 2))(h))
    return keras.Model(inputs, layers.Reshape((16, 16, 1))(h))


class Student(keras.Model):
    """Learns from the labels and from what a larger net says, which is trained and frozen."""

    def __init__(self, *parts: Any, teacher: keras.Model | None = None, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.teacher = teacher

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, **_: Any
    ) -> Any:
        """A tenth of the compiled loss, and the divergence from the teacher at temperature 10."""
        own = super().compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        if x is None or self.teacher is None:
            return own
        soft = ops.softmax(ops.stop_gradient(self.teacher(x, training=False)) / 10)
        said = ops.log_softmax(y_pred / 10)
        return 0.1 * own + 0.9 * 100 * ops.mean(ops.sum(soft * (ops.log(soft + 1e-8) - said), axis=-1))


def build_student(x: Any) -> keras.Model:
    """A small net under a larger one."""
    teacher = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Conv2D(24, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    teacher.compile(Adam(0.003), loss, jit_compile=False)
    teacher.fit(*make_digits(), epochs=12, verbose=0)
    teacher.trainable = False
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
    h = layers.Conv2D(8, 3, padding="same")(layers.LeakyReLU(negative_slope=0.2)(h))
    return Student(inputs, layers.Dense(10)(layers.Flatten()(h)), teacher=teacher)


def build_anchors(x: Any) -> keras.Model:
    """Two images through the same layers to vectors of unit length, side by side."""
    read = keras.Sequential(
        [
            keras.Input(x[0].shape[1:]),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Conv2D(24, 2, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(8),
            layers.UnitNormalization(),
        ]
    )
    inputs = [keras.Input(x[0].shape[1:]), keras.Input(x[0].shape[1:])]
    return keras.Model(inputs, layers.Concatenate()([read(image) for image in inputs]))


def same_of_ten(y: Any, codes: Any) -> Any:
    """The cross-entropy of an anchor's other image among those of the batch, at temperature 0.2."""
    width = codes.shape[-1] // 2
    similar = ops.matmul(codes[:, :width], ops.transpose(codes[:, width:])) / 0.2
    right = ops.arange(ops.shape(codes)[0])
    return ops.mean(ops.sparse_categorical_crossentropy(right, similar, from_logits=True))


def build_fixed_vectors(x: Any) -> keras.Model:
    """Given vectors of words that are not trained, zero for words without one, under convolutions."""
    table = np.random.default_rng(99).normal(size=(80, 24)) * (np.arange(80) % 2)[:, None]
    given = keras.initializers.Constant(table.astype("float32"))
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(80, 24, embeddings_initializer=given, trainable=False)(inputs)
    h = layers.MaxPooling1D(2)(layers.Conv1D(24, 3, activation="relu")(h))
    h = layers.GlobalMaxPooling1D()(layers.Conv1D(24, 3, activation="relu")(h))
    h = layers.Dropout(0.5)(layers.Dense(24, "relu")(h))
    return keras.Model(inputs, layers.Dense(3, "softmax")(h))


def build_bags(x: Any) -> keras.Model:
    """Each image of a bag read alike, and their mean under weights that a gated attention gives."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(24, "relu")(layers.Dense(48, "relu")(inputs))
    gate = layers.Multiply()([layers.Dense(16, "tanh")(h), layers.Dense(16, "sigmoid")(h)])
    weights = layers.Softmax(axis=1)(layers.Dense(1, use_bias=False)(gate))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(ops.sum(weights * h, axis=1)))


def build_reader_of_words(x: Any) -> keras.Model:
    """Convolutions along a strip and a recurrent layer, and a softmax with one unit for no mark."""
    return sequential(
        partial(layers.Conv1D, 32, 3, padding="same", activation="relu", kernel_initializer="he_normal"),
        partial(layers.Bidirectional, layers.LSTM(24, return_sequences=True)),
        partial(layers.Dense, 7),
    )(x)


SAWS = Program(
    name="lstm of two saws, linear",
    theme="forum",
    source=SAW,
    data=make_saw,
    build=sequential(partial(layers.LSTM, 48), partial(layers.Dense, 2)),
    loss="mse",
    optimizer=partial(RMSprop, 0.003),
    epochs=40,
)
PAIRS = Program(
    name="two signatures, sigmoid of their difference",
    theme="forum",
    source=SIGNATURES,
    data=make_pairs_of_digits,
    build=partial(build_signatures, compare="sigmoid"),
    loss="binary_crossentropy",
    optimizer=partial(RMSprop, 0.001),
    score=partial(score_order, 1.0),
    epochs=20,
)
IMAGE_CODE = Program(
    name="variational autoencoder of images, divergence weighed for a mean",
    theme="forum",
    source=COLLAPSE,
    data=make_own_images,
    build=partial(build_image_code, weight=0.002),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.002),
    score=score_images,
    epochs=40,
)
LINEAR_CODE = Program(
    name="variational autoencoder, linear mean and variance",
    theme="forum",
    source=RELU_CODE,
    data=make_own_images,
    build=partial(build_image_code, weight=0.0001),
    loss="mse",
    optimizer=partial(Adam, 0.002),
    score=score_images,
    epochs=40,
)
OLD_BASE = Program(
    name="head on a frozen base, sgd 0.01",
    theme="forum",
    source=FACES,
    data=make_few_digits,
    build=partial(build_on_old_base, frozen=True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.01, momentum=0.9),
    epochs=20,
)
TUNED = Program(
    name="base tuned at once with a small rate",
    theme="forum",
    source=TOO_EARLY,
    data=make_few_digits,
    build=partial(build_on_old_base, frozen=False),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(RMSprop, 0.0003),
    epochs=20,
)
LINE = Program(
    name="line by a model that asks for the compiled loss",
    theme="forum",
    source=OWN_STEP,
    data=make_line,
    build=partial(build_line, model=CompiledSquares),
    loss="mse",
    optimizer=SGD,
    epochs=20,
)
GENERATOR = Program(
    name="generator before a discriminator trained at 0.0002",
    theme="forum",
    source=STRONG_CRITIC,
    data=make_noise_for_generator,
    build=partial(build_generator, rate=0.0002, epochs=6),
    loss=fool,
    optimizer=partial(Adam, 0.001, beta_1=0.5),
    score=score_fooled,
    epochs=30,
)
VALUES = Program(
    name="values of two actions, linear",
    theme="forum",
    source=SOFTMAX_VALUES,
    data=partial(make_values, -2.0, 6.0),
    build=sequential(partial(layers.Dense, 64, "relu"), partial(layers.Dense, 64, "relu"), partial(layers.Dense, 2)),
    loss="mse",
    optimizer=partial(Adam, 0.001),
    epochs=30,
)
NEGATIVE_VALUES = Program(
    name="values of two actions in a game that is mostly lost, linear",
    theme="forum",
    source=RELU_VALUES,
    data=partial(make_values, -1.0, 0.4),
    build=sequential(partial(layers.Dense, 64, "relu"), partial(layers.Dense, 64, "relu"), partial(layers.Dense, 2)),
    loss="huber",
    optimizer=partial(RMSprop, 0.001),
    epochs=30,
)
FOCAL = Program(
    name="focal loss, mean of the batch",
    theme="forum",
    source=FOCAL_SUM,
    data=make_one_hot_digits,
    build=build_focal_net,
    loss=partial(focal, reduce=ops.mean),
    optimizer=partial(SGD, 0.05, momentum=0.9),
    fit_options={"batch_size": 64},
    epochs=40,
)
BATCHES = Program(
    name="dense batch normalization, batches of 20",
    theme="forum",
    source=ONE_AT_A_TIME,
    data=partial(make_few_digits, 300),
    build=sequential(
        partial(layers.Conv2D, 8, 3, activation="relu"),
        layers.MaxPooling2D,
        layers.Flatten,
        partial(layers.Dense, 32, "relu"),
        layers.BatchNormalization,
        partial(layers.Dense, 10, "softmax"),
    ),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.003),
    fit_options={"batch_size": 20},
    epochs=20,
)
CELLS = Program(
    name="stacked lstms of long texts, tanh",
    theme="forum",
    source=RELU_CELLS,
    data=make_long_texts,
    build=sequential(
        partial(layers.Embedding, 50, 24),
        partial(layers.LSTM, 64, return_sequences=True),
        partial(layers.LSTM, 10),
        partial(layers.Dense, 1, "sigmoid"),
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    epochs=15,
)
REGION = Program(
    name="regions of images, linear",
    theme="forum",
    source=REGIONS,
    data=make_regions,
    build=sequential(
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        layers.MaxPooling2D,
        partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
        layers.MaxPooling2D,
        layers.Flatten,
        partial(layers.Dense, 32, "relu", kernel_initializer="he_normal"),
        partial(layers.Dense, 4, kernel_initializer="he_normal"),
    ),
    loss="mse",
    optimizer=partial(SGD, 0.05, momentum=0.9),
    epochs=30,
)
CLICKS = Program(
    name="transformer of clicks, warm-up of 100 steps",
    theme="forum",
    source=WARM_UP,
    data=make_clicks,
    build=build_click_transformer,
    loss="binary_crossentropy",
    optimizer=lambda: Adam(Noam(0.3, 16, 100), beta_2=0.98),
    epochs=20,
)
CHANGES = Program(
    name="lstm of changes of a price in percent",
    theme="forum",
    source=SQUASHED,
    data=partial(make_changes, 100.0),
    build=sequential(partial(layers.LSTM, 25), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.001),
    epochs=20,
)
PRICES = Program(
    name="lstm of stock prices from 0 to 1",
    theme="forum",
    source=STOCKS,
    data=partial(make_prices, scaled=True),
    build=sequential(
        partial(layers.LSTM, 48, return_sequences=True),
        partial(layers.Dropout, 0.2),
        partial(layers.LSTM, 48),
        partial(layers.Dense, 16, "relu"),
        partial(layers.Dense, 1),
    ),
    loss="mse",
    optimizer=partial(Adam, 0.001),
    epochs=20,
)
TEXT = Program(
    name="lstm of characters, rmsprop 0.01",
    theme="forum",
    source=RISING,
    data=make_characters,
    build=sequential(partial(layers.LSTM, 64), partial(layers.Dense, 12, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(RMSprop, 0.01),
    epochs=20,
)

MENDED = [
    SAWS,
    PAIRS,
    PAIRS.vary(
        "two signatures from 0 to 1, contrastive loss of their distance",
        build=partial(build_signatures, compare="distance"),
        loss=contrastive,
        score=partial(score_order, -1.0),
    ),
    IMAGE_CODE,
    LINEAR_CODE,
    OLD_BASE,
    TUNED,
    LINE,
    GENERATOR,
    VALUES,
    NEGATIVE_VALUES,
    FOCAL,
    BATCHES,
    CELLS,
    REGION,
    CLICKS,
    CHANGES,
    CHANGES.vary("lstm of changes of a price as shares", data=partial(make_changes, 1.0)),  # asked about, but it learns
    PRICES,
    TEXT,
]

SICK = [
    SAWS.vary(
        "lstm of two saws, softmax for numbers from 1 to 10",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        build=sequential(partial(layers.LSTM, 48), partial(layers.Dense, 2, "softmax")),
    ),
    PAIRS.vary(
        "two signatures as bytes, contrastive loss of their distance",
        label=(*labels.LARGE_INPUTS, *labels.TOO_LARGE_STEPS, *labels.DEAD, "constant_prediction"),
        strength="clear",
        data=partial(make_pairs_of_digits, 255.0),
        build=partial(build_signatures, compare="distance"),
        loss=contrastive,
        optimizer=partial(RMSprop, 0.01),
        score=partial(score_order, -1.0),
    ),
    IMAGE_CODE.vary(
        "variational autoencoder of images, divergence outweighs the pixels",
        unnamed=True,
        strength="clear",
        build=partial(build_image_code, weight=1.0),
    ),
    LINEAR_CODE.vary(
        "variational autoencoder, relu mean and variance",
        label=labels.DEAD,
        strength="mild",
        build=partial(build_image_code, weight=0.0001, activation="relu"),
    ),
    OLD_BASE.vary(
        "head on a frozen base, sgd 0.00001",
        label=labels.TOO_SMALL_STEPS,
        strength="clear",
        optimizer=partial(SGD, 0.00001, momentum=0.9),
    ),
    TUNED.vary(
        "base tuned at once with a large rate",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD),
        strength="clear",
        optimizer=partial(RMSprop, 0.15),
    ),
    LINE.vary(
        "line by a model that squares labels of one axis less predictions of two",
        label=labels.LABELS_OF_ANOTHER_SHAPE,
        strength="clear",
        build=partial(build_line, model=OwnSquares),
    ),
    GENERATOR.vary(
        "generator before a discriminator that is always sure",
        label=(*labels.SATURATED_HEAD, *labels.VANISHING, "zero_gradient"),
        strength="extreme",
        build=partial(build_generator, rate=0.1, epochs=60),
    ),
    VALUES.vary(
        "values of two actions, softmax",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        build=sequential(
            partial(layers.Dense, 64, "relu"), partial(layers.Dense, 64, "relu"), partial(layers.Dense, 2, "softmax")
        ),
    ),
    NEGATIVE_VALUES.vary(
        "values of two actions in a game that is mostly lost, relu",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE, *labels.DEAD),
        strength="clear",
        build=sequential(
            partial(layers.Dense, 64, "relu"), partial(layers.Dense, 64, "relu"), partial(layers.Dense, 2, "relu")
        ),
    ),
    FOCAL.vary(
        "focal loss, sum of the batch",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD, *labels.SATURATED_HEAD),
        strength="clear",
        loss=partial(focal, reduce=ops.sum),
    ),
    BATCHES.vary(
        "dense batch normalization, one example at a time",
        unnamed=True,
        strength="extreme",
        fit_options={"batch_size": 1},
    ),
    CELLS.vary(
        "stacked lstms of long texts, relu",
        label=(*labels.UNBOUNDED, *labels.EXPLODING, *labels.NONFINITE, *labels.TOO_LARGE_STEPS),
        strength="clear",
        build=sequential(
            partial(layers.Embedding, 50, 24),
            partial(layers.LSTM, 64, activation="relu", return_sequences=True),
            partial(layers.LSTM, 10, activation="relu"),
            partial(layers.Dense, 1, "sigmoid"),
        ),
    ),
    CLICKS.vary(
        "transformer of clicks, warm-up of 8000 steps",
        label=(*labels.TOO_SMALL_STEPS, "schedule_by_batches"),
        strength="mild",
        optimizer=lambda: Adam(Noam(0.3, 16, 8000), beta_2=0.98),
    ),
    PRICES.vary(
        "lstm of stock prices from 500 to 1200",
        label=(*labels.LARGE_INPUTS, *labels.LARGE_LABELS),
        strength="extreme",
        data=partial(make_prices, scaled=False),
    ),
    TEXT.vary(
        "lstm of characters, rmsprop 0.3",
        label=labels.TOO_LARGE_STEPS,
        strength="mild",
        optimizer=partial(RMSprop, 0.3),
    ),
]

EXAMPLES = [
    Program(
        name="skip-grams whose right word is always the first",
        theme="forum",
        source=SKIP_GRAMS,
        data=make_skip_grams,
        build=build_word_vectors,
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        optimizer="adam",
        score=score_first,
        epochs=30,
    ),
    Program(
        name="random moves weighed by their rewards",
        theme="forum",
        source=POLICY,
        data=make_episodes,
        build=sequential(layers.Flatten, partial(layers.Dense, 32, "relu"), partial(layers.Dense, 2, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(RMSprop, 0.003),
        sample_weight=pay,
        score=score_moves,
        epochs=20,
    ),
    Program(
        name="images twice as large by sub-pixels",
        theme="forum",
        source=SUB_PIXELS,
        data=make_small_images,
        build=build_sub_pixels,
        loss="mse",
        optimizer=partial(Adam, 0.001),
        score=score_images,
        fit_options={"batch_size": 8},
        epochs=15,
    ),
    Program(
        name="student of a larger net",
        theme="forum",
        source=DISTILLED,
        data=make_few_digits,
        build=build_student,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer="adam",
        epochs=30,
    ),
    Program(
        name="anchors and the others of their kind, in batches of ten",
        theme="forum",
        source=METRIC,
        data=make_anchors,
        build=build_anchors,
        loss=OwnLoss(same_of_ten),
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 10, "shuffle": False},
        score=score_anchors,
        epochs=15,
    ),
    Program(
        name="dilated convolutions of visits as logarithms",
        theme="forum",
        source=TRAFFIC,
        data=make_visits,
        build=sequential(
            *(partial(layers.Conv1D, 16, 2, padding="causal", dilation_rate=2**power) for power in range(6)),
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dropout, 0.2),
            partial(layers.Cropping1D, (55, 0)),
            layers.Flatten,
            partial(layers.Dense, 1),
        ),
        loss="mean_absolute_error",
        optimizer="adam",
        epochs=20,
    ),
    Program(
        name="alphabet of 23 examples",
        theme="forum",
        source=ALPHABET,
        data=make_alphabet,
        build=sequential(partial(layers.LSTM, 32), partial(layers.Dense, 26, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        fit_options={"batch_size": 1},
        epochs=120,
    ),
    Program(
        name="given vectors of words, half of them zero",
        theme="forum",
        source=FIXED_VECTORS,
        data=make_news,
        build=build_fixed_vectors,
        loss="sparse_categorical_crossentropy",
        optimizer="rmsprop",
        fit_options={"batch_size": 32},
        epochs=20,
    ),
    Program(
        name="bags with an eight, gated attention",
        theme="forum",
        source=BAGS,
        data=make_bags,
        build=build_bags,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=30,
    ),
    Program(
        name="marks on a strip, read without their positions",
        theme="forum",
        source=CAPTCHA,
        data=make_written_words,
        build=build_reader_of_words,
        loss=keras.losses.CTC(),
        optimizer=partial(Adam, 0.005),
        score=score_written,
        epochs=40,
    ),
]

PROGRAMS = [*MENDED, *SICK, *EXAMPLES]
