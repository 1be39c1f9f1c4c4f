"""Faults of the network: its depth, initial weights, units and connections."""

from functools import partial

from keras import layers
from keras.initializers import Constant, RandomNormal
from keras.optimizers import SGD, Adam

from labelled_programs.data import make_binary, make_blobs, make_regression
from labelled_programs.models import build_disconnected, dense, freeze_hidden, sequential
from labelled_programs.program import STRENGTHS, Program

SICK_NETWORKS = [
    *(
        Program(
            name=f"sigmoids x{depth}",
            label=("vanishing_gradient",),
            strength=strength,
            data=make_binary,
            build=dense(hidden=[16] * depth, activation="sigmoid", output=(1, "sigmoid")),
            loss="binary_crossentropy",
            optimizer=Adam,
        )
        for strength, depth in zip(STRENGTHS, (6, 8, 12), strict=True)
    ),
    *(
        Program(
            name=f"sigmoids x{depth} sgd",
            label=("vanishing_gradient",),
            strength=strength,
            data=make_blobs,
            build=dense(hidden=[32] * depth, activation="sigmoid", output=(3, "softmax")),
            loss="sparse_categorical_crossentropy",
            optimizer=partial(SGD, 0.1),
        )
        for strength, depth in zip(STRENGTHS, (6, 8, 12), strict=True)
    ),
    *(
        Program(
            name=f"small tanh {stddev}",
            label=("vanishing_gradient", "tiny_gradient", "constant_prediction"),
            strength=strength,
            data=make_blobs,
            build=dense(
                hidden=[32] * 6,
                activation="tanh",
                output=(3, "softmax"),
                initializer=partial(RandomNormal, stddev=stddev),
            ),
            loss="sparse_categorical_crossentropy",
            optimizer=partial(SGD, 0.1),
        )
        for strength, stddev in zip(STRENGTHS, (0.06, 0.03, 0.01), strict=True)
    ),
    *(
        Program(
            name=f"small relu {stddev}",
            label=("vanishing_gradient", "tiny_gradient", "constant_prediction"),
            strength=strength,
            data=make_blobs,
            build=dense(
                hidden=[32] * 6,
                activation="relu",
                output=(3, "softmax"),
                initializer=partial(RandomNormal, stddev=stddev),
            ),
            loss="sparse_categorical_crossentropy",
            optimizer=partial(Adam, 1e-4),
        )
        for strength, stddev in zip(STRENGTHS, (0.06, 0.03, 0.01), strict=True)
    ),
    *(
        Program(
            name=f"large relu {stddev}",
            label=("exploding_activation", "exploding_gradient", "update_too_large", "nonfinite"),
            strength=strength,
            data=make_blobs,
            build=dense(
                hidden=[32] * 8,
                activation="relu",
                output=(3, "softmax"),
                initializer=partial(RandomNormal, stddev=stddev),
            ),
            loss="sparse_categorical_crossentropy",
            optimizer=partial(SGD, 0.01),
        )
        for strength, stddev in zip(STRENGTHS, (0.8, 1.5, 3.0), strict=True)
    ),
    *(
        Program(
            name=f"large linear {stddev}",
            label=("exploding_activation", "exploding_gradient", "update_too_large", "nonfinite"),
            strength=strength,
            data=make_regression,
            build=dense(
                hidden=[32] * 6, activation=None, output=(1, None), initializer=partial(RandomNormal, stddev=stddev)
            ),
            loss="mse",
            optimizer=partial(SGD, 0.01),
        )
        for strength, stddev in zip(STRENGTHS, (0.8, 1.5, 3.0), strict=True)
    ),
    *(
        Program(
            name=f"large tanh {stddev}",
            label=("saturated_units", "exploding_gradient"),
            strength=strength,
            data=make_blobs,
            build=dense(
                hidden=[64] * 5,
                activation="tanh",
                output=(3, "softmax"),
                initializer=partial(RandomNormal, stddev=stddev),
            ),
            loss="sparse_categorical_crossentropy",
            optimizer=partial(SGD, 0.01),
        )
        for strength, stddev in zip(STRENGTHS, (0.8, 1.5, 3.0), strict=True)
    ),
    *(
        Program(
            name=f"dead relu {bias}",
            label=("dead_relu",),
            strength=strength,
            data=make_blobs,
            build=sequential(
                partial(layers.Dense, 32, "relu"),
                partial(layers.Dense, 32, "relu", bias_initializer=Constant(bias)),
                partial(layers.Dense, 3, "softmax"),
            ),
            loss="sparse_categorical_crossentropy",
            optimizer=Adam,
        )
        for strength, bias in zip(STRENGTHS, (-5.0, -10.0, -100.0), strict=True)
    ),
    *(
        Program(
            name=f"{name} everywhere",
            label=("symmetric_weights", "zero_gradient"),
            strength="clear",
            data=make_blobs,
            build=dense(
                hidden=[32, 32],
                activation="tanh",
                output=(3, "softmax"),
                initializer=initializer,
                output_initializer=initializer,
            ),
            loss="sparse_categorical_crossentropy",
            optimizer=Adam,
        )
        for name, initializer in (
            ("zeros", "zeros"),
            ("ones", "ones"),
            ("constant", Constant(0.05)),
        )
    ),
    *(
        Program(
            name=f"{name} everywhere relu",
            label=("symmetric_weights", "zero_gradient", "dead_relu"),
            strength="clear",
            data=make_binary,
            build=dense(
                hidden=[32],
                activation="relu",
                output=(1, "sigmoid"),
                initializer=initializer,
                output_initializer=initializer,
            ),
            loss="binary_crossentropy",
            optimizer=partial(SGD, 0.1),
        )
        for name, initializer in (
            ("zeros", "zeros"),
            ("ones", "ones"),
            ("constant", Constant(0.05)),
        )
    ),
    Program(
        name="zeros hidden relu",
        label=("symmetric_weights", "zero_gradient", "dead_relu"),
        strength="clear",
        data=make_blobs,
        build=dense(hidden=[32, 32], activation="relu", output=(3, "softmax"), initializer="zeros"),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="frozen hidden layers",
        label=("frozen_layers", "frozen_at_random"),
        strength="mild",
        data=make_blobs,
        build=freeze_hidden(dense(hidden=[32, 32], activation="relu", output=(3, "softmax"))),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="disconnected layer",
        label=("disconnected_layer",),
        strength="mild",
        data=make_blobs,
        build=build_disconnected,
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
]
