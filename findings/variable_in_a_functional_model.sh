#!/usr/bin/env bash
# A `keras.Variable` in a functional model is no weight of it: it is not trained, and nothing is said.
#
# Guess: `ops.multiply(inputs, scale)` makes the trainable variable `scale` a weight of the model, as a layer's
# variable is; or it is refused.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the model is made and trains, `scale` is
# not among its weights and stays what it was, while the Dense layer behind it moves. On JAX and torch `save` raises a
# TypeError after the training; on TensorFlow it saves. A layer of one's own with `add_weight` is right.
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
import tempfile

import keras
import numpy as np
from keras import layers, ops

backend = keras.backend.backend()
scale = keras.Variable(np.ones(2, "float32"), trainable=True, name="scale")
inputs = keras.Input((2,))
model = keras.Model(inputs, layers.Dense(1)(ops.multiply(inputs, scale)))
model.compile(keras.optimizers.SGD(0.1), "mse")
kernel = model.get_weights()[0]
model.fit(np.ones((8, 2)), np.full((8, 1), 5.0), verbose=0)
print(f"{backend}: weights", [weight.path for weight in model.weights], "scale", ops.convert_to_numpy(scale.value))
assert len(model.weights) == 2 and np.all(ops.convert_to_numpy(scale.value) == 1)
assert np.all(model.get_weights()[0] != kernel)
try:
    model.save(tempfile.mkdtemp() + "/model.keras")
except TypeError as error:
    print("save:", str(error)[:60])
    assert backend != "tensorflow"
else:
    assert backend == "tensorflow"
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
