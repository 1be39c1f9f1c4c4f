"""Means over a standard normal distribution."""

from collections.abc import Callable

import numpy as np

from keras_vg.theory.activations import Activation, Array


def _make_gaussian_rule() -> tuple[Array, Array]:
    # One rule on each side of 0. A Gauss-Hermite rule across 0 is inexact for functions with a kink there: with 200
    # nodes ReLU's mean is 0.2 % too large.
    nodes, weights = np.polynomial.legendre.leggauss(200)
    half = 5.0 * (nodes + 1.0)  # 0 to 10, where the density is 1e-22 of its maximum
    weights = weights * np.exp(-(half**2) / 2)
    return np.concatenate([-half, half]), np.tile(weights / (2 * weights.sum()), 2)


_NODES, _WEIGHTS = _make_gaussian_rule()


def compute_mean(function: Callable[[Array], Array], variance: float | Array = 1.0) -> Array:
    r"""Computes $E[f(\sqrt{q} z)]$ for $z \sim N(0, 1)$.

    Args:
        function: $f$, elementwise; with a kink at most at 0.
        variance: $q$, of any shape.

    Returns:
        The mean, float64 of the shape of `variance`.
    """
    return function(np.sqrt(np.asarray(variance, "float64"))[..., None] * _NODES) @ _WEIGHTS


def compute_mean_square(activation: Activation, variance: float | Array) -> Array:
    r"""Computes $E[\phi(\sqrt{q} z)^2]$, the mean square of the activations."""
    return compute_mean(lambda z: np.square(activation.function(z)), variance)


def compute_mean_squared_slope(activation: Activation, variance: float | Array) -> Array:
    r"""Computes $E[\phi'(\sqrt{q} z)^2]$, the mean square of the activation's derivative."""
    return compute_mean(lambda z: np.square(activation.derivative(z)), variance)
