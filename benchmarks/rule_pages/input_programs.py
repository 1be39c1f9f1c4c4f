"""Programs for the rules about inputs that vary too little, and their healthy neighbours."""

from functools import partial
from typing import Any

import numpy as np
from keras.optimizers import Adam

from labelled_programs import Program
from labelled_programs.data import Data, make_blobs, scale_inputs
from labelled_programs.models import dense

_CLASSES: dict[str, Any] = {"loss": "sparse_categorical_crossentropy", "optimizer": Adam}
_CLASSES |= {"build": dense(hidden=[32], activation="relu", output=(3, "softmax"))}


def make_integers() -> Data:
    """Numbers below 1 that were turned into integers: all are 0 or, shifted, 1."""
    x, y = make_blobs()
    return np.ones_like(x), y


def make_year() -> Data:
    """Blobs beside a column that holds one year."""
    x, y = make_blobs()
    return np.concatenate([x, np.full((len(x), 1), 2.0, "float32")], axis=1), y


INPUT_PROGRAMS = [
    Program(
        name="inputs of 1e-4",
        label=("input_too_small",),
        strength="clear",
        data=partial(scale_inputs, make_blobs, 1e-4),
        **_CLASSES,
    ),
    Program(name="inputs of 0.1", data=partial(scale_inputs, make_blobs, 0.1), **_CLASSES),
    Program(name="the same input", label=("constant_input",), strength="extreme", data=make_integers, **_CLASSES),
    Program(name="one constant feature", data=make_year, **_CLASSES),
]
