#!/usr/bin/env bash
# The gradient of 0 * sqrt(x) at 0 on TensorFlow: 0 in eager mode and in a graph, NaN when XLA compiles the same function.
#
# Guess: `jit_compile=True` changes the speed and the last bits, not whether a gradient is finite.
# Seen with TensorFlow 2.21.0 on a CPU: [0, 0] for x = [0, 4] with and without `tf.function`, [NaN, 0] with
# `tf.function(jit_compile=True)`. So a model whose masked square root trains well turns to NaN once it is compiled with
# `jit_compile=True`.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet tensorflow==2.21.0
fi
TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import numpy as np
import tensorflow as tf


def differentiate(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        masked = tf.zeros_like(x) * tf.sqrt(x)
    return tape.gradient(masked, x)


x = tf.constant([0.0, 4.0])
eager, graph = differentiate(x).numpy(), tf.function(differentiate)(x).numpy()
compiled = tf.function(differentiate, jit_compile=True)(x).numpy()
print("eager:", eager, "graph:", graph, "XLA:", compiled)
assert np.array_equal(eager, [0, 0]) and np.array_equal(graph, [0, 0])
assert np.isnan(compiled[0]) and compiled[1] == 0
PROGRAM
