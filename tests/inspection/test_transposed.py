"""Transposed convolutions whose initializer takes their outputs for their inputs."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, ops

import keras_vg as vg
from helpers.made_up_inspections import make_inspection
from keras_vg.diagnosis.activations import find_large_transposed
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.thresholds import Thresholds
from keras_vg.inspection.transposed import measure_transposed

pytestmark = pytest.mark.model
RNG = np.random.default_rng(0)


def make(channels=64, strides=1, cls=layers.Conv2DTranspose, initializer="he_normal"):
    options = {"padding": "same", "kernel_initializer": initializer}
    hidden = cls(channels, 3, strides=strides, activation="relu", name="hidden", **options)
    return keras.Sequential([keras.Input((8, 8, 64)), hidden, cls(1, 3, name="last", **options)])


@pytest.mark.parametrize("strides", [1, 2])
def test_the_factor_of_the_variance(strides):
    """Beside the variance of outputs that no border touches: he_normal means 2, for inputs of variance 1."""
    keras.utils.set_random_seed(0)
    model = make(16, strides)
    assert measure_transposed({layer.name: layer for layer in model.layers}) == {
        "hidden": 64 / 16 / strides**2,
        "last": 16,
    }
    hidden = model.layers[0]
    hidden.activation = keras.activations.linear
    outputs = ops.convert_to_numpy(hidden(RNG.normal(size=(8, 8, 8, 64)).astype("float32")))
    assert outputs[:, 2:-2, 2:-2].var() == pytest.approx(2 * 64 / 16 / strides**2, rel=0.25)


@pytest.mark.parametrize(("cls", "initializer"), [(layers.Conv2D, "he_normal"), (layers.Conv2DTranspose, None)])
def test_other_kernels_have_no_factor(cls, initializer):
    model = make(cls=cls, initializer=initializer or "glorot_uniform")
    assert measure_transposed({layer.name: layer for layer in model.layers}) == {}


@pytest.mark.parametrize(("initializer", "is_found"), [("he_normal", True), ("glorot_uniform", False)])
def test_first_predictions_that_are_too_large(initializer, is_found):
    keras.utils.set_random_seed(0)
    model = make(initializer=initializer)
    model.compile("adam", "mse")
    x, y = RNG.normal(size=(16, 8, 8, 64)), RNG.normal(size=(16, 8, 8, 1))
    inspection = vg.inspect(model, x.astype("float32"), y.astype("float32"))
    found = {finding.rule: finding for finding in vg.diagnose(inspection).list_all()}
    assert ("exploding_activation" in found) == is_found
    if is_found:
        finding = found["exploding_activation"]
        assert finding.severity == ("warning" if inspection.setup["loss"] > 100 * np.var(y) else "info")
        assert finding.evidence["variance_over_intended"] == 64
        assert "outputs of 'last' have 64 times the variance" in finding.advice
        assert "glorot_uniform" in finding.advice


def test_labels_as_large_as_the_predictions():
    """Then the first loss is an ordinary one."""
    keras.utils.set_random_seed(0)
    model = make()
    model.compile("adam", "mse")
    x, y = RNG.normal(size=(16, 8, 8, 64)), 10 * RNG.normal(size=(16, 8, 8, 1))
    findings = vg.diagnose(vg.inspect(model, x.astype("float32"), y.astype("float32")))
    assert "exploding_activation" not in {finding.rule for finding in findings.list_all()}


@pytest.mark.parametrize(
    ("losses", "loss", "is_found"),
    [
        (["mean_squared_error"], 500.0, True),  # 64 times 7.8
        (["mean_squared_error"], 5000.0, False),
        (["mean_absolute_error"], 50.0, True),  # 8 times 6.3
        (["mean_absolute_error"], 500.0, False),
        (["huber"], 50.0, True),
        (["mean_squared_error", "mean_absolute_error"], 500.0, False),
        (["binary_crossentropy"], 50.0, False),
        (["mean_squared_error", "binary_crossentropy"], 50.0, False),
        (["my_own"], 50.0, False),
        ([], 50.0, False),
    ],
)
def test_the_loss_grows_with_the_variance_or_with_its_root(losses, loss, is_found):
    """Of a layer with 64 times the variance that is meant, where a constant answer has a loss of 1."""
    outputs = [{"layer": "last", "loss": name, "baseline": 1 / len(losses)} for name in losses]
    inspection = make_inspection({"loss": loss, "transposed": {"last": 64.0}}, outputs=pd.DataFrame(outputs))
    if not losses:
        inspection.outputs["loss"] = None
    context = Context(Thresholds(), True, inspection=inspection)
    assert bool(list(find_large_transposed(context))) == is_found
