"""Versions of JAX and TensorFlow that describe gradients in an unknown way: training goes on, logs are right.

Such a version is simulated: what this package reads of a traced gradient is taken away or changed, piece by piece.
"""

import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.gradient_rows import check_norms
from helpers.models import make_lookup, make_wide
from helpers.training import COMPILE_OPTIONS, fit

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.model
only_jax = pytest.mark.skipif(BACKEND != "jax", reason="what JAX tells of a traced array")
only_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="what TensorFlow tells of a graph's tensor")
MESSAGE = "in a way that keras_vg does not know"


def make_normalized():
    hidden = [layers.Dense(90, "relu"), layers.BatchNormalization(), layers.Dense(90, "tanh", kernel_regularizer="l2")]
    return keras.Sequential([keras.Input((3,)), *hidden, layers.LayerNormalization(), layers.Dense(1)])


class Overlapping(layers.Layer):
    """Uses its kernel twice: whole, and all but its first row."""

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 4))

    def call(self, x):
        return x @ self.kernel + x[:, 1:] @ self.kernel[1:]


def make_overlapping():
    return keras.Sequential([keras.Input((3,)), Overlapping(), layers.Dense(1)])


def hide(equation):
    raise AttributeError("parent")


DESCRIPTIONS = {
    "no parent": hide,
    "a number": lambda equation: 7,
    "no primitive": lambda equation: SimpleNamespace(in_tracers=equation.in_tracers, params=equation.params),
    "no inputs": lambda equation: SimpleNamespace(primitive=equation.primitive, params=equation.params),
    "inputs of another type": lambda equation: SimpleNamespace(
        primitive=equation.primitive, params=equation.params, in_tracers=None
    ),
    "other parameters": lambda equation: SimpleNamespace(
        primitive=equation.primitive, in_tracers=equation.in_tracers, params={}
    ),
    "no way to compute it": lambda equation: SimpleNamespace(
        primitive=SimpleNamespace(name=equation.primitive.name), in_tracers=equation.in_tracers, params=equation.params
    ),
}


@pytest.fixture
def describe(monkeypatch):
    """Makes JAX's tracers tell something else than the equation that they come from."""
    import jax

    seen = []
    jax.make_jaxpr(lambda value: seen.append(type(value + 1)) or value)(1.0)
    (tracer,) = seen
    parent = tracer.parent

    def use(description):
        def get(self):
            equation = parent.__get__(self)
            return equation if equation is None else description(equation)

        monkeypatch.setattr(tracer, "parent", property(get, parent.__set__))

    return use


@only_jax
@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_what_an_unknown_version_of_jax_logs(name, describe, tmp_path):
    describe(DESCRIPTIONS[name])
    with pytest.warns(UserWarning, match=MESSAGE):
        check_norms(make_wide, tmp_path)


@only_jax
@pytest.mark.parametrize("name", ["no parent", "other parameters"])
@pytest.mark.parametrize("make", [make_lookup, make_normalized])
def test_a_training_on_an_unknown_version_of_jax(make, name, describe, tmp_path):
    plain, _ = fit(make, optimizer="sgd", shuffle=False)
    describe(DESCRIPTIONS[name])
    logger = vg.GradientLogger(tmp_path / "log.csv")
    with pytest.warns(UserWarning, match=MESSAGE):
        logged, _ = fit(make, logger, optimizer="sgd", shuffle=False)
    check_close(plain, logged)
    assert vg.read_log(tmp_path / "log.csv")["steps"].eq(5).all()


@only_jax
def test_a_version_of_jax_that_makes_its_descriptions_anew_each_time(describe, tmp_path):
    """Nothing is read twice because it comes as another object: that would take forever."""
    describe(
        lambda equation: SimpleNamespace(
            primitive=equation.primitive, in_tracers=list(equation.in_tracers), params=dict(equation.params)
        )
    )
    check_norms(make_wide, tmp_path)


def hide_attributes(monkeypatch):
    import tensorflow as tf

    get = tf.Operation.get_attr

    def get_attribute(self, name):
        if is_asked_by_this_package():
            raise ValueError(f"Operation '{self.name}' has no attr named '{name}'.")
        return get(self, name)

    monkeypatch.setattr(tf.Operation, "get_attr", get_attribute)


def hide_consumers(monkeypatch):
    import tensorflow as tf

    seen = []
    tf.function(lambda value: seen.append(type(value)) or value).get_concrete_function(tf.TensorSpec(()))
    (tensor,) = seen
    consumers = tensor.consumers

    def list_consumers(self):
        if is_asked_by_this_package():
            raise AttributeError("consumers")
        return consumers(self)

    monkeypatch.setattr(tensor, "consumers", list_consumers, raising=False)


def is_asked_by_this_package():
    """Whether the caller of the caller is of this package: TensorFlow itself needs what is hidden."""
    return sys._getframe(2).f_globals["__name__"].startswith("keras_vg.")


@only_tensorflow
@pytest.mark.parametrize(
    ("make", "hide", "options"),
    [
        (make_overlapping, hide_attributes, "xla"),
        pytest.param(make_overlapping, hide_consumers, "xla", marks=pytest.mark.long),
        pytest.param(make_overlapping, hide_consumers, "graph", marks=pytest.mark.long),
        (make_lookup, hide_consumers, "graph"),
        (make_normalized, hide_consumers, "graph"),
    ],
)
def test_an_unknown_version_of_tensorflow(make, hide, options, monkeypatch, tmp_path):
    compile_options = COMPILE_OPTIONS[options]
    plain, _ = fit(make, optimizer="sgd", shuffle=False, compile_options=compile_options)
    hide(monkeypatch)
    logger = vg.GradientLogger(tmp_path / "log.csv")
    with pytest.warns(UserWarning, match=MESSAGE):
        logged, _ = fit(make, logger, optimizer="sgd", shuffle=False, compile_options=compile_options)
    check_close(plain, logged)
    assert vg.read_log(tmp_path / "log.csv")["steps"].eq(5).all()
    if make is not make_normalized:  # `check_norms` knows no penalties
        with pytest.warns(UserWarning, match=MESSAGE):
            check_norms(make, tmp_path, compile_options=compile_options)


def check_close(plain, logged):
    for one, other in zip(plain.get_weights(), logged.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
