#!/usr/bin/env bash
# A loss of `ops.cdist(x, x)`, the distances within a batch, has a gradient of NaN alone.
#
# Guess: a finite gradient: an example is as far from itself as it ever is, so its own distance of 0 adds nothing.
# torch's `cdist` gives 0 there.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, three points: each derivative of
# `ops.sum(ops.cdist(x, x))` is NaN on all three, since the diagonal is 0. A contrastive or triplet loss, a clustering
# layer or a kernel by distances makes NaN of every weight in its first step, and the loss itself is finite. On JAX and
# torch that is so even if the diagonal is multiplied by 0 afterwards, on TensorFlow not. `ops.sqrt(squared_distances +
# 1e-12)` is finite.
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
from keras import ops

backend = keras.backend.backend()


def compute_gradient(function, x):
    """The gradient of the sum of what the function gives."""
    if backend == "tensorflow":
        import tensorflow as tf

        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = ops.sum(function(x))
        gradient = tape.gradient(total, x)
        return None if gradient is None else gradient.numpy()
    if backend == "jax":
        import jax

        return np.asarray(jax.grad(lambda x: ops.sum(function(x)))(x))
    import torch

    x = torch.tensor(x, requires_grad=True)
    ops.sum(function(x)).backward()
    return x.grad.numpy()


def root(x):
    return ops.sqrt(ops.sum(ops.square(x[:, None] - x[None]), axis=-1) + 1e-12)


points = np.array([[0.0, 1.0], [2.0, 3.0], [5.0, 1.0]], "float32")
others = ops.convert_to_tensor(1 - np.eye(3, dtype="float32"))
value = float(ops.convert_to_numpy(ops.sum(ops.cdist(points, points))))
seen = {
    "cdist": compute_gradient(lambda x: ops.cdist(x, x), points),
    "without the diagonal": compute_gradient(lambda x: ops.cdist(x, x) * others, points),
    "root": compute_gradient(root, points),
    "to other points": compute_gradient(lambda x: ops.cdist(x, points + 1), points),
}
counts = {name: int(np.isnan(gradient).sum()) for name, gradient in seen.items()}
print(f"{backend}, sum of distances: {value:.2f}, NaN among six derivatives: {counts}")
if backend == "torch":
    import torch

    assert np.isfinite(compute_gradient(lambda x: torch.cdist(x, x), points)).all()
assert np.isfinite(value) and counts["cdist"] == 6 and counts["root"] == counts["to other points"] == 0
assert counts["without the diagonal"] == (0 if backend == "tensorflow" else 6)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
