"""A softmax between layers is found; those of gates, attention, topics and frozen models are meant."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.made_up_logs import find

pytestmark = pytest.mark.model


def make(*parts, shape=(24,), classes=4):
    return keras.Sequential([keras.Input(shape), *parts, layers.Dense(classes, "softmax", name="last")])


def look(model):
    """The finding of an inspection, None if there is none."""
    model.compile("adam", "sparse_categorical_crossentropy")
    generator = np.random.default_rng(0)
    x = generator.normal(size=(32, *model.inputs[0].shape[1:])).astype("float32")
    labels = [generator.integers(0, output.shape[-1], 32) for output in model.outputs]
    return find(vg.inspect(model, x, labels if len(labels) > 1 else labels[0])).get("hidden_softmax")


def gate():
    inputs = keras.Input((24,))
    weights = layers.Dense(16, "softmax")(inputs)
    return keras.Model(inputs, layers.Dense(4, "softmax")(weights * layers.Dense(16)(inputs)))


def attend():
    inputs = keras.Input((6, 8))
    scores = layers.Softmax(axis=1)(layers.Dense(1)(inputs))
    return keras.Model(inputs, layers.Dense(4, "softmax")(layers.Dot(1)([scores, inputs])[:, 0]))


def pretrained():
    base = keras.Sequential([keras.Input((24,)), layers.Dense(32, "relu"), layers.Dense(16, "softmax")])
    base.trainable = False
    return make(base)


def two_outputs():
    inputs = keras.Input((24,))
    digit = layers.Dense(10, "softmax")(layers.Dense(16, "relu")(inputs))
    return keras.Model(inputs, [digit, layers.Dense(2, "softmax")(digit)])


def code_behind_another():
    inner = [layers.Dense(32, "softmax", name="a"), layers.Dense(5, "softmax")]
    return make(*inner, classes=24)


HIDDEN = {
    "one": (lambda: make(layers.Dense(16, "softmax", name="a")), ("a",)),
    "two": (lambda: make(layers.Dense(16, "softmax", name="a"), layers.Dense(16, "softmax", name="b")), ("a", "b")),
    "dropout behind it": (lambda: make(layers.Dense(16, "softmax", name="a"), layers.Dropout(0.5)), ("a",)),
    "a layer of its own": (lambda: make(layers.Dense(16), layers.Softmax(name="a")), ("a",)),
    "an activation": (lambda: make(layers.Dense(16), layers.Activation("softmax", name="a")), ("a",)),
    "a convolution": (
        lambda: make(layers.Conv1D(16, 3, activation="softmax", name="a"), layers.Flatten(), shape=(8, 8)),
        ("a",),
    ),
    "as narrow as the last": (lambda: make(layers.Dense(4, "softmax", name="a")), ("a",)),
    "inside another model": (lambda: make(keras.Sequential([layers.Dense(16, "softmax", name="a")])), ("a",)),
    "in front of another model": (
        lambda: make(
            layers.Dense(16, "softmax", name="a"), keras.Sequential([layers.Dropout(0.2), layers.Dense(8, "relu")])
        ),
        ("a",),
    ),
    "in front of a code": (code_behind_another, ("a",)),
    "within a recurrence": (lambda: make(layers.LSTM(16, activation="softmax", name="a"), shape=(8, 8)), ("a",)),
    "in front of a recurrence": (
        lambda: make(layers.Dense(16, "softmax", name="a"), layers.GRU(8), shape=(8, 8)),
        ("a",),
    ),
}
MEANT = {
    "an output": two_outputs,
    "over time": lambda: make(
        layers.Dense(4), layers.Softmax(axis=1), layers.Dense(4), layers.GlobalMaxPooling1D(), shape=(8, 8)
    ),
    "relu": lambda: make(layers.Dense(16, "relu")),
    "a recurrence of tanhs": lambda: make(layers.LSTM(16), shape=(8, 8)),
    "a gate": gate,
    "attention": attend,
    "topics": lambda: make(layers.Dense(5, "softmax"), classes=24),
    "a model that is not trained": pretrained,
    "a normalization behind it": lambda: make(layers.Dense(16, "softmax"), layers.BatchNormalization()),
    "attention of Keras": lambda: keras.Sequential(
        [
            keras.Input((6, 8)),
            layers.Lambda(lambda x: layers.Attention()([x, x])),
            layers.Flatten(),
            layers.Dense(4, "softmax"),
        ]
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_softmax_that_feeds_a_kernel(name):
    build, names = HIDDEN[name]
    finding = look(build())
    assert finding.severity == "warning"
    assert finding.layers == names
    assert finding.evidence["units"] in (4, 16, 32)
    assert ("'tanh'" in finding.advice) == (name == "within a recurrence")


@pytest.mark.parametrize("name", MEANT)
def test_a_softmax_that_is_meant(name):
    assert look(MEANT[name]()) is None
