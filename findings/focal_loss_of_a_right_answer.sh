#!/usr/bin/env bash
# `BinaryFocalCrossentropy(gamma=0.5)` makes all weights NaN once an answer is right with certainty.
#
# Guess: an answer that is right has no loss and no gradient, for any gamma; with gamma=2 it is so.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a sigmoid output at a logit of 40, which is
# 1 in float32, and the label 1: the loss is 0, and after one step each weight is NaN: the derivative of the square root
# of 0 is infinite, and is multiplied by 0. With gamma=2, and with `CategoricalFocalCrossentropy(gamma=0.5)`, the
# weights are finite.
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


def train(loss, activation, logits, labels):
    layer = keras.layers.Dense(len(logits))
    model = keras.Sequential([keras.Input((3,)), layer, keras.layers.Activation(activation)])
    layer.set_weights([np.zeros((3, len(logits))), np.array(logits)])
    model.compile(keras.optimizers.SGD(0.1), loss)
    loss = model.fit(np.ones((4, 3)), np.array([labels] * 4), verbose=0).history["loss"][0]
    return round(loss, 5), bool(np.isfinite(layer.get_weights()[0]).all())


seen = {
    "gamma=0.5": train(keras.losses.BinaryFocalCrossentropy(gamma=0.5), "sigmoid", [40], [1]),
    "gamma=2": train(keras.losses.BinaryFocalCrossentropy(gamma=2.0), "sigmoid", [40], [1]),
    "categorical": train(keras.losses.CategoricalFocalCrossentropy(gamma=0.5), "softmax", [40, 0], [1, 0]),
}
print(f"{keras.backend.backend()}, loss, whether the weights are finite: {seen}")
assert seen == {"gamma=0.5": (0, False), "gamma=2": (0, True), "categorical": (0, True)}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
