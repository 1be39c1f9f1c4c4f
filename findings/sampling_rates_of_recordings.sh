#!/usr/bin/env bash
# `audio_dataset_from_directory` puts recordings of 8,000 and of 16,000 samples per second into one batch as they are.
#
# Guess: it brings them to one rate, or raises an error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0 (the function is the same on every backend), a tone of 440 Hz of one
# second in two folders: with `output_sequence_length=8000` the recordings of 16,000 samples per second are cut after
# half a second, and their tone has 220 periods in the 8,000 samples, an octave lower for whoever learns from them. If
# one class was recorded with another device than the other, a model learns to tell the rates apart. Nothing is said,
# and the batch holds no rate.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import os
import tempfile
import wave

import keras
import numpy as np

folder = tempfile.mkdtemp()
for name, rate in {"low": 8000, "high": 16000}.items():
    os.mkdir(os.path.join(folder, name))
    tone = (20_000 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype("<i2")
    with wave.open(os.path.join(folder, name, "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(tone.tobytes())
dataset = keras.utils.audio_dataset_from_directory(
    folder, output_sequence_length=8000, batch_size=2, shuffle=False, verbose=False
)
sounds, labels = next(iter(dataset))
spectra = np.abs(np.fft.rfft(np.asarray(sounds)[..., 0], axis=1))
periods = dict(zip([dataset.class_names[label] for label in np.asarray(labels)], spectra.argmax(axis=1).tolist()))
print(f"shape {sounds.shape}, periods of a tone of 440 Hz in 8,000 samples: {periods}")
assert sounds.shape == (2, 8000, 1) and periods == {"low": 440, "high": 220}
PROGRAM
for backend in tensorflow; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
