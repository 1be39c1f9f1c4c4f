"""How deep a narrow ReLU net can be before it is dead at initialization: its output is 0 whatever the input."""

import math

import numpy as np

from keras_vg.theory.activations import Array

_STEP = 0.05
"""Distance of the points at which the distribution of the logarithm is computed."""


def predict_survival(
    width: int, depth: int, smallest: float = 0.0, weight_variance: float = 2.0, mean_square: float = 1.0
) -> Array:
    r"""Predicts which part of ReLU nets without biases is alive, after each layer, for one input.

    A layer of $n$ units is dead with probability $2^{-n}$: every unit is negative with probability 1/2. If $k \geq 1$
    units are positive, the squared norm of the activations is multiplied by $\frac{\sigma_w^2}{n} \chi^2_k$. That is 1
    in the mean for He's $\sigma_w^2 = 2$, but its logarithm is negative in the mean, by about $5 / 2n$: the norm is a
    random walk downwards on a log scale, which ends where the number format has only 0 left. A gradient has the same
    factors on its way back.

    Args:
        width: $n$, the number of units of each layer.
        depth: The number of layers.
        smallest: The norm below which activations are 0, such as `np.finfo("float32").tiny` where subnormal numbers
            are flushed to 0; 0 for exact arithmetic.
        weight_variance: $\sigma_w^2$: the variance of the weights times the number of inputs.
        mean_square: The mean square of the inputs.

    Returns:
        The part that is alive after layers 1 to `depth`, float64 of shape `(depth,)`.

    Raises:
        ValueError: If `width` or `depth` is below 1, `smallest` is negative, or the variance or the mean square is not
            positive.

    Example:
        >>> float(vg.theory.predict_survival(1, 3)[-1])  # a single unit dies with probability 1/2
        0.125

    References:
        Lu et al. (2019), "Dying ReLU and initialization: theory and numerical examples", for the dead units.
    """
    if width < 1 or depth < 1 or smallest < 0 or not (weight_variance > 0 and mean_square > 0):
        raise ValueError(
            "`width` and `depth` must be at least 1, `smallest` at least 0, `weight_variance` and `mean_square` "
            f"positive. Received: width={width}, depth={depth}, smallest={smallest}, "
            f"weight_variance={weight_variance}, mean_square={mean_square}."
        )
    counted = (1.0 - 0.5**width) ** np.arange(1, depth + 1)
    if smallest == 0:
        return counted
    offsets, change = _compute_log_change(width, weight_variance)
    # The logarithm of the squared norm, from the smallest up to where no net gets: six standard deviations of growth.
    spread = math.sqrt(float(change @ offsets**2) * depth)
    lowest = 2 * math.log(smallest)
    points = math.ceil((max(6 * spread, 40.0, 2 * math.log(width * mean_square)) - lowest) / _STEP)
    alive = np.zeros(points)
    alive[round((math.log(width * mean_square) - lowest) / _STEP)] = 1.0
    size = 2 ** math.ceil(math.log2(points + len(change)))
    spectrum = np.fft.rfft(change, size)
    first = -round(offsets[0] / _STEP)  # place of an unchanged norm
    kept = np.empty(depth)
    for layer in range(depth):
        alive = np.maximum(np.fft.irfft(np.fft.rfft(alive, size) * spectrum, size)[first : first + points], 0.0)
        kept[layer] = alive.sum()
    return counted * np.minimum(kept, 1.0)


def _compute_log_change(width: int, weight_variance: float) -> tuple[Array, Array]:
    """The distribution of the change of ln |h|^2 in a layer that is alive: points and probabilities."""
    offsets = _STEP * np.arange(-round(30 / _STEP), round(8 / _STEP) + 1)
    y = offsets - math.log(weight_variance / width)  # of ln chi^2_k
    density = np.zeros_like(y)
    for k in range(1, width + 1):
        log_density = k / 2 * y - np.exp(y) / 2 - k / 2 * math.log(2) - math.lgamma(k / 2)
        density += math.comb(width, k) / 2**width * np.exp(log_density)
    return offsets, density / density.sum()


def count_layers_until_half(survival: Array) -> float:
    """Finds the number of layers after which half of the nets are dead, between layers by interpolation.

    Args:
        survival: The part that is alive after layers 1, 2, ..., of shape `(depth,)`.

    Returns:
        The number of layers; NaN if more than half survive all of them.

    Example:
        >>> vg.theory.count_layers_until_half(np.array([1.0, 0.75, 0.25]))
        2.5
    """
    below = np.flatnonzero(np.asarray(survival) < 0.5)
    if len(below) == 0:
        return math.nan
    before = 1.0 if below[0] == 0 else float(survival[below[0] - 1])
    return float(below[0] + (before - 0.5) / (before - survival[below[0]]))
