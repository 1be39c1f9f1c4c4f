"""Recurrent networks: what they remember, how they start, and what they are given."""

from functools import partial
from typing import Any

import keras
from keras import layers
from keras.initializers import Identity, Orthogonal, RandomNormal
from keras.optimizers import SGD, Adam, RMSprop

from labelled_programs import labels
from labelled_programs.data import make_sequences, scale_inputs
from labelled_programs.models import sequential
from labelled_programs.program import STRENGTHS, Program
from labelled_programs.sequence_data import make_ragged, make_recall, make_recall_flag, make_tags, make_waves

BINARY = partial(layers.Dense, 1, "sigmoid")

RNN_LAST = Program(
    name="rnn, answer at the end of 100 steps",
    theme="recurrent",
    data=partial(make_recall, 100, -2),
    build=sequential(partial(layers.SimpleRNN, 16), BINARY),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
    fit_options={"batch_size": 64},
)
LSTM_LAST = RNN_LAST.vary(
    "lstm, answer at the end of 150 steps",
    data=partial(make_recall, 150, -3),
    build=sequential(partial(layers.LSTM, 12), BINARY),
    optimizer=partial(Adam, 0.01),
)
GRU_SUM = Program(
    name="gru of sums, sgd 0.3",
    theme="recurrent",
    data=partial(make_sequences, 320),
    build=sequential(partial(layers.GRU, 16), BINARY),
    loss="binary_crossentropy",
    optimizer=partial(SGD, 0.3, momentum=0.9),
)
STACK = Program(
    name="stacked lstm",
    theme="recurrent",
    data=partial(make_sequences, 320),
    build=sequential(partial(layers.LSTM, 16, return_sequences=True), partial(layers.LSTM, 8), BINARY),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.01),
)
WAVES = Program(
    name="lstm forecasts a wave",
    theme="recurrent",
    data=make_waves,
    build=sequential(partial(layers.LSTM, 16), partial(layers.Dense, 1)),
    loss="mse",
    optimizer=partial(Adam, 0.01),
)
IDENTITY = Program(
    name="relu recurrence from the identity",
    theme="recurrent",
    data=partial(make_recall, 30, -3),
    build=sequential(
        partial(
            layers.SimpleRNN,
            16,
            activation="relu",
            kernel_initializer=RandomNormal(stddev=0.1),
            recurrent_initializer=Identity(0.9),
        ),
        BINARY,
    ),
    loss="binary_crossentropy",
    optimizer=partial(Adam, 0.005),
)


def build_encoder_decoder(x: Any) -> keras.Model:
    """Encodes a sequence into one state, and tags each step from the state and the step."""
    inputs = keras.Input(x.shape[1:])
    _, state = layers.GRU(12, return_state=True)(inputs)
    h = layers.GRU(12, return_sequences=True)(inputs, initial_state=state)
    return keras.Model(inputs, layers.Dense(3, "softmax")(h))


def build_relu_rnn(gain: float, x: Any) -> keras.Model:
    """A recurrence without a bound, whose recurrent kernel is a rotation times a gain."""
    rnn = layers.SimpleRNN(24, activation="relu", recurrent_initializer=Orthogonal(gain=gain))
    return keras.Sequential([keras.Input(x.shape[1:]), rnn, BINARY()])


def build_wide_rnn(stddev: float, x: Any) -> keras.Model:
    """A tanh recurrence with random recurrent weights of some size."""
    rnn = layers.SimpleRNN(32, recurrent_initializer=RandomNormal(stddev=stddev))
    return keras.Sequential([keras.Input(x.shape[1:]), rnn, BINARY()])


HEALTHY = [
    RNN_LAST,
    LSTM_LAST,
    GRU_SUM,
    STACK,
    WAVES,
    IDENTITY,
    RNN_LAST.vary("rnn, answer 6 steps back", data=partial(make_recall, 8, 2, 400)),
    GRU_SUM.vary("gru recalls a flag over 12 steps", data=partial(make_recall_flag, 12), optimizer=partial(Adam, 0.01)),
    GRU_SUM.vary(
        "masked gru",
        data=make_ragged,
        build=sequential(layers.Masking, partial(layers.GRU, 12), BINARY),
        optimizer=partial(RMSprop, 0.01),
    ),
    STACK.vary(
        "two bidirectional lstms",
        build=sequential(
            lambda: layers.Bidirectional(layers.LSTM(8, return_sequences=True)),
            lambda: layers.Bidirectional(layers.LSTM(8)),
            BINARY,
        ),
    ),
    Program(
        name="gru tags each step",
        theme="recurrent",
        data=make_tags,
        build=sequential(
            partial(layers.GRU, 16, return_sequences=True),
            lambda: layers.TimeDistributed(layers.Dense(3, "softmax")),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    Program(
        name="encoder and decoder",
        theme="recurrent",
        data=make_tags,
        build=build_encoder_decoder,
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, 0.01),
    ),
    WAVES.vary(
        "lstm with recurrent dropout",
        build=sequential(
            partial(layers.LSTM, 16, dropout=0.1, recurrent_dropout=0.1),
            partial(layers.Dense, 8, "relu"),
            partial(layers.Dense, 1),
        ),
    ),
]

SICK = [
    *(
        RNN_LAST.vary(
            f"rnn, answer at the beginning of {length} steps",
            label=labels.VANISHING_IN_TIME,
            strength=strength,
            data=partial(make_recall, length, 0),
        )
        for strength, length in zip(STRENGTHS, (40, 100, 200), strict=True)
    ),
    *(
        LSTM_LAST.vary(
            f"lstm, answer at the beginning of {length} steps",
            label=labels.VANISHING_IN_TIME,
            strength=strength,
            data=partial(make_recall, length, 0),
        )
        for strength, length in (("mild", 80), ("clear", 150))
    ),
    LSTM_LAST.vary(
        "bidirectional gru, answer in the middle of 150 steps",
        label=labels.VANISHING_IN_TIME,
        strength="clear",
        data=partial(make_recall, 150, 75),
        build=sequential(lambda: layers.Bidirectional(layers.GRU(8)), BINARY),
    ),
    *(
        GRU_SUM.vary(
            f"gru of sums, sgd {rate}",
            label=labels.TOO_SMALL_STEPS,
            strength=strength,
            optimizer=partial(SGD, rate),
        )
        for strength, rate in zip(STRENGTHS, (0.01, 0.001, 1e-5), strict=True)
    ),
    STACK.vary(
        "stacked lstm of zeros",
        label=labels.SYMMETRIC,
        strength="extreme",
        build=sequential(
            partial(
                layers.LSTM,
                16,
                return_sequences=True,
                kernel_initializer="zeros",
                recurrent_initializer="zeros",
            ),
            partial(layers.LSTM, 8, kernel_initializer="zeros", recurrent_initializer="zeros"),
            BINARY,
        ),
    ),
    GRU_SUM.vary(
        "gru of ones",
        label=labels.SYMMETRIC,
        strength="clear",
        build=sequential(
            partial(layers.GRU, 16, kernel_initializer="ones", recurrent_initializer="ones"),
            BINARY,
        ),
    ),
    *(
        IDENTITY.vary(
            f"relu recurrence, gain {gain}",
            label=(*labels.UNBOUNDED, *labels.EXPLODING),
            strength=strength,
            data=partial(make_recall, 60, -3),
            build=partial(build_relu_rnn, gain),
        )
        for strength, gain in (("clear", 2.0), ("extreme", 4.0))
    ),
    *(
        RNN_LAST.vary(
            f"recurrent weights of {stddev}",
            label=(*labels.SATURATED, *labels.EXPLODING),
            strength=strength,
            data=partial(make_recall, 40, -3),
            build=partial(build_wide_rnn, stddev),
            optimizer=partial(Adam, 0.001),
        )
        for strength, stddev in (("mild", 2.0), ("clear", 8.0))
    ),
    *(
        WAVES.vary(
            f"lstm forecasts prices near {shift:.0f}",
            label=(*labels.LARGE_INPUTS, *labels.LARGE_LABELS),
            strength=strength,
            data=partial(make_waves, scale=shift / 10, shift=shift),
        )
        for strength, shift in (("mild", 100.0), ("clear", 30000.0))
    ),
    STACK.vary(
        "stacked lstm of inputs near 1000",
        label=(*labels.LARGE_INPUTS, *labels.SATURATED),
        strength="clear",
        data=partial(scale_inputs, partial(make_sequences, 320), 1000.0),
    ),
    WAVES.vary(
        "lstm forecasts through relu",
        label=labels.LABELS_OUT_OF_RANGE,
        strength="mild",
        build=sequential(partial(layers.LSTM, 16), partial(layers.Dense, 1, "relu")),
    ),
]

PROGRAMS = [*HEALTHY, *SICK]
