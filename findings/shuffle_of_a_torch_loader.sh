#!/usr/bin/env bash
# `keras.utils.set_random_seed` does not fix the order of a shuffling torch DataLoader on TensorFlow and JAX.
#
# Guess: two programs that begin with it train alike, as they do with arrays.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, `fit` of a `DataLoader(..., shuffle=True)`,
# three times after set_random_seed(1): other weights each time on TensorFlow and JAX, the same ones on torch. Only the
# torch backend seeds torch's generator, from which the loader draws. With arrays all three are repeatable.
# `torch.manual_seed(1)`, or `generator=torch.Generator().manual_seed(1)` for the loader, helps.
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
import torch
from keras import layers
from torch.utils.data import DataLoader, TensorDataset

backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
y = x.sum(axis=1, keepdims=True)
dataset = TensorDataset(torch.tensor(x), torch.tensor(y))


def train(make_data):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(*make_data(), batch_size=None, verbose=0)
    return tuple(model.get_weights()[0].ravel().tolist())


def make_loader():
    return (DataLoader(dataset, batch_size=8, shuffle=True),)


def make_seeded_loader():
    return (DataLoader(dataset, batch_size=8, shuffle=True, generator=torch.Generator().manual_seed(1)),)


counts = {}
for name, make_data in {
    "DataLoader": make_loader,
    "with a generator": make_seeded_loader,
    "arrays": lambda: (x, y),
}.items():
    counts[name] = len({train(make_data) for _ in range(3)})
print(f"{backend}, different weights of three runs with one seed: {counts}")
assert counts == {"DataLoader": 1 if backend == "torch" else 3, "with a generator": 1, "arrays": 1}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
