"""Layers that a model calls and does not hold are found; those that it holds, frozen bases and losses are not."""

import contextlib

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, ops

import keras_vg as vg
from helpers.made_up_logs import find
from keras_vg.inspection.untracked import UntrackedRecorder

pytestmark = pytest.mark.model

BACKEND = keras.backend.backend()
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(32, 40)).astype("float32")
LABELS = GENERATOR.integers(0, 4, 32)
STEPS = GENERATOR.normal(size=(32, 5, 8)).astype("float32")

PLAIN_CALL = vars(layers.Layer)["__call__"]


def look(model, x=X, y=LABELS, **options):
    """The finding of an inspection, None if there is none."""
    model.compile("adam", "sparse_categorical_crossentropy", **options)
    return find(vg.inspect(model, x, y)).get("untracked_layers")


def make(*parts, shape=(40,)):
    return keras.Sequential([keras.Input(shape), *parts, layers.Dense(4, "softmax", name="last")])


def wrap(function, **options):
    return make(layers.Lambda(function, name="lambda", **options))


def move(layer):
    """Gives a built layer weights such as a training leaves."""
    for part in [layer, *getattr(layer, "layers", [])]:
        own = [w for w in part.weights if not getattr(part, "layers", None)]
        for weight in own:
            weight.assign(ops.convert_to_numpy(weight) + GENERATOR.normal(size=weight.shape) * 0.2)
    return layer


def make_dense(units=24, **options):
    layer = layers.Dense(units, "relu", name="inner", **options)
    layer.build((None, 40))
    return layer


def make_base(**options):
    return keras.Sequential([keras.Input((40,)), make_dense(), layers.Dense(24, "relu")], name="base", **options)


class Plain:
    """Holds a layer, where Keras does not look."""

    def __init__(self):
        self.dense = make_dense()


class Block(layers.Layer):
    """Calls what a function makes, or what it holds in one way or another."""

    def __init__(self, kind, **options):
        super().__init__(name="block", **options)
        self.kind = kind
        self.plain = Plain()
        if kind == "attribute":
            self.held = make_dense()
        elif kind == "list":
            self.held = [make_dense()]
        elif kind == "dict":
            self.held = {"one": make_dense()}

    def call(self, x):
        if self.kind == "plain":
            return self.plain.dense(x)
        if self.kind == "anew":
            return layers.Dense(8)(layers.Dense(24, "relu", name="other")(x))
        if self.kind == "normalization anew":
            return layers.LayerNormalization()(x)
        if self.kind == "no weights anew":
            return layers.Dropout(0.5, seed=1)(layers.Rescaling(2.0)(x))
        return {"attribute": lambda: self.held, "list": lambda: self.held[0], "dict": lambda: self.held["one"]}[
            self.kind
        ]()(x)


class Subclassed(keras.Model):
    """Calls a layer that it does not hold."""

    def __init__(self, inner):
        super().__init__()
        self.last = layers.Dense(4, "softmax")
        self.inner = lambda x: inner(x)

    def call(self, x):
        return self.last(self.inner(x))


class OwnStep(Subclassed):
    """Has a step of its own, which might train what it likes."""

    def train_step(self, *args):
        return super().train_step(*args)


def one_in_lambda():
    inner = make_dense()
    return wrap(lambda x: inner(x))


def one_that_is_built_by_the_call():
    inner = layers.Dense(24, name="inner")
    return wrap(lambda x: inner(x))


def one_of_zeros():
    inner = make_dense(8, kernel_initializer="zeros", use_bias=False)
    return wrap(lambda x: inner(x))


def whole_base():
    base = make_base()
    return wrap(lambda x: base(x))


def two_beside_a_trained_one():
    first, second, third = make_dense(), layers.Dense(8, name="second"), move(make_dense(units=40))
    second.build((None, 24))
    return wrap(lambda x: second(first(third(x))))


def lstm():
    inner = layers.LSTM(12, name="inner")
    inner.build((None, 5, 8))
    return make(layers.Lambda(lambda x: inner(x), name="lambda"), shape=(5, 8))


def nested():
    inner = make_dense()
    return make(keras.Sequential([keras.Input((40,)), layers.Lambda(lambda x: inner(x), name="lambda")], name="part"))


def subclassed():
    return Subclassed(make_dense())


ERRORS = {
    "in a lambda": (one_in_lambda, ("lambda/inner",), 984),
    "built by the call": (one_that_is_built_by_the_call, ("lambda/inner",), 984),
    "all zeros": (one_of_zeros, ("lambda/inner",), 320),
    "a model in a lambda": (whole_base, ("lambda/base",), 984 + 600),
    "beside a trained one": (two_beside_a_trained_one, ("lambda/inner[1]", "lambda/second"), 984 + 200),
    "a recurrent layer": (lstm, ("lambda/inner",), 4 * 12 * (8 + 12 + 1)),
    "in a nested model": (nested, ("lambda/inner",), 984),
    "in a plain object": (lambda: make(Block("plain")), ("block/inner",), 984),
    "anew in each call": (lambda: make(Block("anew")), ("block/dense", "block/dense[1]"), 984 + 200),
    "anew in a lambda": (lambda: wrap(lambda x: layers.Dense(24)(x)), ("lambda/dense",), 984),
    "in a subclassed model": (subclassed, ("inner",), 984),
}


@pytest.mark.parametrize("name", ERRORS)
def test_layers_that_no_step_trains(name):
    build, expected, values = ERRORS[name]
    found = look(build(), STEPS if name == "a recurrent layer" else X)
    assert found.severity == "error"
    assert found.layers == expected
    assert (found.evidence["layers"], found.evidence["values"]) == (len(expected), values)
    assert ("made anew" in found.advice) == ("anew" in name)
    assert vars(layers.Layer)["__call__"] is PLAIN_CALL


def trained_in_lambda():
    inner = move(make_dense())
    return wrap(lambda x: inner(x))


def trained_base():
    base = move(make_base())
    return wrap(lambda x: base(x))


def frozen_at_random():
    inner = make_dense()
    inner.trainable = False
    return wrap(lambda x: inner(x))


def few_values_without_bias():
    inner = make_dense(4, use_bias=False)
    return wrap(lambda x: inner(x))


def normalization():
    inner = layers.LayerNormalization()
    inner.build((None, 40))
    return wrap(lambda x: inner(x))


MILDER = {
    "trained": (trained_in_lambda, "info"),
    "a trained base": (trained_base, "info"),
    "frozen at random": (frozen_at_random, "warning"),
    "too few to tell": (few_values_without_bias, "warning"),
    "normalization": (normalization, "warning"),
    "normalization anew": (lambda: make(Block("normalization anew")), "warning"),
    "a step of its own": (lambda: OwnStep(make_dense()), "warning"),
}


@pytest.mark.parametrize("name", MILDER)
def test_what_may_be_meant(name):
    build, severity = MILDER[name]
    found = look(build())
    assert found.severity == severity
    assert len(found.layers) == 1


def frozen_base():
    base = move(make_base())
    base.trainable = False
    return wrap(lambda x: base(x))


def adapted():
    inner = layers.Normalization()
    inner.adapt(X)
    return wrap(lambda x: inner(x))


def shared():
    inputs, inner = keras.Input((40,)), make_dense(40)
    return keras.Model(inputs, layers.Dense(4, "softmax")(inner(inner(inputs))))


def nested_models():
    encoder = make_base()
    inputs = keras.Input((40,))
    inner = keras.Model(inputs, encoder(inputs))
    return make(inner)


def part_of_the_model():
    """A model of layers that the model holds, called in a lambda."""
    first = make_dense()
    view = keras.Sequential([keras.Input((40,)), first])
    inputs = keras.Input((40,))
    joined = layers.Concatenate()([first(inputs), layers.Lambda(lambda x: view(x))(inputs)])
    return keras.Model(inputs, layers.Dense(4, "softmax")(joined))


def cells():
    return make(layers.RNN(layers.StackedRNNCells([layers.LSTMCell(6), layers.GRUCell(6)])), shape=(5, 8))


def both_ways():
    inner = layers.Bidirectional(layers.GRU(4))
    return make(layers.TimeDistributed(layers.Dense(6, "relu")), inner, shape=(5, 8))


def judged_by_a_network():
    judge = make_base()

    class Judged(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return ops.mean(ops.square(judge(ops.tile(y_pred, (1, 10)))), axis=-1)

    model = make(make_dense())
    model.compile("adam", Judged())
    return model


HEALTHY = {
    "attribute": lambda: make(Block("attribute")),
    "list": lambda: make(Block("list")),
    "dict": lambda: make(Block("dict")),
    "the layer of a lambda": lambda: wrap(make_dense()),
    "only operations": lambda: wrap(lambda x: ops.sin(x) * 2),
    "no weights anew": lambda: make(Block("no weights anew")),
    "frozen base": frozen_base,
    "adapted": adapted,
    "shared": shared,
    "nested models": nested_models,
    "a part of the model": part_of_the_model,
}
STEPPED = {"cells": cells, "both ways": both_ways}


@pytest.mark.parametrize("name", [*HEALTHY, *STEPPED])
def test_layers_that_the_model_holds(name):
    assert look({**HEALTHY, **STEPPED}[name](), STEPS if name in STEPPED else X) is None


def test_a_network_that_a_loss_calls():
    assert "untracked_layers" not in find(vg.inspect(judged_by_a_network(), X, X[:, :4]))


def test_a_model_that_is_not_compiled_to_run_eagerly():
    assert look(subclassed(), run_eagerly=True).layers == ("inner",)


def test_it_is_seen_without_labels_too():
    model = one_in_lambda()
    model.compile("adam", "sparse_categorical_crossentropy")
    assert find(vg.inspect(model, X))["untracked_layers"].layers == ("lambda/inner",)


def test_nothing_else_changes(monkeypatch):
    model = make(make_dense(), layers.Dropout(0.5, seed=3), layers.BatchNormalization())
    model.compile("adam", "sparse_categorical_crossentropy")
    seen = vg.inspect(model, X, LABELS)
    monkeypatch.setattr(UntrackedRecorder, "record", lambda self: contextlib.nullcontext())
    plain = vg.inspect(model, X, LABELS)
    assert seen.setup["loss"] == plain.setup["loss"]
    pd.testing.assert_frame_equal(seen.gradients, plain.gradients, check_exact=True)
    pd.testing.assert_frame_equal(seen.activations, plain.activations, check_exact=True)


@pytest.mark.filterwarnings("ignore:(error|warning). ")
def test_a_guard_says_it_before_the_training():
    model = one_in_lambda()
    model.compile("adam", "sparse_categorical_crossentropy")
    guard = vg.TrainingGuard(X, LABELS)
    model.fit(X, LABELS, verbose=0, callbacks=[guard])
    assert find_in(guard).layers == ("lambda/inner",)


def find_in(guard):
    return next(finding for finding in guard.findings.list_all() if finding.rule == "untracked_layers")


@pytest.mark.parametrize(
    ("values", "trainable", "is_inside", "severity"),
    [
        (GENERATOR.normal(size=(40, 8)), True, False, "error"),
        (GENERATOR.normal(size=(40, 8)), True, True, "error"),
        (GENERATOR.normal(size=(40, 8)), False, False, None),
        (GENERATOR.random(size=(40, 8)), True, False, "warning"),  # perhaps a filter bank
        (np.ones(()), True, False, "warning"),  # a scale
    ],
)
def test_variables_of_a_graph(values, trainable, is_inside, severity):
    variable = keras.Variable(values.astype("float32"), trainable=trainable, name="bare")
    entry = keras.Input((40,))
    hidden = ops.matmul(entry, variable) if values.ndim else ops.multiply(entry, variable)
    if is_inside:
        inner = keras.Model(entry, hidden)
        entry = keras.Input((40,))
        hidden = inner(entry)
    found = look(keras.Model(entry, layers.Dense(4, "softmax")(layers.Dense(8, "tanh")(hidden))))
    assert (found and found.severity) == severity
    if found is not None:
        assert (found.layers, found.evidence["values"]) == (("bare",), values.size)
        assert "self.add_weight" in found.advice
