#!/usr/bin/env bash
# On JAX `fit` forgets what a shared layer adds to the loss, but for its last call.
#
# Guess: an activity regularizer, or `add_loss` in `call`, counts once per call, on every backend.
# Seen with Keras 3.15.1 and an encoder that is called on two inputs, as in a siamese net: on TensorFlow 2.21.0 and
# torch 2.13.0 the loss is the penalty of both. On JAX 0.10.2 it is that of the second alone, in `fit` and in
# `evaluate`: the first input is not regularized at all, and nothing is said. The likely cause: for JAX Keras calls the
# `call` of the model, so that each layer takes itself for the outermost one and clears its losses when it is called.
# `model(inputs)` and then `model.losses` has both.
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


class Penalty(keras.layers.Layer):
    def call(self, inputs):
        self.add_loss(keras.ops.mean(inputs))
        return inputs


encoders = {
    "activity_regularizer": lambda: keras.layers.Dense(
        1, kernel_initializer="ones", activity_regularizer=keras.regularizers.L1(1.0)
    ),
    "add_loss": Penalty,
    "add_loss in a shared model": lambda: keras.Sequential([keras.Input((1,)), Penalty()]),
}
backend = keras.backend.backend()
for name, make in encoders.items():
    left, right, encoder = keras.Input((1,)), keras.Input((1,)), make()
    both = keras.layers.Concatenate()([encoder(left), encoder(right)])
    model = keras.Model([left, right], keras.layers.Dense(1, kernel_initializer="zeros")(both))
    model.compile(keras.optimizers.SGD(0.0), "mse")  # the loss itself is 0
    inputs = [np.full((4, 1), 3.0, "float32"), np.full((4, 1), 5.0, "float32")]
    trained = model.fit(inputs, np.zeros((4, 1)), verbose=0).history["loss"][0]
    evaluated = model.evaluate(inputs, np.zeros((4, 1)), verbose=0)
    model([keras.ops.convert_to_tensor(x) for x in inputs])
    called = float(sum(keras.ops.convert_to_numpy(loss) for loss in model.losses))
    print(f"{backend}, {name}, penalties of 3 and 5: fit {trained:g}, evaluate {evaluated:g}, model.losses {called:g}")
    assert trained == evaluated == (5 if backend == "jax" else 8)
    assert called == 8
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
