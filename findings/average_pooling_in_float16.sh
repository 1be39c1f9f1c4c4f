#!/usr/bin/env bash
# Under mixed_float16 `AveragePooling2D(64)` of pixels of 30 is infinite on TensorFlow and JAX.
#
# Guess: 30, on every backend: the mean of numbers that float16 holds is one, and `GlobalAveragePooling2D` of the same
# 64 x 64 pixels gives it.
# Seen with Keras 3.15.1 on a CPU: torch 2.13.0 gives 30. TensorFlow 2.21.0 and JAX 0.10.2 give infinity: they add up
# 4096 pixels in float16, which ends at 65,504. `GlobalAveragePooling2D` and `AdaptiveAveragePooling2D(1)` give 30 on
# all three. `AveragePooling2D(64, dtype="float32")` helps.
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
keras.config.set_dtype_policy("mixed_float16")
x = np.full((1, 64, 64, 1), 30.0, "float32")
means = {
    "AveragePooling2D(64)": layers.AveragePooling2D(64),
    "GlobalAveragePooling2D()": layers.GlobalAveragePooling2D(),
    "AdaptiveAveragePooling2D(1)": layers.AdaptiveAveragePooling2D(1),
    "in float32": layers.AveragePooling2D(64, dtype="float32"),
}
means = {name: float(keras.ops.convert_to_numpy(layer(x)).ravel()[0]) for name, layer in means.items()}
print(f"{backend}:", means)
assert means.pop("AveragePooling2D(64)") == (30 if backend == "torch" else np.inf)
assert set(means.values()) == {30}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
