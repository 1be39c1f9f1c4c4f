"""Gradients that are tiny, huge, not finite, or of other precisions."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.gradient_rows import check_norms
from helpers.gradients import compute_gradients
from helpers.models import make_data
from helpers.training import COMPILE_OPTIONS

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:Gradients do not exist for variables"),  # said on purpose
]
BACKEND = keras.backend.backend()


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
    """Its squares are lost, or overflow."""
    sizes = np.array([1, size, size, 0, 0, size])
    x = np.repeat(np.float32(sizes), 2)[:, None] * np.ones((1, 100), "float32")
    x[:, :25] = 0
    model = keras.Sequential([keras.Input((100,)), layers.Dense(64, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(1e-30), lambda y, y_pred: keras.ops.sum(y_pred, axis=-1))
    for every in (1, 2):
        logger = vg.GradientLogger(tmp_path / "log.csv", every=every, count_zeros=True)
        model.fit(x, np.ones((12, 1)), batch_size=2, shuffle=False, verbose=0, callbacks=[logger])
        log = vg.read_log(tmp_path / "log.csv")
        norms = sizes.reshape(-1, every).mean(axis=1) * (75 * 64) ** 0.5
        np.testing.assert_allclose(log["gradient_norm"], norms, rtol=1e-5)
        assert log["nonfinite_steps"].tolist() == [0] * len(norms)
        zeros = np.where(sizes == 0, 1, 0.25).reshape(-1, every).mean(axis=1)
        assert log["zero_fraction"].tolist() == zeros.tolist()


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
    # On JAX the measured copy adds float16 values in another order: two roundings, each of 2**-10 at most.
    rtol = 2**-9 if BACKEND == "jax" else 1e-3
    np.testing.assert_allclose(taken["delta_norm"], 0.05 * taken["gradient_norm"], rtol=rtol, atol=1e-7)
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
