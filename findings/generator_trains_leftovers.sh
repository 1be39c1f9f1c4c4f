#!/usr/bin/env bash
# A generator that ends too soon does not end `fit`: the later epochs train the same two batches again and again.
#
# Guess: `fit` stops where the data ends, or raises.
# Seen with Keras 3.15.1 on torch 2.13.0 (TensorFlow 2.21.0 and JAX 0.10.2 do the same): a generator of 10 batches, with
# `epochs=6, steps_per_epoch=4`, trains epochs of 4, 4, 2, 2, 2 and 2 steps, with one warning. Keras has looked at the first
# two batches beforehand, and gives these again in each epoch. An array of as many batches has epochs of 4, 4, 2, 4, 4, 2.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import warnings

import keras
import numpy as np

warnings.filterwarnings("ignore")
x = np.ones((80, 4), "float32")


class Counter(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        counts.append(0)

    def on_train_batch_end(self, batch, logs=None):
        counts[-1] += 1


def train(*data, **options):
    counts.clear()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(*data, epochs=6, steps_per_epoch=4, verbose=0, callbacks=[Counter()], **options)
    return list(counts)


counts = []
generator = train((x[i : i + 8], x[i : i + 8, :1]) for i in range(0, 80, 8))
array = train(x, x[:, :1], batch_size=8)
print("steps per epoch, generator:", generator, "array:", array)
assert generator == [4, 4, 2, 2, 2, 2]
assert array == [4, 4, 2, 4, 4, 2]
PROGRAM
for backend in torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
