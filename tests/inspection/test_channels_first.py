"""Under `data_format="channels_first"` the channels are the first axis after the batch: the same statistics as last."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from keras_vg.inspection.activations import ActivationProbe
from keras_vg.inspection.stateless import convert_batch
from keras_vg.inspection.watched import find_unit_axes

pytestmark = pytest.mark.model
convolves = pytest.mark.skipif(
    keras.backend.backend() == "tensorflow", reason="TensorFlow has no such convolution on a CPU"
)


def make_net(data_format, parts):
    is_first = data_format == "channels_first"
    axis = 1 if is_first else -1
    inputs = keras.Input((3, 8, 8) if is_first else (8, 8, 3))
    return keras.Sequential(
        [
            inputs,
            *parts(data_format, axis),
            layers.GlobalAveragePooling2D(data_format=data_format),
            layers.Dense(3, "softmax", name="out"),
        ]
    )


def make_convolutions(data_format, axis):
    return [
        layers.Conv2D(6, 3, activation="relu", data_format=data_format, name="conv"),
        layers.BatchNormalization(axis=axis, name="bn"),
        layers.ReLU(name="relu"),
        layers.DepthwiseConv2D(3, data_format=data_format, name="depthwise"),
        layers.Activation("tanh", name="tanh"),
        layers.Conv2DTranspose(5, 3, activation="relu", data_format=data_format, name="transpose"),
        layers.PReLU(shared_axes=[2, 3] if axis == 1 else [1, 2], name="prelu"),
    ]


def make_normalizations(data_format, axis):
    return [
        layers.BatchNormalization(axis=axis, name="bn"),
        layers.ReLU(name="relu"),
        layers.GroupNormalization(3, axis=axis, name="group"),
        layers.Activation("relu", name="again"),
    ]


# On JAX each convolution is compiled by itself, which takes half a minute.
LONG_ON_JAX = [pytest.mark.long] * (keras.backend.backend() == "jax")


@pytest.mark.parametrize(
    "parts", [pytest.param(make_convolutions, marks=[convolves, *LONG_ON_JAX]), make_normalizations]
)
def test_both_formats_have_the_same_statistics(parts):
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("float32")
    x[..., 1] *= 1000
    tables, inspections = [], []
    for data_format in ("channels_last", "channels_first"):
        keras.utils.set_random_seed(0)
        model = make_net(data_format, parts)
        bn = model.get_layer("bn")
        gamma, beta, *rest = bn.get_weights()
        beta[:-1] = -100  # all channels but one are dead after it
        bn.set_weights([gamma, beta, *rest])
        model.compile("sgd", "sparse_categorical_crossentropy")
        batch = x if data_format == "channels_last" else x.transpose(0, 3, 1, 2)
        inspections.append(vg.inspect(model, batch, np.arange(4) % 3))
        tables.append(inspections[-1].activations.set_index("layer"))
    last, first = tables
    assert first["units"].to_dict() == last["units"].to_dict()
    np.testing.assert_allclose(first.loc["relu", "dead_fraction"], 1 - 1 / first.loc["bn", "units"], rtol=1e-6)
    numbers = ["mean", "std", "abs_max", "saturated_fraction", "dead_fraction"]
    np.testing.assert_allclose(first[numbers], last[numbers], rtol=1e-4, atol=1e-5)
    columns = ["features", "scale_min", "scale_max"]
    np.testing.assert_allclose(inspections[1].inputs[columns], inspections[0].inputs[columns], rtol=1e-4)
    assert inspections[1].inputs["features"].iloc[0] == 3


@convolves
def test_recurrent_convolutions_have_an_axis_of_time_before():
    layer = layers.ConvLSTM2D(5, 3, data_format="channels_first", return_sequences=True, name="both")
    model = keras.Sequential([keras.Input((2, 3, 6, 7)), layer])
    table = ActivationProbe(model, convert_batch(np.ones((4, 2, 3, 6, 7), "float32"))).read().tabulate(0)
    assert table["units"].tolist() == [3, 5]


def test_a_layer_that_says_nothing_follows_the_one_before_it():
    dense, flatten = layers.Dense(2), layers.Dense(2)
    dense.build((None, 3))
    flatten.build((None, 3))
    conv = layers.Conv2D(2, 3, data_format="channels_first")
    chain = [layers.ReLU(), conv, layers.ReLU(), layers.LayerNormalization(axis=1), layers.ELU(), dense, layers.ReLU()]
    for layer in (chain[1], chain[3]):
        layer.build((None, 2, 5, 5))
    assert find_unit_axes(chain) == [-1, 1, 1, 1, 1, -1, -1]
