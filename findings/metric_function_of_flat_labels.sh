#!/usr/bin/env bash
# Labels of shape (n,) for outputs of shape (n, 1): right in a loss function, silently wrong in the same function as a
# metric.
#
# Guess: what is given as the loss and as a metric gives the same number.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the loss function gets the labels as (n, 1),
# the metric function as (n,). There (n,) minus (n, 1) is an n x n matrix: every answer is compared with every label.
# For a model that is right in every answer the loss is 0 and the metric, the same formula, twice the variance of the
# labels. Nothing is said. Built-in metrics are right, and so are all with labels of shape (n, 1).
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
x = np.linspace(-1, 1, 32, dtype="float32")
y = 2 * x
shapes = {}


def error(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def measured(y_true, y_pred):
    shapes["metric"] = tuple(y_true.shape)[1:]
    return error(y_true, y_pred)


def trained(y_true, y_pred):
    shapes["loss"] = tuple(y_true.shape)[1:]
    return error(y_true, y_pred)


for labels in (y, y[:, None]):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.5), trained, metrics=["mse", measured])
    model.fit(x[:, None], labels, epochs=100, batch_size=32, verbose=0)
    logs = model.evaluate(x[:, None], labels, batch_size=32, verbose=0, return_dict=True)
    print(f"{backend}, labels {labels.shape}: {logs}; beyond the batch, the functions see the shapes {shapes}")
    assert logs["loss"] < 0.001
    assert logs["mse"] < 0.001
    assert abs(logs["measured"] - (2 * np.var(y) if labels.ndim == 1 else 0)) < 0.01
    assert shapes == {"loss": (1,), "metric": () if labels.ndim == 1 else (1,)}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
