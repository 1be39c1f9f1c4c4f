#!/usr/bin/env bash
# "he_normal" counts the output channels of a Conv2DTranspose as its inputs.
#
# Guess: he_normal keeps the variance through a Conv2DTranspose with stride 1 as through a Conv2D: outputs of variance 2
# for inputs of variance 1.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, 64 channels, kernels of 3 x 3: with Conv2D
# the variance is 2 whatever the number of outputs. With Conv2DTranspose it is 0.5 for 256 outputs, 2 for 64, 8 for 16,
# and 32 for 4: the kernel's last two axes are outputs and inputs, and the initializers take the last but one for the
# inputs. The last layer of a decoder, with few outputs, starts with answers that are far too large. "lecun_normal" goes
# by the same number; "glorot_uniform", the default, goes by the sum of both and is not concerned.
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

backend = keras.backend.backend()
keras.utils.set_random_seed(0)
x = keras.random.normal((16, 24, 24, 64), seed=0)


def measure(layer):
    """Variance of the outputs that no border touches."""
    return float(keras.ops.convert_to_numpy(layer(x))[:, 4:-4, 4:-4].var())


for outputs in (256, 64, 16, 4):
    plain = measure(keras.layers.Conv2D(outputs, 3, kernel_initializer="he_normal"))
    transposed = measure(keras.layers.Conv2DTranspose(outputs, 3, kernel_initializer="he_normal"))
    print(f"{backend}, 64 channels to {outputs}: variance {plain:.2f} of Conv2D, {transposed:.2f} of Conv2DTranspose")
    assert 1.4 < plain < 2.8
    assert 0.7 < transposed / (2 * 64 / outputs) < 1.4
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
