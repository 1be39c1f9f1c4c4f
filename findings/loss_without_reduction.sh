#!/usr/bin/env bash
# `compile` with a loss of `reduction="none"`: on TensorFlow it trains with the sum over the batch and logs the mean;
# JAX and torch raise.
#
# Guess: it is refused, or it trains as with the mean, which is what the log shows, on every backend.
# Seen with Keras 3.15.1, batches of 8 and SGD: on TensorFlow 2.21.0 the logged loss is that of the mean, 4, and the
# step is eight times as large, so that the learning rate means another thing for each batch size. On JAX 0.10.2 `fit`
# raises a TypeError and on torch 2.13.0 a RuntimeError about outputs that are not scalars. Nothing is said on
# TensorFlow.
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
from keras import layers

backend = keras.backend.backend()
steps = {}
for reduction in ("sum_over_batch_size", "none"):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.01), keras.losses.MeanSquaredError(reduction=reduction))
    try:
        logs = model.fit(np.ones((8, 2)), np.zeros((8, 1)), verbose=0).history
    except (TypeError, RuntimeError) as error:
        print(f"{backend}, {reduction}: {type(error).__name__}: {error}")
        assert (reduction == "none") == (backend != "tensorflow")
        continue
    steps[reduction] = 1 - float(model.get_weights()[0][0, 0])
    print(f"{backend}, {reduction}: loss {logs['loss'][0]}, step {steps[reduction]:.3f}")
    assert logs["loss"] == [4]
assert np.isclose(steps["sum_over_batch_size"], 0.04)
if backend == "tensorflow":
    assert np.isclose(steps["none"], 0.32)
else:
    assert "none" not in steps
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
