"""What mean-field theory predicts of deep convolutional nets at initialization, with the edges of the image."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from keras_vg.theory.activations import Activation, Array, get_activation
from keras_vg.theory.mean_field import predict_factor
from keras_vg.theory.quadrature import compute_mean_square, compute_mean_squared_slope

_SMALLEST, _LARGEST = 1e-24, 1e24


def predict_convolution_factor(
    activation: str | Activation,
    weight_variance: float,
    shape: Sequence[int],
    kernel_size: int | Sequence[int] = 3,
    padding: Literal["same", "valid"] = "same",
) -> float:
    r"""Predicts the factor by which each of many equal convolutions of stride 1 multiplies the gradient.

    A unit's inputs are those in its window, $n = k_h k_w c$, as Keras's initializers count them: with weights of
    variance $\sigma_w^2 / n$ a convolution has the factor of a `Dense` layer, `predict_factor`'s, where windows do not
    reach over the edges of the image.

    With `padding="same"` they do: the zeros there are inputs without a variance. Along each axis the mean square of the
    activations is averaged over the window, which has the matrix $A$ with $1 / k$ where two positions are in one
    window, and so is that of the gradient. The factor is the largest eigenvalue of what one layer does to the mean
    squares at all positions; for ReLU, $\frac{\sigma_w^2}{2}$ times the largest eigenvalues of $A$, for a window of 3
    and $m$ positions $(1 + 2 \cos \frac{\pi}{m + 1}) / 3$ each.

    Args:
        activation: One of `ACTIVATIONS`, or an `Activation`.
        weight_variance: $\sigma_w^2$: the variance of the weights times $n$; 2 for `he_normal`.
        shape: The image's size along each axis, such as `(32, 32)`, without the channels.
        kernel_size: The window's size, one number or one per axis.
        padding: As in Keras's layers. With `"valid"` the shape does not matter.

    Returns:
        The factor of the gradient's norm per layer towards the input.

    Raises:
        ValueError: If `padding` is neither, `kernel_size` has another length than `shape`, a size is below 1, the
            variance is negative, or the activation is not in `ACTIVATIONS`.

    Example:
        >>> round(vg.theory.predict_convolution_factor("relu", 2.0, (8, 8)), 3)  # (1 + 2 cos 20°) / 3
        0.96

    References:
        Xiao et al. (2018), "Dynamical isometry and a mean field theory of CNNs".
    """
    sizes = [kernel_size] * len(shape) if isinstance(kernel_size, int) else list(kernel_size)
    if padding not in ("same", "valid"):
        raise ValueError(f"`padding` must be 'same' or 'valid'. Received: padding={padding!r}.")
    if len(sizes) != len(shape) or min(*shape, *sizes) < 1:
        raise ValueError(
            "`shape` and `kernel_size` must have a size of at least 1 for each axis. "
            f"Received: shape={tuple(shape)}, kernel_size={kernel_size}."
        )
    plain = predict_factor(activation, weight_variance)
    if padding == "valid":
        return plain.factor
    windows = [_make_window(positions, size) for positions, size in zip(shape, sizes, strict=True)]
    chosen = get_activation(activation)
    squares = np.ones(tuple(shape))
    for _ in range(10_000):
        following = weight_variance * _average(windows, compute_mean_square(chosen, squares))
        settled = np.allclose(following, squares, rtol=1e-10, atol=0)
        squares = following
        if settled or not _SMALLEST < squares.max() < _LARGEST:
            break
    slopes = weight_variance * compute_mean_squared_slope(chosen, squares)
    gradient, chi = np.ones_like(squares), 1.0
    for _ in range(10_000):
        following = _average([window.T for window in windows], slopes * gradient)
        before, chi = chi, float(np.linalg.norm(following))
        if chi == 0 or abs(chi - before) <= 1e-13 * chi:
            break
        gradient = following / chi
    return float(np.sqrt(chi))


def _make_window(positions: int, size: int) -> Array:
    """From the mean squares along an axis to their means over the windows around each position."""
    offsets = np.arange(positions)[None, :] - np.arange(positions)[:, None] + (size - 1) // 2
    return ((offsets >= 0) & (offsets < size)) / size


def _average(windows: Sequence[Array], values: Array) -> Array:
    for axis, window in enumerate(windows):
        values = np.moveaxis(np.tensordot(window, values, (1, axis)), 0, axis)
    return values
