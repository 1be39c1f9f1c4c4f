"""Accumulates metrics of the gradients that a model's optimizer is given, inside the training step itself.

While a step runs (or is traced), the optimizer's `apply` shows its gradients to the tap, which adds a few numbers per
weight to a state of its own. There is no second backward pass, and nothing is added to the optimizer's variables, so
that whatever saves or loads them in between finds what it always finds.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg.training import backend
from keras_vg.training.exactness import is_unconnected, shield
from keras_vg.training.norms import measure_norms, measure_zeros, unscale
from keras_vg.training.step_buffers import DeviceBuffer, HostBuffer
from keras_vg.training.totals import CALLS, FINITE, NO_GRADIENT, NOT_CALLED, ROWS, STEPS, GradientTotals, add_step
from keras_vg.training.train_function import TappedTrainFunction, copy_on_jax, get_loss_scale, get_tapped_train_function
from keras_vg.training.weights import Weight, copy_to_numpy

MOST_ORDERS = 16
"""Orders in which an optimizer may be given the weights that are remembered; there is one, but in unusual steps."""


class GradientTap:
    """Accumulates metrics of the gradients of some weights while a model is fitted.

    The state is, on TensorFlow and JAX, the totals of shape `(7, weights)`; on torch it is a buffer of many steps.

    Args:
        model: A built model.
        weights: The weights whose gradients to measure.
        train_function: The train function that calls the tap; None if it is used outside of any fit.
        counts_zeros: Whether to count the gradients' zeros.
    """

    def __init__(
        self,
        model: keras.Model,
        weights: Sequence[Weight],
        train_function: TappedTrainFunction | None = None,
        counts_zeros: bool = False,
    ) -> None:
        self.weights = list(weights)
        self.counts_zeros = counts_zeros
        self._backend = keras.backend.backend()
        self._indices = {id(weight.variable): index for index, weight in enumerate(self.weights)}
        if self._backend != "jax":  # gradients may come with the backend's variables, too
            self._indices |= {id(weight.variable.value): index for index, weight in enumerate(self.weights)}
        self._sizes = np.array([weight.size for weight in self.weights], "float32")
        self._train_function = train_function
        self._is_compiled = bool(model.jit_compile)
        self._orders: dict[tuple[int, ...], list[int]] = {}
        self.optimizers: list[keras.optimizers.Optimizer] = []  # those that were seen to train the weights
        self.state: Any = self._make_state(model)
        # What the state is set to again: made anew each time, it took a fifth longer on TensorFlow.
        self._initial: Any = self.state
        if self._backend == "tensorflow":
            self._initial = ops.zeros((ROWS, len(self.weights)), "float64")
        self.reset()

    def _make_state(self, model: keras.Model) -> Any:
        if self._backend == "torch":
            is_on_cpu = all(weight.variable.value.is_cpu for weight in self.weights)
            make = HostBuffer if is_on_cpu and not self._is_compiled else DeviceBuffer
            return make(self._sizes, self.counts_zeros)
        dtype = "float32" if self._backend == "jax" else "float64"
        with backend.variable_scope(model):
            # One for all replicas, which all have the same sum of gradients.
            zeros = np.zeros((ROWS, len(self.weights)), dtype)
            return keras.Variable(zeros, trainable=False, dtype=dtype, aggregation="only_first_replica")

    def detach(self) -> None:
        """Ends the measuring; calling it any number of times is safe."""
        if self._train_function is not None:
            self._train_function.detach(self)

    def read(self) -> GradientTotals:
        """Returns what was accumulated since the last reading, and starts again from zero."""
        if self._train_function is not None:
            self._train_function.sync()
        totals = self.state.sum_up() if self._backend == "torch" else copy_to_numpy(self.state)
        self.reset()
        return GradientTotals.from_rows(totals, self.counts_zeros)

    def measure(self, gradients: Sequence[Any], variables: Sequence[Any], scale: Any) -> GradientTotals:
        """Returns what one step would accumulate, outside of any fit; arguments as of `accumulate`."""
        if self._backend == "torch":
            self.state.add(self._sort(gradients, variables), scale)
            return self.read()

        def measure(state: Any, gradients: Sequence[Any]) -> Any:
            return self.accumulate(state, gradients, variables, scale)

        if self._backend == "jax":  # otherwise JAX would compile each operation by itself
            import jax

            measure = jax.jit(measure)
        state = measure(ops.convert_to_tensor(self.state), list(gradients))
        return GradientTotals.from_rows(copy_to_numpy(state), self.counts_zeros)

    def observe(
        self, optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], variables: Sequence[Any]
    ) -> None:
        """Accumulates what an optimizer is given; runs inside a step, on backends whose variables hold their values."""
        if not any(id(variable) in self._indices for variable in variables):
            return
        if all(optimizer is not known for known in self.optimizers):
            self.optimizers.append(optimizer)
        if self._backend == "torch":
            self.state.add(self._sort(gradients, variables), get_loss_scale(optimizer))
        else:
            state = ops.convert_to_tensor(self.state)
            self.state.assign(self.accumulate(state, gradients, variables, get_loss_scale(optimizer)))

    def accumulate(self, state: Any, gradients: Sequence[Any], variables: Sequence[Any], scale: Any) -> Any:
        """Returns the state after a step, on TensorFlow and JAX; runs inside the step.

        Args:
            state: The state before, a tensor.
            gradients: One per variable, dense or sparse, None where there is none.
            variables: What they are the gradients of.
            scale: What the loss was multiplied by, or None.
        """
        found, present = self._find(gradients, variables)
        if not found:
            return state
        is_called, is_present = (np.isin(np.arange(len(self.weights)), list(part)) for part in (found, present))
        norms, zeros = ops.zeros((0,), state.dtype), None
        if present:
            norms, zeros = self._measure(found, present, scale, state[CALLS, 0])
        return add_step(state, norms, zeros, is_called, is_present)

    def count_nonfinite(self, state: Any) -> Any:
        """Counts in a state of the tap, a tensor, the steps at which each weight's gradient was not finite."""
        if self._backend != "torch":
            return state[STEPS] - state[FINITE]
        return state.count_nonfinite()

    def reset(self) -> None:
        """Starts again from zero."""
        if self._backend == "torch":
            self.state.clear()
        elif self._backend == "jax":
            self.state = copy_on_jax(self._initial.value)  # the step that is given the copy deletes it
        else:
            self.state.value.assign(self._initial, read_value=False)  # Keras's `assign` takes eight times as long

    def _find(self, gradients: Sequence[Any], variables: Sequence[Any]) -> tuple[dict[int, Any], list[int]]:
        """The gradients by the indices of their weights, and the indices of those that there are, in order."""
        pairs = zip(map(self._indices.get, map(id, variables)), gradients, strict=True)
        found = {index: gradient for index, gradient in pairs if index is not None}
        return found, sorted(index for index, gradient in found.items() if not is_unconnected(gradient))

    def _measure(self, found: dict[int, Any], present: list[int], scale: Any, nonnegative: Any) -> tuple[Any, Any]:
        """The norms of the gradients that there are, and their fractions of zeros, or None."""
        sizes = self._sizes[present]
        gradients = shield([found[index] for index in present], self._is_compiled, nonnegative)
        norms = measure_norms(gradients, sizes, self._is_compiled)
        zeros = measure_zeros(gradients, sizes) if self.counts_zeros else None
        return unscale(norms, scale), zeros

    def _sort(self, gradients: Sequence[Any], variables: Sequence[Any]) -> list[Any]:
        """A gradient per weight; `NO_GRADIENT` where there is none, `NOT_CALLED` where the optimizer has no weight."""
        given = tuple(map(id, variables))
        order = self._orders.get(given)
        if order is None:
            if len(self._orders) == MOST_ORDERS:
                self._orders.clear()
            indices = list(map(self._indices.get, given))
            order = [indices.index(index) if index in indices else -1 for index in range(len(self.weights))]
            self._orders[given] = order
        found = [NOT_CALLED if position < 0 else gradients[position] for position in order]
        return [NO_GRADIENT if gradient is None else gradient for gradient in found]


def attach_tap(model: keras.Model, weights: Sequence[Weight], counts_zeros: bool = False) -> GradientTap:
    """Starts to measure the gradients of weights; call it inside a fit, before its first step.

    The model keeps what was traced or compiled for that, and the next fit with the same weights uses it again.

    Args:
        model: A built model, compiled with a Keras optimizer.
        weights: The weights whose gradients to measure.
        counts_zeros: Whether to count the gradients' zeros.

    Returns:
        A tap, to be detached at the end of the fit.
    """
    train_function = get_tapped_train_function(model)
    wanted = counts_zeros, _identify(weights)
    detached = train_function.list_detached()
    tap = next((tap for tap in detached if (tap.counts_zeros, _identify(tap.weights)) == wanted), None)
    if tap is None:
        tap = GradientTap(model, weights, train_function, counts_zeros)
    tap.reset()
    train_function.attach(tap)
    return tap


def _identify(weights: Sequence[Weight]) -> list[tuple[Any, ...]]:
    return [(weight.depth, weight.layer, weight.name, id(weight.variable)) for weight in weights]
