"""Programs whose fault shows over the epochs, and their healthy neighbours."""

import keras
from keras.optimizers import SGD, Adam

from labelled_programs import Program
from labelled_programs.data import Data, make_regression
from labelled_programs.models import dense

_NET = dense(hidden=[32], activation="relu", output=(1, None))
_X, _Y = make_regression()
_TRAIN, _VALIDATION = slice(0, 480), slice(480, 640)


def make_training_part() -> Data:
    """The first 480 examples of the regression."""
    return _X[_TRAIN], _Y[_TRAIN]


def _make_schedule(factor: float) -> keras.callbacks.Callback:
    return keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate if epoch == 0 else rate * factor)


_TRAINED: dict = {"data": make_training_part, "build": _NET, "loss": "mean_squared_error"}

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
        name="sigmoids x10, regression",
        label=("vanishing_gradient", "predictions_hardly_vary"),
        strength="clear",
        data=make_training_part,
        build=dense(hidden=[16] * 10, activation="sigmoid", output=(1, None)),
        loss="mean_squared_error",
        optimizer=lambda: SGD(0.05),
    ),
    Program(name="one layer of relu, regression", optimizer=lambda: SGD(0.05), **_TRAINED),
]

WITH_PREDICTIONS = ("sigmoids x10, regression", "one layer of relu, regression")
"""Programs whose predictions for the inspected batch are taken at each epoch's end, as `TrainingGuard` takes them."""
