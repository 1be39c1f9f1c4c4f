"""Predictions that fall as labels rise, under a loss of one's own."""

import warnings
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import keras_vg as vg
from keras_vg.diagnosis.losses import find_reversed_answers

ROW = {"units": 1, "label_units": 1, "label_distinct": 50, "label_std": 2.0, "prediction_std": 1.0, "epoch": 9}
ROW |= {"baseline": float("nan"), "label_slope": -0.45, "layer": "out"}


def judge(is_complete=True, **changes):
    return list(find_reversed_answers(SimpleNamespace(is_complete=is_complete, final_predictions=[ROW | changes])))


def test_predictions_that_fall_as_labels_rise():
    (found,) = judge()
    assert (found.severity, found.layers, found.epoch) == ("warning", ("out",), 9)
    assert found.evidence == {"correlation": -0.9}


@pytest.mark.parametrize(
    "changes",
    [
        {"label_slope": -0.35},
        {"label_slope": 0.45},
        {"label_slope": float("nan")},
        {"label_distinct": 2},  # classes, of which a distance may be smallest for the right one
        {"units": 3},
        {"prediction_std": 0.0},
        {"baseline": 4.0},  # a loss of Keras's, which is judged by its value
        {"is_complete": False},
    ],
)
def test_other_predictions(changes):
    assert judge(**changes) == []


@pytest.mark.model
@pytest.mark.parametrize(("sign", "is_found"), [(1.0, True), (-1.0, False)])
def test_a_product_with_the_wrong_sign(sign, is_found):
    x = np.random.default_rng(0).normal(size=(256, 3)).astype("float32")
    y = x @ np.array([[1.0], [2.0], [-1.0]], "float32")

    def loss(y_true, y_pred):
        return keras.ops.mean(sign * y_true * y_pred + keras.ops.square(y_pred) + 9.0)

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.1), loss)
    guard = vg.TrainingGuard(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y, epochs=15, batch_size=16, verbose=0, callbacks=[guard])
    assert ("loss_function" in {finding.rule for finding in guard.findings.list_all()}) == is_found
