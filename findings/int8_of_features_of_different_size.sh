#!/usr/bin/env bash
# `quantize("int8")` of a model with an income and an age as inputs: the age does not count any longer, and here nothing
# does.
#
# Guess: predictions that are off by a few percent, as of a model of normalized features.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, 0.001 times an income of 50,000 plus an age
# of 20 to 80: the predictions, 62 to 137 before, are all 0. Dense rounds each example's inputs to 127 steps of the
# largest one, and each output's kernel to 127 steps of its largest weight: an age is 0 beside an income, and the weight
# of the income 0 beside that of the age. Nothing is said. Behind a `Normalization` layer they are right to 2 %.
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

draw = np.random.default_rng(0)
ages = np.linspace(20, 80, 200)
x = np.stack([draw.normal(50000, 5000, 200), ages], axis=1).astype("float32")
seen = {}
for normalized in (False, True):
    layers = [keras.layers.Normalization()] if normalized else []
    if normalized:
        layers[0].adapt(x)
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1)])
    scale = x.std(axis=0) if normalized else np.ones(2)
    offset = np.array([0.001, 1.0]) @ x.mean(axis=0) if normalized else 0.0
    model.layers[-1].set_weights([(np.array([0.001, 1.0]) * scale)[:, None], np.array([offset])])
    before = model.predict(x, verbose=0).ravel()
    model.quantize("int8")
    after = model.predict(x, verbose=0).ravel()
    name = "normalized" if normalized else "raw"
    seen[name, "before"] = [round(float(value)) for value in (before.min(), before.max())]
    seen[name, "after"] = [round(float(value)) for value in (after.min(), after.max())]
    seen[name, "largest error"] = round(float(np.abs(after / before - 1).max()), 3)
print(f"{keras.backend.backend()}: {seen}")
assert seen["raw", "before"][0] > 50
assert seen["raw", "after"] == [0, 0]
assert seen["normalized", "largest error"] < 0.02
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
