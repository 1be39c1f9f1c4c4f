#!/usr/bin/env bash
# `fit` of a model of which every layer is frozen: TensorFlow and torch warn, JAX says nothing.
#
# Guess: whether a model has anything to train is asked where all backends ask it, so that all warn.
# Seen with Keras 3.15.1: on TensorFlow 2.21.0 and torch 2.13.0 a UserWarning says that the model has no trainable
# weights. On JAX 0.10.2 two epochs pass with their losses, and without a word. No weight moves anywhere.
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
import warnings

import keras
import numpy as np

x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
backend = keras.backend.backend()
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
model.trainable = False
model.compile("adam", "mse")
before = model.get_weights()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    history = model.fit(x, x[:, :1], epochs=2, verbose=0).history
warned = any("trainable weights" in str(warning.message) for warning in caught)
print(f"{backend}: {'a warning' if warned else 'no warning'}, losses {history['loss']}")
assert all(map(np.array_equal, before, model.get_weights()))
assert warned == (backend != "jax")
PROGRAM
done
