"""Rows of a gradient log: weights of every size, against NumPy's own norm in float64."""

import keras
import numpy as np
import pytest

from keras_vg.training.interval import _PIECE, _SMALL, Interval
from keras_vg.training.tap import GradientTotals
from keras_vg.training.weights import Weight

SIZES = (1, _SMALL + 1, 0, 7, _SMALL, _PIECE + 5, 3, 2 * _PIECE)


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_norms_of_weights_and_of_their_changes(scale, kind):
    rng = np.random.default_rng(0)
    before = [(rng.normal(size=size) * scale).astype(kind) for size in SIZES]
    after = [(values + rng.normal(size=values.shape) * scale * 1e-3).astype(kind) for values in before]
    variable = keras.Variable(0.0)
    weights = [Weight(place, f"layer_{place}", "kernel", variable) for place in range(len(SIZES))]
    ones = np.ones(len(SIZES))
    rows = Interval(weights, before, after, 0.1 * ones, GradientTotals(1, *[ones] * 6)).tabulate(epoch=0, step=0)
    expected = np.array([np.linalg.norm(new.astype("float64")) for new in after])
    changes = [np.linalg.norm(new.astype("float64") - old) for new, old in zip(after, before, strict=True)]
    np.testing.assert_allclose(rows["weight_norm"], expected, rtol=1e-6)
    np.testing.assert_allclose(rows["delta_norm"], changes, rtol=1e-6)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(rows["update_ratio"], np.divide(changes, expected), rtol=1e-6)
