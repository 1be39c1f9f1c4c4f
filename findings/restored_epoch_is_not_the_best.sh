#!/usr/bin/env bash
# `EarlyStopping(min_delta=0.01, restore_best_weights=True)` gives back another epoch's weights than the best one's.
#
# Guess: `min_delta` decides when training ends; the weights are those of "the epoch with the best value", as described.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, accuracies of 0.5, 0.9, 0.905, 0.909, 0.3,
# 0.2: the weights of the second epoch come back, not those of the fourth: only an epoch that is better by `min_delta`
# than the last such one counts as better. `ModelCheckpoint(save_best_only=True)` beside it has saved the fourth. With
# min_delta=0 both have the fourth.
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
import os
import tempfile

import keras
import numpy as np

values = [0.5, 0.9, 0.905, 0.909, 0.3, 0.2]
path = os.path.join(tempfile.mkdtemp(), "best.weights.h5")


class Number(keras.callbacks.Callback):
    """Sets the weight to the number of the epoch, and logs its made-up score."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([np.full((1, 1), epoch + 1.0)])
        logs["score"] = values[epoch]


def train(min_delta):
    layer = keras.layers.Dense(1, use_bias=False)
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    options = {"monitor": "score", "mode": "max"}
    stop = keras.callbacks.EarlyStopping(min_delta=min_delta, patience=9, restore_best_weights=True, **options)
    save = keras.callbacks.ModelCheckpoint(path, save_best_only=True, save_weights_only=True, **options)
    model.fit(np.zeros((4, 1)), np.zeros((4, 1)), epochs=6, verbose=0, callbacks=[Number(), stop, save])
    restored = float(layer.get_weights()[0][0, 0])
    model.load_weights(path)
    return restored, float(layer.get_weights()[0][0, 0])


seen = {min_delta: train(min_delta) for min_delta in (0.01, 0)}
print(f"{keras.backend.backend()}, epochs of EarlyStopping and of ModelCheckpoint by min_delta: {seen}")
assert seen == {0.01: (2, 4), 0: (4, 4)}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
