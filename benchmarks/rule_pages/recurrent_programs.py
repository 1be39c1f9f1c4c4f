"""Programs for the rules about gradients over time, and their healthy neighbours."""

from functools import partial
from typing import Any

import numpy as np
from keras import layers
from keras.initializers import Orthogonal
from keras.optimizers import Adam

from labelled_programs import Program
from labelled_programs.data import Data, make_sequences
from labelled_programs.models import Builder, sequential

_BINARY: dict[str, Any] = {"loss": "binary_crossentropy", "optimizer": Adam}


def make_padded_tokens() -> Data:
    """Sequences of ten to thirty token numbers from 1, padded with zeros behind them up to 120."""
    rng = np.random.default_rng(0)
    x = rng.integers(1, 50, size=(256, 120))
    lengths = rng.integers(10, 31, size=256)
    is_content = np.arange(120) < lengths[:, None]
    labels = (np.where(is_content, x < 25, False).sum(axis=1) > lengths / 2).astype("float32")
    return np.where(is_content, x, 0).astype("int32"), labels[:, None]


def make_long_sequences() -> Data:
    """Sequences of 100 steps."""
    return make_sequences(256, 100)


def _read_tokens(mask_zero: bool) -> Builder:
    return sequential(
        partial(layers.Embedding, 50, 16, mask_zero=mask_zero),
        partial(layers.LSTM, 32),
        partial(layers.Dense, 1, "sigmoid"),
    )


def _make_linear(gain: float) -> Builder:
    return sequential(
        lambda: layers.SimpleRNN(32, "linear", recurrent_initializer=Orthogonal(gain)),
        partial(layers.Dense, 1, "sigmoid"),
    )


RECURRENT_PROGRAMS = [
    Program(
        name="padding read last",
        label=("vanishing_in_time",),
        strength="clear",
        data=make_padded_tokens,
        build=_read_tokens(mask_zero=False),
        **_BINARY,
    ),
    Program(name="padding masked", data=make_padded_tokens, build=_read_tokens(mask_zero=True), **_BINARY),
    Program(
        name="recurrent weights times 1.2",
        label=("exploding_in_time", "exploding_activation", "unbounded_recurrence"),
        strength="clear",
        data=make_long_sequences,
        build=_make_linear(1.2),
        **_BINARY,
    ),
    Program(name="orthogonal recurrent weights", data=make_long_sequences, build=_make_linear(1.0), **_BINARY),
]
