#!/usr/bin/env bash
# `RandomSaturation` of pictures from 0 to 255 gives pixels of -255 and less.
#
# Guess: with the default `value_range=(0, 255)` the result lies in that range, and is 255 times what comes out for
# the picture divided by 255 with `value_range=(0, 1)`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a factor of 0.8, pixels from 51 to 204:
# the smallest one is below -255. Divided by 255, the same picture keeps to 0 and 1: the saturation is cut off at 1 as
# if it went with the colours, so that in bytes nothing limits it but 255. Factors up to 0.5, which take colour away,
# are right.
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
picture = np.random.default_rng(0).uniform(0.2, 0.8, (2, 8, 8, 3)).astype("float32")
for factor in (0.3, 0.8):
    fractions, in_bytes = (
        keras.ops.convert_to_numpy(
            keras.layers.RandomSaturation((factor, factor), value_range=(0, top), seed=1)(picture * top, training=True)
        )
        for top in (1, 255)
    )
    print(f"{backend}, factor {factor}: from 0 to 1 {fractions.min():.2f} to {fractions.max():.2f},")
    print(f"    from 0 to 255 {in_bytes.min():.0f} to {in_bytes.max():.0f}")
    assert fractions.min() > -1e-5
    if factor == 0.8:
        assert in_bytes.min() < -255
    else:
        assert np.allclose(in_bytes, 255 * fractions, atol=0.01)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
