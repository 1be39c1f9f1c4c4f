#!/usr/bin/env bash
# KerasRS's `RemoveAccidentalHits` leaves all logits as they are.
#
# Guess: the logit of a candidate with the same id as the positive one becomes very small, so that softmax gives it 0.
# Seen with KerasRS 0.4.0 and Keras 3.15.1 on JAX 0.10.2 and torch 2.13.0, ids 7, 8 and 7 of which the first is the
# right one: the logits 1, 2 and 3 stay 1, 2 and 3. What is added to the third is 1e-40, a number just above 0, not the
# most negative one. So the softmax treats the same item of another example in the batch as a wrong one, as it does
# without the layer. Nothing is said.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 torch==2.13.0 keras-rs==0.4.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import keras_rs
import numpy as np

logits = np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]], "float32")
labels = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], "float32")
layer = keras_rs.layers.RemoveAccidentalHits()
removed = keras.ops.convert_to_numpy(layer(logits, labels, np.array([7, 8, 7])))
shares = keras.ops.convert_to_numpy(keras.ops.softmax(removed))
zeros = keras.ops.convert_to_numpy(layer(np.zeros((1, 3), "float32"), labels[:1], np.array([7, 8, 7])))
print(f"{keras.backend.backend()}: {removed.tolist()}, shares {shares.tolist()}, of zeros {zeros.tolist()}")
assert np.array_equal(removed, logits)
assert shares[0, 2] > 0.6
assert np.abs(zeros).max() < 1e-39
PROGRAM
for backend in jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
