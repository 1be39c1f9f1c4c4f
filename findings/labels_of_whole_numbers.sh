#!/usr/bin/env bash
# A metric function gets labels of whole numbers as they are, the same function as the loss gets them as float32.
#
# Guess: both get the same labels, so that the same function gives the same number.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, labels 0, 1, 0, 0 in uint8: the mean of `2 *
# y_true - 1` is -0.5 as the loss and 191.5 as a metric, where -1 becomes 255. In int64, the mean of `abs(y_true -
# y_pred)` is 0.25 as the loss; as a metric it is a TypeError on TensorFlow. In a loss, `ops.take(weights, y_true)`
# raises on TensorFlow and JAX, since the labels are floats there.
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
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
x = np.ones((4, 1))
weights = np.array([1.0, 5.0], "float32")


def sign(y_true, y_pred):
    return ops.mean(2 * y_true - 1, axis=-1)


def error(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def weight(y_true, y_pred):
    return ops.mean(ops.take(weights, y_true, axis=0), axis=-1)


def measure(labels, function, **options):
    model.compile("sgd", function if "metrics" not in options else "mse", **options)
    try:
        logs = model.evaluate(x, labels, verbose=0, return_dict=True)
        return round(logs[function.__name__ if "metrics" in options else "loss"], 3)
    except (TypeError, ValueError) as error:
        return type(error).__name__


labels = np.array([[0], [1], [0], [0]])
seen = {}
for name, function, dtype in (("sign", sign, "uint8"), ("error", error, "int64"), ("weight", weight, "int64")):
    seen[name, "loss"] = measure(labels.astype(dtype), function)
    seen[name, "metric"] = measure(labels.astype(dtype), function, metrics=[function])
print(f"{backend}: {seen}")
assert seen["sign", "loss"] == -0.5
assert seen["sign", "metric"] == 191.5
assert seen["error", "loss"] == 0.25
assert seen["error", "metric"] == ("TypeError" if backend == "tensorflow" else 0.25)
assert seen["weight", "metric"] == 2
assert seen["weight", "loss"] == {"tensorflow": "TypeError", "jax": "ValueError", "torch": 2}[backend]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
