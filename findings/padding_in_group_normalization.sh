#!/usr/bin/env bash
# `GroupNormalization` hands a mask on and counts the padding: a sequence's real steps depend on how much padding
# follows.
#
# Guess: mean and variance are those of the steps that count, as in `BatchNormalization`, or a warning says that the
# mask is lost.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, sequences of 5 steps behind `Masking`, with
# and without 10 steps of padding: the outputs at the 5 steps differ by more than 1 under `GroupNormalization(1)` and
# `GroupNormalization(4)`, and nothing is said, since the mask goes on. `BatchNormalization`, and
# `LayerNormalization` over the features, give the same with and without padding.
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
short = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32") + 3
padded = np.concatenate([short, np.zeros((2, 10, 4), "float32")], axis=1)
changes = {}
for name, layer in {
    "GroupNormalization(1)": layers.GroupNormalization(1),
    "GroupNormalization(4)": layers.GroupNormalization(4),
    "BatchNormalization()": layers.BatchNormalization(),
    "LayerNormalization()": layers.LayerNormalization(),
}.items():
    plain, masked = (layer(layers.Masking()(x), training=True) for x in (short, padded))
    assert masked._keras_mask is not None
    change = np.abs(keras.ops.convert_to_numpy(masked)[:, :5] - keras.ops.convert_to_numpy(plain))
    changes[name] = round(float(change.max()), 4)
print(f"{backend}, change by the padding:", changes)
assert min(changes["GroupNormalization(1)"], changes["GroupNormalization(4)"]) > 1
assert max(changes["BatchNormalization()"], changes["LayerNormalization()"]) < 1e-4
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
