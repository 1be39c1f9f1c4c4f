"""Models whose training is timed: three of usual sizes, and deep ones, whose step takes long to compile."""

from collections.abc import Callable

import keras
from keras import layers

import keras_vg as vg


def make_small() -> keras.Model:
    return _compile(vg.experiments.build_model("relu"), "binary_crossentropy")


def make_mlp() -> keras.Model:
    hidden = [layers.Dense(512, activation="relu") for _ in range(4)]
    return _compile(keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(10, activation="softmax")]))


def make_cnn() -> keras.Model:
    return _compile(
        keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(16, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Conv2D(32, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(10, activation="softmax"),
            ]
        )
    )


def _compile(model: keras.Model, loss: str = "sparse_categorical_crossentropy") -> keras.Model:
    model.compile("adam", loss)
    return model


MODELS: dict[str, tuple[Callable[[], keras.Model], tuple[int, ...], int, int]] = {
    "small": (make_small, (2,), 32, 2),
    "mlp": (make_mlp, (784,), 128, 10),
    "cnn": (make_cnn, (28, 28, 1), 64, 10),
}


def make_deep() -> keras.Model:
    """200 layers; 60 on TensorFlow, where a plain first fit of 200 takes minutes."""
    count = 60 if keras.backend.backend() == "tensorflow" else 200
    hidden = [layers.Dense(16, activation="relu") for _ in range(count)]
    return _compile(keras.Sequential([keras.Input((16,)), *hidden, layers.Dense(10, activation="softmax")]))


def make_mobilenet() -> keras.Model:
    return _compile(keras.applications.MobileNetV2((32, 32, 3), weights=None, classes=10))


DEEP_MODELS: dict[str, tuple[Callable[[], keras.Model], tuple[int, ...], int, int]] = {
    "deep": (make_deep, (16,), 32, 10),
    "mobilenet": (make_mobilenet, (32, 32, 3), 16, 10),
}
