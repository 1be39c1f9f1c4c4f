"""Trainings that begin well and stop learning on the way, and some that only look like it."""

from functools import partial
from typing import Any

import keras
from keras.optimizers import SGD, Adam
from keras.optimizers.schedules import CosineDecay, PiecewiseConstantDecay

from labelled_programs import labels
from labelled_programs.data import make_binary, make_blobs, make_regression
from labelled_programs.models import dense
from labelled_programs.program import Program


class SpoilWeights(keras.callbacks.Callback):
    """Multiplies the weights of some layers at the end of one epoch."""

    def __init__(self, epoch: int, factor: float, first: int = 0) -> None:
        super().__init__()
        self.epoch, self.factor, self.first = epoch, factor, first

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Spoils them when the epoch has come."""
        if epoch == self.epoch:
            for weight in self.model.weights[self.first :]:
                weight.assign(self.factor * weight)


class SetRate(keras.callbacks.Callback):
    """Sets the learning rate from one epoch on."""

    def __init__(self, epoch: int, rate: float) -> None:
        super().__init__()
        self.epoch, self.rate = epoch, rate

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Sets it when the epoch has come."""
        if epoch == self.epoch:
            self.model.optimizer.learning_rate = self.rate


class ShrinkRate(keras.callbacks.Callback):
    """Multiplies the learning rate at each epoch."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Shrinks it."""
        optimizer = self.model.optimizer
        optimizer.learning_rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate)) * self.factor


BLOBS = Program(
    name="eight epochs, sgd",
    theme="midway",
    data=make_blobs,
    build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax")),
    loss="sparse_categorical_crossentropy",
    optimizer=partial(SGD, 0.1),
    epochs=8,
)
BINARY = Program(
    name="eight epochs, adam",
    theme="midway",
    data=make_binary,
    build=dense(hidden=[24, 24], activation="relu", output=(1, "sigmoid")),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.003),
    epochs=8,
)
REGRESSION = Program(
    name="eight epochs, regression",
    theme="midway",
    data=make_regression,
    build=dense(hidden=[32], activation="tanh", output=(1, None)),
    loss="mse",
    optimizer=partial(SGD, 0.05),
    epochs=8,
)

HEALTHY = [
    BLOBS,
    BINARY,
    REGRESSION,
    BLOBS.vary("rate that shrinks at each epoch", callbacks=(partial(ShrinkRate, 0.7),)),
    BLOBS.vary("cosine decay to the end", optimizer=lambda: SGD(CosineDecay(0.2, 160), momentum=0.9)),
    BINARY.vary(
        "rate a tenth from the fifth epoch on", optimizer=lambda: Adam(PiecewiseConstantDecay([80], [0.01, 0.001]))
    ),
    REGRESSION.vary(
        "rate reduced on a plateau",
        callbacks=(partial(keras.callbacks.ReduceLROnPlateau, monitor="loss", patience=1, factor=0.5),),
    ),
    BINARY.vary(
        "averaged weights",
        callbacks=(keras.callbacks.SwapEMAWeights,),
        optimizer=partial(Adam, 0.005, use_ema=True, ema_momentum=0.9),
    ),
]

# The neighbours' scores after all epochs are what these stay below, but for those whose rate ends: what they have
# learned until then stays learned.
SICK = [
    BLOBS.vary(
        "weights times 1e-4 at each third epoch",
        label=labels.VANISHING,
        strength="clear",
        callbacks=(partial(SpoilWeights, 2, 1e-4), partial(SpoilWeights, 5, 1e-4)),
        build=dense(hidden=[32] * 3, activation="relu", output=(3, "softmax")),
    ),
    BLOBS.vary(
        "weights times 50 after the fourth epoch",
        label=(*labels.EXPLODING, *labels.TOO_LARGE_STEPS),
        strength="clear",
        callbacks=(partial(SpoilWeights, 3, 50.0),),
    ),
    BLOBS.vary(
        "rate of 100 from the fifth epoch on",
        label=labels.TOO_LARGE_STEPS,
        strength="extreme",
        callbacks=(partial(SetRate, 4, 100.0),),
    ),
    BINARY.vary(
        "adam's rate of 2 from the fifth epoch on",
        label=labels.TOO_LARGE_STEPS,
        strength="clear",
        callbacks=(partial(SetRate, 4, 2.0),),
    ),
    REGRESSION.vary(
        "rate of 0 from the second epoch on",
        label=(*labels.NO_STEPS, *labels.TOO_SMALL_STEPS),
        strength="extreme",
        callbacks=(partial(SetRate, 1, 0.0),),
        optimizer=partial(SGD, 0.01),
    ),
    REGRESSION.vary(
        "rate divided by 1000 at each epoch",
        label=labels.STEPS_THAT_END,
        strength="clear",
        callbacks=(partial(ShrinkRate, 1e-3),),
        optimizer=partial(SGD, 0.01),
    ),
    REGRESSION.vary(
        "rate of 5 from the fourth epoch on",
        label=labels.TOO_LARGE_STEPS,
        strength="clear",
        callbacks=(partial(SetRate, 3, 5.0),),
        build=dense(hidden=[32], activation="relu", output=(1, None)),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
