"""Whether a model sees the order of steps or pixels, how well simple models do without it, and what is said of both."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from keras_vg.diagnosis.rules import make_thresholds
from keras_vg.diagnosis.step_order import find_ignored_order
from keras_vg.inspection.pixels import list_pixels, reorder_pixels
from keras_vg.inspection.simple_models import compare_with_simple_models
from keras_vg.inspection.step_order import have_same_steps, ignores_order, score_without_order

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(60, 5, 3)).astype("float32")
IDS = GENERATOR.integers(1, 9, size=(60, 6))
PADDED = np.where(np.arange(6) < 4, IDS, 0)
SHUFFLED = np.stack([GENERATOR.permutation(X[0]) for _ in X])
TABLE = GENERATOR.normal(size=(60, 6)).astype("float32")
PICTURES = GENERATOR.normal(size=(60, 5, 6, 3)).astype("float32")


def attend(*before):
    entry = keras.Input(X.shape[1:])
    h = layers.Dense(4)(entry)
    for layer in before:
        h = layer(h)
    h = layers.Add()([h, layers.MultiHeadAttention(2, 2)(h, h)])
    return keras.Model(entry, layers.Dense(2)(layers.GlobalAveragePooling1D()(h)))


def read_words(*more, **options):
    return keras.Sequential([keras.Input((6,)), layers.Embedding(9, 4, **options), *more, layers.Dense(2)])


def read_both(reader):
    words, signals = keras.Input((6,), name="words"), keras.Input(X.shape[1:], name="signals")
    h = layers.GlobalAveragePooling1D()(layers.Embedding(9, 4)(words))
    return keras.Model([words, signals], layers.Dense(1)(layers.Concatenate()([h, reader(signals)])))


def look(*more, x=PICTURES):
    return keras.Sequential([keras.Input(x.shape[1:]), *more, layers.Dense(2)])


def attend_to_pixels(*before):
    return look(layers.Dense(4), layers.Reshape((30, 4)), *before, AttendsToItself(), layers.GlobalAveragePooling1D())


class AttendsToItself(layers.Layer):
    def build(self, shape):
        self.attention = layers.MultiHeadAttention(1, 4)
        self.attention.build(shape, shape)

    def call(self, x):
        return self.attention(x, x)

    def compute_output_shape(self, shape):
        return shape


class MeansOfChannels(layers.Layer):
    """Of pictures with the channels first."""

    data_format = "channels_first"

    def call(self, x):
        return keras.ops.mean(keras.ops.tanh(x), axis=(2, 3))


MODELS = {
    "attention": (attend, X, True),
    "attention with a bias for each step": (
        lambda: attend(layers.EinsumDense("abc,cd->abd", (5, 4), bias_axes="bd", bias_initializer="random_normal")),
        X,
        False,
    ),
    "attention behind a convolution": (lambda: attend(layers.Conv1D(4, 3, padding="same")), X, False),
    "mean of words": (lambda: read_words(layers.GlobalAveragePooling1D()), IDS, True),
    "mean of words without padding": (
        lambda: read_words(layers.GlobalAveragePooling1D(), mask_zero=True),
        PADDED,
        True,
    ),
    "lstm": (lambda: read_words(layers.LSTM(4)), IDS, False),
    "words side by side": (lambda: read_words(layers.Flatten()), IDS, False),
    "two means": (lambda: read_both(layers.GlobalMaxPooling1D()), [IDS, X], True),
    "a mean and an lstm": (lambda: read_both(layers.LSTM(2)), [IDS, X], False),
    "pixels by themselves": (lambda: look(layers.Dense(4, "relu"), layers.GlobalAveragePooling2D()), PICTURES, True),
    "kernels of one pixel": (lambda: look(layers.Conv2D(4, 1), layers.GlobalMaxPooling2D()), PICTURES, True),
    "attention to pixels": (attend_to_pixels, PICTURES, True),
    "attention to pixels with a bias for each": (
        lambda: attend_to_pixels(
            layers.EinsumDense("abc,cd->abd", (30, 4), bias_axes="bd", bias_initializer="random_normal")
        ),
        PICTURES,
        False,
    ),
    "channels first": (lambda: look(MeansOfChannels()), PICTURES, True),
    "kernels of pixels": (lambda: look(layers.Conv2D(4, 3), layers.GlobalAveragePooling2D()), PICTURES, False),
    "pixels side by side": (lambda: look(layers.Flatten()), PICTURES, False),
    "pixels pooled with those beside them": (
        lambda: look(layers.MaxPooling2D(), layers.GlobalAveragePooling2D()),
        PICTURES,
        False,
    ),
    "equal answers": (
        lambda: keras.Sequential(
            [keras.Input(X.shape[1:]), layers.GlobalAveragePooling1D(), layers.Dense(1, kernel_initializer="zeros")]
        ),
        X,
        False,
    ),
    "equal answers to the same steps": (attend, SHUFFLED, True),
    "features, no steps": (
        lambda: keras.Sequential([keras.Input((6,)), layers.Dense(1, kernel_initializer="ones")]),
        TABLE,
        False,
    ),
    "two steps": (
        lambda: keras.Sequential([keras.Input((2, 3)), layers.GlobalAveragePooling1D(), layers.Dense(1)]),
        X[:, :2],
        False,
    ),
}


@pytest.mark.model
@pytest.mark.parametrize("name", MODELS)
def test_whether_a_model_sees_the_order_of_steps(name):
    make_model, x, expected = MODELS[name]
    keras.utils.set_random_seed(0)
    model = make_model()
    before = [keras.ops.convert_to_numpy(weight).copy() for weight in model.weights]
    assert ignores_order(model, x) == expected
    for old, weight in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(weight))


def score(x, labels):
    output = {"loss": "mean_squared_error", "from_logits": False, "ignore_class": None}
    output |= {"activation": "linear", "units": 1, "positions": 1}
    given = ([x], labels, [np.zeros_like(labels)], output)
    return compare_with_simple_models(*given).simple_score, score_without_order(look(), *given)


def test_how_well_steps_are_answered_without_their_order():
    x = np.random.default_rng(1).normal(size=(300, 4, 2)).astype("float32")
    ordered, unordered = score(x, x[:, :1, 0] - x[:, 3:, 1])  # the first step and the last
    assert ordered > 0.9
    assert unordered < 0.4
    ordered, unordered = score(x, x[:, :, 0].mean(axis=1, keepdims=True))
    assert min(ordered, unordered) > 0.9
    pictures = np.random.default_rng(1).normal(size=(300, 2, 2, 2)).astype("float32")
    ordered, unordered = score(pictures, pictures[:, 0, :1, 0] - pictures[:, 1, 1:, 1])
    assert ordered > 0.9
    assert unordered < 0.4
    ordered, unordered = score(pictures, pictures[..., 0].mean(axis=(1, 2))[:, None])
    assert min(ordered, unordered) > 0.9
    ids = np.random.default_rng(2).permuted(np.tile(np.arange(4), (300, 1)), axis=1)
    ordered, unordered = score(ids, ids[:, :1].astype("float32"))
    assert ordered > 0.9
    assert unordered < 0.1


def test_examples_that_differ_in_the_order_of_their_steps_alone():
    plain, words = attend(), read_words(layers.LSTM(2))
    assert have_same_steps(plain, SHUFFLED)
    assert not have_same_steps(plain, X)
    assert not have_same_steps(plain, [SHUFFLED, TABLE])
    assert not have_same_steps(plain, SHUFFLED[..., None])  # pictures
    order = np.stack([GENERATOR.permutation(6) for _ in X])
    assert have_same_steps(words, order)
    assert not have_same_steps(plain, order)  # features, no ids: a vector with a single 1 in each row, say


def test_padding_stays_where_it_is():
    class ChecksPadding(layers.Layer):
        def call(self, ids):
            filled = keras.ops.cast(ids != 0, "float32")
            return keras.ops.cast(ids, "float32") * keras.ops.cumprod(filled, axis=1)

    model = keras.Sequential([keras.Input((6,), dtype="int32"), ChecksPadding(), layers.Dense(1)])
    model.layers[-1].kernel.assign(np.ones((6, 1)))
    words = keras.Sequential([keras.Input((6,), dtype="int32"), layers.Embedding(9, 2), layers.Flatten()])
    entry = keras.Input((6,), dtype="int32")
    both = keras.Model(entry, model(entry) + 0 * keras.ops.sum(words(entry), axis=-1, keepdims=True))
    assert ignores_order(both, PADDED)  # a step behind padding would count for nothing


@pytest.mark.model
@pytest.mark.filterwarnings("ignore:(error|warning). ")
def test_a_fit_whose_labels_need_the_order():
    x = np.random.default_rng(3).normal(size=(128, 5, 2)).astype("float32")
    y = (x[:, 0, :1] > x[:, 4, :1]).astype("float32")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5, 2)), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    guard = vg.TrainingGuard(x, y)
    model.fit(x, y, epochs=12, batch_size=12, verbose=0, callbacks=[guard])
    assert "order_ignored" in {finding.rule for finding in guard.findings}


@pytest.mark.model
@pytest.mark.filterwarnings("ignore:(error|warning). ")
def test_a_fit_whose_labels_need_the_order_of_pixels():
    x = np.random.default_rng(3).normal(size=(128, 4, 4, 1)).astype("float32")
    y = (x[:, :, :2].sum(axis=(1, 2)) > x[:, :, 2:].sum(axis=(1, 2))).astype("float32")
    keras.utils.set_random_seed(0)
    pixels = [layers.Conv2D(4, 1, activation="relu"), layers.GlobalAveragePooling2D()]
    model = keras.Sequential([keras.Input(x.shape[1:]), *pixels, layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    guard = vg.TrainingGuard(x, y)
    model.fit(x, y, epochs=12, batch_size=12, verbose=0, callbacks=[guard])
    assert "order_ignored" in {finding.rule for finding in guard.findings}


def test_pixels_of_pictures_with_the_channels_first_and_last():
    last = PICTURES[:2]
    first = np.moveaxis(last, 3, 1)
    np.testing.assert_array_equal(list_pixels(last, False), list_pixels(first, True))
    moved = reorder_pixels(last, False)
    np.testing.assert_array_equal(np.moveaxis(moved, 3, 1), reorder_pixels(first, True))
    pixels = list_pixels(moved, False)
    np.testing.assert_array_equal(pixels[:, :2], last[:, 0, 1:4:2])
    np.testing.assert_array_equal(np.sort(pixels, axis=1), np.sort(list_pixels(last, False), axis=1))


def judge(own=0.0, simple=0.8, unordered=0.1, is_complete=True, **more):
    row = {"answer_score": own, "simple_score": simple, "simple_model": "a linear model", "epoch": 19, **more}
    row |= {} if unordered is None else {"unordered_score": unordered}
    options = {"is_complete": is_complete, "losses": None}
    context = SimpleNamespace(thresholds=make_thresholds(), final_predictions=[row], **options)
    return list(find_ignored_order(context))


def test_what_is_said_where_the_order_was_needed():
    (found,) = judge()
    assert (found.rule, found.severity) == ("order_ignored", "error")
    assert found.evidence == {"score": 0.0, "score_of_simple_model": 0.8, "score_without_order": 0.1}
    assert "a linear model scores 0.80 with all of them where they are and 0.10 with them sorted" in found.advice


@pytest.mark.parametrize(
    ("own", "simple", "unordered", "loss", "is_found"),
    [
        (0.0, 0.0, 0.0, 0.69, True),
        (0.0, 0.0, None, 0.69, False),  # the model sees the order
        (0.3, 0.0, 0.0, 0.69, False),
        (0.0, 0.0, 0.0, 0.4, False),  # a rare class may be told by its probability
    ],
)
def test_a_model_that_sees_no_order_where_nothing_else_is_found_either(own, simple, unordered, loss, is_found):
    more = {"simple_error": 0.05, "plain_loss": loss, "inference_loss": np.nan, "baseline": 0.69}
    found = judge(own, simple, unordered, **more)
    assert [f.severity for f in found] == (["warning"] if is_found else [])
    assert all("labels may follow from their order" in f.advice for f in found)


def test_what_is_said_where_nothing_but_the_order_differs():
    (found,) = judge(simple=0.1, unordered=0.0, has_same_steps=True)
    assert "nothing else differs between the examples" in found.advice
    assert judge(own=0.6, simple=0.1, unordered=0.0, has_same_steps=True) == []


@pytest.mark.parametrize(
    "options",
    [
        {"unordered": None},  # the model sees the order
        {"unordered": 0.7},  # the order does not matter
        {"own": 0.6},
        {"simple": 0.2},
        {"simple": np.nan},
        {"is_complete": False},
    ],
)
def test_where_nothing_is_said_of_the_order(options):
    assert judge(**options) == []
