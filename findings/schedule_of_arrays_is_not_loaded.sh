#!/usr/bin/env bash
# A model with `PiecewiseConstantDecay(boundaries, np.logspace(-1, -3, 3))` is trained and saved, and cannot be loaded.
#
# Guess: a schedule that trains and is saved can be loaded, whether its values are a list or an array.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: `save` says nothing, `load_model` raises a
# ValueError about the length of the boundaries, since the array has become a dictionary. The same numbers in a list are
# loaded. `load_model(..., compile=False)` gives the weights back, without the optimizer.
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
import os
import tempfile

import keras
import numpy as np

path = os.path.join(tempfile.mkdtemp(), "model.keras")
x = np.ones((4, 1))
values = np.logspace(-1, -3, 3)
seen = {}
for name, given in (("array", values), ("list", list(values))):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([3, 6], given)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedule), "mse")
    model.fit(x, x, epochs=5, verbose=0)
    model.save(path)
    try:
        loaded = keras.saving.load_model(path)
        seen[name] = round(float(loaded.optimizer.learning_rate), 3)
    except ValueError as error:
        seen[name] = str(error)[:24]
    loaded = keras.saving.load_model(path, compile=False)
    assert np.array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
print(f"{keras.backend.backend()}, rate after loading: {seen}")
assert seen["list"] == 0.01
assert seen["array"] == "The length of boundaries"
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
