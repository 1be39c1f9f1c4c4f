#!/usr/bin/env bash
# Under mixed_bfloat16 KerasHub's `SinePositionEncoding` gives half of 1000 positions the encoding of another one.
#
# Guess: the encodings are those of float32, rounded: off by less than 0.01, and different for each position.
# Seen with KerasHub 0.32.0 and Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend): the positions
# themselves are rounded to bfloat16, which does not tell 257 from 256, nor 513 to 515 from their neighbours. Of 1000
# positions 507 encodings are left, and they are off by up to 1.7, where all lie between -1 and 1. Under mixed_float16
# they are off by 0.18. `RotaryEmbedding` is right to 0.01, and so is `SinePositionEncoding(dtype="float32")`.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 keras-hub==0.32.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import keras_hub
import numpy as np

x = np.zeros((1, 1000, 16), "float32")
right = keras.ops.convert_to_numpy(keras_hub.layers.SinePositionEncoding(dtype="float32")(x))[0]
for policy, different, error in (("mixed_bfloat16", 507, 1.68), ("mixed_float16", 1000, 0.18)):
    encodings = keras_hub.layers.SinePositionEncoding(dtype=policy)(x)
    encodings = keras.ops.convert_to_numpy(keras.ops.cast(encodings, "float32"))[0]
    seen = len(np.unique(encodings, axis=0)), float(np.abs(encodings - right).max())
    print(f"{policy}: {seen[0]} different encodings of 1000 positions, off by up to {seen[1]:.2f}")
    assert abs(seen[0] - different) < 10
    assert abs(seen[1] - error) < 0.05
keras.config.set_dtype_policy("mixed_bfloat16")
rotated = keras_hub.layers.RotaryEmbedding()(np.ones((1, 1000, 1, 16), "float32"))
keras.config.set_dtype_policy("float32")
exact = keras_hub.layers.RotaryEmbedding()(np.ones((1, 1000, 1, 16), "float32"))
rotated, exact = (keras.ops.convert_to_numpy(keras.ops.cast(one, "float32")) for one in (rotated, exact))
assert np.abs(rotated - exact).max() < 0.02
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
