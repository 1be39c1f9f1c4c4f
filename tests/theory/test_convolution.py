import math

import numpy as np
import pytest

from keras_vg import theory


@pytest.mark.parametrize("positions", [(8, 8), (32, 5)])
def test_relu_has_the_eigenvalues_of_a_tridiagonal_matrix(positions):
    eigenvalues = [(1 + 2 * math.cos(math.pi / (m + 1))) / 3 for m in positions]
    factor = theory.predict_convolution_factor("relu", 2.0, positions)
    assert factor == pytest.approx(math.sqrt(math.prod(eigenvalues)), rel=1e-6)


def test_without_edges_it_is_the_factor_of_a_dense_layer():
    dense = theory.predict_factor("gelu", 3.0).factor
    assert theory.predict_convolution_factor("gelu", 3.0, (9, 9), 5, "valid") == dense
    assert theory.predict_convolution_factor("tanh", 2.0, (9, 9), 1) == pytest.approx(
        theory.predict_factor("tanh", 2.0).factor, rel=1e-6
    )


def test_tanh_equals_random_convolutions():
    # a second method: one image row of 6 positions through random convolutions with many channels, and a gradient back
    rng, channels, positions, depth = np.random.default_rng(0), 200, 6, 14
    h, back = rng.normal(size=(positions + 2, channels)), []
    h[[0, -1]] = 0
    for _ in range(depth):
        kernel = rng.normal(size=(3, channels, channels)) * math.sqrt(3.0 / (3 * channels))
        z = np.zeros_like(h)
        z[1:-1] = sum(h[i : i + positions] @ kernel[i] for i in range(3))
        back.append((kernel, 1 - np.tanh(z) ** 2))
        h = np.tanh(z)
        h[[0, -1]] = 0
    gradient, norms = rng.normal(size=h.shape), []
    for kernel, slope in reversed(back):
        delta = (gradient * slope)[1:-1]
        gradient = np.zeros_like(h)
        for i in range(3):
            gradient[i : i + positions] += delta @ kernel[i].T
        gradient[[0, -1]] = 0
        norms.append(np.linalg.norm(gradient))
    measured = (norms[-3] / norms[2]) ** (1 / (len(norms) - 5))
    assert theory.predict_convolution_factor("tanh", 3.0, (6,)) == pytest.approx(measured, rel=0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.predict_convolution_factor("relu", 2.0, (8, 8), padding="causal"), "'same' or 'valid'"),
        (lambda: theory.predict_convolution_factor("relu", 2.0, (8, 8), (3,)), "a size of at least 1 for each axis"),
        (lambda: theory.predict_convolution_factor("relu", -2.0, (8, 8)), "`weight_variance` must not be negative"),
    ],
)
def test_bad_arguments_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()
