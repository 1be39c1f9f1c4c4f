#!/usr/bin/env bash
# `keras.ops.stack` of a list of Keras variables raises an AttributeError on TensorFlow, and works on JAX and torch.
#
# Guess: it works everywhere, as `keras.ops.concatenate` and `keras.ops.add` of variables do.
# Seen with Keras 3.15.1 and TensorFlow 2.21.0: "'str' object has no attribute 'base_dtype'". In a layer's `call` the
# message says that the output's shape could not be inferred. `convert_to_tensor` first does not help: it returns the
# variable itself. `[variable.value for ...]` does. JAX 0.10.2 and torch 2.13.0 stack the variables.
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
from keras import ops

backend = keras.backend.backend()
variables = [keras.Variable([1.0, 2.0]), keras.Variable([3.0, 4.0])]
joined = ops.concatenate(variables)
try:
    seen = str(tuple(ops.stack(variables).shape))
except AttributeError as error:
    seen = f"AttributeError: {error}"
is_same = ops.convert_to_tensor(variables[0]) is variables[0]
values = tuple(ops.stack([variable.value for variable in variables]).shape)
print(backend, "| stack:", seen, "| convert_to_tensor returns the variable:", is_same, "| stack of values:", values)
assert tuple(joined.shape) == (4,) and values == (2, 2)
assert ("base_dtype" in seen) if backend == "tensorflow" else (seen == "(2, 2)")
PROGRAM
done
