"""Runs a training step up to the update, as a whole or operation by operation, and leaves no trace in the model."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_vg.inspection.nonfinite.eager_trace import EagerTrace
from keras_vg.inspection.nonfinite.scopes import LayerScopes
from keras_vg.inspection.nonfinite.trace import NonFinite, Source, SourcePhase
from keras_vg.inspection.training_step import StepResult, preserved_torch_gradients
from keras_vg.text import shorten_paths
from keras_vg.training import backend, keras_private
from keras_vg.training.call_order import list_own_weights, walk_layers
from keras_vg.training.compilation import has_own_step
from keras_vg.training.exactness import is_unconnected
from keras_vg.training.optimizers import list_optimizers
from keras_vg.training.weights import copy_to_numpy

Batch = tuple[Any, Any, Any]
"""Inputs, labels and sample weights, tensors; None for what there is not."""


@dataclass(frozen=True)
class Outcome:
    """What a step computed, tensors.

    Attributes:
        losses: Its losses, as they are differentiated.
        gradients: One per trainable variable, or None where there is none; empty if no optimizer was given any.
    """

    losses: list[Any]
    gradients: list[Any]


class NonFiniteStep:
    """A model's training step, looked at for values that are not finite.

    Use it inside `prepared`.

    Args:
        model: A built model, compiled with a Keras optimizer.
        is_unscaled: Whether the loss is left as it is by an optimizer that scales it.
        is_with_xla: Whether XLA compiles the step, on TensorFlow.
    """

    def __init__(self, model: keras.Model, is_unscaled: bool = False, is_with_xla: bool = False) -> None:
        self._model = model
        self._is_with_xla = is_with_xla
        self._is_unscaled = is_unscaled
        self.scopes = LayerScopes(model)
        self.takes_labels = True
        self._compiled: Any = None

    @contextlib.contextmanager
    def prepared(self) -> Iterator[None]:
        """Within it, steps may be run; after it all is as it was before."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(preserved_torch_gradients(self._model))
            stack.enter_context(backend.preserved_random_state())
            if has_own_step(self._model):
                stack.enter_context(keras_private.detached_metrics(self._model))
            yield

    def run(self, batch: Batch) -> Outcome:
        """Runs the step as a whole, compiled unless the model is compiled to run eagerly."""
        return self._give(batch, self._run)

    def trace(self, batch: Batch) -> list[NonFinite]:
        """Runs the step operation by operation.

        Returns:
            Its losses and gradients that are not finite; of a finite step none.
        """
        trace = self._trace_with_jax if keras.backend.backend() == "jax" else self._trace_eagerly
        found: list[NonFinite] = self._give(batch, trace)
        return found

    def _give(self, batch: Batch, function: Any) -> Any:
        """Gives the step a batch as `fit` does; a step of the model's own may take the inputs alone."""
        if not has_own_step(self._model) or batch[1] is None:
            return function(batch)
        try:
            return function(batch if self.takes_labels else (batch[0], None, None))
        except Exception:  # any: the step is the user's own
            if not self.takes_labels:
                raise
            outcome = function((batch[0], None, None))
            self.takes_labels = False
            return outcome

    def _run(self, batch: Batch) -> Outcome:
        name = keras.backend.backend()
        if name == "jax":
            return self._get_jax_step(batch).run(batch)
        if name == "torch" or self._model.run_eagerly:
            return Outcome(*self._compute(batch, self.scopes.follow()))
        import tensorflow as tf

        self._compiled = {} if self._compiled is None else self._compiled
        key = _describe_shapes(batch)
        if key not in self._compiled:
            function = tf.function(
                lambda data: self._compute(data, self.scopes.follow()), jit_compile=self._is_with_xla or None
            )
            self._compiled[key] = function.get_concrete_function(batch)
        return Outcome(*self._compiled[key](batch))

    def _compute(self, batch: Batch, following: Any) -> tuple[list[Any], list[Any]]:
        """The losses and the gradients, on TensorFlow and torch."""
        model = self._model
        found: dict[int, Any] = {}

        def keep(gradients: Any, trainable_variables: Any = None) -> None:
            variables = model.trainable_variables if trainable_variables is None else trainable_variables
            found.update({id(v): gradient for gradient, v in zip(gradients, variables, strict=True)})

        with contextlib.ExitStack() as stack:
            for optimizer in list_optimizers(model):
                stack.enter_context(keras_private.set_attribute(optimizer, "apply", keep))
            self._leave_unscaled(stack)
            stack.enter_context(keras_private.TracelessStepScope([], collect_losses=True))
            for metric in model.metrics if has_own_step(model) else ():
                metric.reset_state()
            stack.enter_context(following)
            logs = model.train_step(keras.utils.pack_x_y_sample_weight(*batch))
        losses = list(self.scopes.losses)
        if not losses and has_own_step(model):
            losses = list_losses(logs)
        return losses, [found.get(id(v)) for v in model.trainable_variables] if found else []

    def _leave_unscaled(self, stack: contextlib.ExitStack) -> None:
        if self._is_unscaled:
            stack.enter_context(keras_private.set_attribute(self._model.optimizer, "scale_loss", lambda loss: loss))

    def _trace_eagerly(self, batch: Batch) -> list[NonFinite]:
        weights = [(s, copy_to_numpy(v)) for s, v in list_sources(self._model)]
        weights = [(s, np.asarray(w, "float32") if w.dtype.itemsize < 4 else w) for s, w in weights]
        weights = [(s, w) for s, w in weights if w.dtype.kind == "f" and not np.isfinite(w).all()]
        if keras.backend.backend() == "torch":
            from keras_vg.inspection.nonfinite import torch_trace

            trace = EagerTrace(self.scopes, torch_trace.read, weights)
            recording: Any = torch_trace.TorchTrace(trace)
        else:
            from keras_vg.inspection.nonfinite import tensorflow_trace

            trace = EagerTrace(self.scopes, tensorflow_trace.read, weights)
            recording = tensorflow_trace.TensorFlowTrace(trace).record()
        for tensor, source in zip(tree.flatten(batch), name_data(batch), strict=True):
            if tensor is not None:
                trace.add_source(tensor, source)
        with recording:
            losses, gradients = self._compute(batch, self.scopes.follow(checks_ids=True))
        results = [trace.look_up(get_values(t)) for t in [*losses, *gradients] if t is not None]
        return [result for result in results if result is not None]

    def _trace_with_jax(self, batch: Batch) -> list[NonFinite]:
        return self._get_jax_step(batch).trace(batch)

    def _get_jax_step(self, batch: Batch) -> Any:
        from keras_vg.inspection.nonfinite.jax_step import JaxStep

        key = _describe_shapes(batch)
        self._compiled = {} if self._compiled is None else self._compiled
        if key not in self._compiled:
            with contextlib.ExitStack() as stack:
                self._leave_unscaled(stack)
                self._compiled[key] = JaxStep(self._model, self.scopes, batch)
        return self._compiled[key]


def _describe_shapes(batch: Batch) -> Any:
    return tuple(None if t is None else (str(t.shape), str(t.dtype)) for t in tree.flatten(batch))


def list_losses(logs: Any) -> list[Any]:
    """The loss among the logs that a step of the model's own returned, by the same rule as `StepResult.find_loss`."""
    if not isinstance(logs, dict):
        return []
    positions = {name: float(position) for position, name in enumerate(logs) if ops.is_tensor(logs[name])}
    position = StepResult(None, positions).find_loss()
    return [] if position is None else [list(logs.values())[int(position)]]


def list_sources(model: keras.Model) -> list[tuple[Source, keras.Variable]]:
    """Lists a model's weights, trainable or not, with the layers that hold them."""
    placed = list(walk_layers(model))
    names = shorten_paths([path for path, _ in placed])
    found: dict[int, tuple[Source, keras.Variable]] = {}
    for name, (_, layer) in zip(names, placed, strict=True):
        own = list_own_weights(layer)
        for ending, variable in zip(shorten_paths([tuple(v.path.split("/")) for v in own]), own, strict=True):
            found.setdefault(id(variable), (Source("weight", ending, name), variable))
    return list(found.values())


def name_data(batch: Batch) -> list[Source]:
    """Says of each tensor of a batch what it is."""
    phases: tuple[SourcePhase, ...] = ("input", "label", "sample_weight")
    sources = []
    for phase, data in zip(phases, batch, strict=True):
        paths = [path for path, _ in tree.flatten_with_path(data)]
        names = ["/".join(map(str, path)) if len(paths) > 1 else "" for path in paths]
        sources += [Source(phase, name) for name in names]
    return sources


def get_values(tensor: Any) -> Any:
    """The values of a tensor; of a sparse gradient on TensorFlow, those of its rows."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if isinstance(tensor, tf.IndexedSlices):
            return tensor.values
    return tensor


def find_nonfinite_positions(tensors: Sequence[Any]) -> list[int]:
    """The positions of those tensors that are not finite; None counts as finite."""
    return [i for i, tensor in enumerate(tensors) if tensor is not None and not is_finite(tensor)]


def is_finite(tensor: Any) -> bool:
    """Whether all values of a tensor are finite; whatever is no floating tensor is."""
    values = get_values(tensor)
    if is_unconnected(values) or not ops.is_tensor(values):
        return True
    if "float" not in keras.backend.standardize_dtype(values.dtype):
        return True
    return bool(ops.all(ops.isfinite(values)))
