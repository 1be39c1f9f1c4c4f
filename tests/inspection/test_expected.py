import keras
import numpy as np
import pytest
from keras import layers

import keras_vg as vg
from helpers.long import shorten
from keras_vg.inspection.expected import predict_gradients
from keras_vg.logs.layers import fit_factor, measure_layers

pytestmark = pytest.mark.model
WIDTH = 256
ACTIVATIONS = ("gelu", "silu", "selu", "elu", "leaky_relu", "softplus", "mish", "tanh")


def make_dense(activation=None):
    kernel = keras.initializers.VarianceScaling(1.6, "fan_in", "untruncated_normal")
    return layers.Dense(
        WIDTH, activation, kernel_initializer=kernel, bias_initializer=keras.initializers.RandomNormal(stddev=0.2)
    )


def make_mixed():
    hidden = [layer for name in ACTIVATIONS for layer in (make_dense(name), layers.Dropout(0.2))]
    return keras.Sequential([keras.Input((WIDTH,)), *hidden, make_dense(), layers.LeakyReLU(), layers.Dense(1)])


def make_chain(activation):
    return keras.Sequential([keras.Input((WIDTH,)), *(make_dense(activation) for _ in range(10)), layers.Dense(1)])


def make_normalized(make, placement="before", activation="relu"):
    hidden = []
    for _ in range(8):
        pair = [make(), layers.Activation(activation)]
        hidden += [layers.Dense(WIDTH, use_bias=False), *(pair if placement == "before" else pair[::-1])]
    return keras.Sequential([keras.Input((WIDTH,)), *hidden, layers.Dense(1)])


def make_residual(block, depth=6):
    h = inputs = keras.Input((WIDTH,))
    for _ in range(depth):
        branch = layers.LayerNormalization()(h) if block == "pre_norm" else h
        branch = layers.Dense(WIDTH, "relu", kernel_initializer="he_normal")(branch)
        if block != "one_layer":
            branch = layers.Dense(WIDTH, kernel_initializer="he_normal")(branch)
        h = layers.Add()([h, branch])
        if block == "post_norm":
            h = layers.LayerNormalization()(h)
    return keras.Model(inputs, layers.Dense(1)(h))


def make_convolutions(padding="same", activation="relu"):
    hidden = [
        layers.Conv2D(
            96,
            3,
            2 if i == 2 and padding == "same" else 1,
            padding,
            activation=activation,
            kernel_initializer="he_normal",
        )
        for i in range(6)
    ]
    return keras.Sequential([keras.Input((16, 16, 96)), *hidden, layers.Flatten(), layers.Dense(1)])


BATCH = layers.BatchNormalization
LAYER = layers.LayerNormalization
MODELS = {
    "eight activations, biases, dropout": (make_mixed, 1, 3),
    "batch normalization": (lambda: make_normalized(BATCH), 128, 2),
    "pre-norm": (lambda: make_residual("pre_norm"), 1, 3),
    "convolutions": (make_convolutions, 1, 3),
    **{name: (lambda name=name: make_chain(name), 1, 10) for name in (*ACTIVATIONS, "relu", "sigmoid")},
    "batch normalization after": (lambda: make_normalized(BATCH, "after"), 128, 4),
    "batch normalization, tanh": (lambda: make_normalized(BATCH, activation="tanh"), 128, 4),
    "layer normalization": (lambda: make_normalized(LAYER), 1, 10),
    "layer normalization after, gelu": (lambda: make_normalized(LAYER, "after", "gelu"), 1, 10),
    "RMS normalization": (lambda: make_normalized(layers.RMSNormalization, "after"), 1, 10),
    "post-norm": (lambda: make_residual("post_norm"), 1, 10),
    "residual, two layers": (lambda: make_residual("two_layers"), 1, 10),
    "residual, one layer": (lambda: make_residual("one_layer"), 1, 10),
    "convolutions, valid, gelu": (lambda: make_convolutions("valid", "gelu"), 1, 6),
}


@pytest.mark.parametrize(("make", "examples", "seeds"), shorten(MODELS, list(MODELS)[:4]))
def test_the_expected_factor_is_the_measured_one(make, examples, seeds):
    expected, squares = [], []
    for seed in range(seeds):
        keras.utils.set_random_seed(seed)
        model, rng = make(), np.random.default_rng(seed)
        model.compile("sgd", "mae")
        x = rng.normal(size=(examples, *model.input_shape[1:])).astype("float32")
        # Beyond any output on either side: the gradient by the output is 1 or -1. One example, or of a batch
        # normalization many, since theory takes their gradients to be independent.
        y = 1e6 * rng.permutation(np.where(np.arange(examples) % 2, 1.0, -1.0))[:, None]
        inspection = vg.inspect(model, x, y)
        measured = measure_layers(inspection.gradients)
        squares.append(measured.rms[0, measured.is_comparable] ** 2)
        expected.append(inspection.expected_factor_per_layer)
    measured = fit_factor(np.sqrt(np.mean(np.array(squares) / np.array(squares)[:, -1:], axis=0)))
    assert np.median(expected) == pytest.approx(measured, rel=0.05)


class Doubled(layers.Layer):
    def call(self, inputs):
        return inputs + inputs


class Model(keras.Model):
    """A residual net that is no graph of Keras's."""

    def __init__(self, adds):
        super().__init__()
        self.dense = [layers.Dense(16, kernel_initializer="he_normal") for _ in range(3)]
        self.adds = [layers.Add() for _ in range(2)] if adds else None
        self.head = layers.Dense(1)

    def call(self, inputs):
        h = self.dense[0](inputs)
        for i, dense in enumerate(self.dense[1:]):
            h = h + dense(h) if self.adds is None else self.adds[i]([h, dense(h)])
        return self.head(h)


def make_shared():
    shared, inputs = layers.Dense(16), keras.Input((16,))
    return keras.Model(inputs, layers.Dense(1)(shared(shared(inputs))))


def make_small(*hidden, shape=(16,)):
    return keras.Sequential([keras.Input(shape), layers.Dense(16), *hidden, layers.Dense(16), layers.Dense(1)])


UNKNOWN = {
    "an activation of one's own": lambda: make_small(layers.Activation(lambda z: keras.ops.sin(z))),
    "an activation twice": lambda: make_small(layers.ReLU(), layers.ReLU()),
    "a capped ReLU": lambda: make_small(layers.ReLU(max_value=6)),
    "a layer of one's own": lambda: make_small(Doubled()),
    "constant weights": lambda: make_small(layers.Dense(16, kernel_initializer="ones")),
    "biases of one sign": lambda: make_small(layers.Dense(16, bias_initializer="ones")),
    "a penalty": lambda: make_small(layers.Dense(16, kernel_regularizer="l2")),
    "a scale that is not 1": lambda: make_small(layers.LayerNormalization(gamma_initializer="zeros")),
    "a small batch": lambda: make_small(layers.BatchNormalization()),
    "a recurrent layer": lambda: make_small(layers.SimpleRNN(16), shape=(4, 16)),
    "pooling": lambda: make_small(layers.GlobalAveragePooling1D(), shape=(4, 16)),
    "a layer twice": make_shared,
    "sums that no layer makes": lambda: Model(adds=False),
}


@pytest.mark.parametrize("make", UNKNOWN.values(), ids=UNKNOWN)
def test_where_no_form_applies_nothing_is_expected(make):
    keras.utils.set_random_seed(0)
    model = make()
    x = np.random.default_rng(0).normal(size=(8, *(model.input_shape[1:] if model.built else (16,)))).astype("float32")
    model(x)
    assert predict_gradients(model, keras.ops.convert_to_tensor(x), x).empty


def test_a_subclassed_model_of_layers_is_followed():
    keras.utils.set_random_seed(0)
    model, x = Model(adds=True), np.random.default_rng(0).normal(size=(8, 16)).astype("float32")
    model(x)
    before = [np.array(keras.ops.convert_to_numpy(v)) for v in model.variables]
    found = predict_gradients(model, keras.ops.convert_to_tensor(x), x)
    assert found["depth"].tolist() == [0, 1, 2, 3]
    # h + W h of variance 2: the gradient by h, and h itself, have 3 times the square from one block to the next.
    squares = np.square(found["gradient_rms"].to_numpy())
    assert squares[1] / squares[2] == pytest.approx(1.0, rel=0.25)  # 16 wide: by the kernels as they are
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), old)
    assert "call" not in vars(model.dense[0])


def test_the_finding_has_the_factor_of_the_graph():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8,)), *(layers.Dense(64, "sigmoid") for _ in range(10)), layers.Dense(1)])
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    inspection = vg.inspect(model, rng.normal(size=(64, 8)), rng.normal(size=(64, 1)))
    evidence = vg.diagnose(inspection)[0].evidence
    assert evidence["expected_factor_per_layer"] == pytest.approx(inspection.expected_factor_per_layer)
    assert evidence["expected_factor_per_layer"] == pytest.approx(evidence["factor_per_layer"], rel=0.1)
