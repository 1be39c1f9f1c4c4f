#!/usr/bin/env bash
# With a whole number as its initial rate, `ExponentialDecay` is 0 from the second step on.
#
# Guess: `ExponentialDecay(1, 10, 0.5)` is the same as `ExponentialDecay(1.0, 10, 0.5)`: a rate is no integer.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, after 5 steps of a decay over 10: the
# exponential decay is 0 instead of 0.7071. `CosineDecay(1, 10)` takes 3 for pi: 0.5354 instead of 0.5.
# `InverseTimeDecay(1, 10, 0.5)` does not decay: 1 instead of 0.8. `PolynomialDecay(1, 10)` ends at 0, not at its
# end_learning_rate of 0.0001. So it is in an optimizer: SGD stops after its first step. Nothing is said.
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

schedules = keras.optimizers.schedules
seen = {}
for name, one in (("1", 1), ("1.0", 1.0)):
    decays = {
        "exponential": schedules.ExponentialDecay(one, 10, 0.5),
        "cosine": schedules.CosineDecay(one, 10),
        "inverse": schedules.InverseTimeDecay(one, 10, 0.5),
    }
    for kind, decay in decays.items():
        seen[kind, name] = round(float(decay(5)), 4)
    seen["polynomial, end", name] = round(float(schedules.PolynomialDecay(one, 10)(10)), 6)
    layer = keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(schedules.ExponentialDecay(one, 10, 0.5)), "mae")
    steps = []
    for _ in range(3):
        before = float(model.get_weights()[0][0, 0])
        model.fit(np.ones((1, 1)), np.full((1, 1), 100.0), verbose=0)
        steps.append(round(float(model.get_weights()[0][0, 0]) - before, 2))
    seen["steps of SGD", name] = steps
print(f"{keras.backend.backend()}: {seen}")
assert seen["exponential", "1.0"] == 0.7071
assert seen["exponential", "1"] == 0
assert seen["cosine", "1.0"] == 0.5
assert seen["cosine", "1"] == 0.5354
assert seen["inverse", "1.0"] == 0.8
assert seen["inverse", "1"] == 1
assert seen["polynomial, end", "1.0"] == 0.0001
assert seen["polynomial, end", "1"] == 0
assert seen["steps of SGD", "1.0"] == [1, 0.93, 0.87]
assert seen["steps of SGD", "1"] == [1, 0, 0]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
