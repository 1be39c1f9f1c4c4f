#!/usr/bin/env bash
# A prediction that is a vector of zeros under `CosineSimilarity`: NaN on JAX and torch, a step of ten thousands on TensorFlow.
#
# Guess: a finite gradient, since Keras normalizes with an epsilon.
# Seen with Keras 3.15.1, an output layer of zeros and SGD(0.01): after one step the largest weight is about 1e4 on
# TensorFlow 2.21.0, and NaN on JAX 0.10.2 and torch 2.13.0; the first epoch's loss is 0 on all. UnitNormalization
# behind the layer does the same.
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

backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")


def step(*layers, loss):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, kernel_initializer="zeros"), *layers])
    model.compile(keras.optimizers.SGD(0.01), loss)
    first = model.fit(x, np.ones((32, 3), "float32"), verbose=0).history["loss"][0]
    return first, float(np.abs(model.get_weights()[0]).max())


cosine = step(loss=keras.losses.CosineSimilarity())
unit = step(keras.layers.UnitNormalization(), loss="mse")
print(backend, "cosine:", cosine, "unit normalization:", unit)
for loss, largest in (cosine, unit):
    assert np.isfinite(loss)
    assert largest > 1e3 if backend == "tensorflow" else np.isnan(largest)
PROGRAM
done
