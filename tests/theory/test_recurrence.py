import math

import numpy as np
import pytest

from keras_vg import theory


def run(cell, variance, input_variance, seed, units=300, steps=30):
    """Runs a recurrent layer with a gradient back, unit by unit, in NumPy: the second method."""
    rng = np.random.default_rng(seed)
    gates = {"gru": 3, "lstm": 4}[cell]
    kernels = rng.normal(size=(gates, units, units)) * math.sqrt(variance / units)
    h, c, seen = np.zeros(units), np.zeros(units), []
    s, ds = theory.sigmoid, theory.sigmoid_derivative
    for _ in range(steps):
        x = rng.normal(size=(gates, units)) * math.sqrt(input_variance)
        if cell == "gru":
            z, r, y = kernels[0] @ h + x[0], kernels[1] @ h + x[1], kernels[2] @ h
            p = x[2] + s(r) * y
            seen.append((h, z, r, y, p))
            h = s(z) * h + (1 - s(z)) * np.tanh(p)
        else:
            i, f, g, o = kernels @ h + x
            f = f + 1
            before, c = c, s(f) * c + s(i) * np.tanh(g)
            seen.append((i, f, g, o, before, c))
            h = s(o) * np.tanh(c)
    by_h, by_c, norms = rng.normal(size=units), np.zeros(units), []
    for step in reversed(seen):
        norms.append(np.linalg.norm(by_h))
        if cell == "gru":
            h, z, r, y, p = step
            by_p = by_h * (1 - s(z)) * theory.tanh_derivative(p)
            through = [by_h * (h - np.tanh(p)) * ds(z), by_p * y * ds(r), by_p * s(r)]
            by_h = by_h * s(z) + sum(kernel.T @ part for kernel, part in zip(kernels, through, strict=True))
        else:
            i, f, g, o, before, c = step
            by_c = by_c + by_h * s(o) * theory.tanh_derivative(c)
            through = [
                by_c * np.tanh(g) * ds(i),
                by_c * before * ds(f),
                by_c * s(i) * theory.tanh_derivative(g),
                by_h * np.tanh(c) * ds(o),
            ]
            by_h = sum(kernel.T @ part for kernel, part in zip(kernels, through, strict=True))
            by_c = by_c * s(f)
    return math.exp(np.polyfit(range(6, 24), np.log(norms[6:24]), 1)[0])


@pytest.mark.parametrize(
    ("cell", "variance", "input_variance"), [("gru", 1 / 3, 1 / 2), ("gru", 1 / 2, 1 / 2), ("lstm", 1 / 4, 2 / 5)]
)
def test_gated_layers_equal_random_ones(cell, variance, input_variance):
    measured = np.median([run(cell, variance, input_variance, seed) for seed in range(6)])
    assert theory.predict_recurrent_factor(cell, variance, input_variance) == pytest.approx(measured, rel=0.04)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_plain_layer_in_time_is_one_in_depth(activation):
    expected = theory.predict_factor(activation, 0.9, 0.7).factor
    assert theory.predict_recurrent_factor("simple_rnn", 0.9, 0.7, activation) == expected


def test_gates_without_recurrent_weights_keep_what_the_gate_keeps():
    # The state's gradient is multiplied by the gate alone: E[sigmoid^2] with pre-activations of variance 0
    assert theory.predict_recurrent_factor("gru", 0.0, 0.0) == pytest.approx(0.5, rel=1e-6)
    kept = 1 / (1 + math.exp(-2.0))
    assert theory.predict_recurrent_factor("lstm", 0.0, 0.0, forget_bias=2.0) == pytest.approx(kept, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.predict_recurrent_factor("rnn", 1.0, 1.0), "`cell` must be one of simple_rnn, gru, lstm"),
        (lambda: theory.predict_recurrent_factor("gru", -1.0, 1.0), "`recurrent_variance` must not be negative"),
        (lambda: theory.predict_recurrent_factor("lstm", 1.0, math.nan), "`input_variance` must not be negative"),
    ],
)
def test_bad_arguments_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()
