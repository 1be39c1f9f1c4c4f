"""Small models of every kind, and data of every kind, for the tests."""

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


MAKERS = [make_sequential, make_sequential_without_input, make_functional, make_nested, make_subclassed]
