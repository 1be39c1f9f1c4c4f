"""What mean-field theory predicts of recurrent layers at initialization: the factor per time step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from keras_vg.theory.activations import Activation, Array, get_activation, sigmoid, sigmoid_derivative
from keras_vg.theory.mean_field import predict_factor
from keras_vg.theory.quadrature import compute_mean, compute_mean_square, compute_mean_squared_slope

Cell: TypeAlias = Literal["simple_rnn", "gru", "lstm"]

_LARGEST = 1e24
"""A mean square of the state that grows beyond it has no fixed point."""


def predict_recurrent_factor(
    cell: Cell,
    recurrent_variance: float,
    input_variance: float,
    activation: str | Activation = "tanh",
    forget_bias: float = 1.0,
) -> float:
    r"""Predicts the factor by which each time step of a wide recurrent layer multiplies the back-propagated gradient.

    The pre-activations of a unit, and of each of its gates, have the variance $q = \sigma_w^2\,E[h^2] + \sigma_x^2$,
    of which the second part comes from an input that is drawn anew at every step. `SimpleRNN`'s factor is that of
    `predict_factor` with $\sigma_x^2$ in the place of the biases' variance: that the weights are the same at all steps
    makes no difference in the limit of wide layers.

    GRU and LSTM also keep a part of their state, by a gate. There it does make a difference that the weights are the
    same at all steps: a gradient that passes through them once arrives by as many ways as there are steps, and these
    add up. So the products of the gradients at two different steps are followed, too. The gates of a unit are taken to
    be independent from step to step, and of its state.

    Args:
        cell: Which layer of Keras; a GRU with `reset_after=True`, its default.
        recurrent_variance: $\sigma_w^2$: the variance of the recurrent weights times the number of units. Keras makes
            the kernels of all gates as one matrix: its default, `orthogonal`, gives 1 for SimpleRNN, but 1/3 for GRU
            and 1/4 for LSTM, and `glorot_uniform` 1, 1/2 and 2/5.
        input_variance: $\sigma_x^2$: the variance of the kernel times the sum of the squared inputs, plus that of the
            biases.
        activation: The activation of the candidate state; `"relu"` and `"tanh"` are measured.
        forget_bias: The LSTM's bias of the forget gate, 1 with `unit_forget_bias=True`.

    Returns:
        The factor of the gradient's norm per time step towards the past.

    Raises:
        ValueError: If `cell` is none of the three, a variance is negative, or the activation is not in `ACTIVATIONS`.

    Example:
        >>> round(vg.theory.predict_recurrent_factor("simple_rnn", 1.0, 1.0), 3)
        0.632
        >>> round(vg.theory.predict_recurrent_factor("lstm", 1 / 4, 2 / 5), 1)
        0.8

    References:
        Chen et al. (2018), "Dynamical isometry and a mean field theory of RNNs".
        Gilboa et al. (2019), "Dynamical isometry and a mean field theory of LSTMs and GRUs".
    """
    if cell not in get_args(Cell):
        raise ValueError(f"`cell` must be one of {', '.join(get_args(Cell))}. Received: cell={cell!r}.")
    for name, value in {"recurrent_variance": recurrent_variance, "input_variance": input_variance}.items():
        if not value >= 0:
            raise ValueError(f"`{name}` must not be negative. Received: {name}={value}.")
    if cell == "simple_rnn":
        return predict_factor(activation, recurrent_variance, input_variance).factor
    chosen = get_activation(activation)
    if cell == "gru":
        return float(np.sqrt(_predict_gru(chosen, recurrent_variance, input_variance)))
    return float(np.sqrt(_predict_lstm(chosen, recurrent_variance, input_variance, forget_bias)))


@dataclass(frozen=True)
class _Step:
    """The moments of one step back: s' = direct s + inject u', where u' = W^T (B s) + W_o^T (B_o u).

    Attributes:
        direct: Mean and mean square of the gate that keeps the state.
        inject: Mean and mean square of what a gradient by the output is multiplied by on its way to the state.
        transfer: Of all gates, the weights' variance times the mean of B at one step times B so many steps later.
        output_transfer: The same of B_o.
    """

    direct: tuple[float, float]
    inject: tuple[float, float]
    transfer: Array
    output_transfer: Array

    def iterate(self) -> float:
        """The factor of the squared gradient per step, after many."""
        steps = len(self.transfer)
        (direct, direct_square), (inject, inject_square) = self.direct, self.inject
        # The means over units of s_a s_b, u_a u_b and u_a s_b, a and b steps from the end.
        states, outputs, mixed = (np.zeros((steps, steps)) for _ in range(3))
        states[0, 0] = 1.0
        for a in range(1, steps):
            for b in range(1, a + 1):
                outputs[a, b] = self.transfer[a - b] * states[a - 1, b - 1]
                outputs[a, b] += self.output_transfer[a - b] * outputs[a - 1, b - 1]
                outputs[b, a] = outputs[a, b]
            for b in range(1, a + 1):
                mixed[a, b] = direct * mixed[a, b - 1] + inject * outputs[a, b]
            states[a, :a] = direct * states[a - 1, :a] + inject * mixed[a, :a]
            states[:a, a] = states[a, :a]
            states[a, a] = direct_square * states[a - 1, a - 1] + inject_square * outputs[a, a]
            states[a, a] += 2 * direct * inject * mixed[a, a - 1]
        return float(states[-1, -1] / states[-2, -2])


_STEPS = 80
"""Steps back until the factor has settled to four digits."""


def _mean(function: Callable[[Array], Array], variance: float) -> float:
    return float(compute_mean(function, variance))


def _mean_square(function: Callable[[Array], Array], variance: float) -> float:
    return float(compute_mean(lambda z: np.square(function(z)), variance))


def _predict_lstm(activation: Activation, recurrent_variance: float, input_variance: float, bias: float) -> float:
    function, derivative = activation.function, activation.derivative
    is_positive = bool(function(np.array(-1.0)) >= 0)

    def forget(z: Array) -> Array:
        return sigmoid(z + bias)

    def forget_slope(z: Array) -> Array:
        return sigmoid_derivative(z + bias)

    squared_output = 0.0
    for _ in range(1000):
        q = recurrent_variance * squared_output + input_variance
        gate, kept, candidate = (_mean_square(f, q) for f in (sigmoid, forget, function))
        mean_kept, mean_candidate = _mean(forget, q), _mean(function, q)
        mean_cell = 0.5 * mean_candidate / (1 - mean_kept)
        cell = (gate * candidate + mean_kept * mean_cell * mean_candidate) / (1 - kept)
        # The cell of a positive activation is positive: there, a ReLU is the identity.
        passed = cell if is_positive else _mean_square(function, cell)
        before, squared_output = squared_output, gate * passed
        if not squared_output < _LARGEST or abs(squared_output - before) <= 1e-12 * squared_output:
            break
    lags = np.arange(_STEPS)
    along = mean_kept**lags
    cells = (cell - mean_cell**2) * along + mean_cell**2
    transfer = (
        cells * _mean(forget_slope, q) ** 2
        + mean_candidate**2 * _mean(sigmoid_derivative, q) ** 2
        + (0.5 * _mean(derivative, q)) ** 2
    )
    slope = _mean_square(sigmoid_derivative, q)
    transfer[0] = cell * _mean_square(forget_slope, q) + candidate * slope + gate * _mean_square(derivative, q)
    output_transfer = (passed - mean_cell**2 * is_positive) * along + mean_cell**2 * is_positive
    output_transfer = output_transfer * _mean(sigmoid_derivative, q) ** 2
    output_transfer[0] = passed * slope
    through, through_square = 1.0, 1.0
    if not is_positive:
        through, through_square = _mean(derivative, cell), _mean_square(derivative, cell)
    step = _Step(
        (mean_kept, kept),
        (0.5 * through, gate * through_square),
        recurrent_variance * transfer,
        recurrent_variance * output_transfer,
    )
    return step.iterate()


def _predict_gru(activation: Activation, recurrent_variance: float, input_variance: float) -> float:
    squared_state = 0.0

    def average(moment: Callable[[float | Array], Array], weigh: Callable[[Array], Array] = np.ones_like) -> float:
        """The mean over the reset gate of a moment of the candidate, whose variance depends on that gate."""

        def compute(reset: Array) -> Array:
            part = recurrent_variance * squared_state * np.square(sigmoid(reset))
            return weigh(reset) * moment(part + input_variance)

        return _mean(compute, q)

    def square_slope(variance: float | Array) -> Array:
        return compute_mean_squared_slope(activation, variance)

    for _ in range(1000):
        q = recurrent_variance * squared_state + input_variance
        gate = _mean_square(sigmoid, q)  # also the mean square of 1 minus a gate
        candidate = average(lambda variance: compute_mean_square(activation, variance))
        mean = average(lambda variance: compute_mean(activation.function, variance))  # also that of the state
        before, squared_state = squared_state, (gate * candidate + 2 * (0.5 - gate) * mean**2) / (1 - gate)
        if not squared_state < _LARGEST or abs(squared_state - before) <= 1e-12 * squared_state:
            break
    lags = np.arange(_STEPS)
    slope, mean_slope = _mean_square(sigmoid_derivative, q), _mean(sigmoid_derivative, q)
    mean_through = 0.5 * average(lambda variance: compute_mean(activation.derivative, variance), sigmoid)
    # Of the state before a step and the candidate that the step makes, which is part of all later states.
    differences = (squared_state - mean**2) * 0.5**lags - (candidate - mean**2) * 0.5**lags
    transfer = differences * mean_slope**2 + mean_through**2
    by_reset = average(square_slope) * recurrent_variance * squared_state * slope
    transfer[0] = (squared_state + candidate - 2 * mean**2) * slope
    transfer[0] += gate * (average(square_slope, lambda reset: np.square(sigmoid(reset))) + by_reset)
    step = _Step((0.5, gate), (1.0, 1.0), recurrent_variance * transfer, np.zeros(_STEPS))
    return step.iterate()
