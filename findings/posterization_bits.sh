#!/usr/bin/env bash
# `RandomPosterization(4)` keeps 1 to 3 bits of each colour, and never 4.
#
# Guess: `factor` is "the number of bits to keep", so that 4 keeps 16 levels and 8 leaves a picture of whole numbers
# as it is.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: a single number is the end of a range that
# starts at 1 and does not hold it. `RandomPosterization(8)` makes a picture of two levels as often as any other, 2 to
# 128 levels, never 256. (4, 4) keeps 4 bits, (8, 8) all.
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
picture = np.arange(256, dtype="float32").reshape(1, 16, 16, 1).repeat(3, axis=-1)
pictures = np.repeat(picture, 200, axis=0)
for factor, bits in ((4, {1, 2, 3}), (8, {1, 2, 3, 4, 5, 6, 7}), ((4, 4), {4}), ((8, 8), {8})):
    posterized = keras.layers.RandomPosterization(factor, seed=1)(pictures, training=True)
    levels = {len(np.unique(one)) for one in keras.ops.convert_to_numpy(posterized)}
    print(f"{backend}, RandomPosterization({factor}): levels {sorted(levels)}")
    assert levels == {2**kept for kept in bits}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
