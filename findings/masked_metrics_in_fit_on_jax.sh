#!/usr/bin/env bash
# On JAX the training accuracy of padded sequences counts the padding; the validation accuracy does not.
#
# Guess: the steps that `Embedding(mask_zero=True)` masks are left out of "accuracy" in `fit` as in `evaluate`, on
# every backend, as they are left out of the loss.
# Seen with Keras 3.15.1, sequences of 2 steps with 8 steps of padding, and a model that is right at each step and
# wrong in the padding: on TensorFlow 2.21.0 and torch 2.13.0 `accuracy` and `val_accuracy` are 1. On JAX 0.10.2
# `accuracy` is 0.2, also in `weighted_metrics` and from `train_on_batch`, while `val_accuracy`, `evaluate` and the
# loss are right. So training looks worse than validation, or better where the padding is easy to guess.
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
from keras import layers

backend = keras.backend.backend()
ids = np.zeros((8, 10), "int64")
ids[:, :2] = 1
model = keras.Sequential([keras.Input((10,)), layers.Embedding(2, 1, mask_zero=True), layers.Dense(2, "softmax")])
model.set_weights([np.zeros((2, 1)), np.zeros((1, 2)), np.array([0, 1])])  # always the class 1
loss = "sparse_categorical_crossentropy"
weighted = keras.metrics.SparseCategoricalAccuracy(name="weighted")
model.compile(keras.optimizers.SGD(0.0), loss, metrics=["accuracy"], weighted_metrics=[weighted])
logs = model.fit(ids, ids, validation_data=(ids, ids), verbose=0).history
logs = {name: round(values[0], 3) for name, values in logs.items()}
print(f"{backend}:", logs)
seen = 0.2 if backend == "jax" else 1.0
assert logs["val_accuracy"] == 1 and logs["accuracy"] == logs["weighted"] == seen
assert logs["loss"] == logs["val_loss"]
assert np.isclose(model.train_on_batch(ids, ids, return_dict=True)["accuracy"], seen)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
