#!/usr/bin/env bash
# `quantize("int4")` makes a model of 10,000 parameters one of 5,000, by `count_params` and `summary`.
#
# Guess: quantization changes how many bytes a parameter takes, not how many there are: the same count, or a few more
# for the scales.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, Dense(100) on 100 inputs: 10,100
# parameters, 10,200 in int8, with a scale for each unit. In int4 two weights are kept in one byte, and each byte is
# counted as one parameter. `trainable_weights` are the biases alone in both, so that all the others count as not
# trainable.
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
counts = {}
for mode in (None, "int8", "int4"):
    model = keras.Sequential([keras.Input((100,)), keras.layers.Dense(100)])
    if mode:
        model.quantize(mode)
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    lines = []
    model.summary(print_fn=lines.append)
    total = next(line for line in "\n".join(lines).splitlines() if "Total params" in line).strip()
    counts[mode] = model.count_params(), trainable
    print(f"{backend}, {mode}: {counts[mode][0]} parameters, {trainable} of them trainable; {total}")
assert counts[None] == (10_100, 10_100)
assert counts["int8"] == (10_200, 100)
assert counts["int4"][0] < 6_000
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
