"""Models that get their weights only in the first step of a fit."""

import warnings
from collections.abc import Callable
from typing import Any

import keras

from keras_vg.training import keras_private


def has_weights(model: keras.Model) -> bool:
    """Whether a model that is being fitted has its weights already."""
    return keras.backend.backend() != "tensorflow" or keras_private.is_built(model)


def call_when_built(model: keras.Model, action: Callable[[], None]) -> None:
    """Calls `action` as soon as the model has its weights, and before the first step changes them.

    On TensorFlow a model without an `Input` gets its weights only inside the first step. That step is traced once
    more, just before it runs, which creates the weights as the step itself would have done.

    Args:
        model: A model without weights, inside `on_train_begin`.
        action: What to do, once, in the first step. If the step cannot be traced (it must run eagerly), it is not
            called in this fit, and a warning says so.
    """
    if isinstance(model.train_function, _BuildFirst) and model.train_function.is_current():
        model.train_function.actions.append(action)
    else:
        model.train_function = _BuildFirst(model, action)


class _BuildFirst:
    """Stands in for the train function of a model without weights, once."""

    def __init__(self, model: keras.Model, action: Callable[[], None]) -> None:
        self.actions = [action]
        self._model = model
        stale = isinstance(model.train_function, _BuildFirst)
        self._train_function = model.train_function._train_function if stale else model.train_function
        self._fit = keras_private.get_fit(model)

    def is_current(self) -> bool:
        return keras_private.get_fit(self._model) is self._fit

    def __call__(self, iterator: Any) -> Any:
        self._model.train_function = self._train_function
        # Left behind by a fit that ended before its first step, it must not act in a later one.
        if self.is_current() and self._try_to_build(iterator):
            for action in self.actions:
                action()
        return self._model.train_function(iterator)  # an action may have replaced it

    def _try_to_build(self, iterator: Any) -> bool:
        try:
            keras_private.trace_step(self._model, iterator.element_spec)
        except Exception as error:
            warnings.warn(
                f"Model {self._model.name!r} has no weights before its first step, and the step could not be traced "
                f"({type(error).__name__}: {error}): nothing is logged of this first epoch. "
                "Give the model an `Input`, or call it on one batch before `fit`.",
                stacklevel=2,
            )
            return False
        return True
