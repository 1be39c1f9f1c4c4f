"""Small models of every sort, in one registry by name, and data for them."""

import keras
import numpy as np
from keras import layers


def make_data(examples=40, features=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(examples, features)).astype("float32")
    return x, (x[:, :1] * x[:, 1:2] > 0).astype("float32")


class BackToFront(keras.Model):
    """Holds its layers in another order than it calls them."""

    def __init__(self):
        super().__init__()
        self.last_dense = layers.Dense(1, name="last_dense")
        self.dropout = layers.Dropout(0.2)
        self.blocks = [layers.Dense(3, activation="tanh", name=f"block_{i}") for i in range(2)]
        self.first_dense = layers.Dense(4, activation="tanh", name="first_dense")

    def call(self, x, training=None):
        x = self.first_dense(x)
        for block in reversed(self.blocks):
            x = block(self.dropout(x, training=training))
        return self.last_dense(x)


def make_sequential():
    return keras.Sequential([keras.Input((3,)), *_hidden(), layers.Dense(1, name="out")])


def make_sequential_without_input():
    return keras.Sequential([*_hidden(), layers.Dense(1, name="out")])


def make_functional():
    inputs = keras.Input((3,))
    left = layers.Dense(4, activation="relu", name="left")(inputs)
    right = layers.Dense(4, activation="tanh", name="right")(inputs)
    return keras.Model(inputs, layers.Dense(1, name="out")(layers.Add()([left, right])))


def make_nested():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="dense")], name="inner")
    inputs = keras.Input((3,))
    x = inner(layers.Dense(4, name="dense")(inputs))
    return keras.Model(inputs, layers.Dense(1, name="out")(x), name="outer")


def make_subclassed():
    return BackToFront()


def _hidden():
    return [
        layers.Dense(4, activation="tanh", name="hidden"),
        layers.Dropout(0.3),
        layers.BatchNormalization(name="bn"),
    ]


def make_wide(penalty=None):
    """Its weights are too large to be measured together."""
    sizes = [(90, "relu"), (90, "tanh"), (1, None)]
    dense = [layers.Dense(units, activation, kernel_regularizer=penalty) for units, activation in sizes]
    return keras.Sequential([keras.Input((3,)), *dense])


def make_penalized():
    """A compiler fuses the penalty's part of a gradient with whatever uses the gradient."""
    return make_wide(penalty="l2")


def make_lookup():
    """Its gradient is sparse, with rows that occur several times."""
    inputs = keras.Input((3,))
    rows = keras.ops.cast(keras.ops.clip(8 * keras.ops.abs(inputs), 0, 19), "int32")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(rows))
    return keras.Model(inputs, layers.Dense(1)(layers.Dense(5, "gelu")(x)))


def make_embedding():
    return keras.Sequential(
        [layers.Embedding(20, 4, name="embedding"), layers.GlobalAveragePooling1D(), layers.Dense(1)]
    )


def make_recurrent():
    return keras.Sequential([keras.Input((5, 3)), layers.LSTM(4), layers.Dense(1)])


def make_convolution():
    return keras.Sequential([keras.Input((6, 6, 2)), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(1)])


def make_attention():
    inputs = keras.Input((5, 4))
    x = layers.MultiHeadAttention(2, 3, name="attention")(inputs, inputs)
    return keras.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling1D()(x)))


def make_shared():
    shared, inputs = layers.Dense(3, activation="tanh", name="shared"), keras.Input((3,))
    return keras.Model(inputs, layers.Dense(1)(shared(shared(inputs))))


def make_dead():
    return keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, activation="relu", bias_initializer=lambda *a, **k: np.float32([-99, 0, 0, -99])),
            layers.Dense(1),
        ]
    )


def make_ordered(shape, dtype="float32", high=None, count=24):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(count, *shape)).astype(dtype) if high is None else rng.integers(0, high, (count, *shape))
    return x, rng.normal(size=(count, 1)).astype("float32")


def make_very_wide():
    return keras.Sequential([keras.Input((20,)), layers.Dense(4096, activation="relu"), layers.Dense(1)])


def make_very_wide_and_shared():
    wide = layers.Dense(4096, activation="relu", bias_regularizer="l2")
    one = keras.Input((20,))
    both = layers.Add()([wide(one), wide(layers.Dense(20, activation="tanh")(one))])
    return keras.Model(one, layers.Dense(1)(both))


def make_very_wide_and_normalized():
    hidden = [layers.Dense(4096, activation="relu"), layers.BatchNormalization(), layers.LayerNormalization()]
    return keras.Sequential([keras.Input((20,)), *hidden, layers.Dense(1)])


def make_image_reader():
    hidden = [layers.Reshape((28, 28, 1)), layers.Conv2D(16, 3, activation="relu"), layers.Flatten()]
    return keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(1)])


def make_depthwise():
    hidden = [layers.Reshape((5, 4, 1)), layers.Conv2D(512, 1), layers.DepthwiseConv2D(3), layers.Flatten()]
    return keras.Sequential([keras.Input((20,)), *hidden, layers.Dense(1)])


def make_grouped():
    hidden = [layers.Reshape((5, 4, 1)), layers.Conv2D(64, 1), layers.Conv2D(64, 3, groups=4), layers.Flatten()]
    return keras.Sequential([keras.Input((20,)), *hidden, layers.Dense(1)])


def make_attentive():
    one = keras.Input((20,))
    rows = layers.Dense(64)(layers.Reshape((5, 4))(one))
    return keras.Model(one, layers.Dense(1)(layers.Flatten()(layers.MultiHeadAttention(4, 32)(rows, rows))))


def make_matrices():
    hidden = [layers.Dense(256, activation="tanh", kernel_regularizer=penalty) for penalty in (None, "l2", None)]
    return keras.Sequential([keras.Input((20,)), *hidden, layers.Dense(1)])


class Penalized(layers.Layer):
    """Keeps some rows of its kernel few, and others small."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 4))

    def call(self, x):
        self.add_loss(0.01 * keras.ops.sum(keras.ops.abs(self.kernel[1:])))
        self.add_loss(0.01 * keras.ops.sum(keras.ops.square(self.kernel[:2])))
        return x @ self.kernel


def make_penalized_rows():
    return keras.Sequential([keras.Input((16,)), Penalized(), layers.Dense(3)])


def make_two_layers():
    return keras.Sequential([keras.Input((8,)), layers.Dense(16, activation="relu"), layers.Dense(3)])


def make_normalized_attention():
    one = keras.Input((6, 8))
    normalized = layers.LayerNormalization()(layers.MultiHeadAttention(2, 4)(one, one) + one)
    return keras.Model(one, layers.Dense(1)(layers.GlobalAveragePooling1D()(normalized)))


def make_unrolled():
    return keras.Sequential([keras.Input((4, 3)), layers.LSTM(5, unroll=True), layers.Dense(2)])


def make_gated():
    return keras.Sequential([keras.Input((5, 6)), layers.GRU(9, unroll=True), layers.Dense(2)])


def make_gated_as_of_old():
    gated = layers.GRU(9, unroll=True, reset_after=False)
    return keras.Sequential([keras.Input((5, 6)), gated, layers.Dense(2)])


def make_averaged():
    upscale = layers.Conv2DTranspose(4, 3, strides=2)
    return keras.Sequential([keras.Input((6, 6, 3)), upscale, layers.GlobalAveragePooling2D()])


def make_parametric():
    return keras.Sequential([keras.Input((6,)), layers.Dense(7, "tanh"), layers.PReLU(), layers.Dense(2)])


class PenalizedTable(layers.Layer):
    """Looks rows up, and keeps all but the first small."""

    def build(self, shape):
        self.table = self.add_weight(shape=(20, 4))

    def call(self, rows):
        self.add_loss(0.01 * keras.ops.sum(keras.ops.square(self.table[1:])))
        return keras.ops.take(self.table, rows, axis=0)


def make_looked_up():
    return keras.Sequential(
        [keras.Input((5,), dtype="int32"), PenalizedTable(), layers.Dense(3, "tanh"), layers.Flatten(), layers.Dense(1)]
    )


class Averaged(layers.Layer):
    """Its kernel comes in as one number, and is penalized in overlapping parts."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(4097,), initializer="random_normal")

    def call(self, x):
        self.add_loss(0.01 * keras.ops.sum(keras.ops.square(self.kernel[1:])))
        self.add_loss(0.01 * keras.ops.sum(keras.ops.abs(self.kernel[:-1])))
        return x * keras.ops.mean(self.kernel) + keras.ops.tanh(x[:, :1] * keras.ops.sum(self.kernel[:3]))


def make_averaged_kernel():
    return keras.Sequential([keras.Input((6,)), Averaged(), layers.Dense(2)])


def make_named():
    """A model whose names do not depend on what was made before it."""
    return keras.Sequential(
        [keras.Input((3,), name="in"), layers.Dense(4, activation="tanh", name="a"), layers.Dense(1, name="b")],
        name="m",
    )


MODELS = {
    "sequential": make_sequential,
    "sequential_without_input": make_sequential_without_input,
    "functional": make_functional,
    "nested": make_nested,
    "subclassed": make_subclassed,
    "wide": make_wide,
    "penalized": make_penalized,
    "lookup": make_lookup,
    "embedding": make_embedding,
    "recurrent": make_recurrent,
    "convolution": make_convolution,
    "attention": make_attention,
    "shared": make_shared,
    "dead": make_dead,
    "very_wide": make_very_wide,
    "very_wide_and_shared": make_very_wide_and_shared,
    "very_wide_and_normalized": make_very_wide_and_normalized,
    "image_reader": make_image_reader,
    "depthwise": make_depthwise,
    "grouped": make_grouped,
    "attentive": make_attentive,
    "matrices": make_matrices,
    "penalized_rows": make_penalized_rows,
    "two_layers": make_two_layers,
    "normalized_attention": make_normalized_attention,
    "unrolled": make_unrolled,
    "gated": make_gated,
    "gated_as_of_old": make_gated_as_of_old,
    "averaged": make_averaged,
    "parametric": make_parametric,
    "looked_up": make_looked_up,
    "averaged_kernel": make_averaged_kernel,
}

BASIC = ("sequential", "sequential_without_input", "functional", "nested", "subclassed")
"""One of each way to write a model."""
