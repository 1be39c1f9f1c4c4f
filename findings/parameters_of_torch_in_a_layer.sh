#!/usr/bin/env bash
# A `torch.nn.Parameter` or a `tf.Variable` that is an attribute of a Keras layer is never trained.
#
# Guess: on its own backend it is a weight of the layer, as a `torch.nn.Linear` in a Keras layer is on torch, or there
# is an error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0 and torch 2.13.0: neither `weights` nor `count_params` has it, `fit`
# leaves it as it is, and a saved model does not hold it; nothing is said. A `torch.nn.Linear` as an attribute of the
# same layer is wrapped and trained, so a block that has both trains in part. Keras's guide on moving from Keras 2 says
# so of `tf.Variable`. `self.add_weight` or `keras.Variable` is right.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np
from keras import layers

backend = keras.backend.backend()
if backend == "torch":
    import torch
else:
    import tensorflow as tf


class Scale(layers.Layer):
    def __init__(self):
        super().__init__()
        if backend == "torch":
            self.scale = torch.nn.Parameter(torch.ones(3))
            self.linear = torch.nn.Linear(3, 3)
        else:
            self.scale = tf.Variable(tf.ones(3))
            self.linear = layers.Dense(3)
        self.offset = keras.Variable(np.zeros(3, "float32"))

    def call(self, inputs):
        return self.linear(inputs * self.scale) + self.offset


x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
model = keras.Sequential([keras.Input((3,)), Scale()])
layer = model.layers[0]
model.compile("sgd", "mse")
model.fit(x, 3 * x + 1, epochs=3, verbose=0)
scale = layer.scale.detach().numpy() if backend == "torch" else layer.scale.numpy()
offset = keras.ops.convert_to_numpy(layer.offset)
print(f"{backend}, scale {scale}, offset {offset}, parameters: {model.count_params()}")
assert scale.tolist() == [1, 1, 1] and np.all(offset != 0)
assert model.count_params() == 12 + 3  # the linear layer and the offset
PROGRAM
for backend in tensorflow torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
