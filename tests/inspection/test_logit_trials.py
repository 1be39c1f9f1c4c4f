"""Losses of one's own behind a sigmoid or softmax: whether they are made for probabilities."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg

pytestmark = pytest.mark.model
RNG = np.random.default_rng(0)
CLASSES = RNG.integers(0, 5, 64)
ONE_HOT = np.eye(5, dtype="float32")[CLASSES]
LABELS = RNG.integers(0, 2, (64, 3)).astype("float32")
PIXELS = RNG.integers(0, 3, (16, 6, 6))


def of_logits(y, p):
    return -ops.mean(ops.sum(y * ops.log_softmax(p, axis=-1), axis=-1))


def of_numbered_logits(y, p):
    one_hot = ops.one_hot(ops.cast(y, "int32"), p.shape[-1])
    return -ops.mean(ops.sum(ops.reshape(one_hot, ops.shape(p)) * ops.log_softmax(p, axis=-1), axis=-1))


def of_smoothed_logits(y, p):
    return of_logits(0.9 * y + 0.02, p)


def of_focused_logits(y, p):
    chosen = ops.sum(y * ops.softmax(p, axis=-1), axis=-1)
    return -ops.mean(ops.square(1 - chosen) * ops.log(chosen))


def of_binary_logits(y, p):
    return ops.mean(ops.maximum(p, 0) - p * y + ops.log1p(ops.exp(-ops.abs(p))))


def hinge(y, p):
    return ops.mean(ops.maximum(1 - (2 * y - 1) * p, 0))


def in_pairs(y, p):
    """How surely each positive one scores higher than each negative one."""
    differences = ops.reshape(p, (-1, 1)) - ops.reshape(p, (1, -1))
    pairs = ops.reshape(y, (-1, 1)) * (1 - ops.reshape(y, (1, -1)))
    return ops.sum(pairs * ops.log1p(ops.exp(-differences))) / ops.maximum(ops.sum(pairs), 1)


def corrected(y, p):
    """Probabilities of labels of which each fifth is another."""
    mixed = 0.8 * p + 0.2 * (1 - p)
    return -ops.mean(ops.sum(y * ops.log(ops.clip(mixed, 1e-7, 1.0)), axis=-1))


def reward(y, p):
    """Falls without end beyond the range of a softmax, which is right for probabilities all the same."""
    return 3 - ops.mean(ops.sum(y * p, axis=-1))


def of_shares(y, p):
    return -ops.mean(ops.sum(y * ops.log(p + 1e-7), axis=-1))


def of_cut_shares(y, p):
    return -ops.mean(ops.sum(y * ops.log(ops.clip(p, 1e-7, 1.0)), axis=-1))


def of_smoothed_shares(y, p):
    return of_cut_shares(0.9 * y + 0.02, p)


def of_numbered_shares(y, p):
    return of_cut_shares(ops.reshape(ops.one_hot(ops.cast(y, "int32"), p.shape[-1]), ops.shape(p)), p)


def binary_shares(y, p):
    p = ops.clip(p, 1e-6, 1 - 1e-6)
    return -ops.mean(y * ops.log(p) + (1 - y) * ops.log(1 - p))


def squares(y, p):
    return ops.mean(ops.square(y - p))


def sharpened(y, p):
    """Divided by a temperature, probabilities are logits of up to 20."""
    return of_logits(y, p / 0.05)


def margin(y, p):
    return ops.mean(ops.maximum(0.5 - ops.sum(y * p, axis=-1) + ops.max((1 - y) * p, axis=-1), 0))


def overlap(y, p):
    return 1 - 2 * ops.sum(y * p) / (ops.sum(y) + ops.sum(p))


def contrast(y, p):
    return ops.mean((1 - y) * ops.square(p) + y * ops.square(ops.maximum(1 - p, 0)))


def shifted(y, p):
    return 3 + squares(y, p)


def make_model(activation, y):
    units = y.shape[-1] if y.ndim == 2 and y.dtype == "float32" else 3 if y.ndim == 3 else 5
    keras.utils.set_random_seed(0)
    shape = (4,) if y.ndim < 3 else (6, 6, 1)
    last = layers.Dense(units, activation) if y.ndim < 3 else layers.Conv2D(units, 1, activation=activation)
    return keras.Sequential([keras.Input(shape), last]), RNG.normal(size=(len(y), *shape)).astype("float32")


def find(loss, activation, y):
    model, x = make_model(activation, y)
    model.compile("adam", loss)
    return [f for f in vg.diagnose(vg.inspect(model, x, y)).list_all() if f.rule == "output_layer"]


@pytest.mark.parametrize(
    ("loss", "activation", "y"),
    [
        (of_logits, "softmax", ONE_HOT),
        (of_numbered_logits, "softmax", CLASSES),
        (of_numbered_logits, "softmax", PIXELS),
        (of_smoothed_logits, "softmax", ONE_HOT),
        (of_focused_logits, "softmax", ONE_HOT),
        (of_binary_logits, "sigmoid", LABELS),
        (of_binary_logits, "sigmoid", LABELS[:, :1]),
    ],
)
def test_a_loss_of_logits_is_not_given_probabilities(loss, activation, y):
    [found] = find(loss, activation, y)
    assert found.severity == "error"
    assert "applies a sigmoid or softmax of its own" in found.advice
    assert not find(loss, "linear", y)


@pytest.mark.parametrize(
    ("loss", "activation", "y"),
    [
        (hinge, "sigmoid", LABELS),
        (in_pairs, "sigmoid", LABELS[:, :1]),
        (corrected, "softmax", ONE_HOT[:, :2] + ONE_HOT[:, 2:].sum(axis=1, keepdims=True) * np.float32([1, 0])),
    ],
)
def test_what_may_be_meant_so_is_a_warning(loss, activation, y):
    """Labels of -1 and 1, scores that are compared with one another, and labels that are known to be wrong at times."""
    [found] = find(loss, activation, y)
    assert found.severity == "warning"
    assert "applies a sigmoid" not in found.advice


@pytest.mark.parametrize(
    ("loss", "activation", "y"),
    [
        (of_shares, "softmax", ONE_HOT),
        (of_cut_shares, "softmax", ONE_HOT),
        (of_smoothed_shares, "softmax", ONE_HOT),
        (of_numbered_shares, "softmax", CLASSES),
        (of_numbered_shares, "softmax", PIXELS),
        (binary_shares, "sigmoid", LABELS),
        (squares, "sigmoid", LABELS),
        (squares, "softmax", ONE_HOT),
        (sharpened, "softmax", ONE_HOT),
        (margin, "softmax", ONE_HOT),
        (overlap, "sigmoid", LABELS),
        (contrast, "sigmoid", LABELS[:, :1]),
        (shifted, "sigmoid", LABELS),
        (reward, "softmax", ONE_HOT),
    ],
)
def test_a_loss_of_probabilities_is(loss, activation, y):
    assert not find(loss, activation, y)


@pytest.mark.filterwarnings("ignore:.*from_logits=True")  # what Keras says of it on TensorFlow
def test_on_tensorflow_a_function_of_keras_finds_the_logits():
    def loss(y, p):
        return keras.losses.categorical_crossentropy(y, p, from_logits=True)

    assert bool(find(loss, "softmax", ONE_HOT)) == (keras.backend.backend() != "tensorflow")
