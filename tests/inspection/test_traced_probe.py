"""A probe that is read again and again: traced on TensorFlow, compiled on JAX, and always of the model as it is."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg
from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.stateless import convert_batch

pytestmark = pytest.mark.model
RNG = np.random.default_rng(0)
COLUMNS = ["mean", "std", "abs_max", "saturated_fraction", "dead_fraction"]


def make_dense():
    shared = layers.Dense(4, "tanh", name="shared")
    parts = [shared, layers.BatchNormalization(name="norm"), layers.Dropout(0.5, seed=1), shared]
    return keras.Sequential([keras.Input((4,)), *parts, layers.Dense(1, "sigmoid", name="out")]), (6, 4)


def make_recurrent():
    parts = [layers.LSTM(4, return_sequences=True, name="lstm"), layers.TimeDistributed(layers.Dense(3, "relu"))]
    parts += [layers.Bidirectional(layers.GRU(2), name="both"), layers.Dense(1)]
    return keras.Sequential([keras.Input((9, 3)), layers.Masking(), *parts]), (6, 9, 3)


@keras.saving.register_keras_serializable()
class Branching(keras.layers.Layer):
    """A layer that looks at values in Python, which cannot be traced."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(3, "relu", name="inner")

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        if keras.backend.backend() == "jax":
            return self.inner(ops.where(ops.sum(x) > 0, x, -x))
        return self.inner(x if float(ops.sum(x)) > 0 else -x)

    def compute_output_shape(self, shape):
        return (*shape[:-1], 3)


def make_branching():
    return keras.Sequential([keras.Input((4,)), Branching(), layers.Dense(1)]), (6, 4)


MODELS = {"dense": make_dense, "recurrent": make_recurrent, "branching": make_branching}


def read(probe):
    return probe.read().tabulate(0)


@pytest.mark.parametrize("name", ["dense", "branching", pytest.param("recurrent", marks=pytest.mark.long)])
def test_later_readings_are_of_the_model_as_it_is(name):
    """Each is set beside the first reading of a new probe, which on TensorFlow and torch is eager."""
    keras.utils.set_random_seed(0)
    model, shape = MODELS[name]()
    x = convert_batch(RNG.normal(size=shape).astype("float32"))
    probe = ActivationProbe(model, x)
    for _ in range(4):
        state = [np.array(ops.convert_to_numpy(v.value)) for v in model.variables]
        again, new = read(probe), read(ActivationProbe(model, x))
        assert again.columns.tolist() == new.columns.tolist()
        assert again["layer"].tolist() == new["layer"].tolist()
        np.testing.assert_allclose(again[COLUMNS], new[COLUMNS], rtol=1e-5, atol=1e-6)
        for variable, before in zip(model.variables, state, strict=True):
            np.testing.assert_array_equal(ops.convert_to_numpy(variable.value), before)
        for variable in model.trainable_variables:
            variable.assign(ops.convert_to_numpy(variable.value) + 0.1 * RNG.normal(size=variable.shape))


def test_a_layer_that_is_frozen_meanwhile_is_seen_frozen():
    """In training mode a frozen BatchNormalization takes its moving statistics: of 0 and 1, it leaves values alone."""
    norm = layers.BatchNormalization(name="norm", epsilon=1e-12)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="dense"), norm])
    x = convert_batch(5 + 3 * RNG.normal(size=(64, 4)).astype("float32"))
    probe = ActivationProbe(model, x)
    for is_trainable in (True, True, True, False, False, True):
        norm.trainable = is_trainable
        table = read(probe).set_index("layer")
        expected = 1.0 if is_trainable else table.loc["dense", "std"]
        assert table.loc["norm", "std"] == pytest.approx(expected, rel=0.02 if is_trainable else 1e-5)


@pytest.mark.long
def test_a_recurrence_is_logged_as_it_is_inspected(tmp_path):
    model, shape = make_recurrent()
    model.compile("adam", "mse")
    x = RNG.normal(size=shape).astype("float32")
    y = np.zeros((len(x), 1))
    model.fit(x, y, epochs=3, verbose=0, callbacks=[vg.ActivationLogger(tmp_path / "a.csv", x)])
    last = vg.read_log(tmp_path / "a.csv").query("epoch == 2")
    now = vg.inspect(model, x, y).activations
    assert last["layer"].tolist() == now["layer"].tolist()
    np.testing.assert_allclose(last[COLUMNS], now[COLUMNS], rtol=1e-4, atol=1e-6)
