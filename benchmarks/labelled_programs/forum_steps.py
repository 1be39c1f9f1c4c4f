"""Healthy programs as tutorials and confirmed answers write them: sequences, text, pairs, own losses, many outputs."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from keras.optimizers.schedules import CosineDecay

from labelled_programs.data import Data, make_digits
from labelled_programs.forum_texts import (
    contrastive,
    make_purchases,
    make_spectrograms,
    score_rank,
)
from labelled_programs.models import OwnLoss, sequential
from labelled_programs.program import Program
from labelled_programs.sequence_data import make_next_tokens, make_series_classes


def make_classes_of_texts(several: bool, classes: int = 12) -> Data:
    """Texts of twelve classes, each with words of its own; one or several of them as zeros and ones."""
    generator = np.random.default_rng(80)
    y = np.eye(classes)[generator.integers(0, classes, size=900)]
    if several:
        y = np.maximum(y, generator.random(y.shape) < 0.08)
    shares = y / y.sum(axis=1, keepdims=True)
    chosen = np.array([generator.choice(classes, size=24, p=share) for share in shares])
    own = 30 + 6 * chosen + generator.integers(0, 6, size=chosen.shape)
    x = np.where(generator.random(own.shape) < 0.5, own, generator.integers(1, 30, size=own.shape))
    return x.astype("int32"), y.astype("float32")


def make_uneven_noise() -> Data:
    """A curve whose noise grows to the right."""
    generator = np.random.default_rng(81)
    x = generator.uniform(-1.7, 1.7, size=(640, 1))
    y = np.sin(2 * x) + (0.05 + 0.15 * (x + 1.7)) * generator.normal(size=(640, 1))
    return x.astype("float32"), y.astype("float32")


def make_sparse_ratings() -> Data:
    """Windows of series with a target at each step; half of the targets are unknown, marked by 0."""
    generator = np.random.default_rng(82)
    x = generator.normal(size=(400, 15, 3))
    y = np.tanh(0.7 * x[:, :, :1] + 0.5 * np.roll(x[:, :, 1:2], 1, axis=1)) + 2
    return x.astype("float32"), np.where(generator.random(y.shape) < 0.5, 0.0, y).astype("float32")


def make_real_and_made() -> Data:
    """Digits from -1 to 1, labelled -1, and what an untrained generator makes, labelled 1."""
    x, _ = make_digits(320)
    generator = np.random.default_rng(83)
    hidden = np.tanh(generator.normal(size=(320, 16)) @ generator.normal(size=(16, 64)) / 4)
    order = generator.permutation(640)
    y = np.repeat([[-1.0], [1.0]], 320, axis=0)[order]
    return np.concatenate([2 * x.reshape(320, -1) - 1, hidden])[order].astype("float32"), y.astype("float32")


def make_codes() -> Data:
    """Random codes; the generator's images of all of them are to be taken for real."""
    return np.random.default_rng(84).normal(size=(640, 16)).astype("float32"), np.ones((640, 1), "float32")


def make_episodes() -> Data:
    """States of a pole; the action taken with its advantage, and the return."""
    generator = np.random.default_rng(85)
    x = generator.normal(size=(640, 4))
    best = (x @ np.array([0.2, 0.5, 1.0, 0.7]) > 0).astype(int)
    action = generator.integers(0, 2, size=640)
    advantage = np.where(action == best, 1.0, -1.0) + 0.3 * generator.normal(size=640)
    returns = np.cos(x[:, 2:3]) - 0.3 * np.abs(x[:, :1])
    return x.astype("float32"), {
        "policy": (np.eye(2)[action] * advantage[:, None]).astype("float32"),
        "value": returns.astype("float32"),
    }


def make_noise_to_predict() -> Data:
    """Digits mixed with noise at a random rate, that rate, and the noise."""
    x, _ = make_digits(640)
    generator = np.random.default_rng(86)
    angle = generator.uniform(0.2, 1.4, size=(640, 1, 1, 1))
    noise = generator.normal(size=x.shape)
    mixed = np.cos(angle) * (x - x.mean()) / x.std() + np.sin(angle) * noise
    return [mixed.astype("float32"), np.sin(angle).astype("float32")], noise.astype("float32")


def make_entities() -> Data:
    """Padded sentences with a tag for each word; which one depends on the word before; padding has tag 0."""
    generator = np.random.default_rng(87)
    x = generator.integers(1, 40, size=(500, 14))
    before = np.roll(x, 1, axis=1)
    y = 1 + (x % 4 == 0) * (1 + (before < 20))
    padding = np.arange(14)[None] >= generator.integers(5, 15, size=(500, 1))
    return np.where(padding, 0, x).astype("int32"), np.where(padding, 0, y).astype("int32")


def make_translations(one_hot: bool) -> Data:
    """Words, and each word's translation in reverse order, behind a start sign for the decoder."""
    generator = np.random.default_rng(88)
    words = generator.integers(2, 14, size=(500, 6))
    table = generator.permutation(np.arange(2, 14))
    target = table[words - 2][:, ::-1]
    before = np.concatenate([np.ones((500, 1), int), target[:, :-1]], axis=1)
    if not one_hot:
        return [words.astype("int32"), before.astype("int32")], target.astype("int32")
    eye = np.eye(14, dtype="float32")
    return [eye[words], eye[before]], eye[target]


def make_forecasts() -> Data:
    """Windows of 24 steps of four standardised measures, and the six steps that follow."""
    generator = np.random.default_rng(89)
    time = np.arange(560)
    table = np.stack([np.sin(time / 4), np.cos(time / 4), np.sin(time / 15), np.sin(time / 4 + 1)], axis=1)
    table = table + 0.2 * generator.normal(size=table.shape)
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    windows = np.lib.stride_tricks.sliding_window_view(table, 30, axis=0).swapaxes(1, 2)
    windows = windows[generator.permutation(len(windows))].astype("float32")
    return windows[:, :24], windows[:, 24:]


def make_steps_ahead() -> Data:
    """The same windows, and for each step the one that follows it."""
    x, y = make_forecasts()
    return x, np.concatenate([x[:, 1:], y[:, :1]], axis=1)


def make_additions() -> Data:
    """A channel of numbers and one that marks two of them; the label is the sum of the two."""
    generator = np.random.default_rng(90)
    x = np.stack([generator.random((600, 28)), np.zeros((600, 28))], axis=2)
    for half in (0, 14):
        x[np.arange(600), half + generator.integers(0, 14, size=600), 1] = 1
    return x.astype("float32"), (x[:, :, 0] * x[:, :, 1]).sum(axis=1, keepdims=True).astype("float32")


def make_pairs_of_series() -> Data:
    """Two waves; the label is 1 if their frequencies differ."""
    x, y = make_series_classes()
    generator = np.random.default_rng(91)
    left, right = generator.integers(0, len(x), size=(2, 640))
    differ = (y[left] != y[right])[:, None]
    return [x[left], x[right]], differ.astype("float32")


def make_masked_words() -> Data:
    """Rows of words that count upwards; three words of each are hidden behind word 1, and are the labels."""
    generator = np.random.default_rng(92)
    words = (
        2 + (generator.integers(0, 20, size=(400, 1)) + np.arange(12) * generator.integers(1, 3, size=(400, 1))) % 20
    )
    hidden = generator.random(words.shape) < 0.25
    return np.where(hidden, 1, words).astype("int32"), words.astype("int32")


def weigh_hidden(x: Any, y: Any) -> Any:
    """Weight 1 for hidden words, and 0 for the others."""
    return (x == 1).astype("float32")


def score_hidden(logits: Any, y: Any) -> float:
    """The share of hidden words that are named rightly."""
    hidden = make_masked_words()[0] == 1
    return float((logits.argmax(axis=-1) == y)[hidden].mean())


def make_comments() -> Data:
    """Padded comments with three labels that may hold together, one of them rare."""
    generator = np.random.default_rng(93)
    x = generator.integers(1, 60, size=(500, 20))
    x = np.where(np.arange(20)[None] < generator.integers(0, 12, size=(500, 1)), 0, x)
    counts = [((x > low) & (x <= low + 6)).sum(axis=1) for low in (0, 20, 40)]
    y = np.stack([counts[0] >= 2, counts[1] >= 2, counts[2] >= 3], axis=1)
    return x.astype("int32"), y.astype("float32")


def make_activities() -> Data:
    """Three axes of a sensor over 30 steps for four activities, the signal in a part of the window."""
    generator = np.random.default_rng(94)
    y = generator.integers(0, 4, size=320)
    time = np.arange(30)
    wave = np.sin(time * np.array([0.4, 0.8, 1.2, 1.6])[y][:, None] + generator.uniform(0, 6, size=(320, 1)))
    start = generator.integers(0, 10, size=(320, 1))
    wave = wave * ((time >= start) & (time < start + 20))
    x = wave[:, :, None] * np.array([1.0, 0.6, -0.5]) + 0.3 * generator.normal(size=(320, 30, 3))
    return x.astype("float32"), y.astype("int32")


def make_transitions() -> Data:
    """States and the action taken, with what it was worth."""
    generator = np.random.default_rng(95)
    x = generator.normal(size=(800, 4))
    action = np.eye(3)[generator.integers(0, 3, size=800)]
    values = np.tanh(x @ generator.normal(size=(4, 3))) + 0.5
    y = (values * action).sum(axis=1, keepdims=True) + 0.1 * generator.normal(size=(800, 1))
    return [x.astype("float32"), action.astype("float32")], y.astype("float32")


def make_tickets() -> Data:
    """Title, body and tags of tickets, with their priority and department."""
    generator = np.random.default_rng(96)
    kind = generator.integers(0, 4, size=600)
    title, common = generator.integers(1, 40, size=(600, 8)), generator.integers(1, 40, size=(600, 20))
    own = 1 + 9 * kind[:, None] + generator.integers(0, 9, size=common.shape)
    body = np.where(generator.random(common.shape) < 0.5, own, common)
    tags = generator.integers(0, 2, size=(600, 6))
    urgent = (title < 10).sum(axis=1) + 2 * tags[:, 0] > 2.5
    x = [title.astype("int32"), body.astype("int32"), tags.astype("float32")]
    return x, {"priority": urgent[:, None].astype("float32"), "department": np.eye(4, dtype="float32")[kind]}


def make_clicks() -> Data:
    """Users and the items they clicked; the labels are zeros that no loss reads."""
    (user, item), y = make_purchases()
    chosen = np.flatnonzero(y[:, 0])[:2000]
    return [user[chosen], item[chosen]], np.zeros((2000, 1), "float32")


def normal_likelihood(y: Any, prediction: Any) -> Any:
    """The negative log likelihood of a mean and a variance."""
    mean, variance = prediction[:, :1], prediction[:, 1:] + 1e-6
    return 0.5 * ops.mean(ops.log(variance) + ops.square(y - mean) / variance)


def score_first(prediction: Any, y: Any) -> float:
    """The explained share of the variance, of the first output."""
    return float(1 - ((y - prediction[:, :1]) ** 2).mean() / y.var())


def tilted(level: float, y: Any, prediction: Any) -> Any:
    """The loss of one quantile."""
    error = y - prediction
    return ops.mean(ops.maximum(level * error, (level - 1) * error), axis=-1)


def known_squared_error(y: Any, prediction: Any) -> Any:
    """A squared error that is 0 where the label is."""
    return ops.mean(ops.where(ops.equal(y, 0.0), 0.0, ops.square(y - prediction)), axis=-1)


def score_known(prediction: Any, y: Any) -> float:
    """The explained share of the variance of labels that are not 0."""
    known = y != 0
    return float(1 - ((y - prediction)[known] ** 2).mean() / y[known].var())


def wasserstein(y: Any, prediction: Any) -> Any:
    """The mean product of label and criticism."""
    return ops.mean(y * prediction)


def score_taken_for_real(prediction: Any, y: Any) -> float:
    """The mean probability of being real."""
    return float(prediction.mean())


def policy_loss(y: Any, probabilities: Any) -> Any:
    """Minus the log probability of the action taken times its advantage, and a little for certainty."""
    logarithms = ops.log(probabilities + 1e-8)
    entropy = -ops.sum(probabilities * logarithms, axis=-1)
    return -ops.sum(y * logarithms, axis=-1) - 0.01 * entropy


def score_policy(answers: Any, y: Any) -> float:
    """The mean advantage of the policy's actions, of what is known."""
    probabilities = answers["policy"] if isinstance(answers, dict) else answers[0]
    return float((probabilities * y["policy"]).sum(axis=1).mean())


def tagged_cross_entropy(y: Any, logits: Any) -> Any:
    """The mean cross-entropy of words that are not padding."""
    there = ops.cast(y > 0, "float32")
    losses = keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
    return ops.sum(losses * there) / ops.sum(there)


def score_tags(logits: Any, y: Any) -> float:
    """How many words beside padding are tagged rightly, above the commonest tag."""
    there = y > 0
    majority = np.bincount(y[there]).max() / there.sum()
    return float(((logits.argmax(axis=-1) == y)[there].mean() - majority) / (1 - majority))


def retrieval(y: Any, vectors: Any) -> Any:
    """The cross-entropy of each user's own item among all items of the batch."""
    half = vectors.shape[-1] // 2
    scores = ops.matmul(vectors[:, :half], ops.transpose(vectors[:, half:]))
    return ops.mean(keras.losses.sparse_categorical_crossentropy(ops.arange(ops.shape(scores)[0]), scores, True))


def score_retrieval(vectors: Any, y: Any) -> float:
    """How much better the own item is scored than the others, in ranks."""
    half = vectors.shape[-1] // 2
    scores = vectors[:, :half] @ vectors[:, half:].T
    return float((np.diag(scores)[:, None] > scores).mean() * 2 - 1)


def build_mean_and_variance(x: Any) -> keras.Model:
    """A mean, and a variance through softplus."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(32, "relu")(layers.Dense(32, "relu")(inputs))
    return keras.Model(inputs, layers.Concatenate()([layers.Dense(1)(h), layers.Dense(1, "softplus")(h)]))


class Clip(keras.constraints.Constraint):
    """Keeps weights within a bound of both signs."""

    def __init__(self, bound: float) -> None:
        self.bound = bound

    def __call__(self, weight: Any) -> Any:
        """Clips them."""
        return ops.clip(weight, -self.bound, self.bound)


def build_critic(x: Any) -> keras.Model:
    """A critic of clipped weights, without a head's activation."""
    parts: list[Any] = []
    for units in (64, 32):
        parts += [layers.Dense(units, kernel_constraint=Clip(0.05)), layers.LeakyReLU(negative_slope=0.2)]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts, layers.Dense(1, kernel_constraint=Clip(0.05))])


def build_adversaries(x: Any) -> keras.Model:
    """A generator with normalization in front of a discriminator, which is frozen for this model."""
    discriminator = keras.Sequential(
        [keras.Input((64,)), layers.Dense(64), layers.LeakyReLU(negative_slope=0.2), layers.Dense(1, "sigmoid")],
        name="discriminator",
    )
    discriminator.compile(Adam(2e-4, beta_1=0.5), "binary_crossentropy")
    real, y = make_real_and_made()
    for start in range(0, 640, 32):
        discriminator.train_on_batch(real[start : start + 32], (y[start : start + 32] < 0).astype("float32"))
    discriminator.trainable = False
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for units in (32, 64):
        h = layers.BatchNormalization(momentum=0.8)(layers.LeakyReLU(negative_slope=0.2)(layers.Dense(units)(h)))
    return keras.Model(inputs, discriminator(layers.Dense(64, "tanh")(h)))


def build_actor_critic(x: Any) -> keras.Model:
    """A policy and a value upon the same layer."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(64, "relu")(inputs)
    outputs = {"policy": layers.Dense(2, "softmax", name="policy")(h), "value": layers.Dense(1, name="value")(h)}
    return keras.Model(inputs, outputs)


def build_noise_predictor(x: Any) -> keras.Model:
    """Two residual convolutions that are told the rate of noise; the head starts at 0."""
    image, rate = keras.Input((8, 8, 1)), keras.Input((1, 1, 1))
    angle = rate * np.exp(np.linspace(0.0, 3.0, 4)).astype("float32")
    told = layers.UpSampling2D(8)(layers.Concatenate()([ops.sin(angle), ops.cos(angle)]))
    h = layers.Concatenate()([layers.Conv2D(16, 1)(image), told])
    for _ in range(2):
        skip = layers.Conv2D(16, 1)(h)
        branch = layers.BatchNormalization(center=False, scale=False)(h)
        branch = layers.Conv2D(16, 3, padding="same", activation="swish")(branch)
        h = layers.Add()([skip, layers.Conv2D(16, 3, padding="same")(branch)])
    return keras.Model([image, rate], layers.Conv2D(1, 1, kernel_initializer="zeros")(h))


class Places(layers.Layer):
    """Vectors of tokens plus vectors of their positions."""

    def __init__(self, vocabulary: int, length: int, width: int) -> None:
        super().__init__()
        self.tokens, self.positions = layers.Embedding(vocabulary, width), layers.Embedding(length, width)
        self.length = length

    def call(self, x: Any) -> Any:
        """Adds them."""
        return self.tokens(x) + self.positions(ops.arange(self.length))


def add_block(h: Any, width: int, memory: Any = None, causal: bool = False) -> Any:
    """Attention to itself, to a memory if there is one, and two layers."""
    attended = layers.MultiHeadAttention(2, width // 2)(h, h, use_causal_mask=causal)
    h = layers.LayerNormalization()(h + layers.Dropout(0.1)(attended))
    if memory is not None:
        h = layers.LayerNormalization()(h + layers.MultiHeadAttention(2, width // 2)(h, memory))
    return layers.LayerNormalization()(h + layers.Dense(width)(layers.Dense(2 * width, "relu")(h)))


def build_tagger(x: Any) -> keras.Model:
    """One block of attention into logits of tags."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.Dropout(0.1)(add_block(Places(40, 14, 32)(inputs), 32))
    return keras.Model(inputs, layers.Dense(4)(layers.Dense(32, "relu")(h)))


def build_states_decoder(x: Any) -> keras.Model:
    """An encoder whose states a decoder starts from, with the right words before each."""
    source, before = keras.Input((None, 14)), keras.Input((None, 14))
    _, *states = layers.LSTM(48, return_state=True)(source)
    h = layers.LSTM(48, return_sequences=True)(before, initial_state=states)
    return keras.Model([source, before], layers.Dense(14, "softmax")(h))


def build_translator(x: Any) -> keras.Model:
    """A transformer of one encoding and one decoding block."""
    source, before = keras.Input((6,), dtype="int32"), keras.Input((6,), dtype="int32")
    memory = add_block(Places(14, 6, 32)(source), 32)
    h = add_block(Places(14, 6, 32)(before), 32, memory, causal=True)
    return keras.Model([source, before], layers.Dense(14, "softmax")(layers.Dropout(0.2)(h)))


def build_factors(x: Any) -> keras.Model:
    """The product of two vectors, plus a bias of each, as a probability."""
    inputs = [keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")]
    vectors, biases = [], []
    for numbers, count in zip(inputs, (60, 40), strict=True):
        penalty = keras.regularizers.L2(1e-6)
        table = layers.Embedding(count, 16, embeddings_initializer="he_normal", embeddings_regularizer=penalty)
        vectors.append(layers.Flatten()(table(numbers)))
        biases.append(layers.Flatten()(layers.Embedding(count, 1)(numbers)))
    return keras.Model(inputs, layers.Activation("sigmoid")(layers.Dot(axes=1)(vectors) + biases[0] + biases[1]))


def build_convolutions(x: Any) -> keras.Model:
    """Three convolutions with normalization, averaged."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for _ in range(3):
        h = layers.ReLU()(layers.BatchNormalization()(layers.Conv1D(32, 3, padding="same")(h)))
    return keras.Model(inputs, layers.Dense(3, "softmax")(layers.GlobalAveragePooling1D()(h)))


def build_shot(x: Any) -> keras.Model:
    """All six steps at once, from a head that starts at 0."""
    parts = [layers.LSTM(32), layers.Dense(24, kernel_initializer="zeros"), layers.Reshape((6, 4))]
    return keras.Sequential([keras.Input(x.shape[1:]), *parts])


def build_difference(x: Any) -> keras.Model:
    """Each step plus a change that starts at 0."""
    inputs = keras.Input(x.shape[1:])
    h = layers.LSTM(32, return_sequences=True)(inputs)
    return keras.Model(inputs, inputs + layers.Dense(4, kernel_initializer="zeros")(h))


def build_temporal(x: Any) -> keras.Model:
    """Residual blocks of causal convolutions, ever more dilated, and the last step."""
    inputs = keras.Input(x.shape[1:])
    h = inputs
    for dilation in (1, 2, 4):
        branch = h
        for _ in range(2):
            branch = layers.Conv1D(16, 3, padding="causal", dilation_rate=dilation, activation="relu")(branch)
            branch = layers.SpatialDropout1D(0.05)(branch)
        skip = h if h.shape[-1] == 16 else layers.Conv1D(16, 1)(h)
        h = layers.ReLU()(layers.Add()([skip, branch]))
    return keras.Model(inputs, layers.Dense(1)(h[:, -1]))


def build_series_twins(x: Any) -> keras.Model:
    """Two series through the same convolutions; their distance, normalized, as a probability of differing."""
    shared = keras.Sequential(
        [
            keras.Input((64, 1)),
            layers.BatchNormalization(),
            layers.Conv1D(8, 5, activation="tanh"),
            layers.AveragePooling1D(2),
            layers.Conv1D(16, 5, activation="tanh"),
            layers.AveragePooling1D(2),
            layers.Flatten(),
            layers.BatchNormalization(),
            layers.Dense(10, "tanh"),
        ]
    )
    inputs = [keras.Input((64, 1)), keras.Input((64, 1))]
    gap = shared(inputs[0]) - shared(inputs[1])
    distance = ops.sqrt(ops.maximum(ops.sum(ops.square(gap), axis=1, keepdims=True), 1e-7))
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.BatchNormalization()(distance)))


def differing(y: Any, prediction: Any) -> Any:
    """The contrastive loss for labels that are 1 where a pair differs."""
    return contrastive(1 - y, prediction)


class Tied(layers.Layer):
    """Logits of words by the table of their own vectors."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places = places

    def build(self, shape: Any) -> None:
        """Adds a bias for each word."""
        self.bias = self.add_weight(shape=(22,), initializer="zeros", name="bias")

    def call(self, h: Any) -> Any:
        """Multiplies by the table."""
        return ops.matmul(h, ops.transpose(self.places.tokens.embeddings)) + self.bias


def build_masked_model(x: Any) -> keras.Model:
    """Two blocks of attention, and logits by the same vectors as the words."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    places = Places(22, 12, 32)
    h = places(inputs)
    for _ in range(2):
        h = add_block(h, 32)
    return keras.Model(inputs, Tied(places)(layers.LayerNormalization()(layers.Dense(32, "gelu")(h))))


def build_pooled(x: Any) -> keras.Model:
    """A bidirectional GRU of words, averaged and at its highest."""
    inputs = keras.Input(x.shape[1:], dtype="int32")
    h = layers.SpatialDropout1D(0.2)(layers.Embedding(60, 24)(inputs))
    h = layers.Bidirectional(layers.GRU(16, return_sequences=True))(h)
    h = layers.Concatenate()([layers.GlobalAveragePooling1D()(h), layers.GlobalMaxPooling1D()(h)])
    return keras.Model(inputs, layers.Dense(3, "sigmoid")(h))


def build_attention_pooling(x: Any) -> keras.Model:
    """A bidirectional LSTM whose steps are averaged by weights of their own."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Bidirectional(layers.LSTM(24, return_sequences=True))(inputs)
    weights = layers.Softmax(axis=1)(layers.Dense(1)(layers.Dense(16, "tanh")(h)))
    return keras.Model(inputs, layers.Dense(4, "softmax")(layers.Dropout(0.3)(ops.sum(weights * h, axis=1))))


def build_chosen_value(x: Any) -> keras.Model:
    """Values of three actions, of which the one taken counts."""
    state, action = keras.Input((4,)), keras.Input((3,))
    h = layers.Dense(32, "relu")(layers.Dense(32, "relu")(state))
    values = layers.Dense(3)(h)
    return keras.Model([state, action], ops.sum(values * action, axis=1, keepdims=True))


def build_tickets(x: Any) -> keras.Model:
    """Two texts and tags into a priority and a department."""
    inputs = [keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32"), keras.Input((6,))]
    title = layers.LSTM(24)(layers.Embedding(40, 16)(inputs[0]))
    body = layers.LSTM(16)(layers.Embedding(40, 16)(inputs[1]))
    h = layers.Concatenate()([title, body, inputs[2]])
    priority, department = layers.Dense(1, name="priority"), layers.Dense(4, name="department")
    return keras.Model(inputs, {"priority": priority(h), "department": department(h)})


def build_towers(x: Any) -> keras.Model:
    """Vectors of users and of items, side by side."""
    inputs = [keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")]
    tables = [layers.Embedding(60, 16), layers.Embedding(40, 16)]
    vectors = [layers.Flatten()(table(numbers)) for table, numbers in zip(tables, inputs, strict=True)]
    return keras.Model(inputs, layers.Concatenate()(vectors))


class Augmented(keras.Model):
    """A model whose own training step turns half of each series round before it learns from it."""

    def train_step(self, *arguments: Any) -> Any:
        """Changes the inputs, then does what Keras does."""
        x, y, weight = keras.utils.unpack_x_y_sample_weight(arguments[-1])
        half = ops.shape(x)[0] // 2
        x = ops.concatenate([ops.flip(x[:half], axis=1), x[half:]], axis=0)
        return super().train_step(*arguments[:-1], keras.utils.pack_x_y_sample_weight(x, y, weight))


def build_augmented(x: Any) -> keras.Model:
    """Separable convolutions with an own training step."""
    inputs = keras.Input(x.shape[1:])
    h = layers.SeparableConv1D(16, 5, activation="relu")(layers.Conv1D(8, 5, activation="relu")(inputs))
    h = layers.Dense(16, "relu")(layers.GlobalMaxPooling1D()(layers.MaxPooling1D(2)(h)))
    return Augmented(inputs, layers.Dense(3, "softmax")(h))


def warm_up(rate: float, steps: int) -> CosineDecay:
    """A rate that climbs for a tenth of the steps and then falls like a cosine."""
    warm = steps // 10
    return CosineDecay(0.0, steps - warm, alpha=0.01, warmup_target=rate, warmup_steps=warm)


program = partial(Program, theme="forum")

PROGRAMS = [
    program(
        name="lstm of unit vectors, sigmoid and binary cross-entropy",
        data=partial(make_classes_of_texts, several=False),
        build=sequential(
            partial(layers.Embedding, 110, 24, trainable=False, embeddings_initializer="random_normal"),
            partial(layers.LSTM, 32, dropout=0.2),
            partial(layers.Dropout, 0.2),
            layers.BatchNormalization,
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dropout, 0.2),
            layers.BatchNormalization,
            partial(layers.Dense, 12, "sigmoid"),
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        source="https://stackoverflow.com/questions/45799474",
    ),
    program(
        name="lstm of many topics, few at a time",
        data=partial(make_classes_of_texts, several=True),
        build=sequential(
            partial(layers.Embedding, 110, 32), partial(layers.LSTM, 32), partial(layers.Dense, 12, "sigmoid")
        ),
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.005),
        source="https://imathworks.com/cv/solved-dealing-with-sparse-categories-in-binary-cross-entropy",
    ),
    program(
        name="mean and variance through softplus",
        data=make_uneven_noise,
        build=build_mean_and_variance,
        loss=normal_likelihood,
        optimizer=partial(Adam, 0.003),
        score=score_first,
        source="http://pullrequest.ru/13166888/intervaly-prognozirovaniya-neironnoi-seti-metod-mve",
    ),
    program(
        name="median by the tilted loss, adagrad",
        data=make_uneven_noise,
        build=sequential(
            partial(layers.Dense, 16, "relu"), partial(layers.Dense, 16, "relu"), partial(layers.Dense, 1)
        ),
        loss=partial(tilted, 0.5),
        optimizer=partial(Adagrad, 0.05),
        source="https://sachinruk.github.io/blog/Quantile-Regression/",
    ),
    program(
        name="gru of every step, unknown labels without a gradient",
        data=make_sparse_ratings,
        build=sequential(partial(layers.GRU, 24, return_sequences=True), partial(layers.Dense, 1)),
        loss=known_squared_error,
        optimizer=partial(Adam, 0.003),
        score=score_known,
        source="https://whosebug.com/question/4068767",
    ),
    program(
        name="critic of clipped weights under the wasserstein loss",
        data=make_real_and_made,
        build=build_critic,
        loss=wasserstein,
        optimizer=partial(RMSprop, 0.00005),
        score=partial(score_rank, -1.0),
        source="https://github.com/keras-team/keras-contrib/issues/280",
    ),
    program(
        name="generator in front of a frozen discriminator",
        data=make_codes,
        build=build_adversaries,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.0002, beta_1=0.5),
        score=score_taken_for_real,
        source="http://pullrequest.ru/9075372/kak-trenirovat-generator-gan",
    ),
    program(
        name="keras.io: actor and critic",
        data=make_episodes,
        build=build_actor_critic,
        loss={"policy": policy_loss, "value": "huber"},
        optimizer=partial(Adam, 0.01),
        score=score_policy,
        source="https://keras.io/examples/rl/actor_critic_cartpole/",
    ),
    program(
        name="keras.io: predicts the noise of diffusion",
        data=make_noise_to_predict,
        build=build_noise_predictor,
        loss="mean_absolute_error",
        optimizer=partial(AdamW, 0.001, weight_decay=1e-4),
        fit_options={"batch_size": 64},
        source="https://keras.io/examples/generative/ddim/",
    ),
    program(
        name="keras.io: transformer of entities, padding left out of the loss",
        data=make_entities,
        build=build_tagger,
        loss=tagged_cross_entropy,
        optimizer=partial(Adam, 0.001),
        score=score_tags,
        source="https://keras.io/examples/nlp/ner_transformers/",
    ),
    program(
        name="keras.io: lstm to lstm by states",
        data=partial(make_translations, one_hot=True),
        build=build_states_decoder,
        loss="categorical_crossentropy",
        optimizer=partial(RMSprop, 0.003),
        source="https://keras.io/examples/nlp/lstm_seq2seq/",
    ),
    program(
        name="keras.io: transformer translates",
        data=partial(make_translations, one_hot=False),
        build=build_translator,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(RMSprop, 0.001),
        source="https://keras.io/examples/nlp/neural_machine_translation_with_transformer/",
    ),
    program(
        name="keras.io: factors with biases",
        data=make_purchases,
        build=build_factors,
        loss="binary_crossentropy",
        optimizer=partial(Adam, 0.001),
        fit_options={"batch_size": 64},
        source="https://keras.io/examples/structured_data/collaborative_filtering_movielens/",
    ),
    program(
        name="keras.io: convolutions of time series, rate lowered on a plateau",
        data=make_series_classes,
        build=build_convolutions,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.001),
        callbacks=(partial(keras.callbacks.ReduceLROnPlateau, monitor="loss", factor=0.5, patience=5, min_lr=1e-4),),
        epochs=60,
        source="https://keras.io/examples/timeseries/timeseries_classification_from_scratch/",
    ),
    program(
        name="tensorflow: gru of characters, logits",
        data=make_next_tokens,
        build=sequential(
            partial(layers.Embedding, 20, 24),
            partial(layers.GRU, 48, return_sequences=True),
            partial(layers.Dense, 20),
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(Adam, 0.003),
        source="https://www.tensorflow.org/text/tutorials/text_generation",
    ),
    program(
        name="tensorflow: six steps at once, head of zeros",
        data=make_forecasts,
        build=build_shot,
        loss="mse",
        optimizer="adam",
        source="https://www.tensorflow.org/tutorials/structured_data/time_series",
    ),
    program(
        name="tensorflow: change of every step, head of zeros",
        data=make_steps_ahead,
        build=build_difference,
        loss="mse",
        optimizer="adam",
        source="https://www.tensorflow.org/tutorials/structured_data/time_series",
    ),
    program(
        name="temporal convolutions add two numbers",
        data=make_additions,
        build=build_temporal,
        loss="mse",
        optimizer=partial(Adam, 0.002, clipnorm=1.0),
        source="https://github.com/philipperemy/keras-tcn",
    ),
    program(
        name="keras.io: twins of series under the contrastive loss",
        data=make_pairs_of_series,
        build=build_series_twins,
        loss=differing,
        optimizer="rmsprop",
        score=partial(score_rank, 1.0),
        fit_options={"batch_size": 16},
        source="https://keras.io/examples/vision/siamese_contrastive/",
    ),
    program(
        name="keras.io: masked words, vectors tied to the head",
        data=make_masked_words,
        build=build_masked_model,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(Adam, 0.001),
        sample_weight=weigh_hidden,
        score=score_hidden,
        source="https://keras.io/examples/nlp/masked_language_modeling/",
    ),
    program(
        name="kaggle: toxic comments, two poolings, warm-up and cosine",
        data=make_comments,
        build=build_pooled,
        loss=keras.losses.BinaryCrossentropy(label_smoothing=0.05),
        optimizer=lambda: AdamW(warm_up(0.005, 320), weight_decay=0.004, global_clipnorm=1.0),
        source="https://www.kaggle.com/c/jigsaw-toxic-comment-classification-challenge",
    ),
    program(
        name="kaggle: lstm of activities, steps averaged by attention",
        data=make_activities,
        build=build_attention_pooling,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.003),
        source="https://machinelearningmastery.com/cnn-models-for-human-activity-recognition-time-series-classification/",
    ),
    program(
        name="keras.io: value of the chosen action, huber",
        data=make_transitions,
        build=build_chosen_value,
        loss="huber",
        optimizer=partial(Adam, 0.001, clipnorm=1.0),
        source="https://keras.io/examples/rl/deep_q_network_breakout/",
    ),
    program(
        name="keras.io: tickets, two losses of logits",
        data=make_tickets,
        build=build_tickets,
        loss={
            "priority": keras.losses.BinaryCrossentropy(from_logits=True),
            "department": keras.losses.CategoricalCrossentropy(from_logits=True),
        },
        compile_options={"loss_weights": {"priority": 1.0, "department": 0.2}},
        optimizer=partial(RMSprop, 0.001),
        source="https://keras.io/guides/functional_api/",
    ),
    program(
        name="two towers, the others of the batch as wrong answers",
        data=make_clicks,
        build=build_towers,
        loss=OwnLoss(retrieval),
        optimizer=partial(Adagrad, 0.1),
        score=score_retrieval,
        source="https://www.tensorflow.org/recommenders/examples/basic_retrieval",
    ),
    program(
        name="series turned round in an own training step",
        data=make_series_classes,
        build=build_augmented,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.05, momentum=0.9, nesterov=True),
        source="https://keras.io/guides/custom_train_step_in_tensorflow/",
    ),
    program(
        name="tensorflow: convolutions of spectrograms in decibels, logits",
        data=partial(make_spectrograms, decibels=True),
        build=sequential(
            layers.BatchNormalization,
            partial(layers.Conv1D, 32, 3, padding="same", activation="relu"),
            partial(layers.MaxPooling1D, 2),
            partial(layers.Conv1D, 32, 3, padding="same", activation="relu"),
            layers.GlobalAveragePooling1D,
            partial(layers.Dropout, 0.3),
            partial(layers.Dense, 10),
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=partial(Adam, 0.001),
        source="https://www.tensorflow.org/tutorials/audio/simple_audio",
    ),
]
