#!/usr/bin/env bash
# Under mixed_float16 `UnitNormalization` of a vector of norm 400 is 0; so is a normalized `Dot`.
#
# Guess: it is computed in float32, as `LayerNormalization`, `GroupNormalization` and `RMSNormalization` are, so that
# a vector that float16 can hold is normalized.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, 64 features of 50: each should become
# 0.125, and does in float32. In float16 the sum of the squares is more than 65,504, so that each is divided by
# infinity. The cosine of such a vector and itself, `Dot(axes=1, normalize=True)`, is 0 instead of 1. At 30 both are
# right. Nothing is NaN or infinite. `UnitNormalization(dtype="float32")` helps.
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
for policy in ("float32", "mixed_float16"):
    keras.config.set_dtype_policy(policy)
    for value in (30, 50):
        vector = np.full((1, 64), value, "float32")
        layers = [
            keras.layers.UnitNormalization(),
            keras.layers.UnitNormalization(dtype="float32"),
            keras.layers.RMSNormalization(),
        ]
        dot = keras.layers.Dot(axes=1, normalize=True)
        tensors = [layer(vector) for layer in layers] + [dot([vector, vector])]
        unit, unit_in_float32, rms, cosine = (float(keras.ops.convert_to_numpy(tensor).max()) for tensor in tensors)
        print(f"{backend}, {policy}, values of {value}: {unit:.3f}, cosine {cosine:.3f}, RMSNormalization {rms:.3f}")
        overflows = policy == "mixed_float16" and value == 50
        assert abs(unit - (0 if overflows else 0.125)) < 0.001
        assert abs(cosine - (0 if overflows else 1)) < 0.01
        assert abs(unit_in_float32 - 0.125) < 0.001
        assert abs(rms - 1) < 0.01
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
