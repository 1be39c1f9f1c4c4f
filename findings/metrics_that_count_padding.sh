#!/usr/bin/env bash
# Precision, AUC, IoU and RootMeanSquaredError of padded sequences count the padding; accuracy and MeanSquaredError do
# not.
#
# Guess: the steps that `Embedding(mask_zero=True)` masks are left out of each metric, as they are left out of the
# loss; the RootMeanSquaredError is the root of the MeanSquaredError.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, `evaluate` of a tagger that is right at
# each step, and says 0.95 in the padding where the label is 0: the accuracy is 1 and the MeanSquaredError 0.0025.
# Precision and the BinaryIoU of class 1 are 0.11, AUC is 0.56, and the RootMeanSquaredError 0.85 instead of 0.05:
# these do not look at the mask, and nothing is said. A `sample_weight` of 0 in the padding, with the metrics in
# `weighted_metrics`, makes them right.
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
ids = np.zeros((4, 10), "int64")
ids[:, 0], ids[:, 1] = 1, 2
labels = (ids == 1).astype("float32")[..., None]
logits = np.log([[0.95 / 0.05], [0.95 / 0.05], [0.05 / 0.95]])  # of padding, and of the tokens 1 and 2
model = keras.Sequential(
    [keras.Input((10,)), layers.Embedding(3, 1, mask_zero=True, weights=[logits]), layers.Activation("sigmoid")]
)


def make_metrics():
    return {
        "accuracy": metrics.BinaryAccuracy(name="accuracy"),
        "square": metrics.MeanSquaredError(name="square"),
        "root": metrics.RootMeanSquaredError(name="root"),
        "precision": metrics.Precision(name="precision"),
        "auc": metrics.AUC(name="auc"),
        "iou": metrics.BinaryIoU([1], name="iou"),
    }


model.compile(loss="mse", metrics=list(make_metrics().values()))
seen = model.evaluate(ids, labels, verbose=0, return_dict=True)
seen = {name: round(float(value), 4) for name, value in seen.items()}
model.compile(loss="mse", weighted_metrics=list(make_metrics().values()))
weights = (ids > 0).astype("float32")
right = model.evaluate(ids, labels, sample_weight=weights[..., None], verbose=0, return_dict=True)
right = {name: round(float(value), 4) for name, value in right.items()}
print(f"{backend}:", seen)
print(f"{backend}, with weights of 0 for the padding:", right)
assert seen["accuracy"] == 1 and seen["square"] == seen["loss"] == 0.0025
assert seen["root"] > 0.8 and seen["precision"] < 0.2 and seen["auc"] < 0.6 and seen["iou"] < 0.2
assert right["root"] == 0.05 and min(right["precision"], right["auc"], right["iou"]) > 0.999
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
