"""Every way a step may be compiled, or written by the user."""

import shutil

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import keras_vg as vg
from helpers.gradient_rows import check_norms
from helpers.models import MODELS, make_ordered, make_sequential
from helpers.training import COMPILE_OPTIONS, fit

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:Gradients do not exist for variables"),  # said on purpose
]
BACKEND = keras.backend.backend()


@pytest.mark.parametrize("options", COMPILE_OPTIONS)
@pytest.mark.parametrize("name", ["embedding", "shared"])
def test_ways_to_compile(options, name, tmp_path):
    data = make_ordered((7,), high=20) if name == "embedding" else make_ordered((3,))
    check_norms(MODELS[name], tmp_path, data=data, compile_options=COMPILE_OPTIONS[options])


@pytest.mark.skipif(BACKEND != "torch" or not shutil.which("g++"), reason="torch.compile, which calls g++")
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning", "ignore:.*non-leaf Tensor")  # torch's compiler
def test_compiled_by_torch(tmp_path):
    def make():  # without dropout, whose random numbers are the compiler's own
        return keras.Sequential([keras.Input((3,)), layers.Dense(4, "tanh", name="a"), layers.Dense(1, name="b")])

    logs = {}
    for jit in (False, True):
        loggers = [vg.GradientLogger(tmp_path / f"{jit}"), vg.WeightDeltaLogger(tmp_path / f"{jit}_deltas")]
        model, _ = fit(make, *loggers, shuffle=False, compile_options={"jit_compile": jit})
        assert model.jit_compile is jit
        logs[jit] = vg.read_log(tmp_path / f"{jit}"), vg.read_log(tmp_path / f"{jit}_deltas")
    for plain, compiled in zip(*logs.values(), strict=True):
        pd.testing.assert_frame_equal(plain.drop(columns="run"), compiled.drop(columns="run"), rtol=1e-4)


class OwnStep(keras.Model):
    """A training step of one's own, on TensorFlow and torch, by either way into the optimizer."""

    def __init__(self, method):
        super().__init__()
        self.dense = layers.Dense(1, name="dense")
        self.method = method

    def call(self, x, training=None):
        return self.dense(x)

    def train_step(self, data):
        x, y = data
        if BACKEND == "tensorflow":
            import tensorflow as tf

            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(self(x) - y))
            gradients = tape.gradient(loss, self.trainable_variables)
        else:
            import torch

            loss = torch.mean(torch.square(self(x) - y))
            gradients = torch.autograd.grad(loss, [v.value for v in self.trainable_variables])
        if self.method == "apply_gradients":
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        else:
            self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss}


class OwnJaxStep(OwnStep):
    def train_step(self, state, data):
        import jax

        trainable, non_trainable, optimizer_variables, metrics = state
        x, y = data

        def compute_loss(trainable):
            y_pred, _ = self.stateless_call(trainable, non_trainable, x)
            return jax.numpy.mean(jax.numpy.square(y_pred - y))

        loss, gradients = jax.value_and_grad(compute_loss)(trainable)
        trainable, optimizer_variables = self.optimizer.stateless_apply(optimizer_variables, gradients, trainable)
        return {"loss": loss}, (trainable, non_trainable, optimizer_variables, metrics)


@pytest.mark.parametrize("method", ["apply", "apply_gradients"])
def test_a_training_step_of_ones_own(method, tmp_path):
    check_norms(lambda: (OwnJaxStep if BACKEND == "jax" else OwnStep)(method), tmp_path)


class AccumulatingStep(keras.Sequential):
    """Hands the optimizer variables, in which it has added gradients up."""

    def train_step(self, data):
        import tensorflow as tf

        x, y = data
        if not hasattr(self, "sums"):
            with tf.init_scope():
                self.sums = [tf.Variable(tf.zeros(v.shape)) for v in self.trainable_variables]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(x) - y))
        for total, gradient in zip(self.sums, tape.gradient(loss, self.trainable_variables), strict=True):
            total.assign(gradient)
        self.optimizer.apply(self.sums, self.trainable_variables)
        return {"loss": loss}


@pytest.mark.skipif(BACKEND != "tensorflow", reason="variables as gradients")
@pytest.mark.parametrize("options", COMPILE_OPTIONS)
def test_gradients_may_be_variables(options, tmp_path):
    def make():
        return AccumulatingStep([keras.Input((3,)), layers.Dense(4, "tanh", name="a"), layers.Dense(1, name="b")])

    check_norms(make, tmp_path, compile_options=COMPILE_OPTIONS[options])


@pytest.mark.skipif(BACKEND == "torch", reason="it must be 1 on torch")
@pytest.mark.parametrize("steps", [2, 4])
def test_steps_per_execution(steps, tmp_path):
    figures = []
    for options in ({}, {"steps_per_execution": steps}):
        fit(make_sequential, vg.GradientLogger(tmp_path / "log.csv"), compile_options=options, shuffle=False)
        figures.append(vg.read_log(tmp_path / "log.csv"))
    assert figures[1]["steps"].tolist() == figures[0]["steps"].tolist() == [5] * len(figures[0])
    for column in ("gradient_norm", "gradient_norm_max", "gradient_rms", "delta_norm"):
        np.testing.assert_allclose(figures[0][column], figures[1][column], rtol=1e-4, atol=1e-8)


@pytest.mark.skipif(BACKEND != "jax", reason="steps that return their state")
def test_a_training_step_may_return_tuples(tmp_path):
    class Tuples(keras.Sequential):
        def train_step(self, state, data):
            logs, state = super().train_step(state, data)
            return logs, tuple(map(tuple, state))

    fit(lambda: Tuples([keras.Input((3,)), layers.Dense(1)]), vg.GradientLogger(tmp_path / "log.csv", every=2))
    assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [2, 2, 2, 2, 1, 1] * 3


@pytest.mark.skipif(BACKEND != "jax", reason="a way of Keras to work with JAX")
def test_the_step_that_keras_makes_for_nnx(monkeypatch, tmp_path):
    monkeypatch.setattr("keras.config.is_nnx_enabled", lambda: True)
    monkeypatch.setattr("keras.src.backend.jax.trainer.is_nnx_enabled", lambda: True)
    fit(make_sequential, vg.GradientLogger(tmp_path / "log.csv"))
    assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [5] * 18
