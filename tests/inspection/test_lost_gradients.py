"""Gradients that are too small for float16, where nothing scales the loss."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg

pytestmark = pytest.mark.model

X = np.random.default_rng(0).normal(size=(128, 8)).astype("float32")
Y = X[:, :1] + X[:, 1:2] * X[:, 2:3]


def build(policy="mixed_float16", optimizer="adam", weight=1.0):
    """Three layers of one policy, which is not that of the model."""
    keras.utils.set_random_seed(0)
    hidden = [layers.Dense(16, "tanh", dtype=policy) for _ in range(2)]
    model = keras.Sequential([keras.Input((8,)), *hidden, layers.Dense(1, dtype=policy)])
    model.compile(optimizer, "mse", loss_weights=[weight])
    return model


def judge(model):
    inspection = vg.inspect(model, X, Y)
    findings = vg.diagnose(inspection).list_all()
    return inspection.setup["lost_gradients"], [f.severity for f in findings if f.rule == "no_loss_scaling"]


@pytest.mark.parametrize(
    ("policy", "optimizer", "weight", "lost", "severities"),
    [
        ("mixed_float16", "adam", 1.0, (0.0, 0.01), []),
        ("mixed_float16", "adam", 1e-6, (0.1, 2.0), ["error"]),
        ("mixed_float16", lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()), 1e-6, None, []),
        ("mixed_float16", lambda: keras.optimizers.SGD(loss_scale_factor=1e4), 1e-6, None, []),
        ("mixed_bfloat16", "adam", 1e-6, None, []),
        ("float32", "adam", 1e-6, None, []),
    ],
)
def test_small_gradients_without_loss_scaling(policy, optimizer, weight, lost, severities):
    model = build(policy, optimizer() if callable(optimizer) else optimizer, weight)
    measured, found = judge(model)
    assert found == severities
    if lost is None:
        assert measured == {}
    else:
        assert list(measured) == [layer.name for layer in model.layers]
        assert all(lost[0] <= part < lost[1] for part in measured.values())
    assert model.optimizer.loss_scale_factor == (1e4 if type(model.optimizer).__name__ == "SGD" else None)


def test_what_is_lost_is_what_a_gradient_in_float32_has_beyond():
    """An independent second computation: the same weights in float32, of the unscaled loss."""
    half, exact = build(weight=3e-6), build("float32", weight=3e-6)
    exact.set_weights(half.get_weights())
    gradients = [vg.inspect(model, X, Y).gradients.set_index(["depth", "weight"]) for model in (half, exact)]
    lost = judge(half)[0]
    for depth, part in enumerate(lost.values()):
        norms = [table.loc[(depth, "kernel"), "gradient_norm"] for table in gradients]
        assert abs(norms[0] - norms[1]) <= (part + 0.01) * norms[1]


def test_a_loaded_model_is_said_to_be_without_it(tmp_path):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = build(weight=1e-6)
        model.save(tmp_path / "model.keras")
    finally:
        keras.config.set_dtype_policy(policy)
    assert judge(model)[1] == []
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    loaded.compile("adam", "mse", loss_weights=[1e-6])
    assert judge(loaded)[1] == ["error"]


def test_the_step_of_a_models_own_is_not_judged():
    class Own(keras.Sequential):
        def train_step(self, *args):
            return super().train_step(*args)

    model = Own(build(weight=1e-6).layers)
    model.compile("adam", "mse", loss_weights=[1e-6])
    assert judge(model) == ({}, [])
