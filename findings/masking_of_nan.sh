#!/usr/bin/env bash
# `Masking(mask_value=np.nan)` masks nothing.
#
# Guess: steps that are NaN in each feature are masked, as steps of 0 are by `Masking(0.0)`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the mask is True in each step, the NaN stay
# in the output, and an LSTM behind it gives NaN for each such sequence, after one step of training in each weight.
# Nothing is said: NaN is not equal to itself, and the layer asks for what is not equal. `np.nan_to_num(x, nan=-1.0)`
# with `Masking(-1.0)` masks these steps.
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

steps = np.random.default_rng(0).normal(size=(4, 5, 2)).astype("float32")
steps[:, 3:] = np.nan


def predict(x, value):
    model = keras.Sequential([keras.Input((5, 2)), layers.Masking(value), layers.LSTM(3)])
    mask = keras.ops.convert_to_numpy(model.layers[0].compute_mask(x))
    outputs = model.predict(x, verbose=0)
    model.compile("sgd", "mse")
    model.fit(x, np.zeros((4, 3)), verbose=0)
    weights = np.concatenate([weight.ravel() for weight in model.get_weights()])
    return mask[0].astype(int).tolist(), int(np.isnan(outputs).sum()), bool(np.isnan(weights).any())


seen = {"nan": predict(steps, np.nan), "-1": predict(np.nan_to_num(steps, nan=-1.0), -1.0)}
print(f"{keras.backend.backend()}, mask, NaN among 12 outputs, NaN in weights: {seen}")
assert seen == {"nan": ([1, 1, 1, 1, 1], 12, True), "-1": ([1, 1, 1, 0, 0], 0, False)}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
