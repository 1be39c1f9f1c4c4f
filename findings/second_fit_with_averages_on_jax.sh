#!/usr/bin/env bash
# On JAX a second `fit` with `use_ema=True` raises an error, and the weights are gone.
#
# Guess: a second `fit` goes on with the averages that the first has put in the place of the weights, on every backend.
# Seen with Keras 3.15.1: so it is on TensorFlow 2.21.0 and torch 2.13.0. On JAX 0.10.2 the second `fit` raises a
# TypeError, "'NoneType' object is not callable", and `get_weights` raises it from then on, so that nothing can be
# saved. The first fit leaves weight and average as one array, and the compiled step may not take over the memory of one
# array twice. To `evaluate` or `predict` between, or to compile with the same optimizer, changes nothing.
# `model.set_weights(model.get_weights())` before the second `fit` helps, and so does `compile` with a new optimizer.
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
x = np.ones((8, 1), "float32")


def make():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.1, use_ema=True), "mse")
    model.fit(x, x, verbose=0)
    return model


def go_on(between):
    """What a second fit says after `between`."""
    model = make()
    between(model)
    try:
        return f"loss {model.fit(x, x, verbose=0).history['loss'][0]:.2f}"
    except TypeError as error:
        first = error
        while first.__context__ is not None:
            first = first.__context__
        try:
            weights = f"weights {model.get_weights()}"
        except TypeError:
            weights = "the weights are gone"
        return f"TypeError: {error}; {weights}; the first error: {first}"


answers = {
    "nothing between": go_on(lambda model: None),
    "evaluate": go_on(lambda model: model.evaluate(x, x, verbose=0)),
    "compile, the same optimizer": go_on(lambda model: model.compile(model.optimizer, "mse")),
    "set_weights(get_weights())": go_on(lambda model: model.set_weights(model.get_weights())),
    "compile, a new optimizer": go_on(lambda model: model.compile(keras.optimizers.SGD(0.1, use_ema=True), "mse")),
}
for between, answer in answers.items():
    print(f"{backend}, {between}: {answer}")
    fails = backend == "jax" and between in ("nothing between", "evaluate", "compile, the same optimizer")
    assert ("the weights are gone" in answer) == fails
    assert fails or answer == "loss 0.36"
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
