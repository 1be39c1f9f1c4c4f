#!/usr/bin/env bash
# `base.trainable = False` and then `enable_lora` on its layers: nothing of them is trained, the new matrices neither.
#
# Guess: the matrices that `enable_lora` adds are trained; that the rest of the layer stands still is what it does
# anyway.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, two Dense layers in a base and a new head on
# it: after `fit` all eight weights of the base are what they were, the second matrix of each pair is still 0, and the
# loss falls by what the head learns. Nothing is said. With `enable_lora` alone, which freezes the kernels by itself,
# and `trainable` left as it is, the matrices are trained; `base.trainable = True` afterwards trains them, but the
# kernels as well (lora_kernel_thaws.sh).
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
from keras import layers

x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
y = x.sum(axis=1, keepdims=True)


def train(freeze, thaw=False):
    """Which weights of the base a fit moves."""
    base = keras.Sequential([keras.Input((3,)), layers.Dense(8, "relu"), layers.Dense(8, "relu")])
    if freeze:
        base.trainable = False
    for layer in base.layers:
        layer.enable_lora(2)
    if thaw:
        base.trainable = True
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(1)(base(inputs)))
    model.compile("sgd", "mse")
    before = [keras.ops.convert_to_numpy(weight).copy() for weight in base.weights]
    model.fit(x, y, epochs=3, verbose=0)
    moved = [np.any(keras.ops.convert_to_numpy(w) != old) for w, old in zip(base.weights, before)]
    return sorted({w.name for w, has_moved in zip(base.weights, moved) if has_moved})


moved = {"frozen before": train(True), "not frozen": train(False), "thawed afterwards": train(True, thaw=True)}
print(f"{keras.backend.backend()}, weights of the base that fit moves: {moved}")
lora = ["bias", "lora_kernel_a", "lora_kernel_b"]
assert moved == {"frozen before": [], "not frozen": lora, "thawed afterwards": sorted(["kernel", *lora])}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
