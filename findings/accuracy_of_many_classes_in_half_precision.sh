#!/usr/bin/env bash
# Under mixed_bfloat16 "accuracy" counts class 20,030 as right where the label is 20,000.
#
# Guess: a class is right or wrong, whatever type the probabilities have; what is compared is whole numbers.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, integer labels or one-hot ones, and outputs
# in half precision, probabilities as well as logits: the numbers of the classes are rounded to the type of the outputs.
# In bfloat16 the classes 256 and 257 are the same, and from 16,384 on each of 128 in a row; in float16 from 2048 on
# each of 2. So the accuracy of a model that is never right can be 1, with a loss of 10. Nothing is said. With a last
# layer of dtype="float32" it is 0.
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

x = np.ones((4, 1))
seen = {}
for policy, label, answer, classes in (
    ("mixed_bfloat16", 256, 257, 300),
    ("mixed_bfloat16", 20000, 20030, 32000),
    ("mixed_bfloat16", 20000, 21000, 32000),
    ("mixed_float16", 3000, 3001, 4000),
):
    for head, dtype in (("softmax", policy), (None, policy), ("softmax", "float32")):
        layer = keras.layers.Dense(classes, head, kernel_initializer="zeros", dtype=dtype)
        model = keras.Sequential([keras.Input((1,)), layer])
        bias = np.zeros(classes)
        bias[answer] = 5
        model.set_weights([np.zeros((1, classes)), bias])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=head is None)
        model.compile(loss=loss, metrics=["accuracy"])
        seen[policy, label, answer, head, dtype] = model.evaluate(x, np.full(4, label), verbose=0)[1]
    if classes == 300:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(classes, "softmax", dtype=policy)])
        model.set_weights([np.zeros((1, classes)), bias])
        model.compile(loss="categorical_crossentropy", metrics=["accuracy"])
        one_hot = np.eye(classes)[np.full(4, label)]
        assert model.evaluate(x, one_hot, verbose=0)[1] == 1
print(f"{keras.backend.backend()}, accuracy where each answer is wrong: {seen}")
for (_, _, answer, _, dtype), accuracy in seen.items():
    assert accuracy == (0 if answer == 21000 or dtype == "float32" else 1)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
