#!/usr/bin/env bash
# `keras.models.clone_model` can put any activation layer in the place of `ReLU`, and none in the place of `Softmax`.
#
# Guess: a `clone_function` that exchanges one activation layer for another works whichever the two are.
# Seen with Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend): a functional model keeps the arguments
# that each layer was called with, and of `Softmax`, which takes one, also `mask=None`. The new layer is called with it
# and raises a TypeError. In a Sequential model, and from ReLU to Softmax, it works.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2
fi
KERAS_BACKEND=jax "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
from keras import layers


def exchange(old, new, is_functional):
    """What becomes of a model whose last layer is to be another one."""
    inputs = keras.Input((8,))
    model = keras.Model(inputs, old()(layers.Dense(4)(inputs)))
    if not is_functional:
        model = keras.Sequential([inputs, layers.Dense(4), old()])

    def clone(layer):
        return new(name=layer.name) if isinstance(layer, old) else type(layer).from_config(layer.get_config())

    try:
        return type(keras.models.clone_model(model, clone_function=clone).layers[-1]).__name__
    except TypeError as error:
        return str(error).splitlines()[0]


seen = {
    "ReLU to Softmax": exchange(layers.ReLU, layers.Softmax, True),
    "Softmax to ReLU": exchange(layers.Softmax, layers.ReLU, True),
    "Softmax to ReLU, Sequential": exchange(layers.Softmax, layers.ReLU, False),
}
print(seen)
assert seen["ReLU to Softmax"] == "Softmax"
assert "unexpected keyword argument 'mask'" in seen["Softmax to ReLU"]
assert seen["Softmax to ReLU, Sequential"] == "ReLU"
PROGRAM
