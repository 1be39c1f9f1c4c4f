"""What several tests share: one small set of real trainings, and a record of weights taken without this package."""

import keras
import numpy as np
import pytest

from keras_vg.reproductions import experiments


@pytest.fixture(scope="session")
def circle_runs(tmp_path_factory):
    """The sigmoid, tanh and ReLU runs of the experiment with seed 0, two epochs each."""
    folder = tmp_path_factory.mktemp("circles")
    return list(experiments.run_variants(experiments.SIGMOID_VS_RELU, [0], epochs=2, output=folder))


class WeightRecorder(keras.callbacks.Callback):
    """Keeps `model.get_weights()` at the start and end of every epoch."""

    def __init__(self):
        super().__init__()
        self.before, self.after = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.before.append([np.array(w) for w in self.model.get_weights()])

    def on_epoch_end(self, epoch, logs=None):
        self.after.append([np.array(w) for w in self.model.get_weights()])
