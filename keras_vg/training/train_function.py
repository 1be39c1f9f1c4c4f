"""Stands in for a model's train function during a fit, and shows each step's gradients to taps."""

import functools
import weakref
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_vg.training import keras_private
from keras_vg.training.optimizers import observed_optimizers
from keras_vg.training.rates import RateNotes, noted_rates

if TYPE_CHECKING:
    from keras_vg.training.step_watch import StepWatch
    from keras_vg.training.tap import GradientTap


@functools.cache
def _list_ends_of_data() -> tuple[type[BaseException], ...]:
    """What a train function raises where the data ends and the fit goes on."""
    if keras.backend.backend() != "tensorflow":
        return (StopIteration,)
    import tensorflow as tf

    return StopIteration, tf.errors.OutOfRangeError  # the latter of data whose length is not known


def get_tapped_train_function(model: keras.Model) -> "TappedTrainFunction":
    """Returns the train function that taps of this model are attached to: the one that the model keeps, or a new one.

    Args:
        model: A built model inside a fit, compiled with a Keras optimizer.
    """
    tapped: TappedTrainFunction | None = keras_private.get_kept(model)
    if tapped is not None and not tapped.is_current():
        tapped.restore()  # the fit before was broken off
    if tapped is None or (model.train_function is not tapped and model.train_function is not tapped.plain):
        tapped = TappedJaxTrainFunction(model) if keras.backend.backend() == "jax" else TappedTrainFunction(model)
        keras_private.keep(model, tapped)
    return tapped


def get_loss_scale(optimizer: Any, values: Sequence[Any] | None = None) -> Any:
    """Returns what the loss is multiplied by before the gradients are computed, None if it is not.

    Args:
        optimizer: A Keras optimizer.
        values: The values of its variables, if these are not in the variables themselves.
    """
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer.loss_scale_factor
    if not optimizer.built:
        return optimizer.initial_scale
    if values is None:
        return ops.convert_to_tensor(optimizer.dynamic_scale)
    index = next(i for i, variable in enumerate(optimizer.variables) if variable is optimizer.dynamic_scale)
    return values[index]


def copy_on_jax(array: Any) -> Any:
    """Returns a copy of a JAX array; compiled, since `ops.copy` takes three times as long."""
    return _compile_copy()(array)


@functools.cache
def _compile_copy() -> Callable[[Any], Any]:
    import jax

    return jax.jit(jax.numpy.copy)


class TappedTrainFunction:
    """Stands in for a model's train function and shows each step's gradients to the attached taps.

    A train function is traced or compiled once for each list of taps and kept: `Model.train_function` itself is never
    traced with a tap in it.

    Args:
        model: A built model, compiled with a Keras optimizer.
    """

    def __init__(self, model: keras.Model) -> None:
        self.plain = model.train_function
        self._model = model
        self._taps: list[GradientTap] = []  # the attached ones
        self._known_taps: list[GradientTap] = []
        self._watches: list[StepWatch] = []
        self._train_functions: dict[tuple[GradientTap, ...], Any] = {}
        self._train_function: Any = None
        self._rate_notes: dict[tuple[GradientTap, ...], RateNotes] = {}
        self._fit: Any = None
        self._is_running = False
        self._end_observing: Callable[[], Any] = lambda: None

    @property
    def rate_notes(self) -> RateNotes:
        """What the step that runs now was given as learning rates while it was traced."""
        return self._rate_notes.setdefault(tuple(self._taps), RateNotes())

    def is_current(self) -> bool:
        """Whether the model is still in the fit in which the taps were attached: each fit has its own history."""
        return keras_private.get_fit(self._model) is self._fit

    def list_detached(self) -> list["GradientTap"]:
        """Returns the taps of earlier fits, which may be attached again."""
        return [tap for tap in self._known_taps if tap not in self._taps]

    def attach(self, tap: "GradientTap") -> None:
        """Shows a tap the gradients from the next step on."""
        if self._model.train_function is not self:
            self._fit = keras_private.get_fit(self._model)
            self._model.train_function = self
            self._end_observing()
            self._end_observing = self._begin_observing()
        if tap not in self._known_taps:
            self._known_taps.append(tap)
        self._set_taps([*self._taps, tap])

    def detach(self, tap: "GradientTap") -> None:
        """Shows a tap no more gradients; without any tap, the model gets its own train function back."""
        if tap in self._taps:
            self._set_taps([other for other in self._taps if other is not tap])
        if not self._taps:
            self.restore()

    def watch(self, watch: "StepWatch") -> None:
        """Has the steps watched from the next one on, as long as a tap is attached."""
        self._watches.append(watch)

    def unwatch(self, watch: "StepWatch") -> None:
        """Ends that; calling it any number of times is safe."""
        self._watches = [other for other in self._watches if other is not watch]

    def __call__(self, *args: Any) -> Any:
        """Runs a step, or as many as the model executes at once."""
        if not self.is_current():  # the fit was broken off between two steps, and this is another fit
            self.restore()
            return self._model.train_function(*args)
        for watch in self._watches:
            watch.before(None)
        logs = self._run(*args)
        return self._look_after(logs, None)[0] if self._watches else logs

    def _look_after(self, logs: Any, state: Any) -> tuple[Any, Any]:
        """Lets the watches look at what a step left; what they raise ends the fit before any callback saves it."""
        try:
            for watch in self._watches:
                logs, state = watch.after(logs, state, self._model.steps_per_execution)
        except BaseException:
            if state is not None:
                keras_private.hand_over_state(self._model, state)
            self.restore()
            raise
        return logs, state

    def _run(self, *args: Any) -> Any:
        self._is_running = True
        try:
            return self._train_function(*args)
        except _list_ends_of_data():
            raise
        except BaseException:
            self.restore()
            raise
        finally:
            self._is_running = False

    def sync(self) -> None:
        """Makes the next step start from the states that the taps have now."""

    def restore(self) -> None:
        """Gives the model its own train function back."""
        self._taps, self._watches = [], []
        if self._model.train_function is self:
            self._model.train_function = self.plain
        self._end_observing()

    def _begin_observing(self) -> Callable[[], Any]:
        """Observes optimizers for the whole fit, since to begin and end it takes too long for each step.

        Returns:
            What ends it; it ends by itself, too, when nothing needs the train function any more.
        """
        observe = weakref.WeakMethod(self._observe)

        def observe_if_alive(*given: Any) -> AbstractContextManager[None] | None:
            alive = observe()
            return None if alive is None else alive(*given)

        observed = observed_optimizers(observe_if_alive)
        observed.__enter__()
        ends_by_itself = weakref.finalize(self, observed.end_later)

        def end() -> None:
            if ends_by_itself.detach() is not None:
                observed.__exit__()

        return end

    def _set_taps(self, taps: list["GradientTap"]) -> None:
        self._taps, key = taps, tuple(taps)
        if taps and key not in self._train_functions:
            self._train_functions[key] = self._make_train_function()
        self._train_function = self._train_functions.get(key)

    def _make_train_function(self) -> Callable[..., Any]:
        return keras_private.make_train_function(self._model)

    def _observe(
        self, optimizer: keras.optimizers.Optimizer, gradients: list[Any], variables: list[Any]
    ) -> AbstractContextManager[None] | None:
        """Shows the taps what an optimizer is given in a step; one that is compiled gives it while it is traced."""
        if not self._is_running:
            return None
        for tap in self._taps:
            tap.observe(optimizer, gradients, variables)
        is_compiled = keras.backend.backend() == "tensorflow" and not self._model.run_eagerly
        return noted_rates(optimizer, self.rate_notes) if is_compiled else None


class TappedJaxTrainFunction(TappedTrainFunction):
    """On JAX, where a step takes and returns its state: the taps' states follow the optimizer's variables in it.

    A small net's step takes 300 microseconds, and a line of Python one of them, since its code is no longer in the
    processor's cache: so a step does nothing that need not be done at every step.
    """

    def __call__(self, state: Any, iterator: Any) -> Any:
        """Runs a step, or as many as the model executes at once, and returns the logs and the new state."""
        taps, own = self._taps, state[2]
        if not taps or not own or own[-1] is not taps[-1].state:  # it comes from the model, as at a fit's first step
            if not taps or not self.is_current():
                return super().__call__(state, iterator)
            state = state[0], state[1], [*own, *[tap.state for tap in taps]], state[3]
        if self._watches:
            for watch in self._watches:
                watch.before(state)
        logs, state = self._run(state, iterator)
        for index, tap in enumerate(reversed(taps), 1):
            tap.state = state[2][-index]
        return self._look_after(logs, state) if self._watches else (logs, state)

    def sync(self) -> None:
        """Makes the next step start from the states that the taps have now."""
        keras_private.sync(self._model)

    def _begin_observing(self) -> Callable[[], Any]:
        return lambda: None

    def _set_taps(self, taps: list["GradientTap"]) -> None:
        self.sync()
        super()._set_taps(taps)

    def _make_train_function(self) -> Callable[..., Any]:
        states = [tap.state for tap in self._taps]
        if keras.config.is_nnx_enabled():  # which traces not the model's `train_step`, but its class's
            return self._run_tapped(keras_private.make_train_function(self._model, states=states))
        return keras_private.make_train_function(self._model, self._tap_optimizer, states)

    def _run_tapped(self, train_function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            with self._tap_optimizer():
                return train_function(*args)

        return run

    def _tap_optimizer(self) -> AbstractContextManager[None]:
        """A context in which the taps are shown what the compiled optimizer is given."""
        optimizer = self._model.optimizer
        stateless_apply = optimizer.stateless_apply
        count = len(self._taps)

        def tapped_apply(optimizer_variables: Any, gradients: Any, trainable_variables: Any) -> Any:
            own, states = list(optimizer_variables[:-count]), optimizer_variables[-count:]
            scale = get_loss_scale(optimizer, own)
            known = keras_private.list_optimizer_weights(optimizer)
            states = [tap.accumulate(s, gradients, known, scale) for tap, s in zip(self._taps, states, strict=True)]
            with noted_rates(optimizer, self.rate_notes):
                trainable_variables, own = stateless_apply(own, gradients, trainable_variables)
            return trainable_variables, [*own, *states]

        return keras_private.set_attribute(optimizer, "stateless_apply", tapped_apply)
