"""Softmax and losses over another axis than the last, layers of one's own as heads, models without weights."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg

GENERATOR = np.random.default_rng(0)
PICTURES = GENERATOR.normal(size=(64, 3, 6, 6)).astype("float32")
CLASSES = GENERATOR.integers(0, 3, size=(64, 6, 6))
ONE_HOT = np.moveaxis(np.eye(3, dtype="float32")[CLASSES], -1, 1)  # channels first


def find_errors(model, x, y):
    return {finding.rule for finding in vg.diagnose(vg.inspect(model, x, y)) if finding.severity == "error"}


def make_segmenter(axis, loss):
    """Of channels on the first axis, without a convolution, which TensorFlow has not of this order on a CPU."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3, 6, 6))
    hidden = layers.Permute((2, 3, 1))(inputs)
    hidden = layers.Dense(3)(layers.Dense(16, "relu")(hidden))
    model = keras.Model(inputs, layers.Softmax(axis=axis)(layers.Permute((3, 1, 2))(hidden)))
    model.compile("adam", loss)
    return model


def test_a_softmax_over_channels_that_come_first():
    for loss in ("binary_crossentropy", keras.losses.CategoricalCrossentropy(axis=1)):
        assert not find_errors(make_segmenter(1, loss), PICTURES, ONE_HOT)
    assert find_errors(make_segmenter(-1, "binary_crossentropy"), PICTURES, ONE_HOT) == {"output_layer"}


def test_a_loss_over_the_last_axis_by_its_number_is_known():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Softmax(axis=1)])
    model.compile("adam", keras.losses.CategoricalCrossentropy(axis=1))
    outputs = vg.inspect(model, PICTURES[:, 0, 0, :4], np.eye(3)[CLASSES[:, 0, 0]]).outputs
    assert outputs.loc[0, ["loss", "activation"]].tolist() == ["categorical_crossentropy", "softmax"]


class Thresholds(layers.Layer):
    """Probabilities that a score is above each of three thresholds, or as many sums."""

    def __init__(self, squashes):
        super().__init__()
        self.squashes = squashes

    def build(self, shape):
        """Makes the thresholds."""
        self.thresholds = self.add_weight(shape=(3,), initializer=keras.initializers.Constant([-0.5, 0.0, 0.5]))

    def call(self, score):
        """Compares."""
        return ops.sigmoid(score - self.thresholds) if self.squashes else score - self.thresholds


@pytest.mark.parametrize(("squashes", "errors"), [(True, set()), (False, {"output_layer"})])
def test_a_layer_of_ones_own_may_put_out_probabilities(squashes, errors):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1), Thresholds(squashes)])
    model.compile("adam", "binary_crossentropy")
    x = GENERATOR.normal(size=(128, 4)).astype("float32")
    y = (x[:, :1] > np.array([[-0.5, 0.0, 0.5]])).astype("float32")
    assert find_errors(model, x, y) == errors


class Drawn(layers.Layer):
    """A kernel that is drawn in each call, and so never trained."""

    def build(self, shape):
        """Makes the bias alone."""
        self.bias = self.add_weight(shape=(1,), initializer="zeros")

    def call(self, inputs):
        """Multiplies."""
        return inputs @ keras.random.normal((inputs.shape[-1], 1), seed=0) + self.bias


def test_a_model_without_a_kernel_is_judged():
    model = keras.Sequential([keras.Input((4,)), Drawn()])
    model.compile("sgd", "mse")
    x = GENERATOR.normal(size=(64, 4)).astype("float32")
    inspection = vg.inspect(model, x, x[:, :1])
    assert inspection.weights.empty
    assert vg.diagnose(inspection).is_healthy


def test_a_forgotten_sigmoid_is_found_wherever_the_predictions_begin():
    x = GENERATOR.uniform(size=(128, 4)).astype("float32")
    y = (x[:, :1] > 0.5).astype("float32")
    keras.utils.set_random_seed(0)
    start = keras.initializers.Constant(0.5)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, bias_initializer=start, kernel_initializer="zeros")])
    model.compile("adam", "binary_crossentropy")
    assert find_errors(model, x, y) == {"output_layer"}


class OwnLoss(keras.losses.Loss):
    """A loss with an axis that says nothing of classes."""

    axis = 1

    def call(self, y_true, y_pred):
        """Compares."""
        return ops.mean(ops.square(y_true - y_pred), axis=-1)


def test_a_loss_of_ones_own_keeps_its_name():
    model = keras.Sequential([keras.Input((5, 4)), layers.Dense(3)])
    model.compile("adam", OwnLoss())
    x = GENERATOR.normal(size=(16, 5, 4)).astype("float32")
    assert vg.inspect(model, x, x[..., :3]).outputs["loss"].tolist() == ["own_loss"]
