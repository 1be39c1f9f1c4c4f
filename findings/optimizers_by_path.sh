#!/usr/bin/env bash
# A pattern of `OptimizerMap` that fits no layer of a Sequential model fits once the model was saved and loaded.
#
# Guess: a pattern reaches the same layers in each kind of model, and in a loaded one; or there is an error where it
# reaches none.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a default of SGD(0) and SGD(0.1) for
# "dense.*": a layer "dense" of a functional model is trained by the second, one of a Sequential or of a subclassed
# model is not trained at all, since the path of its kernel begins with the model's name there. In a loaded Sequential
# the path is without the name, so the layer that stood still is trained from then on, each optimizer is another one
# than before, and nothing is said. ".*dense.*" reaches the layer in all of them.
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
from keras import layers

x = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
path = os.path.join(tempfile.mkdtemp(), "model.keras")


def make_layer():
    return layers.Dense(1, name="dense", kernel_initializer="ones")


def make_functional():
    inputs = keras.Input((3,))
    return keras.Model(inputs, make_layer()(inputs))


def is_trained(model):
    kernel = model.trainable_weights[0]
    before = keras.ops.convert_to_numpy(kernel).copy()
    model.fit(x, 5 * x[:, :1], verbose=0)
    return bool(np.any(keras.ops.convert_to_numpy(kernel) != before))


def compare(make_model, pattern):
    optimizers = keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.0))
    optimizers[pattern] = keras.optimizers.SGD(0.1)
    model = make_model()
    model.compile(keras.optimizers.MultiOptimizer(optimizers), "mse")
    trained = is_trained(model)
    model.save(path)
    return trained, is_trained(keras.models.load_model(path))


seen = {}
for pattern in ("dense.*", ".*dense.*"):
    seen["functional", pattern] = compare(make_functional, pattern)
    seen["Sequential", pattern] = compare(lambda: keras.Sequential([keras.Input((3,)), make_layer()]), pattern)
print(f"{keras.backend.backend()}, trained, trained after loading: {seen}")
for (kind, pattern), trained in seen.items():
    assert trained == ((False, True) if (kind, pattern) == ("Sequential", "dense.*") else (True, True))
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
