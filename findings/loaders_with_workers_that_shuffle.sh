#!/usr/bin/env bash
# A PyDataset that shuffles in `on_epoch_end`, with several workers: on JAX and torch, epochs miss examples and have
# others twice.
#
# Guess: each epoch has each example once, as with one worker, since `on_epoch_end` comes between the epochs.
# Seen with Keras 3.15.1, 40 examples in batches of 4: so it is on TensorFlow 2.21.0. On JAX 0.10.2 and torch 2.13.0
# with workers=4 each epoch misses 3 or 4 examples. Before the first epoch Keras takes a batch to build the metrics
# with, and does not use it; the workers have fetched the others by then. Those, in their old order, come first in the
# epoch. One batch, of the new order, is then wanting, and the rest of the new order is what the next epoch begins with.
# A `fit` of a model that has been trained since `compile` has no such first batch and does it right.
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

backend = keras.backend.backend()


class Data(keras.utils.PyDataset):
    """40 examples in batches of 4; a new order after each epoch."""

    def __init__(self, **options):
        super().__init__(**options)
        self.generator = np.random.default_rng(0)
        self.order = self.generator.permutation(40)

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return np.array(self.order[4 * index : 4 * index + 4], "float32")[:, None], np.zeros((4, 1), "float32")

    def on_epoch_end(self):
        self.order = self.generator.permutation(40)


class Seen(keras.layers.Layer):
    """Counts in a weight how often each example has come."""

    def build(self, shape):
        self.counts = self.add_weight(shape=(40,), initializer="zeros", trainable=False)

    def call(self, inputs, training=False):
        if training:
            rows = keras.ops.one_hot(keras.ops.cast(inputs[:, 0], "int32"), 40)
            self.counts.assign(self.counts + keras.ops.sum(rows, axis=0))
        return inputs


class Counts(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = [np.zeros(40)]

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(np.array(keras.ops.convert_to_numpy(self.model.layers[0].counts)))


for workers in (1, 4):
    counts = Counts()
    model = keras.Sequential([keras.Input((1,)), Seen(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(Data(workers=workers), epochs=6, verbose=0, callbacks=[counts])
    missed = [int((after == before).sum()) for before, after in zip(counts.epochs, counts.epochs[1:])]
    print(f"{backend}, {workers} workers: of 40 examples the epochs have missed {missed}")
    assert counts.epochs[-1].sum() == 240
    if workers == 1 or backend == "tensorflow":
        assert not any(missed)
    else:
        assert sum(missed) > 0
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
