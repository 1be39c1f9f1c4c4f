#!/usr/bin/env bash
# `layer(x, training=False)` in a functional model is overruled by `fit`, and `training=True` by `predict`.
#
# Guess: a layer that is called with training=False while a functional model is built keeps to that, so that
# BatchNormalization uses its moving statistics and leaves them alone (the idiom for a backbone that is not to change);
# and a Dropout that is called with training=True drops in `predict`, too (the idiom for Monte Carlo dropout).
# Seen with Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend): the argument that the model itself is
# called with wins. With training=True, as in `fit`, the layer normalizes by the batch (inputs 0 and 10 become -1 and 1)
# and its moving mean moves. A frozen layer (`trainable = False`) is not concerned: it always uses its moving statistics.
# Dropout(0.5) with training=True drops nothing in `predict`, which calls the model with training=False, and half of its
# inputs in `model(x)`.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2
fi
KERAS_BACKEND=jax "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np

x = np.array([[0.0], [10.0]], "float32")
layer = keras.layers.BatchNormalization()
inputs = keras.Input((1,))
model = keras.Model(inputs, layer(inputs, training=False))
model.compile("sgd", "mse")
outputs = {training: np.asarray(model(x, training=training)).ravel() for training in (False, True)}
layer.moving_mean.assign([0.0])
model.fit(x, x, verbose=0)
moved = float(np.asarray(layer.moving_mean)[0])
dropped = keras.Model(inputs, keras.layers.Dropout(0.5)(inputs, training=True))
ones = np.ones((100, 1), "float32")
shares = {"predict": float(np.mean(dropped.predict(ones, verbose=0) == 0)), "call": float(np.mean(dropped(ones) == 0))}
print("called with training=False:", outputs[False])  # [0. 9.995]
print("called with training=True: ", outputs[True])  # [-1. 1.], not [0. 9.995]
print("moving mean after fit:     ", moved)  # 0.05, not 0
assert np.allclose(outputs[False], [0, 9.995], atol=1e-3)
assert np.allclose(outputs[True], [-1, 1], atol=1e-3)
assert moved > 0.04
print("dropped with training=True: ", shares)  # 0 in predict
assert shares["predict"] == 0
assert 0.3 < shares["call"] < 0.7
PROGRAM
