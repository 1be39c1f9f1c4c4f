"""The logs of models whose weights and rates are of 16 bits, as `keras.config.set_floatx` makes them."""

import keras
import numpy as np
import pytest

import keras_vg as vg


@pytest.fixture(params=["bfloat16", "float16"])
def floatx(request):
    keras.config.set_floatx(request.param)
    yield request.param
    keras.config.set_floatx("float32")


@pytest.mark.model
@pytest.mark.filterwarnings("ignore:(error|warning). ")
def test_logs_under_a_floatx_of_16_bits(floatx, tmp_path):
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    guard = vg.TrainingGuard(x[:32], x[:32, :1] > 0)
    loggers = [vg.GradientLogger(tmp_path / "g.csv"), vg.WeightDeltaLogger(tmp_path / "w.csv", layers="all")]
    loggers.append(vg.ActivationLogger(tmp_path / "a.csv", x[:32]))
    model.fit(x, x[:, :1] > 0, epochs=2, verbose=0, callbacks=[guard, *loggers])
    log = vg.read_log(tmp_path / "g.csv")
    rate = float(keras.ops.convert_to_numpy(keras.ops.cast(keras.ops.cast(0.1, floatx), "float32")))
    assert log["learning_rate"].to_numpy() == pytest.approx(np.full(8, rate), rel=1e-6)
    assert (log["steps"] == 2).all()
    kernel = np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(model.layers[0].kernel, "float32")), "float64")
    assert log["weight_norm"].iloc[4] == pytest.approx(np.linalg.norm(kernel), rel=1e-6)
    assert (log["delta_norm"] > 0).any()
    assert len(vg.read_log(tmp_path / "w.csv")) > 0
    assert len(vg.read_log(tmp_path / "a.csv")) == 6
