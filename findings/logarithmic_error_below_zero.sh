#!/usr/bin/env bash
# Under `MeanSquaredLogarithmicError` a prediction below 0 has no gradient: a model that starts there never learns.
#
# Guess: a gradient that raises the prediction, or NaN, as the logarithm of a number below 0 is.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, labels of 5 and a unit whose outputs start
# at -1: after 200 epochs of SGD(0.1) loss and weights are what they were. Predictions below 0 are replaced by 1e-7
# before the logarithm is taken, as the description says, so that a wrong answer's gradient is 0. From 0.5 the same unit
# arrives near 5. With `softplus` as its activation it learns from -1, too.
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

inputs = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
labels = np.full((64, 1), 5.0)
last = {}
for start, activation in ((-1, None), (0.5, None), (-1, "softplus")):
    bias = keras.initializers.Constant(start)
    layer = keras.layers.Dense(1, activation, kernel_initializer="zeros", bias_initializer=bias)
    model = keras.Sequential([keras.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.1), keras.losses.MeanSquaredLogarithmicError())
    model.fit(inputs, labels, epochs=1, verbose=0)
    losses = model.fit(inputs, labels, epochs=200, verbose=0).history["loss"]
    last[start, activation] = float(model.predict(inputs, verbose=0).mean())
    print(
        f"{keras.backend.backend()}: from {start}, activation {activation}, the loss goes from {losses[0]:.3f} to "
        f"{losses[-1]:.3f}, the outputs to {last[start, activation]:.2f}"
    )
    if (start, activation) == (-1, None):
        assert losses[0] == losses[-1]
        assert np.all(layer.get_weights()[0] == 0)
assert last[-1, None] == -1
assert abs(last[0.5, None] - 5) < 0.5
assert abs(last[-1, "softplus"] - 5) < 0.5
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
