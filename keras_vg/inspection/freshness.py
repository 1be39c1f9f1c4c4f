"""Whether weights are still as their initializer draws them."""

from typing import Any

import keras
import numpy as np

from keras_vg.inspection import stateless

FEWEST_VALUES = 500
"""Of a weight: values that have been trained go beyond the bounds of their distribution, or are too many near 0."""

_BY_CHANCE = 0.01
"""Of fresh weights, the part that is taken for trained."""

_BY_CHANCE_BESIDE_BIASES = 1e-4
"""The same where a layer's biases tell, too, so that the test of the kernel alone need not. Chosen."""

_MOST_VALUES = 20_000
"""That are looked at."""

_BEYOND = 1e-4
"""Part of the values that may be out of bounds: torch's truncated normal leaves some there."""

_ROUNDING = {"float16": 1e-3, "bfloat16": 1e-2}
"""By which a bound may be rounded up; float32's is the rest's."""


def looks_fresh(
    layer: keras.layers.Layer, variable: keras.Variable, values: np.ndarray, by_chance: float = _BY_CHANCE
) -> bool | None:
    """Tells whether a weight's values could be a draw of its initializer, by a test of Kolmogorov and Smirnov.

    Args:
        layer: The layer that has it.
        variable: The weight.
        values: Its values.
        by_chance: Of fresh weights, the part that is taken for trained.

    Returns:
        None where that cannot be told: of few values, and of initializers other than those that draw each value by
        itself, uniformly or from a truncated normal distribution.
    """
    distribution = _find_distribution(layer, variable)
    if distribution is None or values.size < FEWEST_VALUES:
        return None
    from scipy import stats  # takes long to import, and few models are frozen

    law, scale = distribution
    bound = 1.0 if law == "uniform" else 2.0
    sample = values.reshape(-1)[:: -(-values.size // _MOST_VALUES)].astype("float64") / scale
    limit = bound * (1 + _ROUNDING.get(keras.backend.standardize_dtype(variable.dtype), 1e-6))
    if not np.count_nonzero(np.abs(sample) <= limit) >= (1 - _BEYOND) * sample.size:
        return False
    cdf = stats.uniform(-1, 2).cdf if law == "uniform" else stats.truncnorm(-2, 2).cdf
    return bool(stats.kstest(sample, cdf).pvalue > by_chance)


def is_as_initialized(layer: keras.layers.Layer, variable: keras.Variable, values: np.ndarray) -> bool | None:
    """Tells whether a weight's values could be its initializer's, also where that gives all of them one value.

    Args:
        layer: The layer that has it.
        variable: The weight.
        values: Its values.

    Returns:
        None where `looks_fresh` cannot tell, and the initializer is none of zeros, ones and other constants.
    """
    constants = _list_constants(layer, variable)
    if constants:
        return bool(np.isin(values, constants).all())
    return looks_fresh(layer, variable, values, _BY_CHANCE_BESIDE_BIASES)


def is_unadapted(layer: Any) -> bool:
    """Whether a layer is a `Normalization` that has seen no data, and so leaves everything as it is.

    Args:
        layer: A layer.

    Returns:
        False where mean and variance were given, or are known from `adapt`.
    """
    if not isinstance(layer, keras.layers.Normalization) or not layer.weights:
        return False
    mean, variance = (stateless.read_values(weight.value) for weight in layer.weights[:2])
    return not np.any(mean != 0) and not np.any(variance != 1)


def _find_distribution(layer: keras.layers.Layer, variable: keras.Variable) -> tuple[str, float] | None:
    """The bounded distribution that the initializer draws from, centred on 0, and its scale.

    Normal distributions without bounds are left out: training moves weights by less than their form would show.
    """
    initializer, law, scale = _find_initializer(layer, variable), "", 0.0
    if isinstance(initializer, keras.initializers.RandomUniform) and initializer.minval == -initializer.maxval:
        law, scale = "uniform", float(initializer.maxval)
    elif isinstance(initializer, keras.initializers.TruncatedNormal) and initializer.mean == 0:
        law, scale = "truncated", float(initializer.stddev)
    elif isinstance(initializer, keras.initializers.VarianceScaling):
        fan_in, fan_out = _count_fans(tuple(variable.shape))
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[initializer.mode]
        deviation = float(np.sqrt(initializer.scale / max(fan, 1.0)))
        if initializer.distribution == "uniform":
            law, scale = "uniform", deviation * float(np.sqrt(3))
        elif initializer.distribution != "untruncated_normal":
            law, scale = "truncated", deviation / _TRUNCATED_DEVIATION
    return (law, scale) if scale > 0 else None


def _list_constants(layer: keras.layers.Layer, variable: keras.Variable) -> list[np.float32]:
    """The values that the initializer gives, if it draws none; none of any other initializer."""
    initializer = _find_initializer(layer, variable)
    if isinstance(initializer, keras.initializers.Zeros | keras.initializers.Ones):
        # An LSTM has ones among the zeros of its biases.
        own = float(isinstance(initializer, keras.initializers.Ones))
        adds_ones = variable.name == "bias" and getattr(layer, "unit_forget_bias", False)
        return [np.float32(value) for value in ([0.0, 1.0] if adds_ones else [own])]
    if isinstance(initializer, keras.initializers.Constant) and np.ndim(initializer.value) == 0:
        return [np.float32(keras.ops.convert_to_numpy(keras.ops.cast(initializer.value, variable.dtype)))]
    return []


def _find_initializer(layer: keras.layers.Layer, variable: keras.Variable) -> Any:
    """The initializer that a layer names after a weight; None if there is none."""
    names = (variable.name, variable.name.removesuffix("_kernel"), "depthwise")
    own = (getattr(layer, f"{name}_initializer", None) for name in names)
    return next((found for found in own if isinstance(found, keras.initializers.Initializer)), None)


_TRUNCATED_DEVIATION = 0.87962566103423978
"""Standard deviation of a standard normal distribution that is cut off at 2 and -2."""


def _count_fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """Inputs and outputs of a unit, as Keras's initializers count them."""
    if len(shape) < 2:
        return float(shape[0]), float(shape[0])
    window = float(np.prod(shape[:-2]))
    return window * shape[-2], window * shape[-1]
