#!/usr/bin/env bash
# Under mixed_float16 the metric "mse" is infinite where the loss "mse" is a million; of rounded answers
# `MeanAbsoluteError` cuts the labels.
#
# Guess: metrics count in float32, as losses do, so that the same measure is the same number.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: many metrics bring the labels to the type of
# the answers, and compute in it. With answers of 0 in float16 and labels of 1000 "mse" is infinite, and the loss
# 1,000,000. With answers of 2010 in bfloat16 and the labels 2001 to 2024 "mae" is 7, and the loss 7.29. With answers
# that were rounded to int64 and labels 1.5, 2.9 and 0.4 `MeanAbsoluteError` is 0.333 instead of 0.667, and so is the
# function in `keras.losses`. `RootMeanSquaredError`, `R2Score` and the losses as objects are right. Nothing is said. A
# last layer with dtype="float32" helps.
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

x = np.ones((8, 1))
seen = {}
for policy, loss, bias, labels in (
    ("mixed_float16", "mse", 0.0, np.full((8, 1), 1000.0)),
    ("mixed_bfloat16", "mae", 2010.0, np.linspace(2001, 2024, 8)[:, None]),
):
    for dtype in (policy, "float32"):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros", dtype=dtype)])
        model.set_weights([np.zeros((1, 1)), np.array([bias])])
        model.compile(loss=loss, metrics=[loss])
        seen[policy, dtype] = [round(value, 2) for value in model.evaluate(x, labels, verbose=0)]
labels = np.array([[1.5], [2.9], [0.4]], "float32")
for dtype in ("int64", "float32"):
    answers = np.array([[1], [2], [1]], dtype)
    function = keras.ops.convert_to_numpy(keras.losses.mean_absolute_error(labels, answers)).mean()
    measures = {
        "MeanAbsoluteError": keras.metrics.MeanAbsoluteError()(labels, answers),
        "function": function,
        "loss": keras.losses.MeanAbsoluteError()(labels, answers),
        "R2Score": keras.metrics.R2Score()(labels, answers),
        "RootMeanSquaredError": keras.metrics.RootMeanSquaredError()(labels, answers),
    }
    seen[dtype] = {name: round(float(value), 3) for name, value in measures.items()}
print(f"{keras.backend.backend()}, loss and metric, or metrics: {seen}")
assert seen["mixed_float16", "mixed_float16"] == [1e6, np.inf]
assert seen["mixed_float16", "float32"] == [1e6, 1e6]
assert seen["mixed_bfloat16", "mixed_bfloat16"] == [7.29, 7]
assert seen["int64"]["MeanAbsoluteError"] == seen["int64"]["function"] == 0.333
assert seen["float32"]["MeanAbsoluteError"] == seen["float32"]["function"] == 0.667
for name in ("loss", "R2Score", "RootMeanSquaredError"):
    assert seen["int64"][name] == seen["float32"][name]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
