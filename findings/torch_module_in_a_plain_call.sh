#!/usr/bin/env bash
# `model(x)` of a model with a wrapped torch module drops units and moves its statistics; frozen, it does so in `fit`.
#
# Guess: without `training` a model is in inference mode, as with Keras's own Dropout and BatchNormalization; and
# `trainable = False` stops the moving statistics, as it does for Keras's own.
# Seen with Keras 3.15.1 on torch 2.13.0, a `TorchModuleWrapper` of BatchNorm1d and Dropout: `model(x)` drops half of
# the outputs, and each call moves the running mean, so that `predict` gives other answers after it. `model(x,
# training=False)` and `predict` are in inference mode. With `trainable = False` a `fit` leaves weight and bias alone
# and moves the running mean all the same, where a frozen BatchNormalization stands still. Nothing is said.
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
import keras
import numpy as np
import torch
from keras import layers

x = np.random.default_rng(0).normal(5, 2, size=(64, 3)).astype("float32")


def make_model(module):
    return keras.Sequential([keras.Input((3,)), layers.TorchModuleWrapper(module)])


module = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.Dropout(0.5))
model = make_model(module)
seen = {}
for name, call in {
    "predict": lambda: model.predict(x, verbose=0),
    "training=False": lambda: keras.ops.convert_to_numpy(model(x, training=False)),
    "plain": lambda: keras.ops.convert_to_numpy(model(x)),
}.items():
    before, mean = model.predict(x, verbose=0), module[0].running_mean.clone()
    dropped = float((call() == 0).mean())
    moved = float((module[0].running_mean - mean).abs().max())
    change = float(np.abs(model.predict(x, verbose=0) - before).max())
    seen[name] = (round(dropped, 1), round(moved, 1), round(change, 1))
print(f"share of zeros, running mean moved by, predictions changed by: {seen}")
assert seen["predict"] == seen["training=False"] == (0, 0, 0)
assert 0.3 <= seen["plain"][0] <= 0.7 and seen["plain"][1] > 0.3 and seen["plain"][2] > 0.5

frozen = torch.nn.BatchNorm1d(3)
model = make_model(frozen)
model.layers[0].trainable = False
model = keras.Sequential([model, layers.Dense(1)])
mean, weight = frozen.running_mean.clone(), frozen.weight.detach().clone()
model.compile("sgd", "mse")
model.fit(x, x[:, :1], verbose=0)
moved = float((frozen.running_mean - mean).abs().max())
print(f"frozen, after fit: running mean moved by {moved:.1f}, weight by {float((frozen.weight - weight).abs().max())}")
assert moved > 0.5 and torch.equal(frozen.weight, weight)

own = layers.BatchNormalization(trainable=False)
model = keras.Sequential([keras.Input((3,)), own, layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(x, x[:, :1], verbose=0)
assert np.all(keras.ops.convert_to_numpy(own.moving_mean) == 0)
PROGRAM
for backend in torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
