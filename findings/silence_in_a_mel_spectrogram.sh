#!/usr/bin/env bash
# On JAX and torch a loss of `MelSpectrogram` has a gradient of NaN where the sound is silent.
#
# Guess: a finite gradient, as `STFTSpectrogram` has.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a sound that begins with 600 zeros, gradient
# of the sum of its spectrogram: NaN for the zeros on JAX and torch, finite on TensorFlow; that of `STFTSpectrogram`,
# "magnitude" and "log", is finite on each. A model that puts out sound (noise reduction, speech synthesis) and has
# digital silence somewhere gets NaN in every weight. A small noise added to the sound helps; a constant one does not.
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
from keras import layers, ops

backend = keras.backend.backend()
sound = np.concatenate([np.zeros(600), np.sin(0.3 * np.arange(1000))]).astype("float32")
noise = 1e-5 * np.random.default_rng(0).normal(size=1600).astype("float32")
mel = layers.MelSpectrogram(fft_length=128, sequence_stride=64, num_mel_bins=10, sampling_rate=8000)


def spectrogram(mode):
    return layers.STFTSpectrogram(mode=mode, frame_length=128, frame_step=64, fft_length=128)


def count_nan(layer, x):
    layer(x)  # built outside of what computes the gradient
    if backend == "tensorflow":
        import tensorflow as tf

        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = ops.sum(layer(x))
        gradient = tape.gradient(total, x).numpy()
    elif backend == "jax":
        import jax

        gradient = np.asarray(jax.grad(lambda x: ops.sum(layer(x)))(x))
    else:
        import torch

        x = torch.tensor(x, requires_grad=True)
        ops.sum(layer(x)).backward()
        gradient = x.grad.numpy()
    return int(np.isnan(gradient).sum())


seen = {
    "mel": count_nan(mel, sound[None]),
    "mel, noise": count_nan(mel, sound[None] + noise),
    "magnitude": count_nan(spectrogram("magnitude"), sound[None, :, None]),
    "log": count_nan(spectrogram("log"), sound[None, :, None]),
}
print(f"{backend}, NaN among 1600 derivatives: {seen}")
assert (seen.pop("mel") > 500) == (backend != "tensorflow")
assert set(seen.values()) == {0}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
