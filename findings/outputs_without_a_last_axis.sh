#!/usr/bin/env bash
# A model whose outputs have the shape (n,), as the dot product of two embeddings has: `sample_weight` does not weight
# the examples.
#
# Guess: each example has its own weight, as with outputs of shape (n, 1).
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, `ops.sum(..., axis=-1)` as the last
# operation, "mse" and labels of shape (n,): the loss is averaged over the batch before it is weighted, so that all
# weights become one factor. Examples of weight 0 are learned like the others. A metric such as "mae" is averaged so,
# too: a short last batch counts as much as a full one, 5 instead of 3.5. Nothing is said. Labels of shape (n, 1), or
# outputs of that shape, are right.
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

x, labels = np.eye(8), np.arange(8.0)
weights = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
seen = {}
for name, summed, shape in (("(n,)", True, (8,)), ("(n,), labels (n, 1)", True, (8, 1)), ("(n, 1)", False, (8,))):
    inputs = keras.Input((8,))
    outputs = keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)(inputs)
    if summed:
        outputs = keras.ops.sum(outputs, axis=-1)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.5), "mse", metrics=["mae"])
    error = model.evaluate(x, labels.reshape(shape), batch_size=7, verbose=0)[1]
    model.fit(x, labels.reshape(shape), sample_weight=weights, epochs=300, verbose=0)
    seen[name] = round(error, 2), model.predict(x, verbose=0).ravel().round(1).tolist()
print(f"{keras.backend.backend()}, error in batches of 7 and 1, what is learned with half of the weights 0: {seen}")
assert seen["(n,)"] == (5, [0, 1, 2, 3, 4, 5, 6, 7])
assert seen["(n, 1)"] == seen["(n,), labels (n, 1)"] == (3.5, [0, 1, 2, 3, 0, 0, 0, 0])
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
