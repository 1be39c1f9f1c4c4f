#!/usr/bin/env bash
# `load_weights` goes by the order of the layers, not by their names: with the outputs in another order two heads
# exchange their weights.
#
# Guess: a file ".weights.h5" of a model with the heads "left" and "right" gives each head of a second model its own
# weights, whatever the order of its outputs, or it is an error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, two Dense layers of one shape with names,
# made in the same order: where the second model lists its outputs the other way round, "left" gets the weights of
# "right" and vice versa, without a word. Where only the order differs in which the layers are made, each gets its own.
# The file holds "dense" and "dense_1", by the place among the model's layers, and no name of a layer.
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
import tempfile

import keras
import numpy as np
from keras import layers

backend = keras.backend.backend()


def make_model(made, listed):
    inputs = keras.Input((3,))
    heads = {}
    for name in made:
        heads[name] = layers.Dense(2, name=name)(inputs)
    return keras.Model(inputs, [heads[name] for name in listed])


def find_source(first, second, name):
    """The head of the first model whose kernel the head of the second one has."""
    kernel = second.get_layer(name).get_weights()[0]
    return [other for other in ("left", "right") if np.array_equal(first.get_layer(other).get_weights()[0], kernel)]


file = tempfile.mkdtemp() + "/model.weights.h5"
first = make_model(["left", "right"], ["left", "right"])
first.save_weights(file)
for made, listed in ((["right", "left"], ["left", "right"]), (["left", "right"], ["right", "left"])):
    second = make_model(made, listed)
    second.load_weights(file)
    sources = {name: find_source(first, second, name) for name in ("left", "right")}
    print(f"{backend}, made {made}, outputs {listed}: weights come from {sources}")
    same = listed == ["left", "right"]
    assert sources == {"left": ["left" if same else "right"], "right": ["right" if same else "left"]}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
