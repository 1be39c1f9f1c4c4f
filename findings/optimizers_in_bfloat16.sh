#!/usr/bin/env bash
# With weights in bfloat16, Adam, AdamW and Lamb never move, and the first step of Nadam makes NaN of them.
#
# Guess: bfloat16 rounds coarsely, so that small steps are lost, and a learning rate of 0.1 still moves weights.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: beta_2 = 0.999 is 1 in bfloat16. A step of Adam
# is a multiple of sqrt(1 - beta_2), which is 0 at any learning rate; Nadam and ScheduleFreeAdamW divide by 1 - beta_2, and
# give NaN (on torch Nadam raises a TypeError). SGD, RMSprop and Lion move.
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

x = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")


def train(name):
    layer = keras.layers.Dense(1, kernel_initializer="ones", dtype="bfloat16")
    model = keras.Sequential([keras.Input((4,)), layer])
    optimizer = getattr(keras.optimizers, name)(0.1)
    model.compile(optimizer, "mse")
    optimizer.build(model.trainable_variables)
    try:
        model.fit(x, x[:, :1], verbose=0)
    except TypeError:
        return "TypeError"
    return float(np.abs(np.asarray(keras.ops.convert_to_numpy(layer.kernel.value), "float32") - 1).max())


seen = {name: train(name) for name in ("Adam", "AdamW", "Lamb", "Nadam", "ScheduleFreeAdamW", "SGD", "RMSprop", "Lion")}
print(keras.backend.backend(), seen)
assert seen["Adam"] == seen["AdamW"] == seen["Lamb"] == 0
assert seen["Nadam"] == "TypeError" if keras.backend.backend() == "torch" else np.isnan(seen["Nadam"])
assert np.isnan(seen["ScheduleFreeAdamW"])
assert min(seen["SGD"], seen["RMSprop"], seen["Lion"]) > 0.05
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
