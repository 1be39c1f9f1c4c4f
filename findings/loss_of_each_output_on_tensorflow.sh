#!/usr/bin/env bash
# On TensorFlow the loss of each output in the log counts a short last batch as much as a full one; on JAX and torch it
# does not.
#
# Guess: `a_loss` and `b_loss` add up to `loss`, on every backend.
# Seen with Keras 3.15.1, two outputs, 33 examples in batches of 32, an error of 1 in the last example alone: `loss` is
# 0.061 on all three. JAX 0.10.2 and torch 2.13.0 log 0.030 for each output, TensorFlow 2.21.0 0.5, in `fit`, in
# `evaluate` and as `val_a_loss`. `ReduceLROnPlateau`, `EarlyStopping` or `ModelCheckpoint` that monitor one output's
# loss go by another number than on the other backends.
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

inputs = np.zeros((33, 3))
labels = np.zeros((33, 1))
labels[-1] = 1
tensor = keras.Input((3,))
heads = [keras.layers.Dense(1, kernel_initializer="zeros", name=name)(tensor) for name in ("a", "b")]
model = keras.Model(tensor, heads)
model.compile(keras.optimizers.SGD(0.0), "mse")
data = inputs, [labels, labels]
logs = model.fit(*data, shuffle=False, validation_data=data, verbose=0).history
logs = {name: round(values[0], 3) for name, values in logs.items()}
alone = {name: round(value, 3) for name, value in model.evaluate(*data, verbose=0, return_dict=True).items()}
print(f"{keras.backend.backend()}: {logs}, evaluate {alone}")
expected = 0.5 if keras.backend.backend() == "tensorflow" else 0.03
assert logs["loss"] == logs["val_loss"] == alone["loss"] == 0.061
assert logs["a_loss"] == logs["b_loss"] == logs["val_a_loss"] == alone["a_loss"] == expected
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
