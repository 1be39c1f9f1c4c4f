import math

import numpy as np
import pytest

from keras_vg import theory


def test_dead_units_alone_have_their_closed_form():
    np.testing.assert_allclose(theory.predict_survival(1, 4), [0.5, 0.25, 0.125, 0.0625], rtol=1e-12)
    half = theory.count_layers_until_half(theory.predict_survival(10, 1000))
    assert half == pytest.approx(math.log(0.5) / math.log(1 - 2**-10), abs=0.01)


@pytest.mark.parametrize(("width", "smallest"), [(3, 1e-3), (10, 1e-4)])
def test_survival_equals_that_of_random_nets(width, smallest):
    # a second method: random kernels, and nets whose activations are shorter than the smallest length are dead
    rng, nets, depth = np.random.default_rng(0), 8000, 60
    values, alive = rng.normal(size=(nets, 1, width)), np.ones(nets, bool)
    values *= math.sqrt(width) / np.linalg.norm(values, axis=2, keepdims=True)
    survival = []
    for _ in range(depth):
        values = np.maximum(values @ (rng.normal(size=(nets, width, width)) * math.sqrt(2 / width)), 0)
        alive &= np.linalg.norm(values, axis=(1, 2)) > smallest
        survival.append(alive.mean())
    # two standard errors of a part of 8000 are at most 0.011, and the points of the distribution add a little
    np.testing.assert_allclose(theory.predict_survival(width, depth, smallest), survival, atol=0.02)


def test_the_end_of_float32_comes_before_the_dead_units_and_that_of_float64_after():
    ends = {
        dtype: theory.count_layers_until_half(theory.predict_survival(10, 800, float(np.finfo(dtype).tiny)))
        for dtype in ("float32", "float64")
    }
    assert ends["float32"] < 550 < 700 < ends["float64"]
    longer = theory.predict_survival(10, 800, float(np.finfo("float32").tiny), mean_square=math.exp(2))
    # ln |h| falls by 0.154 a layer: inputs longer by a factor of e live 6.5 layers longer
    assert theory.count_layers_until_half(longer) - ends["float32"] == pytest.approx(6.5, abs=1.5)


def test_half_is_found_between_layers():
    assert theory.count_layers_until_half(np.array([0.25])) == pytest.approx(1 * 0.5 / 0.75)
    assert math.isnan(theory.count_layers_until_half(np.array([1.0, 0.9])))


@pytest.mark.parametrize("arguments", [(0, 3), (3, 0), (3, 3, -1.0), (3, 3, 0.0, 0.0), (3, 3, 0.0, 2.0, math.nan)])
def test_bad_arguments_raise(arguments):
    with pytest.raises(ValueError, match="`width` and `depth` must be at least 1"):
        theory.predict_survival(*arguments)
