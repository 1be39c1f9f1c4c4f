#!/usr/bin/env bash
# On TensorFlow `Dropout(0.001)` under mixed_bfloat16 drops 0.8 %, and `Dropout(0.01)` 1.6 %.
#
# Guess: 0.1 % and 1 %, as in float32; the share to be dropped is no number of the model's.
# Seen with Keras 3.15.1, a million ones: JAX 0.10.2 and torch 2.13.0 drop 0.1 % and 1 %, also in bfloat16. TensorFlow
# 2.21.0 draws uniform numbers in bfloat16, which has 128 between 0 and 1 there, so that the share is rounded up to the
# next 128th; what remains is scaled by the rate that was asked for, so the mean of the outputs is 0.992. `Dropout(0.1)`
# drops 10.2 %.
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
ones = np.ones((1000, 1000))
keras.utils.set_random_seed(1)
for kind in ("float32", "mixed_bfloat16"):
    for rate in (0.001, 0.01, 0.1):
        outputs = keras.layers.Dropout(rate, dtype=kind)(ones, training=True)
        outputs = keras.ops.convert_to_numpy(keras.ops.cast(outputs, "float32"))
        dropped = float((outputs == 0).mean())
        print(f"{backend}, {kind}, Dropout({rate}): drops {dropped:.2%}, mean {outputs.mean(dtype='float64'):.4f}")
        if backend == "tensorflow" and kind == "mixed_bfloat16" and rate < 0.1:
            assert abs(dropped - {0.001: 1, 0.01: 2}[rate] / 128) < 0.0005
            assert outputs.mean(dtype="float64") < 0.994
        else:
            assert abs(dropped - rate) < 0.0005 + rate / 50
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
