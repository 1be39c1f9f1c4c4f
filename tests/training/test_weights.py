import keras
import numpy as np
import pytest
from keras import layers

from helpers.models import BackToFront, make_nested
from keras_vg.training import weights

pytestmark = pytest.mark.model


def list_names(model, which="all"):
    return [(weight.depth, weight.layer, weight.name) for weight in weights.list_weights(model, which)]


def test_models_inside_a_model_are_opened():
    assert list_names(make_nested())[::2] == [
        (0, "dense", "kernel"),
        (1, "inner/dense", "kernel"),
        (2, "out", "kernel"),
    ]
    assert list_names(make_nested(), "inner/dense") == [(1, "inner/dense", "kernel"), (1, "inner/dense", "bias")]


def test_layers_inside_a_composite_layer_are_layers_of_their_own():
    model = keras.Sequential(
        [
            keras.Input((5, 2)),
            layers.Bidirectional(layers.LSTM(3, name="lstm"), name="both"),
            layers.Dense(1, name="out"),
        ]
    )
    assert list_names(model)[:6] == [
        (depth, f"both/{direction}_lstm", kind)
        for depth, direction in enumerate(("forward", "backward"))
        for kind in ("kernel", "recurrent_kernel", "bias")
    ]
    assert list_names(model, "both") == list_names(model)[:6]
    assert {(depth, layer) for depth, layer, _ in list_names(model)[6:]} == {(2, "out")}


def test_a_shared_layer_is_listed_once_and_frozen_ones_not_at_all():
    shared, frozen = layers.Dense(2, name="shared"), layers.Dense(2, name="frozen")
    inputs = keras.Input((2,))
    model = keras.Model(inputs, layers.Dense(1, name="out")(shared(frozen(shared(inputs)))))
    frozen.trainable = False
    assert [entry[:2] for entry in list_names(model)][::2] == [(0, "shared"), (1, "out")]


def test_weights_of_a_model_itself_follow_those_of_its_layers():
    class Scaled(keras.Model):
        def __init__(self):
            super().__init__(name="scaled")
            self.dense = layers.Dense(1, name="dense")
            self.scale = self.add_weight(shape=(), name="scale")

        def call(self, x):
            return self.scale * self.dense(x)

    model = Scaled()
    model(np.ones((1, 2)))
    assert list_names(model) == [(0, "dense", "kernel"), (0, "dense", "bias"), (1, "scaled", "scale")]
    assert weights.list_weights(model)[-1].size == 1


def test_finding_the_call_order_leaves_no_trace():
    keras.utils.set_random_seed(0)
    model = BackToFront()
    x = np.ones((2, 3), "float32")
    model(x)
    before = [np.array(keras.ops.convert_to_numpy(v)) for v in model.variables]
    assert [layer for _, layer, name in list_names(model) if name == "kernel"] == [
        "first_dense",
        "block_1",
        "block_0",
        "last_dense",
    ]
    assert not any("call" in vars(layer) for layer in model.layers)
    after = [np.array(keras.ops.convert_to_numpy(v)) for v in model.variables]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_an_untraceable_model_is_numbered_in_its_own_order_and_says_so():
    class TwoInputs(keras.Model):
        def __init__(self):
            super().__init__(name="two_inputs")
            self.late = layers.Dense(1, name="late")
            self.early = layers.Dense(2, name="early")

        def call(self, x, y):
            return self.late(self.early(x) + self.early(y))

    model = TwoInputs()
    model(np.ones((1, 2)), np.ones((1, 2)))
    with pytest.warns(UserWarning, match="call order of model 'two_inputs' could not be found"):
        names = list_names(model)
    assert [layer for _, layer, _ in names][::2] == ["late", "early"]


def test_a_snapshot_is_a_copy():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    weight = weights.list_weights(model)[0]
    snapshot = weights.read_values(weight)
    kept = snapshot.copy()
    weight.variable.assign(np.full((2, 1), 7.0))
    assert np.array_equal(snapshot, kept)
    assert weights.read_values(weight, np.array([1])).tolist() == [7.0]
