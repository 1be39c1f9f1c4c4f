#!/usr/bin/env bash
# Under `keras.RematScope` a Dropout on torch drops some units and hands the gradient to others.
#
# Guess: what is computed again for the gradient is what was computed before, so that memory is all that changes.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, the default mode "full": on torch half of a
# Dropout's outputs are dropped with a gradient, or kept without one: its generator goes on, and the second computation
# draws another mask. `BatchNormalization` moves its statistics twice in each step of `fit`. Nothing is said, and the
# losses of the first step are the same as without. On TensorFlow a Dropout that is called outside of `tf.function` has
# the wrong mask, too, and `fit` raises a ValueError for any layer in the scope. On JAX `fit` raises a RuntimeError for
# both layers. A Dense layer is right on JAX and torch.
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

backend = keras.backend.backend()
x = np.random.default_rng(0).normal(5, 2, size=(64, 3)).astype("float32")
ones = np.ones((1, 2000), "float32")


def make(kind, remat):
    if not remat:
        return kind()
    with keras.RematScope():
        return kind()


def compare_masks(remat):
    """The share of units whose gradient is that of what the Dropout did to them."""
    layer = make(lambda: layers.Dropout(0.5, seed=1), remat)
    if backend == "tensorflow":
        import tensorflow as tf

        inputs = tf.constant(ones)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs, training=True)
            total = ops.sum(outputs)
        gradient, outputs = tape.gradient(total, inputs).numpy(), outputs.numpy()
    else:
        import torch

        inputs = torch.tensor(ones, requires_grad=True)
        outputs = layer(inputs, training=True)
        ops.sum(outputs).backward()
        gradient, outputs = inputs.grad.numpy(), outputs.detach().numpy()
    return round(float(np.mean(gradient == outputs)), 1)


def train(kind, remat):
    """The loss of an epoch of one step, and the mean that a BatchNormalization has moved to."""
    keras.utils.set_random_seed(1)
    layer = make(kind, remat)
    model = keras.Sequential([keras.Input((3,)), layer, layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.001), "mse")
    try:
        loss = model.fit(x, x[:, :1], batch_size=64, verbose=0).history["loss"][0]
    except (ValueError, RuntimeError) as error:
        return type(error).__name__
    means = [keras.ops.convert_to_numpy(weight).round(2).tolist() for weight in layer.non_trainable_weights[:1]]
    return round(loss, 3), means


kinds = {
    "Dense": lambda: layers.Dense(3),
    "Dropout": lambda: layers.Dropout(0.5, seed=1),
    "BatchNormalization": lambda: layers.BatchNormalization(momentum=0.5),
}
plain, remat = ({name: train(kind, remat) for name, kind in kinds.items()} for remat in (False, True))
print(f"{backend}, loss, moving mean: {plain}, with RematScope: {remat}")
if backend != "jax":
    shares = compare_masks(False), compare_masks(True)
    print(f"{backend}, share of units with the gradient of their output: {shares[0]}, with RematScope: {shares[1]}")
    assert shares == (1, 0.5)
if backend == "torch":
    assert remat["Dense"] == plain["Dense"] and remat["BatchNormalization"][0] == plain["BatchNormalization"][0]
    once, twice = plain["BatchNormalization"][1], remat["BatchNormalization"][1]
    assert np.allclose(np.array(twice), 1.5 * np.array(once), rtol=0.01)
elif backend == "jax":
    assert remat == {"Dense": plain["Dense"], "Dropout": "RuntimeError", "BatchNormalization": "RuntimeError"}
else:
    assert set(remat.values()) == {"ValueError"}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
