"""Gradients computed without this package, with each backend's own means."""

import keras
import numpy as np


def compute_gradients(model, loss, x, y):
    """Gradients of `loss(y, model(x))` by the trainable weights, as NumPy arrays, None where there is none."""
    compute = {"tensorflow": _by_tape, "jax": _by_jax, "torch": _by_autograd}[keras.backend.backend()]
    return [None if g is None else np.asarray(g, "float32") for g in compute(model, loss, x, y)]


def _by_tape(model, loss, x, y):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss(y, model(x, training=True))
    gradients = tape.gradient(value, model.trainable_weights)
    return [tf.convert_to_tensor(g) if g is not None else None for g in gradients]


def _by_jax(model, loss, x, y):
    import jax

    def compute_loss(trainable):
        non_trainable = [v.value for v in model.non_trainable_variables]
        return loss(y, model.stateless_call(trainable, non_trainable, x, training=True)[0])

    return jax.grad(compute_loss)([v.value for v in model.trainable_weights])


def _by_autograd(model, loss, x, y):
    import torch

    tensors = [v.value for v in model.trainable_weights]
    value = loss(keras.ops.convert_to_tensor(y), model(x, training=True))
    gradients = torch.autograd.grad(value, tensors, allow_unused=True)
    return [None if g is None else g.detach().cpu().float().numpy() for g in gradients]


def compute_input_gradient(compute_loss, x):
    """The gradient of `compute_loss(x)` by `x`, as a NumPy array."""
    x = keras.ops.convert_to_tensor(np.asarray(x, "float32"))
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = compute_loss(x)
        return np.asarray(tape.gradient(value, x))
    if backend == "jax":
        import jax

        return np.asarray(jax.grad(compute_loss)(x))
    import torch

    x = x.detach().requires_grad_()
    return torch.autograd.grad(compute_loss(x), x)[0].numpy()
