#!/usr/bin/env bash
# A weight per example, for a model that answers a sequence, is taken for a weight per time step where the sizes agree.
#
# Guess: `sample_weight` of shape (examples,) multiplies each example's loss, however many axes that has.
# Seen with Keras 3.15.1 on all three backends: 3 examples of 3 steps with the weights 1, 0, 0, where only the second
# example's answers are wrong (by 1): the loss is 1/9 instead of 0, for the weights went along the steps. With 4 examples
# of 3 steps `fit` raises, and the message speaks of shapes in the backend. Weights of shape (examples, 1) do it right.
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


def measure(examples, weights):
    model = keras.Sequential([keras.Input((3, 1)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    x = np.zeros((examples, 3, 1), "float32")
    y = x.copy()
    y[1] = 1.0
    return model.fit(x, y, sample_weight=weights, verbose=0).history["loss"][0]


along_steps, along_examples = measure(3, np.array([1.0, 0.0, 0.0])), measure(3, np.array([[1.0], [0.0], [0.0]]))
print(backend, "weights of shape (3,):", along_steps, "of shape (3, 1):", along_examples)
assert abs(along_steps - 1 / 9) < 1e-6
assert along_examples == 0
try:
    measure(4, np.ones(4))
    raised = None
except Exception as error:  # each backend has its own
    raised = type(error).__name__
print(backend, "4 examples of 3 steps:", raised)
assert raised in ("InvalidArgumentError", "ValueError", "RuntimeError")
PROGRAM
done
