#!/usr/bin/env bash
# With steps_per_execution, `on_train_batch_end` names steps that were not executed.
#
# Guess: with 10 batches and steps_per_execution=4 the last call in an epoch has the number 9, that of the last batch; at
# least where the length of the data is known.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0: it is 11, in every epoch, whether the length is known or not. Keras counts
# the third execution in full, though two batches were left. The optimizer's `iterations` are right: 10 per epoch. A
# callback that counts steps by this number counts two too many in every epoch.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0
fi
KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np
import tensorflow as tf


class Steps(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.ends = []

    def on_train_batch_end(self, batch, logs=None):
        self.ends.append(batch)

    def on_epoch_end(self, epoch, logs=None):
        found.append((self.ends[-1], int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))))


found = []
x = np.ones((40, 2), "float32")
known = tf.data.Dataset.from_tensor_slices((x, x[:, :1]))
for data in (known.batch(4), known.filter(lambda a, b: True).batch(4)):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=4)
    model.fit(data, epochs=2, verbose=0, callbacks=[Steps()])
print("last step and updates so far, per epoch:", found)
assert found == [(11, 10), (11, 20), (11, 10), (11, 20)], found
PROGRAM
