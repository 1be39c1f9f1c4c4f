"""Which callbacks of a fit watch a metric, and in which direction."""

from collections.abc import Sequence

import keras

from keras_vg.diagnosis.monitor import Mode, Monitor
from keras_vg.inspection.optimizer_setup import list_rates
from keras_vg.training import keras_private


class MonitorReader:
    """Tells which callbacks watch a metric, and what they have done by it.

    Args:
        model: The model that they watch, at the start of its first epoch.
        callbacks: All callbacks of the fit.
    """

    def __init__(self, model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        types = (keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau, keras.callbacks.ModelCheckpoint)
        self._model = model
        self._callbacks = [callback for callback in callbacks if isinstance(callback, types)]
        self._first_rate = self._find_rate()

    def read(self, is_over: bool) -> tuple[Monitor, ...]:
        """Lists those that have watched a metric for an epoch or more: Keras knows the metrics only then.

        Args:
            is_over: Whether the fit has ended.
        """
        monitors = []
        for callback in self._callbacks:
            mode: Mode | None = keras_private.get_mode(callback)
            if mode is not None:
                right_mode: Mode | None = keras_private.find_right_mode(self._model, callback.monitor)
                effect = self._find_effect(callback, is_over)
                monitors.append(Monitor(type(callback).__name__, callback.monitor, mode, right_mode, effect))
        return tuple(monitors)

    def _find_effect(self, callback: keras.callbacks.Callback, is_over: bool) -> str:
        if isinstance(callback, keras.callbacks.EarlyStopping):
            if callback.stopped_epoch > 0:
                return "ended"
            return "restored" if is_over and callback.restore_best_weights else ""
        if isinstance(callback, keras.callbacks.ReduceLROnPlateau):
            return "lowered" if self._find_rate() < self._first_rate else ""
        return "saved" if is_over and callback.save_best_only else ""

    def _find_rate(self) -> float:
        """The largest learning rate, where a callback is to lower one."""
        lowers = any(isinstance(callback, keras.callbacks.ReduceLROnPlateau) for callback in self._callbacks)
        return max(list_rates(self._model), default=0.0) if lowers else 0.0
