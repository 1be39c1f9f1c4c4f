"""What mean-field theory predicts of residual blocks, with and without normalization, at initialization."""

from typing import Literal, TypeAlias, get_args

import numpy as np

from keras_vg.theory.activations import Activation, Array, get_activation
from keras_vg.theory.quadrature import compute_mean, compute_mean_square, compute_mean_squared_slope

Block: TypeAlias = Literal["one_layer", "two_layers", "pre_norm", "post_norm"]


def predict_residual_factors(
    block: Block,
    depth: int,
    activation: str | Activation = "relu",
    weight_variance: float = 2.0,
    width: int | None = None,
) -> Array:
    r"""Predicts the factor by which each residual block multiplies the back-propagated gradient.

    The blocks, with weights $W$ of variance $\sigma_w^2 / n$ without biases and a normalization $N$ of each example,
    such as `LayerNormalization` or `RMSNormalization`:

    - `"one_layer"`: $h + \phi(W h)$
    - `"two_layers"`: $h + W_2\,\phi(W_1 h)$
    - `"pre_norm"`: $h + W_2\,\phi(W_1 N(h))$
    - `"post_norm"`: $N(h + W_2\,\phi(W_1 h))$

    The squared norm of the gradient is multiplied by $1 + \chi$, where $\chi$ is the factor of the branch:
    $\sigma_w^2\,E[\phi'^2]$ with one layer, $\sigma_w^4\,E[\phi'^2]$ with two. Before a branch $N$ divides $\chi$ by
    the mean square of $h$, which grows from block to block: deep blocks are nearly the identity. After the addition it
    divides $1 + \chi$ by the mean square of the sum.

    One more term decides in deep nets of blocks of one layer with ReLU, whose outputs are positive: their activations
    are nearly one direction, and grow along it by up to 1.70 per block. The gradient along the activations is the
    output divided by their norm (Euler, for homogeneous functions), so it grows by as much towards the input. It begins
    as the part $1 / n$ of the whole and has overtaken it after some $\ln n / \ln 1.45$ blocks.

    Args:
        block: Which block.
        depth: The number of blocks, with one linear output unit behind them. Their input has mean 0 and variance 1.
        activation: One of `ACTIVATIONS`, or an `Activation`.
        weight_variance: $\sigma_w^2$: the variance of the weights times the number of inputs, 2 for `he_normal`.
        width: $n$, for the term of finite width of `"one_layer"`; None for infinitely wide blocks.

    Returns:
        The factors from the first block (at the input) to the last, float64 of shape `(depth,)`.

    Raises:
        ValueError: If `block` is none of the four, `depth` is below 1, the variance is negative, the activation is not
            in `ACTIVATIONS`, or `width` is given for another block or an activation that is not homogeneous.

    Example:
        >>> vg.theory.predict_residual_factors("pre_norm", depth=3).round(2)
        array([1.73, 1.29, 1.18])
        >>> vg.theory.predict_residual_factors("one_layer", depth=20, width=512)[[0, -1]].round(2)
        array([1.58, 1.42])

    References:
        Yang and Schoenholz (2017), "Mean field residual networks: on the edge of chaos".
        Xiong et al. (2020), "On layer normalization in the transformer architecture".
    """
    if block not in get_args(Block):
        raise ValueError(f"`block` must be one of {', '.join(get_args(Block))}. Received: block={block!r}.")
    if depth < 1 or not weight_variance >= 0:
        raise ValueError(
            "`depth` must be at least 1 and `weight_variance` not negative. "
            f"Received: depth={depth}, weight_variance={weight_variance}."
        )
    chosen = get_activation(activation)
    if width is not None and (block != "one_layer" or not _is_homogeneous(chosen)):
        raise ValueError(
            "`width` must be None but for 'one_layer' with a homogeneous activation, such as 'relu'. "
            f"Received: width={width}, block={block!r}, activation={activation!r}."
        )
    if block == "one_layer":
        return _follow_one_layer(chosen, weight_variance, depth, width)
    mean_square, factors = 1.0, []
    for _ in range(depth):
        scale = 1.0 if block == "pre_norm" else mean_square  # of what the branch is given
        branch = weight_variance * float(compute_mean_square(chosen, weight_variance * scale))
        chi = weight_variance**2 * float(compute_mean_squared_slope(chosen, weight_variance * scale))
        following = mean_square + branch
        factor = 1.0 + (chi / mean_square if block == "pre_norm" else chi)
        if block == "post_norm":
            factor, following = factor / following, 1.0
        factors.append(np.sqrt(factor))
        mean_square = following
    return np.array(factors)


def _is_homogeneous(activation: Activation) -> bool:
    points = np.array([-1.5, 1.5])
    return bool(np.allclose(activation.function(4 * points), 4 * activation.function(points), rtol=1e-12, atol=0))


def _follow_one_layer(activation: Activation, weight_variance: float, depth: int, width: int | None) -> Array:
    square, mean, steps = np.ones(depth + 1), np.zeros(depth + 1), np.zeros(depth)
    for i in range(depth):
        branch = float(compute_mean_square(activation, weight_variance * square[i]))
        steps[i] = float(compute_mean(activation.function, weight_variance * square[i]))
        square[i + 1] = square[i] + branch + 2 * mean[i] * steps[i]
        mean[i + 1] = mean[i] + steps[i]
    chi = weight_variance * compute_mean_squared_slope(activation, weight_variance * square[:-1])
    if width is None:
        return np.sqrt(1.0 + chi)
    # g_l h_l is the output f for every l. With p_l = g_{l+1} h_l / f, a step back adds f^2 (1 - p_l^2) / |h_l|^2.
    products = square[None, :] + mean[None, :] * (mean[:, None] - mean[None, :])  # of h_j and h_l for j >= l
    kept = np.zeros(depth)
    for i in reversed(range(depth)):
        later = np.arange(i + 1, depth)
        kept[i] = products[depth, i] / square[depth] + (products[later, i] / square[later]) @ (1 - kept[later])
    gradient = np.ones(depth + 1)  # the squared norm, if that of the output's weights is 1 and f^2 is their share of it
    for i in reversed(range(depth)):
        along = square[depth] * (1 - kept[i] ** 2) / (width * square[i])
        gradient[i] = (1 + chi[i]) * gradient[i + 1] + along
    return np.sqrt(gradient[:-1] / gradient[1:])
