"""Programs for the rules about inputs that vary too little, and their healthy neighbours."""

from functools import partial
from typing import Any

import keras
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


def make_years() -> Data:
    """Years, and two classes that change every four of them."""
    x = np.random.default_rng(0).integers(2001, 2025, size=(600, 1)).astype("float32")
    return x, (x[:, 0] % 8 < 4).astype("int32")


def normalize_years(dtype: str) -> Any:
    """A net under mixed_bfloat16 behind a Normalization of some precision."""

    def build(x: Any) -> keras.Model:
        normalization = keras.layers.Normalization(dtype=dtype)
        normalization.adapt(make_years()[0])
        hidden = keras.layers.Dense(32, "relu", dtype="mixed_bfloat16")
        head = keras.layers.Dense(3, "softmax", dtype="float32")
        return keras.Sequential([keras.Input(x.shape[1:]), normalization, hidden, head])

    return build


def make_temperatures(has_offset: bool) -> Data:
    """Two measures of hundredths beside a temperature, and which of four classes they are of."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 4, size=600)
    z = np.stack([y % 2, y // 2, np.zeros(600)], axis=1) + 0.2 * generator.normal(size=(600, 3))
    x = z * [0.03, 0.02, 0.3] + [0.1, 0.2, 37.0]
    return (x if has_offset else (x - x.mean(axis=0)) / x.std(axis=0)).astype("float32"), y.astype("int32")


_FOUR: dict = _CLASSES | {"build": dense(hidden=[32], activation="relu", output=(4, "softmax"))}

INPUT_PROGRAMS = [
    Program(
        name="measures beside a temperature",
        label=("input_offset",),
        strength="clear",
        data=partial(make_temperatures, True),
        **_FOUR,
    ),
    Program(name="measures beside a temperature, standardised", data=partial(make_temperatures, False), **_FOUR),
    Program(
        name="inputs of 1e-4",
        label=("input_too_small",),
        strength="clear",
        data=partial(scale_inputs, make_blobs, 1e-4),
        **_CLASSES,
    ),
    Program(name="inputs of 0.1", data=partial(scale_inputs, make_blobs, 0.1), **_CLASSES),
    Program(
        name="years that are normalized in bfloat16",
        label=("rounded_input",),
        strength="clear",
        data=make_years,
        **_CLASSES | {"build": normalize_years("mixed_bfloat16")},
    ),
    Program(
        name="years that are normalized in float32",
        data=make_years,
        **_CLASSES | {"build": normalize_years("float32")},
    ),
    Program(name="the same input", label=("constant_input",), strength="extreme", data=make_integers, **_CLASSES),
    Program(name="one constant feature", data=make_year, **_CLASSES),
]
