#!/usr/bin/env bash
# `SimpleRNN` ignores its `activity_regularizer`.
#
# Guess: it adds to the loss, as that of an LSTM and a GRU does.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, `activity_regularizer=L2(1.0)`: the loss of
# right answers is the penalty with LSTM and GRU, and 0 with SimpleRNN, whose attribute `activity_regularizer` is None.
# Nothing is said. `SimpleRNN(kernel_regularizer=...)` counts.
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
from keras import layers, regularizers

x = np.ones((4, 6, 3))
seen = {}
for kind in (layers.LSTM, layers.GRU, layers.SimpleRNN):
    layer = kind(2, activity_regularizer=regularizers.L2(1.0), kernel_initializer="ones")
    model = keras.Sequential([keras.Input((6, 3)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    outputs = model.predict(x, verbose=0)
    penalty = model.evaluate(x, outputs, verbose=0)
    share = penalty / float(np.square(outputs).sum() / len(x))
    seen[kind.__name__] = round(share, 2), layer.activity_regularizer is None
    kernel = kind(2, kernel_regularizer="l2")
    keras.Sequential([keras.Input((6, 3)), kernel])
    assert len(kernel.losses) == 1
print(f"{keras.backend.backend()}, loss of right answers by the penalty that it should be: {seen}")
assert seen == {"LSTM": (1, False), "GRU": (1, False), "SimpleRNN": (0, True)}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
