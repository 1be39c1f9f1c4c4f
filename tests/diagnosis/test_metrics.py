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
SHARES = np.exp(X[:, :3]) / np.exp(X[:, :3]).sum(axis=1, keepdims=True)
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
    "of several numbers": ("accuracy", lambda: layers.Dense(3), X[:, :3], "mse", "column is the largest"),
    "of labels of -1": ("accuracy", lambda: layers.Dense(1, "tanh"), 2 * TWO - 1, "mse", "labels of 0 and 1"),
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
    "probabilities": ("accuracy", lambda: layers.Dense(3, "softmax"), SHARES, "mse"),
    "a function of logits from 0 on": (
        lambda: metrics.MeanMetricWrapper(metrics.binary_accuracy, threshold=0.0),
        linear,
        TWO,
        LOGITS,
    ),
    "a slip in one label": ("accuracy", sigmoids, np.r_[ONE_HOT[:-1], [[1, 1, 0]]], "binary_crossentropy"),
    "a loss as a metric": (losses.Huber, linear, NUMBERS, "mse"),
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


def find_in(model, y):
    return [f for f in vg.diagnose(vg.inspect(model, X, y)).list_all() if f.rule == "metric_mismatch"]


@pytest.mark.parametrize(
    ("given", "layers_found"),
    [
        ({"a": ["mae"], "b": ["accuracy"]}, []),
        ({"a": ["accuracy"], "b": "accuracy"}, ["a"]),
        ([["accuracy"], ["accuracy"], []], ["a"]),
        ({"a": ["accuracy"], "b": [metrics.F1Score()]}, ["a", "b"]),
        ({"b": ["accuracy"]}, []),
    ],
)
def test_of_several_outputs_each_has_its_own(given, layers_found):
    """The third has no loss, and may be left out of the labels."""
    inputs = keras.Input((4,))
    heads = {"a": layers.Dense(1, name="a"), "b": layers.Dense(1, "sigmoid", name="b"), "c": layers.Dense(2, name="c")}
    model = keras.Model(inputs, {name: head(inputs) for name, head in heads.items()})
    model.compile("adam", {"a": "mse", "b": "binary_crossentropy"}, metrics=given)
    found = find_in(model, {"a": NUMBERS, "b": TWO})
    assert [list(finding.layers) for finding in found] == ([layers_found] if layers_found else [])


class Own(keras.Sequential):
    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return super().compute_metrics(x, y, keras.ops.round(y_pred), sample_weight)


def test_of_metrics_that_the_model_computes_nothing_is_said():
    model = Own([keras.Input((4,)), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=[metrics.Accuracy()])
    assert find_in(model, TWO) == []


@pytest.mark.parametrize("given", [metrics.AUC, "AUC", metrics.AUC(name="auc")])
def test_names_in_the_logs_stay_what_they_are(given):
    keras.utils.clear_session()
    model = make(given, sigmoid, "binary_crossentropy")
    vg.inspect(model, X, TWO)
    history = model.fit(X, TWO, verbose=0, callbacks=[vg.TrainingGuard(X, TWO)])
    assert {name.lower() for name in history.history} >= {"auc", "loss"}
    keras.utils.clear_session()
    assert metrics.AUC().name == "auc"


def test_what_is_said_of_a_metric():
    described = {"name": "accuracy", "type": "accuracy", "threshold": 0.5, "from_logits": None}
    model = make("accuracy", sigmoid, "binary_crossentropy")
    assert describe_metrics(model) == [[described]]
    model.fit(X, TWO, verbose=0)
    assert describe_metrics(model) == [[described]]
    assert describe_metrics(keras.Sequential([keras.Input((4,)), sigmoid()])) == [[]]
