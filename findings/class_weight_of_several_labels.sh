#!/usr/bin/env bash
# Of an example with several labels `class_weight` sees the first one alone, and an example without any is of class 0.
#
# Guess: rows such as [0, 1, 1] raise an error, since the description of `class_weight` asks for one-hot labels, or each
# class's part of the loss has the weight of that class.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, weights of 1, 10 and 100 for classes 0, 1
# and 2 under "binary_crossentropy" (under "mse" it is the same): the loss of [0, 1, 1] is multiplied by 10, that of
# [1, 0, 1], [1, 1, 1] and [0, 0, 0] by 1, and nothing is said. So a class has its weight only where none before it is
# present, and an example of none has that of class 0. Keras takes the position of the largest label.
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
import warnings

import keras
import numpy as np

backend = keras.backend.backend()
seen = {(0, 1, 0): 10, (0, 0, 1): 100, (1, 0, 1): 1, (0, 1, 1): 10, (1, 1, 1): 1, (0, 0, 0): 1}
for loss in "binary_crossentropy", "mse":
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "sigmoid", kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), loss)
    for row, factor in seen.items():
        x, y = np.ones((4, 2), "float32"), np.array([row] * 4, "float32")
        plain = model.fit(x, y, verbose=0).history["loss"][0]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            weighted = model.fit(x, y, class_weight={0: 1.0, 1: 10.0, 2: 100.0}, verbose=0).history["loss"][0]
        print(f"{backend}, {loss}, labels {row}: the loss is multiplied by {weighted / plain:.1f}")
        assert abs(weighted / plain / factor - 1) < 1e-4
        assert not any("class" in str(warning.message) for warning in caught)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
