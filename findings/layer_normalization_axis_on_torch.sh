#!/usr/bin/env bash
# On torch `LayerNormalization(axis=1)` of a sequence raises as soon as it is called.
#
# Guess: normalizing each channel over time (`axis=1` of inputs (n, steps, channels)) gives the same on every backend, as
# the documented argument says.
# Seen with Keras 3.15.1: on TensorFlow 2.21.0 and JAX 0.10.2 each channel has mean 0 over time. On torch 2.13.0 (CPU) it
# raises "Given normalized_shape=[4], expected input with shape [*, 4], but got input of size[2, 4, 3]", since torch's own
# function, which normalizes the last axes alone, is called whatever the axis. Over the last axis, or over [1, 2], it works.
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

x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


def measure(axis):
    try:
        outputs = keras.ops.convert_to_numpy(keras.layers.LayerNormalization(axis=axis)(x))
    except RuntimeError as error:
        return "normalized_shape" in str(error) and "raises"
    return bool(np.abs(outputs.mean(axis=tuple(np.atleast_1d(axis)))).max() < 1e-5)


seen = {"last": measure(-1), "time": measure(1), "both": measure([1, 2])}
print(keras.backend.backend(), seen)
expected = {"last": True, "time": "raises" if keras.backend.backend() == "torch" else True, "both": True}
assert seen == expected
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
