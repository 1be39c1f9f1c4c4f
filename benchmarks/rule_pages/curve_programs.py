"""Programs whose fault shows over the epochs, and their healthy neighbours."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam

from labelled_programs import Program
from labelled_programs.data import Data, make_digits, make_regression
from labelled_programs.models import dense, sequential

_NET = dense(hidden=[32], activation="relu", output=(1, None))
_X, _Y = make_regression()
_TRAIN, _VALIDATION = slice(0, 480), slice(480, 640)


def make_training_part() -> Data:
    """The first 480 examples of the regression."""
    return _X[_TRAIN], _Y[_TRAIN]


def _make_schedule(factor: float) -> keras.callbacks.Callback:
    return keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate if epoch == 0 else rate * factor)


def _split_digits(is_sorted: bool) -> tuple[Data, Data]:
    """The first four fifths of the digits, and the rest."""
    x, y = make_digits()
    order = np.argsort(y, kind="stable") if is_sorted else np.random.default_rng(0).permutation(len(y))
    train, validation = np.split(order, [4 * len(y) // 5])
    return (x[train], y[train]), (x[validation], y[validation])


_DIGITS: dict = {
    "build": sequential(layers.Flatten, partial(layers.Dense, 32, "relu"), partial(layers.Dense, 10, "softmax")),
    "loss": "sparse_categorical_crossentropy",
    "compile_options": {"metrics": ["accuracy"]},
    "optimizer": lambda: Adam(3e-3),
}
_TRAINED: dict = {"data": make_training_part, "build": _NET, "loss": "mean_squared_error"}


def make_raw_classes() -> Data:
    """Eight features around 50, of which three classes are linear functions."""
    generator = np.random.default_rng(0)
    z = generator.normal(size=(640, 8))
    y = np.argmax(z @ generator.normal(size=(8, 3)), axis=1)
    return (50 + 5 * z).astype("float32"), y


def make_ring() -> Data:
    """Points of the plane, half of them within a circle; which half a point is of, no line tells."""
    z = np.random.default_rng(0).normal(size=(640, 2)).astype("float32")
    return z, (np.square(z).sum(axis=1, keepdims=True) > 2 * np.log(2)).astype("float32")


_RING: dict = {"data": make_ring, "loss": "binary_crossentropy", "optimizer": lambda: Adam(0.01)}


def _normalize_first(momentum: float) -> Any:
    return sequential(
        lambda: layers.BatchNormalization(momentum=momentum),
        lambda: layers.Dense(32, "relu"),
        lambda: layers.Dense(3, "softmax"),
    )


def _penalize(rate: float) -> Any:
    return sequential(
        lambda: layers.Dense(32, "relu", kernel_regularizer=keras.regularizers.L2(rate)),
        lambda: layers.Dense(1, "sigmoid", kernel_regularizer=keras.regularizers.L2(rate)),
    )


def make_next_values() -> Data:
    """Five values of a wave, and the four that follow."""
    generator = np.random.default_rng(1)
    start, speed = generator.uniform(0, 6, size=(480, 1)), generator.uniform(0.3, 0.9, size=(480, 1))
    wave = np.sin(start + speed * np.arange(9)).astype("float32")
    return wave[:, :5], wave[:, 5:, None]


def make_steps() -> Data:
    """Six steps of two features, and whether the first of the second step is larger than that of the fifth."""
    x = np.random.default_rng(2).normal(size=(640, 6, 2)).astype("float32")
    return x, (x[:, 1, :1] > x[:, 4, :1]).astype("float32")


_STEPS: dict = {"data": make_steps, "loss": "binary_crossentropy", "optimizer": lambda: Adam(0.01)}


def _attend(has_positions: bool) -> Any:
    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        h = layers.Dense(16)(inputs)
        if has_positions:
            h = layers.EinsumDense("abc,cd->abd", (6, 16), bias_axes="bd", bias_initializer="random_normal")(h)
        h = layers.Add()([h, layers.MultiHeadAttention(2, 8)(h, h)])
        h = layers.GlobalAveragePooling1D()(layers.Dense(16, "relu")(h))
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(h))

    return build


class OneTable(layers.Layer):
    """A dense layer of each step, all of them in one table, which is then taken apart again.

    Args:
        units: Of the dense layer.
        steps_first: Whether it is taken apart as if all first steps came first, and not example by example.
    """

    def __init__(self, units: int, steps_first: bool) -> None:
        super().__init__()
        self.dense, self.steps_first = layers.Dense(units, "relu"), steps_first

    def build(self, shape: Any) -> None:
        """Builds the dense layer."""
        self.dense.build((None, shape[2]))

    def compute_output_shape(self, shape: Any) -> Any:
        """One vector for each step."""
        return (*shape[:2], self.dense.units)

    def call(self, x: Any) -> Any:
        """Makes the table and takes it apart."""
        steps, features = x.shape[1:]
        table = self.dense(ops.reshape(x, (-1, features)))
        if self.steps_first:
            return ops.transpose(ops.reshape(table, (steps, -1, self.dense.units)), (1, 0, 2))
        return ops.reshape(table, (-1, steps, self.dense.units))


def _read_table(steps_first: bool) -> Any:
    return sequential(lambda: OneTable(16, steps_first), layers.Flatten, lambda: layers.Dense(1, "sigmoid"))


def make_positive_numbers() -> Data:
    """Twelve numbers, and eight from 0.5 to 1.5 that follow from them."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=(640, 12))
    return x.astype("float32"), (1 + 0.5 * np.sin(x @ generator.normal(size=(12, 8)))).astype("float32")


_POSITIVE: dict = {"data": make_positive_numbers, "loss": "mean_squared_error", "optimizer": lambda: Adam(0.003)}


def _repeat(make_reader: Any) -> Any:
    return sequential(
        lambda: layers.Dense(32, "tanh"), lambda: layers.RepeatVector(4), make_reader, lambda: layers.Dense(1)
    )


_SERIES: dict = {"data": make_next_values, "loss": "mean_squared_error", "optimizer": lambda: Adam(1e-2)}

_CLASSES: dict = {
    "data": make_raw_classes,
    "loss": "sparse_categorical_crossentropy",
    "optimizer": lambda: Adam(1e-2),
}

CURVE_PROGRAMS = [
    Program(
        name="rate times 1e-4 at each epoch",
        label=("learning_stops", "no_update"),
        strength="clear",
        optimizer=lambda: Adam(3e-3),
        callbacks=(lambda: _make_schedule(1e-4),),
        **_TRAINED,
    ),
    Program(
        name="rate times 0.9 at each epoch",
        optimizer=lambda: Adam(3e-3),
        callbacks=(lambda: _make_schedule(0.9),),
        **_TRAINED,
    ),
    Program(
        name="validation inputs not scaled",
        label=("validation_loss_rises",),
        strength="clear",
        optimizer=lambda: Adam(1e-3),
        fit_options={"validation_data": (10 * _X[_VALIDATION], _Y[_VALIDATION])},
        **_TRAINED,
    ),
    Program(
        name="validation inputs scaled",
        optimizer=lambda: Adam(1e-3),
        fit_options={"validation_data": (_X[_VALIDATION], _Y[_VALIDATION])},
        **_TRAINED,
    ),
    Program(
        name="digits in the order of their classes, the last set aside",
        label=("validation_not_learned",),
        strength="clear",
        fit_options={"validation_data": _split_digits(is_sorted=True)[1]},
        data=lambda: _split_digits(is_sorted=True)[0],
        **_DIGITS,
    ),
    Program(
        name="digits in any order, the last set aside",
        fit_options={"validation_data": _split_digits(is_sorted=False)[1]},
        data=lambda: _split_digits(is_sorted=False)[0],
        **_DIGITS,
    ),
    Program(
        name="sigmoids x10, regression",
        label=("vanishing_gradient", "predictions_hardly_vary"),
        strength="clear",
        data=make_training_part,
        build=dense(hidden=[16] * 10, activation="sigmoid", output=(1, None)),
        loss="mean_squared_error",
        optimizer=lambda: SGD(0.05),
    ),
    Program(
        name="one layer of relu, regression, by an accuracy",
        label=("metric_mismatch",),
        strength="clear",
        optimizer=lambda: SGD(0.05),
        compile_options={"metrics": ["accuracy"]},
        **_TRAINED,
    ),
    Program(
        name="one layer of relu, regression, by the explained variance",
        optimizer=lambda: SGD(0.05),
        compile_options={"metrics": [keras.metrics.R2Score(name="r2_score")]},
        **_TRAINED,
    ),
    Program(name="one layer of relu, regression", optimizer=lambda: SGD(0.05), **_TRAINED),
    Program(
        name="raw features, averages with a momentum of 0.999",
        label=("inference_differs",),
        strength="clear",
        build=_normalize_first(0.999),
        **_CLASSES,
    ),
    Program(name="raw features, averages with a momentum of 0.9", build=_normalize_first(0.9), **_CLASSES),
    Program(
        name="the first class alone has a weight",
        label=("probe_not_learned",),
        strength="extreme",
        build=_normalize_first(0.9),
        fit_options={"class_weight": {0: 1.0, 1: 0.0, 2: 0.0}},
        **_CLASSES,
    ),
    Program(
        name="one vector repeated, a Dense layer",
        label=("positions_alike",),
        strength="clear",
        build=_repeat(lambda: layers.Dense(32, "tanh")),
        **_SERIES,
    ),
    Program(
        name="one vector repeated, an LSTM", build=_repeat(lambda: layers.LSTM(32, return_sequences=True)), **_SERIES
    ),
    Program(
        name="positive numbers by sigmoids, relu",
        label=("dead_outputs",),
        strength="clear",
        build=dense(hidden=[48] * 3, activation="sigmoid", output=(8, "relu")),
        **_POSITIVE,
    ),
    Program(
        name="positive numbers by sigmoids, softplus",
        build=dense(hidden=[48] * 3, activation="sigmoid", output=(8, "softplus")),
        **_POSITIVE,
    ),
    Program(
        name="steps by attention without positions",
        label=("order_ignored",),
        strength="clear",
        build=_attend(has_positions=False),
        **_STEPS,
    ),
    Program(name="steps by attention with positions", build=_attend(has_positions=True), **_STEPS),
    Program(
        name="steps of all examples in one table, taken apart by steps",
        label=("examples_mixed",),
        strength="clear",
        build=_read_table(steps_first=True),
        **_STEPS,
    ),
    Program(
        name="steps of all examples in one table, taken apart by examples",
        build=_read_table(steps_first=False),
        **_STEPS,
    ),
    Program(
        name="ring and its inside, stopped as accuracy rises",
        label=("monitor_mode", "ended_early"),
        strength="extreme",
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        compile_options={"metrics": ["accuracy"]},
        callbacks=(lambda: keras.callbacks.EarlyStopping("accuracy", mode="min", patience=2),),
        **_RING,
    ),
    Program(
        name="ring and its inside, stopped as accuracy falls",
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        compile_options={"metrics": ["accuracy"]},
        callbacks=(lambda: keras.callbacks.EarlyStopping("accuracy", mode="max", patience=2),),
        **_RING,
    ),
    Program(
        name="ring and its inside, stopped where the loss falls by less than 0.5 an epoch",
        label=("ended_early",),
        strength="extreme",
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        callbacks=(lambda: keras.callbacks.EarlyStopping("loss", min_delta=0.5, patience=2),),
        **_RING,
    ),
    Program(
        name="ring and its inside, stopped where the loss falls by less than 0.002 an epoch",
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        callbacks=(lambda: keras.callbacks.EarlyStopping("loss", min_delta=0.002, patience=2),),
        **_RING,
    ),
    Program(
        name="the first class has twice the weight",
        build=_normalize_first(0.9),
        fit_options={"class_weight": {0: 2.0, 1: 1.0, 2: 1.0}},
        **_CLASSES,
    ),
    Program(
        name="ring and its inside, a penalty of 3 on squares",
        build=_penalize(3.0),
        label=("shrunk_weights",),
        strength="extreme",
        **_RING,
    ),
    Program(
        name="ring and its inside, a penalty of 0.0001 on squares",
        build=_penalize(1e-4),
        **_RING,
    ),
    Program(
        name="ring and its inside, without a hidden layer",
        build=dense(hidden=[], activation="relu", output=(1, "sigmoid")),
        unnamed=True,
        strength="extreme",
        **_RING,
    ),
    Program(
        name="ring and its inside, with a hidden layer",
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        **_RING,
    ),
]

WITH_PREDICTIONS = (
    "digits in the order of their classes, the last set aside",
    "digits in any order, the last set aside",
    "sigmoids x10, regression",
    "one layer of relu, regression",
    "raw features, averages with a momentum of 0.999",
    "raw features, averages with a momentum of 0.9",
    "the first class alone has a weight",
    "the first class has twice the weight",
    "ring and its inside, a penalty of 3 on squares",
    "ring and its inside, a penalty of 0.0001 on squares",
    "positive numbers by sigmoids, relu",
    "positive numbers by sigmoids, softplus",
    "steps by attention without positions",
    "steps by attention with positions",
    "steps of all examples in one table, taken apart by steps",
    "steps of all examples in one table, taken apart by examples",
    "ring and its inside, without a hidden layer",
    "ring and its inside, with a hidden layer",
    "one vector repeated, a Dense layer",
    "one vector repeated, an LSTM",
)
"""Programs whose predictions for the inspected batch are taken at each epoch's end, as `TrainingGuard` takes them."""
