#!/usr/bin/env bash
# `CategoricalCrossentropy(axis=1, label_smoothing=0.1)` smooths by the width of the picture instead of the number of
# classes.
#
# Guess: the loss of channels-first pictures is that of the same pictures with channels last, with label smoothing as
# without; `SparseCategoricalCrossentropy(axis=1)` as well.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, 3 classes and 32 columns: without smoothing
# the loss is the same. With it each class gets 0.1 / 32 instead of 0.1 / 3, so that the labels add up to 0.909 instead
# of 1, and the loss is 0.1 too low; so it is with `CategoricalFocalCrossentropy` and the metric
# `CategoricalCrossentropy`. `SparseCategoricalCrossentropy(axis=1)` is right on torch, and raises a ValueError on
# TensorFlow and JAX.
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
from keras import losses

backend = keras.backend.backend()
labels = np.zeros((2, 8, 32, 3), "float32")
labels[..., 0] = 1
outputs = np.full((2, 8, 32, 3), 1 / 3, "float32")
first = [np.moveaxis(array, -1, 1) for array in (labels, outputs)]
for smoothing in (0, 0.1):
    last_loss = float(losses.CategoricalCrossentropy(label_smoothing=smoothing)(labels, outputs))
    first_loss = float(losses.CategoricalCrossentropy(label_smoothing=smoothing, axis=1)(*first))
    print(f"{backend}, smoothing {smoothing}: {last_loss:.3f} with classes last, {first_loss:.3f} with axis=1")
    assert np.isclose(last_loss, np.log(3))
    assert np.isclose(first_loss, np.log(3) * (1 - smoothing + 3 * smoothing / 32))
try:
    sparse = float(losses.SparseCategoricalCrossentropy(axis=1)(np.zeros((2, 8, 32)), first[1]))
except ValueError as error:
    print("sparse:", str(error)[:60])
    assert backend != "torch"
else:
    assert np.isclose(sparse, np.log(3))
    assert backend == "torch"
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
