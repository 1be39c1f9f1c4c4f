"""At which learning rates weights were trained, though a compiled step may not use the rate that an optimizer has."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from numbers import Real
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np

from keras_vg.training import keras_private
from keras_vg.training.optimizers import list_optimizers, open_wrappers, to_number
from keras_vg.training.weights import Weight

_UNKNOWN = object()


class RateNotes:
    """What the optimizers of a step that is compiled were given as their rates whenever it was compiled.

    That is what the step uses from then on: a variable's value, a schedule, or the number that a function answered.
    Another schedule, or another answer, is not heeded until it is compiled again.
    """

    def __init__(self) -> None:
        self._given: WeakKeyDictionary[keras.optimizers.Optimizer, list[Any]] = WeakKeyDictionary()

    def add(self, optimizer: keras.optimizers.Optimizer, given: Any) -> None:
        """Notes what an optimizer was given.

        Args:
            optimizer: The optimizer.
            given: A variable, a schedule, or what a function answered.
        """
        known = self._given.setdefault(optimizer, [])
        if isinstance(given, Real):
            given = float(given)
        elif not isinstance(given, keras.Variable | keras.optimizers.schedules.LearningRateSchedule):
            given = _UNKNOWN  # a tensor, say, which may be another at each step
        # On JAX a rate that is no variable any more changes the step's arguments: it is compiled anew, and used alone.
        if keras.backend.backend() == "jax" and not isinstance(given, keras.Variable):
            known[:] = [other for other in known if not isinstance(other, keras.Variable)]
        if not any(given is other or (isinstance(given, float) and given == other) for other in known):
            known.append(given)

    def find(self, optimizer: keras.optimizers.Optimizer, otherwise: Any) -> Any:
        """Returns what the step uses as an optimizer's rate: `otherwise` if nothing was noted, None if not known."""
        known = self._given.get(optimizer, [otherwise])
        return known[0] if len(known) == 1 and known[0] is not _UNKNOWN else None


class noted_rates(AbstractContextManager[None]):  # noqa: N801  used as a function in `with`
    """Notes what an optimizer, or those inside of it, are given as their rates; within, its `apply` is traced.

    A function is not called for that: what it answers the optimizer is noted.

    Args:
        optimizer: The optimizer.
        notes: Where to note it.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer, notes: RateNotes) -> None:
        self._optimizer, self._notes = optimizer, notes
        self._stack = ExitStack()

    def __enter__(self) -> None:
        for optimizer in open_wrappers([self._optimizer]):
            source = keras_private.get_schedule(optimizer)
            if not _is_function(source):
                self._notes.add(optimizer, source)
            elif not isinstance(source, _Listener):  # replicas are inside at the same time, and do not leave in order
                listener = _Listener(source, optimizer, self._notes)
                self._stack.enter_context(keras_private.replaced_rate(optimizer, listener))

    def __exit__(self, *_: object) -> None:
        self._stack.close()


@dataclass(frozen=True)
class _Listener:
    """A function that is an optimizer's rate, and notes its answers."""

    function: Any
    optimizer: keras.optimizers.Optimizer
    notes: RateNotes

    def __call__(self) -> Any:
        answer = self.function()
        self.notes.add(self.optimizer, answer if isinstance(answer, Real) else _UNKNOWN)
        return answer


_notes_of_plain_steps: "WeakKeyDictionary[Any, RateNotes]" = WeakKeyDictionary()


def _get_notes(step: Any) -> tuple[RateNotes, bool]:
    """The notes of a train function, and whether they were made while it was traced."""
    notes = getattr(step, "rate_notes", None)
    if isinstance(notes, RateNotes):
        return notes, True
    with suppress(TypeError):  # a function that nothing can be kept of
        return _notes_of_plain_steps.setdefault(step, RateNotes()), False
    return RateNotes(), False


class RateReader:
    """Reads the learning rates at which weights were trained between two moments.

    A rate that stays until it is set again is read at the first moment: before an epoch's first step every callback
    has set what it wants, and none has set it for the next epoch yet. A `LearningRateSchedule` is evaluated where the
    optimizer evaluated it for the middle one of its updates: at the number of batches until then, also under gradient
    accumulation, where only each k-th batch makes an update. A function is asked at the first moment where the step
    asks it, too; a step that is compiled has asked it before. There the rate is known if a tap has seen the answer.

    Args:
        model: A model inside a fit.
        weights: The weights.
    """

    def __init__(self, model: keras.Model, weights: Sequence[Weight]) -> None:
        self._model = model
        self._weights = weights
        self._optimizers = list_optimizers(model)
        self._is_compiled = keras.backend.backend() != "torch" and not model.run_eagerly
        self._started: dict[int, tuple[Any, Any, int]] = {}

    def begin(self) -> None:
        """Reads what holds at the first moment."""
        self._started = {id(o): (*self._read(o), _count_batches(o)) for o in open_wrappers(self._optimizers)}

    def end(self, optimizers: Iterable[keras.optimizers.Optimizer] = ()) -> np.ndarray:
        """Returns each weight's rate since `begin`.

        Args:
            optimizers: Further ones that were seen to train the weights, though the model does not hold them.

        Returns:
            Array of shape `(weights,)`, in the precision of the rates; NaN for a weight without an update, and where
            the rate is not known.
        """
        rates: dict[int, Any] = {}
        opened = open_wrappers([*self._optimizers, *optimizers])
        # The compiled one may be built for all weights and train some, beside another that is built for the rest alone.
        for optimizer in sorted(opened, key=lambda optimizer: len(keras_private.list_optimizer_weights(optimizer))):
            rate = self._find_rate(optimizer)
            for variable in () if rate is None else keras_private.list_optimizer_weights(optimizer):
                rates.setdefault(id(variable), rate)
        return np.array([rates.get(id(weight.variable), np.float32(np.nan)) for weight in self._weights])

    def _read(self, optimizer: keras.optimizers.Optimizer) -> tuple[Any, Any]:
        """What an optimizer has as its rate, and the number that this is now; None of a function that is not asked."""
        source = keras_private.get_schedule(optimizer)
        return source, None if self._is_compiled and _is_function(source) else to_number(optimizer.learning_rate)

    def _find_rate(self, optimizer: keras.optimizers.Optimizer) -> Any:
        """The rate of the middle update, NaN if it is not known; None if there was no update."""
        source, rate, first = self._started.get(id(optimizer)) or (*self._read(optimizer), 0)
        every = optimizer.gradient_accumulation_steps or 1
        before, after = first // every, _count_batches(optimizer) // every  # updates
        if before == after:
            return None
        used = self._find_used(optimizer, source) if self._is_compiled else keras_private.get_schedule(optimizer)
        if isinstance(used, keras.optimizers.schedules.LearningRateSchedule):
            middle = (before + after) // 2
            return to_number(used(middle * every + every - 1))
        if not self._is_compiled or used is source:
            return np.float32(np.nan) if rate is None else rate
        return np.float32(np.nan) if used is None else to_number(used)

    def _find_used(self, optimizer: keras.optimizers.Optimizer, source: Any) -> Any:
        """What a compiled step uses as an optimizer's rate, None if it is not known."""
        notes, is_seen = _get_notes(self._model.train_function)
        if not is_seen:
            notes.add(optimizer, source)
        return notes.find(optimizer, otherwise=source)


def _is_function(source: Any) -> bool:
    return callable(source) and not isinstance(source, keras.optimizers.schedules.LearningRateSchedule)


def _count_batches(optimizer: keras.optimizers.Optimizer) -> int:
    return int(to_number(keras_private.get_batch_counter(optimizer)))
