#!/usr/bin/env bash
# A learning rate schedule that an optimizer is given after a first `fit` has no effect on TensorFlow, nor has the
# second one on JAX.
#
# Guess: `model.optimizer.learning_rate = CosineDecay(...)` works as the assignment of a number does, in the next `fit`,
# on every backend.
# Seen with Keras 3.15.1, SGD(1.0), one `fit`, then a schedule of 0 and a `fit`, then one of 0.01 and a `fit`: on torch
# 2.13.0 the weight moves by 1, 0 and 0.01. On TensorFlow 2.21.0 it moves by 1 each time. On JAX 0.10.2 it moves by 1, 0
# and 0: the step is compiled again where a schedule takes the place of a number, and not where it takes that of a
# schedule. In all cases `optimizer.learning_rate` gives the rate of the last schedule. `compile` with the same
# optimizer after each assignment helps.
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


def train(compile_again):
    """Steps of a weight that moves by the rate: before, and with schedules of 0 and of 0.01."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(1.0), "mae")
    weights, rates = [0.0], []
    for rate in (None, 0.0, 0.01):
        if rate is not None:
            model.optimizer.learning_rate = keras.optimizers.schedules.PiecewiseConstantDecay([100], [rate, rate])
            if compile_again:
                model.compile(model.optimizer, "mae")
        model.fit(ones, 1000 * ones, verbose=0)
        weights.append(model.get_weights()[0].item())
        rates.append(float(model.optimizer.learning_rate))
    return np.diff(weights), rates


expected = {"tensorflow": [1, 1, 1], "jax": [1, 0, 0], "torch": [1, 0, 0.01]}
steps, rates = train(compile_again=False)
again, _ = train(compile_again=True)
print(f"{backend}: rates {np.round(rates, 2)}, steps {steps.round(3)}, compiled again {again.round(3)}")
np.testing.assert_allclose(rates, [1, 0, 0.01], rtol=1e-6)
np.testing.assert_allclose(steps, expected[backend], atol=1e-4)
np.testing.assert_allclose(again, [1, 0, 0.01], atol=1e-4)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
