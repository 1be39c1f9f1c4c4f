#!/usr/bin/env bash
# `validation_steps` and a PyDataset with several workers: each epoch is validated with other data.
#
# Guess: as the description of `fit` has it, validation begins at the start of the data in each epoch, so that the same
# examples are used each time.
# Seen with Keras 3.15.1 and a model that does not change, 20 batches, validation_steps=2: with one worker val_loss is
# 1.5 in each epoch. With workers=4 it is 1.5, 5.5, 9.5 and 13.5 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: what
# the workers had fetched beyond the second batch comes first in the next epoch. EarlyStopping and ModelCheckpoint
# compare numbers of different data. On JAX and torch the first evaluate(steps=2) of a model leaves the first batch out:
# 3.5.
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
x = np.arange(40, dtype="float32")[:, None]


class Data(keras.utils.PyDataset):
    """20 batches of two."""

    def __len__(self):
        return 20

    def __getitem__(self, index):
        return x[2 * index : 2 * index + 2], np.zeros((2, 1), "float32")


def make():
    """A model whose weight stays 1: its loss is the mean of the examples that it has seen."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), "mae")
    return model


for workers in (1, 4):
    fit = {"verbose": 0, "validation_data": Data(workers=workers), "validation_steps": 2}
    losses = make().fit(x, 0 * x, epochs=4, **fit).history["val_loss"]
    model = make()
    evaluated = [model.evaluate(Data(workers=workers), steps=2, verbose=0) for _ in range(3)]
    print(f"{backend}, {workers} workers: val_loss {losses}, evaluate(steps=2) three times {evaluated}")
    assert losses[0] == 1.5
    assert evaluated[1:] == [1.5, 1.5]
    assert (losses == [1.5] * 4) == (workers == 1)
    assert (evaluated[0] == 1.5) == (workers == 1 or backend == "tensorflow")
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
