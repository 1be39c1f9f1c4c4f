#!/usr/bin/env bash
# `EarlyStopping` brings back the parameters of a wrapped torch module, and leaves the running statistics of the last
# epoch.
#
# Guess: they are among the weights, as those of BatchNormalization are, so that `set_weights`, and what uses it, gives
# the same model.
# Seen with Keras 3.15.1 on torch 2.13.0, a `TorchModuleWrapper` of BatchNorm1d: `get_weights` has weight and bias, of a
# BatchNormalization four arrays. A second model of the same function gives other answers after
# `set_weights(model.get_weights())`. `EarlyStopping(restore_best_weights=True)` brings back the parameters of the best
# epoch and leaves the statistics of the last one, so that `evaluate` is not what was logged for the best epoch.
# `save_weights` and `load_weights` are right.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import os
import tempfile

import keras
import numpy as np
import torch
from keras import layers

x = np.random.default_rng(0).normal(5, 2, size=(64, 3)).astype("float32")
y = x[:, :1] - 5


def make_model(normalization):
    model = keras.Sequential([keras.Input((3,)), normalization, layers.Dense(1)])
    model(x[:1], training=False)
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model


def restore(normalization):
    """The best val_loss of six epochs, and the loss of what EarlyStopping brings back."""
    keras.utils.set_random_seed(0)
    model = make_model(normalization)
    stop = keras.callbacks.EarlyStopping(restore_best_weights=True, patience=6)
    shifted = x - 4  # for which the first statistics, of mean 0, are the better ones
    history = model.fit(x, y, epochs=6, verbose=0, validation_data=(shifted, y), callbacks=[stop]).history["val_loss"]
    return min(history), model.evaluate(shifted, y, verbose=0), int(np.argmin(history))


wrapped, own = restore(layers.TorchModuleWrapper(torch.nn.BatchNorm1d(3))), restore(layers.BatchNormalization())
print(f"best val_loss, loss of the restored model, best epoch: torch {wrapped}, Keras {own}")
assert max(wrapped[2], own[2]) < 5 and abs(wrapped[1] - wrapped[0]) > 0.05 and abs(own[1] - own[0]) < 1e-4

model = make_model(layers.TorchModuleWrapper(torch.nn.BatchNorm1d(3)))
model.fit(x, y, epochs=3, verbose=0)
path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
model.save_weights(path)
errors = {}
for name in ("set_weights", "load_weights"):
    other = make_model(layers.TorchModuleWrapper(torch.nn.BatchNorm1d(3)))
    if name == "set_weights":
        other.set_weights(model.get_weights())
    else:
        other.load_weights(path)
    errors[name] = float(np.abs(other.predict(x, verbose=0) - model.predict(x, verbose=0)).max())
print(f"arrays of get_weights: {len(model.get_weights())}, other answers by up to: {errors}")
assert len(model.get_weights()) == 4 and errors["set_weights"] > 0.1 and errors["load_weights"] < 1e-6
PROGRAM
for backend in torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
