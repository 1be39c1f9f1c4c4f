#!/usr/bin/env bash
# Whether a wrong answer of a sigmoid at logit 20 has a gradient depends on the backend and on what stands behind it.
#
# Guess: `Dense(1, "sigmoid")` under binary cross-entropy learns from a wrong answer, however sure, or from none: the same
# on every backend, and whatever the shape or precision in which the loss is given the probability.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: on TensorFlow Keras looks for the logits behind
# the probability, and the gradient is 1. It does not find them behind a Reshape (nor behind a Lambda, a Dropout, a pooling
# or a TimeDistributed layer), under mixed_float16, since the loss casts the output to float32, and with labels of
# shape (examples, steps) for outputs of shape (examples, steps, 1), since the loss squeezes the output. There, and on JAX
# and torch always, the gradient is exactly 0.
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


def train(*behind, steps=(), labels=None, dtype=None):
    bias = keras.initializers.Constant(20.0)
    head = keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros", bias_initializer=bias, dtype=dtype)
    model = keras.Sequential([keras.Input((*steps, 4)), head, *behind])
    model.compile(keras.optimizers.SGD(1.0), "binary_crossentropy")
    labels = np.zeros((8, *steps, 1) if labels is None else labels, "float32")
    model.fit(np.ones((8, *steps, 4), "float32"), labels, verbose=0)
    return float(20 - model.get_weights()[1][0])


seen = {
    "plain": train(),
    "Dropout(0)": train(keras.layers.Dropout(0.0)),
    "Reshape": train(keras.layers.Reshape((1,))),
    "mixed_float16": train(dtype="mixed_float16"),
    "labels (8, 3) for (8, 3, 1)": train(steps=(3,), labels=(8, 3)),
}
print(keras.backend.backend(), seen)
is_tensorflow = keras.backend.backend() == "tensorflow"
for name, step in seen.items():  # each of the others should be as the first on TensorFlow, 1
    expected = 1.0 if is_tensorflow and name in ("plain", "Dropout(0)") else 0.0
    assert abs(step - expected) < 1e-4, name
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
