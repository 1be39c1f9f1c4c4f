#!/usr/bin/env bash
# `Muon` leaves the kernels of attention and of convolutions to Adam, and orthogonalizes attention's biases.
#
# Guess: Muon, which is for the matrices of hidden layers, orthogonalizes the updates of attention's query, key and value
# kernels, and leaves biases to Adam.
# Seen with Keras 3.15.1 on torch 2.13.0 (the code is the same on every backend): it goes by the number of axes alone. The
# kernels have three in Keras (features, heads, size) and get Adam, as those of convolutions do; the biases have two
# (heads, size) and are orthogonalized, as is the bias of a GRU.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras

inputs = keras.Input((5, 8))
x = keras.layers.MultiHeadAttention(2, 4)(inputs, inputs)
x = keras.layers.Conv1D(3, 3)(x)
model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.GRU(4)(x)))
optimizer = keras.optimizers.Muon(0.001)
optimizer.build(model.trainable_variables)
by_adam = {}
for variable, velocity in zip(model.trainable_variables, optimizer.adam_velocities):
    by_adam[variable.path.split("/", 1)[-1] + str(tuple(variable.shape))] = velocity is not None
    print("Adam" if velocity is not None else "Muon", variable.path, tuple(variable.shape))
kernels = [is_adam for name, is_adam in by_adam.items() if "kernel(8, 2, 4)" in name or "kernel(3, 8, 3)" in name]
biases = [is_adam for name, is_adam in by_adam.items() if "bias(2, 4)" in name or "bias(2, 12)" in name]
assert len(kernels) == 4 and all(kernels)
assert len(biases) == 4 and not any(biases)
PROGRAM
for backend in torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
