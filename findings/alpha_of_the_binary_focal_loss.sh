#!/usr/bin/env bash
# `BinaryFocalCrossentropy(alpha=0.9)` weights nothing.
#
# Guess: positives count 0.9 and negatives 0.1, as `CategoricalFocalCrossentropy(alpha=...)` weights by its `alpha`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the loss is the same for each `alpha`,
# without a word, until `apply_class_balancing=True` is given, too. `CategoricalFocalCrossentropy` has no such switch
# and weights always: with its default of 0.25 and `gamma=0` it is a quarter of the cross-entropy, and so are its
# gradients, where the binary one with `gamma=0` is the cross-entropy. So a search over `alpha` compares equal losses,
# and two classes by softmax learn a quarter as fast under SGD as by a sigmoid.
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

losses = keras.losses
labels, answers = np.array([[1.0], [0.0]]), np.array([[0.3], [0.3]])


def binary(**options):
    return round(float(losses.BinaryFocalCrossentropy(**options)(labels, answers)), 4)


def categorical(loss):
    return float(loss(np.concatenate([labels, 1 - labels], 1), np.concatenate([answers, 1 - answers], 1)))


plain = [binary(alpha=alpha) for alpha in (0.1, 0.25, 0.9)]
balanced = [binary(alpha=alpha, apply_class_balancing=True) for alpha in (0.1, 0.25, 0.9)]
share = categorical(losses.CategoricalFocalCrossentropy(gamma=0)) / categorical(losses.CategoricalCrossentropy())
share_binary = binary(gamma=0) / float(losses.BinaryCrossentropy()(labels, answers))
print(f"{keras.backend.backend()}, alpha 0.1, 0.25, 0.9: {plain}, balanced: {balanced}")
print(f"share of the cross-entropy with gamma=0: categorical {share:.2f}, binary {share_binary:.2f}")
assert plain[0] == plain[1] == plain[2] and balanced[0] < balanced[1] < balanced[2]
assert abs(share - 0.25) < 1e-3 and abs(share_binary - 1) < 1e-3
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
