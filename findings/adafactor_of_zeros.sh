#!/usr/bin/env bash
# Adafactor(0.01) hardly moves a layer that starts at 0: by 0.001 in 100 steps.
#
# Guess: at a learning rate of 0.01 weights that start at 0, as a bias, a head or one of LoRA's matrices does, move by
# up to 0.01 at each step, as under Adam.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a head of zeros that should become 3: after
# 100 steps Adam has moved it by more than 0.3, Adafactor by about 0.001, and its loss is what it was; with
# relative_step=False, too. Each step is multiplied by the weights' own root mean square, or 0.001 where that is less
# (`epsilon_2`): it is part of the method, and the description of the class, which says that `epsilon_2` keeps the rate
# from becoming too small by time, does not name it. A rate of 1.0 trains such a layer.
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
from keras import layers, optimizers

backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
y = 3 * x.sum(1, keepdims=True)
seen = {}
for name, optimizer in {
    "Adam(0.01)": optimizers.Adam(0.01),
    "Adafactor(0.01)": optimizers.Adafactor(0.01),
    "Adafactor(0.01, relative_step=False)": optimizers.Adafactor(0.01, relative_step=False),
    "Adafactor(1.0, relative_step=False)": optimizers.Adafactor(1.0, relative_step=False),
}.items():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(optimizer, "mse")
    losses = model.fit(x, y, epochs=100, batch_size=32, verbose=0).history["loss"]
    seen[name] = [round(float(np.abs(model.get_weights()[0]).max()), 4), round(losses[-1] / losses[0], 3)]
print(f"{backend}, the largest weight and the share of the loss that is left:", seen)
assert seen["Adam(0.01)"][0] > 0.3
for name in ("Adafactor(0.01)", "Adafactor(0.01, relative_step=False)"):
    assert seen[name][0] < 0.003
    assert seen[name][1] > 0.99
assert seen["Adafactor(1.0, relative_step=False)"][1] < 0.99
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
