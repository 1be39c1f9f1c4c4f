#!/usr/bin/env bash
# A layer of dtype "float16" under Adam(0.001): a gradient of 0.001 moves its weights by 0.5, one of 0.0001 does not
# move them at all.
#
# Guess: the first step of Adam is the learning rate, whatever the gradient's size, as it is in float32 and under
# `mixed_float16`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: steps of 0.00099, 0.00086, 0.5 and 0 for
# gradients of 1, 0.01, 0.001 and 0.0001. The thousandth of their squares that Adam keeps is 0 in float16 for the last
# two, so that it divides by epsilon, 1e-7, alone; for the smallest the rate times the gradient is 0, too. In float32,
# and under the policy "mixed_float16", whose weights are in float32, each of the four steps is 0.001. (In bfloat16 none
# is made: optimizers_in_bfloat16.sh.) Nothing is said.
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
from keras import layers, ops


def step(dtype, gradient):
    """How far one step of Adam(0.001) moves a weight with this gradient."""
    layer = layers.Dense(1, dtype=dtype, kernel_initializer="zeros", use_bias=False)
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(
        keras.optimizers.Adam(0.001), lambda labels, outputs: ops.mean(ops.cast(outputs, "float32")) * gradient
    )
    model.fit(np.ones((1, 1), "float32"), np.zeros((1, 1)), verbose=0)
    return round(float(-layer.get_weights()[0][0, 0]), 5)


steps = {dtype: [step(dtype, g) for g in (1, 0.01, 0.001, 0.0001)] for dtype in ("float16", "mixed_float16", "float32")}
print(f"{keras.backend.backend()}, first step with gradients of 1, 0.01, 0.001, 0.0001: {steps}")
assert steps["float16"] == [0.00099, 0.00086, 0.5, 0]
assert all(0.00095 < moved < 0.00101 for dtype in ("mixed_float16", "float32") for moved in steps[dtype])
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
