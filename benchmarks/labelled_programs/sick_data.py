"""Faults of the inputs and labels: their scale, their range, and what is not finite."""

from functools import partial

import numpy as np
from keras.optimizers import SGD, Adam

from labelled_programs.data import (
    make_binary,
    make_blobs,
    make_digits,
    make_nan_input,
    make_one_class,
    make_regression,
    make_signed,
    make_wine,
    number_classes,
    replace_label,
    scale_inputs,
    scale_labels,
)
from labelled_programs.models import build_mixed, dense
from labelled_programs.program import STRENGTHS, Program

SICK_DATA = [
    *(
        Program(
            name=f"scaled input {scale} sgd",
            label=("input_scale", "update_too_large"),
            strength=strength,
            data=partial(scale_inputs, make_blobs, scale),
            build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
            loss="sparse_categorical_crossentropy",
            optimizer=partial(SGD, 0.03),
        )
        for strength, scale in zip(STRENGTHS, (30.0, 300.0, 3000.0), strict=True)
    ),
    *(
        Program(
            name=f"scaled input {scale} sigmoid",
            label=("input_scale", "saturated_units"),
            strength=strength,
            data=partial(scale_inputs, make_binary, scale),
            build=dense(hidden=[32], activation="sigmoid", output=(1, "sigmoid")),
            loss="binary_crossentropy",
            optimizer=Adam,
        )
        for strength, scale in zip(STRENGTHS, (30.0, 300.0, 3000.0), strict=True)
    ),
    *(
        Program(
            name=f"scaled input {scale} adam",
            label=("input_scale",),
            strength=strength,
            data=partial(scale_inputs, make_regression, scale),
            build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
            loss="mse",
            optimizer=Adam,
        )
        for strength, scale in zip(STRENGTHS, (30.0, 300.0, 3000.0), strict=True)
    ),
    Program(
        name="raw pixels",
        label=("input_scale", "update_too_large"),
        strength="mild",
        data=partial(scale_inputs, make_digits, 255),
        build=dense(hidden=[64], activation="relu", output=(10, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.01),
    ),
    Program(
        name="raw wine",
        label=("input_scale", "feature_scale"),
        strength="clear",
        data=make_wine,
        build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=partial(SGD, 0.01),
    ),
    Program(
        name="raw wine tanh",
        label=("input_scale", "feature_scale", "saturated_units"),
        strength="clear",
        data=make_wine,
        build=dense(hidden=[32], activation="tanh", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="nan input",
        label=("nonfinite",),
        strength="clear",
        data=make_nan_input,
        build=dense(hidden=[32], activation="relu", output=(3, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="nan labels",
        label=("nonfinite",),
        strength="clear",
        data=partial(replace_label, make_regression, 5, np.nan),
        build=dense(hidden=[32], activation="relu", output=(1, None)),
        loss="mse",
        optimizer=Adam,
    ),
    Program(
        name="float16 overflow",
        label=("skipped_steps", "input_scale", "nonfinite"),
        strength="clear",
        data=partial(scale_inputs, make_blobs, 30000),
        build=build_mixed,
        loss="sparse_categorical_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="labels -1 and 1",
        label=("label_range",),
        strength="clear",
        data=make_signed,
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="labels 0 and 255",
        label=("label_range",),
        strength="extreme",
        data=partial(scale_labels, make_binary, 255),
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="three labels, one sigmoid",
        label=("label_range",),
        strength="clear",
        data=partial(number_classes, make_blobs),
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    Program(
        name="labels of one class only",
        label=("constant_labels",),
        strength="mild",
        data=make_one_class,
        build=dense(hidden=[32], activation="relu", output=(1, "sigmoid")),
        loss="binary_crossentropy",
        optimizer=Adam,
    ),
    *(
        Program(
            name=f"labels times {scale}",
            label=("label_scale",),
            strength=strength,
            data=partial(scale_labels, make_regression, scale),
            build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
            loss="mse",
            optimizer=Adam,
        )
        for strength, scale in zip(STRENGTHS, (100.0, 1e4, 1e6), strict=True)
    ),
    *(
        Program(
            name=f"labels times {scale} sgd",
            label=("label_scale", "exploding_gradient", "update_too_large", "nonfinite"),
            strength=strength,
            data=partial(scale_labels, make_regression, scale),
            build=dense(hidden=[32, 32], activation="relu", output=(1, None)),
            loss="mse",
            optimizer=partial(SGD, 0.01),
        )
        for strength, scale in zip(STRENGTHS, (100.0, 1e4, 1e6), strict=True)
    ),
]
