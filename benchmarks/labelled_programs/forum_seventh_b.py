"""Images, sequences, texts and networks with own parts, from questions and examples, made small.

Beside each sick program stands the program with the mend. Facts are taken from the pages named by `source`: layers,
losses, optimizers, rates, and the form of the data. The data are made up or scikit-learn's.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, AdamW
from sklearn import datasets

from labelled_programs import labels
from labelled_programs.data import Data, make_digits, make_tokens
from labelled_programs.models import OwnLoss, sequential
from labelled_programs.program import Program

TURNED_APART = "https://github.com/keras-team/keras/issues/12075"
ONE_CHANNEL = "https://github.com/jocicmarko/ultrasound-nerve-segmentation/issues/18"
THRESHOLD = "https://markaicode.com/custom-gradients-non-differentiable-losses"
RELU_AT_LAST = "https://github.com/curiousily/Credit-Card-Fraud-Detection-using-Autoencoders-in-Keras/issues/1"
BYTES = "https://github.com/keras-team/keras/issues/3642"
CONFIDENCE = "https://github.com/qqwweee/keras-yolo3/issues/694"
TWO_VIEWS = "https://github.com/google-research/simclr/issues/141"
ONLY_BIASES = "https://geeksmental.com/question/why-convolutional-layer-learns-only-biases"
FRAMES = "https://github.com/keras-team/keras/issues/8855"
MISSING = "https://github.com/hfawaz/InceptionTime/issues/50"
RATE_OF_ONE = "https://github.com/rajveermalviya/language-modeling/issues/3"
NO_WARM_UP = "https://github.com/OpenNMT/OpenNMT-py/issues/869"
RAMP = (
    "https://pytroubles.com/en/posts/"
    "id2679-why-your-lstm-stalls-on-sine-wave-forecasting-and-how-to-fix-it-with-target-history-normalization"
)
ONE_VALUE = "https://geek-answers.imtqy.com/articles/1267675/index.html"
TEN_ROWS = "https://huslhub.com/questions/1586517"
HALF_DROPPED = (
    "https://coderoad.ru/54076090/Использование-TensorFlow-Keras-для-обучения-ДНК-Почему-блокировка-точности-при"
)
NOT_TRACKED = "https://github.com/keras-team/keras/issues/16797"
VGG = "https://github.com/keras-team/keras-applications/issues/93"

PATCHES = "https://keras.io/examples/vision/image_classification_with_vision_transformer/"
INVOLUTION = "https://keras.io/examples/vision/involution/"
SHIFTED = "https://keras.io/examples/vision/shiftvit/"
MIXED = "https://cocalc.com/github/keras-team/keras-io/blob/master/examples/vision/ipynb/mixup.ipynb"
MASKED = (
    "https://huggingface.co/spaces/MCP-1st-Birthday/ML-Starter/blob/main/knowledge_base/vision/masked_image_modeling.py"
)
TWO_NUMBERS = "https://fliphtml5.com/bfxi/znxd/Deep_Learning_for_Beginners%3A_A_Practical_Guide_with_Python/196"
WALK = "https://stats.stackexchange.com/questions/238410/lstm-fitting-random-walk"
SMALLEST = "https://datascience.stackexchange.com/questions/85961"
PRICES = "https://iohanngrig.github.io/applications/01-stock-forecasting"
HEATMAPS = "https://github.com/princeton-vl/pytorch_stacked_hourglass/issues/10"
HIGHWAY = "https://theneuralperspective.com/2016/12/13/highway-networks/"
ONE_SEQUENCE = "https://github.com/keras-team/keras/issues/273"
UNSCALED = "https://github.com/keras-team/tf-keras/issues/480"
REZERO = "https://tensorflow.org/api_docs/python/tfm/vision/layers/Scale"
FROZEN = "https://evisp.github.io/ml-handbook/06-dl-architectures/transfer-learning"
SONAR = "https://machinelearningmastery.com/dropout-regularization-deep-learning-models-keras/"
SMOOTHED = "https://docs.mosaicml.com/projects/composer/en/v0.3.0/method_cards/label_smoothing.html"
SIX_WINDOWS = "https://machinelearningmastery.com/how-to-develop-lstm-models-for-time-series-forecasting/"
BOXES = "https://github.com/Leighson/lighthouse-final-project"
SCENES = (
    "https://stats.stackexchange.com/questions/261704/training-a-neural-network-for-regression-always-predicts-the-mean"
)


def make_nerves(together: bool = True) -> Data:
    """Bright patches in noisy pictures and their masks, which are flipped as the pictures are, or otherwise."""
    generator = np.random.default_rng(700)
    x = 0.25 * generator.normal(size=(320, 16, 16, 1))
    y = np.zeros((320, 16, 16, 1))
    for picture, mask in zip(x, y, strict=True):
        row, column = generator.integers(0, 6, size=2)
        height, width = generator.integers(3, 7, size=2)
        mask[row : row + height, column : column + width] = 1
        picture += 0.9 * mask
    flips = generator.integers(0, 2, size=(320, 2))
    of_masks = flips if together else generator.integers(0, 2, size=(320, 2))
    x, y = flip_each(x, flips), flip_each(y, of_masks)
    return x.astype("float32"), y.astype("float32")


def flip_each(pictures: np.ndarray, flips: np.ndarray) -> np.ndarray:
    """Each picture flipped or not in both directions."""
    return np.stack(
        [p[:: -1 if rows else 1, :: -1 if columns else 1] for p, (rows, columns) in zip(pictures, flips, strict=True)]
    )


def make_nerve_pixels() -> Data:
    """The pictures, and the masks as one row of pixels."""
    x, y = make_nerves()
    return x, y.reshape(len(y), -1, 1)


def measure_soft_overlap(y: Any, prediction: Any) -> Any:
    """One less the share of both masks that they have in common."""
    common = ops.sum(y * prediction, axis=(1, 2, 3))
    return 1 - (common + 1) / (ops.sum(y + prediction, axis=(1, 2, 3)) - common + 1)


def measure_hard_overlap(y: Any, prediction: Any) -> Any:
    """The same of predictions that are taken for 0 or 1."""
    return measure_soft_overlap(y, ops.cast(prediction > 0.5, "float32"))


def make_payments() -> Data:
    """Twenty-nine measures made of five, standardised, which are their own labels."""
    generator = np.random.default_rng(701)
    x = generator.normal(size=(900, 5)) @ generator.normal(size=(5, 29)) + 0.3 * generator.normal(size=(900, 29))
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32")
    return x, x


def make_own_pictures(largest: float) -> Data:
    """Digits up to a largest value, which are their own labels."""
    x = make_digits()[0] * np.float32(largest)
    return x, x


def make_grid() -> Data:
    """Pictures with up to four bright crosses; for each of 8 by 8 cells whether one is in it, and where."""
    generator = np.random.default_rng(702)
    x, y = 0.2 * generator.normal(size=(320, 16, 16, 1)), np.zeros((320, 8, 8, 3))
    for picture, cells in zip(x, y, strict=True):
        for row, column in generator.integers(1, 15, size=(generator.integers(1, 5), 2)):
            picture[row - 1 : row + 2, column] = 1
            picture[row, column - 1 : column + 2] = 1
            cells[row // 2, column // 2] = 1, row % 2, column % 2
    return x.astype("float32"), y.astype("float32")


def measure_cells(y: Any, prediction: Any, of_empty: Callable[[Any], Any]) -> Any:
    """Cross-entropy of cells with and without a cross, and squares of the errors of where it is."""
    held, logits = y[..., 0], prediction[..., 0]

    def measure_entropy(is_held: Any) -> Any:
        return ops.binary_crossentropy(is_held, logits, from_logits=True)

    off = ops.sum((prediction[..., 1:] - y[..., 1:]) ** 2, axis=-1)
    each = held * measure_entropy(held) + 0.5 * (1 - held) * measure_entropy(of_empty(held)) + held * off
    return ops.sum(each, axis=(1, 2))


def score_cells(prediction: Any, y: Any) -> float:
    """The mean of the shares of cells with and without a cross that are told rightly, from 0 to 1."""
    held, said = y[..., 0] == 1, prediction[..., 0] > 0
    return float(said[held].mean() + (~said)[~held].mean() - 1)


def make_views() -> Data:
    """Two noisy views of each digit, and its number."""
    generator = np.random.default_rng(703)
    x = make_digits()[0].reshape(640, 1, 64).repeat(2, axis=1)
    kept = generator.random(x.shape) > 0.2
    return (x * kept + 0.1 * generator.normal(size=x.shape)).astype("float32"), np.arange(640, dtype="int32")


def measure_views(number: Any, prediction: Any, temperature: float = 0.1) -> Any:
    """Cross-entropy of finding the other view of a picture among those of a batch."""
    first, second = prediction[:, 0], prediction[:, 1]
    likeness = ops.matmul(first, ops.transpose(second)) / temperature
    own = ops.arange(ops.shape(likeness)[0])
    one = ops.sparse_categorical_crossentropy(own, likeness, from_logits=True)
    return (one + ops.sparse_categorical_crossentropy(own, ops.transpose(likeness), from_logits=True)) / 2


def score_views(prediction: Any, number: Any) -> float:
    """How often the other view is the likest of 128."""
    return float(((prediction[:128, 0] @ prediction[:128, 1].T).argmax(axis=1) == np.arange(128)).mean())


def build_views(x: Any) -> keras.Model:
    """Vectors of unit length of both views."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(64, "relu")(layers.Dense(64, "relu")(inputs))
    return keras.Model(inputs, layers.UnitNormalization()(layers.Dense(16)(h)))


def make_pairs() -> Data:
    """Pairs of zeros, ones and twos, and whether both are the same digit."""
    generator = np.random.default_rng(704)
    x, y = make_digits(1700)
    x, y = x[y < 3], y[y < 3]
    first = generator.integers(0, len(x), size=400)
    second = generator.integers(0, len(x), size=400)
    same = np.arange(400) % 2 == 0
    second[same] = [generator.choice(np.flatnonzero(y == y[i])) for i in first[same]]
    return [x[first], x[second]], (y[first] == y[second])[:, None].astype("float32")


def build_pairs(x: Any, summed: bool) -> keras.Model:
    """What differs between two pictures' largest activations, summed before a sigmoid unit or weighed by it."""
    inputs = [keras.Input(part.shape[1:]) for part in x]
    picture = keras.Input(x[0].shape[1:])
    h = layers.Conv2D(16, 3, padding="same", activation="elu")(picture)
    h = layers.MaxPooling2D()(layers.Conv2D(24, 3, padding="same", activation="elu")(h))
    h = layers.GlobalMaxPooling2D()(layers.Conv2D(256, 3, padding="same", activation="elu")(h))
    embed = keras.Model(picture, h)
    apart = ops.abs(embed(inputs[0]) - embed(inputs[1]))
    if summed:
        apart = ops.sum(apart, axis=-1, keepdims=True)
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(apart))


def make_frames(largest: float) -> Data:
    """Seven frames of a spot that fades and comes back, and the frame that follows."""
    generator = np.random.default_rng(705)
    step = np.array([1, 1, 1, 1, 0.5, 0.1, 0.1])
    start, where = generator.integers(0, 7, size=240), generator.integers(0, 36, size=240)
    x = np.zeros((240, 8, 36))
    x[np.arange(240)[:, None], np.arange(8)[None], where[:, None]] = step[(start[:, None] + np.arange(8)) % 7]
    x = (largest * x).reshape(240, 8, 6, 6, 1).astype("float32")
    return x[:, :7], x[:, 7]


def make_loops(missing: bool) -> Data:
    """Counts of cars on a ramp over the day on weekdays and weekends, standardised, some of them missing."""
    generator = np.random.default_rng(706)
    y = generator.integers(0, 2, size=400)
    hour = np.linspace(0, 24, 48)
    day = np.exp(-((hour - 8) ** 2) / 6) * (y[:, None] == 0) + np.exp(-((hour - 15) ** 2) / 18)
    x = day + 0.35 * generator.normal(size=(400, 48))
    x = (x - x.mean()) / x.std()
    gone = (generator.random((400, 1)) < 0.15) & (np.abs(hour - generator.uniform(0, 24, size=(400, 1))) < 3)
    x = np.where(gone, np.nan if missing else 0.0, x)
    return x[..., None].astype("float32"), y[:, None].astype("float32")


def build_inception(x: Any) -> keras.Model:
    """Convolutions of three lengths side by side, twice."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for _ in range(2):
        parts = [layers.Conv1D(8, size, padding="same", use_bias=False)(h) for size in (3, 7, 15)]
        parts.append(layers.Conv1D(8, 1, use_bias=False)(layers.MaxPooling1D(3, 1, "same")(h)))
        h = layers.Activation("relu")(layers.BatchNormalization()(layers.Concatenate()(parts)))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h)))


def make_text() -> Data:
    """Windows of 24 letters of a text of about 1500, and the letters that follow each."""
    generator = np.random.default_rng(707)
    who = ["the miller", "a fox", "her brother", "an old king", "the moon", "no one", "every sailor"]
    does = ["saw", "followed", "never forgot", "sold", "was afraid of", "sang to"]
    what = ["the river", "a golden apple", "his horse", "the winter", "twelve crows", "an empty house"]
    text = ""
    while len(text) < 1500:
        text += " ".join(str(generator.choice(part)) for part in (who, does, what)) + ". "
    number = {letter: i for i, letter in enumerate(sorted(set(text)))}
    ids = np.array([number[letter] for letter in text], "int32")
    windows = np.lib.stride_tricks.sliding_window_view(ids, 25)[::3]
    return np.ascontiguousarray(windows[:, :-1]), np.ascontiguousarray(windows[:, 1:])


def make_reversed() -> Data:
    """Ten of forty tokens, and the same from the last to the first."""
    x = np.random.default_rng(708).integers(0, 40, size=(640, 10)).astype("int32")
    return x, np.ascontiguousarray(x[:, ::-1])


class Positions(layers.Layer):
    """Adds a vector of its own to each position."""

    def build(self, shape: Any) -> None:
        """Makes the vectors."""
        self.vectors = self.add_weight(shape=(shape[1], shape[2]), initializer="random_normal", name="vectors")

    def call(self, x: Any) -> Any:
        """Adds them."""
        return x + self.vectors


def add_block(h: Any, heads: int, dropout: float = 0.0, first: bool = True) -> Any:
    """A block of attention and two dense layers, normalized first or last."""
    width = h.shape[-1]
    before = layers.LayerNormalization(epsilon=1e-6)(h) if first else h
    h = layers.Add()([h, layers.MultiHeadAttention(heads, width // heads, dropout=dropout)(before, before)])
    h = h if first else layers.LayerNormalization(epsilon=1e-6)(h)
    before = layers.LayerNormalization(epsilon=1e-6)(h) if first else h
    branch = layers.Dense(width)(layers.Dropout(dropout)(layers.Dense(2 * width, "gelu")(before)))
    h = layers.Add()([h, layers.Dropout(dropout)(branch)])
    return h if first else layers.LayerNormalization(epsilon=1e-6)(h)


def build_reversed(x: Any) -> keras.Model:
    """A block of attention between tokens that are told their positions."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = add_block(Positions()(layers.Embedding(40, 48)(inputs)), 4, first=False)
    return keras.Model(inputs, layers.Dense(40, use_bias=False)(h))


def make_sine(history: bool) -> Data:
    """Windows of a wave between -1 and 1, or windows of the times and a wave of 20; the value that follows."""
    time = np.arange(0, 320, 0.5)
    wave = np.sin(time) if history else 20 * np.sin(time)
    seen = wave if history else time
    windows = np.lib.stride_tricks.sliding_window_view(seen, 20)[:-1]
    return windows[..., None].astype("float32"), wave[20:, None].astype("float32")


def make_later(steps: int) -> Data:
    """The last values of waves with differing phases, and the value ten steps later."""
    generator = np.random.default_rng(709)
    phase = generator.uniform(0, 2 * np.pi, size=(600, 1))
    wave = np.sin(phase + np.arange(60) * np.pi / 2 / 10.5)
    return wave[:, 50 - steps : 50, None].astype("float32"), wave[:, 59:60].astype("float32")


def make_ten_rows(standardised: bool) -> Data:
    """Ten rows of two numbers, standardised, and their sums, which are or not."""
    count = np.arange(1.0, 11)
    x, y = np.stack([count, 1000 * count], axis=1), (1000 * count + 1)[:, None]
    y = (y - y.mean()) / y.std() if standardised else y
    return ((x - x.mean(axis=0)) / x.std(axis=0))[:, None].astype("float32"), y.astype("float32")


def make_many_classes() -> Data:
    """A hundred and thirty-six features and twenty-one classes."""
    x, y = datasets.make_classification(
        1000, 136, n_informative=30, n_redundant=10, n_classes=21, n_clusters_per_class=1, class_sep=2.5, random_state=7
    )
    return (x / x.std(axis=0)).astype("float32"), y.astype("int32")


def build_halved(x: Any, rate: float) -> keras.Model:
    """Three dense layers, ever smaller, normalized; dropout before each and before the last."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(84, "relu")(layers.Dropout(rate)(inputs))
    h = layers.BatchNormalization()(layers.Dropout(rate)(h))
    h = layers.BatchNormalization()(layers.Dense(42, "relu")(h))
    h = layers.Dense(21, "relu")(layers.Dropout(rate)(h))
    return keras.Model(inputs, layers.Dense(21, "softmax")(layers.Dropout(rate)(h)))


def make_word_counts() -> Data:
    """Twelve of 300 words; the label says whether more of them are in one random half."""
    generator = np.random.default_rng(710)
    good = generator.choice([-1.0, 1.0], size=300)
    x = generator.integers(0, 300, size=(1200, 11))
    return x.astype("int32"), (good[x].sum(axis=1, keepdims=True) > 0).astype("float32")


class Table(layers.Layer):
    """Vectors of words, made as a weight or as an array that nothing keeps track of."""

    def __init__(self, tracked: bool) -> None:
        super().__init__()
        self.tracked = tracked

    def build(self, shape: Any) -> None:
        """Makes the vectors."""
        if self.tracked:
            self.vectors = self.add_weight(shape=(300, 8), initializer="random_normal", name="vectors")
        else:
            self.vectors = np.random.default_rng(711).normal(0, 0.05, size=(300, 8)).astype("float32")

    def call(self, x: Any) -> Any:
        """The vectors of the words."""
        return ops.take(ops.convert_to_tensor(self.vectors), x, axis=0)


def build_vgg(x: Any, normalized: bool) -> keras.Model:
    """Thirteen convolutions, with or without a normalization behind each."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for filters, count in ((8, 2), (16, 2), (16, 3), (24, 3), (24, 3)):
        for _ in range(count):
            h = layers.Conv2D(filters, 3, padding="same")(h)
            h = layers.BatchNormalization(momentum=0.9)(h) if normalized else h
            h = layers.Activation("relu")(h)
        h = layers.MaxPooling2D()(h) if h.shape[1] > 1 else h
    h = layers.Dense(48, "relu")(layers.Flatten()(h))
    return keras.Model(inputs, layers.Dense(10, "softmax")(h))


def make_patches(masked: bool = False) -> Data:
    """Digits as sixteen patches of four pixels; if masked, most are 0 with a flag and asked for."""
    x, y = make_digits()
    patches = x.reshape(640, 4, 2, 4, 2).transpose(0, 1, 3, 2, 4).reshape(640, 16, 4)
    if not masked:
        return patches, y
    hidden = np.random.default_rng(712).random((640, 16, 1)) < 0.6
    return np.concatenate([np.where(hidden, 0, patches), hidden], axis=-1).astype("float32"), patches


def build_patches(x: Any) -> keras.Model:
    """A small vision transformer with half of its last features dropped."""
    inputs = keras.Input(x.shape[1:])
    h = Positions()(layers.Dense(24)(inputs))
    for _ in range(2):
        h = add_block(h, 2, dropout=0.1)
    h = layers.Dropout(0.5)(layers.Flatten()(layers.LayerNormalization(epsilon=1e-6)(h)))
    h = layers.Dropout(0.5)(layers.Dense(64, "gelu")(h))
    return keras.Model(inputs, layers.Dense(10)(h))


def build_masked(x: Any) -> keras.Model:
    """A block of attention that says what the hidden patches hold."""
    inputs = keras.Input(x.shape[1:])
    h = Positions()(layers.Dense(32)(inputs))
    for _ in range(2):
        h = add_block(h, 2)
    h = layers.Flatten()(layers.LayerNormalization(epsilon=1e-6)(h))
    return keras.Model(inputs, layers.Reshape((16, 4))(layers.Dense(64, "sigmoid")(h)))


class Involution(layers.Layer):
    """A kernel for each pixel, made of the pixel itself."""

    def __init__(self) -> None:
        super().__init__()
        self.reduce, self.normalize = layers.Conv2D(2, 1), layers.BatchNormalization()
        self.expand = layers.Conv2D(9, 1)

    def build(self, shape: Any) -> None:
        """Builds what makes the kernels."""
        self.reduce.build(shape)
        self.normalize.build((*shape[:-1], 2))
        self.expand.build((*shape[:-1], 2))

    def call(self, x: Any, training: bool = False) -> Any:
        """Sums each pixel's neighbours, weighed by its kernel."""
        kernel = self.expand(ops.relu(self.normalize(self.reduce(x), training=training)))
        around = ops.image.extract_patches(x, (3, 3), strides=1, padding="same")
        around = ops.reshape(around, (-1, *x.shape[1:3], 9, x.shape[-1]))
        return ops.sum(kernel[..., None] * around, axis=3)


class Shift(layers.Layer):
    """Moves an eighth of the channels one pixel in each of four directions."""

    def call(self, x: Any) -> Any:
        """Moves them."""
        size = x.shape[-1] // 8
        moved = [
            ops.roll(x[..., i * size : (i + 1) * size], by, axis)
            for i, (by, axis) in enumerate([(1, 1), (-1, 1), (1, 2), (-1, 2)])
        ]
        return ops.concatenate([*moved, x[..., 4 * size :]], axis=-1)


class Scale(layers.Layer):
    """Multiplies by one weight that is 0 at first."""

    def build(self, shape: Any) -> None:
        """Makes the weight."""
        self.scale = self.add_weight(shape=(), initializer="zeros", name="scale")

    def call(self, x: Any) -> Any:
        """Multiplies by it."""
        return x * self.scale


def build_shifted(x: Any) -> keras.Model:
    """Four residual blocks of shifted channels, whole branches dropped at times."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(32, 2, strides=2)(inputs)
    for rate in (0.0, 0.1, 0.15, 0.2):
        branch = layers.LayerNormalization()(Shift()(h))
        branch = layers.Dense(32)(layers.Dense(64, "gelu")(branch))
        h = layers.Add()([h, layers.Dropout(rate, noise_shape=(None, 1, 1, 1))(branch)])
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(h)))


def make_mixed() -> Data:
    """Digits laid over others, each by a share that is mostly near 0 or 1, and the shares of both classes."""
    generator = np.random.default_rng(713)
    x, y = make_digits()
    one_hot = np.eye(10)[y]
    share, other = generator.beta(0.2, 0.2, size=(640, 1)), generator.permutation(640)
    mixed = share[..., None, None] * x + (1 - share[..., None, None]) * x[other]
    return mixed.astype("float32"), (share * one_hot + (1 - share) * one_hot[other]).astype("float32")


def score_largest(prediction: Any, y: Any) -> float:
    """The share of pictures whose largest class is told, beyond a tenth."""
    return float(((prediction.argmax(axis=-1) == y.argmax(axis=-1)).mean() - 0.1) / 0.9)


def make_own_digits() -> Data:
    """Digits as vectors, which are their own labels."""
    x = make_digits()[0].reshape(640, 64)
    return x, x


def make_walk(back: float = 0.0) -> Data:
    """Windows of 20 values of a random walk, drawn back to its mean or not, from 0 to 1; the value that follows."""
    generator = np.random.default_rng(714)
    walk, noise = [0.0], generator.standard_t(5, size=700)
    for step in noise:
        walk.append((1 - back) * walk[-1] + step)
    values = np.array(walk)
    values = ((values - values.min()) / np.ptp(values)).astype("float32")
    windows = np.lib.stride_tricks.sliding_window_view(values, 20)[:-1]
    return np.ascontiguousarray(windows[..., None]), values[20:, None]


def make_passengers() -> Data:
    """A value of a series that grows and swings over the year, from 0 to 1, and the next."""
    month = np.arange(145)
    series = np.exp(0.01 * month) * (1 + 0.15 * np.sin(month * np.pi / 6))
    series = ((series - series.min()) / np.ptp(series)).astype("float32")
    return series[:-1, None, None], series[1:, None]


def make_heatmaps() -> Data:
    """Pictures with a bright corner at one point, and a small hill at it in a map that is 0 elsewhere."""
    generator = np.random.default_rng(715)
    x, at = 0.2 * generator.normal(size=(400, 16, 16, 1)), generator.integers(2, 13, size=(400, 2))
    for picture, (row, column) in zip(x, at, strict=True):
        picture[row, column : column + 3] += 1
        picture[row : row + 3, column] += 1
    axis = np.arange(16)
    apart = (axis[None, :, None] - at[:, 0, None, None]) ** 2 + (axis[None, None] - at[:, 1, None, None]) ** 2
    return x.astype("float32"), np.exp(-apart / 2)[..., None].astype("float32")


def build_highway(x: Any) -> keras.Model:
    """Ten layers behind gates that are almost closed at first."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32)(layers.Flatten()(inputs))
    for _ in range(10):
        gate = layers.Dense(32, "sigmoid", bias_initializer=keras.initializers.Constant(-3.0))(h)
        h = gate * layers.Dense(32, "relu")(h) + (1 - gate) * h
    return keras.Model(inputs, layers.Dense(10, "softmax")(h))


def build_rezero(x: Any) -> keras.Model:
    """Eight residual blocks without normalization whose branches count for nothing at first."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Conv2D(16, 2, strides=2)(inputs)
    for _ in range(8):
        branch = layers.Conv2D(16, 3, padding="same")(layers.Conv2D(16, 3, padding="same", activation="relu")(h))
        h = layers.Add()([h, Scale()(branch)])
    return keras.Model(inputs, layers.Dense(10, "softmax")(layers.GlobalAveragePooling2D()(h)))


def make_one_sequence() -> Data:
    """One sequence of a start sign and zeros and ones in turn, and what follows each."""
    ids = np.array([2, *[0, 1] * 15, 2])
    one_hot = np.eye(3, dtype="float32")[ids][None]
    return one_hot[:, :-1], one_hot[:, 1:]


def build_unscaled(x: Any) -> keras.Model:
    """Words that attend to one another by products of 64 numbers with a scale that begins at 1."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Embedding(50, 64)(inputs)
    h = layers.Add()([h, layers.Attention(use_scale=True)([layers.Dense(64)(h), layers.Dense(64)(h)])])
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(h)))


def make_upper_digits() -> Data:
    """The digits from five to nine."""
    x, y = make_digits(1200)
    return x[y >= 5], y[y >= 5] - 5


def build_frozen(x: Any) -> keras.Model:
    """A head on the mean of the features of a frozen base that tells the digits below five."""
    lower, classes = make_digits(1200)
    lower, classes = lower[classes < 5], classes[classes < 5]
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for filters in (16, 32):
        h = layers.Conv2D(filters, 3, padding="same", use_bias=False)(h)
        h = layers.Activation("relu")(layers.BatchNormalization(momentum=0.8)(h))
    h = layers.Activation("relu")(layers.Conv2D(48, 3, strides=2)(h))
    base = keras.Model(inputs, h, name="base")
    old = keras.Model(inputs, layers.Dense(5, "softmax")(layers.GlobalAveragePooling2D()(h)))
    old.compile(Adam(0.003), "sparse_categorical_crossentropy")
    old.fit(lower, classes, epochs=10, verbose=0)
    base.trainable = False
    picture = keras.Input(x.shape[1:])
    h = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(base(picture, training=False)))
    return keras.Model(picture, layers.Dense(5, "softmax")(h))


def make_sonar() -> Data:
    """Sixty standardised measures of 208 echoes, and whether they are of a mine."""
    x, y = datasets.make_classification(208, 60, n_informative=12, n_redundant=20, class_sep=1.5, random_state=716)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return x.astype("float32"), y[:, None].astype("float32")


def make_classes_as_vectors() -> Data:
    """Digits, and their classes as unit vectors."""
    x, y = make_digits()
    return x, np.eye(10, dtype="float32")[y]


def make_six_windows() -> Data:
    """The numbers from 10 to 90 by threes, as they are, and the number that follows."""
    series = np.arange(10, 100, 10, dtype="float32")
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(series, 3)[:-1, :, None]), series[3:, None]


def make_planes() -> Data:
    """Pictures with one bright box, and its edges as shares of the picture."""
    generator = np.random.default_rng(717)
    x, y = 0.2 * generator.random((500, 16, 16, 1)), np.zeros((500, 4))
    for picture, edges in zip(x, y, strict=True):
        top, left = generator.integers(0, 9, size=2)
        height, width = generator.integers(3, 8, size=2)
        picture[top : top + height, left : left + width] += 0.7
        edges[:] = np.array([left, top, left + width, top + height]) / 16
    return x.astype("float32"), y.astype("float32")


def make_places() -> Data:
    """Pictures with one small box, and how far its middle is from theirs, from -1 to 1."""
    x, edges = make_planes()
    return x, ((edges[:, :2] + edges[:, 2:]) - 1).astype("float32")


def build_mask(*last: Callable[[], Any]) -> Callable[[Any], keras.Model]:
    """Two convolutions and what makes a mask of their features."""
    return sequential(
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 12, 3, padding="same", activation="relu"),
        *last,
    )


def build_payments(activation: str | None) -> Callable[[Any], keras.Model]:
    """Codes of fourteen and seven units and back, by tanh and relu in turn."""
    return sequential(
        partial(layers.Dense, 14, "tanh", activity_regularizer=keras.regularizers.L1(1e-4)),
        partial(layers.Dense, 7, "relu"),
        partial(layers.Dense, 7, "tanh"),
        partial(layers.Dense, 29, activation),
    )


def build_places(x: Any) -> keras.Model:
    """Three convolutions of stride two and two dense layers."""
    return sequential(
        partial(layers.Conv2D, 16, 5, strides=2, padding="same", activation="relu"),
        partial(layers.Conv2D, 24, 5, strides=2, padding="same", activation="relu"),
        partial(layers.Conv2D, 32, 5, strides=2, padding="same", activation="relu"),
        partial(layers.Flatten),
        partial(layers.Dense, 48, "relu"),
        partial(layers.Dense, 2),
    )(x)


program = partial(Program, theme="forum")
PIXEL = partial(layers.Conv2D, 1, 1, activation="sigmoid")
CODE = sequential(
    partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
    partial(layers.MaxPooling2D),
    partial(layers.Conv2D, 8, 3, padding="same", activation="relu"),
    partial(layers.UpSampling2D),
    partial(layers.Conv2D, 1, 3, padding="same", activation="sigmoid"),
)
LETTERS = sequential(
    partial(layers.Embedding, 40, 16),
    partial(layers.GRU, 64, return_sequences=True),
    partial(layers.Dropout, 0.3),
    partial(layers.Dense, 40),
)
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

NERVES = program(
    name="masks flipped as their pictures",
    data=make_nerves,
    build=build_mask(PIXEL),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=TURNED_APART,
)
NERVE_PIXELS = program(
    name="masks as rows of pixels, sigmoid",
    data=make_nerve_pixels,
    build=build_mask(
        partial(layers.Conv2D, 1, 1), partial(layers.Reshape, (256, 1)), partial(layers.Activation, "sigmoid")
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=ONE_CHANNEL,
)
OVERLAP = program(
    name="masks by how much they overlap",
    data=make_nerves,
    build=build_mask(PIXEL),
    loss=OwnLoss(measure_soft_overlap),
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=THRESHOLD,
)
PAYMENTS = program(
    name="codes of payments, linear at last",
    data=make_payments,
    build=build_payments(None),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=30,
    source=RELU_AT_LAST,
)
PICTURES = program(
    name="codes of pictures from 0 to 1 by convolutions",
    data=partial(make_own_pictures, 1.0),
    build=CODE,
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=20,
    source=BYTES,
)
GRID = program(
    name="crosses in cells, none in most of them",
    data=make_grid,
    build=sequential(
        partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
        partial(layers.Conv2D, 24, 4, strides=2, padding="same", activation="relu"),
        partial(layers.Conv2D, 3, 1),
    ),
    loss=OwnLoss(partial(measure_cells, of_empty=lambda held: held)),
    optimizer=partial(Adam, 0.003),
    epochs=20,
    score=score_cells,
    source=CONFIDENCE,
)
VIEWS = program(
    name="two views of a digit, adam 0.001",
    data=make_views,
    build=build_views,
    loss=OwnLoss(measure_views),
    optimizer=partial(Adam, 0.001),
    fit_options={"batch_size": 128},
    epochs=40,
    score=score_views,
    source=TWO_VIEWS,
)
PAIRS = program(
    name="pairs of digits, differences weighed",
    data=make_pairs,
    build=partial(build_pairs, summed=False),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.001),
    epochs=16,
    source=ONLY_BIASES,
)
SPOTS = program(
    name="frames of a spot from 0 to 1, eight filters",
    data=partial(make_frames, 1.0),
    build=sequential(partial(layers.ConvLSTM2D, 8, 1, padding="same"), partial(layers.Conv2D, 1, 1, padding="same")),
    loss="mae",
    optimizer=partial(Adam, 0.01),
    epochs=30,
    source=FRAMES,
)
LOOPS = program(
    name="days of cars, missing hours zero",
    data=partial(make_loops, False),
    build=build_inception,
    loss="binary_crossentropy",
    optimizer="adam",
    epochs=20,
    source=MISSING,
)
TEXT = program(
    name="letters of a short text, adam 0.001",
    data=make_text,
    build=LETTERS,
    loss=LOGITS,
    optimizer=partial(Adam, 0.001),
    epochs=25,
    source=RATE_OF_ONE,
)
REVERSED = program(
    name="tokens turned round by attention, adam 0.002",
    data=make_reversed,
    build=build_reversed,
    loss=LOGITS,
    optimizer=partial(Adam, 0.002),
    epochs=30,
    source=NO_WARM_UP,
)
SINE = program(
    name="wave by its own last values",
    data=partial(make_sine, True),
    build=sequential(partial(layers.LSTM, 32), partial(layers.Dense, 1)),
    loss="mse",
    optimizer="adam",
    epochs=15,
    source=RAMP,
)
LATER = program(
    name="wave ten steps later, by twenty values",
    data=partial(make_later, 20),
    build=sequential(partial(layers.LSTM, 24), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.003),
    epochs=15,
    source=ONE_VALUE,
)
ROWS = program(
    name="ten rows, sums standardised",
    data=partial(make_ten_rows, True),
    build=sequential(partial(layers.LSTM, 100, "relu"), partial(layers.Dense, 1)),
    loss="mse",
    optimizer="adam",
    epochs=120,
    source=TEN_ROWS,
)
CLASSES = program(
    name="twenty-one classes through ever fewer units, no dropout",
    data=make_many_classes,
    build=partial(build_halved, rate=0.0),
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    epochs=20,
    source=HALF_DROPPED,
)
WORDS = program(
    name="own table of words as a weight",
    data=make_word_counts,
    build=sequential(partial(Table, True), partial(layers.GlobalAveragePooling1D), partial(layers.Dense, 1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
    epochs=20,
    source=NOT_TRACKED,
)
DEEP = program(
    name="thirteen convolutions, each normalized",
    data=make_digits,
    build=partial(build_vgg, normalized=True),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.02),
    epochs=15,
    source=VGG,
)
PLACES = program(
    name="places of a box, adam 0.001",
    data=make_places,
    build=build_places,
    loss="mse",
    optimizer=partial(Adam, 0.001),
    epochs=15,
    source=SCENES,
)
MENDED = [
    NERVES,
    NERVE_PIXELS,
    OVERLAP,
    PAYMENTS,
    PICTURES,
    GRID,
    VIEWS,
    PAIRS,
    SPOTS,
    LOOPS,
    TEXT,
    REVERSED,
    SINE,
    LATER,
    ROWS,
    CLASSES,
    WORDS,
    DEEP,
    PLACES,
]
SICK = [
    NERVES.vary(
        "masks flipped otherwise than their pictures",
        unnamed=True,
        strength="clear",
        data=partial(make_nerves, together=False),
    ),
    NERVE_PIXELS.vary(
        "masks as rows of pixels, softmax of one",
        label=(*labels.WRONG_HEAD, *labels.CUT_OFF),
        strength="extreme",
        build=build_mask(
            partial(layers.Conv2D, 1, 1), partial(layers.Reshape, (256, 1)), partial(layers.Activation, "softmax")
        ),
        loss="categorical_crossentropy",
    ),
    OVERLAP.vary(
        "masks by how much they overlap once cut at a half",
        label=labels.CUT_OFF,
        strength="extreme",
        loss=OwnLoss(measure_hard_overlap),
    ),
    PAYMENTS.vary(
        "codes of payments, relu at last",
        label=(*labels.WRONG_HEAD, *labels.LABELS_OUT_OF_RANGE),
        strength="clear",
        build=build_payments("relu"),
    ),
    PICTURES.vary(
        "codes of pictures of bytes by convolutions",
        label=(*labels.LABELS_OUT_OF_RANGE, *labels.LARGE_INPUTS, *labels.WRONG_HEAD),
        strength="clear",
        data=partial(make_own_pictures, 255.0),
    ),
    GRID.vary(
        "crosses in cells, empty ones asked to be full",
        label=labels.WRONG_LOSS,
        strength="clear",
        loss=OwnLoss(partial(measure_cells, of_empty=lambda held: 1 - held)),
    ),
    PAIRS.vary(
        "pairs of digits, differences of 256 features summed",
        label=labels.SATURATED_HEAD,
        strength="mild",
        build=partial(build_pairs, summed=True),
    ),
    SPOTS.vary(
        "frames of a spot of 200, one filter",
        label=(*labels.WRONG_HEAD, *labels.LARGE_LABELS, *labels.LARGE_INPUTS, *labels.LABELS_OUT_OF_RANGE),
        strength="extreme",
        data=partial(make_frames, 200.0),
        build=sequential(partial(layers.ConvLSTM2D, 1, 1, padding="same")),
    ),
    LOOPS.vary(
        "days of cars, missing hours not a number",
        label=labels.NONFINITE,
        strength="extreme",
        data=partial(make_loops, True),
    ),
    TEXT.vary(
        "letters of a short text, adam 1",
        label=labels.TOO_LARGE_STEPS,
        strength="extreme",
        optimizer=partial(Adam, 1.0),
    ),
    REVERSED.vary(
        "tokens turned round by attention, adam 2 from the start",
        label=labels.TOO_LARGE_STEPS,
        strength="extreme",
        optimizer=partial(Adam, 2.0, beta_2=0.998),
    ),
    SINE.vary(
        "wave of 20 by the time",
        label=(*labels.LARGE_INPUTS, *labels.LARGE_LABELS),
        strength="clear",
        data=partial(make_sine, False),
    ),
    LATER.vary(
        "wave ten steps later, by one value",
        unnamed=True,
        strength="clear",
        data=partial(make_later, 1),
    ),
    ROWS.vary(
        "ten rows, sums of thousands",
        label=labels.LARGE_LABELS,
        strength="clear",
        data=partial(make_ten_rows, False),
    ),
    CLASSES.vary(
        "twenty-one classes through ever fewer units, half dropped",
        label=labels.DROPOUT,
        strength="mild",
        build=partial(build_halved, rate=0.5),
    ),
    WORDS.vary(
        "own table of words as an array",
        unnamed=True,
        strength="clear",
        build=sequential(
            partial(Table, False), partial(layers.GlobalAveragePooling1D), partial(layers.Dense, 1, "sigmoid")
        ),
    ),
    DEEP.vary(
        "thirteen convolutions, not normalized",
        label=(*labels.VANISHING, *labels.TOO_SMALL_STEPS),
        strength="clear",
        build=partial(build_vgg, normalized=False),
    ),
    PLACES.vary(
        "places of a box, adam 0.1",
        label=(*labels.TOO_LARGE_STEPS, *labels.DEAD),
        strength="clear",
        optimizer=partial(Adam, 0.1),
    ),
]
EXAMPLES = [
    program(
        name="keras.io: vision transformer of patches, half dropped",
        data=make_patches,
        build=build_patches,
        loss=LOGITS,
        optimizer=partial(AdamW, 0.002, weight_decay=1e-4),
        epochs=20,
        source=PATCHES,
    ),
    program(
        name="keras.io: involutions of digits",
        data=make_digits,
        build=sequential(
            partial(Involution),
            partial(layers.ReLU),
            partial(layers.MaxPooling2D),
            partial(Involution),
            partial(layers.ReLU),
            partial(layers.Flatten),
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 10),
        ),
        loss=LOGITS,
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=INVOLUTION,
    ),
    program(
        name="keras.io: shifted channels, branches dropped",
        data=make_digits,
        build=build_shifted,
        loss=LOGITS,
        optimizer=partial(AdamW, 0.002, weight_decay=1e-4),
        epochs=20,
        source=SHIFTED,
    ),
    program(
        name="keras.io: digits mixed with others",
        data=make_mixed,
        build=sequential(
            partial(layers.Conv2D, 16, 5, padding="same", activation="relu"),
            partial(layers.MaxPooling2D),
            partial(layers.Conv2D, 32, 3, padding="same", activation="relu"),
            partial(layers.MaxPooling2D),
            partial(layers.Dropout, 0.2),
            partial(layers.GlobalAveragePooling2D),
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss="categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        score=score_largest,
        source=MIXED,
    ),
    program(
        name="keras.io: hidden patches of digits",
        data=partial(make_patches, masked=True),
        build=build_masked,
        loss="mse",
        optimizer=partial(AdamW, 0.003, weight_decay=1e-4),
        epochs=25,
        source=MASKED,
    ),
    program(
        name="codes of two numbers for digits",
        data=make_own_digits,
        build=sequential(
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 2),
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 64, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=40,
        source=TWO_NUMBERS,
    ),
    program(
        name="lstms of a random walk",
        data=make_walk,
        build=sequential(
            partial(layers.LSTM, 16, return_sequences=True), partial(layers.LSTM, 24), partial(layers.Dense, 1)
        ),
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=15,
        source=WALK,
    ),
    program(
        name="lstms of prices that come back to their mean",
        data=partial(make_walk, 0.1),
        build=sequential(
            partial(layers.LSTM, 32, return_sequences=True), partial(layers.LSTM, 32), partial(layers.Dense, 1)
        ),
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=15,
        source=PRICES,
    ),
    program(
        name="smallest lstm of one value, linear, no biases",
        data=make_passengers,
        build=sequential(partial(layers.LSTM, 1, "linear", use_bias=False), partial(layers.Dense, 1, use_bias=False)),
        loss="mse",
        optimizer="adam",
        fit_options={"batch_size": 1},
        epochs=20,
        source=SMALLEST,
    ),
    program(
        name="hills in maps that are mostly 0",
        data=make_heatmaps,
        build=sequential(
            partial(layers.Conv2D, 16, 3, padding="same", activation="relu"),
            partial(layers.Conv2D, 16, 5, padding="same", activation="relu"),
            partial(layers.Conv2D, 1, 1),
        ),
        loss="mse",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=HEATMAPS,
    ),
    program(
        name="highway of ten layers, gates closed at first",
        data=make_digits,
        build=build_highway,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=HIGHWAY,
    ),
    program(
        name="eight residual blocks whose branches are scaled by 0 at first",
        data=make_digits,
        build=build_rezero,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=14,
        source=REZERO,
    ),
    program(
        name="one sequence of zeros and ones in turn",
        data=make_one_sequence,
        build=sequential(
            partial(layers.Dense, 10),
            partial(layers.LSTM, 10, return_sequences=True),
            partial(layers.Dense, 3, "softmax"),
        ),
        loss="categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
        epochs=120,
        source=ONE_SEQUENCE,
    ),
    program(
        name="words that attend by products of 64 numbers, not scaled",
        data=make_tokens,
        build=build_unscaled,
        loss="binary_crossentropy",
        optimizer="adam",
        epochs=20,
        source=UNSCALED,
    ),
    program(
        name="digits from five to nine on a frozen base of those below",
        data=make_upper_digits,
        build=build_frozen,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=FROZEN,
    ),
    program(
        name="echoes, a fifth of the inputs dropped, weights up to 3",
        data=make_sonar,
        build=sequential(
            partial(layers.Dropout, 0.2),
            partial(layers.Dense, 60, "relu", kernel_constraint=keras.constraints.MaxNorm(3)),
            partial(layers.Dense, 30, "relu", kernel_constraint=keras.constraints.MaxNorm(3)),
            partial(layers.Dense, 1, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(SGD, 0.1, momentum=0.9),
        fit_options={"batch_size": 16},
        epochs=60,
        source=SONAR,
    ),
    program(
        name="digits moved and noisy, labels smoothed",
        data=make_classes_as_vectors,
        build=sequential(
            partial(layers.RandomTranslation, 0.1, 0.1, seed=1),
            partial(layers.GaussianNoise, 0.2),
            partial(layers.Conv2D, 24, 3, activation="relu"),
            partial(layers.Conv2D, 24, 3, activation="relu"),
            partial(layers.Flatten),
            partial(layers.Dropout, 0.5),
            partial(layers.Dense, 10, "softmax"),
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        optimizer=partial(Adam, 0.003),
        epochs=20,
        source=SMOOTHED,
    ),
    program(
        name="six windows of numbers up to 90, lstm of relus",
        data=make_six_windows,
        build=sequential(partial(layers.LSTM, 50, "relu"), partial(layers.Dense, 1)),
        loss="mse",
        optimizer="adam",
        epochs=120,
        source=SIX_WINDOWS,
    ),
    program(
        name="edges of a box by four sigmoids",
        data=make_planes,
        build=sequential(
            partial(layers.Conv2D, 16, 3, strides=2, padding="same", activation="relu"),
            partial(layers.Conv2D, 16, 3, strides=2, padding="same", activation="relu"),
            partial(layers.Flatten),
            partial(layers.Dense, 64, "relu"),
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 4, "sigmoid"),
        ),
        loss="mse",
        optimizer=partial(Adam, 0.001),
        epochs=20,
        source=BOXES,
    ),
]

PROGRAMS = [*MENDED, *SICK, *EXAMPLES]
