#!/usr/bin/env bash
# On TensorFlow `clipnorm=1` lets an embedding take a step of 10 where an id is in the batch 100 times.
#
# Guess: the gradient of an embedding's row is summed over the places where the id is, and the optimizer clips and
# squares this sum, on every backend.
# Seen with Keras 3.15.1, a batch in which the id 0 is 100 times, as padding is: the first step of SGD(1, clipnorm=1) or
# global_clipnorm=1 is 1 on JAX 0.10.2 and torch 2.13.0, and 10 on TensorFlow 2.21.0. That of Adam(0.001) or
# Adagrad(0.001) is 0.001 there and 0.01 on TensorFlow; of RMSprop(0.001) 0.0032 and 0.032. TensorFlow's gradient has a
# row for each of the 100 (`tf.IndexedSlices`). Keras squares each row before they are added, so that the norm is too
# small by the square root of 100. SGD without clipping is the same on all three.
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


def measure_step(optimizer, length):
    """How far one step moves the row of an id that is in the batch so many times."""
    model = keras.Sequential(
        [
            keras.Input((length,), dtype="int32"),
            keras.layers.Embedding(2, 1, embeddings_initializer="zeros"),
            keras.layers.GlobalAveragePooling1D(),
        ]
    )
    model.compile(optimizer, "mse")
    model.fit(np.zeros((1, length), "int32"), np.array([[1000.0]]), verbose=0)
    return float(model.get_weights()[0][0, 0])


backend = keras.backend.backend()
steps = {"Adam": 0.001, "Adagrad": 0.001, "RMSprop": 0.0032, "SGD": 2.0}  # of 1 where clipped
optimizers = {
    "SGD(clipnorm=1)": lambda: keras.optimizers.SGD(1.0, clipnorm=1.0),
    "SGD(global_clipnorm=1)": lambda: keras.optimizers.SGD(1.0, global_clipnorm=1.0),
    "Adam": lambda: keras.optimizers.Adam(0.001),
    "Adagrad": lambda: keras.optimizers.Adagrad(0.001),
    "RMSprop": lambda: keras.optimizers.RMSprop(0.001),
    "SGD": lambda: keras.optimizers.SGD(0.001),
}
for name, make in optimizers.items():
    once, often = measure_step(make(), 1), measure_step(make(), 100)
    print(f"{backend} {name}: a step of {once:.4f} with the id once, {often:.4f} with it 100 times")
    larger = 10 if backend == "tensorflow" and name != "SGD" else 1
    assert abs(often / once - larger) < 0.01
    assert abs(once / steps.get(name, 1.0) - 1) < 0.02
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
