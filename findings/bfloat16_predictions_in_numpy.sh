#!/usr/bin/env bash
# The mean of 10,000 predictions of 0.73 is 0.026 under mixed_bfloat16: NumPy adds them up in bfloat16.
#
# Guess: right to 1 %, as with float16, which NumPy adds up in float32 for a mean.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, NumPy 2.4.6 and ml_dtypes 0.6.0: where the
# last layer has no dtype of its own, `predict` returns arrays of bfloat16. Their sum is 256 and their mean 0.026, since
# 256 plus 0.73 is 256 in bfloat16; the standard deviation is 0.11 instead of 0. Nothing is said.
# `predictions.astype("float32")`, or a last layer with dtype="float32", helps. Keras's own metrics are right.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0 \
        ml-dtypes==0.6.0 numpy==2.4.6
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np

keras.config.set_dtype_policy("mixed_bfloat16")
layer = keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros", bias_initializer="ones")
model = keras.Sequential([keras.Input((1,)), layer])
predictions = model.predict(np.zeros((10_000, 1)), verbose=0)
last = keras.layers.Activation("linear", dtype="float32")
in_float32 = keras.Sequential([model, last]).predict(np.zeros((10_000, 1)), verbose=0)
exact = predictions.astype("float64")
metric = keras.metrics.Mean()
metric.update_state(predictions)
print(
    f"{keras.backend.backend()}: {predictions.dtype}, each is {float(predictions[0, 0]):.3f}, their sum "
    f"{float(predictions.sum())}, their mean {float(predictions.mean()):.3f}, their standard deviation "
    f"{float(predictions.std()):.3f}; the mean in float16 {exact.astype('float16').mean():.3f}, "
    f"Keras's metric {float(metric.result()):.3f}"
)
assert predictions.dtype == "bfloat16"
assert abs(exact.mean() - 0.73) < 0.005
assert predictions.sum() == 256
assert predictions.mean() < 0.03
assert predictions.std() > 0.1 > exact.std()
for other in (exact.astype("float16"), predictions.astype("float32"), in_float32):
    assert abs(other.mean() - 0.73) < 0.005
assert abs(float(metric.result()) - 0.73) < 0.005
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
