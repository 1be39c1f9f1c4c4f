"""Closed forms, in float64 and with NumPy only, to compare measurements with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

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


@dataclass(frozen=True)
class Activation:
    """An activation function and its derivative, both on float64 arrays."""

    function: Callable[[Array], Array]
    derivative: Callable[[Array], Array]


ACTIVATIONS = {
    "linear": Activation(lambda x: np.asarray(x, "float64"), lambda x: np.ones_like(x, "float64")),
    "sigmoid": Activation(sigmoid, sigmoid_derivative),
    "tanh": Activation(np.tanh, tanh_derivative),
    "relu": Activation(relu, relu_derivative),
    "erf": Activation(_erf, lambda x: 2.0 / np.sqrt(np.pi) * np.exp(-np.square(np.clip(x, -1e3, 1e3)))),
}
"""The activations that this module supports, by their names in Keras (`erf` is `keras.ops.erf`)."""


def get_activation(name: str) -> Activation:
    """Returns an activation by its Keras name.

    Raises:
        ValueError: If the name is not in `ACTIVATIONS`.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"`activation` must be one of {', '.join(ACTIVATIONS)}. Received: activation={name!r}.")
    return ACTIVATIONS[name]


def tangent_line(activation: str, x: float) -> tuple[float, float]:
    """Computes the tangent of an activation at a point.

    Args:
        activation: One of `ACTIVATIONS`.
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


@dataclass(frozen=True)
class NeuronGradient:
    """What back-propagation computes for one sigmoid neuron and one example, factor by factor.

    Attributes:
        z: The pre-activation.
        a: The prediction.
        loss_by_a: The derivative of the loss by the prediction.
        a_by_z: The derivative of the prediction by the pre-activation, that is the sigmoid's derivative.
        loss_by_z: The derivative of the loss by the pre-activation. For cross-entropy it is computed as `a - y` and not
            as the product of a huge `loss_by_a` and a tiny `a_by_z`.
        loss_by_w: The gradient of the loss by the weights, float64 of shape `(features,)`.
    """

    z: float
    a: float
    loss_by_a: float
    a_by_z: float
    loss_by_z: float
    loss_by_w: Array


def differentiate_neuron(
    x: Sequence[float] | Array,
    w: Sequence[float] | Array,
    b: float,
    y: float,
    loss: Literal["cross_entropy", "squared_error"] = "cross_entropy",
) -> NeuronGradient:
    r"""Differentiates one sigmoid neuron, $a = \sigma(w \cdot x + b)$, by the chain rule.

    Cross-entropy: $\partial L / \partial z = a - y$. Squared error, $L = (a - y)^2 / 2$:
    $\partial L / \partial z = (a - y)\,\sigma'(z)$.

    Args:
        x: One example, of shape `(features,)`.
        w: The weights, of the same shape.
        b: The bias.
        y: The label, 0 or 1.
        loss: The loss that is differentiated.

    Returns:
        All factors of the gradient.

    Raises:
        ValueError: If `loss` has any other value.

    Example:
        >>> gradient = vg.theory.differentiate_neuron([1.0, 1.0], [10.0, 10.0], 0.0, y=0, loss="squared_error")
        >>> f"{gradient.a_by_z:.10g}"
        '2.061153614e-09'
    """
    x, w = np.asarray(x, "float64"), np.asarray(w, "float64")
    z = float(x @ w + b)
    a, slope = float(sigmoid(z)), float(sigmoid_derivative(z))
    error = a if y == 0 else -float(sigmoid(-z)) if y == 1 else a - y  # a - 1 would lose digits near a = 1
    if loss == "squared_error":
        loss_by_a, loss_by_z = error, error * slope
    elif loss == "cross_entropy":
        with np.errstate(divide="ignore", invalid="ignore"):  # a of exactly 0 or 1
            loss_by_a, loss_by_z = float(np.float64(error) / slope), error
    else:
        raise ValueError(f"`loss` must be 'cross_entropy' or 'squared_error'. Received: loss={loss!r}.")
    return NeuronGradient(z, a, loss_by_a, slope, loss_by_z, loss_by_z * x)


@dataclass(frozen=True)
class Chain:
    """The results of a forward and backward pass through layers without biases.

    Attributes:
        z: Pre-activations, one array of shape `(units,)` per layer.
        a: The input, then the activations, one array per layer.
        loss_by_z: Gradients of the loss by the pre-activations, one array of shape `(units,)` per layer.
    """

    z: list[Array]
    a: list[Array]
    loss_by_z: list[Array]


def propagate(
    weights: Sequence[Array],
    x: Array,
    activation: str,
    differentiate_loss: Callable[[Array], Array],
    slopes: Literal["derivative", "activation"] = "derivative",
) -> Chain:
    r"""Computes the forward and backward pass of one example through a chain of layers.

    $z_l = W_l a_{l-1}$, $a_l = g(z_l)$ and backwards $\partial L / \partial z_l =
    (W_{l+1}^T\,\partial L / \partial z_{l+1}) \odot g'(z_l)$.

    Args:
        weights: The matrices $W_l$, of shape `(units, inputs)`.
        x: The input, of shape `(inputs,)`.
        activation: The activation of all layers, one of `ACTIVATIONS`.
        differentiate_loss: Computes the gradient of the loss by the last activations, from these and of their shape.
        slopes: `"derivative"` is right; `"activation"` uses $a_l$ instead of $g'(z_l)$, a common mistake that can be
            compared with it.

    Returns:
        Pre-activations, activations and gradients of all layers.

    Example:
        >>> chain = vg.theory.propagate([1.5 * np.eye(2)] * 20, np.ones(2), "linear", np.ones_like)
        >>> round(float(chain.a[-1][0]), 2), round(float((1.5 * np.eye(2) @ chain.loss_by_z[0])[0]), 2)
        (3325.26, 3325.26)
    """
    chosen = get_activation(activation)
    z: list[Array] = []
    a = [np.asarray(x, "float64")]
    for matrix in weights:
        z.append(matrix @ a[-1])
        a.append(chosen.function(z[-1]))
    factors = [chosen.derivative(value) for value in z] if slopes == "derivative" else a[1:]
    backwards = [differentiate_loss(a[-1]) * factors[-1]]
    for matrix, factor in zip(weights[:0:-1], factors[-2::-1], strict=True):
        backwards.append((matrix.T @ backwards[-1]) * factor)
    return Chain(z, a, backwards[::-1])


def differentiate_numerically(function: Callable[[Array], float], x: Array, step: float = 1e-6) -> Array:
    """Computes the gradient of a function by central differences.

    Args:
        function: The function, from an array of the shape of `x` to a number.
        x: The point, of any shape.
        step: The distance to either side; multiplied by |x| where |x| is above 1.

    Returns:
        The gradient, float64 of the shape of `x`. Its error is of the order of `step` squared.
    """
    x = np.asarray(x, "float64")
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        distance = step * max(1.0, abs(x[index]))
        above, below = x.copy(), x.copy()
        above[index] += distance
        below[index] -= distance
        gradient[index] = (function(above) - function(below)) / (above[index] - below[index])
    return gradient


def find_largest_learning_rate(x: Array) -> float:
    r"""Computes the learning rate above which gradient descent on a linear model's mean squared error diverges.

    The loss $\frac{1}{N} \lVert X w - y \rVert^2$ has the Hessian $H = \frac{2}{N} X^T X$. A step at the rate $\eta$
    multiplies the error along an eigenvector of eigenvalue $\lambda$ by $1 - \eta \lambda$, whose size exceeds 1 for
    the largest eigenvalue if $\eta > 2 / \lambda_{max}$.

    Args:
        x: Inputs of shape `(examples, features)`; with a column of ones if the model has a bias.

    Returns:
        $2 / \lambda_{max}$.

    Example:
        >>> round(vg.theory.find_largest_learning_rate(np.array([[1.0], [3.0]])), 3)  # H = 10
        0.2
    """
    x = np.asarray(x, "float64")
    return float(len(x) / np.linalg.norm(x, ord=2) ** 2)


def _make_gaussian_rule() -> tuple[Array, Array]:
    # One rule on each side of 0. A Gauss-Hermite rule across 0 is inexact for functions with a kink there: with 200
    # nodes ReLU's mean is 0.2 % too large.
    nodes, weights = np.polynomial.legendre.leggauss(200)
    half = 5.0 * (nodes + 1.0)  # 0 to 10, where the density is 1e-22 of its maximum
    weights = weights * np.exp(-(half**2) / 2)
    return np.concatenate([-half, half]), np.tile(weights / (2 * weights.sum()), 2)


_NODES, _WEIGHTS = _make_gaussian_rule()

_SMALLEST, _LARGEST = 1e-24, 1e24
"""The variance of the pre-activations is iterated within these bounds; beyond them the factor no longer changes."""


def _average(values: Array) -> float:
    """The mean over a standard normal distribution, of function values at `_NODES`."""
    return float(_WEIGHTS @ values)


@dataclass(frozen=True)
class MeanField:
    """The prediction of mean-field theory for a wide net at initialization.

    Attributes:
        length: The fixed point to which the variance of the pre-activations converges from layer to layer; 0 or
            infinity if it shrinks or grows without bound.
        chi: The factor of the gradient's squared norm, per layer towards the input.
        factor: The square root of `chi`: the factor of the gradient's norm.
    """

    length: float
    chi: float

    @property
    def factor(self) -> float:
        """The factor of the gradient's norm per layer towards the input."""
        return float(np.sqrt(self.chi))


def predict_factor(activation: str, weight_variance: float, bias_variance: float = 0.0) -> MeanField:
    r"""Predicts the factor by which each layer of a wide net multiplies the back-propagated gradient.

    With weights of variance $\sigma_w^2 / n$ and $z \sim N(0, 1)$, the variance of the pre-activations follows
    $q \leftarrow \sigma_w^2\,E[\phi(\sqrt{q} z)^2] + \sigma_b^2$ to a fixed point $q^*$, where
    $\chi_1 = \sigma_w^2\,E[\phi'(\sqrt{q^*} z)^2]$.

    Args:
        activation: One of `ACTIVATIONS`.
        weight_variance: $\sigma_w^2$: the variance of the weights times the number of inputs; 1 for
            `lecun_normal`, and for `glorot_*` between layers of equal width; 2 for `he_normal`.
        bias_variance: $\sigma_b^2$.

    Returns:
        The fixed point and the factor.

    Raises:
        ValueError: If a variance is negative, or the activation is not in `ACTIVATIONS`.

    Example:
        >>> round(vg.theory.predict_factor("sigmoid", 1.0).factor, 3)
        0.236

    References:
        Poole et al. (2016), "Exponential expressivity in deep neural networks through transient chaos".
        Schoenholz et al. (2017), "Deep information propagation".
    """
    for name, value in {"weight_variance": weight_variance, "bias_variance": bias_variance}.items():
        if not value >= 0:
            raise ValueError(f"`{name}` must not be negative. Received: {name}={value}.")
    chosen = get_activation(activation)
    length = 1.0
    for _ in range(10_000):  # near chi = 1 the iteration converges slowly
        spread = np.square(chosen.function(np.sqrt(length) * _NODES))
        following = min(max(weight_variance * _average(spread) + bias_variance, _SMALLEST), _LARGEST)
        if abs(following - length) <= 1e-14 * length:
            break
        length = following
    chi = weight_variance * _average(np.square(chosen.derivative(np.sqrt(length) * _NODES)))
    settled = 0.0 if length <= _SMALLEST else np.inf if length >= _LARGEST else length
    return MeanField(settled, chi)


def predict_normalized_factor(
    activation: str, placement: Literal["before", "after"] = "before", weight_variance: float = 1.0
) -> float:
    r"""Predicts the factor per layer with batch normalization in every layer, for wide nets and large batches.

    With the normalization before the activation, the pre-activations are standard normal, and the normalization of the
    next layer divides by the standard deviation of the activations:
    $\chi = E[\phi'(z)^2] / \mathrm{Var}[\phi(z)]$, for ReLU $\pi / (\pi - 1)$, whatever the variance of the weights.
    With the normalization after the activation, the normalized values pass through the weights before they reach the
    next activation: $z$ is replaced by $\sigma_w z$, and $\phi'$ is multiplied by $\sigma_w$.

    Args:
        activation: One of `ACTIVATIONS`.
        placement: Whether the normalization is before or after the activation.
        weight_variance: $\sigma_w^2$; used only for a normalization after the activation.

    Returns:
        The factor of the gradient's norm per layer towards the input.

    Raises:
        ValueError: If `placement` has any other value, or the activation is not in `ACTIVATIONS`.

    Example:
        >>> round(vg.theory.predict_normalized_factor("relu"), 4)
        1.2112

    References:
        Yang et al. (2019), "A mean field theory of batch normalization".
    """
    if placement not in ("before", "after"):
        raise ValueError(f"`placement` must be 'before' or 'after'. Received: placement={placement!r}.")
    chosen = get_activation(activation)
    scale = 1.0 if placement == "before" else np.sqrt(weight_variance)
    values = chosen.function(scale * _NODES)
    variance = _average(np.square(values)) - _average(values) ** 2
    return float(np.sqrt(scale**2 * _average(np.square(chosen.derivative(scale * _NODES))) / variance))
