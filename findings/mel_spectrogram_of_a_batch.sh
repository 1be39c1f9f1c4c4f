#!/usr/bin/env bash
# `MelSpectrogram` gives a quiet recording another spectrogram when a loud one is in the batch.
#
# Guess: the spectrogram of a recording is its own, whatever else is in the batch; `top_db` cuts what is more than 80 dB
# below its own largest value.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: it is cut at 80 dB below the largest value
# of the whole batch. Of a quiet sound (amplitude 0.001 with noise below it) the lowest values are at -82 dB alone, and
# at -45 dB beside a loud one: 37 dB of difference. Predictions depend on the batch size and on how the data are
# shuffled, and a recording that is served alone is another one than in training. `top_db=1e9` cuts nothing and gives
# the same alone and in a batch.
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

time = np.arange(4000) / 8000
noise = np.random.default_rng(0).normal(size=4000)
quiet = 1e-3 * np.sin(2 * np.pi * 440 * time) + 1e-5 * noise
loud = np.sin(2 * np.pi * 700 * time)


def compare(**options):
    layer = layers.MelSpectrogram(fft_length=256, num_mel_bins=20, sampling_rate=8000, **options)
    alone = keras.ops.convert_to_numpy(layer(np.float32([quiet])))[0]
    beside = keras.ops.convert_to_numpy(layer(np.float32([quiet, loud])))[0]
    return round(float(alone.min())), round(float(beside.min())), round(float(np.abs(alone - beside).max()))


seen = {"default": compare(), "top_db=1e9": compare(top_db=1e9)}
print(f"{keras.backend.backend()}, lowest value alone, in a batch, largest difference: {seen}")
assert seen["default"] == (-82, -45, 37)
assert seen["top_db=1e9"][2] == 0
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
