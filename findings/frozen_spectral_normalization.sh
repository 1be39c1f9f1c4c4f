#!/usr/bin/env bash
# `fit` changes the kernel of a frozen `SpectralNormalization`.
#
# Guess: a layer with `trainable = False` has the same weights after `fit` as before, as a frozen BatchNormalization.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a kernel of ones within a frozen
# SpectralNormalization, 3 inputs and 4 outputs, whose norm is 3.46: after one `fit` each weight of it is 0.289, and its
# vector has changed. What the frozen layer predicts is another thing than before. Nothing is said.
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

x = np.ones((8, 3))
layer = keras.layers.SpectralNormalization(keras.layers.Dense(4, kernel_initializer="ones"))
normalized = keras.layers.BatchNormalization()
model = keras.Sequential([keras.Input((3,)), layer, normalized, keras.layers.Dense(1)])
layer.trainable = normalized.trainable = False
model.compile("sgd", "mse")
inner = keras.Sequential(model.layers[:2])


def look():
    kernel = keras.ops.convert_to_numpy(layer.layer.kernel)
    mean = keras.ops.convert_to_numpy(normalized.moving_mean)
    return {"kernel": kernel[0, 0], "output": inner.predict(x, verbose=0)[0, 0], "moving mean": mean[0]}


before = look()
model.fit(x, np.ones((8, 1)), verbose=0)
seen = {name: [round(float(value), 3) for value in (before[name], value)] for name, value in look().items()}
print(f"{keras.backend.backend()}, trainable weights {len(layer.trainable_weights)}, before and after fit: {seen}")
assert not layer.trainable_weights
assert seen["kernel"] == [1, 0.289]
assert seen["output"][1] < 0.5 * seen["output"][0]
assert seen["moving mean"] == [0, 0]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
