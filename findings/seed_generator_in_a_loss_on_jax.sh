#!/usr/bin/env bash
# On JAX a loss that draws random numbers from a SeedGenerator of its own draws the same ones in each batch.
#
# Guess: new numbers in each batch. Without a seed there is an error on JAX, which says to make a `SeedGenerator` and to
# use that.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a learning rate of 0: with a generator that
# a loss function or a loss object has, or a layer by way of a helper object, all batches of all epochs get the same
# number on JAX, without a word. What `fit` does with a generator's state it forgets unless a layer of the model has it
# as an attribute, or in a list. On TensorFlow and torch each batch has its own. So noise for labels or targets (label
# noise, denoising, dropout in a loss) is one fixed pattern on JAX.
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


class Recorder(keras.callbacks.Callback):
    """Notes the loss of each batch."""

    def on_train_begin(self, logs=None):
        self.losses = []

    def on_epoch_begin(self, epoch, logs=None):
        self.total = 0

    def on_train_batch_end(self, batch, logs=None):
        total = logs["loss"] * (batch + 1)
        self.losses.append(round(float(total - self.total), 4))
        self.total = total


class NoisyLoss(keras.losses.Loss):
    def __init__(self):
        super().__init__()
        self.generator = keras.random.SeedGenerator(2)

    def call(self, labels, outputs):
        return ops.mean(0 * outputs + keras.random.normal(ops.shape(outputs), seed=self.generator), axis=-1)


class Helper:
    def __init__(self):
        self.generator = keras.random.SeedGenerator(3)


class Noise(layers.Layer):
    def __init__(self, owned):
        super().__init__()
        self.helper = Helper()
        if owned:
            self.generators = [self.helper.generator]

    def call(self, inputs):
        return 0 * inputs + keras.random.normal(ops.shape(inputs), seed=self.helper.generator)


def count_losses(loss, layer=None):
    """The number of different losses in eight batches."""
    model = keras.Sequential([keras.Input((1,)), layer or layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), loss)
    recorder = Recorder()
    model.fit(np.zeros((32, 1)), np.zeros((32, 1)), batch_size=8, epochs=2, verbose=0, callbacks=[recorder])
    return len(set(recorder.losses))


generator = keras.random.SeedGenerator(1)


def noisy_loss(labels, outputs):
    return ops.mean(0 * outputs + keras.random.normal(ops.shape(outputs), seed=generator), axis=-1)


counts = {
    "loss function": count_losses(noisy_loss),
    "loss object": count_losses(NoisyLoss()),
    "helper of a layer": count_losses(lambda labels, outputs: ops.mean(outputs), Noise(owned=False)),
    "layer": count_losses(lambda labels, outputs: ops.mean(outputs), Noise(owned=True)),
}
print(f"{backend}, different losses in 8 batches: {counts}")
once = 1 if backend == "jax" else 8
assert counts == {"loss function": once, "loss object": once, "helper of a layer": once, "layer": 8}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
