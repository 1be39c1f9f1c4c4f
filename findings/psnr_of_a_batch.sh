#!/usr/bin/env bash
# `ops.psnr` of a batch of pictures is one number, and not the mean of theirs; `ops.image.ssim` gives one for each.
#
# Guess: one number for each picture, as `tf.image.psnr` gives, or their mean.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, two pictures, with errors of 0.1 and of
# 0.01, which are 20 and 40: `ops.psnr` is 23, that of the mean squared error of both together, in which the worst
# picture counts most. As a metric it depends on the batch size: 30 in batches of one, 23 in one batch of two.
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

pictures = np.random.default_rng(0).uniform(0.2, 0.8, size=(2, 16, 16, 3)).astype("float32")
answers = pictures + np.array([0.1, 0.01], "float32").reshape(2, 1, 1, 1)


def psnr(labels, outputs):
    return ops.psnr(labels, outputs, 1.0)


def evaluate(batch_size):
    model = keras.Sequential([keras.Input((16, 16, 3)), layers.Activation("linear")])
    model.compile(loss="mse", metrics=[psnr])
    return round(model.evaluate(answers, pictures, batch_size=batch_size, verbose=0)[1])


together = keras.ops.convert_to_numpy(psnr(pictures, answers))
each = [round(float(keras.ops.convert_to_numpy(psnr(p, a)))) for p, a in zip(pictures, answers)]
similar = keras.ops.convert_to_numpy(ops.image.ssim(pictures, answers, 1.0))
seen = {"batches of 1": evaluate(1), "a batch of 2": evaluate(2)}
print(f"{keras.backend.backend()}, psnr: {together.round()}, of each: {each}, shape of ssim: {similar.shape}, {seen}")
assert together.shape == () and round(float(together)) == 23 and each == [20, 40] and similar.shape == (2,)
assert seen == {"batches of 1": 30, "a batch of 2": 23}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
