"""Weights as the optimizer trains them, although a `SwapEMAWeights` puts their averages in at an epoch's end."""

from collections.abc import Callable
from typing import Any

import keras

from keras_vg.training import keras_private


def call_before_swaps(callback: keras.callbacks.Callback, action: Callable[[], None]) -> Callable[[], None]:
    """Has something done at each epoch's end before `SwapEMAWeights` callbacks swap the weights.

    Those that stand before a callback in the list of a fit swap before it has its turn; after the last epoch the
    trained weights are even overwritten.

    Args:
        callback: A callback inside its `on_train_begin`.
        action: What to do.

    Returns:
        A function that ends it; calling it any number of times is safe.
    """
    hooks = []
    for other in keras_private.list_callbacks(callback):
        if other is callback:
            break
        if isinstance(other, keras.callbacks.SwapEMAWeights):
            hook = vars(other).get("on_epoch_end")
            if not isinstance(hook, _Hook):
                hook = _Hook(other)
            hook.actions.append(action)
            hooks.append(hook)

    def end() -> None:
        while hooks:
            hooks.pop().remove(action)

    return end


class _Hook:
    """Stands in for the `on_epoch_end` of one callback."""

    def __init__(self, swap: keras.callbacks.SwapEMAWeights) -> None:
        self.actions: list[Callable[[], None]] = []
        self._swap = swap
        self._on_epoch_end = swap.on_epoch_end
        swap.on_epoch_end = self

    def __call__(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for action in self.actions:
            action()
        self._on_epoch_end(epoch, logs)

    def remove(self, action: Callable[[], None]) -> None:
        self.actions.remove(action)
        if not self.actions:
            del self._swap.on_epoch_end
