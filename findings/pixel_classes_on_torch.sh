#!/usr/bin/env bash
# On torch a net that gives each pixel a softmax does not train under `sparse_categorical_crossentropy`: the gradient raises.
#
# Guess: the usual head of a segmentation, `Dense(classes, "softmax")` or `Conv2D` with labels of shape (n, height, width),
# trains on every backend.
# Seen with Keras 3.15.1: on TensorFlow 2.21.0 and JAX 0.10.2 it trains. On torch 2.13.0 (CPU) `fit` raises "RuntimeError:
# grad_input must be contiguous", from the backward pass of `nll_loss`, which Keras gives log probabilities with the classes
# moved to axis 1. Sequences (n, steps) and volumes (n, depth, height, width) train, and so do pixels with one-hot labels,
# or with logits and `from_logits=True`.
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


def train(shape, loss, activation="softmax", one_hot=False):
    model = keras.Sequential([keras.Input((*shape, 3)), keras.layers.Dense(2, activation=activation)])
    model.compile("sgd", loss)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, *shape, 3)).astype("float32"), rng.integers(0, 2, (4, *shape))
    try:
        model.fit(x, keras.utils.to_categorical(y, 2) if one_hot else y, verbose=0)
    except RuntimeError as error:
        return str(error)
    return "trains"


sparse = "sparse_categorical_crossentropy"
seen = {
    "sequences": train((8,), sparse),
    "pixels": train((8, 8), sparse),
    "volumes": train((4, 4, 4), sparse),
    "pixels, one-hot labels": train((8, 8), "categorical_crossentropy", one_hot=True),
    "pixels, logits": train((8, 8), keras.losses.SparseCategoricalCrossentropy(from_logits=True), None),
}
print(keras.backend.backend(), seen)
expected = dict.fromkeys(seen, "trains")
if keras.backend.backend() == "torch":
    expected["pixels"] = "grad_input must be contiguous"
assert seen == expected
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
