#!/usr/bin/env bash
# `keras.Variable(0)` is an integer: to assign 0.5 to it gives 0.
#
# Guess: a weight of a part of the loss that grows with the epochs, `keras.Variable(0, trainable=False)`, takes the 0.5
# that a callback assigns to it; or there is an error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: it is of type int32 and stays 0, so that a
# penalty that is to grow from 0 to 1 by quarters is nothing until the last epoch. `Variable(1, trainable=False)` to
# which half of itself is assigned is 0. Nothing is said. `keras.Variable(0.0)` and `dtype="float32"` are right.
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


class Penalty(keras.layers.Layer):
    def __init__(self, share):
        super().__init__()
        self.share = share

    def call(self, inputs):
        self.add_loss(keras.ops.cast(self.share, "float32") * keras.ops.mean(inputs))
        return inputs


starts = {
    "0": keras.Variable(0, trainable=False),
    "0.0": keras.Variable(0.0, trainable=False),
    "0, float32": keras.Variable(0, trainable=False, dtype="float32"),
}
x, labels = np.ones((4, 1)), np.zeros((4, 1))
seen = {}
for name, share in starts.items():
    output = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), Penalty(share), output])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    grow = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs, share=share: share.assign(epoch / 4))
    seen[name] = model.fit(x, labels, epochs=5, verbose=0, callbacks=[grow]).history["loss"]
halved = keras.Variable(1, trainable=False)
halved.assign(halved * 0.5)
print(f"{keras.backend.backend()}, penalty of 0, 0.25, 0.5, 0.75 and 1: {seen}; half of 1: {float(halved)}")
assert seen["0"] == [0, 0, 0, 0, 1]
assert seen["0.0"] == seen["0, float32"] == [0, 0.25, 0.5, 0.75, 1]
assert float(halved) == 0
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
