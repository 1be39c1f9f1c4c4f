"""A training step on JAX, traced once for data of one shape, and run as a whole or operation by operation."""

from typing import Any

import jax
import keras
from jax.extend import core
from keras import ops

from keras_vg.inspection.nonfinite.jax_labels import OperationLabels
from keras_vg.inspection.nonfinite.jax_trace import JaxTrace
from keras_vg.inspection.nonfinite.scopes import STEP, LayerScopes
from keras_vg.inspection.nonfinite.step import Batch, Outcome, list_losses, list_sources, name_data
from keras_vg.inspection.nonfinite.trace import NonFinite, Source
from keras_vg.training import keras_private
from keras_vg.training.compilation import has_own_step
from keras_vg.training.exactness import is_unconnected


class JaxStep:
    """A model's training step up to the update.

    Args:
        model: A built model.
        scopes: Follow the calls of its layers.
        batch: Data of the shape that the step is for.
    """

    def __init__(self, model: keras.Model, scopes: LayerScopes, batch: Batch) -> None:
        self._model = model
        self._scopes = scopes
        self._labels = OperationLabels(len(scopes.names))
        self._is_update_met = False
        state = self._read_state()
        with keras_private.set_attribute(model.optimizer, "stateless_apply", self._keep), scopes.follow():
            closed, shapes = jax.make_jaxpr(self._step, return_shape=True)(state, batch)
        self._closed = closed
        self._structure = jax.tree.structure(shapes)
        self._compiled = jax.jit(core.jaxpr_as_fun(closed))

    def run(self, batch: Batch) -> Outcome:
        """Runs the step as a whole."""
        return self._sort(self._compiled(*jax.tree.leaves((self._read_state(), batch))))

    def trace(self, batch: Batch) -> list[NonFinite]:
        """Runs the step operation by operation; returns what of its losses and gradients is not finite."""
        state = self._read_state()
        known = {id(v): source for source, v in list_sources(self._model)}
        weights = [*self._model.trainable_variables, *self._model.non_trainable_variables]
        constant = Source("constant")
        sources = [known.get(id(v), constant) for v in weights]
        sources += [constant] * (len(jax.tree.leaves(state)) - len(weights))
        sources += [s for s, t in zip(name_data(batch), keras.tree.flatten(batch), strict=True) if t is not None]
        inputs = list(zip(jax.tree.leaves((state, batch)), sources, strict=True))
        outputs = JaxTrace(self._scopes.names, self._labels.names, STEP).run(self._closed, inputs)
        outcome = self._sort([item for _, item in outputs])
        return [item for item in [*outcome.losses, *outcome.gradients] if isinstance(item, NonFinite)]

    def _sort(self, outputs: Any) -> Outcome:
        values: Any = jax.tree.unflatten(self._structure, [_Leaf(output) for output in outputs])
        values = jax.tree.map(lambda leaf: leaf.value, values, is_leaf=lambda leaf: isinstance(leaf, _Leaf))
        losses, gradients = values
        return Outcome(losses, list(gradients) if self._is_update_met else [])

    def _read_state(self) -> Any:
        model = self._model
        with keras_private.TracelessScope() as scope:
            for metric in model.metrics:
                metric.reset_state()
            metrics = [scope.get_current_value(v) for v in model.metrics_variables]
        parts = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
        return (*([v.value for v in variables] for variables in parts), metrics)

    def _step(self, state: Any, batch: Batch) -> tuple[list[Any], list[Any]]:
        with self._labels.attach():
            logs, new = self._model.train_step(state, keras.utils.pack_x_y_sample_weight(*batch))
        losses = list(self._labels.values)
        if not losses and has_own_step(self._model):
            losses = list_losses(logs)
        return losses, [value if value is None or ops.is_tensor(value) else None for value in new[0]]

    def _keep(self, optimizer_variables: Any, gradients: Any, trainable_variables: Any) -> Any:
        self._is_update_met = True
        gradients = [None if is_unconnected(gradient) else gradient for gradient in gradients]
        return gradients, optimizer_variables  # as if they were the new weights, which the step returns


class _Leaf:
    def __init__(self, value: Any) -> None:
        self.value = value
