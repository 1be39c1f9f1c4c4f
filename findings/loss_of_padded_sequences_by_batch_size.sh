#!/usr/bin/env bash
# The loss that `evaluate` gives of padded sequences depends on the batch size; a metric of the same function does not.
#
# Guess: both are the mean over all steps that are not masked, whatever the batches are.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, one sequence of one step with a squared
# error of 9, and one of nine steps with errors of 1: the metric "mse" is 1.8 in each case. The loss is 1.8 in one
# batch of two, and 5 in two batches of one: each batch's mean over its steps counts by the number of its examples. So
# `val_loss` of sequences changes with `batch_size` and with their order, and a step in a batch of short sequences
# weighs more in training.
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
from keras import layers

backend = keras.backend.backend()
ids = np.zeros((2, 9), "int64")
ids[0, :1] = 1
ids[1] = 2
model = keras.Sequential(
    [keras.Input((9,)), layers.Embedding(3, 1, mask_zero=True, weights=[np.array([[0.0], [3.0], [1.0]])])]
)
model.compile(loss="mse", metrics=["mse"])
for size, loss in ((2, 1.8), (1, 5.0)):
    logs = model.evaluate(ids, np.zeros((2, 9, 1)), batch_size=size, verbose=0, return_dict=True)
    print(f"{backend}, batches of {size}:", {name: round(value, 3) for name, value in logs.items()})
    assert np.isclose(logs["loss"], loss) and np.isclose(logs["mse"], 1.8)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
