import math

import numpy as np
import pytest

from keras_vg import theory


def measure(block, depth, width, seeds):
    """Pushes Gaussian gradients back through random blocks: the second method, with matrices instead of moments."""
    squares = np.zeros(depth + 1)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        h, steps = rng.normal(size=width), []
        for _ in range(depth):
            first, second = rng.normal(size=(2, width, width)) * math.sqrt(2 / width)
            scale = np.std(h) if block == "pre_norm" else 1.0
            z = first @ (h / scale)
            if block == "one_layer":
                step = np.eye(width) + (z > 0)[:, None] * first
                h = h + np.maximum(z, 0)
            else:
                step = np.eye(width) + second @ ((z > 0)[:, None] * first) / scale
                h = h + second @ np.maximum(z, 0)
            if block == "post_norm":
                step, h = step / np.std(h), h / np.std(h)
            steps.append(step)
        gradient = rng.normal(size=width)
        squares[depth] += gradient @ gradient
        for i in reversed(range(depth)):
            gradient = steps[i].T @ gradient
            squares[i] += gradient @ gradient
    return np.sqrt(squares[:-1] / squares[1:])


@pytest.mark.parametrize("block", ["two_layers", "pre_norm", "post_norm"])
def test_blocks_of_two_layers_equal_random_matrices(block):
    expected = theory.predict_residual_factors(block, 6)
    np.testing.assert_allclose(measure(block, 6, 150, 200), expected, rtol=0.04)


def test_the_gradient_along_the_activations_takes_over_as_in_random_matrices():
    # 40 wide, where it does after some ten blocks; the wide limit would be 1.41 everywhere
    expected = theory.predict_residual_factors("one_layer", 16, width=40)
    measured = measure("one_layer", 16, 40, 600)
    np.testing.assert_allclose(measured, expected, rtol=0.06)
    assert expected[0] > 1.55
    assert np.exp(np.log(measured[:6]).mean()) == pytest.approx(np.exp(np.log(expected[:6]).mean()), rel=0.03)


def test_closed_forms():
    np.testing.assert_allclose(theory.predict_residual_factors("one_layer", 4), math.sqrt(2), rtol=1e-12)
    np.testing.assert_allclose(theory.predict_residual_factors("two_layers", 4), math.sqrt(3), rtol=1e-12)
    # pre-norm: the mean square of the state grows by 2 per block, from 1
    expected = [math.sqrt(1 + 2 / (1 + 2 * i)) for i in range(20)]
    np.testing.assert_allclose(theory.predict_residual_factors("pre_norm", 20), expected, rtol=1e-12)
    np.testing.assert_allclose(theory.predict_residual_factors("post_norm", 4), 1.0, rtol=1e-12)


def test_a_linear_net_has_no_direction_that_takes_over():
    # h + W h multiplies activations and gradients alike, so the part along the activations stays 1 / width
    factors = theory.predict_residual_factors("one_layer", 30, "linear", 1.0, width=100)
    np.testing.assert_allclose(factors, math.sqrt(2), rtol=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.predict_residual_factors("dense", 3), "`block` must be one of one_layer"),
        (lambda: theory.predict_residual_factors("pre_norm", 0), "`depth` must be at least 1"),
        (lambda: theory.predict_residual_factors("pre_norm", 3, width=8), "`width` must be None but for 'one_layer'"),
        (lambda: theory.predict_residual_factors("one_layer", 3, "tanh", width=8), "homogeneous activation"),
    ],
)
def test_bad_arguments_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()
