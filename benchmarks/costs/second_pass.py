"""The usual home-made way to see gradients, to compare with."""

from typing import Any

import keras
import numpy as np


class SecondPass(keras.callbacks.Callback):
    """The usual home-made way: after each step, the gradients of that batch once more."""

    def __init__(self, x: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        super().__init__()
        self.x, self.y, self.batch_size = x, y, batch_size
        self.compute: Any = None

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Takes them."""
        part = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        model = self.model
        if self.compute is None:
            self.compute = _make_gradient_function(model, keras.losses.get(model.loss))
        self.norms = self.compute(self.x[part], self.y[part])


def _make_gradient_function(model: keras.Model, loss: Any) -> Any:
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        def compute(x: Any, y: Any) -> Any:
            with tf.GradientTape() as tape:
                value = tf.reduce_mean(loss(y, model(x, training=True)))
            return [tf.norm(g) for g in tape.gradient(value, model.trainable_weights)]

        return tf.function(compute, jit_compile=True)
    if backend == "jax":
        import jax

        def compute_norms(trainable: Any, non_trainable: Any, x: Any, y: Any) -> Any:
            def value(trainable: Any) -> Any:
                return loss(y, model.stateless_call(trainable, non_trainable, x, training=True)[0]).mean()

            return [jax.numpy.linalg.norm(g.ravel()) for g in jax.grad(value)(trainable)]

        compiled = jax.jit(compute_norms)
        return lambda x, y: compiled(
            [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables], x, y
        )
    import torch

    def compute_eagerly(x: Any, y: Any) -> Any:
        value = loss(keras.ops.convert_to_tensor(y), model(x, training=True)).mean()
        gradients = torch.autograd.grad(value, [v.value for v in model.trainable_weights])
        return [torch.linalg.vector_norm(g) for g in gradients]

    return compute_eagerly
