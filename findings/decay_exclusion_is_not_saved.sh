#!/usr/bin/env bash
# What `exclude_from_weight_decay` excludes decays in a model that was saved and loaded.
#
# Guess: an optimizer that is loaded with its model goes on as it would have done.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, AdamW(0.1, weight_decay=0.5) without a
# gradient, biases excluded: the bias stays 1. After save and load_model it shrinks to 0.95 with the first step, without
# a word: the exclusions are in no configuration and in no file. Weights that are loaded into the same model keep them.
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
import pathlib
import tempfile

import keras
import numpy as np
from keras import ops

backend = keras.backend.backend()
path = pathlib.Path(tempfile.mkdtemp()) / "model.keras"
ones = np.ones((8, 1), "float32")


@keras.saving.register_keras_serializable()
def nothing(y_true, y_pred):
    return 0 * ops.mean(y_pred, axis=-1)  # no gradient: what moves is decay


def step(model):
    model.fit(ones, ones, verbose=0)
    return [weight.item() for weight in model.get_weights()]


model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "linear", True, "ones", "ones")])
optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
optimizer.exclude_from_weight_decay(var_names=["bias"])
model.compile(optimizer, nothing)
first = step(model)
model.save(path)
second = step(model)
loaded = keras.models.load_model(path)
resumed = step(loaded)
print(f"{backend}: kernel and bias after a step {first}, a second {second}, one of the loaded model {resumed}")
assert np.allclose(first, [0.95, 1])
assert np.allclose(second, [0.9025, 1])
assert np.allclose(resumed, [0.9025, 0.95])

model.save_weights(path.with_suffix(".weights.h5"))
model.load_weights(path.with_suffix(".weights.h5"))
third = step(model)
print(f"{backend}: weights and optimizer loaded into the same model: {third}")
assert third[1] == 1
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
