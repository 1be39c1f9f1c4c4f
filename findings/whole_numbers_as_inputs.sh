#!/usr/bin/env bash
# With `Input(dtype="uint8")`, `x - 128` of a picture wraps around in the model, and so does `Subtract` of two pictures.
#
# Guess: what a model computes is floats, as its weights are: 100 - 128 is -28, or it is an error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: pixels of 100 become 228 by `x - 128`, 44 by
# `x * 3`, 155 by `255 - x`, and the difference of pictures of 100 and 128 is 228 by `Subtract`. `x - 127.5`, `x / 255`,
# and `Rescaling` are right: a number with a decimal point makes floats. In `(x - 128) / 128` the fault is done before.
# Nothing is said. `Input(dtype="float32")`, which casts the same pictures, is right.
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

pictures = np.full((2, 1), 100, "uint8")
programs = {
    "x - 128": lambda x: x - 128,
    "(x - 128) / 128": lambda x: (x - 128) / 128,
    "x * 3": lambda x: x * 3,
    "255 - x": lambda x: 255 - x,
    "Subtract": lambda x: keras.layers.Subtract()([x, keras.ops.full_like(x, 128)]),
    "x - 127.5": lambda x: x - 127.5,
    "x / 255": lambda x: x / 255,
    "Rescaling": lambda x: keras.layers.Rescaling(1 / 255)(x),
}
seen = {}
for kind in ("uint8", "float32"):
    for name, program in programs.items():
        tensor = keras.Input((1,), dtype=kind)
        model = keras.Model(tensor, program(tensor))
        seen[kind, name] = round(float(model.predict(pictures, verbose=0)[0, 0]), 3)
    print(keras.backend.backend(), kind, {name: seen[kind, name] for name in programs})
assert [seen["uint8", name] for name in ("x - 128", "x * 3", "255 - x", "Subtract")] == [228, 44, 155, 228]
assert [seen["float32", name] for name in ("x - 128", "x * 3", "255 - x", "Subtract")] == [-28, 300, 155, -28]
assert seen["uint8", "(x - 128) / 128"] == 1.781 != seen["float32", "(x - 128) / 128"]
for name in ("x - 127.5", "x / 255", "Rescaling"):
    assert seen["uint8", name] == seen["float32", name]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
