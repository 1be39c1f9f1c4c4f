"""Figures of the gradients that a model's optimizer is given, taken inside the training step itself.

While a step runs (or is traced), and only then, the optimizer's `apply` is replaced by one that first adds a few
numbers per weight to a state of its own. There is no second backward pass; nothing is added to the optimizer's
variables, so that whatever saves or loads them in between finds what it always finds.
"""

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg.training import backend, keras_private
from keras_vg.training.exactness import copy_gradients, separate_gradients
from keras_vg.training.norms import measure_gradients
from keras_vg.training.weights import Weight, copy_to_numpy

# Rows of the state, one column per weight; the first ones are sums.
_CALLS, _STEPS, _FINITE, _NORM_SUM, _ZERO_SUM, _ZERO_STEPS, _NORM_ROOT, _NORM_MAX = range(8)
_SUMS = slice(_CALLS, _NORM_ROOT)


@dataclass(frozen=True)
class GradientTotals:
    """What a tap saw since it was last read; arrays of shape `(weights,)`, float64.

    Attributes:
        calls: Steps of the optimizer.
        steps: Steps in which the weight had a gradient.
        finite: Those of them in which it was finite; where a `LossScaleOptimizer` skips a step, for no weight.
        norm_sum: Sum over the finite steps of the gradient's L2 norm.
        norm_root: Root of the sum of its square.
        norm_max: The largest norm.
        zero_fraction: Mean of the fraction of exact zeros, over the steps at which they were counted.
    """

    calls: int
    steps: np.ndarray
    finite: np.ndarray
    norm_sum: np.ndarray
    norm_root: np.ndarray
    norm_max: np.ndarray
    zero_fraction: np.ndarray


class GradientTap:
    """Accumulates figures of the gradients of some weights while a model is fitted.

    Args:
        model: A built model, compiled with a Keras optimizer.
        weights: The weights to watch.
        hook: What it is attached to.
    """

    def __init__(
        self, model: keras.Model, weights: Sequence[Weight], hook: "_TappedTrainFunction | None" = None
    ) -> None:
        self.weights = list(weights)
        self._places = {id(weight.variable): place for place, weight in enumerate(self.weights)}
        if keras.backend.backend() != "jax":  # gradients may come with the backend's variables, too
            self._places |= {id(weight.variable.value): place for place, weight in enumerate(self.weights)}
        self._sizes = np.array([weight.size for weight in self.weights], "float32")
        self._hook = hook
        self._is_compiled = bool(model.jit_compile)
        shape = (8, len(self.weights))
        with backend.variable_scope(model):
            # One for all replicas, who all see the same sum of gradients.
            zeros = np.zeros(shape, "float32")
            self.variable = keras.Variable(zeros, trainable=False, aggregation="only_first_replica")
        self.state: Any = None  # on JAX, where a step returns the new one
        self.reset()

    def detach(self) -> None:
        """Ceases to watch; calling it any number of times is safe."""
        if self._hook is not None:
            self._hook.remove(self)

    def read(self) -> GradientTotals:
        """Returns what was seen since the last reading, and starts anew."""
        if self._hook is not None:
            self._hook.sync()
        totals = _read_state(self.state if keras.backend.backend() == "jax" else self.variable)
        self.reset()
        return totals

    def measure(self, gradients: Sequence[Any], variables: Sequence[Any], scale: Any) -> GradientTotals:
        """Returns what would be seen of one step, outside of any fit; arguments as of `accumulate`."""

        def measure(state: Any, gradients: Sequence[Any]) -> Any:
            return self.accumulate(state, gradients, variables, scale)

        if keras.backend.backend() == "jax":  # by itself, every operation would be compiled
            import jax

            measure = jax.jit(measure)
        return _read_state(measure(self.variable.value, list(gradients)))

    def accumulate(self, state: Any, gradients: Sequence[Any], variables: Sequence[Any], scale: Any) -> Any:
        """Returns the state after a step; runs inside it.

        Args:
            state: The state before.
            gradients: One per variable, dense or sparse, None where there is none.
            variables: What they are the gradients of.
            scale: What the loss was multiplied by, or None.
        """
        found = {self._places.get(id(variable)): g for g, variable in zip(gradients, variables, strict=True)}
        in_order = [found.get(place) for place in range(len(self.weights))]
        is_present = np.array([gradient is not None for gradient in in_order])
        if not is_present.any():
            return state
        present = [gradient for gradient in in_order if gradient is not None]
        copies = copy_gradients(present, self._is_compiled, state[_CALLS, 0])
        summed = backend.sum_gradients(copies, self._is_compiled)
        separate = iter(separate_gradients(summed, self._is_compiled))
        dense = [ops.ones((1,), "float32") if gradient is None else next(separate) for gradient in in_order]
        sizes = np.where(is_present, self._sizes, np.float32(1))
        updated = _update(state, *measure_gradients(dense, sizes, self._is_compiled, state[_STEPS]), scale)
        is_updated = np.broadcast_to(is_present, state.shape).copy()
        is_updated[_CALLS] = True
        return updated if is_updated.all() else ops.where(is_updated, updated, state)

    def reset(self) -> None:
        """Forgets what was seen."""
        if keras.backend.backend() == "jax":
            self.state = _make_copy()(self.variable.value)  # which stays what it is: a step gives its state away
        else:
            self.variable.assign(ops.zeros(self.variable.shape, "float32"))


def attach_tap(model: keras.Model, weights: Sequence[Weight]) -> GradientTap:
    """Starts to watch the gradients of weights; call it inside a fit, before its first step.

    The model keeps what it traced or compiled for that, so that the next fit, with whatever callback, need not again.

    Args:
        model: A built model, compiled with a Keras optimizer.
        weights: The weights to watch.

    Returns:
        A tap, to be detached at the end of the fit.
    """
    hook: _TappedTrainFunction | None = keras_private.get_kept(model)
    if hook is not None and not hook.is_current():
        hook.restore()  # the fit before broke off
    if hook is None or (model.train_function is not hook and model.train_function is not hook.plain):
        is_stateful = keras.backend.backend() == "jax"
        hook = _StatefulTappedTrainFunction(model) if is_stateful else _TappedTrainFunction(model)
        keras_private.keep(model, hook)
    return hook.add(weights)


@functools.cache
def _make_copy() -> Callable[[Any], Any]:
    """Copies an array of JAX, compiled: `ops.copy` takes three times as long."""
    import jax

    return jax.jit(jax.numpy.copy)


def _identify(weights: Sequence[Weight]) -> list[tuple[Any, ...]]:
    return [(weight.depth, weight.layer, weight.name, id(weight.variable)) for weight in weights]


def _read_state(state: Any) -> GradientTotals:
    rows = copy_to_numpy(state).astype("float64")
    with np.errstate(invalid="ignore"):  # no gradient at all
        zero_fraction = rows[_ZERO_SUM] / rows[_ZERO_STEPS]
    return GradientTotals(
        calls=int(rows[_CALLS, 0]),
        steps=rows[_STEPS],
        finite=rows[_FINITE],
        norm_sum=rows[_NORM_SUM],
        norm_root=rows[_NORM_ROOT],
        norm_max=rows[_NORM_MAX],
        zero_fraction=zero_fraction,
    )


def _update(state: Any, norms: Any, zeros: Any, is_counted: Any, scale: Any) -> Any:
    """The state after one more step."""
    xp: Any = ops
    if keras.backend.backend() == "torch":  # eagerly, what Keras checks would take longer than the work
        import torch

        xp = torch
    finite = xp.isfinite(norms)
    if scale is not None:  # whoever scales the loss skips the whole step
        norms, finite = norms / scale, finite & xp.all(finite)
    norms = xp.where(finite, norms, 0.0)
    ones = xp.ones_like(norms)
    sums = state[_SUMS] + xp.stack([ones, ones, xp.where(finite, ones, 0.0), norms, zeros * is_counted, is_counted])
    root = xp.hypot(state[_NORM_ROOT], norms)  # where the squares may under- or overflow
    return xp.concatenate([sums, xp.stack([root, xp.maximum(state[_NORM_MAX], norms)])])


class _TappedTrainFunction:
    """Stands in for a model's train function and shows each step's gradients to the attached taps."""

    def __init__(self, model: keras.Model) -> None:
        self.plain = model.train_function
        self._model = model
        self._taps: list[GradientTap] = []  # the attached ones
        self._known_taps: list[GradientTap] = []
        self._train_functions: dict[tuple[GradientTap, ...], Any] = {}
        self._train_function: Any = None
        self._fit: Any = None

    def is_current(self) -> bool:
        """Whether the fit is still the one that taps were attached in: every fit has a history of its own."""
        return keras_private.get_fit(self._model) is self._fit

    def add(self, weights: Sequence[Weight]) -> GradientTap:
        if self._model.train_function is not self:
            self._fit = keras_private.get_fit(self._model)
            self._model.train_function = self
        idle = [tap for tap in self._known_taps if tap not in self._taps]
        tap = next((tap for tap in idle if _identify(tap.weights) == _identify(weights)), None)
        if tap is None:
            tap = GradientTap(self._model, weights, self)
            self._known_taps.append(tap)
        tap.reset()
        self._set_taps([*self._taps, tap])
        return tap

    def remove(self, tap: GradientTap) -> None:
        if tap in self._taps:
            self._set_taps([other for other in self._taps if other is not tap])
        if not self._taps:
            self.restore()

    def __call__(self, *args: Any) -> Any:
        if not self.is_current():  # a fit broke off between two steps, and this one knows nothing of it
            self.restore()
            return self._model.train_function(*args)
        return self._run(*args)

    def _run(self, *args: Any) -> Any:
        try:
            return self._train_function(*args)
        except StopIteration:  # the end of the data: the fit goes on
            raise
        except BaseException:
            self.restore()
            raise

    def sync(self) -> None:
        """Has the next step take the taps' states from the taps."""

    def restore(self) -> None:
        """Gives the model its own train function back."""
        self._taps = []
        if self._model.train_function is self:
            self._model.train_function = self.plain

    def _set_taps(self, taps: list[GradientTap]) -> None:
        self._taps, key = taps, tuple(taps)
        if taps and key not in self._train_functions:
            self._train_functions[key] = self._make_train_function()
        self._train_function = self._train_functions.get(key)

    def _make_train_function(self) -> Callable[..., Any]:
        return self._watch_while_running(keras_private.make_train_function(self._model))

    def _watch_while_running(self, train_function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            with self._watch():
                return train_function(*args)

        return run

    def _watch(self) -> AbstractContextManager[None]:
        """Shows the taps what the optimizer is given within."""
        optimizer = self._model.optimizer
        apply = optimizer.apply

        def tapped_apply(gradients: Any, trainable_variables: Any = None) -> Any:
            gradients = list(gradients)
            variables = None if trainable_variables is None else list(trainable_variables)
            known = keras_private.list_optimizer_weights(optimizer) if variables is None else variables
            for tap in self._taps:
                state = ops.convert_to_tensor(tap.variable)
                tap.variable.assign(tap.accumulate(state, gradients, known, get_scale(optimizer)))
            return apply(gradients, variables)

        return keras_private.set_attribute(optimizer, "apply", tapped_apply)


class _StatefulTappedTrainFunction(_TappedTrainFunction):
    """On JAX: the taps' states travel behind the optimizer's variables, from step to step as these do.

    A small net's step takes 300 microseconds, and a line of Python one of them, since its code is in no cache by then:
    what need not be done at every step is not.
    """

    def __call__(self, state: Any, iterator: Any) -> Any:
        taps, own = self._taps, state[2]
        if not taps or not own or own[-1] is not taps[-1].state:  # it comes from the model, as at a fit's first step
            if not taps or not self.is_current():
                return super().__call__(state, iterator)
            state = state[0], state[1], [*own, *[tap.state for tap in taps]], state[3]
        logs, state = self._run(state, iterator)
        for place, tap in enumerate(reversed(taps), 1):
            tap.state = state[2][-place]
        return logs, state

    def sync(self) -> None:
        keras_private.sync(self._model)

    def _set_taps(self, taps: list[GradientTap]) -> None:
        self.sync()
        super()._set_taps(taps)

    def _make_train_function(self) -> Callable[..., Any]:
        states = [tap.state for tap in self._taps]
        if keras.config.is_nnx_enabled():  # what is traced then is not the model's `train_step`, but its class's
            return self._watch_while_running(keras_private.make_train_function(self._model, states=states))
        return keras_private.make_train_function(self._model, self._watch, states)

    def _watch(self) -> AbstractContextManager[None]:
        optimizer = self._model.optimizer
        stateless_apply = optimizer.stateless_apply
        count = len(self._taps)

        def tapped_apply(optimizer_variables: Any, gradients: Any, trainable_variables: Any) -> Any:
            own, states = list(optimizer_variables[:-count]), optimizer_variables[-count:]
            scale = get_scale(optimizer, own)
            known = keras_private.list_optimizer_weights(optimizer)
            states = [tap.accumulate(s, gradients, known, scale) for tap, s in zip(self._taps, states, strict=True)]
            trainable_variables, own = stateless_apply(own, gradients, trainable_variables)
            return trainable_variables, [*own, *states]

        return keras_private.set_attribute(optimizer, "stateless_apply", tapped_apply)


def get_scale(optimizer: Any, values: Sequence[Any] | None = None) -> Any:
    """What the loss is multiplied by before the gradients are taken, None if nothing."""
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer.loss_scale_factor
    if not optimizer.built:
        return optimizer.initial_scale
    if values is None:
        return ops.convert_to_tensor(optimizer.dynamic_scale)
    place = next(i for i, variable in enumerate(optimizer.variables) if variable is optimizer.dynamic_scale)
    return values[place]
