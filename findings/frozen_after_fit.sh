#!/usr/bin/env bash
# `layer.trainable = False` between two `fit`, without `compile`: another outcome on each backend.
#
# Guess: as the guide to transfer learning says, it has no effect until `compile` is called again; the layer trains on.
# Seen with Keras 3.15.1: on TensorFlow 2.21.0 the layer trains on. On torch 2.13.0 it stands still at once. On JAX 0.10.2
# the second `fit` raises a ValueError about `optimizer_variables`. The other way round, a layer thawed between two `fit`:
# on TensorFlow it stands still, without a word; JAX and torch raise a ValueError.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0
fi
for backend in tensorflow jax torch; do
    KERAS_BACKEND="$backend" TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np

x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
backend = keras.backend.backend()


def change(first, then):
    """What the hidden layer does in the second fit."""
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(3)
    model = keras.Sequential([keras.Input((4,)), hidden, keras.layers.Dense(1)])
    hidden.trainable = first
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(x, x[:, :1], verbose=0)
    hidden.trainable = then
    before = hidden.get_weights()[0]
    try:
        model.fit(x, x[:, :1], verbose=0)
    except ValueError as error:
        print("   ", str(error)[:90])
        return "raises"
    return "stands still" if np.array_equal(before, hidden.get_weights()[0]) else "moves"


frozen, thawed = change(True, False), change(False, True)
print(f"{backend}: frozen {frozen}, thawed {thawed}")
expected = {
    "tensorflow": ("moves", "stands still"),
    "jax": ("raises", "raises"),
    "torch": ("stands still", "raises"),
}
assert (frozen, thawed) == expected[backend]
PROGRAM
done
