"""Accumulates metrics of the gradients that a model's optimizer is given, inside the training step itself.

While a step runs (or is traced), and only then, the optimizer's `apply` is replaced by one that first adds a few
numbers per weight to a state of the tap's own. There is no second backward pass, and nothing is added to the
optimizer's variables, so that whatever saves or loads them in between finds what it always finds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg.training import backend
from keras_vg.training.exactness import Measurable, is_unconnected, shield
from keras_vg.training.norms import measure_gradients
from keras_vg.training.train_function import TappedTrainFunction, copy_on_jax, get_loss_scale, get_tapped_train_function
from keras_vg.training.weights import Weight, copy_to_numpy

# Rows of the state, one column per weight; the first ones are sums.
_CALLS, _STEPS, _FINITE, _NORM_SUM, _ZERO_SUM, _ZERO_STEPS, _NORM_ROOT, _NORM_MAX = range(8)
_SUMS = slice(_CALLS, _NORM_ROOT)


@dataclass(frozen=True)
class GradientTotals:
    """What a tap accumulated since it was last read; arrays of shape `(weights,)`, float64.

    Attributes:
        calls: Calls of an optimizer with this weight.
        steps: Those of them in which it had a gradient.
        finite: Those of them in which it was finite; where a `LossScaleOptimizer` skips a step, for no weight.
        norm_sum: Sum over the finite steps of the gradient's L2 norm.
        norm_root: Root of the sum of its square.
        norm_max: The largest norm.
        zero_fraction: Mean of the fraction of exact zeros, over the steps at which they were counted.
    """

    calls: np.ndarray
    steps: np.ndarray
    finite: np.ndarray
    norm_sum: np.ndarray
    norm_root: np.ndarray
    norm_max: np.ndarray
    zero_fraction: np.ndarray


class GradientTap:
    """Accumulates metrics of the gradients of some weights while a model is fitted.

    Args:
        model: A built model.
        weights: The weights whose gradients to measure.
        train_function: The train function that calls the tap; None if it is used outside of any fit.
    """

    def __init__(
        self, model: keras.Model, weights: Sequence[Weight], train_function: TappedTrainFunction | None = None
    ) -> None:
        self.weights = list(weights)
        self._indices = {id(weight.variable): index for index, weight in enumerate(self.weights)}
        if keras.backend.backend() != "jax":  # gradients may come with the backend's variables, too
            self._indices |= {id(weight.variable.value): index for index, weight in enumerate(self.weights)}
        self._sizes = np.array([weight.size for weight in self.weights], "float32")
        self._train_function = train_function
        self._is_compiled = bool(model.jit_compile)
        shape = (8, len(self.weights))
        with backend.variable_scope(model):
            # One for all replicas, which all have the same sum of gradients.
            zeros = np.zeros(shape, "float32")
            self.variable = keras.Variable(zeros, trainable=False, aggregation="only_first_replica")
        self.state: Any = None  # on JAX, where a step returns the new state
        self.optimizers: list[keras.optimizers.Optimizer] = []  # those that were seen to train the weights
        self.reset()

    def detach(self) -> None:
        """Ends the measuring; calling it any number of times is safe."""
        if self._train_function is not None:
            self._train_function.detach(self)

    def read(self) -> GradientTotals:
        """Returns what was accumulated since the last reading, and starts again from zero."""
        if self._train_function is not None:
            self._train_function.sync()
        totals = _read_state(self.state if keras.backend.backend() == "jax" else self.variable)
        self.reset()
        return totals

    def measure(self, gradients: Sequence[Any], variables: Sequence[Any], scale: Any) -> GradientTotals:
        """Returns what one step would accumulate, outside of any fit; arguments as of `accumulate`."""

        def measure(state: Any, gradients: Sequence[Any]) -> Any:
            return self.accumulate(state, gradients, variables, scale)

        if keras.backend.backend() == "jax":  # otherwise JAX would compile each operation by itself
            import jax

            measure = jax.jit(measure)
        return _read_state(measure(self.variable.value, list(gradients)))

    def observe(
        self, optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], variables: Sequence[Any]
    ) -> None:
        """Accumulates what an optimizer is given; runs inside a step, on backends whose variables hold their values."""
        if any(id(variable) in self._indices for variable in variables):
            if all(optimizer is not known for known in self.optimizers):
                self.optimizers.append(optimizer)
            state = ops.convert_to_tensor(self.variable)
            self.variable.assign(self.accumulate(state, gradients, variables, get_loss_scale(optimizer)))

    def accumulate(self, state: Any, gradients: Sequence[Any], variables: Sequence[Any], scale: Any) -> Any:
        """Returns the state after a step; runs inside the step.

        Args:
            state: The state before.
            gradients: One per variable, dense or sparse, None where there is none.
            variables: What they are the gradients of.
            scale: What the loss was multiplied by, or None.
        """
        pairs = [(self._indices.get(id(variable)), g) for g, variable in zip(gradients, variables, strict=True)]
        found = {index: None if is_unconnected(gradient) else gradient for index, gradient in pairs}
        in_order = [found.get(index) for index in range(len(self.weights))]
        is_called = np.array([index in found for index in range(len(self.weights))])
        is_present = np.array([gradient is not None for gradient in in_order])
        if not is_called.any():
            return state
        present = [gradient for gradient in in_order if gradient is not None]
        shielded = iter(shield(present, self._is_compiled, state[_CALLS, 0]) if present else ())
        measurable = [Measurable(ops.ones((1,), "float32")) if g is None else next(shielded) for g in in_order]
        sizes = np.where(is_present, self._sizes, np.float32(1))
        updated = _update(state, *measure_gradients(measurable, sizes, self._is_compiled, state[_STEPS]), scale)
        is_updated = np.broadcast_to(is_present, state.shape).copy()
        is_updated[_CALLS] = is_called
        return updated if is_updated.all() else ops.where(is_updated, updated, state)

    def count_nonfinite(self, state: Any) -> Any:
        """Counts in a state of the tap, a tensor, the steps at which each weight's gradient was not finite."""
        return state[_STEPS] - state[_FINITE]

    def reset(self) -> None:
        """Starts again from zero."""
        if keras.backend.backend() == "jax":
            self.state = copy_on_jax(self.variable.value)  # the step that is given the copy deletes it
        else:
            self.variable.assign(ops.zeros(self.variable.shape, "float32"))


def attach_tap(model: keras.Model, weights: Sequence[Weight]) -> GradientTap:
    """Starts to measure the gradients of weights; call it inside a fit, before its first step.

    The model keeps what was traced or compiled for that, and the next fit with the same weights uses it again.

    Args:
        model: A built model, compiled with a Keras optimizer.
        weights: The weights whose gradients to measure.

    Returns:
        A tap, to be detached at the end of the fit.
    """
    train_function = get_tapped_train_function(model)
    detached = train_function.list_detached()
    tap = next((tap for tap in detached if _identify(tap.weights) == _identify(weights)), None)
    if tap is None:
        tap = GradientTap(model, weights, train_function)
    tap.reset()
    train_function.attach(tap)
    return tap


def _identify(weights: Sequence[Weight]) -> list[tuple[Any, ...]]:
    return [(weight.depth, weight.layer, weight.name, id(weight.variable)) for weight in weights]


def _read_state(state: Any) -> GradientTotals:
    rows = copy_to_numpy(state).astype("float64")
    with np.errstate(invalid="ignore"):  # 0 / 0 where there was no gradient at all
        zero_fraction = rows[_ZERO_SUM] / rows[_ZERO_STEPS]
    return GradientTotals(
        calls=rows[_CALLS],
        steps=rows[_STEPS],
        finite=rows[_FINITE],
        norm_sum=rows[_NORM_SUM],
        norm_root=rows[_NORM_ROOT],
        norm_max=rows[_NORM_MAX],
        zero_fraction=zero_fraction,
    )


def _update(state: Any, norms: Any, zeros: Any, is_counted: Any, scale: Any) -> Any:
    """Returns the state after one more step."""
    xp: Any = ops
    if keras.backend.backend() == "torch":  # in eager steps, the checks of `keras.ops` would take longer than the work
        import torch

        xp = torch
    finite = xp.isfinite(norms)
    if scale is not None:  # an optimizer that scales the loss skips the step for all weights
        norms, finite = norms / scale, finite & xp.all(finite)
    norms = xp.where(finite, norms, 0.0)
    ones = xp.ones_like(norms)
    sums = state[_SUMS] + xp.stack([ones, ones, xp.where(finite, ones, 0.0), norms, zeros * is_counted, is_counted])
    root = xp.hypot(state[_NORM_ROOT], norms)  # where the squares may under- or overflow
    return xp.concatenate([sums, xp.stack([root, xp.maximum(state[_NORM_MAX], norms)])])
