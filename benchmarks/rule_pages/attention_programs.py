"""Programs for the rules about attention, adapters and residual streams, and their healthy neighbours."""

from functools import partial
from typing import Any

import keras
from keras import layers
from keras.initializers import GlorotUniform, RandomNormal
from keras.optimizers import Adam

from labelled_programs import Program
from labelled_programs.data import make_binary, make_digits, make_tokens
from labelled_programs.models import Builder, dense
from rule_pages.recurrent_programs import make_padded_tokens

_BINARY: dict[str, Any] = {"loss": "binary_crossentropy", "optimizer": Adam}


def _attend(initializer: Any = GlorotUniform, mask_zero: bool = False) -> Builder:
    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:], dtype=str(x.dtype))
        hidden = layers.Embedding(50, 32, mask_zero=mask_zero)(inputs)
        given = layers.LayerNormalization()(hidden)
        hidden = layers.Add()([hidden, layers.MultiHeadAttention(4, 8, kernel_initializer=initializer())(given, given)])
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalAveragePooling1D()(hidden)))

    return build


def _add_adapters(starts_at_zero: bool) -> Builder:
    def build(x: Any) -> keras.Model:
        model = dense(hidden=[16, 16], activation="relu", output=(1, "sigmoid"))(x)
        for layer in model.layers[:-1]:
            layer.enable_lora(2, a_initializer="zeros" if starts_at_zero else "he_uniform")
        return model

    return build


def _add_blocks(is_normalized: bool) -> Builder:
    def build(x: Any) -> keras.Model:
        inputs = keras.Input(x.shape[1:])
        hidden = layers.Dense(32)(layers.Flatten()(inputs))
        for _ in range(20):
            given = layers.LayerNormalization()(hidden) if is_normalized else hidden
            given = layers.Dense(32, kernel_initializer="he_normal")(layers.ReLU()(given))
            hidden = hidden + layers.Dense(32, kernel_initializer="he_normal")(layers.ReLU()(given))
        return keras.Model(inputs, layers.Dense(10, "softmax")(hidden))

    return build


_DIGITS: dict[str, Any] = {"data": make_digits, "loss": "sparse_categorical_crossentropy", "optimizer": Adam}

ATTENTION_PROGRAMS = [
    Program(
        name="20 blocks without normalization",
        label=("residual_growth",),
        strength="mild",
        build=_add_blocks(is_normalized=False),
        **_DIGITS,
    ),
    Program(name="20 normalized blocks", build=_add_blocks(is_normalized=True), **_DIGITS),
    Program(
        name="both kernels of the adapters are 0",
        label=("dead_adapter",),
        strength="extreme",
        data=make_binary,
        build=_add_adapters(starts_at_zero=True),
        **_BINARY,
    ),
    Program(name="adapters", data=make_binary, build=_add_adapters(starts_at_zero=False), **_BINARY),
    Program(
        name="attention of large weights",
        label=("attention_collapsed",),
        strength="clear",
        data=make_tokens,
        build=_attend(partial(RandomNormal, stddev=2.0)),
        **_BINARY,
    ),
    Program(name="attention", data=make_tokens, build=_attend(), **_BINARY),
    Program(
        name="attention to padding",
        label=("padding_attended",),
        strength="mild",
        data=make_padded_tokens,
        build=_attend(),
        **_BINARY,
    ),
    Program(name="attention, padding masked", data=make_padded_tokens, build=_attend(mask_zero=True), **_BINARY),
]
