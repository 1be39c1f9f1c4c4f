"""Faults of the last layer and the loss: they do not fit each other or the labels."""

from functools import partial

import keras
from keras import layers
from keras.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from keras.optimizers import Adam

from labelled_programs.data import make_binary, make_blobs, make_regression
from labelled_programs.models import dense, sequential
from labelled_programs.program import Program

SICK_OUTPUTS = [
    Program(
        name="log output",
        label=("nonfinite",),
        strength="extreme",
        data=make_regression,
        build=sequential(
            partial(layers.Dense, 32, "relu"),
            partial(layers.Dense, 1),
            partial(layers.Lambda, keras.ops.log),
        ),
        loss="mse",
        optimizer=Adam,
    ),
    Program(
        name="softmax of one",
        label=("output_layer",),
        strength="clear",
        data=make_binary,
        build=dense(hidden=[32], activation="relu", output=(1, "softmax")),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="softmax of one mse",
        label=("output_layer", "zero_gradient"),
        strength="clear",
        data=make_binary,
        build=dense(hidden=[32], activation="relu", output=(1, "softmax")),
        loss="mse",
        optimizer=Adam,
    ),
    Program(
        name="softmax of one regression",
        label=("output_layer", "zero_gradient"),
        strength="clear",
        data=make_regression,
        build=dense(hidden=[32], activation="relu", output=(1, "softmax")),
        loss="mse",
        optimizer=Adam,
    ),
    Program(
        name="relu output binary",
        label=("output_layer",),
        strength="clear",
        data=make_binary,
        build=dense(hidden=[32], activation="relu", output=(1, "relu")),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="relu output classes",
        label=("output_layer",),
        strength="clear",
        data=make_blobs,
        build=dense(hidden=[32], activation="relu", output=(3, "relu")),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="relu output regression",
        label=("output_layer", "label_range"),
        strength="clear",
        data=make_regression,
        build=dense(hidden=[32], activation="relu", output=(1, "relu")),
        loss="mse",
        optimizer=Adam,
    ),
    Program(
        name="linear output binary",
        label=("output_layer",),
        strength="clear",
        data=make_binary,
        build=dense(hidden=[32], activation="relu", output=(1, None)),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="linear output classes",
        label=("output_layer",),
        strength="clear",
        data=make_blobs,
        build=dense(hidden=[32], activation="relu", output=(3, None)),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="tanh output binary",
        label=("output_layer",),
        strength="mild",
        data=make_binary,
        build=dense(hidden=[32], activation="relu", output=(1, "tanh")),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="sigmoid and from logits",
        label=("output_layer",),
        strength="mild",
        data=make_binary,
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        loss=BinaryCrossentropy(from_logits=True),
        optimizer=Adam,
    ),
    Program(
        name="softmax and from logits",
        label=("output_layer",),
        strength="mild",
        data=make_blobs,
        build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
        loss=SparseCategoricalCrossentropy(from_logits=True),
        optimizer=Adam,
    ),
    Program(
        name="sigmoid output regression",
        label=("label_range",),
        strength="clear",
        data=make_regression,
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        loss="mse",
        optimizer=Adam,
    ),
    Program(
        name="categorical of one unit",
        label=("output_layer", "zero_gradient"),
        strength="clear",
        data=make_binary,
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        loss="categorical_crossentropy",
        optimizer=Adam,
    ),
]
