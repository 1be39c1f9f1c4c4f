"""The gradients of a training's steps, computed a second time: uncompiled, by the backend's own differentiation.

Nothing of the package takes part in it. What a step starts from is kept while a plain training runs; then a second
instance of the model is put into that state, and its own `train_step` runs once more on the same batch.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from labelled_programs import Trainee
from real_architectures.data import take


@dataclass(frozen=True)
class State:
    """All that a training step starts from, as NumPy arrays.

    Attributes:
        model: The model's variables, seeds included; none before the first step of a model without an `Input`.
        optimizers: The variables of each optimizer; fewer before its first step, which makes the others.
        scales: What each optimizer multiplies the loss by.
        generator: The state of torch's global random numbers, from which its dropout draws; None elsewhere.
    """

    model: list[np.ndarray]
    optimizers: list[list[np.ndarray]]
    scales: list[float]
    generator: Any


Norms = list[float | None]
"""The L2 norms of a weight's gradient, one per call of an optimizer with it; None where it has no gradient."""


class StateRecorder(keras.callbacks.Callback):
    """Keeps what each step of a fit starts from."""

    def __init__(self) -> None:
        super().__init__()
        self.states: list[State] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Copies it."""
        self.states.append(read_state(self.model))  # `self.model` has on JAX what the steps so far made of it


class GeneratorRestorer(keras.callbacks.Callback):
    """Puts torch's global random numbers into a state just before a step: iterating over the data draws some, too."""

    def __init__(self, state: Any) -> None:
        super().__init__()
        self._state = state

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Puts them there."""
        if self._state is not None:
            import torch

            torch.set_rng_state(self._state)


def list_optimizers(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """Lists the optimizers that a model has as attributes, the compiled one first."""
    found = [model.optimizer, *vars(model).values()]
    optimizers = [item for item in found if isinstance(item, keras.optimizers.Optimizer)]
    return list({id(optimizer): optimizer for optimizer in optimizers}.values())


def read_state(model: keras.Model) -> State:
    """Copies all that the model's next training step starts from."""
    optimizers = list_optimizers(model)
    return State(
        model=[copy_values(variable) for variable in model.variables],
        optimizers=[[copy_values(v) for v in optimizer.variables] for optimizer in optimizers],
        scales=[_read_scale(optimizer) for optimizer in optimizers],
        generator=_read_generator(),
    )


def _read_scale(optimizer: Any) -> float:
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return float(optimizer.loss_scale_factor or 1)
    return float(copy_values(optimizer.dynamic_scale)) if optimizer.built else float(optimizer.initial_scale)


def _read_generator() -> Any:
    if keras.backend.backend() != "torch":
        return None
    import torch

    return torch.get_rng_state()


def copy_values(value: Any) -> np.ndarray:
    """Copies a tensor or a variable."""
    return np.array(keras.ops.convert_to_numpy(value))


def compute_norms(trainee: Trainee, batch_size: int, step: int, state: State) -> dict[int, Norms]:
    """Computes the gradients of one training step.

    Args:
        trainee: A second instance of what was trained, with the same data.
        batch_size: Examples per step.
        step: Number of the step within its epoch.
        state: What the step starts from.

    Returns:
        By the `id` of a trainable variable, the norms of its gradients, NaN or infinite where a value is.
    """
    model, part = trainee.model, slice(step * batch_size, (step + 1) * batch_size)
    optimizers = list_optimizers(model)
    _assign(model.variables, state.model)
    for optimizer, values in zip(optimizers, state.optimizers, strict=True):
        _assign(optimizer.variables, values)
    norms: dict[int, Norms] = defaultdict(list)
    with _recorded(optimizers, state.scales, norms):
        model.run_eagerly = True
        x, y = take(trainee.x, part), None if trainee.y is None else take(trainee.y, part)
        callbacks = [GeneratorRestorer(state.generator)]
        model.fit(x, y, batch_size=batch_size, epochs=1, shuffle=False, verbose=0, callbacks=callbacks)
    return norms


def _assign(variables: Sequence[keras.Variable], values: Sequence[np.ndarray]) -> None:
    """Assigns values, of which there are fewer before a first step than there are variables after it."""
    for variable, value in zip(variables, values, strict=False):
        variable.assign(value)


@contextmanager
def _recorded(
    optimizers: Sequence[keras.optimizers.Optimizer], scales: Sequence[float], norms: dict[int, Norms]
) -> Iterator[None]:
    """Has the optimizers note the gradients that they are given, and then do what they do."""
    name = "stateless_apply" if keras.backend.backend() == "jax" else "apply"
    for optimizer, scale in zip(optimizers, scales, strict=True):
        object.__setattr__(optimizer, name, _make_recording(optimizer, name, scale, norms))
    try:
        yield
    finally:
        for optimizer in optimizers:
            object.__delattr__(optimizer, name)


def _make_recording(optimizer: Any, name: str, scale: float, norms: dict[int, Norms]) -> Any:
    original = getattr(optimizer, name)

    def note(gradients: Any, variables: Any) -> None:
        known = {id(v.value): id(v) for v in variables if isinstance(v, keras.Variable)} if name == "apply" else {}
        found = [None if gradient is None else _measure(gradient, scale) for gradient in gradients]
        if (
            isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
            and not np.isfinite([n for n in found if n is not None]).all()
        ):
            found = [None if norm is None else np.nan for norm in found]  # it skips the step for all weights
        for norm, variable in zip(found, variables, strict=True):
            norms[known.get(id(variable), id(variable))].append(norm)

    def apply(grads: Any, trainable_variables: Any = None) -> Any:
        gradients, variables = list(grads), list(trainable_variables or optimizer._trainable_variables)
        note(gradients, variables)
        return original(gradients, variables)

    def stateless_apply(optimizer_variables: Any, grads: Any, trainable_variables: Any) -> Any:
        note(grads, optimizer._trainable_variables)
        return original(optimizer_variables, grads, trainable_variables)

    return stateless_apply if name == "stateless_apply" else apply


def _measure(gradient: Any, scale: float) -> float:
    if type(gradient).__name__ == "IndexedSlices":
        import tensorflow as tf

        gradient = tf.convert_to_tensor(gradient)
    values = np.asarray(keras.ops.convert_to_numpy(gradient)).astype("float64") / scale
    return float(np.linalg.norm(values))
