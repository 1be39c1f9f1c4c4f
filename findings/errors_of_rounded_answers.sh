#!/usr/bin/env bash
# `keras.metrics.MeanAbsoluteError` of answers that are whole numbers cuts the labels to whole numbers, too.
#
# Guess: the error of an answer 2 for a label of 2.9 is 0.9, whatever the type of the answer.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, labels 1.5, 2.9 and 0.4 and answers that
# were rounded to int64: the mean absolute error is 0.333 instead of 0.667, the mean squared one 0.333 instead of 0.473,
# from the metrics and from the functions in `keras.losses`. `RootMeanSquaredError`, `R2Score` and the losses as objects
# are right. Nothing is said.
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

labels = np.array([[1.5], [2.9], [0.4]], "float32")
answers = {dtype: np.array([[1], [2], [1]], dtype) for dtype in ("int64", "float32")}
measures = {name: getattr(keras.metrics, name) for name in ("MeanAbsoluteError", "MeanSquaredError", "R2Score")}
measures["RootMeanSquaredError"] = keras.metrics.RootMeanSquaredError
seen = {}
for dtype, answer in answers.items():
    for name, kind in measures.items():
        seen[name, dtype] = round(float(kind()(labels, answer)), 3)
    function = keras.losses.mean_absolute_error(labels, answer)
    seen["function", dtype] = round(float(keras.ops.convert_to_numpy(function).mean()), 3)
    seen["loss", dtype] = round(float(keras.losses.MeanAbsoluteError()(labels, answer)), 3)
print(f"{keras.backend.backend()}: {seen}")
assert seen["MeanAbsoluteError", "float32"] == seen["function", "float32"] == 0.667
assert seen["MeanAbsoluteError", "int64"] == seen["function", "int64"] == 0.333
assert seen["MeanSquaredError", "float32"] == 0.473
assert seen["MeanSquaredError", "int64"] == 0.333
for name in ("R2Score", "RootMeanSquaredError", "loss"):
    assert seen[name, "int64"] == seen[name, "float32"]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
