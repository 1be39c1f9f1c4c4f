#!/usr/bin/env bash
# A `PyDataset` that grows from epoch to epoch is trained with as many batches as it had in the first one.
#
# Guess: each epoch has as many steps as the dataset has batches then: `on_epoch_end` is where a dataset may change.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a dataset of 2, 4 and 6 batches in three
# epochs, as for harder examples that are added later: each epoch has 2 steps. Nothing is said. A `fit` of one epoch at
# a time has 2, 4 and 6 steps.
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


class Growing(keras.utils.PyDataset):
    """Two batches more after each epoch."""

    length = 2

    def __len__(self):
        return self.length

    def __getitem__(self, number):
        return np.zeros((1, 1)), np.full((1, 1), number)

    def on_epoch_end(self):
        self.length += 2


class Counter(keras.callbacks.Callback):
    """Counts the steps of each epoch."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def on_epoch_begin(self, epoch, logs=None):
        self.steps.append(0)

    def on_train_batch_end(self, batch, logs=None):
        self.steps[-1] += 1


def train(model, dataset, epochs):
    counter = Counter()
    model.fit(dataset, epochs=epochs, verbose=0, callbacks=[counter])
    return counter.steps


model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
at_once = train(model, Growing(), 3)
dataset = Growing()
one_by_one = []
for number in range(3):
    dataset.length = 2 + 2 * number
    one_by_one += train(model, dataset, 1)
print(f"{keras.backend.backend()}, steps of three epochs: {at_once}; in three calls: {one_by_one}")
assert at_once == [2, 2, 2]
assert one_by_one == [2, 4, 6]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
