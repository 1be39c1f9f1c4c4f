"""What mean-field theory expects of a recurrent layer as it stands: the factor of the gradient per time step."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vg import theory
from keras_vg.text import name_function

_GATES: dict[type, tuple[theory.Cell, int]] = {
    keras.layers.SimpleRNN: ("simple_rnn", 1),
    keras.layers.GRU: ("gru", 3),
    keras.layers.LSTM: ("lstm", 4),
}
_FEWEST_UNITS = 16
"""The theory is of wide layers."""


def expect_factor(layer: Any, squared_input: float) -> float:
    """Predicts by what a layer multiplies the gradient at each step back, where closed forms reach.

    They reach for `SimpleRNN`, `LSTM`, and `GRU` with `reset_after`, with the usual gates and weights as random ones,
    whose inputs are drawn anew at each step.

    Args:
        layer: A built layer.
        squared_input: The mean of its inputs' squared norm at a step.

    Returns:
        The factor; NaN where no closed form reaches.
    """
    cell, gates = _GATES.get(type(layer), ("simple_rnn", 0))
    activation = name_function(getattr(layer, "activation", None))
    if not gates or activation not in theory.ACTIVATIONS or layer.units < _FEWEST_UNITS:
        return float("nan")
    if layer.activation is not getattr(keras.activations, activation, None) or not np.isfinite(squared_input):
        return float("nan")
    if gates > 1 and name_function(layer.recurrent_activation) != "sigmoid":
        return float("nan")
    if cell == "gru" and not layer.reset_after:
        return float("nan")
    recurrent, kernel = (_read(v) for v in (layer.cell.recurrent_kernel, layer.cell.kernel))
    if abs(recurrent.mean()) > 6 * recurrent.std() / np.sqrt(recurrent.size):  # not as random weights are
        return float("nan")
    forget, spread = 1.0, 0.0
    if layer.use_bias:
        bias = _read(layer.cell.bias).reshape(-1, gates, layer.units)
        forget = float(bias[:, 1].mean()) if cell == "lstm" else 1.0
        others = np.delete(bias, 1, axis=1) if cell == "lstm" else bias
        spread = float(np.mean(np.square(others))) * len(bias)
    elif cell == "lstm":
        forget = 0.0
    variance = float(np.mean(np.square(kernel))) * squared_input + spread
    with np.errstate(all="ignore"):
        return theory.predict_recurrent_factor(
            cell, float(np.mean(np.square(recurrent))) * layer.units, variance, activation, forget
        )


def _read(variable: keras.Variable) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(variable.value), "float64")
