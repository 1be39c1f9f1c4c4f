"""Faults that only a real model, loss and labels together show, beside healthy programs that look like them."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg
from helpers.own_steps import OwnStepWithCall

pytestmark = pytest.mark.model
BACKEND = keras.backend.backend()
RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 4)).astype("float32")
TARGET = (X[:, 0] - X[:, 1]).astype("float32")


class SquaredError(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred))


def inspect(y, loss, units=1, activation=None, optimizer="adam", **options):
    keras.utils.set_random_seed(0)
    hidden = layers.Dense(16, "tanh", kernel_regularizer="l2")
    model = keras.Sequential([keras.Input((4,)), hidden, layers.Dense(units, activation, name="head", **options)])
    model.compile(optimizer, loss)
    return {finding.rule: finding for finding in vg.diagnose(vg.inspect(model, X, y)).list_all()}


@pytest.mark.parametrize(
    ("labels", "loss", "is_sick"),
    [
        (TARGET, SquaredError(), True),
        (TARGET[:, None], SquaredError(), False),
        (TARGET, "mse", False),  # which brings them into one shape
        (TARGET, lambda y, p: ops.mean(ops.square(y - p)), False),  # so does Keras for a function
        (TARGET, lambda y, p: ops.mean(ops.square(ops.reshape(y, (-1, 1)) - p)), False),
    ],
)
def test_labels_with_which_every_prediction_is_compared(labels, loss, is_sick):
    found = inspect(labels, loss)
    assert ("label_shape" in found) == is_sick
    if is_sick:
        # Every prediction against every label, and each against its own.
        evidence = found["label_shape"].evidence
        assert evidence["loss"] != pytest.approx(evidence["loss_in_the_predictions_shape"], rel=0.01)
    else:
        assert "error" not in {finding.severity for finding in found.values()}


class OwnLoss(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(y - y_pred))


class OwnStep(OwnLoss):
    def train_step(self, *args):  # on JAX the state comes first
        return super().train_step(*args)


class LoggedLoss(OwnStepWithCall):
    log_name = "loss"

    def make_encoder(self):
        return keras.Sequential([keras.Input((4,)), layers.Dense(3, "tanh")])

    def call(self, x):
        return self.decoder(self.encoder(x))[:, :1]

    def measure_loss(self, data):
        return ops.mean(ops.square(data[1] - self(data[0])))


class SqueezingLoss(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        labels = 0.0 if y is None else ops.reshape(y, (-1,))
        return ops.mean(ops.square(labels - ops.squeeze(y_pred, -1)))


class SqueezingStep(LoggedLoss):
    def measure_loss(self, data):
        return ops.mean(ops.square(data[1] - self(data[0])[:, 0]))


def make_functional(cls):
    inputs = keras.Input((4,))
    return cls(inputs, layers.Dense(1)(layers.Dense(16, "tanh")(inputs)))


def judge_own(model, labels):
    keras.utils.set_random_seed(0)
    model.compile("adam", "mse")
    return {finding.rule: finding for finding in vg.diagnose(vg.inspect(model, X, labels)).list_all()}


@pytest.mark.parametrize("make", [lambda: make_functional(OwnLoss), lambda: make_functional(OwnStep), LoggedLoss])
def test_labels_with_which_a_models_own_code_compares_every_prediction(make):
    model = make()
    found = judge_own(model, TARGET)["label_shape"]
    predictions = ops.convert_to_numpy(model(X))
    assert found.evidence["loss"] == pytest.approx(np.square(TARGET - predictions).mean(), rel=1e-4)
    own = np.square(TARGET[:, None] - predictions).mean()
    assert found.evidence["loss_in_the_predictions_shape"] == pytest.approx(own, rel=1e-4)


@pytest.mark.parametrize(
    ("make", "labels"),
    [
        (lambda: make_functional(OwnLoss), TARGET[:, None]),
        (LoggedLoss, TARGET[:, None]),
        (lambda: make_functional(SqueezingLoss), TARGET),
        (lambda: make_functional(SqueezingLoss), None),
        (SqueezingStep, TARGET),
    ],
)
def test_a_models_own_code_that_compares_each_with_its_own(make, labels):
    assert "label_shape" not in judge_own(make(), labels)


def cross_entropy(y, p):
    return ops.mean(keras.losses.binary_crossentropy(y, p))


MASKS = (TARGET[:, None] > 0).astype("float32")
WITH_GAPS = np.where(X[:, 2:3] > 1, 255, MASKS).astype("float32")


def cross_entropy_without_gaps(y, p):
    is_known = ops.cast(y < 255, "float32")
    return ops.sum(is_known * keras.losses.binary_crossentropy(y * is_known, p)[:, None]) / ops.sum(is_known)


@pytest.mark.parametrize(
    ("labels", "loss", "is_sick"),
    [
        (255 * MASKS, cross_entropy, True),
        (255 * MASKS, lambda y, p: ops.mean(ops.square(y - p)), True),
        (255 * MASKS, lambda y, p: cross_entropy(y / 255, p), False),
        (255 * MASKS, lambda y, p: -ops.sum(y / 255 * p) / (ops.sum(y / 255) + ops.sum(p)), False),
        (MASKS, cross_entropy, False),
        (WITH_GAPS, cross_entropy_without_gaps, False),
    ],
)
def test_labels_that_no_loss_can_reach_by_a_sigmoid(labels, loss, is_sick):
    found = inspect(labels, loss, activation="sigmoid")
    assert ("label_range" in found) == is_sick
    assert is_sick or "error" not in {finding.severity for finding in found.values()}


def masked_error(y, p):
    is_known = ops.logical_not(ops.isnan(y))
    return ops.mean(ops.square(ops.where(is_known, y, p) - p))


@pytest.mark.parametrize(("loss", "is_sick"), [(masked_error, False), ("mse", True)])
def test_labels_that_are_nan_where_the_loss_leaves_them_out(loss, is_sick):
    labels = np.where(X[:, 2:3] > 0, np.nan, TARGET[:, None])
    found = inspect(labels, loss)
    assert ("error" in {finding.severity for finding in found.values()}) == is_sick


@pytest.mark.parametrize(("ignored", "is_sick"), [(255, False), (None, True)])
def test_a_class_that_the_loss_leaves_out_is_no_label(ignored, is_sick):
    labels = np.where(X[:, 2] > 1, 255, TARGET > 0).astype("int32")
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=ignored)
    found = inspect(labels, loss, units=2, activation="softmax")
    assert ("label_range" in found) == is_sick
    assert is_sick or "error" not in {finding.severity for finding in found.values()}


@pytest.mark.parametrize(("activation", "units"), [("sigmoid", 1), ("softmax", 2)])
def test_a_head_that_is_saturated_on_the_wrong_side(activation, units):
    """TensorFlow's Keras computes the loss from the logits behind it, and the others from probabilities."""
    bias = keras.initializers.Constant(60 if units == 1 else [60, 0])
    zeros = np.zeros((64, 1), "float32")
    labels, loss = (zeros, "binary_crossentropy") if units == 1 else (zeros + 1, "sparse_categorical_crossentropy")
    found = inspect(labels, loss, units, activation, keras.optimizers.SGD(0.1), bias_initializer=bias)
    found.pop("constant_labels")
    found.pop("constant_prediction", None)
    if BACKEND == "tensorflow":
        assert "saturated_output" not in found
    else:
        assert found["saturated_output"].layers == ("head",)
        assert "from_logits=True" in found["saturated_output"].advice
        assert not {"zero_gradient", "learning_rate_too_low"} & found.keys()


@pytest.mark.parametrize("dtype", ["bfloat16", "mixed_bfloat16", "float32"])
def test_weights_whose_precision_no_step_survives(dtype):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "tanh", dtype=dtype), layers.Dense(1, dtype=dtype)])
    model.compile(keras.optimizers.Adam(1e-4), "mse")
    found = {finding.rule: finding for finding in vg.diagnose(vg.inspect(model, X, TARGET[:, None])).list_all()}
    if dtype == "bfloat16":
        assert "mixed_bfloat16" in found["no_update"].advice
        assert "learning_rate_too_low" not in found
    else:
        assert "no_update" not in found


@pytest.mark.parametrize("optimizer", [keras.optimizers.Adadelta(1.0), keras.optimizers.Adafactor(0.1)])
def test_optimizers_that_do_not_move_by_their_rate(optimizer):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(16, "relu"), layers.Dense(1)])
    model.compile(optimizer, "mse")
    guard = vg.TrainingGuard(X, TARGET[:, None])
    model.fit(X, TARGET[:, None], epochs=4, batch_size=16, verbose=0, callbacks=[guard])
    assert "error" not in {finding.severity for finding in guard.findings.list_all()}


SEVERAL = np.stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 2] > 0], axis=1).astype("float32")
ONE_HOT = np.eye(3, dtype="float32")[np.argmax(X[:, :3], axis=1)]


@pytest.mark.parametrize(
    ("labels", "activation", "loss", "is_sick"),
    [
        (SEVERAL, "softmax", "categorical_crossentropy", True),
        (SEVERAL, "softmax", "binary_crossentropy", True),
        (SEVERAL, "softmax", "mse", True),
        (SEVERAL, None, keras.losses.CategoricalCrossentropy(from_logits=True), True),
        (SEVERAL, "sigmoid", "binary_crossentropy", False),
        (ONE_HOT, "softmax", "categorical_crossentropy", False),
        (ONE_HOT, "softmax", "binary_crossentropy", False),
        (0.9 * ONE_HOT + 0.1 / 3, "softmax", "categorical_crossentropy", False),
        (3 * ONE_HOT, "softmax", "categorical_crossentropy", False),  # examples that count three times
    ],
)
def test_several_labels_of_an_example_under_softmax(labels, activation, loss, is_sick):
    found = inspect(labels, loss, units=3, activation=activation)
    assert ("output_layer" in found) is is_sick
    if is_sick:
        assert "several labels of 1 (up to 3)" in found["output_layer"].advice


@pytest.mark.parametrize(("part", "severity"), [(0.5, "error"), (0.04, "warning")])
def test_several_labels_of_many_or_of_few_examples(part, severity):
    """Others have none, as the rows of one-hot labels that were given another shape: in the mean there is one."""
    labels, count = ONE_HOT.copy(), 2 * round(part * len(X) / 2)
    labels[:count:2], labels[1:count:2] = 0, [1, 1, 0]
    assert labels.sum() == len(X)
    assert (
        inspect(labels, "categorical_crossentropy", units=3, activation="softmax")["output_layer"].severity == severity
    )


@pytest.mark.parametrize(("peak", "is_sick"), [(0.01, False), (0.0, True)])
def test_a_schedule_may_begin_at_0(peak, is_sick):
    schedule = keras.optimizers.schedules.CosineDecay(0.0, 100, warmup_target=peak, warmup_steps=10)
    assert ("no_update" in inspect(TARGET[:, None], "mse", optimizer=keras.optimizers.Adam(schedule))) is is_sick
