#!/usr/bin/env bash
# `BackupAndRestore(save_freq=3)` resumes within an epoch with its weights, and begins the epoch anew with its data.
#
# Guess: training goes on with the batch after the one that was saved, as if there had been no break; or the weights
# are those of the epoch's beginning, too.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, 3 epochs of 10 batches, cut off after the
# eighth batch of the second: weights and optimizer come back as they were at that batch, and then all ten batches of
# the epoch are trained, eight of them for the second time. In all there are 38 steps instead of 30, also for a
# learning rate schedule. With save_freq="epoch" there are 30.
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
import tempfile

import keras
import numpy as np

backend = keras.backend.backend()
inputs = np.ones((40, 1), "float32")


class CutOff(keras.callbacks.Callback):
    """Counts batches, and breaks off after so many."""

    def __init__(self, after):
        super().__init__()
        self.after, self.batches = after, 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        if self.batches == self.after:
            raise RuntimeError


def fit(folder, save_freq, cut_off):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    backup = keras.callbacks.BackupAndRestore(folder, save_freq=save_freq)
    try:
        model.fit(inputs, inputs, batch_size=4, epochs=3, verbose=0, callbacks=[backup, cut_off])
    except RuntimeError:
        pass
    return int(model.optimizer.iterations), cut_off.batches


for save_freq, steps in ((3, 38), ("epoch", 30)):
    folder = tempfile.mkdtemp()
    first = fit(folder, save_freq, CutOff(after=18))
    second = fit(folder, save_freq, CutOff(after=None))
    print(f"{backend}, {save_freq}: {first[1]} batches, then {second[1]}; the optimizer has made {second[0]} steps")
    assert first[1] == 18
    assert second == (steps, 20)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
