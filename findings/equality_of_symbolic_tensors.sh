#!/usr/bin/env bash
# In a functional model `x == 0` is Python's False, while `x != 0` and `x < 0` compare element by element.
#
# Guess: `ops.where(x == 0, 1.0, 2.0)` replaces zeros, as `ops.where(x != 0, ...)` and the same line with numbers in
# `x` do.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: `x == 0` asks whether the two are one
# object, so the model gives 2 everywhere, without a word. `x != 0` and `x <= 0` are symbolic tensors. So a mask `ids
# == 0` in a functional model masks nothing. `ops.equal(x, 0)` is right. (A Variable's `==` compares element by
# element.)
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
from keras import ops

backend = keras.backend.backend()
x = np.array([[0.0, 1.0, 0.0, 2.0]])


def predict(compare):
    inputs = keras.Input((4,))
    chosen = compare(inputs)
    outputs = ops.where(chosen, ops.ones_like(inputs), 2 * ops.ones_like(inputs))
    return type(chosen).__name__, keras.Model(inputs, outputs).predict(x, verbose=0)[0].tolist()


seen = {
    "x == 0": predict(lambda inputs: inputs == 0),
    "x != 0": predict(lambda inputs: inputs != 0),
    "x <= 0": predict(lambda inputs: inputs <= 0),
    "ops.equal(x, 0)": predict(lambda inputs: ops.equal(inputs, 0)),
}
print(f"{backend}:", seen)
numbers = ops.convert_to_tensor(x)
assert ops.convert_to_numpy(ops.where(numbers == 0, 1.0, 2.0))[0].tolist() == [1, 2, 1, 2]
assert seen["x == 0"] == ("bool", [2, 2, 2, 2])
assert seen["x != 0"] == ("KerasTensor", [2, 1, 2, 1])
assert seen["x <= 0"] == seen["ops.equal(x, 0)"] == ("KerasTensor", [1, 2, 1, 2])
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
