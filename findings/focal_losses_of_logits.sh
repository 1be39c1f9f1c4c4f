#!/usr/bin/env bash
# A focal loss with `from_logits=True` has no gradient at a logit of 20 on the wrong side.
#
# Guess: with `from_logits=True` a loss is computed from logits, so that a wrong answer has a gradient, however sure it is.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: BinaryFocalCrossentropy and
# CategoricalFocalCrossentropy turn logits into probabilities first, which are cut at 1e-7: the gradient is exactly 0, but
# for the binary one on TensorFlow, where Keras finds the logits again. Cross-entropy itself has a gradient of 1.
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


def train(loss, units):
    bias = np.array([20.0] + [0.0] * (units - 1), "float32")
    head = keras.layers.Dense(units, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((4,)), head])
    head.bias.assign(bias)
    model.compile(keras.optimizers.SGD(1.0), loss)
    labels = np.zeros((8, 1)) if units == 1 else np.eye(units)[np.ones(8, int)]
    model.fit(np.ones((8, 4), "float32"), labels, verbose=0)
    return float(20 - model.get_weights()[1][0])


losses = keras.losses
seen = {
    "binary": train(losses.BinaryCrossentropy(from_logits=True), 1),
    "categorical": train(losses.CategoricalCrossentropy(from_logits=True), 3),
    "binary focal": train(losses.BinaryFocalCrossentropy(from_logits=True), 1),
    "categorical focal": train(losses.CategoricalFocalCrossentropy(from_logits=True), 3),
}
print(keras.backend.backend(), seen)
binary_focal = 1.0 if keras.backend.backend() == "tensorflow" else 0.0
assert np.allclose(list(seen.values()), [1, 1, binary_focal, 0], atol=1e-4)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
