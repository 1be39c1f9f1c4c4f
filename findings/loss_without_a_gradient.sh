#!/usr/bin/env bash
# A loss that rounds or compares the outputs trains nothing: an error on TensorFlow, not a word on JAX.
#
# Guess: it is an error on each backend, or on none.
# Seen with Keras 3.15.1, the mean of `abs(y_true - round(y_pred))`: TensorFlow 2.21.0 raises a ValueError, "No
# gradients provided for any variable". JAX 0.10.2 and torch 2.13.0 run through `fit`, log losses, and no weight moves.
# The share of wrong answers, `y_true != (y_pred > 0.5)`, raises on torch, too; on JAX it runs through.
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
from keras import ops

backend = keras.backend.backend()
x = np.linspace(0, 3, 32, dtype="float32")[:, None]


def rounded(y_true, y_pred):
    return ops.mean(ops.abs(y_true - ops.round(y_pred)), axis=-1)


def wrong(y_true, y_pred):
    return ops.mean(ops.cast(ops.not_equal(y_true > 0.5, y_pred > 0.5), "float32"), axis=-1)


seen = {}
for loss in (rounded, wrong):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", loss)
    before = model.get_weights()
    try:
        losses = model.fit(x, 1 - x, verbose=0).history["loss"]
        moved = any((old != new).any() for old, new in zip(before, model.get_weights()))
        seen[loss.__name__] = "moved" if moved else "nothing moved" if losses[0] > 0 else "no loss"
    except (RuntimeError, ValueError) as error:
        seen[loss.__name__] = type(error).__name__
print(f"{backend}: {seen}")
expected = {
    "tensorflow": {"rounded": "ValueError", "wrong": "ValueError"},
    "jax": {"rounded": "nothing moved", "wrong": "nothing moved"},
    "torch": {"rounded": "nothing moved", "wrong": "RuntimeError"},
}
assert seen == expected[backend]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
