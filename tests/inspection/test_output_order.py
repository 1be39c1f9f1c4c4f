"""Lists for outputs in a dictionary, which Keras takes in the order of the alphabet."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import keras_vg as vg
from keras_vg.inspection import passes
from keras_vg.inspection.output_order import _differ, _is_sorted

pytestmark = pytest.mark.model
X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
PRICE = (2 + X[:, :1] + X[:, 1:2]).astype("float32")
SOLD = (X[:, 2:3] > 0).astype("float32")


def judge(y, loss, names=("sold", "price"), **options):
    """What is found of a model whose outputs, in this order, are a probability and a number."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    hidden = layers.Dense(8, "tanh")(inputs)
    heads = layers.Dense(1, "sigmoid")(hidden), layers.Dense(1)(hidden)
    model = keras.Model(inputs, dict(zip(names, heads, strict=True)))
    model.compile("adam", loss, **options)
    inspection = vg.inspect(model, X, y)
    return inspection.setup["lists_by_alphabet"], vg.diagnose(inspection)


LOSSES = {"sold": "binary_crossentropy", "price": "mse"}
LABELS = {"sold": SOLD, "price": PRICE}


def test_labels_that_are_interchanged():
    order, findings = judge([SOLD, PRICE], LOSSES)
    assert order == {"outputs": ["sold", "price"], "lists": ["labels"]}
    finding = next(f for f in findings if f.rule == "loss_function")
    assert "label_range" in {f.rule for f in finding.consequences}
    assert "by the alphabet of the names (price, sold), not in the model's order (sold, price)" in finding.advice
    assert "in the model's order they do" in finding.advice
    assert {f.rule for f in findings if f.severity == "error"} == {"loss_function"}


@pytest.mark.parametrize(
    ("y", "loss", "options", "lists"),
    [
        ([PRICE, SOLD], LOSSES, {}, ["labels"]),  # the order of the alphabet
        (LABELS, ["mse", "binary_crossentropy"], {}, ["losses"]),
        (LABELS, LOSSES, {"loss_weights": [1.0, 2.0]}, ["loss_weights"]),
        ([PRICE, SOLD], ["mse", "binary_crossentropy"], {}, ["labels", "losses"]),
    ],
)
def test_lists_that_fit_are_for_information(y, loss, options, lists):
    order, findings = judge(y, loss, **options)
    assert order["lists"] == lists
    finding = next(f for f in findings.list_all() if f.rule == "loss_function")
    assert finding.severity == "info"
    assert "If they were meant in the model's order" in finding.advice
    assert "error" not in {f.severity for f in findings}


def test_losses_that_are_interchanged():
    """The cross-entropy meets the price."""
    _, findings = judge(LABELS, ["binary_crossentropy", "mse"])
    finding = next(f for f in findings if f.rule == "loss_function")
    assert "in the model's order they do" in finding.advice


@pytest.mark.parametrize(
    ("y", "loss", "names", "options"),
    [
        (LABELS, LOSSES, ("sold", "price"), {}),
        (LABELS, LOSSES, ("sold", "price"), {"loss_weights": {"sold": 1.0, "price": 2.0}}),
        (LABELS, LOSSES, ("sold", "price"), {"loss_weights": [1.0, 1.0]}),
        ([SOLD, PRICE], ["binary_crossentropy", "mse"], ("a_sold", "price"), {}),
        (LABELS, LOSSES, ("sold", "price"), {"loss_weights": [0.5, np.float32(0.5)]}),
    ],
)
def test_what_goes_to_its_output(y, loss, names, options):
    order, findings = judge(y, loss, names, **options)
    assert order == {}
    assert "loss_function" not in {f.rule for f in findings.list_all()}


class NoConfig(keras.losses.Loss):
    def call(self, y, p):
        return ops.abs(y - p)

    def get_config(self):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("items", "is_found"),
    [
        (lambda: [np.array([1.0, 2.0]), np.array([1.0, 2.0])], False),
        (lambda: [np.array([1.0, 2.0]), np.array([1.0, 3.0])], True),
        (lambda: [ops.convert_to_tensor(0.1), 0.1], False),
        (lambda: [keras.Variable(0.1), ops.convert_to_tensor(0.2)], True),
        (lambda: [keras.losses.Huber(2.0), keras.losses.Huber(2.0)], False),
        (lambda: [keras.losses.Huber(2.0), keras.losses.Huber(3.0)], True),
        (lambda: [keras.losses.Huber(), "huber"], True),
        (lambda: ["mse", "mse", "mae"], True),
        (lambda: [NoConfig(), NoConfig()], False),
        (lambda: [NoConfig(), keras.losses.MeanAbsoluteError()], True),
        (lambda: [None, None], False),
        (lambda: [None, 1.0], True),
        (list, False),
    ],
)
def test_lists_of_different_items(items, is_found):
    assert _differ(items()) == is_found


def test_loss_weights_in_variables():
    """Two numbers that a training changes."""
    order, _ = judge(LABELS, LOSSES, loss_weights=[keras.Variable(1.0), keras.Variable(1.0)])
    assert order == {}
    order, _ = judge(LABELS, LOSSES, loss_weights=[keras.Variable(1.0), keras.Variable(2.0)])
    assert order["lists"] == ["loss_weights"]


@pytest.mark.parametrize(("keys", "is_sorted"), [(["b", "a"], False), (["a", "b"], True), (["b", 1], True)])
def test_keys_that_have_no_order(keys, is_sorted):
    assert _is_sorted(keys) == is_sorted


def test_the_order_is_not_looked_at_where_a_loss_takes_its_labels(monkeypatch):
    calls = []
    monkeypatch.setattr(passes, "describe_lists", lambda *given: calls.append(given) or {})
    judge(LABELS, LOSSES)
    assert not calls
