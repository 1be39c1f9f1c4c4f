#!/usr/bin/env bash
# After one NaN in a gradient `Lion` never moves again on torch, and nothing shows why: the weights are finite.
#
# Guess: a NaN in the gradient makes the weights NaN, on every backend and with every optimizer.
# Seen with Keras 3.15.1, one batch with a label that is NaN, then 50 epochs without: on TensorFlow 2.21.0 and JAX
# 0.10.2 all weights are NaN. On torch 2.13.0 they are what they were, before and after the 50 epochs; the loss is
# finite and constant. Lion moves by the sign of a mean that is NaN from then on, and the sign of NaN is 0 there
# (`ops.sign` of NaN is NaN on the others). With SGD or Adam the weights are NaN on torch, too.
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
ones = np.ones((8, 3), "float32")
sign = keras.ops.convert_to_numpy(keras.ops.sign(np.array([np.nan], "float32"))).item()
for name in ("SGD", "Adam", "Lion"):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(getattr(keras.optimizers, name)(0.01), "mse")
    model.fit(ones, np.full((8, 1), np.nan, "float32"), verbose=0)
    losses = model.fit(ones, np.zeros((8, 1), "float32"), epochs=50, verbose=0).history["loss"]
    kernel = model.get_weights()[0].ravel().tolist()
    print(f"{backend}, {name}: the kernel is {kernel}, the losses go from {losses[0]} to {losses[-1]}")
    if backend == "torch" and name == "Lion":
        assert kernel == [1, 1, 1]
        assert losses[0] == losses[-1] == 9
    else:
        assert np.isnan(kernel).all()
print(f"{backend}: the sign of NaN is {sign}")
assert sign == 0 if backend == "torch" else np.isnan(sign)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
