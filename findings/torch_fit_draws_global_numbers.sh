#!/usr/bin/env bash
# On torch `fit` draws from the global random generator, also with shuffle=False and nothing random in the model.
#
# Guess: with arrays, shuffle=False and Dense layers alone, `fit` leaves `torch.rand` where it was.
# Seen with Keras 3.15.1 on torch 2.13.0: the number after `fit` is another one than without it (each pass over the data
# draws a seed). Whoever compares two programs by one global seed must set it again after each `fit`; `evaluate` and
# `predict` draw as well.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0
fi
KERAS_BACKEND=torch TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np
import torch

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
x, y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")
drawn = {}
for name, act in {
    "nothing": lambda: None,
    "fit": lambda: model.fit(x, y, shuffle=False, verbose=0),
    "evaluate": lambda: model.evaluate(x, y, verbose=0),
    "predict": lambda: model.predict(x, verbose=0),
}.items():
    torch.manual_seed(1)
    act()
    drawn[name] = float(torch.rand(1))
print(drawn)
assert all(drawn[name] != drawn["nothing"] for name in ("fit", "evaluate", "predict"))
PROGRAM
