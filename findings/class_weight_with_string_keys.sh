#!/usr/bin/env bash
# `class_weight={"0": 1, "1": 10}` weights nothing.
#
# Guess: the weights of the classes 0 and 1, or an error, as there is for a list. A dictionary that was written as JSON
# comes back with such keys.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the loss is that without weights, and
# nothing is said. `class_weight` is asked for the weight of the number of each class, and what it does not know counts
# 1; so does a class that was misspelled or is missing. Keys that are NumPy integers or floats are right; a list, and
# what scikit-learn's `compute_class_weight` gives, raises an AttributeError.
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
import json

import keras
import numpy as np

x, labels = np.zeros((8, 1)), np.array([0, 0, 0, 0, 0, 0, 1, 1])
weights = {0: 1.0, 1: 10.0}


def train(class_weight):
    layer = keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy")
    return round(model.fit(x, labels, class_weight=class_weight, verbose=0).history["loss"][0], 2)


losses = {
    "none": train(None),
    "integers": train(weights),
    "from JSON": train(json.loads(json.dumps(weights))),
    "NumPy integers": train({np.int64(0): 1.0, np.int64(1): 10.0}),
    "another class": train({2: 10.0}),
}
print(f"{keras.backend.backend()}, losses: {losses}")
assert list(losses.values()) == [0.69, 2.25, 0.69, 2.25, 0.69]
for wrong in ([1.0, 10.0], np.array([1.0, 10.0])):
    try:
        train(wrong)
    except AttributeError:
        pass
    else:
        raise AssertionError("a list is accepted")
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
