#!/usr/bin/env bash
# A loss written as a function and the same loss as a `Loss` class see labels of different shapes.
#
# Guess: `compile(loss=function)` and `compile(loss=Class())`, whose `call` is that function, train alike.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: labels of shape `(4,)` against predictions of
# shape `(4, 1)` are given to the function as `(4, 1)` and to the class's `call` as `(4,)`. There `y_true - y_pred` has shape
# `(4, 4)`: each prediction is compared with every label, and the loss is 3.5 instead of 1.0.
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


def square(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred))


class Square(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return square(y_true, y_pred)


x = np.array([[0.0], [1.0], [2.0], [3.0]], "float32")
losses = []
for loss in (square, Square()):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", loss)
    losses.append(float(model.evaluate(x, x[:, 0] + 1, verbose=0)))  # each prediction is 1 too low
print(keras.backend.backend(), "function", losses[0], "class", losses[1])
assert np.allclose(losses, [1.0, 3.5])
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
