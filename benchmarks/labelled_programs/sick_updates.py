"""Faults of the optimizer: steps that are too large, too small, or not made."""

from functools import partial

from keras.optimizers import SGD, Adam

from labelled_programs.data import make_blobs, make_regression
from labelled_programs.models import dense
from labelled_programs.program import STRENGTHS, Program

SICK_UPDATES = [
    *(
        Program(
            name=f"sgd rate {rate}",
            label=("update_too_large", "learning_rate_too_high", "nonfinite", "dead_relu"),
            strength=strength,
            data=make_blobs,
            build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax")),
            loss="sparse_categorical_crossentropy",
            optimizer=partial(SGD, rate),
        )
        for strength, rate in zip(STRENGTHS, (3.0, 30.0, 1000.0), strict=True)
    ),
    *(
        Program(
            name=f"adam rate {rate}",
            label=("update_too_large", "learning_rate_too_high", "dead_relu"),
            strength=strength,
            data=make_blobs,
            build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax")),
            loss="sparse_categorical_crossentropy",
            optimizer=partial(Adam, rate),
        )
        for strength, rate in zip(STRENGTHS, (0.5, 2.0, 50.0), strict=True)
    ),
    *(
        Program(
            name=f"adam rate {rate} regression",
            label=("update_too_large", "learning_rate_too_high", "saturated_units"),
            strength=strength,
            data=make_regression,
            build=dense(hidden=[32, 32], activation="tanh", output=(1, None)),
            loss="mse",
            optimizer=partial(Adam, rate),
        )
        for strength, rate in zip(STRENGTHS, (0.5, 2.0, 50.0), strict=True)
    ),
    *(
        Program(
            name=f"adam rate {rate}",
            label=("update_too_small", "learning_rate_too_low"),
            strength=strength,
            data=make_blobs,
            build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax")),
            loss="sparse_categorical_crossentropy",
            optimizer=partial(Adam, rate),
        )
        for strength, rate in zip(STRENGTHS, (1e-5, 1e-6, 1e-8), strict=True)
    ),
    *(
        Program(
            name=f"sgd rate {rate * 10}",
            label=("update_too_small", "learning_rate_too_low"),
            strength=strength,
            data=make_regression,
            build=dense(hidden=[32], activation="relu", output=(1, None)),
            loss="mse",
            optimizer=partial(SGD, 10 * rate),
        )
        for strength, rate in zip(STRENGTHS, (1e-5, 1e-6, 1e-8), strict=True)
    ),
    Program(
        name="rate zero",
        label=("no_update",),
        strength="extreme",
        data=make_blobs,
        build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.0),
    ),
    Program(
        name="accumulation too long",
        label=("no_update",),
        strength="clear",
        data=make_blobs,
        build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(Adam, gradient_accumulation_steps=500),
    ),
]
