#!/usr/bin/env bash
# On torch `model.train()` and `model.eval()` do nothing to a Keras model: in a loop of one's own Dropout is off.
#
# Guess: a Keras model on torch is a `torch.nn.Module`, so `model.train()` switches Dropout and the batch statistics of
# BatchNormalization on, and `model.eval()` off.
# Seen with Keras 3.15.1 on torch 2.13.0: both are accepted and set `model.training`, and the outputs are those of
# inference. A loop written as for any torch module trains without Dropout, and the moving statistics of
# BatchNormalization stay at 0 and 1. `model(x, training=True)` is right.
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
import torch
from keras import layers

x = 5 * torch.randn(200, 3) + 10
dropout = keras.Sequential([keras.Input((3,)), layers.Dropout(0.5)])
normalization = keras.Sequential([keras.Input((3,)), layers.BatchNormalization()])
seen = {}
for name, arguments in (("train()", {}), ("eval()", {}), ("training=True", {"training": True})):
    for model in (dropout, normalization):
        model.train(name != "eval()")
        assert model.training == (name != "eval()")
    zeros = float((dropout(x, **arguments) == 0).float().mean())
    seen[name] = round(zeros, 2), round(float(normalization(x, **arguments).mean()), 2)
print("share of zeros behind Dropout(0.5), mean behind BatchNormalization:", seen)
assert seen["train()"] == seen["eval()"]
assert seen["train()"][0] == 0
assert seen["train()"][1] > 8
assert seen["training=True"][0] > 0.4
assert abs(seen["training=True"][1]) < 0.01
PROGRAM
for backend in torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
