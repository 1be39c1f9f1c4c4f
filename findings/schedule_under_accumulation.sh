#!/usr/bin/env bash
# Under `gradient_accumulation_steps` a learning rate schedule counts batches, not updates.
#
# Guess: with an update every 4 batches, a schedule with a boundary at step 7 changes the rate after 7 updates.
# Seen with Keras 3.15.1 on torch 2.13.0 (TensorFlow 2.21.0 and JAX 0.10.2 do the same): it changes after batch 7, that is
# after 2 updates: `decay_steps` that were counted in updates are over 4 times too early.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np


def count_updates(accumulation):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([7], [1.0, 0.0])
    model.compile(keras.optimizers.SGD(rate, gradient_accumulation_steps=accumulation), "mae")
    ones = np.ones((40, 1), "float32")
    model.fit(ones, 1000 * ones, batch_size=1, verbose=0)
    return float(model.get_weights()[0][0, 0])  # each update adds the rate


print("updates at rate 1:", count_updates(None), "and with accumulation", count_updates(4))  # 8 and 2
assert count_updates(None) == 8
assert count_updates(4) == 2  # by updates it would be 8
PROGRAM
for backend in torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
