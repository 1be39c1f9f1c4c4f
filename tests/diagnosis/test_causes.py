"""Faults that have a cause of their own, beside healthy runs that look like them."""

import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers.made_up_logs import find, make_activations, make_gradients, make_history


@pytest.mark.parametrize(
    ("rates", "deltas", "losses", "expected"),
    [
        ([0.1, 0.0, 0.0], [1, 0, 0], [1.0, 0.9, 0.9], ("error", 1)),  # `learning_stops` follows
        ([0.1, 1e-12, 1e-12], [1, 1e-9, 0], [1.0, 0.9, 0.9], ("warning", 2)),
        ([0.0, 0.0, 0.0], [0, 0, 0], [1.0, 1.0, 1.0], ("error", 0)),
        ([0.1, 0.1, 0.0], [1, 1, 0], [1.0, 0.2, 0.01], None),  # done
        ([0.1, np.nan, np.nan], [1, 0, 0], [1.0, 0.9, 0.9], None),  # between two updates of an accumulation
        ([0.1, np.nan, 0.1], [1, 0, 1], [1.0, 0.9, 0.8], None),
    ],
)
def test_weights_that_move_no_longer(rates, deltas, losses, expected):
    log = make_gradients([0.1] * 3)
    for name, values in {
        "learning_rate": rates,
        "delta_norm": deltas,
        "update_ratio": np.multiply(deltas, 0.1),
    }.items():
        log[name] = np.repeat(values, 3).astype(float)
    found = find(log, make_history(losses)).get("no_update")
    assert (found and (found.severity, found.epoch)) == expected


def test_layers_before_a_head_that_started_at_zero_are_compared_with_one_another():
    """Their gradients are proportional to the head's kernel, which is still small."""
    log = make_gradients([1e-5, 2e-5, 3e-5, 1.0])
    assert "vanishing_gradient" in find(log)
    log.loc[log["depth"] == 3, "update_ratio"] = [1.0, 0.3, 0.2]
    assert "vanishing_gradient" not in find(log)
    log = make_gradients([1e-11, 1e-8, 1e-5, 1.0])
    log.loc[log["depth"] == 3, "update_ratio"] = [1.0, 0.3, 0.2]
    assert find(log)["vanishing_gradient"].severity == "error"


def test_a_kernel_that_was_zero_is_no_sign_of_small_steps():
    log = make_gradients([0.1, 0.1, 0.1], update_ratio=1e-8)
    assert "update_too_small" in find(log)
    log.loc[log["depth"] == 2, "update_ratio"] = [1.0, 0.3, 0.2]
    assert "update_too_small" not in find(log)


def make_recurrence(activation, abs_max):
    gradients = make_gradients([0.1] * 3)
    gradients.loc[gradients["depth"] == 1, "weight"] = "recurrent_kernel"
    activations = make_activations(activation)
    activations.loc[activations["layer"] == "dense_1", "abs_max"] = abs_max
    return gradients, activations


def test_a_recurrence_without_a_bound_is_named_and_its_consequences_are_not():
    history = make_history([1.0, 0.5, 0.4, 30.0])
    found = find(*make_recurrence("relu", 1e7), history)
    assert found.keys() == {"unbounded_recurrence"}
    assert found["unbounded_recurrence"].layers == ("dense_1",)
    assert "activation='tanh'" in found["unbounded_recurrence"].advice
    gradients, activations = make_recurrence("relu", 1e7)
    found = find(gradients.assign(weight="kernel"), activations, history)
    assert found.keys() == {"exploding_activation", "learning_rate_too_high"}
    assert not find(*make_recurrence("tanh", 1.0), make_history([1.0, 0.5, 0.4]))


@pytest.mark.parametrize(
    ("losses", "is_found"),
    [
        ([7.35, 1.08, -1.47, -2.46, -3.59, -4.97, -6.68, -8.84], True),
        ([3.0, 1.0, 0.0, -0.6, -1.0, -1.3, -1.5, -1.6], False),  # the negative logarithm of a density, as it is learned
        ([9.0, 8.9, 8.7, 8.4, 8.0, 7.5, 6.9, 6.2], False),  # it starts slowly, and is above 0
        ([1.0, -1.0, -1.1, -1.3, -1.6], False),  # too short to tell
        ([-0.06, -0.6, -0.8, -0.87, -0.875, -0.881, -0.888, -0.896, -0.905], False),  # a correlation, which ends at -1
    ],
)
def test_a_loss_without_a_lowest_value(losses, is_found):
    assert ("endless_fall" in find(make_history(losses))) == is_found


@pytest.mark.model
@pytest.mark.parametrize(("columns", "severity"), [(5, "warning"), (4, "error"), (1, "error")])
def test_an_endless_loss_of_ones_own(columns, severity):
    """Of five columns four are moves, the fifth is what the chosen one was worth."""

    def weigh(y, prediction):
        return -keras.ops.mean(y[:, -1:] * keras.ops.log_softmax(prediction))

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    model.compile("adam", weigh)
    inspection = vg.inspect(model, np.ones((32, 3)), np.random.default_rng(0).normal(size=(32, columns)))
    losses = make_history([-1.08, -1.47, -2.46, -5.59, -9.97, -16.68, -28.84])
    assert find(inspection, losses)["endless_fall"].severity == severity


def test_a_normalization_over_one_feature_is_the_cause_of_zero_gradients():
    log = make_gradients([0.0, 0.0, 0.1])
    log.loc[log["depth"] == 0, ["weight", "size"]] = ["gamma", 1]
    found = find(log)["zero_gradient"]
    assert found.evidence["constant"] == "dense_0"
    assert "'dense_0' normalizes over a single feature" in found.advice
    activations = make_activations("linear", std=1.0)  # a batch normalization of one channel varies
    assert "constant" not in find(log, activations)["zero_gradient"].evidence
    assert "constant" not in find(log.assign(size=100))["zero_gradient"].evidence
