#!/usr/bin/env bash
# On torch `ops.pad(x, 2, mode="symmetric")` repeats the border instead of mirroring it.
#
# Guess: 1, 2, 3 becomes 2, 1, 1, 2, 3, 3, 2 on every backend, as with NumPy.
# Seen with Keras 3.15.1: so it does on TensorFlow 2.21.0 and JAX 0.10.2. torch 2.13.0 gives 1, 1, 1, 2, 3, 3, 3, which
# NumPy calls "edge". With one value of padding both are the same. "reflect" is right on all three. Models that pad
# pictures symmetrically give other outputs at the borders on torch.
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
x = np.arange(1, 4, dtype="float32")
for width in (1, 2):
    padded = keras.ops.convert_to_numpy(keras.ops.pad(x, [[width, width]], mode="symmetric"))
    print(f"{backend}, padding of {width}:", padded.astype(int).tolist())
    other = backend == "torch" and width > 1
    assert np.array_equal(padded, np.pad(x, width, mode="edge" if other else "symmetric"))
reflected = keras.ops.convert_to_numpy(keras.ops.pad(x, [[2, 2]], mode="reflect"))
assert np.array_equal(reflected, np.pad(x, 2, mode="reflect"))
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
