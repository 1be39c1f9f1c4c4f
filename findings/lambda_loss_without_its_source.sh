#!/usr/bin/env bash
# A model compiled with a lambda whose source text is not at hand trains, but cannot be saved.
#
# Guess: `save` writes the lambda's code, as it does for a Lambda layer, or leaves the compilation out with a warning, as
# it does for other things it cannot write.
# Seen with Keras 3.15.1: `fit` works, and `save` raises OSError: could not get source code. So it is after `python -c`, in
# `exec`, and in a program that came through a pipe, as this one.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2
fi
KERAS_BACKEND=jax TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import tempfile

import keras
import numpy as np

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", lambda labels, predictions: keras.ops.mean((labels - predictions) ** 2, axis=-1))
model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
try:
    model.save(tempfile.mkdtemp() + "/model.keras")
    message = None
except OSError as error:
    message = str(error)
print(message)
assert message == "could not get source code"
PROGRAM
