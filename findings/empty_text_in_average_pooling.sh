#!/usr/bin/env bash
# One empty text makes all weights NaN behind `Embedding(mask_zero=True)` and `GlobalAveragePooling1D`.
#
# Guess: the mean over no words is 0, or at least something finite.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, 64 texts of which one is padding alone: its
# mean is 0 / 0. After one epoch the weights of the layer behind are NaN, and so is each prediction. Without
# `mask_zero`, or with an LSTM in its place, all is finite.
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
texts = np.ones((64, 5), "int64")
texts[7] = 0
for name, mask_zero, make_pooling in (
    ("GlobalAveragePooling1D", True, layers.GlobalAveragePooling1D),
    ("GlobalAveragePooling1D", False, layers.GlobalAveragePooling1D),
    ("LSTM", True, lambda: layers.LSTM(3)),
):
    model = keras.Sequential(
        [keras.Input((5,)), layers.Embedding(2, 3, mask_zero=mask_zero), make_pooling(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    first = model.predict(texts, verbose=0)
    model.fit(texts, np.ones((64, 1)), verbose=0)
    last = model.predict(texts, verbose=0)
    shares = [float(np.isnan(outputs).mean()) for outputs in (first, last)]
    print(
        f"{backend}, {name}, mask_zero={mask_zero}: NaN before training {shares[0]:.3f}, after an epoch {shares[1]:.3f}"
    )
    assert shares == ([1 / 64, 1] if mask_zero and name != "LSTM" else [0, 0])
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
