#!/usr/bin/env bash
# `load_weights` sets the learning rate back to that of the training that wrote the file.
#
# Guess: `load_weights` of a ".weights.h5" file loads weights; rate, number of steps and means of the optimizer stay
# those of the model that loads it.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a training with Adam(0.1) and
# `ModelCheckpoint(save_weights_only=True)`, and a model compiled with Adam(0.0001) that has trained an epoch before it
# loads the file: its learning rate is 0.1 afterwards, and its number of steps that of the file. Nothing is said.
# Directly after `compile` the rate stays 0.0001, with a warning that the optimizer was skipped. The file of a model
# that was not compiled leaves the optimizer alone, with that warning, too.
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
import os
import tempfile
import warnings

import keras
import numpy as np

inputs = np.random.default_rng(0).normal(size=(320, 3)).astype("float32")
labels = inputs.sum(axis=1, keepdims=True)
path = os.path.join(tempfile.mkdtemp(), "best.weights.h5")
plain = os.path.join(tempfile.mkdtemp(), "plain.weights.h5")


def make_model(rate=None):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    if rate:
        model.compile(keras.optimizers.Adam(rate), "mse")
    return model


def describe(model):
    return round(float(model.optimizer.learning_rate), 6), int(model.optimizer.iterations)


callback = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)
make_model(0.1).fit(inputs, labels, epochs=5, verbose=0, callbacks=[callback])
make_model().save_weights(plain)
seen = {}
for name, epochs, file in (("after an epoch", 1, path), ("after compile", 0, path), ("weights alone", 1, plain)):
    model = make_model(0.0001)
    if epochs:
        model.fit(inputs, labels, epochs=epochs, verbose=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.load_weights(file)
    said = any("optimizer" in str(warning.message) for warning in caught)
    seen[name] = (*describe(model), said)
print(f"{keras.backend.backend()}, rate, steps, whether a warning names the optimizer: {seen}")
assert seen["after an epoch"] == (0.1, 50, False)
assert seen["after compile"] == (0.0001, 0, True)
assert seen["weights alone"] == (0.0001, 10, True)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
