"""The derivatives of the usual activation functions, from what goes in and what comes out."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

SATURATION = 0.01
"""An activation counts as saturated where its derivative is below this fraction of its maximum: a sigmoid where |z| is
above 6.0, a tanh where |z| is above 3.0. This is a convention: such a unit passes back less than a hundredth of the
gradient that it could pass back. `saturated_fraction` is defined by it."""

_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def _find_gelu_slope(z: Any, a: Any) -> Any:
    return 0.5 * (1 + ops.erf(z / 2**0.5)) + z * ops.exp(-0.5 * ops.square(z)) / (2 * 3.141592653589793) ** 0.5


def _find_silu_slope(z: Any, a: Any) -> Any:
    gate = ops.sigmoid(z)
    return gate * (1 + z * (1 - gate))


def _is_between(a: Any, low: float, high: float) -> Any:
    return ops.cast(ops.logical_and(a > low, a < high), "float32")


def _find_leaky_slope(z: Any, a: Any) -> Any:
    return ops.where(z > 0, 1.0, ops.abs(a) / ops.maximum(ops.abs(z), 1e-30))


def _find_elu_slope(z: Any, a: Any) -> Any:
    return ops.where(a > 0, 1.0, a + 1)


# The derivative over its largest value, as a function of the input z and the output a.
_RELATIVE_SLOPES: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda z, a: ops.ones_like(a),
    "sigmoid": lambda z, a: 4 * a * (1 - a),
    "tanh": lambda z, a: 1 - ops.square(a),
    "softsign": lambda z, a: ops.square(1 - ops.abs(a)),
    "hard_sigmoid": lambda z, a: _is_between(a, 0.0, 1.0),
    "hard_tanh": lambda z, a: _is_between(a, -1.0, 1.0),
    "sparse_sigmoid": lambda z, a: _is_between(a, 0.0, 1.0),
    "relu": lambda z, a: ops.cast(a > 0, "float32"),
    "relu6": lambda z, a: _is_between(a, 0.0, 6.0),
    "leaky_relu": _find_leaky_slope,
    "prelu": lambda z, a: ops.ones_like(a),
    "elu": _find_elu_slope,
    "celu": _find_elu_slope,
    "selu": lambda z, a: ops.where(a > 0, 1 / _SELU_ALPHA, a / (_SELU_SCALE * _SELU_ALPHA) + 1),
    "absolute": lambda z, a: ops.ones_like(a),
    "abs": lambda z, a: ops.ones_like(a),
    "softplus": lambda z, a: 1 - ops.exp(-a),
    "log_sigmoid": lambda z, a: 1 - ops.exp(a),
    "silu": lambda z, a: _find_silu_slope(z, a) / 1.0998,
    "gelu": lambda z, a: _find_gelu_slope(z, a) / 1.1290,
}


# Where two pieces of a function meet, at this |z|, it has no derivative, and each backend takes one of its own.
_KINKS: dict[str, tuple[float, dict[str, float]]] = {
    "hard_tanh": (1.0, {"tensorflow": 1.0, "jax": 1.0, "torch": 0.0}),
    "sparse_sigmoid": (1.0, {"tensorflow": 0.0, "jax": 0.5, "torch": 0.0}),
    "leaky_relu": (0.0, {"tensorflow": 0.2, "jax": 1.0, "torch": 0.2}),
    "celu": (0.0, {"tensorflow": 2.0, "jax": 1.0, "torch": 1.0}),
    "selu": (0.0, {"tensorflow": 1 / _SELU_ALPHA, "jax": 1.0, "torch": 1.0}),
    "absolute": (0.0, {"tensorflow": 0.0, "jax": 1.0, "torch": 0.0}),
    "abs": (0.0, {"tensorflow": 0.0, "jax": 1.0, "torch": 0.0}),
}


def find_relative_slope(activation: str, z: Any, a: Any, is_input_known: bool = True) -> Any:
    """Finds an activation's derivative as a fraction of the largest that it can have.

    Args:
        activation: The activation's name in Keras.
        z: What the activation was given, a float32 tensor; what it returned, if that is not known.
        a: What it returned, of the same shape.
        is_input_known: Whether `z` is what it was given. Then the slope at a kink is the one that the backend takes;
            of a leaky ReLU at 0, that with Keras's default slope.

    Returns:
        A tensor of that shape, or None for an activation whose derivative is not one number per value (softmax),
        has no largest value (exponential), or is not known.
    """
    find = _RELATIVE_SLOPES.get(activation)
    if find is None:
        return None
    slope, (kink, at_kink) = find(z, a), _KINKS.get(activation, (0.0, {}))
    if not is_input_known or keras.backend.backend() not in at_kink:
        return slope
    own = ops.cast(at_kink[keras.backend.backend()], "float32")
    return ops.where(ops.equal(ops.abs(z), kink), own, slope)
