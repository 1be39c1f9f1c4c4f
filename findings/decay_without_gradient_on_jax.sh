#!/usr/bin/env bash
# On JAX AdamW shrinks a weight that the loss does not depend on; on TensorFlow and torch it stays as it is.
#
# Guess: a weight without a gradient is left alone by the optimizer, on every backend, with a warning.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: JAX gives such a weight a gradient of zeros, so
# that Keras neither warns nor leaves it out: with a decay of 0.5 and a rate of 0.1 it is 0.86 of itself after three steps,
# and under Ftrl 0 after the first.
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
import warnings

import keras
import numpy as np

warnings.filterwarnings("ignore")  # on TensorFlow and torch Keras warns of the missing gradient


class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.used, self.unused = keras.layers.Dense(1), keras.layers.Dense(1, kernel_initializer="ones")

    def build(self, shape):
        self.used.build(shape)
        self.unused.build(shape)

    def call(self, x):
        return self.used(x)


def train(optimizer):
    model = Model()
    model.build((None, 4))
    model.compile(optimizer, "mse")
    model.fit(np.ones((8, 4), "float32"), np.ones((8, 1), "float32"), epochs=3, verbose=0)
    return float(keras.ops.convert_to_numpy(model.unused.kernel.value)[0, 0])


decayed, ftrl = train(keras.optimizers.AdamW(0.1, weight_decay=0.5)), train(keras.optimizers.Ftrl(0.1))
print(keras.backend.backend(), "AdamW", decayed, "Ftrl", ftrl)
is_jax = keras.backend.backend() == "jax"
assert abs(decayed - (0.95**3 if is_jax else 1)) < 1e-5
assert abs(ftrl - (0 if is_jax else 1)) < 1e-5
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
