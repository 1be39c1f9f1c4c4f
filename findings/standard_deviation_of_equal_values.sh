#!/usr/bin/env bash
# A layer that divides by `ops.std` and an epsilon trains on equal values on TensorFlow and torch, and is NaN on JAX.
#
# Guess: the same on each backend: NaN everywhere, since the square root has no slope at 0.
# Seen with Keras 3.15.1 and a layer before it that starts at zeros, (x - mean) / (std + 0.001): after one epoch the
# weights before it are NaN on JAX 0.10.2, finite on TensorFlow 2.21.0 and torch 2.13.0. sqrt(variance + epsilon), as
# Keras's own normalizations have it, is safe on all three.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0
fi
for backend in tensorflow jax torch; do
    KERAS_BACKEND="$backend" TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np
from keras import ops

backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")


class Standardize(keras.layers.Layer):
    def __init__(self, outside):
        super().__init__()
        self.outside = outside

    def call(self, inputs):
        centred = inputs - ops.mean(inputs, axis=-1, keepdims=True)
        if self.outside:
            return centred / (ops.std(inputs, axis=-1, keepdims=True) + 1e-3)
        return centred / ops.sqrt(ops.var(inputs, axis=-1, keepdims=True) + 1e-6)


def fit(outside):
    zeros = keras.layers.Dense(3, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((4,)), zeros, Standardize(outside), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, x[:, :1], verbose=0)
    return bool(np.isnan(zeros.get_weights()[0]).any())


print(f"{backend}: NaN with the epsilon outside {fit(True)}, inside {fit(False)}")
assert fit(True) == (backend == "jax")
assert not fit(False)
PROGRAM
done
