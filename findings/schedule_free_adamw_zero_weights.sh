#!/usr/bin/env bash
# On TensorFlow, the first step of `ScheduleFreeAdamW` in a compiled `fit` puts all weights near 0.
#
# Guess: a first step with a learning rate of 0.001 moves each weight by about 0.001, as Adam's does.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0: the weights' norm falls from 1.6 to 0.003. The optimizer makes its
# variables inside the step, where `build` copies the weights into `momentum`. The likely cause: TensorFlow traces a step
# that makes variables twice and runs only the second trace, in which `build` is done already, so that the copy is never
# made, and the weights are averaged with zeros. On torch, or with `optimizer.build(model.trainable_variables)` before
# `fit`, the step is as guessed.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0
fi
KERAS_BACKEND=tensorflow "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np


def train(is_built_before):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile(keras.optimizers.ScheduleFreeAdamW(0.001), "mse")
    if is_built_before:
        model.optimizer.build(model.trainable_variables)
    before = model.get_weights()[0]
    model.fit(np.ones((8, 4)), np.ones((8, 3)), verbose=0)
    return np.abs(model.get_weights()[0] - before).max()


print("built in the step:", train(False))  # 0.9
print("built before:     ", train(True))  # 0.001
assert train(False) > 0.1
assert train(True) < 0.0011
PROGRAM
