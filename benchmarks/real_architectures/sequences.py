"""Models of sequences: with attention, per step, masked, ragged."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from labelled_programs import Trainee
from real_architectures.architecture import Architecture
from real_architectures.data import EXAMPLES, make_tokens

VOCABULARY, LENGTH = 40, 8


def make_seq2seq() -> Trainee:
    """Makes a translator: a GRU reads, another writes, and attends to what was read."""
    source, target = keras.Input((LENGTH,), dtype="int32"), keras.Input((LENGTH,), dtype="int32")
    read = layers.Embedding(VOCABULARY, 8, mask_zero=True)(source)
    read, state = layers.GRU(8, return_sequences=True, return_state=True)(read)
    written = layers.Embedding(VOCABULARY, 8, mask_zero=True)(target)
    written = layers.GRU(8, return_sequences=True)(written, initial_state=state)
    context = layers.AdditiveAttention()([written, read])
    outputs = layers.Dense(VOCABULARY)(layers.Concatenate()([written, context]))
    model = keras.Model([source, target], outputs)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = make_tokens(LENGTH, VOCABULARY)
    x[::2, LENGTH // 2 :] = 0
    y = np.flip(x, axis=1).copy()
    return Trainee(model, [x, np.roll(y, 1, axis=1)], y)


def make_time_distributed() -> Trainee:
    """Makes a classifier of short films: convolutions per picture, then an LSTM."""
    stack = [
        keras.Input((4, 12, 12, 1)),
        layers.TimeDistributed(layers.Conv2D(4, 3, activation="relu")),
        layers.TimeDistributed(layers.MaxPooling2D()),
        layers.TimeDistributed(layers.Flatten()),
        layers.TimeDistributed(layers.Dense(8, activation="relu")),
        layers.LSTM(8),
        layers.Dense(3, "softmax"),
    ]
    model = keras.Sequential(stack)
    model.compile("adam", "sparse_categorical_crossentropy")
    y = np.arange(EXAMPLES) % 3
    x = np.random.default_rng(0).normal(size=(EXAMPLES, 4, 12, 12, 1)) + y[:, None, None, None, None]
    return Trainee(model, x.astype("float32"), y.astype("int32"))


def make_masked() -> Trainee:
    """Makes a classifier of padded texts."""
    stack = [
        keras.Input((LENGTH,), dtype="int32"),
        layers.Embedding(VOCABULARY, 8, mask_zero=True),
        layers.Bidirectional(layers.LSTM(6, return_sequences=True)),
        layers.Dropout(0.2),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1, "sigmoid"),
    ]
    model = keras.Sequential(stack)
    model.compile("adam", "binary_crossentropy")
    x = make_tokens(LENGTH, VOCABULARY)
    y = (x[:, :1] % 2).astype("float32")
    for row, length in enumerate(np.arange(EXAMPLES) % (LENGTH - 2) + 2):
        x[row, length:] = 0
    return Trainee(model, x, y)


class RaggedReader(keras.Model):
    """Reads sequences of different lengths."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = layers.Embedding(VOCABULARY, 8, mask_zero=True)
        self.recurrent = layers.GRU(8)
        self.head = layers.Dense(1, "sigmoid")

    def call(self, tokens: Any) -> Any:
        """Pads them and reads them with a mask."""
        padded = tokens.to_tensor() if hasattr(tokens, "to_tensor") else tokens
        return self.head(self.recurrent(self.embedding(padded)))


def make_ragged() -> Trainee:
    """Makes a classifier of ragged tensors, which only TensorFlow has."""
    import tensorflow as tf

    x = make_tokens(LENGTH, VOCABULARY)
    lengths = np.arange(EXAMPLES) % (LENGTH - 2) + 2
    y = (x[:, :1] % 2).astype("float32")
    model = RaggedReader()
    model.compile("adam", "binary_crossentropy", jit_compile=False)  # XLA has no ragged tensors
    return Trainee(model, tf.RaggedTensor.from_tensor(x, lengths=lengths), y)


def make_transformer() -> Trainee:
    """Makes two blocks of Keras's own attention and a pooled head."""
    inputs = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(VOCABULARY, 16)(inputs)
    for _ in range(2):
        attended = layers.MultiHeadAttention(2, 8, dropout=0.1)(x, x, use_causal_mask=True)
        x = layers.LayerNormalization()(x + attended)
        x = layers.LayerNormalization()(x + layers.Dense(16)(layers.Dense(32, "gelu")(x)))
    outputs = layers.Dense(1)(ops.mean(x, axis=1))
    model = keras.Model(inputs, outputs)
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    tokens = make_tokens(LENGTH, VOCABULARY)
    return Trainee(model, tokens, (tokens[:, :1] % 2).astype("float32"))


SEQUENCES = [
    Architecture(name="seq2seq with attention", make=make_seq2seq, is_small=True),
    Architecture(name="TimeDistributed", make=make_time_distributed, is_small=True),
    Architecture(name="masked sequences", make=make_masked),
    Architecture(name="ragged sequences", make=make_ragged, backends=("tensorflow",), is_small=True),
    Architecture(name="transformer", make=make_transformer),
]
