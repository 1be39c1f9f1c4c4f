#!/usr/bin/env bash
# KerasTuner: after the ranges in the function were changed, a search goes on with the old ones.
#
# Guess: the new trials are drawn from the new ranges, or there is a warning that they do not fit to the saved ones.
# Seen with KerasTuner 1.4.8 and Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend), `RandomSearch` in
# one folder, first with `hp.Int("units", 2, 9)` and three trials, then with `hp.Int("units", 100, 200)` and six: it
# says that it reloads the tuner, and the three new trials have 2 to 9 units as well. With overwrite=True they have 100
# to 200.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 keras-tuner==1.4.8 six==1.17.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import tempfile

import keras
import keras_tuner
import numpy as np

data = np.zeros((32, 3)), np.zeros((32, 1))
folder = tempfile.mkdtemp()


def search(low, high, trials, **options):
    def make_model(choices):
        units = choices.Int("units", low, high)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    tuner = keras_tuner.RandomSearch(make_model, "val_loss", max_trials=trials, directory=folder, **options)
    tuner.search(*data, validation_data=data, verbose=0)
    return [trial.hyperparameters.get("units") for trial in tuner.oracle.trials.values()]


first = search(2, 9, 3)
second = search(100, 200, 6)
fresh = search(100, 200, 3, overwrite=True)
print(f"units first {first}, with other ranges {second}, with overwrite=True {fresh}")
assert second[:3] == first
assert len(second) == 6
assert max(second) <= 9
assert min(fresh) >= 100
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
