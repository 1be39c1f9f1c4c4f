#!/usr/bin/env bash
# A cell of one's own around a `SimpleRNNCell(dropout=0.5)`: `fit` raises an error, and calls on TensorFlow and torch
# drop the same inputs each time.
#
# Guess: in `RNN(cell)` there is a new mask for each batch, as with the SimpleRNNCell itself and with a list of cells.
# Seen with Keras 3.15.1, a cell that calls a SimpleRNNCell, as a residual cell does: the mask is drawn once and kept.
# `fit` raises an InaccessibleTensorError on TensorFlow 2.21.0, an UnexpectedTracerError on JAX 0.10.2 and a
# RuntimeError on torch 2.13.0. Where the model is called with training=True, as in a loop of one's own, each call on
# TensorFlow and torch has the same mask, without a word; on JAX it is the same error. With a subclass of SimpleRNNCell,
# `fit` works and each call has its own mask.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np

backend = keras.backend.backend()
x = np.ones((64, 6, 4), "float32")
labels = np.zeros((64, 4))
options = {"kernel_initializer": "identity", "recurrent_initializer": "zeros", "activation": None}


class Wrapped(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.cell = keras.layers.SimpleRNNCell(4, dropout=0.5, **options)
        self.state_size = self.output_size = 4

    def call(self, inputs, states, training=False):
        return self.cell(inputs, states, training=training)


class Derived(keras.layers.SimpleRNNCell):
    def __init__(self):
        super().__init__(4, dropout=0.5, **options)

    def call(self, inputs, states, training=False):
        return super().call(inputs, states, training=training)


def attempt(action):
    try:
        return action()
    except Exception as error:  # each backend has its own
        return type(error).__name__


def count_masks(kind):
    model = keras.Sequential([keras.Input((6, 4)), keras.layers.RNN(kind())])
    outputs = [keras.ops.convert_to_numpy(model(x, training=True)) for _ in range(3)]
    return len({output.tobytes() for output in outputs})


def train(kind):
    model = keras.Sequential([keras.Input((6, 4)), keras.layers.RNN(kind())])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    return len(set(model.fit(x, labels, batch_size=64, epochs=6, verbose=0).history["loss"]))


seen = {}
for kind in (Wrapped, Derived):
    seen[kind.__name__] = attempt(lambda kind=kind: count_masks(kind)), attempt(lambda kind=kind: train(kind))
print(f"{backend}, masks in three calls, different losses in six epochs: {seen}")
assert seen["Derived"][0] == 3
assert seen["Derived"][1] > 1
expected = {
    "tensorflow": (1, "InaccessibleTensorError"),
    "jax": ("UnexpectedTracerError", "UnexpectedTracerError"),
    "torch": (1, "RuntimeError"),
}
assert seen["Wrapped"] == expected[backend]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
