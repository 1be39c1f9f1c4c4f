#!/usr/bin/env bash
# `exclude_from_weight_decay` takes the name of a layer on TensorFlow, and ignores it on JAX and torch.
#
# Guess: `var_names` are looked for in the paths of the weights, as `normalization/gamma`, on every backend.
# Seen with Keras 3.15.1, AdamW(0.1, weight_decay=0.5), var_names=["normalization"] and one step in which gamma has a
# gradient of 0: on TensorFlow 2.21.0 it stays 1, on JAX 0.10.2 and torch 2.13.0 it is 0.95, and nothing is said of a
# name that matches no weight. TensorFlow's own variables are named by their paths, and there Keras looks at these; a
# Keras variable's `name` is `gamma` alone. With var_names=["gamma"], or the weight itself in `var_list`, all three
# exclude it.
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


def measure_decay(choose):
    """Gamma, which starts at 1, after a step in which it has a gradient of 0."""
    normalization = keras.layers.BatchNormalization(name="normalization")
    model = keras.Sequential([keras.Input((2,)), normalization, keras.layers.Dense(1)])
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(**choose(normalization))
    model.compile(optimizer, "mse")
    model.fit(np.zeros((4, 2)), np.zeros((4, 1)), verbose=0)
    return float(keras.ops.convert_to_numpy(normalization.gamma)[0])


backend = keras.backend.backend()
by_layer = measure_decay(lambda layer: {"var_names": ["normalization"]})
by_weight = measure_decay(lambda layer: {"var_names": ["gamma"]})
by_list = measure_decay(lambda layer: {"var_list": [layer.gamma]})
print(f"{backend}: gamma is {by_layer:.2f}, with its own name {by_weight:.2f}, with var_list {by_list:.2f}")
assert by_weight == by_list == 1
assert abs(by_layer - (1 if backend == "tensorflow" else 0.95)) < 1e-6
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
