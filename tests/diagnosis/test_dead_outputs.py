"""Units of an output that a ReLU keeps at 0, and outputs at which nothing is wrong."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from keras_vg.inspection.batches import describe_constant_units

X = np.random.default_rng(0).normal(size=(160, 4)).astype("float32")
Y = np.abs(X[:, :3]) + 0.1


def look(activation, biases, y=Y, epochs=0):
    bias = keras.initializers.Constant(np.array(biases, "float32"))
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(len(biases), activation, bias_initializer=bias)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    guard = vg.TrainingGuard(X, y)
    if not epochs:
        return [f for f in vg.diagnose(vg.inspect(model, X, y)).list_all() if f.rule == "dead_outputs"]
    model.fit(X, y, epochs=epochs, batch_size=8, verbose=0, callbacks=[guard])
    return [f for f in guard.findings.list_all() if f.rule == "dead_outputs"]


@pytest.mark.model
@pytest.mark.filterwarnings("ignore:(error|warning). ")
@pytest.mark.parametrize(("epochs", "severity"), [(0, "warning"), (10, "error")])
def test_a_unit_that_is_0_for_every_example(epochs, severity):
    *_, found = look("relu", [1, -50, 1], epochs=epochs)
    assert (found.severity, found.evidence["dead_units"], found.evidence["units"]) == (severity, 1, 3)
    assert found.evidence["part_of_variance"] == pytest.approx(np.var(Y[:, 1]) / np.var(Y, axis=0).sum(), rel=1e-5)
    assert found.epoch == (epochs - 1 if epochs else None)
    assert "1 of the 3 units" in found.advice


@pytest.mark.parametrize(
    ("activation", "biases", "y"),
    [
        ("relu", [1, 1, 1], Y),
        ("relu", [1, -50, 1], Y * [1, 0, 1]),  # its labels are 0
        ("relu", [-50, -50, -50], Y),  # all of them: other rules say so
        ("softplus", [1, -50, 1], Y),
        ("relu", [-50], Y[:, :1]),
    ],
)
def test_where_no_unit_is_dead(activation, biases, y):
    assert look(activation, biases, y) == []


@pytest.mark.filterwarnings("ignore:(error|warning). ")
@pytest.mark.parametrize("epochs", [0, 10])
def test_a_dead_unit_for_a_rare_event_matters_little(epochs):
    rare = Y * np.array([1, 0, 1])
    rare[3, 1] = 1
    assert look("relu", [1, -50, 1], rare, epochs) == []


def test_units_that_do_not_vary():
    predictions = np.zeros((4, 2, 3))
    predictions[..., 0] = 7
    predictions[:, 1, 1] = np.arange(4)
    labels = np.zeros((4, 2, 3))
    labels[0, 0, :2] = [1, 2]
    found = describe_constant_units(labels, predictions)
    assert found == {"constant_units": 1, "constant_part": pytest.approx(1 / 5)}
    assert describe_constant_units(labels > 0, predictions)["constant_units"] == 1
    for label in (labels[..., 0], None):
        assert describe_constant_units(label, predictions) == {"constant_units": 0, "constant_part": 0.0}
