"""Looks after each training step whether gradients and weights are still finite, and can put a training back."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg.training import backend
from keras_vg.training.compilation import has_own_step
from keras_vg.training.optimizers import list_optimizers, list_rate_variables
from keras_vg.training.shards import copy_parts, is_split, put_parts
from keras_vg.training.tap import GradientTap
from keras_vg.training.totals import FINITE, STEPS
from keras_vg.training.weights import copy_to_numpy, read_tensor, to_numpy


@dataclass(frozen=True)
class BrokenStep:
    """A step, or an execution of several, after which something is not finite.

    Attributes:
        gradients: The layers of the weights whose gradients were not, in call order.
        weights: The layers of the weights that are not.
    """

    gradients: tuple[str, ...]
    weights: tuple[str, ...]


class StepWatch:
    """Is called by the train function around each step, before any callback learns of it.

    Each check reads two numbers from the device, and so waits for the step to end. What was not finite at the
    beginning does not count, nor do the gradients of steps that a `LossScaleOptimizer` skips.

    Args:
        model: A built model inside a fit, compiled with a Keras optimizer.
        tap: Measures the gradients of its weights.
        handle: Is given each broken step. If it returns, the training is put back to the latest snapshot.
        takes_snapshots: Whether to copy the training's state to the host before each epoch's first step.
        snapshot_every: After how many further steps of an epoch to do so again; None for never.
    """

    def __init__(
        self,
        model: keras.Model,
        tap: GradientTap,
        handle: Callable[[BrokenStep], None],
        takes_snapshots: bool = False,
        snapshot_every: int | None = None,
    ) -> None:
        self._model = model
        self._tap = tap
        self._handle = handle
        self._takes_snapshots, self._snapshot_every = takes_snapshots, snapshot_every
        optimizers = list_optimizers(model)
        self._is_scaled = any(isinstance(item, keras.optimizers.LossScaleOptimizer) for item in optimizers)
        self._rates = {id(variable) for variable in list_rate_variables(model)}
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        self._positions = [i for i, v in enumerate(variables) if _is_float(v) and _is_finite(v)]
        self._run: Any = None
        if takes_snapshots and not has_own_step(model) and not model.optimizer.built:  # else its first step does it
            with backend.variable_scope(model):
                model.optimizer.build(model.trainable_variables)
        self.begin_epoch()

    def begin_epoch(self) -> None:
        """Begins anew, with a snapshot before the next step; metrics are at zero then."""
        self._is_due = self._takes_snapshots
        self._good_steps = 0
        self._good_logs: Any = None
        self._snapshot: Any = None
        self._total = 0.0
        self._counted = np.zeros(len(self._tap.weights))

    def before(self, state: Any) -> None:
        """Takes a snapshot if one is due.

        Args:
            state: On JAX, what the step is given; else None.
        """
        if self._is_due:
            self._is_due = False
            self._snapshot = [_copy(value) for value in self._list_values(state)]

    def after(self, logs: Any, state: Any, count: int) -> tuple[Any, Any]:
        """Looks at what a step left.

        Args:
            logs: What it returned for the callbacks.
            state: On JAX, the state that it returned; else None.
            count: How many steps it ran.

        Returns:
            What the fit goes on with: the same, or after a broken step the logs of the last good one and the state of
            the snapshot.
        """
        total, are_weights_broken = self._check(state)
        is_broken, self._total = are_weights_broken or total > self._total, total
        if not is_broken:
            self._good_logs = logs
            before, self._good_steps = self._good_steps, self._good_steps + count
            every = self._snapshot_every
            self._is_due = bool(every) and self._good_steps // (every or 1) > before // (every or 1)
            return logs, state
        self._handle(self._describe(state))
        return logs if self._good_logs is None else self._good_logs, self._put_back(state)

    def _list_variables(self) -> list[keras.Variable]:
        model = self._model
        own = [variable for optimizer in list_optimizers(model) for variable in optimizer.variables]
        return [*model.trainable_variables, *model.non_trainable_variables, *own, *model.metrics_variables]

    def _list_values(self, state: Any) -> list[Any]:
        if state is None:
            self._snapshot_variables = self._list_variables()  # an optimizer of the step's own may be built later
            return list(self._snapshot_variables)
        count = len(self._model.optimizer.variables)
        return [*state[0], *state[1], *state[2][:count], *state[3]]

    def _put_back(self, state: Any) -> Any:
        """The training's state as it was, but for learning rates: a callback may have set them since."""
        if state is None:
            for variable, value in zip(self._snapshot_variables, self._snapshot, strict=True):
                if id(variable) not in self._rates:
                    variable.assign(value)
            return None
        left = iter(self._snapshot)
        optimizer = self._model.optimizer.variables
        kept = [id(variable) in self._rates for variable in optimizer]
        parts = [[(now, False) for now in state[0]], [(now, False) for now in state[1]]]
        parts += [list(zip(state[2], kept, strict=False)), [(now, False) for now in state[3]]]
        new: list[list[Any]] = []
        for part in parts:
            values = [(now, next(left), is_kept) for now, is_kept in part]
            new.append([now if is_kept else _put_on_jax(value, now) for now, value, is_kept in values])
        return new[0], new[1], [*new[2], *state[2][len(optimizer) :]], new[3]

    def _check(self, state: Any) -> tuple[float, bool]:
        """How many gradients were not finite since the tap was read, and whether a weight is not."""
        name = keras.backend.backend()
        if name == "jax":
            values = [*state[0], *state[1]]
            result = _compile_check()(self._tap.state, [values[i] for i in self._positions])
        else:
            if self._run is None:
                self._run = self._measure_variables
                if name == "tensorflow":
                    import tensorflow as tf

                    self._run = tf.function(self._run)
            result = self._run()
        total, count = copy_to_numpy(result).tolist()
        return (0.0 if self._is_scaled else total), count > 0

    def _measure_variables(self) -> Any:
        variables = [*self._model.trainable_variables, *self._model.non_trainable_variables]
        values = [read_tensor(variables[i]) for i in self._positions]
        if keras.backend.backend() == "torch":
            import torch

            with torch.no_grad():
                return _check(self._tap.count_nonfinite(self._tap.state), values)
        return _check(self._tap.count_nonfinite(read_tensor(self._tap.state)), values)

    def _describe(self, state: Any) -> BrokenStep:
        counts = copy_to_numpy(self._tap.count_nonfinite(read_tensor(self._tap.state)))
        added, self._counted = counts - self._counted, counts
        gradients = [w.layer for w, count in zip(self._tap.weights, added, strict=True) if count > 0]
        values = dict(zip(map(id, self._model.trainable_variables), [] if state is None else state[0], strict=False))
        current = [(w.layer, values.get(id(w.variable), w.variable)) for w in self._tap.weights]
        weights = [layer for layer, value in current if not _is_finite(value)]
        if self._is_scaled:
            gradients = []
        return BrokenStep(tuple(dict.fromkeys(gradients)), tuple(dict.fromkeys(weights)))


def _check(counts: Any, values: Sequence[Any]) -> Any:
    """The sum of counts, and whether a value is not finite."""
    xp: Any = ops
    if keras.backend.backend() == "torch":  # the checks of `keras.ops` would take longer than the work
        import torch

        xp = torch
    broken = [~xp.all(xp.isfinite(value)) for value in values]
    is_broken = ops.cast(xp.any(xp.stack(broken)), "float32") if broken else ops.zeros((), "float32")
    return xp.stack([ops.cast(xp.sum(counts), "float32"), is_broken])


@functools.cache
def _compile_check() -> Callable[[Any, Sequence[Any]], Any]:
    """The check on JAX, compiled once for all fits of models of the same shapes."""
    import jax

    return jax.jit(lambda state, values: _check(state[STEPS] - state[FINITE], values))


def _is_float(variable: keras.Variable) -> bool:
    return "float" in keras.backend.standardize_dtype(variable.dtype)


def _copy(value: Any) -> Any:
    return copy_parts(read_tensor(value)) if is_split(value) else copy_to_numpy(value)


def _put_on_jax(values: Any, like: Any) -> Any:
    """An array of copied values, with the layout of another."""
    import jax

    return put_parts(values, like) if isinstance(values, list) else jax.device_put(values.copy(), like.sharding)


def _is_finite(value: Any) -> bool:
    if is_split(value):  # by all of the processes
        return bool(to_numpy(ops.all(ops.isfinite(read_tensor(value)))))
    values = copy_to_numpy(value)
    values = values.astype("float32") if values.dtype.itemsize < 4 else values
    return bool(np.isfinite(values).all())
