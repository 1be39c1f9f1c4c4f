#!/usr/bin/env bash
# On JAX and torch `ops.image.gaussian_blur` blurs across the colours, unless it is told that they are last.
#
# Guess: without `data_format` the one of the configuration is taken, "channels_last", as in the other functions of
# `ops.image`, and the same comes out on every backend.
# Seen with Keras 3.15.1, a red point on black: TensorFlow 2.21.0 spreads it over 3 x 3 pixels and leaves it red. JAX
# 0.10.2 and torch 2.13.0 spread it along the row alone and make a part of it green, in the shape of the picture; the
# rest is lost. With data_format="channels_last" all three give the first. `RandomGaussianBlur` is right. (Keras's
# pull request 23542 is about it.)
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
picture = np.zeros((1, 7, 7, 3), "float32")
picture[0, 3, 3, 0] = 1  # red
for data_format in (None, "channels_last"):
    blurred = keras.ops.image.gaussian_blur(picture, (3, 3), (1.0, 1.0), data_format=data_format)
    blurred = keras.ops.convert_to_numpy(blurred)[0]
    colours = blurred.sum(axis=(0, 1))
    rows = np.nonzero(blurred.sum(axis=(1, 2)))[0]
    print(f"{backend}, data_format={data_format}: red, green, blue {colours.round(2)}, in the rows {rows}")
    if backend != "tensorflow" and data_format is None:
        assert np.allclose(colours, [0.45, 0.27, 0], atol=0.01)
        assert rows.tolist() == [3]
    else:
        assert np.allclose(colours, [1, 0, 0], atol=0.01)
        assert rows.tolist() == [2, 3, 4]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
