#!/usr/bin/env bash
# `copy.deepcopy` of a model with a layer of one's own raises a TypeError, though the layer's class is at hand.
#
# Guess: a copy, as of a model of Keras's layers; and pickle finds the class in the program, as it does for any object.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: "Could not locate class", from deepcopy and
# from pickle.loads, for a functional and a Sequential model, for a model that is a class of one's own, and for the
# layer by itself: both save and load behind the scenes. With `register_keras_serializable` the copy has the same
# weights.
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
import copy
import pickle

import keras
import numpy as np


class Own(keras.layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.dense = keras.layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)


@keras.saving.register_keras_serializable()
class Registered(Own):
    pass


class OwnModel(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.dense = keras.layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)


x = np.ones((2, 3), "float32")
inputs = keras.Input((3,))
originals = {
    "functional": keras.Model(inputs, Own()(inputs)),
    "Sequential": keras.Sequential([inputs, Own()]),
    "class": OwnModel(),
    "layer": Own(),
    "registered": keras.Sequential([inputs, Registered()]),
}
seen = {}
for name, original in originals.items():
    outputs = keras.ops.convert_to_numpy(original(x))
    for kind, copied in (("deepcopy", copy.deepcopy), ("pickle", lambda model: pickle.loads(pickle.dumps(model)))):
        try:
            seen[name, kind] = np.allclose(keras.ops.convert_to_numpy(copied(original)(x)), outputs)
        except TypeError as error:
            seen[name, kind] = "Could not locate class" in str(error) and "could not locate"
print(f"{keras.backend.backend()}, same outputs: {seen}")
for (name, _), outcome in seen.items():
    assert outcome == (True if name == "registered" else "could not locate")
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
