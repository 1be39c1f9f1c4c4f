"""What mean-field theory predicts of wide plain nets at initialization."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from keras_vg.theory.activations import Activation, Array, get_activation
from keras_vg.theory.quadrature import compute_mean, compute_mean_square, compute_mean_squared_slope

_SMALLEST, _LARGEST = 1e-24, 1e24
"""The variance of the pre-activations is iterated within these bounds; beyond them the factor no longer changes."""


@dataclass(frozen=True)
class MeanField:
    """The prediction of mean-field theory for a wide net at initialization.

    Attributes:
        length: The variance of the pre-activations: the fixed point to which it converges from layer to layer, 0 or
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


def predict_factor(
    activation: str | Activation,
    weight_variance: float,
    bias_variance: float = 0.0,
    dropout: float = 0.0,
    length: float | None = None,
) -> MeanField:
    r"""Predicts the factor by which each layer of a wide net multiplies the back-propagated gradient.

    With weights of variance $\sigma_w^2 / n$ and $z \sim N(0, 1)$, the variance of the pre-activations follows
    $q \leftarrow \sigma_w^2\,E[\phi(\sqrt{q} z)^2] + \sigma_b^2$ to a fixed point $q^*$, where
    $\chi_1 = \sigma_w^2\,E[\phi'(\sqrt{q^*} z)^2]$. Dropout with rate $p$ after each activation, in training mode,
    divides both mean squares by $1 - p$.

    The iteration starts at $q = 1$. Some activations (GELU, SiLU, mish) have a fixed point that is left on either side:
    a net of a few layers stays near it, a deep one does not. `follow_lengths` computes $q$ layer by layer, and `length`
    takes the factor at any $q$.

    Args:
        activation: One of `ACTIVATIONS`, or an `Activation`.
        weight_variance: $\sigma_w^2$: the variance of the weights times the number of inputs; 1 for
            `lecun_normal`, and for `glorot_*` between layers of equal width; 2 for `he_normal`. The inputs of a
            convolution are those in its window: height times width times channels.
        bias_variance: $\sigma_b^2$.
        dropout: The rate of a `Dropout` layer after each activation.
        length: $q$, in place of the fixed point.

    Returns:
        The fixed point, or `length`, and the factor there.

    Raises:
        ValueError: If a variance or the length is negative, the rate is not in [0, 1), or the activation is not in
            `ACTIVATIONS`.

    Example:
        >>> round(vg.theory.predict_factor("sigmoid", 1.0).factor, 3)
        0.236
        >>> round(vg.theory.predict_factor("gelu", 2.3517, length=1.0).chi, 4)
        1.072

    References:
        Poole et al. (2016), "Exponential expressivity in deep neural networks through transient chaos".
        Schoenholz et al. (2017), "Deep information propagation".
    """
    _check_variances(weight_variance=weight_variance, bias_variance=bias_variance, length=length or 0.0)
    chosen, kept_variance = get_activation(activation), weight_variance / _get_kept_part(dropout)
    if length is not None:
        return MeanField(length, kept_variance * float(compute_mean_squared_slope(chosen, length)))
    length = 1.0
    for _ in range(10_000):  # near chi = 1 the iteration converges slowly
        following = kept_variance * float(compute_mean_square(chosen, length)) + bias_variance
        following = min(max(following, _SMALLEST), _LARGEST)
        if abs(following - length) <= 1e-14 * length:
            break
        length = following
    chi = kept_variance * float(compute_mean_squared_slope(chosen, length))
    settled = 0.0 if length <= _SMALLEST else np.inf if length >= _LARGEST else length
    return MeanField(settled, chi)


def follow_lengths(
    activation: str | Activation,
    weight_variance: float,
    depth: int,
    bias_variance: float = 0.0,
    dropout: float = 0.0,
    mean_square: float = 1.0,
) -> Array:
    r"""Computes the variance of the pre-activations layer by layer.

    Args:
        activation: One of `ACTIVATIONS`, or an `Activation`.
        weight_variance: $\sigma_w^2$, as in `predict_factor`.
        depth: The number of layers.
        bias_variance: $\sigma_b^2$.
        dropout: The rate of a `Dropout` layer after each activation.
        mean_square: The mean square of the net's inputs.

    Returns:
        $q$ of each layer, float64 of shape `(depth,)`. The gradient by the pre-activations of layer $l$ is that of
        layer $l + 1$ times `predict_factor(..., length=q[l]).factor`.

    Raises:
        ValueError: As in `predict_factor`.

    Example:
        >>> vg.theory.follow_lengths("relu", 2.0, depth=3)  # He et al. (2015): it stays
        array([2., 2., 2.])
    """
    _check_variances(weight_variance=weight_variance, bias_variance=bias_variance, mean_square=mean_square)
    chosen, kept = get_activation(activation), _get_kept_part(dropout)
    lengths = []
    for _ in range(depth):
        lengths.append(weight_variance * mean_square + bias_variance)
        mean_square = float(compute_mean_square(chosen, lengths[-1])) / kept
    return np.array(lengths)


def find_critical_variance(activation: str | Activation, length: float = 0.0) -> float:
    r"""Computes the weight variance that keeps the variance of the pre-activations as it is, without biases.

    It is $q / E[\phi(\sqrt{q} z)^2]$, at $q = 0$ its limit: for an activation that is smooth at 0, $1 / \phi'(0)^2$,
    where $\chi_1 = 1$: the boundary between order and chaos.

    Args:
        activation: One of `ACTIVATIONS`, or an `Activation`.
        length: $q$. 0 is impossible for an activation that is not 0 at 0, such as sigmoid.

    Returns:
        $\sigma_w^2$.

    Raises:
        ValueError: If the length is negative, or 0 for an activation that is not 0 at 0.

    Example:
        >>> [round(vg.theory.find_critical_variance(name), 4) for name in ("tanh", "relu", "erf", "gelu")]
        [1.0, 2.0, 0.7854, 4.0]
        >>> round(vg.theory.find_critical_variance("gelu", length=1.0), 4)
        2.3517

    References:
        Schoenholz et al. (2017), "Deep information propagation".
    """
    _check_variances(length=length)
    chosen = get_activation(activation)
    if length == 0.0 and float(chosen.function(np.zeros(1))[0]) != 0.0:
        raise ValueError(
            "`length` must be positive for an activation that is not 0 at 0. "
            f"Received: length={length}, activation={activation!r}. Pass the variance of the pre-activations."
        )
    length = length or _SMALLEST
    return length / float(compute_mean_square(chosen, length))


def _check_variances(**values: float) -> None:
    for name, value in values.items():
        if not value >= 0:
            raise ValueError(f"`{name}` must not be negative. Received: {name}={value}.")


def _get_kept_part(dropout: float) -> float:
    if not 0 <= dropout < 1:
        raise ValueError(f"`dropout` must be at least 0 and below 1. Received: dropout={dropout}.")
    return 1.0 - dropout


def predict_normalized_factor(
    activation: str | Activation, placement: Literal["before", "after"] = "before", weight_variance: float = 1.0
) -> float:
    r"""Predicts the factor per layer with batch normalization in every layer, for wide nets and large batches.

    With the normalization before the activation, the pre-activations are standard normal, and the normalization of the
    next layer divides by the standard deviation of the activations:
    $\chi = E[\phi'(z)^2] / \mathrm{Var}[\phi(z)]$, for ReLU $\pi / (\pi - 1)$, whatever the variance of the weights.
    With the normalization after the activation, the normalized values pass through the weights before they reach the
    next activation: $z$ is replaced by $\sigma_w z$, and $\phi'$ is multiplied by $\sigma_w$.

    Args:
        activation: One of `ACTIVATIONS`, or an `Activation`.
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
    scale = 1.0 if placement == "before" else weight_variance
    variance = compute_mean_square(chosen, scale) - compute_mean(chosen.function, scale) ** 2
    return float(np.sqrt(scale * compute_mean_squared_slope(chosen, scale) / variance))
