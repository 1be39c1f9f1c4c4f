"""Losses, steps and weights of the user's own, and trainings that stop midway."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.optimizers import SGD, Adam, RMSprop
from keras.optimizers.schedules import PiecewiseConstantDecay

from labelled_programs import labels
from labelled_programs.held_out.data import make_curve, make_moons, make_spiral
from labelled_programs.models import dense
from labelled_programs.program import Program


class Contrastive(keras.Model):
    """A classifier that is also trained to answer alike with and without noise."""

    def __init__(self, *parts: Any, weight: float = 0.1, noise: float = 0.1, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.weight, self.noise = weight, noise
        self.seed = keras.random.SeedGenerator(1)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, **_: Any
    ) -> Any:
        """The compiled loss, and how far the answers move under noise."""
        moved = self(x + self.noise * keras.random.normal(ops.shape(x), seed=self.seed))
        loss = super().compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        return loss + self.weight * ops.mean(ops.square(moved - y_pred))


class Change(keras.callbacks.Callback):
    """Does something with the model at the end of one epoch."""

    def __init__(self, epoch: int, change: Any) -> None:
        super().__init__()
        self.epoch, self.change = epoch, change

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Does it when the epoch has come."""
        if epoch == self.epoch:
            self.change(self.model)


def set_rate(rate: float, model: keras.Model) -> None:
    """Sets the learning rate."""
    model.optimizer.learning_rate = rate


def clear_kernels(model: keras.Model) -> None:
    """Sets all weights to 0."""
    for weight in model.trainable_variables:
        weight.assign(0.0 * weight)


def kill_units(model: keras.Model) -> None:
    """Gives the hidden layers biases far below 0."""
    for layer in model.layers[:-1]:
        layer.bias.assign(0 * layer.bias - 100)


def build_contrastive(x: Any, *, weight: float = 0.1) -> keras.Model:
    """A classifier with a loss of its own."""
    inputs = keras.Input(x.shape[1:])
    h = layers.Dense(48, "relu")(layers.Dense(48, "relu")(inputs))
    return Contrastive(inputs, layers.Dense(3, "softmax")(h), weight=weight)


def build_bfloat16(x: Any) -> keras.Model:
    """Hidden layers that compute in half precision."""
    hidden = [layers.Dense(48, "relu", dtype="mixed_bfloat16") for _ in range(2)]
    return keras.Sequential([keras.Input(x.shape[1:]), *hidden, layers.Dense(3, "softmax", dtype="float32")])


def gaussian(y: Any, prediction: Any) -> Any:
    """The negative logarithm of a normal density, of mean and log variance."""
    mean, spread = prediction[:, :1], prediction[:, 1:]
    return ops.mean(0.5 * spread + 0.5 * ops.square(y - mean) * ops.exp(-spread))


def gaussian_of_spread(y: Any, prediction: Any) -> Any:
    """The same with a standard deviation that may become 0 or negative."""
    mean, spread = prediction[:, :1], prediction[:, 1:]
    return ops.mean(ops.log(spread) + 0.5 * ops.square((y - mean) / spread))


def score_mean(prediction: Any, y: Any) -> float:
    """The explained share of the variance, of the first output."""
    return float(1 - ((y - prediction[:, :1]) ** 2).mean() / y.var())


def squared_percentage(y: Any, prediction: Any) -> Any:
    """The squared error relative to labels that may be near 0."""
    return ops.mean(ops.square((y - prediction) / (ops.abs(y) + 1e-6)))


def stepwise(y: Any, prediction: Any) -> Any:
    """The squared error of rounded answers."""
    return ops.mean(ops.square(y - ops.round(prediction)))


def correlation(y: Any, prediction: Any) -> Any:
    """One minus the correlation of answers and labels."""
    y, prediction = y - ops.mean(y), prediction - ops.mean(prediction)
    return 1 - ops.sum(y * prediction) / ops.sqrt(ops.sum(y**2) * ops.sum(prediction**2) + 1e-9)


def score_correlation(prediction: Any, y: Any) -> float:
    """The square of the correlation."""
    return float(np.nan_to_num(np.corrcoef(prediction[:, 0], y[:, 0])[0, 1]) ** 2)


def weigh_late(x: Any, y: Any) -> Any:
    """Weights that grow from 0.5 to 1.5."""
    return np.linspace(0.5, 1.5, len(y))


def weigh_tiny(x: Any, y: Any) -> Any:
    """Weights of a billionth."""
    return np.full(len(y), 1e-9)


CURVE = Program(
    name="mean and variance of a curve",
    theme="own_code",
    data=make_curve,
    build=dense(hidden=[48], activation="relu", output=(2, None)),
    loss=gaussian,
    optimizer=partial(Adam, 0.005),
    score=score_mean,
)
SPIRAL = Program(
    name="alike under noise",
    theme="own_code",
    data=make_spiral,
    build=build_contrastive,
    loss="sparse_categorical_crossentropy",
    optimizer=partial(Adam, 0.01),
)
MOONS = Program(
    name="moons with weights of examples",
    theme="own_code",
    data=make_moons,
    build=dense(hidden=[20, 20], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(RMSprop, 0.01),
    sample_weight=weigh_late,
)
CORRELATION = CURVE.vary(
    "correlation as a loss",
    build=dense(hidden=[48], activation="relu", output=(1, None)),
    loss=correlation,
    score=score_correlation,
)
TEN = Program(
    name="ten epochs of moons",
    theme="own_code",
    data=make_moons,
    build=dense(hidden=[20, 20], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.3),
    epochs=10,
)

HEALTHY = [
    CURVE,
    SPIRAL,
    MOONS,
    CORRELATION,
    TEN,
    MOONS.vary("moons with weights of classes", sample_weight=None, fit_options={"class_weight": {0: 0.4, 1: 1.6}}),
    TEN.vary("a tenth of the rate from the seventh epoch on", callbacks=(partial(Change, 5, partial(set_rate, 0.03)),)),
    TEN.vary("early stopping", callbacks=(partial(keras.callbacks.EarlyStopping, monitor="loss", patience=4),)),
    TEN.vary(
        "a rate in three steps",
        optimizer=lambda: SGD(PiecewiseConstantDecay([60, 100], [0.5, 0.1, 0.02]), momentum=0.9),
    ),
    SPIRAL.vary("spiral in bfloat16", build=build_bfloat16),
]

SICK = [
    CURVE.vary(
        "a standard deviation that may be negative", label=labels.NONFINITE, strength="clear", loss=gaussian_of_spread
    ),
    CURVE.vary(
        "squared percentages of labels near 0",
        unnamed=True,
        strength="mild",
        build=dense(hidden=[48], activation="relu", output=(1, None)),
        loss=squared_percentage,
        score=None,
    ),
    CORRELATION.vary(
        "correlation of rounded answers",
        label=labels.CUT_OFF,
        strength="clear",
        build=dense(hidden=[48], activation="relu", output=(1, None)),
        loss=stepwise,
    ),
    SPIRAL.vary(
        "alike under noise above all", unnamed=True, strength="mild", build=partial(build_contrastive, weight=1e4)
    ),
    MOONS.vary(
        "weights of a billionth, sgd",
        label=(*labels.TOO_SMALL_STEPS, "tiny_gradient"),
        strength="extreme",
        sample_weight=weigh_tiny,
        optimizer=partial(SGD, 0.1),
    ),
    TEN.vary(
        "weights of 0 from the sixth epoch on",
        label=(*labels.SYMMETRIC, "zero_gradient", *labels.DEAD),
        strength="extreme",
        callbacks=(partial(Change, 4, clear_kernels),),
    ),
    TEN.vary(
        "units that die in the fourth epoch",
        label=labels.DEAD,
        strength="clear",
        callbacks=(partial(Change, 3, kill_units),),
    ),
    TEN.vary(
        "a rate of 500 from the sixth epoch on",
        label=labels.TOO_LARGE_STEPS,
        strength="extreme",
        callbacks=(partial(Change, 4, partial(set_rate, 500.0)),),
    ),
    TEN.vary(
        "no rate from the second epoch on",
        label=(*labels.NO_STEPS, *labels.TOO_SMALL_STEPS),
        strength="clear",
        callbacks=(partial(Change, 0, partial(set_rate, 0.0)),),
        optimizer=partial(SGD, 0.01),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
