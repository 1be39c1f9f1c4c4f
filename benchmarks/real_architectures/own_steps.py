"""Training steps of a model's own, written for each backend as its users write them."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops


class LossStep(keras.Model):
    """A model whose step descends on a loss that it measures itself: no compiled loss, no labels needed."""

    def measure_loss(self, data: Any) -> Any:
        """Returns the loss of a batch."""
        raise NotImplementedError

    def train_step(self, *args: Any) -> Any:
        """Descends on the loss."""
        if keras.backend.backend() == "jax":
            return self._step_by_jax(*args)
        loss, gradients = differentiate(lambda: self.measure_loss(*args), self.trainable_variables)
        apply_gradients(self.optimizer, gradients, self.trainable_variables)
        return {"loss": loss}

    def _step_by_jax(self, state: Any, data: Any) -> Any:
        import jax

        trainable, non_trainable, optimizer, metrics = state

        def compute_loss(trainable: Any, non_trainable: Any) -> Any:
            mapping = [*zip(self.trainable_variables, trainable, strict=True)]
            mapping += zip(self.non_trainable_variables, non_trainable, strict=True)
            with keras.StatelessScope(mapping) as scope:
                loss = self.measure_loss(data)
            return loss, [scope.get_current_value(variable) for variable in self.non_trainable_variables]

        compute = jax.value_and_grad(compute_loss, has_aux=True)
        (loss, non_trainable), gradients = compute(trainable, non_trainable)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return {"loss": loss}, (trainable, non_trainable, optimizer, metrics)


def differentiate(measure_loss: Callable[[], Any], variables: Sequence[keras.Variable]) -> tuple[Any, list[Any]]:
    """Computes a loss and its gradients on TensorFlow or torch.

    Args:
        measure_loss: Computes the loss.
        variables: By what to differentiate it.

    Returns:
        The loss, and one gradient per variable.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = measure_loss()
        return loss, tape.gradient(loss, [variable.value for variable in variables])
    import torch

    loss = measure_loss()
    return loss, list(torch.autograd.grad(loss, [variable.value for variable in variables]))


def apply_gradients(
    optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], variables: Sequence[keras.Variable]
) -> None:
    """Has an optimizer update the variables, on TensorFlow or torch."""
    if keras.backend.backend() == "torch":
        import torch

        with torch.no_grad():
            optimizer.apply(gradients, variables)
    else:
        optimizer.apply_gradients(zip(gradients, variables, strict=True))


def differentiate_by_input(function: Callable[[Any], Any], x: Any) -> Any:
    """The gradient of the sum of a function's values by its input, as part of a loss that is differentiated itself."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.grad(lambda x: ops.sum(function(x)))(x)
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            total = ops.sum(function(x))
        return tape.gradient(total, x)
    import torch

    x = x.detach().requires_grad_()
    return torch.autograd.grad(ops.sum(function(x)), x, create_graph=True)[0]
