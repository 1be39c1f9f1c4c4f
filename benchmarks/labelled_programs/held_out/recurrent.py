"""Recurrent networks."""

from functools import partial
from typing import Any

import keras
from keras import layers
from keras.initializers import Orthogonal
from keras.optimizers import SGD, Adam, Nadam, RMSprop

from labelled_programs import labels
from labelled_programs.held_out.data import make_pulses, make_sales
from labelled_programs.models import sequential
from labelled_programs.program import STRENGTHS, Program

SIGMOID = partial(layers.Dense, 1, "sigmoid")


def build_forecast(x: Any, *, cell: Any = layers.GRU, head: str | None = None, **options: Any) -> keras.Model:
    """A recurrent layer and a Dense layer of two numbers."""
    return keras.Sequential([keras.Input(x.shape[1:]), cell(20, **options), layers.Dense(2, head)])


def build_stack(x: Any, *, depth: int = 3, activation: str = "tanh", gain: float = 1.0) -> keras.Model:
    """Simple recurrent layers over each other."""
    model = keras.Sequential([keras.Input(x.shape[1:])])
    for number in range(depth):
        kernel = Orthogonal(gain=gain)
        last = number == depth - 1
        model.add(layers.SimpleRNN(14, activation, recurrent_initializer=kernel, return_sequences=not last))
    model.add(layers.Dense(1, "sigmoid"))
    return model


def build_normalized(x: Any) -> keras.Model:
    """Normalizes its inputs, and puts its answers back to their units by fixed numbers."""
    inputs = keras.Input(x.shape[1:])
    h = layers.LSTM(20)(layers.BatchNormalization()(inputs))
    return keras.Model(inputs, layers.Rescaling(40.0, 100.0)(layers.Dense(2)(h)))


def build_attended(x: Any) -> keras.Model:
    """The maximum over all steps of an LSTM, not its last state."""
    inputs = keras.Input(x.shape[1:])
    h = layers.LSTM(10, return_sequences=True)(inputs)
    return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalMaxPooling1D()(h)))


PULSE = Program(
    name="pulse late in 120 steps",
    theme="recurrent",
    data=partial(make_pulses, 120, (112, 118)),
    build=sequential(partial(layers.GRU, 10), SIGMOID),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.02),
    fit_options={"batch_size": 64},
)
SHORT = Program(
    name="pulse in 15 steps, three layers",
    theme="recurrent",
    data=partial(make_pulses, 15, (4, 13)),
    build=build_stack,
    loss="binary_crossentropy",
    optimizer=partial(RMSprop, 0.003),
)
SALES = Program(
    name="sales of two products",
    theme="recurrent",
    data=make_sales,
    build=build_forecast,
    loss="mae",
    optimizer=partial(Nadam, 0.01),
)

HEALTHY = [
    PULSE,
    SHORT,
    SALES,
    PULSE.vary(
        "pulse anywhere in 100 steps, maximum over time", data=partial(make_pulses, 100, (5, 95)), build=build_attended
    ),
    SHORT.vary(
        "pulse in 15 steps, bidirectional",
        build=sequential(lambda: layers.Bidirectional(layers.SimpleRNN(12)), SIGMOID),
    ),
    SHORT.vary(
        "pulse in 15 steps, lstm under sgd",
        build=sequential(partial(layers.LSTM, 16), SIGMOID),
        optimizer=partial(SGD, 0.5, momentum=0.9, clipnorm=1.0),
    ),
    SALES.vary(
        "sales, lstm", build=partial(build_forecast, cell=layers.LSTM), loss="mse", optimizer=partial(Adam, 0.01)
    ),
    SALES.vary(
        "sales, sgd",
        build=partial(build_forecast, cell=layers.SimpleRNN),
        loss="mse",
        optimizer=partial(SGD, 0.05, momentum=0.9),
    ),
    SALES.vary(
        "sales behind batch normalization",
        data=partial(make_sales, scale=40.0, shift=100.0),
        build=build_normalized,
    ),
]

SICK = [
    *(
        PULSE.vary(
            f"pulse early in {length} steps",
            label=labels.VANISHING_IN_TIME,
            strength=strength,
            data=partial(make_pulses, length, (0, 8)),
            build=sequential(partial(layers.SimpleRNN, 10), SIGMOID),
            optimizer=partial(Adam, 0.005),
        )
        for strength, length in zip(STRENGTHS, (60, 120, 180), strict=True)
    ),
    PULSE.vary(
        "pulse early in 160 steps, gru",
        label=labels.VANISHING_IN_TIME,
        strength="clear",
        data=partial(make_pulses, 160, (0, 8)),
        optimizer=partial(Adam, 0.005),
    ),
    SHORT.vary(
        "weak recurrent weights in three layers",
        label=labels.VANISHING_IN_TIME,
        strength="clear",
        data=partial(make_pulses, 30, (0, 8)),
        build=partial(build_stack, gain=0.2),
    ),
    SHORT.vary(
        "three relu recurrences of gain 2",
        label=(*labels.UNBOUNDED, *labels.EXPLODING),
        strength="extreme",
        data=partial(make_pulses, 60, (10, 55)),
        build=partial(build_stack, activation="relu", gain=2.0),
    ),
    SHORT.vary(
        "linear recurrences of gain 1.7",
        label=(*labels.UNBOUNDED, *labels.EXPLODING),
        strength="clear",
        data=partial(make_pulses, 40, (10, 35)),
        build=partial(build_stack, depth=1, activation="linear", gain=1.7),
    ),
    SHORT.vary(
        "three layers of sigmoids, sgd",
        label=(*labels.VANISHING, *labels.TOO_SMALL_STEPS),
        strength="clear",
        build=partial(build_stack, activation="sigmoid"),
        optimizer=partial(SGD, 0.01),
    ),
    SALES.vary(
        "sales, sgd 0.0005", label=labels.TOO_SMALL_STEPS, strength="mild", loss="mse", optimizer=partial(SGD, 0.0005)
    ),
    SALES.vary("sales, nadam 3", label=labels.TOO_LARGE_STEPS, strength="clear", optimizer=partial(Nadam, 3.0)),
    SALES.vary(
        "sales in pieces",
        label=(*labels.LARGE_INPUTS, *labels.LARGE_LABELS),
        strength="clear",
        data=partial(make_sales, scale=5000.0, shift=20000.0),
    ),
    SALES.vary(
        "sales through a sigmoid",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="clear",
        build=partial(build_forecast, head="sigmoid"),
    ),
    SALES.vary(
        "sales from kernels of ones",
        label=(*labels.SYMMETRIC, *labels.SATURATED),
        strength="clear",
        build=partial(build_forecast, cell=layers.SimpleRNN, kernel_initializer="ones", recurrent_initializer="ones"),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
