"""Metrics that say nothing of how well a model answers."""

import keras
import numpy as np
import pytest
from keras import layers, losses, metrics

import keras_vg as vg
from keras_vg.inspection.metrics import describe_metrics

pytestmark = pytest.mark.model
X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
NUMBERS = 3 * X[:, :1]
TWO = (X[:, :1] > 0).astype("float32")
SEVERAL = (X[:, :3] > 0).astype("float32")
ONE_HOT = np.eye(3, dtype="float32")[X[:, :3].argmax(axis=1)]
LOGITS = losses.BinaryCrossentropy(from_logits=True)


def own_accuracy(y_true, y_pred):
    return keras.ops.mean(keras.ops.equal(y_true, keras.ops.round(y_pred)))


def make(metric, head, loss):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu"), head()])
    model.compile("adam", loss, metrics=[metric])
    return model


def linear():
    return layers.Dense(1)


def sigmoid():
    return layers.Dense(1, "sigmoid")


def sigmoids():
    return layers.Dense(3, "sigmoid")


FAULTS = {
    "accuracy of numbers": ("accuracy", linear, NUMBERS, "mse", "mean_absolute_error"),
    "of counts": ("accuracy", linear, np.round(np.abs(NUMBERS)), "mae", "R2Score"),
    "of logits": ("accuracy", linear, TWO, LOGITS, "threshold of 0"),
    "a function of logits": (metrics.binary_accuracy, linear, TWO, LOGITS, "threshold of 0"),
    "precision of logits": (metrics.Precision, linear, TWO, LOGITS, "threshold of 0"),
    "area of logits": (metrics.AUC, linear, TWO, LOGITS, "AUC(from_logits=True)"),
    "several labels": ("accuracy", sigmoids, SEVERAL, "binary_crossentropy", "AUC(multi_label=True)"),
    "F1 of one unit": (metrics.F1Score, sigmoid, TWO, "binary_crossentropy", "threshold=0.5"),
    "categories of one unit": ("categorical_accuracy", sigmoid, TWO, "binary_crossentropy", "BinaryAccuracy()"),
    "class of one unit": ("sparse_categorical_accuracy", sigmoid, TWO, "binary_crossentropy", "BinaryAccuracy()"),
    "equal numbers": (metrics.Accuracy, sigmoid, TWO, "binary_crossentropy", 'metrics=["accuracy"]'),
}
OTHERS = {
    "two classes": ("accuracy", sigmoid, TWO, "binary_crossentropy"),
    "two classes under a squared error": ("accuracy", sigmoid, TWO, "mse"),
    "logits from 0 on": (lambda: metrics.BinaryAccuracy(threshold=0.0), linear, TWO, LOGITS),
    "precision from 0 on": (lambda: metrics.Precision(thresholds=0.0), linear, TWO, LOGITS),
    "area that knows": (lambda: metrics.AUC(from_logits=True), linear, TWO, LOGITS),
    "each of several labels": ("binary_accuracy", sigmoids, SEVERAL, "binary_crossentropy"),
    "one of three labels": ("accuracy", sigmoids, ONE_HOT, "binary_crossentropy"),
    "F1 from a half on": (lambda: metrics.F1Score(threshold=0.5), sigmoid, TWO, "binary_crossentropy"),
    "classes": ("accuracy", lambda: layers.Dense(3, "softmax"), ONE_HOT, "categorical_crossentropy"),
    "numbers": ("mae", linear, NUMBERS, "mse"),
    "one's own": (own_accuracy, linear, NUMBERS, "mse"),
}


def find(metric, head, y, loss):
    metric = metric() if isinstance(metric, type) or getattr(metric, "__name__", "") == "<lambda>" else metric
    findings = vg.diagnose(vg.inspect(make(metric, head, loss), X, y)).list_all()
    return [finding for finding in findings if finding.rule == "metric_mismatch"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_metric_that_says_nothing(name):
    *program, advice = FAULTS[name]
    (found,) = find(*program)
    assert found.severity == "warning"
    assert advice in found.advice


@pytest.mark.parametrize("name", OTHERS)
def test_other_metrics(name):
    assert find(*OTHERS[name]) == []


def test_of_several_outputs_each_has_its_own():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, {"a": layers.Dense(1, name="a")(inputs), "b": sigmoid()(inputs)})
    model.compile("adam", {"a": "mse", "b": "binary_crossentropy"}, metrics={"a": ["mae"], "b": ["accuracy"]})
    assert not [f for f in vg.diagnose(vg.inspect(model, X, {"a": NUMBERS, "b": TWO})) if f.rule == "metric_mismatch"]
    model.compile("adam", {"a": "mse", "b": "binary_crossentropy"}, metrics={"a": ["accuracy"], "b": ["accuracy"]})
    (found,) = [f for f in vg.diagnose(vg.inspect(model, X, {"a": NUMBERS, "b": TWO})) if f.rule == "metric_mismatch"]
    assert found.layers == ("a",)


def test_the_model_is_left_as_it_was_and_labels_may_be_missing():
    model = make("accuracy", sigmoid, "binary_crossentropy")
    assert describe_metrics(model, None, TWO) == []
    (described,) = describe_metrics(model, TWO, TWO)
    assert described == [{"name": "accuracy", "type": "BinaryAccuracy", "threshold": 0.5, "from_logits": None}]
    assert [metric.name for metric in model.metrics] == ["loss", "compile_metrics"]
    model.fit(X, TWO, verbose=0)
    assert describe_metrics(model, TWO, TWO) == [described]
    assert describe_metrics(keras.Sequential([keras.Input((4,)), sigmoid()]), TWO, TWO) == []
