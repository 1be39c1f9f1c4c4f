#!/usr/bin/env bash
# A mask of 0 and -1e9, which other libraries add to the scores, makes Keras's attention see what it should not, and
# nothing else.
#
# Guess: it is added, as torch's `scaled_dot_product_attention` does with a mask of numbers, or there is an error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, three keys, of which the third is not to be
# seen (0, 0, -1e9): with `MultiHeadAttention`, `Attention` and `ops.dot_product_attention` the third key gets all the
# attention, since what is not 0 counts as True. In `MultiHeadAttention` that is a model that looks ahead, or at the
# padding alone, and trains; nothing is said. `Softmax(...)(scores, mask)` and `GroupQueryAttention` with
# `return_attention_scores=True` give 0 for each key. Masks of True and False, or of 1 and 0, are right.
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
from keras import layers, ops

x = np.random.default_rng(0).normal(size=(1, 3, 4)).astype("float32")
visible = np.array([[[True, True, False]] * 3])
added = np.where(visible, 0.0, -1e9).astype("float32")
attention = layers.MultiHeadAttention(1, 4)
grouped = layers.GroupQueryAttention(4, 2, 1)
values = np.eye(3, dtype="float32")[None, :, None]  # so that the outputs are the weights
functions = {
    "MultiHeadAttention": lambda m: attention(x, x, attention_mask=m, return_attention_scores=True)[1],
    "Attention": lambda m: layers.Attention()([x, x], mask=[None, m[:, 0]], return_attention_scores=True)[1],
    "dot_product_attention": lambda m: ops.dot_product_attention(
        x[:, :, None, :3], x[:, :, None, :3], values, mask=m[:, None]
    ),
    "Softmax": lambda m: layers.Softmax()(x[..., :3], mask=m),
    "GroupQueryAttention": lambda m: grouped(x, x, attention_mask=m, return_attention_scores=True)[1],
}
for name, function in functions.items():
    weights = {}
    for kind, mask in {"bool": visible, "0 and 1": visible.astype("float32"), "added": added}.items():
        first = keras.ops.convert_to_numpy(function(mask)).reshape(-1)[:3]
        weights[kind] = [round(float(weight), 2) for weight in first]
    print(f"{keras.backend.backend()}, {name}: {weights}")
    assert weights["bool"] == weights["0 and 1"] and weights["bool"][2] == 0
    assert weights["added"] == ([0, 0, 0] if name in ("Softmax", "GroupQueryAttention") else [0, 0, 1])
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
