#!/usr/bin/env bash
# On JAX a `keras.Variable` that a loss or metric function uses keeps the value that it had when `fit` was compiled.
#
# Guess: what a callback assigns to it before an epoch, as to the weight of a part of the loss that is to grow, counts
# from then on; that is what a Variable is for.
# Seen with Keras 3.15.1, a share that grows by a quarter with each epoch: on TensorFlow 2.21.0 and torch 2.13.0 the
# loss and the metric are 0, 0.25, 0.5, 0.75. On JAX 0.10.2 both are 0 in all four epochs. Nothing is said. As an
# attribute of a layer, which adds it to the loss by `add_loss`, it counts on all three.
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
from keras import ops

backend = keras.backend.backend()
x, labels = np.ones((4, 1)), np.zeros((4, 1))


class Penalty(keras.layers.Layer):
    def __init__(self, share):
        super().__init__()
        self.share = share

    def call(self, inputs):
        self.add_loss(self.share * ops.mean(inputs))
        return inputs


seen = {}
for place in ("loss", "metric", "layer"):
    share = keras.Variable(0.0, trainable=False)

    def function(y_true, y_pred, share=share):
        return share * (1 + ops.mean(0 * y_pred, axis=-1))

    layers = [Penalty(share)] if place == "layer" else []
    model = keras.Sequential([keras.Input((1,)), *layers, keras.layers.Dense(1, kernel_initializer="zeros")])
    metrics = [function] if place == "metric" else []
    model.compile(keras.optimizers.SGD(0.0), function if place == "loss" else "mse", metrics=metrics)
    grow = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs, share=share: share.assign(epoch / 4))
    logs = model.fit(x, labels, epochs=4, verbose=0, callbacks=[grow]).history
    seen[place] = logs["function" if place == "metric" else "loss"]
print(f"{backend}, share of 0, 0.25, 0.5 and 0.75: {seen}")
right = [0, 0.25, 0.5, 0.75]
assert seen["layer"] == right
assert seen["loss"] == seen["metric"] == ([0, 0, 0, 0] if backend == "jax" else right)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
