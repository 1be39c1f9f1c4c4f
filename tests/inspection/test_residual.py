"""`Inspection.residual`: what blocks add to the stream that passes them by."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg
from helpers.long import shorten
from keras_vg.inspection.residual import COLUMNS

pytestmark = pytest.mark.model
X = np.random.default_rng(0).normal(size=(6, 4, 8)).astype("float32")
Y = np.ones((6, 1))


class OwnBlock(layers.Layer):
    """Two additions with operators, normalized before, after or not at all."""

    def __init__(self, norm="pre", **options):
        super().__init__(**options)
        self.norm = norm
        self.norms = [layers.LayerNormalization(), layers.LayerNormalization()]
        self.inner = layers.Dense(16, "relu")
        self.outer = layers.Dense(8)
        self.mix = layers.Dense(8)
        self.drop = layers.Dropout(0.0)

    def build(self, shape):
        for layer in (*self.norms, self.inner, self.mix):
            layer.build(shape)
        self.outer.build((*shape[:-1], 16))

    def call(self, x, trace=None):
        residual = x
        h = self.mix(self.norms[0](x) if self.norm == "pre" else x)
        self._keep(trace, residual, h)
        x = self.drop(h) + residual
        x = self.norms[0](x) if self.norm == "post" else x
        residual = x
        h = self.norms[1](x) if self.norm == "pre" else x
        h = self.outer(self.inner(h))
        self._keep(trace, residual, h)
        x = residual + h
        return self.norms[1](x) if self.norm == "post" else x

    def _keep(self, trace, stream, added):
        if trace is not None:
            trace.append([ops.convert_to_numpy(tensor) for tensor in (stream, added, stream + added)])


class OwnModel(keras.Model):
    """A subclassed model that adds what its blocks put out."""

    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(8, "tanh") for _ in range(3)]
        self.head = layers.Dense(1)

    def call(self, x):
        x = ops.reshape(x, (-1, 32))[:, :8]
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)


def inspect(model, x=X, dtype="float32"):
    model.compile(keras.optimizers.Adam(), "mse")
    return vg.inspect(model, x, Y).residual


def get_root_mean_squares(*arrays):
    return [float(np.sqrt(np.mean(np.square(array.astype("float64"))))) for array in arrays]


def build_functional(add):
    inputs = hidden = keras.Input((4, 8))
    parts = []
    for _ in range(3):
        block = layers.Dense(8, "tanh")(hidden)
        parts += [hidden, block]
        hidden = add(hidden, block)
    outputs = layers.Dense(1)(layers.GlobalAveragePooling1D()(hidden))
    return keras.Model(inputs, outputs), keras.Model(inputs, parts)


ADDITIONS = {
    "operator": lambda a, b: a + b,
    "layer": lambda a, b: layers.Add()([b, a]),
    "operation": lambda a, b: ops.add(b, a),
    "nested": None,
}


def build_nested():
    inputs = hidden = keras.Input((4, 8))
    parts = []
    for _ in range(3):
        inner = keras.Input((4, 8))
        dense = layers.Dense(8, "tanh")
        parts += [hidden, dense(hidden)]
        hidden = keras.Model(inner, inner + dense(inner))(hidden)
    return keras.Model(inputs, layers.Dense(1)(layers.Flatten()(hidden))), keras.Model(inputs, parts)


@pytest.mark.parametrize("name", shorten({name: (name,) for name in ADDITIONS}, ["operator"]))
def test_additions_of_a_graph(name):
    keras.utils.set_random_seed(0)
    model, parts = build_nested() if name == "nested" else build_functional(ADDITIONS[name])
    table = inspect(model)
    assert list(table.columns) == COLUMNS
    tensors = [ops.convert_to_numpy(tensor) for tensor in parts(X)]
    expected = [get_root_mean_squares(a, b, a + b) for a, b in zip(tensors[::2], tensors[1::2], strict=True)]
    np.testing.assert_allclose(table[["stream_rms", "added_rms", "output_rms"]], expected, rtol=1e-4)
    assert table["follows"].tolist() == [-1, 0, 1]
    assert table["depth"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("norm", shorten({name: (name,) for name in ("pre", "post", "none")}, ["pre", "post"]))
def test_additions_in_layers_of_ones_own(norm):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 8))
    blocks = [OwnBlock(norm), OwnBlock(norm)]
    hidden = blocks[1](blocks[0](inputs))
    table = inspect(keras.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling1D()(hidden))))
    trace = []
    blocks[1].call(blocks[0].call(ops.convert_to_tensor(X), trace), trace)
    expected = [get_root_mean_squares(*tensors) for tensors in trace]
    np.testing.assert_allclose(table[["stream_rms", "added_rms", "output_rms"]], expected, rtol=1e-4)
    names = [block.name for block in blocks]
    assert table["layer"].tolist() == [names[0], f"{names[0]}[1]", names[1], f"{names[1]}[1]"]
    assert table["follows"].tolist() == [-1, 0, 1, 2]


def test_additions_in_a_subclassed_model():
    keras.utils.set_random_seed(0)
    model = OwnModel()
    model(X)
    table = inspect(model)
    x = X.reshape(-1, 32)[:, :8].astype("float64")
    expected = []
    for block in model.blocks:
        kernel, bias = (ops.convert_to_numpy(weight) for weight in block.weights)
        added = np.tanh(x @ kernel + bias)
        expected.append(get_root_mean_squares(x, added, x + added))
        x = x + added
    # What the first block is given was made by operations that are not watched, as is known of the others.
    np.testing.assert_allclose(table[["stream_rms", "added_rms", "output_rms"]], expected, rtol=1e-4)


def test_what_is_no_residual_addition_has_no_row():
    inputs = keras.Input((4, 8))
    towers = layers.Add()([layers.Dense(8)(inputs), layers.Dense(8)(inputs)])  # neither is made from the other
    scaled = towers + 1.0
    recurrent = layers.GRU(8, return_sequences=True)(scaled)
    joined = layers.Concatenate()([scaled, recurrent])
    table = inspect(keras.Model(inputs, layers.Dense(1)(layers.Flatten()(joined))))
    assert table.empty
    assert list(table.columns) == COLUMNS


def test_branches_follow_what_they_are_made_of():
    inputs = keras.Input((4, 8))
    first = inputs + layers.Dense(8)(inputs)
    left = first + layers.Dense(8)(first)
    right = first + layers.Dense(8)(first)
    table = inspect(keras.Model(inputs, layers.Dense(1)(layers.Flatten()(layers.Concatenate()([left, right])))))
    assert table["follows"].tolist() == [-1, 0, 0]


def test_half_precision():
    keras.utils.set_random_seed(0)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        inputs = keras.Input((4, 8))
        hidden = OwnBlock()(layers.Dense(8)(inputs))
        table = inspect(keras.Model(inputs, layers.Dense(1, dtype="float32")(layers.Flatten()(hidden))))
    finally:
        keras.config.set_dtype_policy(policy)
    assert len(table) == 2


def test_model_is_left_as_it_was():
    model, _ = build_functional(ADDITIONS["operator"])
    before = {operation.name: dict(vars(operation)) for operation in model.operations}
    inspect(model)
    for operation in model.operations:
        assert ("call" in vars(operation)) == ("call" in before[operation.name])
