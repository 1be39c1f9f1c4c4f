"""Which callbacks of a fit watch a metric, and in which direction."""

from collections.abc import Mapping, Sequence

import keras
from keras.callbacks import (
    Callback,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)

from keras_vg.diagnosis.monitor import Mode, Monitor
from keras_vg.inspection.optimizer_setup import list_rates
from keras_vg.text import is_of_keras
from keras_vg.training import keras_private


class MonitorReader:
    """Tells which callbacks watch a metric, and what they have done by it.

    Args:
        model: The model that they watch, at the start of its first epoch.
        callbacks: All callbacks of the fit.
    """

    def __init__(self, model: keras.Model, callbacks: Sequence[Callback]) -> None:
        self._model = model
        self._callbacks = [callback for callback in callbacks if _watches(callback)]
        # What another callback may have done to the rate is not taken for this one's work.
        setters = (LambdaCallback, LearningRateScheduler, ReduceLROnPlateau)
        self._lowers_alone = sum(isinstance(callback, setters) for callback in callbacks) == 1
        self._first_rate = self._find_rate()

    def read(self, is_over: bool) -> tuple[Monitor, ...]:
        """Lists those that have seen the end of an epoch: Keras knows the metrics only then.

        Args:
            is_over: Whether the fit has ended.
        """
        metrics = keras_private.list_built_metrics(self._model)
        monitors = []
        for callback in self._callbacks:
            mode: Mode | None = keras_private.get_mode(callback)
            if mode is not None:
                right_mode = _find_right_mode(metrics, callback.monitor)
                effect = self._find_effect(callback, is_over)
                min_delta = abs(float(getattr(callback, "min_delta", 0.0)))
                monitors.append(Monitor(type(callback).__name__, callback.monitor, mode, right_mode, effect, min_delta))
        return tuple(monitors)

    def _find_effect(self, callback: Callback, is_over: bool) -> str:
        if isinstance(callback, EarlyStopping):
            if callback.stopped_epoch > 0:
                return "ended"
            is_restored = is_over and callback.restore_best_weights and callback.best_weights is not None
            return "restored" if is_restored else ""
        is_lowered = isinstance(callback, ReduceLROnPlateau) and self._find_rate() < self._first_rate
        return "lowered" if is_lowered else ""

    def _find_rate(self) -> float:
        """The largest learning rate, where a single callback may change it."""
        return max(list_rates(self._model), default=0.0) if self._lowers_alone else 0.0


def _watches(callback: Callback) -> bool:
    """Whether what a callback does depends on which values of a metric are better."""
    is_checkpoint = isinstance(callback, ModelCheckpoint) and callback.save_best_only
    return is_checkpoint or isinstance(callback, EarlyStopping | ReduceLROnPlateau)


def _find_right_mode(metrics: Mapping[str, keras.metrics.Metric], monitored: str) -> Mode | None:
    """Which values are better, of the whole loss and of metrics of Keras's; None of what is not known."""
    name = monitored.removeprefix("val_")
    if name == "loss":
        return "min"
    metric = metrics.get(name)
    if metric is None or not is_of_keras(metric):  # a subclass may be better the other way round
        return None
    modes: dict[str | None, Mode] = {"up": "max", "down": "min"}
    return modes.get(keras_private.get_direction(metric))
