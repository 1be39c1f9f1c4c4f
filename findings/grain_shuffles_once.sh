#!/usr/bin/env bash
# `fit` with a shuffled Grain dataset goes through the data in the same order in each epoch, and augments it in the
# same way.
#
# Guess: `MapDataset.shuffle(seed=1)` gives another order in each epoch, as `tf.data`'s `shuffle` and a torch
# DataLoader do, and `random_map` other random numbers.
# Seen with Grain 0.2.18 and Keras 3.15.1 on JAX 0.10.2: `fit` starts the dataset anew for each epoch, and it is the
# same then. So it is with `to_iter_dataset()`, with a `grain.DataLoader` whose sampler shuffles, and with Keras's own
# `image_dataset_from_directory(..., format="grain")`, whose shuffle=True is the default. With
# `repeat().to_iter_dataset()` and `steps_per_epoch` each epoch has its own order: Grain mixes anew for each repetition.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 grain==0.2.18 pillow==13.0.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import os
import tempfile

import grain
import keras
import numpy as np
from keras import layers, ops
from PIL import Image


class Recorder(keras.callbacks.Callback):
    """Notes the loss, which is the label or the pixel here, of each batch of one example."""

    def on_train_begin(self, logs=None):
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append([])
        self.total = 0

    def on_train_batch_end(self, batch, logs=None):
        total = logs["loss"] * (batch + 1)
        self.epochs[-1].append(round(total - self.total))
        self.total = total


def train(dataset, pictures=False, **arguments):
    shape = (1, 1, 1) if pictures else (1,)
    model = keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(1, kernel_initializer="ones")])
    shown = 1.0 if pictures else 0.0  # the pixel, which the output is, or the label
    model.compile(
        keras.optimizers.SGD(0.0),
        lambda labels, outputs: ops.mean((1 - shown) * ops.cast(labels, "float32")) + shown * ops.mean(outputs),
    )
    recorder = Recorder()
    model.fit(dataset, epochs=3, verbose=0, callbacks=[recorder], **arguments)
    return recorder.epochs


def draw(example, generator):
    return example[0], np.float32([generator.integers(1000)])


examples = [(np.float32([number]), np.float32([number])) for number in range(8)]
source = grain.MapDataset.source(examples)
sampler = grain.samplers.IndexSampler(8, shuffle=True, seed=1, num_epochs=1)
loader = grain.DataLoader(data_source=examples, sampler=sampler, operations=[grain.transforms.Batch(1)])
for name, dataset in {
    "shuffle": source.shuffle(seed=1).batch(1),
    "shuffle, to_iter_dataset": source.shuffle(seed=1).to_iter_dataset().batch(1),
    "random_map": source.random_map(draw, seed=1).batch(1),
    "DataLoader": loader,
}.items():
    epochs = train(dataset)
    print(f"{name}:", *epochs)
    assert epochs[0] == epochs[1] == epochs[2] != list(range(8))
folder = tempfile.mkdtemp()
for name in "ab":
    os.mkdir(os.path.join(folder, name))
for number in range(8):
    picture = Image.fromarray(np.full((1, 1, 3), number, "uint8"))
    picture.save(os.path.join(folder, "ab"[number % 2], f"{number}.png"))
for kind in ("grain", "tf"):
    options = {"format": kind, "image_size": (1, 1), "color_mode": "grayscale", "batch_size": 1, "verbose": False}
    pictures = keras.utils.image_dataset_from_directory(folder, seed=1, **options)
    epochs = train(pictures, pictures=True)
    print(f"image_dataset_from_directory, {kind}:", *epochs)
    assert (epochs[0] == epochs[1] == epochs[2]) == (kind == "grain")
epochs = train(source.shuffle(seed=1).repeat().to_iter_dataset().batch(1), steps_per_epoch=8)
print("shuffle, repeat:", *epochs)
assert epochs[0] != epochs[1]
assert all(sorted(epoch) == list(range(8)) for epoch in epochs)
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
