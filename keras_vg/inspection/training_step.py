"""Runs a model's own training step, up to the update, without leaving a trace in the model.

As in `stateless`, what a variable is assigned meanwhile is forgotten. The optimizer keeps the gradients that it is
given, and applies none.
"""

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops, tree

from keras_vg.text import LONGEST_QUOTE, quote_error
from keras_vg.training import backend, keras_private
from keras_vg.training.compilation import has_own_step
from keras_vg.training.exactness import is_unconnected
from keras_vg.training.optimizers import list_optimizers
from keras_vg.training.weights import to_numpy


def build(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> None:
    """Gives an unbuilt model its weights, as its first training step would.

    Args:
        model: A compiled model.
        x: Inputs, tensors.
        y: Labels, tensors or None.
        sample_weight: Weights of the examples, a tensor or None.

    Raises:
        ValueError: If it has no `call` on a backend where Keras needs one for that, or if its training step does not
            take the batch.
    """
    if has_call(model):
        with backend.preserved_random_state():
            keras_private.build(model, x)
        return
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"A model without a `call` must have its weights. Received: model {model.name!r}, parts of which are not "
            "built. Give them an `Input`, or call them on a batch."
        )
    import tensorflow as tf

    errors = []
    with contextlib.ExitStack() as stack:
        stack.enter_context(backend.preserved_random_state())
        stack.enter_context(keras_private.detached_metrics(model))
        for optimizer in list_optimizers(model):
            stack.enter_context(keras_private.set_attribute(optimizer, "apply", lambda *_, **__: None))
        for data in ((x, y, sample_weight), (x,)):
            specs = tree.map_structure(lambda t: tf.TensorSpec(t.shape, t.dtype), _pack(*data))
            try:
                keras_private.trace_step(model, specs)
                return
            except Exception as error:  # any: the step is the user's own
                errors.append(error)
    raise StepError(
        f"The batch must be one that the `train_step` of model {model.name!r} takes as `fit` gives it. "
        f"Received: one at which it raised {quote_error(errors[0])}"
    ) from (errors[0] if len(str(errors[0])) <= LONGEST_QUOTE else None)


def _pack(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """A batch as `fit` gives it to a training step."""
    return keras.utils.pack_x_y_sample_weight(x, y, sample_weight)


def has_call(model: keras.Model) -> bool:
    """Whether the model can be called: one that trains by a `train_step` of its own need not have a `call`."""
    return type(model).call is not keras.Model.call


class StepError(ValueError):
    """A training step of the model's own does not take the batch that it is to be looked at with."""


@dataclass(frozen=True)
class StepResult:
    """What a training step of a model computed.

    Attributes:
        gradients: One tensor (dense, or on TensorFlow perhaps sparse) or None per trainable variable, scaled where
            the optimizer scales the loss; None if the step gave no Keras optimizer any.
        logs: The numbers among what the step returned, by name.
    """

    gradients: list[Any] | None
    logs: dict[str, float]

    def find_loss(self) -> float | None:
        """Finds the loss among the logs: what is called so, or the only number; None if that is not clear."""
        if "loss" in self.logs:
            return self.logs["loss"]
        named = [value for name, value in self.logs.items() if "loss" in name]
        candidates = list(self.logs.values()) if len(self.logs) == 1 else named
        return candidates[0] if len(candidates) == 1 else None


class Recorder(Protocol):
    """What records a training step from inside."""

    def record(self) -> AbstractContextManager[None]:
        """Within it, the step runs, or is traced."""

    def finish(self, predictions: Sequence[Any]) -> Any:
        """Ends the recording."""


class TrainingStep:
    """A model's own training step, run up to the update and without leaving a trace.

    Args:
        model: A built model, compiled with a Keras optimizer.
        recorder: What records the step from inside, if anything does.

    Attributes:
        recorders: What records the step from inside.
        takes_labels: False once it has turned out that a step of the model's own takes the inputs alone.
    """

    def __init__(self, model: keras.Model, recorder: Recorder | None = None) -> None:
        self._model = model
        self.recorders: list[Recorder] = [] if recorder is None else [recorder]
        self.takes_labels = True
        self._compiled: Any = None  # on JAX
        self._is_update_met = False

    def run(
        self, x: Any, y: Any = None, sample_weight: Any = None, replaced: Sequence[tuple[keras.Variable, Any]] = ()
    ) -> StepResult:
        """Runs it on one batch, which it is given as `fit` gives it.

        Args:
            x: Inputs, tensors.
            y: Labels, tensors; a step of the model's own that does not take them is run without.
            sample_weight: Weights of the examples, a tensor or None.
            replaced: Variables and the values that they are to have instead of their own.

        Returns:
            What it computed.

        Raises:
            StepError: If it is a step of the model's own, and does not take the batch.
        """
        if not has_own_step(self._model):
            return self._run(_pack(x, y, sample_weight), replaced)
        try:
            try:
                data = (x, y, sample_weight) if self.takes_labels else (x,)
                with warnings.catch_warnings():  # inputs and labels given to a layer as one
                    warnings.filterwarnings("error", message="The structure of `inputs` doesn't match")
                    return self._run(_pack(*data), replaced)
            except Exception:
                if y is None or not self.takes_labels:
                    raise
                result = self._run(_pack(x), replaced)
                self.takes_labels = False
                return result
        except Exception as error:
            given = "`x`" if y is None else "`x` and `y`, nor `x` alone"
            raise StepError(
                f"The batch must be one that the `train_step` of model {self._model.name!r} takes as `fit` gives it. "
                f"Received: {given}, and the step raised {quote_error(error)}"
            ) from (error if len(str(error)) <= LONGEST_QUOTE else None)

    def _run(self, data: Any, replaced: Sequence[tuple[keras.Variable, Any]]) -> StepResult:
        run = self._run_with_jax if keras.backend.backend() == "jax" else self._run_eagerly
        is_own = has_own_step(self._model)
        with contextlib.ExitStack() as stack:
            stack.enter_context(preserved_torch_gradients(self._model))
            stack.enter_context(backend.preserved_random_state())
            if is_own:
                stack.enter_context(keras_private.detached_metrics(self._model))
            gradients, logs = run(data, replaced)
        if not is_own:
            return StepResult(gradients, {})
        numbers = {name: to_numpy(value) for name, value in _list_numbers(logs)}
        return StepResult(gradients, {name: float(value) for name, value in numbers.items() if value.size == 1})

    def _run_eagerly(self, data: Any, replaced: Sequence[tuple[keras.Variable, Any]]) -> tuple[Any, Any]:
        model = self._model
        found: dict[int, Any] = {}

        def keep(gradients: Any, trainable_variables: Any = None) -> None:
            variables = model.trainable_variables if trainable_variables is None else trainable_variables
            found.update({id(v): gradient for gradient, v in zip(gradients, variables, strict=True)})

        with contextlib.ExitStack() as stack:
            for optimizer in list_optimizers(model):
                stack.enter_context(keras_private.set_attribute(optimizer, "apply", keep))
            stack.enter_context(keras_private.TracelessStepScope(list(replaced), collect_losses=True))
            for metric in model.metrics if has_own_step(model) else ():
                metric.reset_state()
            with self._record():
                logs = model.train_step(data)
        return ([found.get(id(v)) for v in model.trainable_variables] if found else None), logs

    def _run_with_jax(self, data: Any, replaced: Sequence[tuple[keras.Variable, Any]]) -> tuple[Any, Any]:
        model = self._model
        with keras_private.TracelessScope() as scope:
            for metric in model.metrics:
                metric.reset_state()
            metrics = [scope.get_current_value(v) for v in model.metrics_variables]
        values = {id(variable): value for variable, value in replaced}
        parts = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
        state = (*([values.get(id(v), v.value) for v in variables] for variables in parts), metrics)
        with keras_private.set_attribute(model.optimizer, "stateless_apply", self._keep):
            self._compiled = self._compiled or self._compile_with_jax()
            logs, gradients = self._compiled(state, data)
        return (list(gradients) if self._is_update_met else None), logs

    def _compile_with_jax(self) -> Any:
        import jax

        def step(state: Any, data: Any) -> Any:
            with self._record():
                logs, new = self._model.train_step(state, data)
            return logs, list(new[0])

        return jax.jit(step)

    @contextlib.contextmanager
    def _record(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for recorder in self.recorders:
                stack.enter_context(recorder.record())
            yield
        for recorder in self.recorders:
            recorder.finish([])

    def _keep(self, optimizer_variables: Any, gradients: Any, trainable_variables: Any) -> Any:
        self._is_update_met = True
        gradients = [None if is_unconnected(gradient) else gradient for gradient in gradients]
        return gradients, optimizer_variables  # as if they were the new weights, which the step returns


def _list_numbers(logs: Any) -> Iterator[tuple[str, Any]]:
    """The tensors and numbers among what a step returned, the nested ones too."""
    for name, value in logs.items() if isinstance(logs, Mapping) else ():
        if isinstance(value, Mapping):
            yield from _list_numbers(value)
        elif ops.is_tensor(value) or isinstance(value, int | float | np.number | np.ndarray):
            yield str(name), value


@contextlib.contextmanager
def preserved_torch_gradients(model: keras.Model) -> Iterator[None]:
    """On torch a step leaves its gradients in the parameters, and the modules in training mode."""
    if keras.backend.backend() != "torch":
        yield
        return
    tensors = [v.value for v in model.trainable_variables]
    before = [tensor.grad for tensor in tensors]
    for tensor in tensors:
        tensor.grad = None  # rather than have `zero_grad` fill what may be in use elsewhere
    try:
        yield
    finally:
        for tensor, gradient in zip(tensors, before, strict=True):
            tensor.grad = gradient
