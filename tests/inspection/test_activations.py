import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from scipy.special import expit

from helpers.models import make_data, make_sequential
from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.stateless import convert_batch
from keras_vg.logs import schemas
from keras_vg.training.weights import list_weights

pytestmark = pytest.mark.model


def read(model, x):
    """The activation table of a model by layer name."""
    return ActivationProbe(model, convert_batch(x)).read().tabulate(epoch=0).set_index("layer")


def make_dense(activation, kernel, as_layer=False):
    parts = [layers.Dense(kernel.shape[1], None if as_layer else activation, name="dense")]
    if as_layer:
        parts.append(activation)
    model = keras.Sequential([keras.Input((kernel.shape[0],)), *parts])
    model.layers[0].set_weights([kernel, np.zeros(kernel.shape[1])])
    return model


# Each function with its derivative in float64, and the largest value that the derivative takes.
CLOSED_FORMS = {
    "sigmoid": (expit, lambda z: expit(z) * (1 - expit(z)), 0.25),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2, 1.0),
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2, 1.0),
    "hard_sigmoid": (lambda z: np.clip(z / 6 + 0.5, 0, 1), lambda z: (np.abs(z) < 3) / 6, 1 / 6),
    "hard_tanh": (lambda z: np.clip(z, -1, 1), lambda z: np.abs(z) < 1, 1.0),
    "relu": (lambda z: np.maximum(z, 0), lambda z: z > 0, 1.0),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(z)), lambda z: np.where(z > 0, 1, np.exp(z)), 1.0),
    "softplus": (lambda z: np.logaddexp(0, z), expit, 1.0),
    "silu": (lambda z: z * expit(z), lambda z: expit(z) * (1 + z * (1 - expit(z))), 1.0998),
}


@pytest.mark.parametrize("as_layer", [False, True], ids=["argument", "layer"])
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_figures_against_closed_forms(name, as_layer):
    kernel = np.array([[0.3, 8.0, -40.0], [0.0, 3.0, 15.0]])
    x = np.random.default_rng(0).normal(size=(50, 2)).astype("float32")
    layer = layers.ReLU(name="own") if name == "relu" else layers.Activation(name, name="own")
    model = make_dense(layer if as_layer else name, kernel, as_layer)
    row = read(model, x).loc["own" if as_layer else "dense"]
    function, derivative, largest = CLOSED_FORMS[name]
    z = x.astype("float64") @ kernel
    a, slope = function(z), derivative(z)
    assert row["activation"] == name
    np.testing.assert_allclose(row["mean"], a.mean(), rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(row["std"], a.std(), rtol=2e-5)
    np.testing.assert_allclose(row["abs_max"], np.abs(a).max(), rtol=1e-5)
    expected = np.mean(slope < 0.01 * largest) if name != "silu" else np.mean(slope < 0.01 * slope.max())
    np.testing.assert_allclose(row["saturated_fraction"], expected, atol=1e-6 if name != "silu" else 0.01)
    assert row["dead_fraction"] == 0


def test_dead_units_are_counted():
    kernel = np.array([[1.0, -1.0, 1.0, -2.0]])
    x = np.linspace(0.5, 2, 20, dtype="float32")[:, None]  # positive: units of negative weight are dead
    assert read(make_dense("relu", kernel), x).loc["dense", "dead_fraction"] == 0.5
    assert read(make_dense("leaky_relu", kernel), x).loc["dense", "dead_fraction"] == 0
    assert (
        read(make_dense(layers.ReLU(negative_slope=0.1, name="own"), kernel, True), x).loc["own", "dead_fraction"] == 0
    )


def test_what_is_not_known_is_nan():
    row = read(make_dense(lambda z: z**2, np.eye(2)), np.ones((4, 2), "float32")).loc["dense"]
    assert np.isnan(row["saturated_fraction"])
    model = keras.Sequential([keras.Input((5, 2)), layers.LSTM(3, name="lstm"), layers.Dense(2, "softmax", name="out")])
    table = read(model, np.ones((4, 5, 2), "float32"))
    assert table.loc[["lstm", "out"], "saturated_fraction"].isna().all()
    assert table.loc["lstm", "units"] == 3


def test_depths_are_those_of_the_other_logs(tmp_path):
    inputs = keras.Input((3,))
    frozen = layers.Dense(4, name="frozen", trainable=False)
    h = layers.ReLU(name="relu")(layers.Dense(4, name="first")(frozen(inputs)))
    model = keras.Model(inputs, layers.Dense(1, name="second")(h))
    table = read(model, np.ones((4, 3), "float32"))
    assert table["depth"].to_dict() == {"input": -1, "frozen": -1, "first": 0, "relu": 0, "second": 1}
    assert {w.layer: w.depth for w in list_weights(model)} == {"first": 0, "second": 1}


def test_schema_is_the_tables(tmp_path):
    x, _ = make_data()
    table = ActivationProbe(make_sequential(), convert_batch(x)).read().tabulate(epoch=3)
    assert list(table.columns) == list(schemas.ACTIVATION.columns)
    assert isinstance(table, pd.DataFrame)
    assert (table["epoch"] == 3).all()
