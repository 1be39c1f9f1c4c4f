#!/usr/bin/env bash
# A `Huber` loss with a `delta` of its own is another loss after it has been made from its configuration.
#
# Guess: `Huber(delta=0.1).get_config()` holds the delta, as the configuration of a loss holds its other arguments, so
# that a compiled model which is saved and loaded trains on with the same loss.
# Seen with Keras 3.15.1: the configuration has `name` and `reduction` only. The copy has the default of 1, and
# gives 4.5 where the loss itself gives 0.495.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0
fi
KERAS_BACKEND=tensorflow "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np

loss = keras.losses.Huber(delta=0.1)
copy = keras.losses.Huber.from_config(loss.get_config())
labels, predictions = np.full((1, 1), 5.0), np.zeros((1, 1))
print(loss.get_config(), float(loss(labels, predictions)), float(copy(labels, predictions)))
assert "delta" not in loss.get_config()
assert abs(float(loss(labels, predictions)) - 0.495) < 1e-3
assert abs(float(copy(labels, predictions)) - 4.5) < 1e-3
PROGRAM
