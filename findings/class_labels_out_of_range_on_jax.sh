#!/usr/bin/env bash
# On JAX labels of 1 to 5 for five classes train without a word: the fifth class is never learned, and its loss is 0.
#
# Guess: a label that no output stands for is an error on a CPU, or the loss is NaN.
# Seen with Keras 3.15.1, `sparse_categorical_crossentropy`, with probabilities as with logits: TensorFlow 2.21.0 and
# torch 2.13.0 raise an error. On JAX 0.10.2 the loss of an example with the label 5 is 0, as is that of -1, so that
# `evaluate` of five equal predictions gives 1.29, which is 4/5 of ln 5. The accuracy ends at 0.8.
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
labels = np.arange(200) % 5 + 1
inputs = np.eye(5)[labels - 1]
seen = {}
for logits in (False, True):
    layer = keras.layers.Dense(5, None if logits else "softmax", kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((5,)), layer])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
    model.compile(keras.optimizers.Adam(0.1), loss, metrics=["accuracy"])
    for name, targets in (("1 to 5", labels), ("-1", np.full(200, -1))):
        try:
            seen[logits, name] = round(model.evaluate(inputs, targets, verbose=0)[0], 2)
        except Exception as error:  # each backend has its own
            seen[logits, name] = type(error).__name__
    if backend == "jax":
        model.fit(inputs, labels, epochs=20, verbose=0)
        seen[logits, "accuracy"] = round(model.evaluate(inputs, labels, verbose=0)[1], 2)
print(f"{backend}: {seen}")
for logits in (False, True):
    if backend == "jax":
        assert abs(seen[logits, "1 to 5"] - 0.8 * np.log(5)) < 0.01
        assert seen[logits, "-1"] == 0
        assert seen[logits, "accuracy"] == 0.8
    else:
        error = "InvalidArgumentError" if backend == "tensorflow" else "IndexError"
        assert seen[logits, "1 to 5"] == seen[logits, "-1"] == error
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
