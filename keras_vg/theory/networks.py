"""What mean-field theory predicts of the gradients of a whole net at initialization, layer by layer along its graph."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from keras_vg.theory.activations import Activation, Array
from keras_vg.theory.quadrature import compute_mean, compute_mean_square, compute_mean_squared_slope


class NoClosedFormError(ValueError):
    """No closed form of this package covers the net."""


@dataclass(frozen=True)
class Input:
    """What a net is given.

    Attributes:
        mean: The mean of the values.
        mean_square: The mean of their squares.
        shared: The mean over the features of the product of two examples' values; 0 for inputs of mean 0.
        positions: The sizes of the axes between the batch and the features, such as height and width.
    """

    mean: float = 0.0
    mean_square: float = 1.0
    shared: float = 0.0
    positions: tuple[int, ...] = ()


@dataclass(frozen=True)
class Kernel:
    """A `Dense` or convolutional layer with random weights, without its activation.

    Attributes:
        source: Index of the layer whose output it is given.
        mean_square: The mean of the squares of its weights.
        inputs: The number of features, or channels, that it is given.
        units: The number that it puts out.
        bias_mean_square: The same of its biases.
        has_bias: Whether its bias is trained, too.
        windows: Of a convolution, for each axis of positions a matrix of shape `(outputs, inputs)` with 1 where an
            input is in an output's window, and 0 elsewhere.
        window_size: The number of positions in a window.
    """

    source: int
    mean_square: float
    inputs: int
    units: int
    bias_mean_square: float = 0.0
    has_bias: bool = True
    windows: tuple[Array, ...] = ()
    window_size: int = 1


@dataclass(frozen=True)
class Activate:
    """An activation, of normally distributed values: the outputs of kernels, their sums, or a normalization of them."""

    source: int
    activation: Activation


@dataclass(frozen=True)
class Drop:
    """Dropout with a rate, in training mode."""

    source: int
    rate: float


@dataclass(frozen=True)
class Normalize:
    """A normalization without weights: of each example (`LayerNormalization`) or of each unit (`BatchNormalization`).

    Attributes:
        source: Index of the layer whose output it is given.
        over: What mean and variance are taken over.
        is_centered: Whether the mean is subtracted; not in `RMSNormalization`.
        epsilon: What is added to the variance.
    """

    source: int
    over: Literal["units", "batch"]
    is_centered: bool = True
    epsilon: float = 1e-3


@dataclass(frozen=True)
class Add:
    """The sum of several layers' outputs."""

    sources: tuple[int, ...]


@dataclass(frozen=True)
class Flatten:
    """All positions as features."""

    source: int


Layer: TypeAlias = Input | Kernel | Activate | Drop | Normalize | Add | Flatten


@dataclass(frozen=True)
class _Moments:
    """Of one layer's outputs, over units and weights; arrays of the shape of the positions.

    `shared` is the mean of the product of two examples' values at one unit. `kernels` says which layers' random weights
    the values depend on unit by unit: two outputs that share none are independent at a unit.
    """

    mean: Array
    square: Array
    shared: Array
    is_normal: bool
    kernels: frozenset[int]
    units: int


def predict_gradients(layers: Sequence[Layer], output: int) -> dict[int, float]:
    r"""Predicts how large the gradients of a wide net's kernels and biases are, relative to one another.

    Forwards, the mean and the mean square of each layer's outputs are followed; backwards, the mean square of the
    gradient by them. A kernel multiplies it by its weights' mean square times the number of outputs that depend on an
    input, an activation by $E[\phi'^2]$, dropout divides it by the part that is kept, a normalization by the variance.
    Where a layer's output goes to several others their gradients are added, as independent ones.

    The examples' gradients are taken to be independent, too, as they are where the labels are: the gradient of a kernel
    is that by its outputs times what it is given.

    Args:
        layers: The net, each layer after those that it takes its inputs from.
        output: Index of the layer whose output the loss is given. An activation there, and the loss, multiply all
            gradients alike, and are left out.

    Returns:
        By the index of each `Kernel`, the root mean square of the gradient of its weights, or of its biases if that is
        larger. The values have a factor in common that is not known.

    Raises:
        NoClosedFormError: If the net has an activation of values that are not normal, a sum of values that depend on
            one another, or so many sums of positive values that finite width decides (see `predict_residual_factors`).

    Example:
        >>> from keras_vg.theory.networks import Activate, Input, Kernel, predict_gradients
        >>> layers = [Input()]
        >>> for i in range(0, 6, 2):  # He's weights, of which ReLU passes half
        ...     layers += [Kernel(i, 2 / 100, 100, 100, has_bias=False), Activate(i + 1, vg.theory.ACTIVATIONS["relu"])]
        >>> layers.append(Kernel(6, 2 / 100, 100, 100, has_bias=False))
        >>> [round(value, 6) for value in predict_gradients(layers, 7).values()]
        [1.0, 1.0, 1.0, 1.0]
    """
    has_batches = any(isinstance(layer, Normalize) and layer.over == "batch" for layer in layers)
    while isinstance(layers[output], Activate):
        output = list_sources(layers[output])[0]
    layers = layers[: output + 1]
    moments: list[_Moments] = []
    for index, layer in enumerate(layers):
        moments.append(_compute_moments(layer, index, moments, has_batches))
    gradients: dict[int, Array] = {output: np.ones_like(moments[output].square)}
    consumers: dict[int, list[Layer]] = {}
    for layer in layers:
        for source in list_sources(layer):
            consumers.setdefault(source, []).append(layer)
    found: dict[int, float] = {}
    for index in reversed(range(len(layers))):
        layer, gradient = layers[index], gradients.get(index)
        if gradient is None:
            continue
        if isinstance(layer, Kernel):
            is_normalized = all(isinstance(c, Normalize) and c.over == "batch" for c in consumers.get(index, [layer]))
            given = moments[layer.source]
            # A batch normalization takes away what is the same in all examples.
            square = given.square - given.shared if is_normalized else given.square
            seen = _apply(layer.windows, square) / layer.window_size
            kernel, bias = float(np.sum(gradient * seen)), float(np.sum(gradient))
            found[index] = float(np.sqrt(max(kernel, bias if layer.has_bias and not is_normalized else 0.0)))
        for source in list_sources(layer):
            passed = _pass_back(layer, gradient, moments[source])
            gradients[source] = gradients[source] + passed if source in gradients else passed
    _check_sums(layers, moments, gradients)
    return {index: found[index] for index in sorted(found)}


def list_sources(layer: Layer) -> tuple[int, ...]:
    """Lists the indices of the layers whose outputs a layer is given."""
    if isinstance(layer, Input):
        return ()
    return layer.sources if isinstance(layer, Add) else (layer.source,)


def _compute_moments(layer: Layer, index: int, moments: Sequence[_Moments], has_batches: bool) -> _Moments:
    if isinstance(layer, Input):
        mean, square, shared = (
            np.full(layer.positions, float(v)) for v in (layer.mean, layer.mean_square, layer.shared)
        )
        return _Moments(mean, square, shared, False, frozenset({index}), 0)
    given = [moments[source] for source in list_sources(layer)]
    first = given[0]
    if isinstance(layer, Kernel):
        scale = layer.mean_square * layer.inputs
        square, shared = (
            scale * _apply(layer.windows, v) + layer.bias_mean_square for v in (first.square, first.shared)
        )
        return _Moments(np.zeros_like(square), square, shared, True, frozenset({index}), layer.units)
    if isinstance(layer, Activate):
        if not first.is_normal:
            raise NoClosedFormError("An activation must be given the outputs of kernels, or sums of them.")
        function = layer.activation.function
        mean = _map(lambda q: compute_mean(function, q), first.square)
        square = _map(lambda q: compute_mean_square(layer.activation, q), first.square)
        shared = _share(function, first, mean) if has_batches else np.zeros_like(mean)
        return replace(first, mean=mean, square=square, shared=shared, is_normal=False)
    if isinstance(layer, Drop):
        return replace(first, square=first.square / (1 - layer.rate), is_normal=first.is_normal and layer.rate == 0)
    if isinstance(layer, Normalize):
        return _normalize(layer, first)
    if isinstance(layer, Flatten):
        mean, square, shared = (np.asarray(np.mean(v)) for v in (first.mean, first.square, first.shared))
        return replace(first, mean=mean, square=square, shared=shared, units=first.units * first.square.size)
    if sum(len(m.kernels) for m in given) > len(frozenset().union(*(m.kernels for m in given))):
        raise NoClosedFormError("Values that are added must not depend on the same weights unit by unit.")
    mean = sum((m.mean for m in given), np.zeros(()))
    products = mean**2 - sum((m.mean**2 for m in given), np.zeros(()))
    return _Moments(
        mean,
        sum((m.square for m in given), products),
        sum((m.shared for m in given), products),
        all(m.is_normal for m in given),
        frozenset().union(*(m.kernels for m in given)),
        max(m.units for m in given),
    )


def _normalize(layer: Normalize, given: _Moments) -> _Moments:
    if layer.over == "units":
        variance = _get_variance(layer, given)
        mean = np.zeros_like(given.mean) if layer.is_centered else given.mean / np.sqrt(variance)
        centre = given.mean**2 if layer.is_centered else 0.0
        square, shared = ((v - centre) / variance for v in (given.square, given.shared))
        return replace(given, mean=mean, square=square, shared=shared)
    root = np.sqrt(np.maximum(given.shared, 0.0))
    centre, variance = np.mean(root), _get_variance(layer, given)
    square = (given.square - 2 * root * centre + centre**2) / variance
    return replace(given, mean=np.zeros_like(square), square=square, shared=(root - centre) ** 2 / variance)


def _get_variance(layer: Normalize, given: _Moments) -> Array:
    if layer.over == "units":
        return given.square - (given.mean**2 if layer.is_centered else 0.0) + layer.epsilon
    centre = np.mean(np.sqrt(np.maximum(given.shared, 0.0)))  # of a unit, over examples and positions
    return np.asarray(np.mean(given.square) - centre**2 + layer.epsilon)


def _share(function: Callable[[Array], Array], given: _Moments, mean: Array) -> Array:
    r"""The mean of $\phi(z) \phi(z')$ for two examples, whose $z$ have the covariance `shared`."""
    if np.all(np.abs(given.shared) <= 1e-3 * given.square):
        return mean**2
    # The values at one position stand for all: with edges, they differ little.
    q, covariance = float(np.mean(given.square)), float(np.mean(given.shared))
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    common = np.sqrt(max(covariance, 0.0)) * nodes
    inner = [float(compute_mean(lambda z, c=c: function(z + c), max(q - covariance, 0.0))) for c in common]  # type: ignore[misc]
    return np.full_like(mean, np.square(inner) @ weights / weights.sum())


def _pass_back(layer: Layer, gradient: Array, given: _Moments) -> Array:
    """The mean square of the gradient by what a layer is given."""
    if isinstance(layer, Kernel):
        return layer.mean_square * layer.units * _apply(tuple(w.T for w in layer.windows), gradient)
    if isinstance(layer, Activate):
        return gradient * _map(lambda q: compute_mean_squared_slope(layer.activation, q), given.square)
    if isinstance(layer, Drop):
        return gradient / (1 - layer.rate)
    if isinstance(layer, Normalize):
        return gradient / _get_variance(layer, given)
    return np.broadcast_to(gradient, given.square.shape) if isinstance(layer, Flatten) else gradient


def _check_sums(layers: Sequence[Layer], moments: Sequence[_Moments], gradients: dict[int, Array]) -> None:
    """Raises where sums of positive values have grown along one direction for so long that the gradient follows it."""
    last = layers[-1]
    if not isinstance(last, Kernel):
        return
    top = last.mean_square * last.units * last.inputs * float(np.mean(moments[last.source].square))
    for index, layer in enumerate(layers):
        if not isinstance(layer, Add) or index not in gradients or np.count_nonzero(moments[index].mean) == 0:
            continue
        own = moments[index]
        along = top / (own.units * float(np.mean(own.square)))
        if along > 0.1 * own.units * float(np.mean(gradients[index])):
            raise NoClosedFormError("Too many sums of positive values for the net's width.")


def _apply(windows: Sequence[Array], values: Array) -> Array:
    for axis, window in enumerate(windows):
        values = np.moveaxis(np.tensordot(window, values, (1, axis)), 0, axis)
    return values


def _map(function: Callable[[Array], Array], variances: Array) -> Array:
    """Applies a function to each distinct variance, of which the positions of an image have few."""
    with np.errstate(divide="ignore"):
        digits = 5 - np.floor(np.log10(variances))
    scale = 10.0 ** np.where(np.isfinite(digits), np.clip(digits, -300, 300), 0.0)
    distinct, places = np.unique(np.round(variances * scale) / scale, return_inverse=True)
    return np.array([float(function(np.asarray(q))) for q in distinct])[places].reshape(variances.shape)
