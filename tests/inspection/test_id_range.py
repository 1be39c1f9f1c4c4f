"""Ids that an embedding has no row for: TensorFlow and torch raise on a CPU, JAX looks up NaN."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()


def make_model(rows, shared=None):
    keras.utils.set_random_seed(0)
    words = keras.Sequential([keras.Input((6,), dtype="int32"), layers.Embedding(50, 4, name="first")], name="words")
    inputs = keras.Input((6,), dtype="int32")
    second = layers.Embedding(rows, 4, name="second")(inputs)
    hidden = layers.GlobalAveragePooling1D()(layers.Add()([words(inputs), second]))
    model = keras.Model(inputs, layers.Dense(1, "sigmoid")(hidden))
    model.compile("adam", "binary_crossentropy")
    return model


def make_data(low=0, high=20):
    ids = np.random.default_rng(0).integers(low, high, (16, 6)).astype("int32")
    ids[0, 0], ids[1, 0] = low, high - 1
    return ids, (ids.mean(axis=1, keepdims=True) > 10).astype("float32")


@pytest.mark.parametrize(("low", "high"), [(0, 21), (-1, 20)])
def test_the_embedding_is_named(low, high):
    model, (ids, y) = make_model(20), make_data(low, high)
    before = [np.array(w) for w in model.get_weights()]
    inspection = vg.inspect(model, ids, y)
    found = {finding.rule: finding for finding in vg.diagnose(inspection)}
    finding = found["embedding_range"]
    assert finding.severity == "error"
    assert finding.evidence["id_min"] == low
    assert finding.evidence["id_max"] == high - 1
    assert "input_scale" not in found
    if low == 0:
        assert finding.layers == ("second",)
    if low == 0 and BACKEND != "jax":  # Keras counts negative ids from the end
        assert inspection.gradients.empty
        assert inspection.outputs.empty
        assert inspection.activations["layer"].tolist() == ["input"]
        assert set(inspection.setup["not_seen"]) == {"activations", "outputs", "loss", "gradients"}
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    # As it was: with ids that it has, the same model is inspected as a whole.
    assert vg.diagnose(vg.inspect(model, *make_data())).is_healthy


class Raising(layers.Layer):
    def call(self, x):
        raise RuntimeError("for another reason")


@pytest.mark.model
def test_other_errors_are_raised_as_they_are():
    model = make_model(20)
    ids, y = make_data()
    with pytest.raises(ValueError, match="The loss must be able to take the labels"):
        vg.inspect(model, ids, np.zeros((16, 7, 3)))
    inputs = keras.Input((6,), dtype="int32")
    hidden = layers.Flatten()(layers.Embedding(20, 4)(inputs))
    raising = layers.Identity()
    model = keras.Model(inputs, layers.Dense(1)(raising(hidden)))
    model.compile("adam", "mse")
    raising.call = Raising().call
    with pytest.raises(RuntimeError, match="for another reason"):
        vg.inspect(model, ids, y)
