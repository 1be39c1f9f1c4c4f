#!/usr/bin/env bash
# `metrics=["accuracy"]` of a model that gives several labels at once is 0.47 where each answer is right.
#
# Guess: under "binary_crossentropy" it is the share of right answers, as "binary_accuracy" is.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, five labels per example, each 0 or 1, five
# sigmoid outputs that are all on the right side of 0.5: "binary_accuracy" is 1, and "accuracy" 0.47. It goes by the
# shapes, takes (examples, 5) for one class in five, and compares the place of the largest output with the place of the
# first label of 1.
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

random = np.random.default_rng(0)
labels = (random.random((2000, 5)) > 0.5).astype("float32")
logits = (2 * labels - 1) * (1 + random.random((2000, 5)))
model = keras.Sequential([keras.Input((5,)), keras.layers.Activation("sigmoid")])
model.compile("sgd", "binary_crossentropy", metrics=["accuracy", "binary_accuracy"])
logs = model.evaluate(logits, labels, verbose=0, return_dict=True)
guess = float(np.mean(logits.argmax(axis=1) == labels.argmax(axis=1)))
print(f"{keras.backend.backend()}: {logs}; the largest logit is at the first label of 1: {guess}")
assert np.all((logits > 0) == labels)
assert logs["binary_accuracy"] == 1
assert abs(logs["accuracy"] - guess) < 0.001
assert logs["accuracy"] < 0.5
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
