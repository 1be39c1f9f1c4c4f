"""Activation functions and their derivatives, in float64."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray


def sigmoid(x: float | Array) -> Array:
    r"""The logistic function $\sigma(x) = 1 / (1 + e^{-x})$.

    Args:
        x: Numbers of any shape. Large ones do not overflow.

    Returns:
        Values between 0 and 1, float64 of the same shape.

    Example:
        >>> float(vg.theory.sigmoid(2.0))
        0.8807970779778823
    """
    x = np.asarray(x, "float64")
    small = np.exp(-np.abs(x))  # at most 1, whereas exp(abs(x)) would overflow
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def sigmoid_derivative(x: float | Array) -> Array:
    r"""$\sigma'(x) = \sigma(x)\,\sigma(-x)$, which loses no digits where $\sigma$ is near 1.

    Args:
        x: Numbers of any shape.

    Returns:
        Values between 0 and 0.25, float64 of the same shape.
    """
    return sigmoid(x) * sigmoid(-np.asarray(x, "float64"))


def tanh_derivative(x: float | Array) -> Array:
    r"""$\tanh'(x) = 1 / \cosh^2 x = 4\,\sigma(2x)\,\sigma(-2x)$.

    Args:
        x: Numbers of any shape.

    Returns:
        Values between 0 and 1, float64 of the same shape.
    """
    return 4.0 * sigmoid_derivative(2.0 * np.clip(x, -1e3, 1e3))  # beyond 1e3 it is 0, and 2 * x could overflow


def relu(x: float | Array) -> Array:
    """The maximum of x and 0, in float64."""
    return np.maximum(np.asarray(x, "float64"), 0.0)


def relu_derivative(x: float | Array) -> Array:
    """1 where x > 0 and 0 elsewhere; at x = 0 it is 0, as in Keras."""
    return (np.asarray(x) > 0).astype("float64")


def _erf(x: Array) -> Array:
    # The integral of the Gaussian by Gauss-Legendre quadrature: 64 nodes are exact to the last digit up to |x| = 6.
    nodes, weights = np.polynomial.legendre.leggauss(64)
    clipped = np.clip(np.asarray(x, "float64"), -6.0, 6.0)[..., None]
    return (clipped * np.exp(-((clipped * (nodes + 1) / 2) ** 2)) * weights).sum(-1) / np.sqrt(np.pi)


def softplus(x: float | Array) -> Array:
    r"""$\ln(1 + e^x)$, without overflow."""
    return np.logaddexp(0.0, np.asarray(x, "float64"))


def silu(x: float | Array) -> Array:
    r"""$x\,\sigma(x)$, also called swish."""
    return np.asarray(x, "float64") * sigmoid(x)


def silu_derivative(x: float | Array) -> Array:
    r"""$\sigma(x)\,(1 + x\,\sigma(-x))$."""
    x = np.asarray(x, "float64")
    return sigmoid(x) * (1.0 + x * sigmoid(-x))


def mish(x: float | Array) -> Array:
    r"""$x \tanh(\mathrm{softplus}(x))$."""
    return np.asarray(x, "float64") * np.tanh(softplus(x))


def mish_derivative(x: float | Array) -> Array:
    r"""$\tanh(s) + x\,\sigma(x)\,\tanh'(s)$ with $s = \mathrm{softplus}(x)$."""
    x = np.asarray(x, "float64")
    return np.tanh(softplus(x)) + x * sigmoid(x) * tanh_derivative(softplus(x))


def _normal_density(x: Array) -> Array:
    return np.exp(-np.square(np.clip(x, -40.0, 40.0)) / 2) / np.sqrt(2 * np.pi)


def _normal_distribution(x: Array) -> Array:
    # Below -8.3 the quadrature's error would be larger than the value, and large x would multiply it.
    return np.where(np.asarray(x) < -8.3, 0.0, (1.0 + _erf(np.asarray(x) / np.sqrt(2))) / 2)


def gelu(x: float | Array) -> Array:
    r"""$x\,\Phi(x)$ with the normal distribution $\Phi$: Keras's `gelu` with its default, `approximate=False`."""
    return np.asarray(x, "float64") * _normal_distribution(np.asarray(x, "float64"))


def gelu_derivative(x: float | Array) -> Array:
    r"""$\Phi(x) + x\,\Phi'(x)$."""
    x = np.asarray(x, "float64")
    return _normal_distribution(x) + x * _normal_density(x)


_GELU_SCALE, _GELU_CUBE = np.sqrt(2 / np.pi), 0.044715


def gelu_approximate(x: float | Array) -> Array:
    r"""$x\,(1 + \tanh(\sqrt{2 / \pi}\,(x + 0.044715\,x^3))) / 2$: Keras's `gelu` with `approximate=True`."""
    x = np.asarray(x, "float64")
    bounded = np.clip(x, -1e3, 1e3)  # the cube could overflow
    return x * sigmoid(2 * _GELU_SCALE * (bounded + _GELU_CUBE * bounded**3))  # (1 + tanh(u)) / 2 = sigmoid(2u)


def gelu_approximate_derivative(x: float | Array) -> Array:
    """The derivative of `gelu_approximate`."""
    x = np.clip(np.asarray(x, "float64"), -1e3, 1e3)
    inner = 2 * _GELU_SCALE * (x + _GELU_CUBE * x**3)
    return sigmoid(inner) + x * sigmoid_derivative(inner) * 2 * _GELU_SCALE * (1 + 3 * _GELU_CUBE * x**2)


@dataclass(frozen=True)
class Activation:
    """An activation function and its derivative, both on float64 arrays."""

    function: Callable[[Array], Array]
    derivative: Callable[[Array], Array]


def make_leaky_relu(negative_slope: float = 0.2) -> Activation:
    """Makes a leaky ReLU, which multiplies negative values by a slope.

    Args:
        negative_slope: The slope: 0.2 is the default of `keras.activations.leaky_relu`, 0.3 that of
            `keras.layers.LeakyReLU`.

    Returns:
        The activation.

    Example:
        >>> float(vg.theory.make_leaky_relu(0.3).function(-2.0))
        -0.6
    """
    return Activation(
        lambda x: np.where(np.asarray(x) > 0, np.asarray(x, "float64"), negative_slope * np.asarray(x, "float64")),
        lambda x: np.where(np.asarray(x) > 0, 1.0, negative_slope),
    )


def make_elu(alpha: float = 1.0, scale: float = 1.0) -> Activation:
    r"""Makes an ELU: $\lambda x$ for positive values and $\lambda \alpha (e^x - 1)$ for the others.

    Args:
        alpha: $\alpha$.
        scale: $\lambda$, 1 for ELU.

    Returns:
        The activation.

    Example:
        >>> round(float(vg.theory.make_elu().function(-1.0)), 4)
        -0.6321
    """
    return Activation(
        lambda x: scale * np.where(np.asarray(x) > 0, x, alpha * np.expm1(np.minimum(x, 0.0))),
        lambda x: scale * np.where(np.asarray(x) > 0, 1.0, alpha * np.exp(np.minimum(x, 0.0))),
    )


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805

ACTIVATIONS = {
    "linear": Activation(lambda x: np.asarray(x, "float64"), lambda x: np.ones_like(x, "float64")),
    "sigmoid": Activation(sigmoid, sigmoid_derivative),
    "tanh": Activation(np.tanh, tanh_derivative),
    "relu": Activation(relu, relu_derivative),
    "erf": Activation(_erf, lambda x: 2.0 / np.sqrt(np.pi) * np.exp(-np.square(np.clip(x, -1e3, 1e3)))),
    "gelu": Activation(gelu, gelu_derivative),
    "gelu_approximate": Activation(gelu_approximate, gelu_approximate_derivative),
    "silu": Activation(silu, silu_derivative),
    "selu": make_elu(_SELU_ALPHA, _SELU_SCALE),
    "elu": make_elu(),
    "leaky_relu": make_leaky_relu(),
    "softplus": Activation(softplus, sigmoid),
    "mish": Activation(mish, mish_derivative),
}
"""The activations that this module supports, by their names in Keras, with Keras's defaults.

`erf` is `keras.ops.erf`, and `gelu_approximate` is `keras.activations.gelu` with `approximate=True`.
"""


def get_activation(name: str | Activation) -> Activation:
    """Returns an activation by its Keras name; an `Activation` is returned as it is.

    Raises:
        ValueError: If the name is not in `ACTIVATIONS`.
    """
    if isinstance(name, Activation):
        return name
    if name not in ACTIVATIONS:
        raise ValueError(f"`activation` must be one of {', '.join(ACTIVATIONS)}. Received: activation={name!r}.")
    return ACTIVATIONS[name]


def tangent_line(activation: str | Activation, x: float) -> tuple[float, float]:
    """Computes the tangent of an activation at a point.

    Args:
        activation: One of `ACTIVATIONS`, or an `Activation`.
        x: The point.

    Returns:
        Slope and intercept.

    Example:
        >>> vg.theory.tangent_line("sigmoid", 0.0)
        (0.25, 0.5)
    """
    chosen = get_activation(activation)
    slope = float(chosen.derivative(np.float64(x)))
    return slope, float(chosen.function(np.float64(x))) - slope * x
