"""Runs a model's forward pass, and computes its optimizer's next update, without leaving a trace in it.

All of it happens inside a stateless scope of Keras, where whatever a variable is assigned is forgotten: moving
statistics, seeds, metrics and the optimizer stay as they are, bit for bit, with nothing to put back.
"""

import contextlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_vg.training import backend, keras_private
from keras_vg.training.weights import to_numpy


def convert_batch(data: Any) -> Any:
    """Turns arrays into tensors as `fit` does: floating numbers in Keras's float type, all others as they are."""

    def convert(array: Any) -> Any:
        if array is None or ops.is_tensor(array):
            return array
        array = np.asarray(array)
        return ops.convert_to_tensor(array, keras.config.floatx() if array.dtype.kind == "f" else None)

    return tree.map_structure(convert, data)


def read_values(tensor: Any) -> np.ndarray:
    """The values of a tensor; of a precision that NumPy does not know, or of 16 bits, in float32."""
    values = to_numpy(tensor)
    return values.astype("float32") if values.dtype.kind == "V" or values.dtype.itemsize < 4 else values


def list_inputs(x: Any) -> list[np.ndarray]:
    """Lists the values of each input as an array; those of a ragged tensor one after the other, without padding."""
    tensors = [getattr(tensor, "flat_values", tensor) for tensor in tree.flatten(x)]
    return [np.asarray(ops.convert_to_numpy(tensor)) for tensor in tensors]


class ForwardPass:
    """A function of a model's variables that can be run again and again, compiled where the backend needs it.

    On JAX it is compiled. On TensorFlow the first run is eager, since tracing costs as much as some twenty runs; one
    that is asked for again is traced, unless the model is to run eagerly or cannot be traced. A change of the model
    that a traced function would not show (a layer that is frozen or thawed, a weight that is exchanged) has it traced
    anew.

    Args:
        model: A built model.
        compute: Takes tensors and returns tensors; it finds the variables' values in the variables.
        is_repeated: Whether it is worth tracing.
    """

    def __init__(self, model: keras.Model, compute: Callable[[Any], Any], is_repeated: bool = False) -> None:
        self._model = model
        self._compute = compute
        self._layers = keras_private.list_layers(model)
        self._state: Any = None
        self._run: Any = None
        self._is_traceable = is_repeated and keras.backend.backend() == "tensorflow" and not _has_replicas(model)
        self._runs = 0

    def run(self, data: Any, replaced: Sequence[tuple[keras.Variable, Any]] = ()) -> Any:
        """Runs it.

        Args:
            data: What `compute` takes.
            replaced: Variables and the values that they are to have instead of their own.

        Returns:
            What `compute` returned, as NumPy arrays.
        """
        self._note_state()
        values = {id(variable): value for variable, value in replaced}
        if keras.backend.backend() == "jax":  # what is not handed in would be compiled in
            values = {id(v): values.get(id(v), v.value) for v in self._variables}
        mapping = [(v, values[id(v)]) for v in self._variables if id(v) in values]
        self._mapped = [variable for variable, _ in mapping]
        with _without_autograd(), backend.preserved_random_state():
            result = None if mapping else self._run_traced(data)
            if result is None:
                result = self._run([value for _, value in mapping], data)
        self._runs += 1
        return tree.map_structure(to_numpy, result)

    def _note_state(self) -> None:
        """Makes the functions anew if the model has changed otherwise than by the values of its variables."""
        variables = [*self._model.trainable_variables, *self._model.non_trainable_variables]
        state = [*(layer.trainable for layer in self._layers), *map(id, variables)]
        if state == self._state:
            return
        self._state = state
        self._variables = variables
        self._traced: Any = None
        self._run = self._run_in_scope
        if keras.backend.backend() == "jax":
            import jax

            # By itself, every operation would be compiled. JAX compiles equal functions once; a new one is not equal.
            self._run = jax.jit(lambda values, data: self._run_in_scope(values, data))

    def _run_traced(self, data: Any) -> Any:
        """Runs it as TensorFlow's graph; returns None the first time, and where it cannot be traced."""
        if not self._is_traceable or not self._runs or self._model.run_eagerly:
            return None
        if self._traced is None:
            import tensorflow as tf

            traced = tf.function(lambda data: self._run_in_scope([], data), autograph=False)
            try:
                traced.get_concrete_function(data)
            except Exception:  # any: of a model that looks at values, or loops over them, in Python
                self._is_traceable = False
                return None
            self._traced = traced
        return self._traced(data)

    def _run_in_scope(self, values: list[Any], data: Any) -> Any:
        with keras_private.TracelessScope(list(zip(self._mapped, values, strict=True)), collect_losses=True):
            return self._compute(data)


def _has_replicas(model: keras.Model) -> bool:
    """Whether the model's variables are mirrored, which are read by other rules in a traced function."""
    strategy = keras_private.get_strategy(model)
    return strategy is not None and strategy.num_replicas_in_sync > 1


def predict_update(model: keras.Model, gradients: Sequence[Any], builds_in_step: bool = False) -> list[Any] | None:
    """Computes what the optimizer would make of the weights; a copy of it works on copies of them.

    Args:
        model: A compiled model.
        gradients: One per trainable variable, as from `compute_gradients`.
        builds_in_step: Whether the copy is built inside the compiled step, as `is_built_in_step` says of `fit`.

    Returns:
        The new values, or None if the optimizer cannot be made anew from its configuration.
    """
    optimizer = model.optimizer
    twin = _copy_optimizer(optimizer)
    if twin is None:
        return None
    known = {id(v): gradient for v, gradient in zip(model.trainable_variables, gradients, strict=True)}
    variables = keras_private.list_optimizer_weights(optimizer) if optimizer.built else model.trainable_variables
    ordered = [known.get(id(v)) for v in variables]
    if all(gradient is None for gradient in ordered):
        return None
    copies = [keras_private.copy_variable(v) for v in variables]
    if not builds_in_step:
        twin.build(copies)
    if optimizer.built:
        for own, original in zip(twin.variables, optimizer.variables, strict=True):
            own.assign(original.value)
    if keras.backend.backend() == "jax":
        import jax

        # JAX has no missing gradients: a weight on which the loss does not depend has one of zeros.
        ordered = [ops.zeros_like(v.value) if g is None else g for v, g in zip(copies, ordered, strict=True)]
        states = [[v.value for v in group] for group in (twin.variables, copies)]
        new = jax.jit(twin.stateless_apply)(states[0], ordered, states[1])[0]
    else:
        with _without_autograd(), warnings.catch_warnings():
            # Keras's own word on weights on which the loss does not depend; a finding says it better.
            warnings.filterwarnings("ignore", message="Gradients do not exist for variables")
            apply = _compile(twin.apply) if builds_in_step else twin.apply
            apply(ordered, copies)
        new = [copy.value for copy in copies]
    values = {id(v): value for v, value in zip(variables, new, strict=True)}
    return [values.get(id(v), v.value) for v in model.trainable_variables]


def is_built_in_step(model: keras.Model) -> bool:
    """Whether `fit` will build the optimizer inside its compiled step, and build it with values of its own.

    That is so on TensorFlow before the first `fit`. A step that makes variables is traced twice there, the second time
    with the optimizer built already, so that what `build` assigned while it was traced first is never run.

    Args:
        model: A compiled model.

    Returns:
        Whether it is.
    """
    optimizer = model.optimizer
    if keras.backend.backend() != "tensorflow" or optimizer.built or model.run_eagerly:
        return False
    twin = _copy_optimizer(optimizer)
    if twin is None:
        return False
    twin.build([keras_private.copy_variable(v) for v in model.trainable_variables])
    # Counters and most moments start at 0, however they are made.
    given = [v for v in twin.variables if v is not getattr(twin, "learning_rate", None) and len(v.shape)]
    return any(np.any(ops.convert_to_numpy(v.value) != 0) for v in given)


def _copy_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer | None:
    """A new one of the same configuration; None if there is no such way to make it."""
    try:
        return type(optimizer).from_config(optimizer.get_config())
    except (NotImplementedError, TypeError, ValueError):
        return None


def _compile(apply: Callable[..., Any]) -> Callable[..., Any]:
    """The function as TensorFlow compiles a training step."""
    import tensorflow as tf

    def run(gradients: Any, variables: Any) -> None:
        @tf.function  # type: ignore[untyped-decorator, unused-ignore]
        def step() -> None:
            apply(gradients, variables)

        step()

    return run


def _without_autograd() -> Any:
    if keras.backend.backend() == "torch":
        import torch

        return torch.no_grad()
    return contextlib.nullcontext()
