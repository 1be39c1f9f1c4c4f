import math

import numpy as np
import pytest

from keras_vg import theory


@pytest.mark.parametrize(
    ("name", "length", "variance", "chi"),
    [  # the published ones, or those that Keras's functions were seen to have
        ("tanh", 0.0, 1.0, 1.0),
        ("relu", 1.0, 2.0, 1.0),
        ("erf", 0.0, math.pi / 4, 1.0),
        ("gelu", 1.0, 2.3517, 1.0720),
        ("silu", 1.0, 2.8108, 1.0666),
        ("selu", 1.0, 1.0, 1.0716),
    ],
)
def test_critical_variances(name, length, variance, chi):
    assert theory.find_critical_variance(name, length) == pytest.approx(variance, abs=5e-5)
    found = theory.predict_factor(name, theory.find_critical_variance(name, length), length=length or 1e-12)
    assert found.chi == pytest.approx(chi, abs=5e-5)


@pytest.mark.parametrize("slope", [0.0, 0.2, 0.3, 1.0])
def test_leaky_relu_has_its_closed_form(slope):
    # He et al. (2015): half of the units have the slope 1, the others the leak's
    field = theory.predict_factor(theory.make_leaky_relu(slope), 1.5)
    assert field.chi == pytest.approx(1.5 * (1 + slope**2) / 2, rel=1e-12)


def test_selu_settles_where_it_was_made_to():
    # Klambauer et al. (2017): with LeCun's weights the variance 1 is a fixed point that attracts
    assert theory.predict_factor("selu", 1.0).length == pytest.approx(1.0, rel=1e-9)
    assert theory.follow_lengths("selu", 1.0, 60, mean_square=3.0)[-1] == pytest.approx(1.0, rel=1e-3)


def test_gelu_leaves_its_fixed_point_on_either_side():
    variance = theory.find_critical_variance("gelu", 1.0)
    below, above = (theory.follow_lengths("gelu", variance, 40, mean_square=s / variance) for s in (0.9, 1.1))
    assert below[-1] < 0.5 < 2.0 < above[-1]
    assert theory.predict_factor("gelu", 2.0).length == 0.0


def test_biases_are_part_of_the_fixed_point():
    # ReLU: q = v q / 2 + b has the solution b / (1 - v / 2)
    field = theory.predict_factor("relu", 1.0, bias_variance=0.3)
    assert field.length == pytest.approx(0.6, rel=1e-10)
    assert theory.follow_lengths("relu", 1.0, 80, bias_variance=0.3)[-1] == pytest.approx(0.6, rel=1e-10)


def test_dropout_equals_random_masks():
    # a second method: Gaussian vectors through wide random layers, with a part of the activations set to 0
    rng, rate = np.random.default_rng(0), 0.3
    z = rng.normal(size=(20, 500, 1))
    for _ in range(12):
        mask = (rng.random(z.shape) >= rate) / (1 - rate)
        z = rng.normal(size=(20, 500, 500)) * math.sqrt(1.5 / 500) @ (np.tanh(z) * mask)
    field = theory.predict_factor("tanh", 1.5, dropout=rate)
    assert np.mean(z**2) == pytest.approx(field.length, rel=0.1)
    mask = (rng.random(z.shape) >= rate) / (1 - rate)
    assert 1.5 * np.mean((theory.tanh_derivative(z) * mask) ** 2) == pytest.approx(field.chi, rel=0.04)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.predict_factor("tanh", 1.0, dropout=1.0), "`dropout` must be at least 0 and below 1"),
        (lambda: theory.predict_factor("tanh", 1.0, length=-1.0), "`length` must not be negative"),
        (lambda: theory.find_critical_variance("sigmoid"), "`length` must be positive"),
        (lambda: theory.follow_lengths("tanh", -1.0, 3), "`weight_variance` must not be negative"),
    ],
)
def test_bad_arguments_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()
