#!/usr/bin/env bash
# KerasTuner's Hyperband goes on with the weights of a trial, but starts its optimizer and its schedule anew.
#
# Guess: a trial that is promoted to the next round goes on as if it had not been interrupted: Adam's means, the number
# of steps and the learning rate of a schedule are what they were.
# Seen with KerasTuner 1.4.8 and Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend), 10 steps an epoch:
# a trial that is promoted after 1 epoch and again after 3 starts with 0 steps each time, at the first rate of its
# schedule, and ends with 60 steps, not 90. So a falling rate is back at its first value in each round, and a warmup is
# gone through again. The only sign is a warning about the optimizer's variables. `get_best_models()[0]` has 0 steps,
# too.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 keras-tuner==1.4.8 six==1.17.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import tempfile
import warnings

import keras
import keras_tuner
import numpy as np

warnings.filterwarnings("ignore")
x = np.ones((40, 1), "float32")


def make_model(choices):
    schedule = keras.optimizers.schedules.ExponentialDecay(choices.Float("rate", 0.01, 0.1), 10, 0.5)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(schedule), "mse")
    return model


class Recorder(keras.callbacks.Callback):
    """Notes the epochs of each `fit`, the optimizer's steps and the share of the first rate that it begins with."""

    fits = []

    def on_train_begin(self, logs=None):
        self.epochs = []
        optimizer = self.model.optimizer
        self.begin = int(optimizer.iterations), round(float(optimizer.learning_rate) / first_rate(optimizer), 3)

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)

    def on_train_end(self, logs=None):
        self.fits.append((self.epochs[0], self.epochs[-1], *self.begin, int(self.model.optimizer.iterations)))


def first_rate(optimizer):
    return optimizer.get_config()["learning_rate"]["config"]["initial_learning_rate"]


tuner = keras_tuner.Hyperband(make_model, "val_loss", max_epochs=9, directory=tempfile.mkdtemp(), seed=1)
tuner.search(x, x, batch_size=4, validation_data=(x, x), verbose=0, callbacks=[Recorder()])
promoted = sorted({fit for fit in Recorder.fits if fit[0] > 0})
for begin, end, steps, share, last in promoted:
    print(f"epochs {begin} to {end}: starts with {steps} steps at {share} of the first rate, ends with {last} steps")
assert promoted == [(1, 2, 0, 1.0, 20), (3, 8, 0, 1.0, 60)]
assert int(tuner.get_best_models()[0].optimizer.iterations) == 0
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
