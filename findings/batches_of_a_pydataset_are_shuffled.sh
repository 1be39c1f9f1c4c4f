#!/usr/bin/env bash
# `fit` takes the batches of a `PyDataset` in random order, though it says that it ignores `shuffle` there.
#
# Guess: in the order of their numbers: the description of `fit` says that it ignores `shuffle` for a PyDataset, and
# `on_epoch_end` is there for who wants another order.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a PyDataset of six batches: in each epoch
# another order, and 0 to 5 with `shuffle=False`, which so is not ignored. Easy examples first, sequences that go on in
# the next batch (a stateful LSTM), or pictures sorted by size are mixed up without a word. `evaluate` and `predict`
# keep the order.
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


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 6

    def __getitem__(self, number):
        return np.full((2, 1), number, "float32"), np.full((2, 1), number, "float32")


class Recorder(keras.callbacks.Callback):
    """Notes the loss, which is the number of the batch here."""

    def on_train_begin(self, logs=None):
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append([])
        self.total = 0

    def on_train_batch_end(self, batch, logs=None):
        total = logs["loss"] * (batch + 1)
        self.epochs[-1].append(round(float(total - self.total)))
        self.total = total


def train(**arguments):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), lambda labels, outputs: ops.mean(outputs))
    recorder = Recorder()
    model.fit(Batches(), epochs=3, verbose=0, callbacks=[recorder], **arguments)
    assert model.predict(Batches(), verbose=0)[::2, 0].tolist() == [0, 1, 2, 3, 4, 5]
    return recorder.epochs


by_default, unshuffled = train(), train(shuffle=False)
print(f"{keras.backend.backend()}, batches: {by_default}, shuffle=False: {unshuffled}")
assert all(sorted(epoch) == [0, 1, 2, 3, 4, 5] for epoch in by_default)
assert by_default[0] != by_default[1] != by_default[2] and unshuffled == [[0, 1, 2, 3, 4, 5]] * 3
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
