#!/usr/bin/env bash
# `F1Score()` of a model with one sigmoid output takes each answer for positive.
#
# Guess: an answer above 0.5 is positive, as in `Precision` and `Recall`, or it is an error that there are no classes to
# choose from.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a tenth of the labels 1 and each answer
# right: Precision and Recall are 1, `F1Score()` is 0.18, that of a model which always says yes, whatever the answers
# are. Without a `threshold` the largest of an example's outputs counts as 1, as the description says, and of one output
# that is always the one. `F1Score(threshold=0.5)` is 1.
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

labels = (np.arange(1000) % 10 == 0).astype("float32")[:, None]
seen = {}
for name, answers in (("right", labels * 0.8 + 0.1), ("wrong", 0.9 - labels * 0.8)):
    for metric in (keras.metrics.Precision(), keras.metrics.Recall(), keras.metrics.F1Score()):
        metric.update_state(labels, answers)
        seen[name, type(metric).__name__] = round(float(np.ravel(keras.ops.convert_to_numpy(metric.result()))[0]), 3)
    metric = keras.metrics.F1Score(threshold=0.5)
    metric.update_state(labels, answers)
    seen[name, "F1Score(threshold=0.5)"] = round(float(keras.ops.convert_to_numpy(metric.result())[0]), 3)
print(f"{keras.backend.backend()}: {seen}")
assert seen["right", "Precision"] == seen["right", "Recall"] == seen["right", "F1Score(threshold=0.5)"] == 1
assert seen["right", "F1Score"] == seen["wrong", "F1Score"] == 0.182
assert seen["wrong", "F1Score(threshold=0.5)"] == 0
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
