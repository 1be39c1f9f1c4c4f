#!/usr/bin/env bash
# On JAX a second model trains with the first one's optimizer, its means and its number of steps.
#
# Guess: one optimizer object in the `compile` of two models, as in a loop over folds, is an error on every backend: it
# was built for other variables.
# Seen with Keras 3.15.1, Adam(0.1), a model of the same shapes, one step: TensorFlow 2.21.0 and torch 2.13.0 raise a
# ValueError, "Unknown variable". JAX 0.10.2 trains without a word. The second model goes on with the first one's
# moments: where its own gradient asks for a step up, its first step goes down, and the number of steps is 11.
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
x = np.ones((8, 1))
optimizer = keras.optimizers.Adam(0.1)


def make_model():
    layer = keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(optimizer, "mae")
    return model


first = make_model()
first.fit(x, np.full((8, 1), -100.0), epochs=10, verbose=0)
second = make_model()
try:
    second.fit(x, np.full((8, 1), 100.0), verbose=0)
    seen = round(float(second.get_weights()[0][0, 0]), 3), int(optimizer.iterations)
except ValueError as error:
    seen = "ValueError", str(error)[:16]
print(f"{backend}, weight after a step that should be 0.1, number of steps: {seen}")
if backend == "jax":
    assert seen[0] < 0
    assert seen[1] == 11
else:
    assert seen == ("ValueError", "Unknown variable")
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
