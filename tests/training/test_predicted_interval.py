"""Rows of an update that was not made: the weights are what they were, and its size may be unknown."""

import keras
import numpy as np

from keras_vg.training.copies import measure_norms
from keras_vg.training.interval import Interval
from keras_vg.training.totals import GradientTotals
from keras_vg.training.weights import Weight

ONES = np.ones(2)
BEFORE = [np.float32([3.0, 4.0]), np.float32([0.0])]
AFTER = [np.float32([3.0, 4.5]), np.float32([2.0])]


def tabulate(after):
    variable = keras.Variable(0.0)
    weights = [Weight(i, f"layer_{i}", "kernel", variable) for i in range(2)]
    totals = GradientTotals(1, *[ONES] * 6)
    return Interval(weights, 0.1 * ONES, totals, measure_norms(BEFORE, after)).tabulate(epoch=0, step=0)


def test_the_norm_is_that_of_the_weights_as_they_are():
    rows = tabulate(AFTER)
    norms = [25, 0]
    with np.errstate(divide="ignore"):
        ratios = np.array([0.5, 2]) / np.sqrt(norms)
    np.testing.assert_allclose(rows["weight_norm"], np.sqrt(norms), rtol=1e-6)
    np.testing.assert_allclose(rows["delta_norm"], [0.5, 2])
    np.testing.assert_allclose(rows["update_ratio"], ratios, rtol=1e-6)


def test_of_an_unknown_update_only_the_weights_are_known():
    rows = tabulate(None)
    assert rows["weight_norm"].tolist() == [5, 0]
    assert np.isnan(rows["delta_norm"]).all()
    assert np.isnan(rows["update_ratio"]).all()
    assert rows["gradient_norm"].tolist() == [1, 1]
