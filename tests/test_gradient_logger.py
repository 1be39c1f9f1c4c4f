import json
import os
import shutil
import subprocess
import sys
import warnings
import zipfile

import h5py
import keras
import numpy as np
import pandas as pd
import pytest
from gradients import StepRecorder, compute_gradients
from keras import layers
from models import MAKERS, BackToFront, make_data, make_sequential, make_sequential_without_input
from test_weight_delta_logger import Failing, fit

import keras_vg as vg
from keras_vg.training.norms import COUNT_EVERY
from keras_vg.training.weights import list_weights

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:Gradients do not exist for variables"),  # said on purpose
]

BACKEND = keras.backend.backend()
to_numpy = keras.ops.convert_to_numpy


def read_rows(path):
    """The log as a list with one dict of (layer, weight) to row per step or epoch."""
    log = vg.read_log(path)
    return [
        {(row["layer"], row["weight"]): row for _, row in rows.iterrows()}
        for _, rows in log.groupby(["epoch", "step"], sort=True)
    ]


def label(model):
    return {id(w.variable): (w.layer, w.name) for w in list_weights(model)}


def check_norms(make, tmp_path, *, data=None, loss="mse", optimizer=None, rtol=2e-5, atol=1e-7, compile_options=None):
    """Fits with a row per step and checks every figure against gradients computed apart, on the same weights.

    `atol` is for gradients that are 0 but for rounding, such as that of an attention key's bias.
    """
    x, y = make_data() if data is None else data
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(optimizer or keras.optimizers.SGD(0.05), loss, **(compile_options or {}))
    recorder, path = StepRecorder(), tmp_path / "log.csv"
    logger = vg.GradientLogger(path, every=1)
    model.fit(x, y, batch_size=8, shuffle=False, verbose=0, callbacks=[recorder, logger])
    rows, labels, batch = read_rows(path), label(model), 8
    if not recorder.weights[0]:  # not built yet
        keras.utils.set_random_seed(0)
        initial = make()
        initial(x[:1])
        recorder.weights[0] = initial.get_weights()
    take = lambda data, part: keras.tree.map_structure(lambda a: a[part], data)  # noqa: E731
    count = len(keras.tree.flatten(x)[0])
    compute_loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    assert len(rows) == -(-count // batch)
    for step, (weights, row) in enumerate(zip(recorder.weights, rows, strict=True)):
        model.set_weights(weights)
        part = slice(step * batch, (step + 1) * batch)
        mean_loss = lambda y, y_pred: keras.ops.mean(compute_loss(y, y_pred))  # noqa: E731
        gradients = compute_gradients(model, mean_loss, take(x, part), take(y, part))
        after = [*recorder.weights[1:], recorder.final][step]
        places = {id(v): place for place, v in enumerate(model.weights)}
        for variable, gradient in zip(model.trainable_weights, gradients, strict=True):
            logged = row[labels[id(variable)]]
            if gradient is None:
                assert logged["steps"] == 0
                continue
            norm = np.linalg.norm(gradient.astype("float64"))
            np.testing.assert_allclose(logged["gradient_norm"], norm, rtol=rtol, atol=atol)
            np.testing.assert_allclose(logged["gradient_norm_max"], norm, rtol=rtol, atol=atol)
            np.testing.assert_allclose(logged["gradient_rms"], norm / np.sqrt(gradient.size), rtol=rtol, atol=atol)
            assert (logged["size"], logged["steps"], logged["nonfinite_steps"]) == (gradient.size, 1, 0)
            if rtol < 0.01:  # in bfloat16, what rounds to 0 depends on the order of the sums
                assert logged["zero_fraction"] == pytest.approx(np.mean(gradient == 0), abs=1e-6)
            old, new = weights[places[id(variable)]].astype("f8"), after[places[id(variable)]].astype("f8")
            assert logged["delta_norm"] == pytest.approx(np.linalg.norm(new - old), rel=1e-6)
            assert logged["weight_norm"] == pytest.approx(np.linalg.norm(new), rel=1e-6)
    return model, rows


def make_wide(penalty=None):
    """Its weights are too large to be measured together."""
    sizes = [(90, "relu"), (90, "tanh"), (1, None)]
    dense = [layers.Dense(units, activation, kernel_regularizer=penalty) for units, activation in sizes]
    return keras.Sequential([keras.Input((3,)), *dense])


def make_penalized():
    """A compiler fuses the penalty's part of a gradient with whatever uses the gradient."""
    return make_wide(penalty="l2")


def make_lookup():
    """Its gradient is sparse, with rows that occur several times."""
    inputs = keras.Input((3,))
    rows = keras.ops.cast(keras.ops.clip(8 * keras.ops.abs(inputs), 0, 19), "int32")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(rows))
    return keras.Model(inputs, layers.Dense(1)(layers.Dense(5, "gelu")(x)))


@pytest.mark.parametrize("make", [*(m for m in MAKERS if m is not BackToFront), make_wide])
def test_norms_equal_an_independent_computation(make, tmp_path):
    def make_without_dropout():
        model = make()
        for layer in model.layers:
            if isinstance(layer, layers.Dropout):
                layer.rate = 0.0
        return model

    check_norms(make_without_dropout, tmp_path)


@pytest.mark.parametrize("make", [make_sequential, make_sequential_without_input])
def test_under_plain_sgd_the_gradients_sum_up_to_the_change(make, tmp_path):
    rate = 0.05
    x, y = make_data()
    recorder = StepRecorder()
    delta_logger = vg.WeightDeltaLogger(tmp_path / "deltas.csv", layers="all")
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(keras.optimizers.SGD(rate), "mse")
    for layer in model.layers:
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0
    gradient_logger = vg.GradientLogger(tmp_path / "gradients.csv")
    model.fit(x, y, batch_size=8, shuffle=False, verbose=0, callbacks=[recorder, delta_logger, gradient_logger])
    sums, norms = None, []
    for step, weights in enumerate(recorder.weights):
        if step == 0 and BACKEND == "tensorflow" and not weights:
            keras.utils.set_random_seed(0)
            initial = make()
            initial(x[:1])
            weights = initial.get_weights()
        model.set_weights(weights)
        mse = lambda y, y_pred: keras.ops.mean(keras.losses.mean_squared_error(y, y_pred))  # noqa: E731
        part = slice(step * 8, step * 8 + 8)
        gradients = [g.astype("f8") for g in compute_gradients(model, mse, x[part], y[part])]
        sums = gradients if sums is None else [a + b for a, b in zip(sums, gradients, strict=True)]
        norms.append([np.linalg.norm(g) for g in gradients])
    deltas = vg.read_log(tmp_path / "deltas.csv")
    tensors = [rows["delta"].to_numpy() for _, rows in deltas.groupby(["depth", "weight"], sort=False, observed=True)]
    for total, delta in zip(sums, tensors, strict=True):
        np.testing.assert_allclose(-rate * total.ravel(), delta, rtol=1e-4, atol=1e-6)
    log = vg.read_log(tmp_path / "gradients.csv")
    np.testing.assert_allclose(log["gradient_norm"], np.mean(norms, axis=0), rtol=2e-5, atol=1e-9)
    np.testing.assert_allclose(log["gradient_norm_max"], np.max(norms, axis=0), rtol=2e-5, atol=1e-9)
    rms = np.sqrt(np.sum(np.square(norms), axis=0) / (5 * log["size"]))
    np.testing.assert_allclose(log["gradient_rms"], rms, rtol=2e-5, atol=1e-9)
    np.testing.assert_allclose(log["update_ratio"], log["delta_norm"] / log["weight_norm"], rtol=1e-6)
    assert log["steps"].tolist() == [5] * len(log)
    assert log["step"].tolist() == [4] * len(log)


def make_embedding():
    return keras.Sequential(
        [layers.Embedding(20, 4, name="embedding"), layers.GlobalAveragePooling1D(), layers.Dense(1)]
    )


def make_recurrent():
    return keras.Sequential([keras.Input((5, 3)), layers.LSTM(4), layers.Dense(1)])


def make_convolution():
    return keras.Sequential([keras.Input((6, 6, 2)), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(1)])


def make_attention():
    inputs = keras.Input((5, 4))
    x = layers.MultiHeadAttention(2, 3, name="attention")(inputs, inputs)
    return keras.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling1D()(x)))


def make_shared():
    shared, inputs = layers.Dense(3, activation="tanh", name="shared"), keras.Input((3,))
    return keras.Model(inputs, layers.Dense(1)(shared(shared(inputs))))


def make_dead():
    return keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, activation="relu", bias_initializer=lambda *a, **k: np.float32([-99, 0, 0, -99])),
            layers.Dense(1),
        ]
    )


def make_ordered(shape, dtype="float32", high=None, count=24):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(count, *shape)).astype(dtype) if high is None else rng.integers(0, high, (count, *shape))
    return x, rng.normal(size=(count, 1)).astype("float32")


@pytest.mark.parametrize(
    ("make", "shape", "high"),
    [
        (make_embedding, (7,), 20),
        (make_recurrent, (5, 3), None),
        (make_convolution, (6, 6, 2), None),
        (make_attention, (5, 4), None),
        (make_shared, (3,), None),
        (make_dead, (3,), None),
    ],
)
def test_kinds_of_layers(make, shape, high, tmp_path):
    check_norms(make, tmp_path, data=make_ordered(shape, high=high))


COMPILE_OPTIONS = {"graph": {"jit_compile": False}, "eager": {"run_eagerly": True}, "xla": {"jit_compile": True}}
if BACKEND == "torch":
    del COMPILE_OPTIONS["xla"]  # torch.compile takes half a minute: see the test of its own


@pytest.mark.parametrize("options", COMPILE_OPTIONS)
@pytest.mark.parametrize("make", [make_embedding, make_shared])
def test_ways_to_compile(options, make, tmp_path):
    data = make_ordered((7,), high=20) if make is make_embedding else make_ordered((3,))
    check_norms(make, tmp_path, data=data, compile_options=COMPILE_OPTIONS[options])


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


@pytest.mark.parametrize(
    "options",
    [
        {"clipnorm": 1e-3},
        {"clipvalue": 1e-3},
        {"global_clipnorm": 1e-3},
        {"weight_decay": 0.1},
        {"use_ema": True, "ema_overwrite_frequency": 2},
        {"momentum": 0.9},
        {"gradient_accumulation_steps": 2},
        {"loss_scale_factor": 128.0},
    ],
    ids=lambda options: next(iter(options)),
)
def test_figures_are_those_before_the_optimizer_acts(options, tmp_path):
    check_norms(make_shared, tmp_path, optimizer=keras.optimizers.SGD(0.05, **options))


def test_an_epoch_shorter_than_the_accumulation(tmp_path):
    optimizer = keras.optimizers.Adam(gradient_accumulation_steps=50)
    fit(make_sequential, vg.GradientLogger(tmp_path / "log.csv"), optimizer=optimizer, epochs=1)
    log = vg.read_log(tmp_path / "log.csv")
    assert (log["delta_norm"] == 0).all()
    assert (log["gradient_norm"] > 0).all()
    assert log["learning_rate"].isna().all()


def test_several_inputs_and_outputs_and_a_weight_without_gradient(tmp_path):
    def make():
        a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
        x = layers.Concatenate()([layers.Dense(4, name="left")(a), layers.Dense(4, name="right")(b)])
        outputs = {"used": layers.Dense(1, name="used")(x), "idle": layers.Dense(1, name="idle")(x)}
        return keras.Model({"a": a, "b": b}, outputs)

    rng = np.random.default_rng(0)
    x = {"a": rng.normal(size=(16, 3)).astype("float32"), "b": rng.normal(size=(16, 2)).astype("float32")}
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(keras.optimizers.SGD(0.1), {"used": "mse"})
    model.fit(x, {"used": np.ones((16, 1))}, verbose=0, callbacks=[vg.GradientLogger(tmp_path / "log.csv")])
    rows = read_rows(tmp_path / "log.csv")[0]
    assert {layer for layer, _ in rows} == {"left", "right", "used", "idle"}
    for (layer, _), row in rows.items():
        if layer == "idle":
            is_absent = BACKEND != "jax"  # JAX gives a gradient of zeros
            assert row["steps"] == (0 if is_absent else 1)
            assert np.isnan(row["gradient_norm"]) if is_absent else row["gradient_norm"] == 0
            assert row["delta_norm"] == 0
        else:
            assert row["gradient_norm"] > 0


def test_layers_frozen_and_thawed_between_fits(tmp_path):
    model = make_sequential()
    logger = vg.GradientLogger(tmp_path / "log.csv")
    for trainable in (True, False, True):
        model.get_layer("hidden").trainable = trainable
        model.compile("sgd", "mse")
        model.fit(*make_data(), verbose=0, callbacks=[logger])
        expected = ["hidden", "bn", "out"] if trainable else ["bn", "out"]
        assert vg.read_log(tmp_path / "log.csv")["layer"].unique().tolist() == expected


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


def test_every_so_many_steps(tmp_path):
    fit(make_sequential, vg.GradientLogger(tmp_path / "each.csv", every=1), epochs=2, shuffle=False)
    fit(make_sequential, vg.GradientLogger(tmp_path / "two.csv", every=2), epochs=2, shuffle=False)
    each, two = read_rows(tmp_path / "each.csv"), read_rows(tmp_path / "two.csv")
    ends = [(row["epoch"], row["step"], row["steps"]) for rows in two for row in rows.values()][::6]
    assert ends == [(0, 1, 2), (0, 3, 2), (0, 4, 1), (1, 1, 2), (1, 3, 2), (1, 4, 1)]
    groups = [each[0:2], each[2:4], each[4:5], each[5:7], each[7:9], each[9:10]]
    for rows, group in zip(two, groups, strict=True):
        for key, row in rows.items():
            norms = [single[key]["gradient_norm"] for single in group]
            np.testing.assert_allclose(row["gradient_norm"], np.mean(norms), rtol=1e-5, atol=1e-9)
            np.testing.assert_allclose(row["gradient_norm_max"], np.max(norms), rtol=1e-5, atol=1e-9)
            rms = np.sqrt(np.sum(np.square(norms)) / (len(norms) * row["size"]))
            np.testing.assert_allclose(row["gradient_rms"], rms, rtol=1e-5, atol=1e-9)


def test_tiny_and_huge_gradients_neither_vanish_nor_overflow(tmp_path):
    for size in (1e-25, 1e-12, 1e25):
        model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
        model.compile(keras.optimizers.SGD(1e-30), lambda y, y_pred, size=size: size * y_pred)
        model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0, callbacks=[vg.GradientLogger(tmp_path / "log.csv")])
        row = vg.read_log(tmp_path / "log.csv").iloc[0]
        for column in ("gradient_norm", "gradient_norm_max", "gradient_rms"):
            assert row[column] == pytest.approx(size, rel=1e-6)


@pytest.mark.parametrize("size", [1e-25, 1e25])
def test_a_large_kernel_whose_gradient_changes_its_size_in_mid_epoch(size, tmp_path):
    """Its squares are lost, or overflow, both where zeros are counted and where they are not."""
    sizes = np.array([1, size, size, 0, 0, size])
    x = np.repeat(np.float32(sizes), 2)[:, None] * np.ones((1, 100), "float32")
    x[:, :25] = 0
    model = keras.Sequential([keras.Input((100,)), layers.Dense(64, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(1e-30), lambda y, y_pred: keras.ops.sum(y_pred, axis=-1))
    for every in (1, 2):  # in a row of two, the second step is not counted
        logger = vg.GradientLogger(tmp_path / "log.csv", every=every)
        model.fit(x, np.ones((12, 1)), batch_size=2, shuffle=False, verbose=0, callbacks=[logger])
        log = vg.read_log(tmp_path / "log.csv")
        norms = sizes.reshape(-1, every).mean(axis=1) * (75 * 64) ** 0.5
        np.testing.assert_allclose(log["gradient_norm"], norms, rtol=1e-5)
        assert log["nonfinite_steps"].tolist() == [0] * len(norms)
        assert log["zero_fraction"].tolist() == [1 if first == 0 else 0.25 for first in sizes[::every]]


def test_nonfinite_steps_are_counted(tmp_path):
    x, y = make_data()
    y[16:24] = np.nan  # the third of five batches, after which the weights are NaN
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    log_path = tmp_path / "log.csv"
    model.fit(x, y, batch_size=8, shuffle=False, verbose=0, callbacks=[vg.GradientLogger(log_path, every=1)])
    log = vg.read_log(log_path).query("weight == 'kernel'")
    assert log["nonfinite_steps"].tolist() == [0, 0, 1, 1, 1]
    assert log["gradient_norm"].isna().tolist() == [False, False, True, True, True]


def test_an_infinite_weight_is_no_warning(tmp_path):
    embedding = layers.Embedding(2, 1)
    model = keras.Sequential([keras.Input((1,), dtype="int32"), embedding, layers.Flatten(), layers.Dense(1)])
    embedding.set_weights([np.array([[1.0], [np.inf]], "float32")])
    model.compile("sgd", "mse")
    callback = vg.GradientLogger(tmp_path / "log.csv")
    model.fit(np.zeros((2, 1), "int32"), np.ones((2, 1)), verbose=0, callbacks=[callback])  # never looks it up
    row = vg.read_log(tmp_path / "log.csv").iloc[0]
    assert row["gradient_norm"] > 0
    assert row["weight_norm"] == np.inf
    assert np.isnan(row["delta_norm"])


def test_mixed_float16_shows_unscaled_gradients_and_skipped_steps(tmp_path):
    def make():
        return keras.Sequential(
            [
                keras.Input((3,)),
                layers.Dense(4, activation="tanh", dtype="mixed_float16", name="half"),
                layers.Dense(1, dtype="float32", name="out"),
            ]
        )

    x, y = make_data()
    keras.utils.set_random_seed(0)
    model = make()
    initial = model.get_weights()
    scale = 2.0**20  # overflows float16 in the first steps, and is halved each time
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05), initial_scale=scale), "mse")
    path = tmp_path / "log.csv"
    model.fit(x, y, batch_size=8, shuffle=False, epochs=3, verbose=0, callbacks=[vg.GradientLogger(path, every=1)])
    log = vg.read_log(path)
    skipped = log[log["nonfinite_steps"] == 1]
    taken = log[log["nonfinite_steps"] == 0]
    assert len(skipped) > 0
    assert len(taken) > 0
    assert (skipped["delta_norm"] == 0).all()
    assert skipped["gradient_norm"].isna().all()
    assert skipped.groupby(["epoch", "step"]).size().eq(4).all()  # skipped for all weights
    np.testing.assert_allclose(taken["delta_norm"], 0.05 * taken["gradient_norm"], rtol=1e-3, atol=1e-7)
    first = taken.iloc[:4]
    part = slice(8 * first["step"].iloc[0], 8 * first["step"].iloc[0] + 8)
    if first["epoch"].iloc[0] == 0:
        model.set_weights(initial)
        mse = lambda y, y_pred: keras.ops.mean(keras.losses.mean_squared_error(y, y_pred))  # noqa: E731
        gradients = compute_gradients(model, mse, x[part], y[part])
        np.testing.assert_allclose(first["gradient_norm"], [np.linalg.norm(g) for g in gradients], rtol=0.02)


def test_mixed_bfloat16(tmp_path):
    def make():
        return keras.Sequential([keras.Input((3,)), layers.Dense(4, dtype="mixed_bfloat16"), layers.Dense(1)])

    check_norms(make, tmp_path, rtol=0.05, atol=0.01)  # 8 bits of mantissa, rounded elsewhere under XLA


def snapshot(model, history):
    variables = [np.array(to_numpy(v)) for v in (*model.variables, *model.optimizer.variables)]
    seeds = [
        np.array(to_numpy(layer.seed_generator.state)) for layer in model.layers if hasattr(layer, "seed_generator")
    ]
    ours = ("gradient_rms_first", "gradient_rms_last", "gradient_ratio", "weight_delta_first")
    return variables + seeds, {k: v for k, v in history.history.items() if k not in ours}


@pytest.mark.parametrize("options", COMPILE_OPTIONS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize(
    "make", [make_sequential, make_sequential_without_input, BackToFront, make_penalized, make_lookup]
)
def test_training_is_bit_identical_with_and_without(make, optimizer, options, tmp_path):
    def train(*callbacks):
        return snapshot(*fit(make, *callbacks, optimizer=optimizer, compile_options=COMPILE_OPTIONS[options]))

    check_identity(train, options, tmp_path)


@pytest.mark.parametrize("options", COMPILE_OPTIONS)
@pytest.mark.parametrize("clipping", [{"global_clipnorm": 0.5}, {"clipnorm": 0.5}, {}])
def test_training_of_a_convolution_is_bit_identical_with_and_without(clipping, options, tmp_path):
    """XLA computes a kernel's gradient, and the squares that clipping needs, in a way that depends on who uses them."""
    x, y = make_ordered((8, 8, 2), count=192)

    def train(*callbacks):
        keras.utils.set_random_seed(125)
        hidden = [layers.Conv2D(28, 3, activation="selu"), layers.Flatten(), layers.Dense(102, activation="selu")]
        model = keras.Sequential([keras.Input((8, 8, 2)), *hidden, layers.Dense(1)])
        optimizer = keras.optimizers.SGD(0.01, **clipping) if clipping else "nadam"
        model.compile(optimizer, "mse", **COMPILE_OPTIONS[options])
        return snapshot(model, model.fit(x, y, batch_size=96, epochs=2, verbose=0, callbacks=list(callbacks)))

    check_identity(train, options, tmp_path)


def make_very_wide():
    return keras.Sequential([keras.Input((20,)), layers.Dense(4096, activation="relu"), layers.Dense(1)])


def make_very_wide_and_shared():
    wide = layers.Dense(4096, activation="relu", bias_regularizer="l2")
    one = keras.Input((20,))
    both = layers.Add()([wide(one), wide(layers.Dense(20, activation="tanh")(one))])
    return keras.Model(one, layers.Dense(1)(both))


def make_very_wide_and_normalized():
    hidden = [layers.Dense(4096, activation="relu"), layers.BatchNormalization(), layers.LayerNormalization()]
    return keras.Sequential([keras.Input((20,)), *hidden, layers.Dense(1)])


def make_image_reader():
    hidden = [layers.Reshape((28, 28, 1)), layers.Conv2D(16, 3, activation="relu"), layers.Flatten()]
    return keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(1)])


def make_depthwise():
    hidden = [layers.Reshape((5, 4, 1)), layers.Conv2D(512, 1), layers.DepthwiseConv2D(3), layers.Flatten()]
    return keras.Sequential([keras.Input((20,)), *hidden, layers.Dense(1)])


def make_attentive():
    one = keras.Input((20,))
    rows = layers.Dense(64)(layers.Reshape((5, 4))(one))
    return keras.Model(one, layers.Dense(1)(layers.Flatten()(layers.MultiHeadAttention(4, 32)(rows, rows))))


def make_matrices():
    hidden = [layers.Dense(256, activation="tanh", kernel_regularizer=penalty) for penalty in (None, "l2", None)]
    return keras.Sequential([keras.Input((20,)), *hidden, layers.Dense(1)])


class Penalized(layers.Layer):
    """Keeps some rows of its kernel few, and others small."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 4))

    def call(self, x):
        self.add_loss(0.01 * keras.ops.sum(keras.ops.abs(self.kernel[1:])))
        self.add_loss(0.01 * keras.ops.sum(keras.ops.square(self.kernel[:2])))
        return x @ self.kernel


def make_penalized_rows():
    return keras.Sequential([keras.Input((16,)), Penalized(), layers.Dense(3)])


@pytest.mark.parametrize("options", {"tensorflow": ["graph", "xla"], "jax": ["xla"], "torch": ["graph"]}[BACKEND])
@pytest.mark.parametrize(
    ("make", "optimizer"),
    [
        (make_very_wide, keras.optimizers.SGD(1e-3, momentum=0.9)),
        (make_very_wide_and_shared, keras.optimizers.SGD(1e-3)),
        (make_very_wide_and_normalized, keras.optimizers.SGD(1e-3, weight_decay=0.01)),
        (make_image_reader, keras.optimizers.Adagrad()),
        (make_depthwise, keras.optimizers.SGD(1e-3)),
        (make_attentive, keras.optimizers.Adagrad(0.05)),
        (make_matrices, keras.optimizers.SGD(1e-2)),
    ],
)
def test_training_of_many_values_is_bit_identical_with_and_without(make, optimizer, options, tmp_path):
    """XLA joins a sum, as in a bias's gradient, with the update that follows, if nobody else reads the sum."""
    x, y = make_ordered(make().input_shape[1:], count=192)
    train = make_trainer(make, optimizer, options, x=x, y=y, batch_size=16, epochs=2)
    check_identity(train, options, tmp_path)


def make_two_layers():
    return keras.Sequential([keras.Input((8,)), layers.Dense(16, activation="relu"), layers.Dense(3)])


def make_attention():
    one = keras.Input((6, 8))
    normalized = layers.LayerNormalization()(layers.MultiHeadAttention(2, 4)(one, one) + one)
    return keras.Model(one, layers.Dense(1)(layers.GlobalAveragePooling1D()(normalized)))


def make_unrolled():
    return keras.Sequential([keras.Input((4, 3)), layers.LSTM(5, unroll=True), layers.Dense(2)])


def make_gated():
    return keras.Sequential([keras.Input((5, 6)), layers.GRU(9, unroll=True), layers.Dense(2)])


def make_gated_as_of_old():
    gated = layers.GRU(9, unroll=True, reset_after=False)
    return keras.Sequential([keras.Input((5, 6)), gated, layers.Dense(2)])


def make_averaged():
    upscale = layers.Conv2DTranspose(4, 3, strides=2)
    return keras.Sequential([keras.Input((6, 6, 3)), upscale, layers.GlobalAveragePooling2D()])


def make_parametric():
    return keras.Sequential([keras.Input((6,)), layers.Dense(7, "tanh"), layers.PReLU(), layers.Dense(2)])


class PenalizedTable(layers.Layer):
    """Looks rows up, and keeps all but the first small."""

    def build(self, shape):
        self.table = self.add_weight(shape=(20, 4))

    def call(self, rows):
        self.add_loss(0.01 * keras.ops.sum(keras.ops.square(self.table[1:])))
        return keras.ops.take(self.table, rows, axis=0)


def make_looked_up():
    return keras.Sequential(
        [keras.Input((5,), dtype="int32"), PenalizedTable(), layers.Dense(3, "tanh"), layers.Flatten(), layers.Dense(1)]
    )


class Averaged(layers.Layer):
    """Its kernel comes in as one number, and is penalized in overlapping parts."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(4097,), initializer="random_normal")

    def call(self, x):
        self.add_loss(0.01 * keras.ops.sum(keras.ops.square(self.kernel[1:])))
        self.add_loss(0.01 * keras.ops.sum(keras.ops.abs(self.kernel[:-1])))
        return x * keras.ops.mean(self.kernel) + keras.ops.tanh(x[:, :1] * keras.ops.sum(self.kernel[:3]))


def make_averaged_kernel():
    return keras.Sequential([keras.Input((6,)), Averaged(), layers.Dense(2)])


# Without a compiler nothing is joined, and JAX takes long.
@pytest.mark.parametrize("options", {"tensorflow": ["graph", "xla"], "jax": ["xla"], "torch": ["graph"]}[BACKEND])
@pytest.mark.parametrize(
    ("make", "optimizer"),
    [
        (make_two_layers, keras.optimizers.SGD(0.05, global_clipnorm=0.5)),
        (make_attention, keras.optimizers.SGD(0.05, clipnorm=0.1)),
        (make_attention, keras.optimizers.Adagrad(0.01)),
        (make_unrolled, keras.optimizers.SGD(0.05)),
        (make_gated, keras.optimizers.SGD(0.05)),
        (make_gated_as_of_old, keras.optimizers.SGD(0.05)),
        (make_parametric, keras.optimizers.SGD(0.05)),
        (make_averaged, keras.optimizers.SGD(0.05)),
        (make_penalized_rows, keras.optimizers.SGD(0.05)),
        (make_looked_up, keras.optimizers.SGD(0.05)),
        (make_averaged_kernel, keras.optimizers.SGD(0.05)),
        (make_averaged_kernel, keras.optimizers.SGD(0.05, global_clipnorm=0.3)),
    ],
)
def test_training_of_few_values_is_bit_identical_with_and_without(make, optimizer, options, tmp_path):
    """Small models, too: those that came out with other last bits where sums were copied otherwise, or not at all."""
    x = np.random.default_rng(1).normal(size=(11, *make().input_shape[1:])).astype("float32")
    x = np.abs(x * 5).astype("int32") % 20 if make is make_looked_up else x
    y = np.random.default_rng(2).normal(size=(11, *make().output_shape[1:])).astype("float32")
    train = make_trainer(make, optimizer, options, x=x, y=y, batch_size=5, epochs=8)
    check_identity(train, options, tmp_path)


@pytest.mark.skipif(BACKEND == "jax", reason="JAX has no float64 unless it is told to, before anything else")
@pytest.mark.parametrize("options", COMPILE_OPTIONS)
def test_a_model_in_float64(options, tmp_path):
    keras.config.set_floatx("float64")
    try:
        model = keras.Sequential([keras.Input((3,)), layers.Dense(100, "relu"), layers.Dense(100), layers.Dense(1)])
        model.compile("sgd", "mse", **COMPILE_OPTIONS[options])
        model.fit(np.ones((8, 3)), np.ones((8, 1)), verbose=0, callbacks=[vg.GradientLogger(tmp_path / "g.csv")])
    finally:
        keras.config.set_floatx("float32")
    assert vg.read_log(tmp_path / "g.csv")["gradient_norm"].gt(0).all()


def make_trainer(make, optimizer, options, **data):
    def train(*callbacks):
        keras.utils.set_random_seed(0)
        model = make()
        model.compile(type(optimizer).from_config(optimizer.get_config()), "mse", **COMPILE_OPTIONS[options])
        return snapshot(model, model.fit(**data, verbose=0, callbacks=list(callbacks)))

    return train


def check_identity(train, options, tmp_path):
    def are_same(one, other):
        return one[1] == other[1] and all(np.array_equal(a, b) for a, b in zip(one[0], other[0], strict=True))

    plain = train()
    logged = train(vg.GradientLogger(tmp_path / "g.csv"), vg.WeightDeltaLogger(tmp_path / "d.csv"))
    if options == "xla" and not are_same(plain, logged) and not are_same(plain, train()):
        pytest.skip("XLA on this CPU does not repeat even a plain training to the last bit")
    assert are_same(plain, logged)


def read_saved(path):
    """All arrays in a .keras file, and its configuration."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        with archive.open("model.weights.h5") as file, h5py.File(file) as store:
            arrays = {}
            store.visititems(lambda n, item: arrays.update({n: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return arrays, config


def make_named(folder):
    """A model whose names do not depend on what was made before it."""
    return keras.Sequential(
        [keras.Input((3,), name="in"), layers.Dense(4, activation="tanh", name="a"), layers.Dense(1, name="b")],
        name="m",
    )


@pytest.mark.parametrize("scaled", [False, True])
def test_what_is_saved_during_a_fit_is_what_is_saved_without(scaled, tmp_path):
    saved = []
    for logged in (False, True):
        folder = tmp_path / str(logged)
        folder.mkdir()
        optimizer = keras.optimizers.Adam(name="adam")
        if scaled:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, name="scaled")
        callbacks = [
            keras.callbacks.ModelCheckpoint(str(folder / "{epoch}_{batch}.keras"), save_freq=3),
            keras.callbacks.ModelCheckpoint(str(folder / "{epoch}.keras")),
        ]
        logger = [vg.GradientLogger(folder / "log.csv", every=2)] if logged else []
        fit(lambda folder=folder: make_named(folder), *logger, *callbacks, optimizer=optimizer, epochs=2)
        saved.append({path.name: read_saved(path) for path in sorted(folder.glob("*.keras"))})
    assert len(saved[0]) == 5
    assert saved[0].keys() == saved[1].keys()
    for name, (arrays, config) in saved[0].items():
        other_arrays, other_config = saved[1][name]
        assert arrays.keys() == other_arrays.keys()
        assert any("optimizer" in key for key in arrays)
        assert all(np.array_equal(arrays[key], other_arrays[key]) for key in arrays), name
        assert config["config"] == other_config["config"]
        assert config["compile_config"] == other_config["compile_config"]


def test_a_saved_model_continues_exactly_in_a_fresh_process(tmp_path):
    program = """
import sys, warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", message="__array__ implementation")
import keras, numpy as np
sys.path.insert(0, {tests!r})
from models import make_data
from keras_vg.training.weights import list_weights
model = keras.models.load_model("model.keras")
model.fit(*make_data(), batch_size=8, shuffle=False, epochs=2, verbose=0)
np.savez("after.npz", *model.get_weights())
"""
    results = []
    for logged in (False, True):
        path = tmp_path / f"{logged}"
        path.mkdir()
        logger = [vg.GradientLogger(path / "log.csv")] if logged else []
        model, _ = fit(
            lambda path=path: make_named(path), *logger, shuffle=False, compile_options={"jit_compile": False}
        )
        model.save(path / "model.keras")
        script = program.format(tests=os.path.dirname(__file__))
        subprocess.run([sys.executable, "-c", script], cwd=path, check=True, capture_output=True, text=True)
        with np.load(path / "after.npz") as file:
            results.append([file[key] for key in file.files])
    assert all(np.array_equal(a, b) for a, b in zip(*results, strict=True))


def test_backup_and_restore(tmp_path):
    def train(name, logged):
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / name))
        logger = vg.GradientLogger(tmp_path / f"{name}.csv", append=True)

        class Fail(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == 2:
                    raise RuntimeError("interrupted")

        options = {"batch_size": 8, "shuffle": False, "epochs": 4, "verbose": 0}
        for callbacks in ([Fail()], []):
            keras.utils.set_random_seed(0)
            model = make_named(None)
            model.compile("adam", "mse", jit_compile=False)
            callbacks = ([logger, backup] if logged else [backup]) + callbacks
            try:
                model.fit(*make_data(), callbacks=callbacks, **options)
            except RuntimeError:
                assert callbacks
        return [np.array(to_numpy(v)) for v in (*model.weights, *model.optimizer.variables)]

    plain, logged = train("plain", False), train("logged", True)
    assert all(np.array_equal(a, b) for a, b in zip(plain, logged, strict=True))
    assert vg.read_log(tmp_path / "logged.csv")["epoch"].unique().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "hook", ["on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_train_batch_end", "on_epoch_end"]
)
@pytest.mark.parametrize("make", [make_sequential, make_sequential_without_input])
def test_a_fit_that_breaks_off_leaves_model_and_optimizer_clean(make, hook, tmp_path):
    keras.utils.set_random_seed(0)
    model = make()
    model.compile("adam", "mse")
    logger = vg.GradientLogger(tmp_path / "log.csv")
    with pytest.raises(KeyboardInterrupt):
        model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[logger, Failing(hook)])
    assert "apply" not in vars(model.optimizer)
    assert "stateless_apply" not in vars(model.optimizer)
    assert not any(variable.shape == (7, 6) for variable in model.optimizer.variables)
    kept = (tmp_path / "log.csv").read_bytes() if (tmp_path / "log.csv").exists() else None
    if model.optimizer.built:
        model.save(tmp_path / "model.keras")
        keras.models.load_model(tmp_path / "model.keras")
    model.fit(*make_data(), batch_size=8, verbose=0)
    assert type(model.train_function).__name__ == "function"
    assert ((tmp_path / "log.csv").read_bytes() if (tmp_path / "log.csv").exists() else None) == kept
    history = model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[logger])
    assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [5] * 6
    assert history.history["gradient_ratio"][0] > 0


def test_an_interrupt_inside_the_step(tmp_path):
    model = make_sequential()
    model.compile("adam", "mse", run_eagerly=True)
    model.fit(*make_data(), verbose=0)
    apply = model.optimizer.update_step

    def interrupt(*args):
        raise KeyboardInterrupt

    model.optimizer.update_step = interrupt
    if BACKEND == "torch":
        model.optimizer._backend_update_step = interrupt
    with pytest.raises(KeyboardInterrupt):
        model.fit(*make_data(), verbose=0, callbacks=[vg.GradientLogger(tmp_path / "log.csv")])
    assert not {"apply", "stateless_apply"} & set(vars(model.optimizer))
    assert type(model.train_function).__name__ == "function"
    model.optimizer.update_step = apply


def test_fits_with_and_without_in_turn(tmp_path):
    logger = vg.GradientLogger(tmp_path / "log.csv")
    model, _ = fit(make_sequential, logger)
    plain = model.train_function
    for _ in range(2):
        model.fit(*make_data(), batch_size=8, verbose=0)
        model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[logger])
        assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [5] * 6
        assert model.train_function is plain
    model.compile("sgd", "mse")
    model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[logger])
    assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [5] * 6


def test_fits_that_share_one_history(tmp_path):
    model = make_sequential()
    model.compile("sgd", "mse")
    history, logger = keras.callbacks.History(), vg.GradientLogger(tmp_path / "log.csv")
    for _ in range(2):
        model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[history, logger])
        assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [5] * 6


def test_a_model_fitted_again_is_not_traced_again(tmp_path):
    traces = []

    class Counted(layers.Dense):
        def call(self, x):
            traces.append(1)
            return super().call(x)

    model = keras.Sequential([keras.Input((3,)), Counted(1)])
    model.compile("sgd", "mse")
    names = ["first", "first", "another"]
    loggers = {name: vg.GradientLogger(tmp_path / name) for name in names}
    counts = []
    for name in names:
        model.fit(*make_data(), batch_size=8, verbose=0, callbacks=[loggers[name]])
        assert vg.read_log(tmp_path / name)["steps"].tolist() == [5, 5]
        counts.append(len(traces))
    if BACKEND != "torch":
        assert counts == counts[:1] * 3


def test_several_loggers_beside_one_another(tmp_path):
    names = ["all", "first", "steps"]
    loggers = [
        vg.GradientLogger(tmp_path / "all.csv"),
        vg.WeightDeltaLogger(tmp_path / "deltas.csv"),
        vg.GradientLogger(tmp_path / "first.csv", layers="first"),
        vg.GradientLogger(tmp_path / "steps.csv", every=2),
    ]
    for make in (make_sequential, make_sequential_without_input):
        fit(make, loggers[0], *loggers, shuffle=False)  # the first one twice
        logs = {name: vg.read_log(tmp_path / f"{name}.csv") for name in names}
        first = logs["all"].query("depth == 0").reset_index(drop=True)
        assert len(logs["all"]) == 18
        for column in ("steps", "gradient_norm", "gradient_rms", "delta_norm", "learning_rate"):
            np.testing.assert_array_equal(first[column], logs["first"][column])
        assert logs["steps"]["steps"].sum() == logs["all"]["steps"].sum() == 3 * 5 * 6
        fit(make, loggers[2], shuffle=False)
        np.testing.assert_allclose(
            vg.read_log(tmp_path / "first.csv")["gradient_rms"], first["gradient_rms"], rtol=1e-3
        )


def test_a_logger_that_is_ended_in_mid_fit_leaves_the_others_and_the_training_alone(tmp_path):
    ended = [vg.GradientLogger(tmp_path / f"ended{i}.csv", layers=which) for i, which in enumerate(("last", "first"))]

    def end(batch, logs):
        for logger in ended[batch - 2 : batch - 1]:  # at the third step the one, at the fourth the other
            logger.on_train_end()

    ender = keras.callbacks.LambdaCallback(on_train_batch_end=end)
    alone, beside = vg.GradientLogger(tmp_path / "alone.csv"), vg.GradientLogger(tmp_path / "beside.csv")
    model, _ = fit(make_sequential, alone)
    other, _ = fit(make_sequential, ended[0], beside, ended[1], ender)
    assert (tmp_path / "alone.csv").read_bytes() == (tmp_path / "beside.csv").read_bytes()
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_look_at_the_model_at_every_step_changes_no_figure(tmp_path):
    """On JAX a look at the model makes the next step take its state from there."""
    looker = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: looker.model.get_weights())
    fit(make_sequential, vg.GradientLogger(tmp_path / "one.csv"))
    fit(make_sequential, looker, vg.GradientLogger(tmp_path / "two.csv"))
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_fit_inside_a_fit_leaves_what_was_seen_before(tmp_path):
    def nest(batch, logs):
        if batch == 2:
            nester.model.fit(*make_data(), verbose=0)

    nester = keras.callbacks.LambdaCallback(on_train_batch_end=nest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's own, of the inner fit
        fit(make_sequential, vg.GradientLogger(tmp_path / "log.csv"), nester, epochs=1)
    assert vg.read_log(tmp_path / "log.csv")["steps"].tolist() == [3] * 6


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


def test_headline_figures_reach_history_and_later_callbacks(tmp_path):
    stopper = keras.callbacks.EarlyStopping(monitor="gradient_ratio", mode="max", patience=0, baseline=1e9)
    csv_logger = keras.callbacks.CSVLogger(str(tmp_path / "history.csv"))
    callbacks = [vg.GradientLogger(tmp_path / "log.csv"), stopper, csv_logger]
    if BACKEND == "tensorflow":
        callbacks.append(keras.callbacks.TensorBoard(str(tmp_path / "board")))
    _, history = fit(make_sequential, *callbacks, epochs=5)
    assert len(history.history["gradient_ratio"]) < 5  # stopped
    log = vg.read_log(tmp_path / "log.csv")
    rms = log["gradient_rms"].groupby([log["epoch"], log["depth"]]).max().unstack()
    np.testing.assert_allclose(history.history["gradient_rms_first"], rms[0], rtol=1e-5)
    np.testing.assert_allclose(history.history["gradient_rms_last"], rms[2], rtol=1e-5)
    np.testing.assert_allclose(history.history["gradient_ratio"], rms[0] / rms[2], rtol=1e-5)
    assert "gradient_ratio" in (tmp_path / "history.csv").read_text().splitlines()[0]
    if BACKEND == "tensorflow":
        from tensorflow.python.summary.summary_iterator import summary_iterator

        events = [e for path in (tmp_path / "board" / "train").iterdir() for e in summary_iterator(str(path))]
        assert "epoch_gradient_ratio" in {value.tag for event in events for value in event.summary.value}


def test_zero_fraction_is_the_mean_over_all_steps(tmp_path):
    x = np.zeros((100, 2), "float32")
    x[:, 0] = 1
    x[50:, 1] = 1  # so that from step 50 on the kernel's gradient has no zero
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(1e-6), "mse")
    log = tmp_path / "log.csv"
    model.fit(x, np.full((100, 1), 9.0), batch_size=1, shuffle=False, verbose=0, callbacks=[vg.GradientLogger(log)])
    assert vg.read_log(log)["zero_fraction"].item() == pytest.approx(0.25)


@pytest.mark.parametrize("every", ["epoch", 10])
@pytest.mark.parametrize("options", COMPILE_OPTIONS)
@pytest.mark.parametrize("units", [1, 2])
def test_zero_fraction_of_many_values(units, options, every, tmp_path):
    """Each step has a number of zeros of its own; one of `COUNT_EVERY` is looked at, from the row's first."""
    size, steps = 5000, COUNT_EVERY + 3
    x = np.ones((2 * steps, size), "float32")
    for step in range(steps):
        x[2 * step : 2 * step + 2, : 4 * step**2] = 0
    model = keras.Sequential([keras.Input((size,)), layers.Dense(units, use_bias=False)])
    model.compile(keras.optimizers.SGD(1e-9), "mse", **COMPILE_OPTIONS[options])
    logger = vg.GradientLogger(tmp_path / "log.csv", every=every)
    y = np.full((len(x), units), 9.0)
    model.fit(x, y, batch_size=2, shuffle=False, epochs=2, verbose=0, callbacks=[logger])
    log = vg.read_log(tmp_path / "log.csv")
    length = steps if every == "epoch" else every
    rows = [range(start, min(start + length, steps), COUNT_EVERY) for start in range(0, steps, length)]
    expected = [np.mean([4 * step**2 / size for step in row]) for row in rows]
    assert log["zero_fraction"].tolist() == pytest.approx(expected * 2)
    assert log["steps"].tolist() == [min(length, steps - start) for start in range(0, steps, length)] * 2


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"every": 0}, ValueError, "at least 1 step. Received: every=0"),
        ({"every": -2}, ValueError, "at least 1 step. Received: every=-2"),
        ({"every": "batch"}, ValueError, "'epoch' or at least 1 step. Received: every='batch'"),
        ({"every": 1.5}, TypeError, "'epoch' or a number of steps. Received: every=1.5"),
        ({"every": True}, TypeError, "Received: every=True"),
        ({"layers": 3}, TypeError, "Received: layers=3"),
    ],
)
def test_bad_arguments_raise_at_once(options, error, message):
    with pytest.raises(error, match=message):
        vg.GradientLogger("log.csv", **options)


def test_a_bad_optimizer_or_layer_is_an_error_before_training(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("kept")
    model = make_sequential()
    with pytest.raises(ValueError, match="compile"):
        model.fit(*make_data(), verbose=0, callbacks=[vg.GradientLogger(path)])
    model.compile("sgd", "mse")
    weights = model.get_weights()
    with pytest.raises(ValueError, match="Did you mean 'hidden'"):
        model.fit(*make_data(), verbose=0, callbacks=[vg.GradientLogger(path, layers=["hiden"])])
    logger = vg.GradientLogger(path)
    model.optimizer = object()
    logger.set_model(model)
    with pytest.raises(TypeError, match="compiled with a Keras optimizer"):
        logger.on_train_begin()
    assert path.read_text() == "kept"
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
