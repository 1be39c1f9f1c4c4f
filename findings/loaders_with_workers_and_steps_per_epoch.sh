#!/usr/bin/env bash
# A PyDataset with several workers and `steps_per_epoch`: most of the data is never seen.
#
# Guess: 100 batches in 5 epochs of 20 steps are each seen once, whatever the number of workers; with one worker it is
# so.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: with workers=4 between 20 and 35 of the 100
# batches are seen, the same ones again and again; how many depends on the queue. With each epoch the workers begin
# again with batch 0. What they had fetched beyond step 20 comes first, which is some ten batches. Nothing is said, and
# the losses look fine. Without `steps_per_epoch` each batch is seen in each epoch.
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
    def __len__(self):
        return 100

    def __getitem__(self, index):
        return np.full((4, 1), index, "float32"), np.zeros((4, 1), "float32")


class Seen(keras.layers.Layer):
    """Counts in a weight how often each batch has come."""

    def build(self, shape):
        self.counts = self.add_weight(shape=(100,), initializer="zeros", trainable=False)

    def call(self, inputs, training=False):
        if training:
            self.counts.assign(self.counts + keras.ops.one_hot(keras.ops.cast(inputs[0, 0], "int32"), 100))
        return inputs


for workers in (1, 4):
    seen = Seen()
    model = keras.Sequential([keras.Input((1,)), seen, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(Data(workers=workers), steps_per_epoch=20, epochs=5, shuffle=False, verbose=0)
    counts = keras.ops.convert_to_numpy(seen.counts)
    print(
        f"{backend}, {workers} workers: of 100 batches {int((counts > 0).sum())} were seen, "
        f"the last is {int(counts.nonzero()[0].max())}, one was seen {int(counts.max())} times"
    )
    assert counts.sum() == 100
    if workers == 1:
        assert (counts == 1).all()
    else:
        assert (counts > 0).sum() < 60
        assert counts.max() >= 2
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
