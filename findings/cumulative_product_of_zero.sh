#!/usr/bin/env bash
# The gradient of `ops.cumprod` where one value is 0: right on JAX and torch, silently 0 on TensorFlow.
#
# Guess: the true gradient on each, or NaN where a backend divides by the value.
# Seen with Keras 3.15.1 for the sum of the cumulative products of 0, 2, 3: the derivative by the first value is
# 1 + 2 + 2 * 3 = 9. JAX 0.10.2 and torch 2.13.0 give 9, TensorFlow 2.21.0 gives 0. `ops.prod` gives 6 on all three,
# which is right.
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


def differentiate(function):
    """The gradient by a Dense kernel of 0, 2, 3, from one step of SGD with rate 1."""
    values = np.array([[0.0, 2.0, 3.0]], "float32")
    dense = keras.layers.Dense(3, use_bias=False)
    inputs = keras.Input((1,))
    model = keras.Model(inputs, function(dense(inputs)))
    dense.set_weights([values])
    model.compile(keras.optimizers.SGD(1.0), lambda y, prediction: keras.ops.sum(prediction, axis=-1))
    model.fit(np.ones((1, 1), "float32"), np.zeros((1, 1), "float32"), verbose=0)
    return (values - dense.get_weights()[0]).ravel().tolist()


cumulative = differentiate(lambda v: keras.ops.cumprod(v, axis=-1))
product = differentiate(lambda v: keras.ops.prod(v, axis=-1, keepdims=True))
print(backend, "cumprod:", cumulative, "prod:", product)
assert np.allclose(product, [6, 0, 0])
assert np.allclose(cumulative, [0, 0, 0] if backend == "tensorflow" else [9, 0, 0])
PROGRAM
done
