"""The gradients of a model with fresh weights, seed by seed, in one gradient log."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from keras_vg.callbacks.gradient_logger import GradientLogger
from keras_vg.logs.reader import read_log
from keras_vg.reproductions.initial_gradients import FAR

Draw = Callable[[int, int, keras.Variable], keras.initializers.Initializer | None]


class Shift(keras.layers.Layer):
    """Adds a bias, of zeros at first, whose gradient is that of the layer's output (one example at a time)."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the bias."""
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="bias")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Adds it."""
        return inputs + self.bias


def log_fresh_model(model: keras.Model, path: Path, seeds: int, draw: Draw, steps: int = 8) -> pd.DataFrame:
    """Logs the gradients of a model, with new weights for each seed and nothing trained: the learning rate is 0.

    The inputs are normal, one example per step and the same for all seeds. The loss is the mean absolute error with
    targets that no output reaches, so that its gradient by the one output is 1 or -1.

    Args:
        model: A model with one output unit.
        path: Of the log, in which each epoch is a seed.
        seeds: Number of seeds, from 0.
        draw: From a seed of its own for each weight, its place among the weights and the weight to an initializer for
            it, or None to leave it as it is.
        steps: Number of examples.

    Returns:
        The log, with the seed as a column.
    """

    def initialize(epoch: int, logs: object) -> None:
        for place, weight in enumerate(model.trainable_weights):
            initializer = draw(1000 * epoch + place, place, weight)
            if initializer is not None:
                weight.assign(initializer(weight.shape))

    rng = np.random.default_rng(0)
    x = rng.normal(size=(steps, *model.input_shape[1:])).astype("float32")
    y = rng.choice([-FAR, FAR], size=(steps, 1)).astype("float32")
    model.compile(keras.optimizers.SGD(0.0), "mean_absolute_error", jit_compile=False)
    callbacks = [keras.callbacks.LambdaCallback(on_epoch_begin=initialize), GradientLogger(path)]
    model.fit(x, y, batch_size=1, epochs=seeds, shuffle=False, verbose=0, callbacks=callbacks)
    log = read_log(path)
    return log.assign(seed=log["epoch"])
