#!/usr/bin/env bash
# One label that is too long for its input makes all weights NaN under `CTC` on torch, and nothing at all elsewhere.
#
# Guess: the same on each backend, whichever it is: an infinite loss, or such an example is left out.
# Seen with Keras 3.15.1, two examples of 4 steps, the second with the label [1, 1, 1], which needs 5 of them (a blank
# between each two that are alike): on torch 2.13.0 the loss is infinite and after a step every weight is NaN. On
# TensorFlow 2.21.0 and JAX 0.10.2 the weights stay finite; the loss of the example is about 700 on the one and 100,000
# on the other, so that the mean of a batch says nothing any more. With 5 steps all three give 6.93.
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
label = np.array([[1, 1, 1]])
fits = float(keras.losses.CTC()(label, np.zeros((1, 5, 4), "float32")))
too_long = float(keras.losses.CTC()(label, np.zeros((1, 4, 4), "float32")))

model = keras.Sequential([keras.Input((4, 2)), keras.layers.Dense(4)])
model.compile(keras.optimizers.SGD(0.01), keras.losses.CTC())
model.fit(np.ones((2, 4, 2), "float32"), np.array([[1, 2, 3], [1, 1, 1]]), verbose=0)
finite = all(np.isfinite(weight).all() for weight in model.get_weights())
print(f"{backend}: loss of a label that fits {fits:.2f}, of one too long {too_long:.0f}, weights finite: {finite}")
assert abs(fits - 6.93) < 0.01
if backend == "torch":
    assert too_long == float("inf")
    assert all(np.isnan(weight).all() for weight in model.get_weights())
else:
    assert finite
    assert 600 < too_long < 800 if backend == "tensorflow" else 99_000 < too_long < 101_000
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
