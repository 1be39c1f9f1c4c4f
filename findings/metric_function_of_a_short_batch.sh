#!/usr/bin/env bash
# A metric function that returns one number counts a short last batch as much as a full one; the same function as the
# loss does not.
#
# Guess: the same function as loss and as metric gives the same number.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, 33 examples of which the last is wrong by
# 33: in one batch both are 1. In batches of 32, the last batch of one example is half of the metric: 16.5. The loss
# stays 1, since Keras weights it by the size of the batch. Nothing is said. A function that returns a number per
# example, so with axis=-1, is right in both.
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


def mean_error(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred))


def errors(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


model = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(1.0)])
model.compile("sgd", mean_error, metrics=["mae", mean_error, errors])
x = np.zeros((33, 1), "float32")
y = x.copy()
y[32] = 33  # the one example that is wrong is alone in the second batch
for batch_size, wrong in ((33, 1), (32, 16.5)):
    logs = model.evaluate(x, y, batch_size=batch_size, verbose=0, return_dict=True)
    print(f"{backend}, batches of {batch_size}: {logs}")
    assert logs["loss"] == logs["mae"] == logs["errors"] == 1
    assert logs["mean_error"] == wrong
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
