"""What an optimizer would make of the weights, tried on copies of them."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg.inspection.nonfinite.step import is_finite
from keras_vg.training import keras_private
from keras_vg.training.optimizers import list_compiled_optimizers
from keras_vg.training.weights import copy_to_numpy


class UpdateTrial:
    """A copy of a model's optimizer, which works on copies of its weights.

    Args:
        model: A built model, compiled with a Keras optimizer.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._optimizer = model.optimizer
        self._run: Any = None
        is_built = self._optimizer.built
        self._variables = (
            keras_private.list_optimizer_weights(self._optimizer) if is_built else model.trainable_variables
        )
        try:
            self._twin = type(self._optimizer).from_config(self._optimizer.get_config())
        except (NotImplementedError, TypeError, ValueError):  # it cannot be made anew
            self._twin = None
            return
        self._copies = [keras_private.copy_variable(v) for v in self._variables]
        self._twin.build(self._copies)
        own = self._optimizer.variables if is_built else self._twin.variables
        self._state = [ops.copy(v.value) for v in own]

    def find_nonfinite(self, gradients: Sequence[Any]) -> tuple[keras.Variable, np.ndarray] | None:
        """Finds the first weight of which an update would make values that are not finite, and its new values.

        Args:
            gradients: One per trainable variable of the model, as of `Outcome`.

        Returns:
            None if there is no such weight among those that are finite now.
        """
        known = {id(v): gradient for v, gradient in zip(self._model.trainable_variables, gradients, strict=False)}
        ordered = [known.get(id(v)) for v in self._variables]
        if self._twin is None or all(gradient is None for gradient in ordered):
            return None
        values = [v.value for v in self._variables]
        for variable, before, after in zip(self._variables, values, self._update(ordered, values), strict=True):
            if not is_finite(after) and is_finite(ops.convert_to_tensor(before)):
                return variable, copy_to_numpy(after)
        return None

    def explain(self) -> str:
        """Says what of the optimizer itself makes such an update; empty if nothing is known."""
        sentences = []
        for optimizer in list_compiled_optimizers(self._model):
            rate = float(copy_to_numpy(ops.convert_to_tensor(optimizer.learning_rate)))
            if not np.isfinite(rate):
                sentences.append(f"The learning rate is {rate}.")
            epsilon = getattr(optimizer, "epsilon", None)
            dtypes = {keras.backend.standardize_dtype(v.dtype) for v in self._variables}
            if isinstance(epsilon, float) and epsilon:
                lost = [dtype for dtype in sorted(dtypes) if not float(copy_to_numpy(ops.cast(epsilon, dtype)))]
                sentences += [f"Its epsilon of {epsilon} is 0 in {dtype}." for dtype in lost]
            if epsilon == 0:
                sentences.append("Its epsilon is 0.")
            broken = [v.path for v in optimizer.variables if not is_finite(ops.convert_to_tensor(v.value))]
            if broken:
                sentences.append(f"Its own variable {broken[0]!r} is not finite.")
        return " ".join(sentences)

    def _update(self, gradients: list[Any], values: list[Any]) -> list[Any]:
        name = keras.backend.backend()
        if name == "jax":
            import jax

            self._run = self._run or jax.jit(self._twin.stateless_apply)
            return list(self._run(self._state, gradients, values)[0])
        if name == "torch":
            import torch

            with torch.no_grad():
                return self._apply(gradients)
        import tensorflow as tf

        gradients = [tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in gradients]
        if self._run is None:
            self._run = tf.function(self._apply).get_concrete_function(gradients)
        return list(self._run(gradients))

    def _apply(self, gradients: list[Any]) -> list[Any]:
        for own, value in zip(self._twin.variables, self._state, strict=True):
            own.assign(value)
        for variable, own in zip(self._variables, self._copies, strict=True):
            own.assign(ops.convert_to_tensor(variable.value))
        self._twin.apply(gradients, self._copies)
        return [ops.convert_to_tensor(own.value) for own in self._copies]
