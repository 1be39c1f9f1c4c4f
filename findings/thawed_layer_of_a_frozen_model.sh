#!/usr/bin/env bash
# A layer thawed within a frozen model is trained in the model around it, and not by the frozen model's own `fit`; that
# one lists no trainable weights.
#
# Guess: `base.trainable = False` and then `base.layers[-1].trainable = True` thaw the last layer, or have no effect
# until the base is thawed; `base.trainable_weights` says which.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: `base.trainable_weights` is empty, and
# `base.fit` trains nothing. A functional or Sequential model that has the base among its layers counts the layer among
# its trainable weights, and trains it. So a check of `base.trainable_weights` says that the base is frozen while it
# changes.
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

inputs = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
seen = []
for kind in ("Sequential", "functional", "base"):
    base = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)], name="base")
    base.trainable = False
    base.layers[-1].trainable = True
    tensor = keras.Input((3,))
    model = {
        "Sequential": keras.Sequential([keras.Input((3,)), base, keras.layers.Dense(1)]),
        "functional": keras.Model(tensor, keras.layers.Dense(1)(base(tensor))),
        "base": base,
    }[kind]
    model.compile("sgd", "mse")
    before = base.get_weights()
    model.fit(inputs, np.ones((64, 1)), verbose=0)
    moved = [bool((old != new).any()) for old, new in zip(before, base.get_weights(), strict=True)]
    seen.append((kind, len(base.trainable_weights), len(model.trainable_weights), moved))
    print(f"{keras.backend.backend()}, model, trainable weights of the base and of the model, what moved:", seen[-1])
thawed, still = [False, False, True, True], [False] * 4
assert seen == [("Sequential", 0, 4, thawed), ("functional", 0, 4, thawed), ("base", 0, 0, still)]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
