#!/usr/bin/env bash
# `load_model` of an `OrbaxCheckpoint` of a Sequential model gives it new random weights, and says nothing.
#
# Guess: as with a file of `ModelCheckpoint`, the loaded model predicts what the trained one did; and `load_weights` of
# the checkpoint into a model of the same structure, too.
# Seen with Orbax 0.12.8 and Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: structure and number of
# steps are those of the training, the weights are fresh ones. (It is Keras's issue 23251.) A functional model is
# right. `load_weights` leaves each weight as it is whose path is not in the checkpoint, and says nothing, either: in a
# second Sequential model of the same process, which is named "sequential_1", or in a functional one whose layers have
# other names, all are. With the same names it is right.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0 \
        orbax-checkpoint==0.12.8
fi
cat >"$folder/program.py" <<'PROGRAM'
import tempfile

import keras
import numpy as np
from keras import layers

backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")


def make_dense(named):
    return [layers.Dense(4, name="hidden" if named else None), layers.Dense(1, name="output" if named else None)]


def make_sequential(named):
    return keras.Sequential([keras.Input((3,)), *make_dense(named)], name="model" if named else None)


def make_functional(named):
    inputs = keras.Input((3,))
    hidden, output = make_dense(named)
    return keras.Model(inputs, output(hidden(inputs)))


for make, right in ((make_sequential, False), (make_functional, True)):
    folder = tempfile.mkdtemp() + "/checkpoint"
    model = make(True)
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.fit(x, x[:, :1], epochs=5, verbose=0, callbacks=[keras.callbacks.OrbaxCheckpoint(folder)])
    loaded = keras.saving.load_model(folder)
    namesake, other = make(True), make(False)
    fresh = other.predict(x, verbose=0)
    for one in (namesake, other):
        one.compile(keras.optimizers.Adam(0.1), "mse")
        one.load_weights(folder)
    outputs = {
        "load_model": loaded.predict(x, verbose=0),
        "load_weights": namesake.predict(x, verbose=0),
        "load_weights, other names": other.predict(x, verbose=0),
    }
    same = {name: np.allclose(output, model.predict(x, verbose=0), atol=1e-4) for name, output in outputs.items()}
    print(f"{backend}, {make.__name__}, as the trained model:", same)
    assert int(loaded.optimizer.iterations) == 5
    assert list(same.values()) == [right, True, False]
    assert np.allclose(outputs["load_weights, other names"], fresh)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
