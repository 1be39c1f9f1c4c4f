#!/usr/bin/env bash
# `ops.max_pool(x, 2)` works on TensorFlow and torch and raises on JAX.
#
# Guess: without `strides` the window moves by its own size on each backend, as the description of `strides` says.
# Seen with Keras 3.15.1: images of 4x4 become 2x2 on TensorFlow 2.21.0 and torch 2.13.0; on JAX 0.10.2 `max_pool` and
# `average_pool` raise a TypeError about window_strides, with a number and with a tuple as pool_size. With strides=2 all
# three agree; so do the pooling layers.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0
fi
for backend in tensorflow jax torch; do
    KERAS_BACKEND="$backend" TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np

backend, images = keras.backend.backend(), np.ones((1, 4, 4, 1), "float32")
for pool in (keras.ops.max_pool, keras.ops.average_pool):
    for size in (2, (2, 2)):
        try:
            shape = tuple(pool(images, size).shape)
        except TypeError as error:
            shape = str(error)[:48]
            assert "window_strides" in shape
        print(backend, pool.__name__, size, shape)
        assert (shape == (1, 2, 2, 1)) == (backend != "jax")
        assert tuple(pool(images, size, strides=2).shape) == (1, 2, 2, 1)
assert tuple(keras.layers.MaxPooling2D(2)(images).shape) == (1, 2, 2, 1)
PROGRAM
done
