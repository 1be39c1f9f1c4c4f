#!/usr/bin/env bash
# `RMSprop(0.001, centered=True)` takes steps of 3 where the gradient is constant.
#
# Guess: about 0.001 per step, as without `centered=True`: "normalized by the estimated variance of the gradient".
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a bias of 0 under "mae" and labels of 1000,
# whose gradient is -1: plain, it is at 0.11 after 100 steps and at 0.41 after 400, as with Adam. Centered, it is at 3.8
# after 100 and at about 400 after 400. The variance of a constant gradient is 0, so that the step grows up to the rate
# divided by the square root of epsilon, 1e-7. Nothing is said.
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

x, labels = np.ones((32, 1)), np.full((32, 1), 1000.0)
seen = {}
for centered in (False, True):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(0.0), keras.layers.Dense(1)])
    model.compile(keras.optimizers.RMSprop(0.001, centered=centered), "mae")
    biases = []
    for epochs in (100, 300):
        model.fit(x, labels, epochs=epochs, verbose=0)
        biases.append(round(float(model.get_weights()[1][0]), 2))
    seen["centered" if centered else "plain"] = biases
print(f"{keras.backend.backend()}, bias after 100 and 400 steps: {seen}")
assert seen["plain"] == [0.11, 0.41]
assert seen["centered"][0] > 3
assert seen["centered"][1] > 300
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
