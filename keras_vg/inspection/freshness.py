"""Whether weights are still as their initializer draws them."""

from typing import Any

import keras
import numpy as np

from keras_vg.text import name_function

FEWEST_VALUES = 500
"""Of a weight: values that have been trained go beyond the bounds of their distribution, or are too many near 0."""

_BY_CHANCE = 0.01
"""Of fresh weights, the part that is taken for trained."""

_MOST_VALUES = 20_000
"""That are looked at."""


def looks_fresh(layer: keras.layers.Layer, variable: keras.Variable, values: np.ndarray) -> bool | None:
    """Tells whether a weight's values could be a draw of its initializer, by a test of Kolmogorov and Smirnov.

    Args:
        layer: The layer that has it.
        variable: The weight.
        values: Its values.

    Returns:
        None where that cannot be told: of few values, and of initializers other than those that draw each value by
        itself, uniformly or from a normal distribution that may be truncated.
    """
    distribution = _find_distribution(layer, variable)
    if distribution is None or values.size < FEWEST_VALUES:
        return None
    from scipy import stats  # takes long to import, and few models are frozen

    shape, scale = distribution
    law = {"uniform": stats.uniform(-1, 2), "normal": stats.norm(), "truncated": stats.truncnorm(-2, 2)}[shape]
    sample = values.reshape(-1)[:: -(-values.size // _MOST_VALUES)].astype("float64") / scale
    low, high = law.support()
    if not np.isfinite(sample).all() or sample.min() < low - 1e-6 or sample.max() > high + 1e-6:
        return False
    return bool(stats.kstest(sample, law.cdf).pvalue > _BY_CHANCE)


def _find_distribution(layer: keras.layers.Layer, variable: keras.Variable) -> tuple[str, float] | None:
    """The form of the distribution that the initializer draws from, and its scale, where it is centred on 0."""
    names = (variable.name, variable.name.removesuffix("_kernel"), "depthwise")
    own = (getattr(layer, f"{name}_initializer", None) for name in names)
    initializer = next((found for found in own if isinstance(found, keras.initializers.Initializer)), None)
    if initializer is None:
        return None
    config: dict[str, Any] = initializer.get_config()
    match name_function(type(initializer)):
        case "random_uniform" if config["minval"] == -config["maxval"]:
            return "uniform", float(config["maxval"])
        case "random_normal" if config["mean"] == 0:
            return "normal", float(config["stddev"])
        case "truncated_normal" if config["mean"] == 0:
            return "truncated", float(config["stddev"])
    if not isinstance(initializer, keras.initializers.VarianceScaling):
        return None
    fan_in, fan_out = _count_fans(tuple(variable.shape))
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[initializer.mode]
    deviation = float(np.sqrt(initializer.scale / max(fan, 1.0)))
    if initializer.distribution == "uniform":
        return "uniform", deviation * np.sqrt(3)
    if initializer.distribution == "untruncated_normal":
        return "normal", deviation
    return "truncated", deviation / _TRUNCATED_DEVIATION


_TRUNCATED_DEVIATION = 0.87962566103423978
"""Standard deviation of a standard normal distribution that is cut off at 2 and -2."""


def _count_fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """Inputs and outputs of a unit, as Keras's initializers count them."""
    if len(shape) < 2:
        return float(shape[0]), float(shape[0])
    window = float(np.prod(shape[:-2]))
    return window * shape[-2], window * shape[-1]
