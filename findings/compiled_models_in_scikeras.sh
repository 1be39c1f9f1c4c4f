#!/usr/bin/env bash
# SciKeras ignores `optimizer__learning_rate` where its function compiles the model, so a search over it compares equal
# rates.
#
# Guess: it sets the rate of the model's optimizer, or there is an error, as there is for a `loss` that is not that of
# the compiled model.
# Seen with SciKeras 0.13.0 and Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend): with
# `optimizer="sgd", optimizer__learning_rate=5.0` and a function that compiles with SGD(0.01), the model trains at
# 0.01, with the same losses as without these arguments. `loss="mse"` for a model compiled with another one raises a
# ValueError. With a function that leaves the compiling to SciKeras the rate is 5.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 scikit-learn==1.9.1 scikeras==0.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import warnings

import keras
import numpy as np
from keras import layers
from scikeras.wrappers import KerasClassifier

warnings.filterwarnings("ignore")
x = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
y = (x[:, 0] > 0).astype("int64")


def make_model():
    return keras.Sequential([keras.Input((2,)), layers.Dense(1, "sigmoid")])


def make_compiled_model():
    model = make_model()
    model.compile(keras.optimizers.SGD(0.01), "binary_crossentropy")
    return model


def fit(function, **arguments):
    classifier = KerasClassifier(function, epochs=3, random_state=0, verbose=0, **arguments).fit(x, y)
    return float(classifier.model_.optimizer.learning_rate), np.round(classifier.history_["loss"], 4).tolist()


rate = {"optimizer": "sgd", "optimizer__learning_rate": 5.0}
plain, searched = fit(make_compiled_model), fit(make_compiled_model, **rate)
print("compiled by the function:", plain, "with the argument:", searched)
assert plain == searched
left = fit(make_model, loss="binary_crossentropy", **rate)
print("compiled by SciKeras:", left)
assert left[0] == 5
try:
    fit(make_compiled_model, loss="mse")
except ValueError as error:
    print("another loss:", error)
else:
    raise AssertionError("another loss is accepted")
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
