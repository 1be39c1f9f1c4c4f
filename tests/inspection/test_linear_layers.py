"""Layers without an activation between them are found where a whole model is linear, and judged by how it ends."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.made_up_logs import find
from keras_vg.diagnosis.linear_layers import find_linear_answers
from keras_vg.diagnosis.thresholds import make_thresholds
from keras_vg.inspection.linear_layers import list_linear_layers
from keras_vg.training.call_order import walk_layers


class Swish(layers.Layer):
    def call(self, x):
        return x * keras.ops.sigmoid(x)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden, self.last = layers.Dense(8, name="a"), layers.Dense(1)

    def call(self, x):
        return self.last(self.hidden(x))


def make(*parts, shape=(4,), dtype="float32"):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *parts, layers.Dense(1, "sigmoid", name="last")])


def join(merge):
    inputs = keras.Input((4,))
    parts = [layers.Dense(8, name="a")(inputs), layers.Dense(8, name="b")(inputs)]
    return keras.Model(inputs, layers.Dense(1)(merge(parts)))


def nest():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(8, name="a")])
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dense(1)(inner(inputs)))


def end_in_an_operation():
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.ops.sigmoid(layers.Dense(1)(layers.Dense(8, name="a")(inputs))))


def encode(units):
    parts = [layers.Dense(units, name="a"), layers.Dense(4)]
    return keras.Sequential([keras.Input((4,)), *parts])


def convolve(pool):
    parts = [layers.Conv2D(4, 3, name="a"), pool, layers.Conv2D(4, 3, name="b"), layers.Flatten()]
    return make(*parts, shape=(12, 12, 1))


LINEAR = {
    "one": (lambda: make(layers.Dense(8, name="a")), ("a",)),
    "two, normalized": (
        lambda: make(layers.Dense(8, name="a"), layers.BatchNormalization(), layers.Dense(2, name="b")),
        ("a", "b"),
    ),
    "dropout, and an activation that is none": (
        lambda: make(layers.Dense(8, name="a"), layers.Dropout(0.1), layers.Activation("linear")),
        ("a",),
    ),
    "slopes of 1 on both sides": (
        lambda: make(layers.Dense(8, name="a"), layers.LeakyReLU(1.0), layers.ReLU(negative_slope=1.0)),
        ("a",),
    ),
    "one unit for one output": (lambda: make(layers.Dense(1, name="a")), ("a",)),
    "as wide as the inputs": (lambda: encode(4), ("a",)),
    "convolutions": (lambda: convolve(layers.AveragePooling2D(2)), ("a", "b")),
    "words": (
        lambda: make(
            layers.Embedding(10, 8, name="words"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(8, name="a"),
            shape=(None,),
            dtype="int32",
        ),
        ("words", "a"),
    ),
    "words behind padding": (
        lambda: make(
            layers.Embedding(10, 8, mask_zero=True, name="words"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(8, name="a"),
            shape=(None,),
            dtype="int32",
        ),
        ("words", "a"),
    ),
    "inside another model": (nest, ("a",)),
    "two, added": (lambda: join(layers.Add()), ("a", "b")),
    "a sigmoid of Keras's operations": (end_in_an_operation, ("a",)),
}
OTHERS = {
    "no hidden layer": lambda: make(),
    "words alone": lambda: make(layers.Embedding(10, 8), layers.Flatten(), shape=(6,), dtype="int32"),
    "ReLU": lambda: make(layers.Dense(8, "relu")),
    "ReLU as a layer": lambda: make(layers.Dense(8), layers.ReLU()),
    "a slope below 1": lambda: make(layers.Dense(8), layers.LeakyReLU(0.99)),
    "cut below 1": lambda: make(layers.Dense(8), layers.ReLU(negative_slope=1.0, threshold=1.0)),
    "cut at 6": lambda: make(layers.Dense(8), layers.ReLU(max_value=6.0, negative_slope=1.0)),
    "one of two": lambda: make(layers.Dense(8), layers.Dense(8, "tanh")),
    "a layer of one's own": lambda: make(layers.Dense(8), Swish()),
    "a layer normalization": lambda: make(layers.Dense(8), layers.LayerNormalization()),
    "largest values": lambda: convolve(layers.MaxPooling2D(2)),
    "recurrent": lambda: make(layers.LSTM(4), layers.Dense(8), shape=(5, 2)),
    "a code": lambda: encode(2),
    "a code between words and words": lambda: keras.Sequential(
        [
            keras.Input((1,), dtype="int32"),
            layers.Embedding(100, 64),
            layers.Flatten(),
            layers.Dense(8),
            layers.Dense(100),
        ]
    ),
    "products": lambda: join(layers.Multiply()),
    "a dot product": lambda: keras.Model(
        (i := keras.Input((4,))), layers.Dot(1)([layers.Dense(8)(i), layers.Dense(8)(i)])
    ),
    "subclassed": Subclassed,
}


def look(model):
    if not model.built:
        model(np.ones((2, 4)))
    return list_linear_layers(model, {layer.name: layer for _, layer in walk_layers(model)})


@pytest.mark.model
@pytest.mark.parametrize("name", LINEAR)
def test_a_model_that_is_linear_as_a_whole(name):
    make_model, names = LINEAR[name]
    assert look(make_model()) == names


@pytest.mark.model
@pytest.mark.parametrize("name", OTHERS)
def test_other_models(name):
    assert look(OTHERS[name]()) == ()


@pytest.mark.model
def test_it_is_a_warning_before_the_training():
    model = LINEAR["two, normalized"][0]()
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(8, 4))
    found = find(vg.inspect(model, x, x[:, :1]))["linear_layers"]
    assert (found.severity, found.layers, found.evidence) == ("warning", ("a", "b"), {"linear_layers": 2})


def judge(own, linear, simple, names=("a",), is_complete=True):
    row = {"answer_score": own, "linear_score": linear, "simple_score": simple, "simple_model": "a forest of 30 trees"}
    inspection = SimpleNamespace(setup={"linear_layers": names})
    context = SimpleNamespace(
        thresholds=make_thresholds(), is_complete=is_complete, inspection=inspection, final_predictions=[row]
    )
    return list(find_linear_answers(context))


def test_a_linear_model_that_ends_far_behind_what_is_not_linear():
    (found,) = judge(0.1, 0.2, 0.9)
    assert (found.severity, found.layers, found.epoch) == ("error", ("a",), None)
    assert found.evidence == {
        "linear_layers": 1,
        "score": 0.1,
        "score_of_linear_model": 0.2,
        "score_of_simple_model": 0.9,
    }
    assert "The hidden layer has no activation" in found.advice
    assert "A forest of 30 trees answers the probe batch with a score of 0.90, a linear model with 0.20" in found.advice


@pytest.mark.parametrize(
    ("own", "linear", "simple", "options"),
    [
        (0.1, 0.8, 0.9, {}),  # the labels are linear: something else is wrong
        (0.5, 0.2, 0.9, {}),
        (0.0, 0.0, 0.2, {}),  # nobody learns them
        (np.nan, np.nan, np.nan, {}),
        (0.1, 0.2, 0.9, {"names": ()}),
        (0.1, 0.2, 0.9, {"is_complete": False}),
    ],
)
def test_other_ends(own, linear, simple, options):
    assert judge(own, linear, simple, **options) == []
