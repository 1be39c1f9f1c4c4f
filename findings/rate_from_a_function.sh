#!/usr/bin/env bash
# A learning rate that is a function is asked once on TensorFlow and JAX, and at each step on torch.
#
# Guess: as the optimizers' descriptions have it, a callable without arguments gives "the actual value to use", so that
# it is asked at each step, or at least in each `fit`.
# Seen with Keras 3.15.1, SGD(lambda: settings["rate"]), one step with a rate of 0 and then one `fit` with a rate of 1:
# on torch 2.13.0 the weight moves. On TensorFlow 2.21.0 and JAX 0.10.2 it does not: the function was asked while the
# step was compiled, and its answer is a constant of it. A rate that falls with the epoch, or that is warmed up, stays
# at its first value. What looks at the optimizer is deceived: `optimizer.learning_rate` is 1 on all three. With
# `run_eagerly=True` on TensorFlow it moves.
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
ones = np.ones((8, 1), "float32")


def train(eagerly):
    settings = {"rate": 0.0}
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(lambda: settings["rate"]), "mae", run_eagerly=eagerly)
    model.fit(ones, 1000 * ones, verbose=0)
    settings["rate"] = 1.0
    model.fit(ones, 1000 * ones, verbose=0)
    return model.get_weights()[0].item(), float(model.optimizer.learning_rate)


moved, rate = train(eagerly=False)
print(f"{backend}: after a step at a rate of {rate} the weight has moved by {moved}")
assert rate == 1
assert moved == (1 if backend == "torch" else 0)
if backend == "tensorflow":
    assert train(eagerly=True) == (1, 1)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
