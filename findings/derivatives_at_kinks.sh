#!/usr/bin/env bash
# At exactly 0, where zero-initialized and padded values are, the backends take different derivatives.
#
# Guess: where two pieces of a function meet, each backend takes the derivative of one of them, and all take the same.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, in that order: abs 0, 1, 0;
# leaky_relu 0.2, 1, 0.2; celu 2, 1, 1 (neither piece has a slope of 2); selu 1.05, 1.76, 1.76; maximum(x, 0) 1, 0.5, 0.5.
# At 1, hard_tanh has 1, 1, 0; sparse_sigmoid 0, 0.25, 0; clip(x, 0, 1) 1, 0.5, 1. And where(x > 0, sqrt(x), 0) has 0 at 0
# on TensorFlow, but NaN on JAX and torch, at 0 and below.
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
from keras import activations, ops


def differentiate(function, at):
    z = np.array([at], "float32")
    if keras.backend.backend() == "jax":
        import jax

        return float(jax.grad(lambda t: function(t).sum())(z)[0])
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tensor = tf.constant(z)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            output = function(tensor)
        return float(tape.gradient(output, tensor)[0])
    import torch

    tensor = torch.tensor(z, requires_grad=True)
    function(tensor).sum().backward()
    return float(tensor.grad[0])


EXPECTED = {  # at which x; TensorFlow, JAX, torch
    "abs": (ops.abs, 0, (0, 1, 0)),
    "leaky_relu": (activations.leaky_relu, 0, (0.2, 1, 0.2)),
    "celu": (activations.celu, 0, (2, 1, 1)),
    "selu": (activations.selu, 0, (1.0507, 1.7581, 1.7581)),
    "maximum(x, 0)": (lambda t: ops.maximum(t, 0.0), 0, (1, 0.5, 0.5)),
    "hard_tanh": (activations.hard_tanh, 1, (1, 1, 0)),
    "sparse_sigmoid": (activations.sparse_sigmoid, 1, (0, 0.25, 0)),
    "clip(x, 0, 1)": (lambda t: ops.clip(t, 0.0, 1.0), 1, (1, 0.5, 1)),
    "where(x > 0, sqrt(x), 0)": (lambda t: ops.where(t > 0, ops.sqrt(t), 0.0), 0, (0, np.nan, np.nan)),
    "the same at -1": (lambda t: ops.where(t > 0, ops.sqrt(t), 0.0), -1, (0, np.nan, np.nan)),
}
for name, (function, at, expected) in EXPECTED.items():
    found = differentiate(function, at)
    print(keras.backend.backend(), name, "at", at, "has the derivative", found)
    index = ("tensorflow", "jax", "torch").index(keras.backend.backend())
    assert np.allclose(found, expected[index], atol=1e-4, equal_nan=True), name
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
