#!/usr/bin/env bash
# On TensorFlow the gradient through `ops.image.affine_transform` is not that of what it computes; through `hsv_to_rgb`
# there is none.
#
# Guess: what finite differences give, as on JAX and torch.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a picture of 8 x 8 that is turned and
# sheared a little, a weighted sum of its pixels: on TensorFlow the derivatives by the pixels are off by 18 % of their
# size (the gradient is moved back by the inverse of the transform, which is not the transpose of an interpolation), and
# with `perspective_transform` by 29 %; on JAX and torch they agree with finite differences. `ops.image.hsv_to_rgb`
# gives no gradient on TensorFlow, so what is before it in a model gets none either. What rotates within a network
# (spatial transformers, augmentation behind a trained part, adversarial pictures) differs from the other backends so.
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


generator = np.random.default_rng(0)
picture = generator.uniform(0.1, 0.9, size=(1, 8, 8, 3)).astype("float32")
weights = generator.normal(size=(1, 8, 8, 3)).astype("float32")
matrix = np.array([[1.0, 0.1, 0.3, 0.1, 0.9, 0.2, 0, 0]], "float32")
corners = np.array([[[0, 0], [0, 7], [7, 0], [7, 7]]], "float32")
moved = np.array([[[0.5, 0], [0, 6], [6, 1], [7, 7]]], "float32")
functions = {
    "affine": lambda x: ops.image.affine_transform(x, matrix),
    "perspective": lambda x: ops.image.perspective_transform(x, corners, moved),
    "resize": lambda x: ops.image.resize(x, (8, 8)),
}


def compute_error(function):
    """How far the gradient is from finite differences, relative to them."""
    gradient = compute_gradient(lambda x: function(x) * ops.convert_to_tensor(weights), picture)
    differences = np.zeros_like(picture)
    for place in np.ndindex(1, 8, 8, 1):
        step = np.zeros_like(picture)
        step[place] = 0.002
        changes = [ops.convert_to_numpy(function(ops.convert_to_tensor(picture + s))) for s in (step, -step)]
        differences[place] = np.sum((changes[0] - changes[1]) * weights) / 0.004
    error = gradient[..., :1] - differences[..., :1]
    return round(float(np.linalg.norm(error) / np.linalg.norm(differences[..., :1])), 2)


errors = {name: compute_error(function) for name, function in functions.items()}
has_gradient = compute_gradient(ops.image.hsv_to_rgb, picture) is not None
print(f"{backend}, error of the gradient: {errors}, hsv_to_rgb has one: {has_gradient}")
off = backend == "tensorflow"
assert (errors["affine"] > 0.1) == (errors["perspective"] > 0.1) == off and has_gradient != off
assert errors["resize"] < 0.01 and (off or max(errors.values()) < 0.01)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
