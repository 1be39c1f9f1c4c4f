#!/usr/bin/env bash
# With labels of -1 and 1, as `Hinge` takes them, accuracy counts no right negative, and AUC is 0.
#
# Guess: `metrics=["accuracy"]` for a hinge loss is the share of answers with the right sign, and AUC takes -1 for a
# negative; or there is an error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the loss of answers that are all right is
# 0, and their accuracy is the share of positives, 0.25: it compares the label with 0 or 1. Given probabilities that
# rank all right, AUC is 0 instead of 1 and Recall 0.25 instead of 1: -1 counts as true. With labels of 0 and 1, which
# `Hinge` takes as well, AUC and Recall are right.
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
from keras import layers, metrics

backend = keras.backend.backend()
labels = np.array([[1.0], [-1.0], [-1.0], [-1.0]])
model = keras.Sequential([keras.Input((1,)), layers.Identity()])
model.compile(loss="hinge", metrics=["accuracy"])
logs = model.evaluate(2 * labels, labels, verbose=0, return_dict=True)
probabilities = np.where(labels > 0, 0.9, 0.1)
seen = {}
for name, given in (("-1 and 1", labels), ("0 and 1", (labels + 1) / 2)):
    for metric in (metrics.AUC(), metrics.Recall()):
        metric.update_state(given, probabilities)
        seen[name, type(metric).__name__] = round(float(metric.result()), 3)
print(f"{backend}:", logs, seen)
assert logs["loss"] == 0
assert logs["accuracy"] == 0.25
assert list(seen.values()) == [0, 0.25, 1, 1]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
