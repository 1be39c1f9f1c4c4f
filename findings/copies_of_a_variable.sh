#!/usr/bin/env bash
# `keras.Variable(layer.kernel)` is a copy on TensorFlow alone: on torch it is trained along with the kernel, on JAX it
# is gone after `fit`.
#
# Guess: a new `keras.Variable` that starts with a kernel's value keeps that value, as the slow weights of a target
# network do; and `keras.ops.array(kernel)` copies, as `numpy.array` does.
# Seen with Keras 3.15.1, a kernel of 0 that `fit` makes 1: `keras.Variable(kernel)` is 0 on TensorFlow 2.21.0. On torch
# 2.13.0 it is 1, and to assign 5 to it sets the kernel. On JAX 0.10.2 to read it raises a RuntimeError, "Array has been
# deleted". `ops.convert_to_tensor(kernel)` is 1 on TensorFlow and torch and deleted on JAX, `ops.array(kernel)` is 1 on
# TensorFlow and torch. `ops.copy`, `ops.convert_to_numpy` and `get_weights` keep 0 on all three.
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
layer = keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)
model = keras.Sequential([keras.Input((1,)), layer])
copies = {
    "Variable": keras.Variable(layer.kernel),
    "array": ops.array(layer.kernel),
    "convert_to_tensor": ops.convert_to_tensor(layer.kernel),
    "copy": ops.copy(layer.kernel),
    "convert_to_numpy": ops.convert_to_numpy(layer.kernel),
    "get_weights": model.get_weights()[0],
}
model.compile(keras.optimizers.SGD(0.5), "mse")
model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0)
seen = {}
for name, copied in copies.items():
    try:
        seen[name] = float(ops.convert_to_numpy(copied)[0, 0])
    except RuntimeError as error:
        seen[name] = str(error)[:22]
if backend != "jax":
    copies["Variable"].assign([[5.0]])
    seen["kernel, after 5 is assigned to the Variable"] = float(model.get_weights()[0][0, 0])
print(f"{backend}, copies of a 0 that becomes 1: {seen}")
assert seen["copy"] == seen["convert_to_numpy"] == seen["get_weights"] == 0
assert seen["array"] == (backend != "jax")
if backend == "jax":
    assert seen["Variable"] == seen["convert_to_tensor"] == "Array has been deleted"
else:
    assert seen["Variable"] == (backend == "torch")
    assert seen["convert_to_tensor"] == 1
    assert seen["kernel, after 5 is assigned to the Variable"] == (5 if backend == "torch" else 1)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
