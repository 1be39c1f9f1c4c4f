#!/usr/bin/env bash
# A fresh `DepthwiseConv2D` of 64 channels makes its inputs six times smaller; "he_normal" does not keep their
# variance, either.
#
# Guess: as with `Conv2D`, inputs of variance 1 come out with a variance of about 1, with "he_normal" of 2: each output
# is the sum of nine products.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, 64 channels of variance 1: `Conv2D` gives
# 1.0 and 2.0, `DepthwiseConv2D` 0.03 with each: all 64 channels are counted as inputs of each output.
# `SeparableConv2D` gives 0.03. A net of such layers without normalization starts with vanishing signals;
# `VarianceScaling(64.0)`, with the number of channels, helps. (Keras's issue 11773, of 2018, says that such layers
# need an investigation.)
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
from keras.initializers import VarianceScaling

backend = keras.backend.backend()
keras.utils.set_random_seed(1)
x = np.random.default_rng(0).normal(size=(8, 16, 16, 64)).astype("float32")
variances = {
    "Conv2D": layers.Conv2D(64, 3),
    "Conv2D, he_normal": layers.Conv2D(64, 3, kernel_initializer="he_normal"),
    "DepthwiseConv2D": layers.DepthwiseConv2D(3),
    "DepthwiseConv2D, he_normal": layers.DepthwiseConv2D(3, depthwise_initializer="he_normal"),
    "SeparableConv2D": layers.SeparableConv2D(64, 3),
    "DepthwiseConv2D, VarianceScaling(64)": layers.DepthwiseConv2D(3, depthwise_initializer=VarianceScaling(64.0)),
}
variances = {name: round(float(np.var(keras.ops.convert_to_numpy(layer(x)))), 3) for name, layer in variances.items()}
print(f"{backend}:", variances)
for name, right in (("Conv2D", 1), ("Conv2D, he_normal", 2), ("DepthwiseConv2D, VarianceScaling(64)", 1)):
    assert 0.7 * right < variances[name] < 1.4 * right
assert max(variances[name] for name in ("DepthwiseConv2D", "DepthwiseConv2D, he_normal", "SeparableConv2D")) < 0.05
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
