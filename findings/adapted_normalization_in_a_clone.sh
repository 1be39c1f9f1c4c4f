#!/usr/bin/env bash
# A clone of a model with an adapted `Normalization` does not normalize; with `set_weights` it does on torch, and on
# TensorFlow and JAX still does not.
#
# Guess: `clone_model` keeps what `adapt` found, as it does for `Discretization`; or else
# `set_weights(model.get_weights())`, since mean and variance are weights, makes the clone predict what the model does.
# Seen with Keras 3.15.1, inputs with mean 5 and standard deviation 10: the clone gives them back as they are. After
# `set_weights` it normalizes on torch 2.13.0. On TensorFlow 2.21.0 and JAX 0.10.2 `get_weights` shows the right mean,
# and the outputs stay as they were, until `layer.finalize_state()` is called. So it is with a second model of the same
# function. Nothing is said. `load_weights` of a file is right on all three.
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

import keras
import numpy as np

backend = keras.backend.backend()
inputs = (5 + 10 * np.random.default_rng(0).normal(size=(1000, 1))).astype("float32")
path = os.path.join(tempfile.mkdtemp(), "adapted.weights.h5")


def make_model(layer):
    return keras.Sequential([keras.Input((1,)), layer])


def deviation(model):
    return round(float(model.predict(inputs, verbose=0).std()), 1)


model = make_model(keras.layers.Normalization())
model.layers[0].adapt(inputs)
model.save_weights(path)
clone = keras.models.clone_model(model)
seen = {"model": deviation(model), "clone": deviation(clone)}
clone = keras.models.clone_model(model)
clone.set_weights(model.get_weights())
seen["clone, set_weights"] = deviation(clone)
clone = keras.models.clone_model(model)
clone.set_weights(model.get_weights())
clone.layers[0].finalize_state()
seen["finalize_state"] = deviation(clone)
second = make_model(keras.layers.Normalization())
second.set_weights(model.get_weights())
seen["second, set_weights"] = deviation(second)
second = make_model(keras.layers.Normalization())
second.load_weights(path)
seen["second, load_weights"] = deviation(second)
discretized = make_model(keras.layers.Discretization(num_bins=4))
discretized.layers[0].adapt(inputs)
seen["Discretization", "clone"] = deviation(keras.models.clone_model(discretized)) == deviation(discretized) > 0
print(f"{backend}, standard deviation of the outputs: {seen}")
assert seen["model"] == seen["finalize_state"] == seen["second, load_weights"] == 1
assert seen["clone"] > 9
assert (seen["clone, set_weights"] == 1) == (seen["second, set_weights"] == 1) == (backend == "torch")
assert seen["Discretization", "clone"]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
