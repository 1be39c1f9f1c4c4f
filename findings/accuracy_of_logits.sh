#!/usr/bin/env bash
# `metrics=["accuracy"]` under `BinaryCrossentropy(from_logits=True)` counts an answer as positive from a logit of 0.5
# on, not from 0.
#
# Guess: as the loss says that outputs are logits, an answer with the right sign is right; or an error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, logits between -0.8 and 0.8, which all have
# the right sign: the accuracy is 0.69, since logits up to 0.5, which are probabilities up to 0.62, count as negative.
# `BinaryAccuracy(threshold=0.0)` gives 1, and so does "accuracy" behind a sigmoid.
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

logits = np.linspace(-0.8, 0.8, 1000).reshape(-1, 1)
labels = (logits > 0).astype("float32")


def accuracy(activation, metric):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Activation(activation)])
    loss = keras.losses.BinaryCrossentropy(from_logits=activation == "linear")
    model.compile("sgd", loss, metrics=[metric])
    return round(model.evaluate(logits, labels, verbose=0)[1], 3)


seen = {
    "logits": accuracy("linear", "accuracy"),
    "logits, threshold 0": accuracy("linear", keras.metrics.BinaryAccuracy(threshold=0.0)),
    "probabilities": accuracy("sigmoid", "accuracy"),
}
print(f"{keras.backend.backend()}: {seen}")
assert abs(seen["logits"] - 0.6875) < 0.01
assert seen["logits, threshold 0"] == seen["probabilities"] == 1
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
