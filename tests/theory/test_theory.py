import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_vg import theory

ANY = st.floats(-1e6, 1e6)


def test_sigmoid_equals_its_definition_where_that_can_be_computed():
    x = np.linspace(-700, 700, 2001)
    np.testing.assert_allclose(theory.sigmoid(x), [1 / (1 + math.exp(-v)) for v in x], rtol=1e-15)


@given(ANY)
def test_sigmoid_is_symmetric_and_its_derivative_even(x):
    assert theory.sigmoid(x) + theory.sigmoid(-x) == pytest.approx(1, abs=1e-15)
    assert theory.sigmoid_derivative(x) == theory.sigmoid_derivative(-x)
    assert 0 <= theory.sigmoid_derivative(x) <= 0.25


def test_nothing_overflows():
    extremes = np.array([-np.inf, -1e308, -1e3, 1e3, 1e308, np.inf])
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_array_equal(theory.sigmoid(extremes), [0, 0, 0, 1, 1, 1])
        for name in ("sigmoid", "tanh", "erf"):
            assert (theory.get_activation(name).derivative(extremes[1:-1]) == 0).all()


def test_the_derivative_keeps_its_digits_where_the_sigmoid_is_one():
    # 1 - sigmoid(40) is 0 in float64; e^-40 / (1 + e^-40)^2 is not
    assert theory.sigmoid_derivative(40.0) == pytest.approx(math.exp(-40) / (1 + math.exp(-40)) ** 2, rel=1e-14)


@pytest.mark.parametrize("name", theory.ACTIVATIONS)
@given(x=st.floats(-4, 4).filter(lambda x: abs(x) > 1e-3))
def test_derivatives_equal_finite_differences(name, x):
    activation = theory.get_activation(name)
    numeric = theory.differentiate_numerically(lambda v: float(activation.function(v).sum()), np.array([x]))
    assert activation.derivative(np.array([x]))[0] == pytest.approx(numeric[0], abs=1e-8)


def test_erf_equals_that_of_the_standard_library():
    x = np.linspace(-8, 8, 1001)
    np.testing.assert_allclose(theory.get_activation("erf").function(x), [math.erf(v) for v in x], atol=1e-14)


@given(st.floats(-4, 4), st.floats(-4, 4))
def test_a_tangent_touches_and_has_the_slope(at, x):
    slope, intercept = theory.tangent_line("tanh", at)
    assert slope * at + intercept == pytest.approx(math.tanh(at), abs=1e-12)
    # curvature of tanh is below 0.77: Taylor's remainder bounds the distance
    assert abs(math.tanh(x) - slope * x - intercept) <= 0.77 / 2 * (x - at) ** 2 + 1e-12


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("y", [0.0, 1.0, 0.3])
def test_a_neurons_gradient_equals_finite_differences(loss, y):
    x, w, b = np.array([0.5, -1.5]), np.array([0.3, 0.7]), 0.1

    def compute_loss(w):
        a = 1 / (1 + math.exp(-(x @ w + b)))
        return -(y * math.log(a) + (1 - y) * math.log(1 - a)) if loss == "cross_entropy" else (a - y) ** 2 / 2

    gradient = theory.differentiate_neuron(x, w, b, y, loss)
    np.testing.assert_allclose(gradient.loss_by_w, theory.differentiate_numerically(compute_loss, w), atol=1e-9)
    assert gradient.loss_by_a * gradient.a_by_z == pytest.approx(gradient.loss_by_z, rel=1e-12)


def test_the_error_of_a_confident_neuron_keeps_its_digits():
    gradient = theory.differentiate_neuron([1.0], [40.0], 0.0, y=1)
    assert gradient.loss_by_z == pytest.approx(-math.exp(-40), rel=1e-12)


@pytest.mark.parametrize("activation", theory.ACTIVATIONS)
def test_backward_pass_equals_finite_differences(activation):
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(4, 3)), rng.normal(size=(5, 4)), rng.normal(size=(2, 5))]
    x, target = rng.normal(size=3), rng.normal(size=2)
    function = theory.get_activation(activation).function

    def compute_loss(first):
        a = x
        for matrix in (first, *weights[1:]):
            a = function(matrix @ a)
        return float(((a - target) ** 2).sum() / 2)

    chain = theory.propagate(weights, x, activation, lambda a: a - target)
    by_weights = np.outer(chain.loss_by_z[0], x)
    np.testing.assert_allclose(by_weights, theory.differentiate_numerically(compute_loss, weights[0]), atol=1e-7)


def test_the_largest_learning_rate_is_where_descent_turns():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 3)) * [1, 10, 100], rng.normal(size=50)
    bound = theory.find_largest_learning_rate(x)

    def descend(rate):
        w = np.ones(3)
        for _ in range(2000):
            w = w - rate * 2 / len(x) * x.T @ (x @ w - y)
        return np.linalg.norm(w)

    assert descend(0.99 * bound) < 2
    assert descend(1.01 * bound) > 1e6


def test_batch_normalization_with_relu_has_its_closed_form():
    assert theory.predict_normalized_factor("relu") == pytest.approx(math.sqrt(math.pi / (math.pi - 1)), rel=1e-12)
    assert theory.predict_normalized_factor("linear") == pytest.approx(1, rel=1e-12)
    # ReLU is homogeneous: the scale of the weights cannot matter
    assert theory.predict_normalized_factor("relu", "after", 3.0) == pytest.approx(1.2111738962, rel=1e-9)


@pytest.mark.parametrize("variance", [0.5, 1.0, 2.0, 3.0])
def test_mean_field_of_relu_and_linear_nets_has_its_closed_form(variance):
    assert theory.predict_factor("relu", variance).factor == pytest.approx(math.sqrt(variance / 2), rel=1e-12)
    assert theory.predict_factor("linear", variance).factor == pytest.approx(math.sqrt(variance), rel=1e-12)


def test_mean_field_of_erf_equals_the_arcsine_kernel():
    # Williams (1998): E[erf(sqrt(q) z)^2] = 2/pi asin(2q / (1 + 2q)), E[erf'(sqrt(q) z)^2] = 4/pi / sqrt(1 + 4q)
    field = theory.predict_factor("erf", 2.0, 0.1)
    q = field.length
    assert q == pytest.approx(2.0 * 2 / math.pi * math.asin(2 * q / (1 + 2 * q)) + 0.1, rel=1e-10)
    assert field.chi == pytest.approx(2.0 * 4 / math.pi / math.sqrt(1 + 4 * q), rel=1e-10)


def test_mean_field_equals_random_matrices():
    # a second method: push Gaussian vectors through wide random layers and count
    rng = np.random.default_rng(0)
    z = rng.normal(size=(20, 500, 1))
    for _ in range(12):
        z = rng.normal(size=(20, 500, 500)) * math.sqrt(1.5 / 500) @ np.tanh(z)
    field = theory.predict_factor("tanh", 1.5)
    assert np.mean(z**2) == pytest.approx(field.length, rel=0.1)
    assert 1.5 * np.mean(theory.tanh_derivative(z) ** 2) == pytest.approx(field.chi, rel=0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.predict_factor("swish", 1.0), "one of linear, sigmoid"),
        (lambda: theory.predict_factor("tanh", -1.0), "`weight_variance` must not be negative"),
        (lambda: theory.predict_factor("tanh", 1.0, float("nan")), "`bias_variance` must not be negative"),
        (lambda: theory.predict_normalized_factor("relu", "within"), "'before' or 'after'"),
        (lambda: theory.differentiate_neuron([1.0], [1.0], 0.0, 1, "hinge"), "'cross_entropy' or 'squared_error'"),
    ],
)
def test_bad_arguments_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()
