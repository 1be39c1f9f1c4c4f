#!/usr/bin/env bash
# The first step of `Ftrl` throws the initial weights away, at any learning rate.
#
# Guess: a step with a learning rate of 1e-8 leaves weights where they are.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: weights of norm 3.77 have a norm of 0.82 after
# one step, with 1e-3 as with 1e-8. Ftrl computes weights from the sums of gradients that it keeps, which start at 0: what
# the weights were is lost, a pretrained model's with it.
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

for rate in (1e-3, 1e-8):
    weight = keras.Variable(np.array([[1.0, -2.0], [0.5, 3.0]], "float32"))
    optimizer = keras.optimizers.Ftrl(rate)
    optimizer.build([weight])
    gradient = np.array([[0.1, -0.01], [0.001, 0.3]], "float32")
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
    norm = np.linalg.norm(keras.ops.convert_to_numpy(weight.value))
    print(keras.backend.backend(), rate, "norm before 3.775, after", norm)  # not 3.775
    assert abs(norm - 0.824) < 0.01
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
