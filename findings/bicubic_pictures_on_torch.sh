#!/usr/bin/env bash
# "bicubic" is another interpolation on torch, in `Resizing` and in `UpSampling2D`.
#
# Guess: the same numbers on every backend, as with "bilinear" and "nearest".
# Seen with Keras 3.15.1, an edge from 0 to 1, four times as large: TensorFlow 2.21.0 and JAX 0.10.2 undershoot it by
# 0.07, torch 2.13.0 by 0.11, where a coefficient of the cubic is -0.75 instead of -0.5. With `ops.image.resize(...,
# antialias=True)` all three give the first, and "bilinear" is the same with both.
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
edge = np.zeros((1, 8, 8, 1), "float32")
edge[:, :, 4:] = 1
ways = {
    "Resizing": keras.layers.Resizing(32, 32, interpolation="bicubic"),
    "UpSampling2D": keras.layers.UpSampling2D(4, interpolation="bicubic"),
    "resize": lambda x: keras.ops.image.resize(x, (32, 32), interpolation="bicubic"),
    "resize with antialias": lambda x: keras.ops.image.resize(x, (32, 32), interpolation="bicubic", antialias=True),
    "bilinear": keras.layers.Resizing(32, 32),
}
for name, way in ways.items():
    smallest = float(keras.ops.convert_to_numpy(way(edge)).min())
    print(f"{backend}, {name}: the smallest pixel is {smallest:.3f}")
    other = backend == "torch" and name not in ("resize with antialias", "bilinear")
    assert abs(smallest - (0 if name == "bilinear" else -0.110 if other else -0.073)) < 0.002
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
