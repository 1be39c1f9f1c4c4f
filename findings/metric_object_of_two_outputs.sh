#!/usr/bin/env bash
# One metric object for two outputs gives both the same number: the mean over both outputs.
#
# Guess: each output has a value of its own, as it has with the metric's name, and as one loss object gives; or an
# error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, one output that is wrong by 1 and one that
# is wrong by 3: with metrics={"a": "mae", "b": "mae"}, or with two objects, 1 and 3. With `metric =
# MeanAbsoluteError()` and {"a": metric, "b": metric} both are 2, under the names of `a` and of `b`: both outputs are
# added to the one object. So a `ModelCheckpoint` that monitors the one output judges both. Nothing is said.
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

inputs = keras.Input((1,))
outputs = {name: keras.layers.Dense(1, kernel_initializer="zeros", name=name)(inputs) for name in ("a", "b")}
labels = {"a": np.full((8, 1), 1.0), "b": np.full((8, 1), 3.0)}
metric = keras.metrics.MeanAbsoluteError(name="mae")


def measure(metrics):
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse", metrics=metrics)
    logs = model.evaluate(np.ones((8, 1)), labels, verbose=0, return_dict=True)
    return logs["a_mae"], logs["b_mae"]


by_name = measure({"a": "mae", "b": "mae"})
by_two = measure({name: keras.metrics.MeanAbsoluteError(name="mae") for name in labels})
by_one = measure({"a": metric, "b": metric})
print(f"{keras.backend.backend()}: by name {by_name}, by two objects {by_two}, by one object {by_one}")
assert by_name == by_two == (1, 3)
assert by_one == (2, 2)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
