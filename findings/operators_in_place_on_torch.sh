#!/usr/bin/env bash
# On torch `x -= mean` in a layer's `call` changes the tensor that other layers get, too.
#
# Guess: in `call`, `x -= 5.0` is the same as `x = x - 5.0`, on every backend.
# Seen with Keras 3.15.1, inputs of 7, a layer that subtracts 5 so, and its output added to its input: 2 + 7 = 9 on
# TensorFlow 2.21.0 and JAX 0.10.2. On torch 2.13.0 it is 2 + 2 = 4, in `predict` and `evaluate` as in a call, without a
# word, and a tensor that is given to `model(x)` is 2 afterwards. With `return x - 5.0` it is 9. NumPy arrays that are
# given to `predict` stay.
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


class InPlace(keras.layers.Layer):
    def call(self, inputs):
        inputs -= 5.0
        return inputs


class Plain(keras.layers.Layer):
    def call(self, inputs):
        return inputs - 5.0


x = np.full((4, 1), 7.0, "float32")
seen = {}
for layer in (InPlace(), Plain()):
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Add()([inputs, layer(inputs)]))
    model.compile(loss="mae")
    tensor = keras.ops.convert_to_tensor(x.copy())
    seen[type(layer).__name__] = {
        "predict": float(model.predict(x, verbose=0)[0, 0]),
        "evaluate": model.evaluate(x, np.zeros((4, 1)), verbose=0),
        "call": float(model(tensor)[0, 0]),
        "tensor": float(tensor[0, 0]),
        "array": float(x[0, 0]),
    }
print(f"{backend}, (7 - 5) + 7, and what is 7 afterwards: {seen}")
right = {"predict": 9, "evaluate": 9, "call": 9, "tensor": 7, "array": 7}
assert seen["Plain"] == right
changed = {"predict": 4, "evaluate": 4, "call": 4, "tensor": 2, "array": 7}
assert seen["InPlace"] == (changed if backend == "torch" else right)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
