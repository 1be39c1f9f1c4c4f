#!/usr/bin/env bash
# Labels of 1 and 2 under "binary_crossentropy": torch raises an error; on TensorFlow and JAX the loss falls, below 0 in
# the end.
#
# Guess: an error on every backend, or a loss that is too large to be overlooked.
# Seen with Keras 3.15.1, a sigmoid output, SGD(0.1): torch 2.13.0 raises a RuntimeError that targets are to be between
# 0 and 1. On TensorFlow 2.21.0 and JAX 0.10.2 the loss falls in each of 30 epochs, as if the model learned, from 0.3 to
# -6 and less. `from_logits=True` trains on torch, too.
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
inputs = np.random.default_rng(0).normal(size=(320, 3)).astype("float32")
labels = 1 + (inputs[:, :1] > 0)
seen = {}
for logits in (False, True):
    layer = keras.layers.Dense(1, None if logits else "sigmoid", kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.1), keras.losses.BinaryCrossentropy(from_logits=logits))
    try:
        losses = model.fit(inputs, labels, epochs=30, verbose=0).history["loss"]
        falls = bool(np.all(np.diff(losses) < 0))
        seen[logits] = round(losses[0], 2), round(losses[-1], 2), falls
    except RuntimeError as error:
        seen[logits] = str(error)
print(f"{backend}, first and last loss, whether each is below the one before, by from_logits: {seen}")
for logits in (False, True):
    if backend == "torch" and not logits:
        assert "between 0 and 1" in seen[logits]
    else:
        assert 0 < seen[logits][0] < 0.7
        assert seen[logits][1] < 0
        assert seen[logits][2]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
