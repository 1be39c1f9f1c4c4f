#!/usr/bin/env bash
# On JAX a `LambdaCallback` that uses `model` at a batch's end cannot read its weights, and what it sets has no effect.
#
# Guess: within `fit` a callback may read and set weights and learning rate through the variable `model`, on every
# backend.
# Seen with Keras 3.15.1: so it is on TensorFlow 2.21.0 and torch 2.13.0. On JAX 0.10.2 the variables are empty within
# an epoch: `model.get_weights()` raises "TypeError: 'NoneType' object is not callable", and a learning rate or a weight
# that is set there is lost without a word. Where the callback takes `self.model`, or any callback before it in the list
# looks at its own, Keras puts the values back and all works. At the end of an epoch it works on JAX, too.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0
fi
for backend in tensorflow jax torch; do
    KERAS_BACKEND="$backend" TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np

backend, ones = keras.backend.backend(), np.ones((8, 1), "float32")


class Touch(keras.callbacks.Callback):
    """Looks at its own attribute `model` before each batch and after it."""

    def on_train_batch_begin(self, batch, logs=None):
        assert self.model is not None

    def on_train_batch_end(self, batch, logs=None):
        assert self.model is not None


def train(event, action, *callbacks):
    """Four steps from 0 towards 1, with the action in each: the weight at the end."""
    layers = [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    callback = keras.callbacks.LambdaCallback(**{event: lambda number, logs: action(model, number)})
    model.fit(ones, ones, batch_size=2, verbose=0, callbacks=[*callbacks, callback])
    return round(float(model.get_weights()[0][0, 0]), 4)


def stop(model, batch):
    """Only the first step has a learning rate."""
    model.optimizer.learning_rate = 0.1 if batch == 0 else 0.0


def clear(model, batch):
    model.layers[0].kernel.assign([[0.0]])


def read(model, number):
    seen.append(round(float(model.get_weights()[0][0, 0]), 4))


for name, event, action, expected in (
    ("no learning rate after the first step", "on_train_batch_begin", stop, 0.2),
    ("weight set to 0 after each step", "on_train_batch_end", clear, 0.0),
):
    alone, touched = train(event, action), train(event, action, Touch())
    print(f"{backend}, {name}: {alone}; behind a callback that looks at self.model: {touched}")
    assert touched == expected
    assert alone == (0.5904 if backend == "jax" else expected)
try:
    seen = []
    train("on_train_batch_end", read)
except TypeError as error:
    print(f"{backend}, weights read: {error}")
    assert backend == "jax"
else:
    print(f"{backend}, weights read: {seen}")
    assert backend != "jax"
    assert seen == [0.2, 0.36, 0.488, 0.5904]
seen = []
train("on_train_batch_end", read, Touch())
assert seen == [0.2, 0.36, 0.488, 0.5904]
seen = []
train("on_epoch_end", read)
print(f"{backend}, weights read at the epoch's end: {seen}")
assert seen == [0.5904]
PROGRAM
done
