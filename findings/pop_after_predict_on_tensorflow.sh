#!/usr/bin/env bash
# On TensorFlow a Sequential model predicts with the layer that `pop` has taken off, and without the one that `add`
# adds.
#
# Guess: after `model.pop()`, the usual way to the features before the head, `predict` gives the outputs of the layer
# that is last now, on every backend, as `model(x)` does.
# Seen with Keras 3.15.1: so it is on JAX 0.10.2 and torch 2.13.0. On TensorFlow 2.21.0, if there was a `predict`
# before, it gives what it gave before, after a new head was added, too, and `evaluate` gives the loss of the old model:
# the compiled function is kept. Nothing is said. `compile` after the change helps `evaluate` and `predict`; without a
# `predict` or `evaluate` before the change nothing goes wrong.
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

backend = keras.backend.backend()
x, y = np.ones((8, 4), "float32"), np.zeros((8, 2), "float32")


def compute(look, compile_again):
    """Shapes of `predict` before and after, those of a call after, and the loss of a new head of zeros."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2, bias_initializer="ones")])
    model.compile("sgd", "mse")
    if look:
        model.predict(x, verbose=0)
        model.evaluate(x, y, verbose=0)
    model.pop()
    if compile_again:
        model.compile("sgd", "mse")
    features, called = model.predict(x, verbose=0).shape, tuple(model(x).shape)
    model.add(keras.layers.Dense(2, kernel_initializer="zeros"))
    if compile_again:
        model.compile("sgd", "mse")
    return features, called, float(np.abs(model.predict(x, verbose=0)).max()), model.evaluate(x, y, verbose=0)


for look in (True, False):
    for compile_again in (True, False):
        features, called, largest, loss = compute(look, compile_again)
        case = f"{backend}, a predict before: {look}, compiled again: {compile_again}"
        print(f"{case}: features {features}, by a call {called}, new head {largest:.2f}, its loss {loss:.2f}")
        assert called == (8, 3)
        if backend == "tensorflow" and not compile_again:
            assert features == ((8, 2) if look else (8, 3))
            assert largest > 0
            assert (loss > 0) == look
        else:
            assert features == (8, 3) and largest == 0 and loss == 0
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
