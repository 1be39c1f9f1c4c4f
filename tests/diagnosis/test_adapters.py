"""LoRA's pairs of kernels of which neither gets a gradient."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.long import shorten

X = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")


def make_model(dead):
    keras.utils.set_random_seed(0)
    hidden = [layers.Dense(8, "tanh", name=f"hidden_{number}") for number in range(2)]
    model = keras.Sequential([keras.Input((8,)), *hidden, layers.Dense(1, "sigmoid")])
    for layer in hidden:
        layer.enable_lora(2)
        if layer.name in dead:
            layer.lora_kernel_a.assign(0 * layer.lora_kernel_a)
    model.compile("adam", "binary_crossentropy")
    return model


@pytest.mark.model
@pytest.mark.parametrize(
    ("dead", "severity"),
    shorten(
        {"none": ((), None), "one": (("hidden_1",), "warning"), "all": (("hidden_0", "hidden_1"), "error")}, ["one"]
    ),
)
def test_adapters_that_cannot_learn(dead, severity, tmp_path):
    model = make_model(dead)
    found = [f for f in vg.diagnose(vg.inspect(model, X, Y)) if f.rule == "dead_adapter"]
    assert [f.severity for f in found] == ([severity] if severity else [])
    if found:
        assert found[0].layers == dead
        assert found[0].evidence == {"gradient_norm": 0.0, "adapters": len(dead), "of": 2}
    log = tmp_path / "gradients.csv"
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[vg.GradientLogger(log)])
    trained = [f for f in vg.diagnose(log) if f.rule == "dead_adapter"]
    assert [(f.severity, f.layers) for f in trained] == [(f.severity, f.layers) for f in found]
