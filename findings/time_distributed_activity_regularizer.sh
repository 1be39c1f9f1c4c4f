#!/usr/bin/env bash
# Within `TimeDistributed` the `activity_regularizer` of a layer is ignored, and what it adds by `add_loss` counts once
# per time step.
#
# Guess: the penalty of `TimeDistributed(Dense(2, activity_regularizer="l2"))` is that of the same Dense layer on the
# sequence, and `add_loss` counts once.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, sequences of 5 steps and outputs of 1: the
# Dense layer on the sequence has a penalty of 0.1, within `TimeDistributed` it is 0, without a word, and so it is for
# `ActivityRegularization`. An activity regularizer of `TimeDistributed` itself, or of a layer in a Sequential model
# within it, counts. A layer of one's own that calls `add_loss(1.0)` adds 5. `kernel_regularizer` is right.
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
from keras import layers, ops

backend = keras.backend.backend()
x = np.ones((4, 5, 3), "float32")


class AddsOne(layers.Layer):
    def call(self, inputs):
        self.add_loss(1.0 + 0 * ops.mean(inputs))
        return inputs


def make_dense(**arguments):
    return layers.Dense(2, kernel_initializer="zeros", bias_initializer="ones", **arguments)


def measure_penalty(layer):
    model = keras.Sequential([keras.Input((5, 3)), layer])
    model.compile(keras.optimizers.SGD(0.0), lambda labels, outputs: 0 * ops.mean(outputs))
    return round(model.fit(x, x[..., :1], verbose=0).history["loss"][0], 3)


penalties = {
    "Dense": measure_penalty(make_dense(activity_regularizer="l2")),
    "TimeDistributed(Dense)": measure_penalty(layers.TimeDistributed(make_dense(activity_regularizer="l2"))),
    "TimeDistributed with the regularizer": measure_penalty(
        layers.TimeDistributed(make_dense(), activity_regularizer="l2")
    ),
    "add_loss": measure_penalty(AddsOne()),
    "TimeDistributed(add_loss)": measure_penalty(layers.TimeDistributed(AddsOne())),
}
print(f"{backend}:", penalties)
assert list(penalties.values()) == [0.1, 0.0, 0.1, 1.0, 5.0]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
