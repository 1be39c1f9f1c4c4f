"""Back-propagation through one neuron and through chains of layers, and finite differences to compare it with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from keras_vg.theory.activations import Activation, Array, get_activation, sigmoid, sigmoid_derivative


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
    activation: str | Activation,
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
