#!/usr/bin/env bash
# An `Embedding` looks the id -1 up as its last row, on every backend.
#
# Guess: an id that has no row is treated alike, whether it is below 0 or too large: an error on a CPU, or NaN on JAX.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, on a CPU, an embedding of 3 rows: -1 gives row 2
# on all three, while -4 and 3 are an error on TensorFlow and torch, and NaN on JAX. Sequences that are padded with -1 give
# the padding the meaning of the last word, and train it.
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

layer = keras.layers.Embedding(3, 1)
layer.build()
layer.set_weights([np.array([[10.0], [20.0], [30.0]], "float32")])
seen = {}
for number in (-1, -4, 3):
    try:
        seen[number] = keras.ops.convert_to_numpy(layer(np.array([[number]], "int32"))).ravel().tolist()
    except Exception as error:
        seen[number] = type(error).__name__
print(keras.backend.backend(), seen)
assert seen[-1] == [30.0]  # the last row
assert [30.0] not in (seen[-4], seen[3])
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
