#!/usr/bin/env bash
# `Lion` moves a weight by the learning rate for thousands of steps after its gradient has become exactly 0.
#
# Guess: without a gradient a step dies away as momentum does, like Adam's within some twenty steps.
# Seen with Keras 3.15.1 on torch 2.13.0 (the code is the same on every backend): one gradient of 0.1, then zeros, and the
# weight moves by the learning rate at each of the next thousand steps: Lion takes the sign of its momentum, which shrinks
# by 1 % per step and is 0 only once float32 has no smaller number.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np


def move(optimizer):
    weight = keras.Variable(np.zeros(1, "float32"))
    optimizer.build([weight])
    for step in range(1001):
        gradient = np.array([0.1 if step == 0 else 0.0], "float32")
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
    return float(-keras.ops.convert_to_numpy(weight.value)[0] / 0.001)


lion, adam = move(keras.optimizers.Lion(0.001)), move(keras.optimizers.Adam(0.001))
print("learning rates moved in 1001 steps: Lion", lion, "Adam", adam)  # 1001 and 6
assert abs(lion - 1001) < 1
assert adam < 10
PROGRAM
for backend in torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
