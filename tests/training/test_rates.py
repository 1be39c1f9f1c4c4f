"""Learning rates that a compiled step does not take from the optimizer: the log has those that the weights moved by.

Under "mae" far from its labels the gradient of the only weight is -1, so that SGD moves it by the rate at each step.
"""

import keras
import numpy as np
import pytest

import keras_vg as vg

pytestmark = pytest.mark.model

BACKEND = keras.backend.backend()
ONES = np.ones((8, 1), "float32")


class Rate:
    """A function that counts its calls."""

    def __init__(self):
        self.rate, self.calls = 0.5, 0

    def __call__(self):
        self.calls += 1
        return self.rate


def make_model(rate, eagerly=False):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(rate), "mae", run_eagerly=eagerly)
    return model


def make_schedule(rate):
    return keras.optimizers.schedules.PiecewiseConstantDecay([100], [rate, rate])


def train(model, tmp_path, *loggers, epochs=1, callbacks=()):
    """By how much the weight moves in each epoch, and the rates that each logger says."""
    paths = [tmp_path / f"{logger.__name__}.csv" for logger in loggers]
    weights = [model.get_weights()[0].item()]

    def note(epoch, logs):
        weights.append(look.model.get_weights()[0].item())

    look = keras.callbacks.LambdaCallback(on_epoch_end=note)
    logging = [logger(path) for logger, path in zip(loggers, paths, strict=True)]
    model.fit(ONES, 1000 * ONES, epochs=epochs, verbose=0, callbacks=[*callbacks, *logging, look])
    return np.diff(weights), [vg.read_log(path)["learning_rate"].to_numpy() for path in paths]


@pytest.mark.parametrize("eagerly", [False, True])
def test_the_rate_of_a_function_is_what_the_step_was_given(tmp_path, eagerly):
    function = Rate()
    model = make_model(function, eagerly)
    rise = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: setattr(function, "rate", 0.5 + epoch))
    moved, (rates,) = train(model, tmp_path, vg.GradientLogger, epochs=3, callbacks=[rise])
    is_constant = BACKEND != "torch" and not eagerly
    np.testing.assert_allclose(moved, [0.5, 0.5, 0.5] if is_constant else [0.5, 1.5, 2.5], rtol=1e-3)
    np.testing.assert_allclose(rates, moved, rtol=1e-3)
    assert model.optimizer._learning_rate is function
    calls, function.calls = function.calls, 0
    if is_constant:  # it is not asked more often than without a logger
        train(make_model(function), tmp_path, epochs=3)
        assert function.calls == calls


def test_the_rate_of_a_function_is_not_known_without_a_tap(tmp_path):
    function = Rate()
    model = make_model(function)
    moved, (deltas,) = train(model, tmp_path, vg.WeightDeltaLogger)
    np.testing.assert_array_equal(deltas, [0.5] if BACKEND == "torch" else [np.nan])
    log = vg.read_log(tmp_path / "WeightDeltaLogger.csv")
    np.testing.assert_array_equal(log["implied_gradient"], [-1.0] if BACKEND == "torch" else [np.nan])
    function.rate = 2.0
    moved, rates = train(model, tmp_path, vg.GradientLogger, vg.WeightDeltaLogger)  # one tap tells both
    np.testing.assert_allclose(np.concatenate(rates), [2.0, 2.0])
    np.testing.assert_allclose(moved, 2.0, rtol=1e-3)


def test_the_rate_of_a_schedule_that_is_not_heeded_is_not_logged(tmp_path):
    model = make_model(1.0)
    for index, rate in enumerate((None, 0.25, 0.125)):
        if rate:
            model.optimizer.learning_rate = make_schedule(rate)
        moved, (rates,) = train(model, tmp_path, vg.GradientLogger)
        expected = {"tensorflow": [1, 1, 1], "jax": [1, 0.25, 0.25], "torch": [1, 0.25, 0.125]}[BACKEND][index]
        np.testing.assert_allclose(moved, expected, rtol=1e-3)
        np.testing.assert_allclose(rates, expected)
    model.compile(model.optimizer, "mae")
    moved, (rates,) = train(model, tmp_path, vg.GradientLogger)
    np.testing.assert_allclose(np.concatenate([moved, rates]), 0.125, rtol=1e-3)


def test_without_a_tap_the_rate_is_not_known_after_another_schedule(tmp_path):
    model, found = make_model(1.0), []
    for rate in (None, 0.25, 0.125):
        if rate:
            model.optimizer.learning_rate = make_schedule(rate)
        moved, (rates,) = train(model, tmp_path, vg.WeightDeltaLogger)
        assert np.isnan(rates[0]) or rates[0] == pytest.approx(moved[0], rel=1e-3)
        found += list(rates)
    nan = np.nan
    expected = {"tensorflow": [1, nan, nan], "jax": [1, 0.25, nan], "torch": [1, 0.25, 0.125]}
    np.testing.assert_array_equal(found, expected[BACKEND])


def test_a_number_that_is_set_is_logged_as_ever(tmp_path):
    model = make_model(1.0)
    for rate in (1.0, 0.25):
        model.optimizer.learning_rate = rate
        moved, rates = train(model, tmp_path, vg.GradientLogger, vg.WeightDeltaLogger)
        np.testing.assert_allclose([*moved, *np.concatenate(rates)], rate, rtol=1e-3)


def test_a_function_that_gives_0_at_first_is_named_as_a_rate_of_0(tmp_path):
    function = Rate()
    function.rate = 0.0
    _, (rates,) = train(make_model(function), tmp_path, vg.GradientLogger, epochs=2)
    assert rates.tolist() == [0, 0]
    (finding,) = [f for f in vg.diagnose(tmp_path / "GradientLogger.csv").list_all() if f.rule == "no_update"]
    assert "learning rate is 0" in finding.advice
