#!/usr/bin/env bash
# `LayerNormalization` and `GroupNormalization` of whole numbers give -1, 0 and 1.
#
# Guess: -1.22, 0 and 1.22 for 0, 1 and 2, as of the same numbers in float32; or an error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, in a model with `Input(dtype="int32")` and
# called with an array of int64: -1, 0 and 1. What was computed is cast back to the type of the inputs, and to float32
# afterwards. `RMSNormalization` gives 0, 0 and 1, and keeps them as int32. `BatchNormalization` and `Normalization` are
# right. Nothing is said.
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

x = np.array([[0, 1, 2]])
kinds = {
    "LayerNormalization": layers.LayerNormalization,
    "GroupNormalization": lambda: layers.GroupNormalization(1),
    "RMSNormalization": layers.RMSNormalization,
    "BatchNormalization": layers.BatchNormalization,
    "Normalization": lambda: layers.Normalization(mean=1.0, variance=0.25),
}
seen = {}
for name, kind in kinds.items():
    inputs = {dtype: keras.Input((3,), dtype=dtype) for dtype in ("int32", "float32")}
    answers = {dtype: keras.Model(i, kind()(i)).predict(x, verbose=0) for dtype, i in inputs.items()}
    answers["call"] = keras.ops.convert_to_numpy(kind()(x))
    seen[name] = {dtype: answer[0].astype(float).round(2).tolist() for dtype, answer in answers.items()}
print(f"{keras.backend.backend()}, of 0, 1 and 2: {seen}")
for name in ("LayerNormalization", "GroupNormalization"):
    assert seen[name]["float32"] == [-1.22, 0, 1.22]
    assert seen[name]["int32"] == seen[name]["call"] == [-1, 0, 1]
assert seen["RMSNormalization"]["float32"] == [0, 0.77, 1.55]
assert seen["RMSNormalization"]["int32"] == seen["RMSNormalization"]["call"] == [0, 0, 1]
for name in ("BatchNormalization", "Normalization"):
    assert seen[name]["int32"] == seen[name]["float32"]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
