"""Callbacks that keep what a model's weights were, taken without this package, and one that fails."""

import keras
import numpy as np


class StepRecorder(keras.callbacks.Callback):
    """Keeps `model.get_weights()` before every step, and at the epoch's end."""

    def __init__(self):
        super().__init__()
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.final = [np.array(w) for w in self.model.get_weights()]

    def on_train_batch_begin(self, batch, logs=None):
        self.weights.append([np.array(w) for w in self.model.get_weights()])


class WeightRecorder(keras.callbacks.Callback):
    """Keeps `model.get_weights()` at the start and end of every epoch."""

    def __init__(self):
        super().__init__()
        self.before, self.after = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.before.append([np.array(w) for w in self.model.get_weights()])

    def on_epoch_end(self, epoch, logs=None):
        self.after.append([np.array(w) for w in self.model.get_weights()])


class Failing(keras.callbacks.Callback):
    def __init__(self, hook):
        super().__init__()
        setattr(self, hook, self.fail)

    def fail(self, *args, **kwargs):
        raise KeyboardInterrupt
