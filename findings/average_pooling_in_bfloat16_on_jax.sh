#!/usr/bin/env bash
# On JAX `AveragePooling2D(32)` of ones is 0.25 under mixed_bfloat16.
#
# Guess: 1, on every backend, as from `GlobalAveragePooling2D`.
# Seen with Keras 3.15.1 on a CPU: TensorFlow 2.21.0 and torch 2.13.0 give 1. JAX 0.10.2 adds up the 1,024 ones one by
# one in bfloat16, where 256 plus 1 is 256: 0.25, and 0.0625 of 64 x 64. `AveragePooling1D(1000)` gives 0.26. 16 x 16 is
# right; `GlobalAveragePooling2D` of 64 x 64 is right, and `AveragePooling2D(32, dtype="float32")`, too. (That
# TensorFlow and JAX add up in float16 as well, where it ends in infinity, is in `average_pooling_in_float16`.)
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

backend = keras.backend.backend()


def pool(layer, *shape):
    return round(float(keras.ops.convert_to_numpy(keras.ops.cast(layer(np.ones((1, *shape, 1))), "float32")).max()), 4)


keras.config.set_dtype_policy("mixed_bfloat16")
seen = {
    "16": pool(keras.layers.AveragePooling2D(16), 16, 16),
    "32": pool(keras.layers.AveragePooling2D(32), 32, 32),
    "64": pool(keras.layers.AveragePooling2D(64), 64, 64),
    "1000 steps": pool(keras.layers.AveragePooling1D(1000), 1000),
    "global": pool(keras.layers.GlobalAveragePooling2D(), 64, 64),
    "float32": pool(keras.layers.AveragePooling2D(32, dtype="float32"), 32, 32),
}
print(f"{backend}: {seen}")
right = dict.fromkeys(seen, 1)
if backend == "jax":
    right |= {"32": 0.25, "64": 0.0625, "1000 steps": 0.2559}
assert seen == right
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
