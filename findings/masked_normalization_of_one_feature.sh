#!/usr/bin/env bash
# BatchNormalization after Masking, of sequences with one feature, trains on TensorFlow and raises on JAX and torch.
#
# Guess: masked steps are left out of the mean, for any number of features (two features do so on all backends).
# Seen with Keras 3.15.1: on TensorFlow 2.21.0 the moving mean of 1, 3 and two masked steps is 2. On JAX 0.10.2 and torch
# 2.13.0 `fit` raises an IndexError, for the mean of one feature has lost its axis.
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

backend = keras.backend.backend()
x = np.array([[[1.0], [3.0], [0.0], [0.0]]], "float32")


def fit(features):
    normalization = keras.layers.BatchNormalization(momentum=0.0)
    model = keras.Sequential([keras.Input((4, features)), keras.layers.Masking(), normalization, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.repeat(x, features, axis=-1), x, verbose=0)
    return keras.ops.convert_to_numpy(normalization.moving_mean).tolist()


two = fit(2)
print(backend, "two features:", two)
assert np.allclose(two, [2, 2])
try:
    one = fit(1)
    print(backend, "one feature:", one)
    assert backend == "tensorflow"
    assert np.allclose(one, [2])
except IndexError as error:
    print(backend, "one feature: IndexError", str(error)[:90])
    assert backend != "tensorflow"
PROGRAM
done
