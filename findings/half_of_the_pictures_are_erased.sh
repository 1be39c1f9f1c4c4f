#!/usr/bin/env bash
# `RandomErasing()`, whose `factor` is 1.0, leaves half of the pictures as they are.
#
# Guess: all are erased: the description says that 1.0 "means erasing is always applied", and the same of
# `RandomPerspective`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: of 400 pictures 45 to 55 % are changed by
# either layer, with factor=1.0 as by default: a single number is the end of a range from 0, from which each picture
# draws its probability. So 0.5 means one in four. With (1.0, 1.0) all are changed. `RandomGrayscale(1.0)` takes the
# number for the probability itself and changes all.
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
pictures = np.random.default_rng(0).random((400, 12, 12, 3)).astype("float32")
shares = {}
for name, layer in {
    "RandomErasing()": layers.RandomErasing(fill_value=0.5, seed=1),
    "RandomErasing(1.0)": layers.RandomErasing(1.0, fill_value=0.5, seed=1),
    "RandomPerspective(1.0)": layers.RandomPerspective(1.0, scale=0.5, seed=1),
    "RandomErasing((1.0, 1.0))": layers.RandomErasing((1.0, 1.0), fill_value=0.5, seed=1),
    "RandomPerspective((1.0, 1.0))": layers.RandomPerspective((1.0, 1.0), scale=0.5, seed=1),
    "RandomGrayscale(1.0)": layers.RandomGrayscale(1.0, seed=1),
}.items():
    changed = np.abs(keras.ops.convert_to_numpy(layer(pictures, training=True)) - pictures).max(axis=(1, 2, 3)) > 1e-3
    shares[name] = float(changed.mean())
print(f"{backend}, share of changed pictures:", shares)
shares = list(shares.values())
assert all(0.4 < share < 0.6 for share in shares[:3])
assert all(share > 0.98 for share in shares[3:])
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
