#!/usr/bin/env bash
# KerasTuner's `BayesianOptimization` of 6 possible choices makes 20 trials, most of them a second time.
#
# Guess: each of the six is tried once, and then the search ends, as with `RandomSearch`, which says that the space is
# exhausted.
# Seen with KerasTuner 1.4.8 and Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend), `max_trials=20`:
# `RandomSearch` makes 6 trials, `BayesianOptimization` 20, with at most 6 different choices. The same models are
# trained again and again, and the best of these repetitions, which differ by their random start, decides.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 keras-tuner==1.4.8 six==1.17.0 scikit-learn==1.9.1
fi
cat >"$folder/program.py" <<'PROGRAM'
import tempfile

import keras
import keras_tuner
import numpy as np

x = np.ones((4, 1), "float32")


def make_model(choices):
    units = choices.Choice("units", [1, 2, 3])
    bias = choices.Boolean("bias")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(units, use_bias=bias), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


for search, trials in ((keras_tuner.RandomSearch, 6), (keras_tuner.BayesianOptimization, 20)):
    tuner = search(make_model, "val_loss", max_trials=20, directory=tempfile.mkdtemp(), seed=1)
    tuner.search(x, x, validation_data=(x, x), verbose=0)
    tried = [tuple(trial.hyperparameters.values.values()) for trial in tuner.oracle.trials.values()]
    print(f"{search.__name__}: {len(tried)} trials of {len(set(tried))} different choices")
    assert len(tried) == trials
    assert len(set(tried)) <= 6
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
