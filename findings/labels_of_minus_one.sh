#!/usr/bin/env bash
# `to_categorical` makes the label -1 one of the last class.
#
# Guess: -1, the usual mark for an example without a label, is an error, as a label that is too large is; or a row of
# zeros, as with `ops.one_hot` and `CategoryEncoding`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, three classes: -1 is the third class, -2 the
# second, without a word. -4 and 3 raise IndexError. `ops.one_hot` gives zeros for -1 on each backend.
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
labels = np.array([0, -1, -2])
rows = keras.utils.to_categorical(labels, 3)
zeros = keras.ops.convert_to_numpy(keras.ops.one_hot(labels, 3))
print(f"{backend}, labels {labels.tolist()}: to_categorical {rows.tolist()}, ops.one_hot {zeros.tolist()}")
assert rows.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
assert zeros.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
for label in (3, -4):
    try:
        keras.utils.to_categorical([label], 3)
    except IndexError as error:
        print("label", label, "raises:", error)
    else:
        raise AssertionError(label)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
