"""Closed forms, in float64 and with NumPy alone, that measurements are set beside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray


def sigmoid(x: float | Array) -> Array:
    r"""The logistic function $\sigma(x) = 1 / (1 + e^{-x})$.

    Args:
        x: Numbers of any shape and size; nothing overflows.

    Returns:
        Values between 0 and 1, float64 of the same shape.

    Example:
        >>> float(vg.theory.sigmoid(2.0))
        0.8807970779778823
    """
    x = np.asarray(x, "float64")
    small = np.exp(-np.abs(x))  # at most 1: the exponential of the other sign would overflow
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def sigmoid_derivative(x: float | Array) -> Array:
    r"""$\sigma'(x) = \sigma(x)\,\sigma(-x)$, which loses no digit where $\sigma$ is near 1.

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
    return 4.0 * sigmoid_derivative(2.0 * np.clip(x, -1e3, 1e3))  # 0 beyond, and nothing overflows


def relu(x: float | Array) -> Array:
    """The larger of x and 0, as float64."""
    return np.maximum(np.asarray(x, "float64"), 0.0)


def relu_derivative(x: float | Array) -> Array:
    """1 above 0 and 0 elsewhere, as Keras takes it at 0 too."""
    return (np.asarray(x) > 0).astype("float64")


def _erf(x: Array) -> Array:
    # Its derivative is a Gaussian: integrated by Gauss-Legendre, which 64 nodes take to the last digit up to |x| = 6.
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
"""The activations that the theory knows, by their Keras names (`erf` as in `keras.ops`)."""


def get_activation(name: str) -> Activation:
    """Looks an activation up by its Keras name.

    Raises:
        ValueError: If the theory does not know it.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"`activation` must be one of {', '.join(ACTIVATIONS)}. Received: activation={name!r}.")
    return ACTIVATIONS[name]


def tangent_line(activation: str, x: float) -> tuple[float, float]:
    """The tangent of an activation at a point.

    Args:
        activation: One of `ACTIVATIONS`.
        x: Where it touches.

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
        loss_by_a: The loss's derivative by the prediction.
        a_by_z: The sigmoid's derivative.
        loss_by_z: That by the pre-activation; of cross-entropy it is taken as `a - y`, in which a tiny `a_by_z`
            cancels against a huge `loss_by_a`.
        loss_by_w: The gradient by the weights, float64 of shape `(features,)`.
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
        loss: Of which loss.

    Returns:
        All factors of the gradient.

    Raises:
        ValueError: If `loss` is neither.

    Example:
        >>> vg.theory.differentiate_neuron([1.0, 1.0], [10.0, 10.0], 0.0, y=0, loss="squared_error").a_by_z
        2.061153613941849e-09
    """
    x, w = np.asarray(x, "float64"), np.asarray(w, "float64")
    z = float(x @ w + b)
    a, slope = float(sigmoid(z)), float(sigmoid_derivative(z))
    error = a if y == 0 else -float(sigmoid(-z)) if y == 1 else a - y  # 1 - a loses the digits that sigmoid(-z) has
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
    """Forward and backward pass through layers without biases, layer by layer.

    Attributes:
        z: Pre-activations, one array of shape `(units,)` per layer.
        a: Activations; the first is the input, so that there is one more.
        loss_by_z: Gradients by the pre-activations, one per layer.
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
    r"""Runs one example through a chain of layers and its gradient back.

    $z_l = W_l a_{l-1}$, $a_l = g(z_l)$ and backwards $\partial L / \partial z_l =
    (W_{l+1}^T\,\partial L / \partial z_{l+1}) \odot g'(z_l)$.

    Args:
        weights: The matrices $W_l$, of shape `(units, inputs)`.
        x: The input, of shape `(inputs,)`.
        activation: One of `ACTIVATIONS`, for all layers.
        differentiate_loss: The loss's gradient by the last activations, of the same shape as they.
        slopes: `"activation"` puts $a_l$ in the place of $g'(z_l)$: a common mistake, here to be compared.

    Returns:
        All that was computed on the way.

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
    """The gradient of a function by central differences.

    Args:
        function: From an array to a number.
        x: Where, of any shape.
        step: The distance to either side, relative to |x| where that is above 1.

    Returns:
        The gradient, of the shape of `x`; its error is of the order of `step` squared.
    """
    x = np.asarray(x, "float64")
    gradient = np.empty_like(x)
    for place in np.ndindex(x.shape):
        distance = step * max(1.0, abs(x[place]))
        above, below = x.copy(), x.copy()
        above[place] += distance
        below[place] -= distance
        gradient[place] = (function(above) - function(below)) / (above[place] - below[place])
    return gradient


def find_largest_learning_rate(x: Array) -> float:
    r"""The learning rate above which gradient descent on a linear model's mean squared error diverges.

    The loss $\frac{1}{N} \lVert X w - y \rVert^2$ has the Hessian $H = \frac{2}{N} X^T X$, and a step multiplies the
    error along an eigenvector by $1 - \eta \lambda$: it grows where $\eta > 2 / \lambda_{max}$.

    Args:
        x: Inputs of shape `(examples, features)`, a column of ones for the bias included if there is one.

    Returns:
        $2 / \lambda_{max}$.

    Example:
        >>> round(vg.theory.find_largest_learning_rate(np.array([[1.0], [3.0]])), 3)  # H = 10
        0.2
    """
    x = np.asarray(x, "float64")
    return float(len(x) / np.linalg.norm(x, ord=2) ** 2)


def _make_gaussian_rule() -> tuple[Array, Array]:
    # Gauss-Hermite nodes miss what a kink at 0 adds (0.1 % of ReLU's mean with 200 of them); a rule on either side
    # of it does not.
    nodes, weights = np.polynomial.legendre.leggauss(200)
    half = 5.0 * (nodes + 1.0)  # 0 to 10, where the density is 1e-22 of its maximum
    weights = weights * np.exp(-(half**2) / 2)
    return np.concatenate([-half, half]), np.tile(weights / (2 * weights.sum()), 2)


_NODES, _WEIGHTS = _make_gaussian_rule()

_SMALLEST, _LARGEST = 1e-24, 1e24
"""Between these the length map is followed; where it leaves them, the factor has reached its limit."""


def _average(values: Array) -> float:
    return float(_WEIGHTS @ values)


@dataclass(frozen=True)
class MeanField:
    """What mean-field theory expects of a wide net at initialization.

    Attributes:
        length: Variance of the pre-activations that the layers settle at, 0 or infinity where they do not.
        chi: The factor of the squared norm of the gradient, per layer towards the input.
        factor: Its root: that of the norm.
    """

    length: float
    chi: float

    @property
    def factor(self) -> float:
        """The factor of the gradient's norm per layer towards the input."""
        return float(np.sqrt(self.chi))


def predict_factor(activation: str, weight_variance: float, bias_variance: float = 0.0) -> MeanField:
    r"""Predicts by how much each layer of a wide net multiplies the gradient that passes back through it.

    With weights of variance $\sigma_w^2 / n$ and $z \sim N(0, 1)$, the variance of the pre-activations follows
    $q \leftarrow \sigma_w^2\,E[\phi(\sqrt{q} z)^2] + \sigma_b^2$ to a fixed point $q^*$, where
    $\chi_1 = \sigma_w^2\,E[\phi'(\sqrt{q^*} z)^2]$.

    Args:
        activation: One of `ACTIVATIONS`.
        weight_variance: $\sigma_w^2$: the variance of the weights times the number of inputs; 1 for
            `lecun_normal`, and for `glorot_*` between layers of one width; 2 for `he_normal`.
        bias_variance: $\sigma_b^2$.

    Returns:
        The fixed point and the factor.

    Raises:
        ValueError: If a variance is negative or the theory does not know the activation.

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
    for _ in range(10_000):  # near chi = 1 it converges slowly
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
    r"""The same factor with batch normalization in every layer, for wide nets and large batches.

    Normalized pre-activations are standard normal, and the next normalization divides by the activations' spread:
    $\chi = E[\phi'(z)^2] / \mathrm{Var}[\phi(z)]$, for ReLU $\pi / (\pi - 1)$, whatever the weights' variance. After
    the activation, the normalized values reach it through the weights: $z$ becomes $\sigma_w z$, $\phi'$ gains
    the factor $\sigma_w$.

    Args:
        activation: One of `ACTIVATIONS`.
        placement: Whether the normalization stands before or after the activation.
        weight_variance: $\sigma_w^2$; matters only after the activation.

    Returns:
        The factor of the gradient's norm per layer towards the input.

    Raises:
        ValueError: If `placement` is neither, or the theory does not know the activation.

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
