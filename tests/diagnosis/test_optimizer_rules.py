"""The rules on single optimizers, on made-up tables."""

import dataclasses

import keras
import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from helpers.made_up_logs import find, make_activations, make_gradients
from keras_vg.diagnosis.evidence import Inspection

SETUP = {
    "optimizer": "Adam",
    "learning_rate": 0.001,
    "epsilon": 1e-7,
    "clipping": False,
    "loss_scaling": False,
    "gradient_accumulation_steps": 1,
    "dtype": "float32",
    "backend": "tensorflow",
    "loss": 1.0,
    "loss_after": 0.99,
}


def make_inspection(gradients=None, outputs=None, **setup):
    """An inspection of a plain net, whose optimizer is as told."""
    names = ["layer", "activation", "loss", "from_logits", "units", "label_units", "baseline", "cut_fraction"]
    weight = {"weight": "kernel", "trainable": True, "size": 100, "weight_rms": 0.1, "unit_spread": 1.0}
    weight |= {"gradient_spread": 1.0, "gradient_rms": 0.1}
    inputs = {"mean": 0.0, "std": 1.0, "abs_max": 3.0, "scale_min": 1.0, "scale_max": 1.0}
    inputs |= {"varying": 4, "nonfinite": 0, "constant": 0, "spread_max": 1.0}
    return Inspection(
        gradients=make_gradients([0.1, 0.1], epochs=1, steps=1) if gradients is None else gradients,
        activations=make_activations("tanh"),
        weights=pd.DataFrame([{"layer": f"dense_{i}", **weight} for i in range(2)]),
        inputs=pd.DataFrame([inputs]),
        kernel_inputs=pd.DataFrame([{**inputs, "layer": "dense_0"}]),
        outputs=pd.DataFrame(columns=names) if outputs is None else pd.DataFrame(outputs),
        setup={**SETUP, **setup},
    )


@pytest.mark.parametrize(
    ("update", "if_built", "is_found"), [(0.999, 0.001, True), (0.999, 0.6, False), (0.05, 0.001, False)]
)
def test_a_first_step_that_building_ruins(update, if_built, is_found):
    found = find(make_inspection(update=update, update_if_built=if_built, optimizer="ScheduleFreeAdamW"))
    assert ("unbuilt_optimizer" in found) == is_found
    if is_found:
        finding = found["unbuilt_optimizer"]
        assert (finding.severity, finding.layers, finding.epoch) == ("error", (), None)
        assert finding.evidence == {
            "update_ratio": update,
            "update_ratio_if_built": if_built,
            "optimizer": "ScheduleFreeAdamW",
            "backend": "tensorflow",
        }


def test_an_optimizer_that_building_does_not_matter_to():
    assert "unbuilt_optimizer" not in find(make_inspection(update=0.999, update_if_built=np.nan))
    assert "unbuilt_optimizer" not in find(make_inspection())  # of an older version


@pytest.mark.parametrize(
    ("optimizer", "ratio", "is_found"), [("Ftrl", 0.6, True), ("Ftrl", 0.4, False), ("Adam", 0.6, False)]
)
def test_weights_that_ftrl_discards(optimizer, ratio, is_found):
    rows = make_gradients([0.1, 0.1], epochs=1, steps=1, delta_norm=ratio, update_ratio=ratio)
    found = find(make_inspection(rows, optimizer=optimizer, loss_after=1.2))
    assert ("discarded_weights" in found) == is_found
    assert ("update_too_large" in found) == (not is_found)


def test_ftrl_at_a_rate_that_moves_weights_as_far_by_itself():
    rows = make_gradients([0.1], epochs=1, steps=1, delta_norm=0.6, update_ratio=0.6, learning_rate=0.1)
    assert "discarded_weights" not in find(make_inspection(rows, optimizer="Ftrl"))


def make_coasting(steps, moved, epochs=2):
    """A log whose first layer has no gradient and moves so many learning rates per step."""
    log = make_gradients([0.0, 0.1], epochs=epochs, steps=steps)
    log.loc[log["depth"] == 0, "delta_norm"] = moved * 0.001 * steps * 10  # the root of 100 values
    return log


@pytest.mark.parametrize(("steps", "moved", "is_found"), [(20, 1.0, True), (20, 0.4, False), (10, 1.0, False)])
def test_weights_that_coast(steps, moved, is_found):
    found = find(make_coasting(steps, moved))
    assert ("coasting_weights" in found) == is_found
    if is_found:
        finding = found["coasting_weights"]
        assert (finding.severity, finding.layers, finding.epoch) == ("warning", ("dense_0",), 0)
        assert finding.evidence == {"steps_without_gradient": 40, "learning_rates_per_step": pytest.approx(moved)}


def test_weights_that_do_not_coast():
    assert "coasting_weights" not in find(make_gradients([0.1, 0.1], steps=100, delta_norm=1.0))
    log = make_coasting(40, 1.0)
    log.loc[log["epoch"] == 1, "gradient_norm"] = 0.1  # it has a gradient again
    assert "coasting_weights" not in find(log)
    assert "coasting_weights" not in find(make_coasting(40, 1.0), make_inspection(optimizer="SGD"))
    assert "coasting_weights" in find(make_coasting(40, 1.0), make_inspection(optimizer="Lion"))


def test_a_weight_that_decays_without_a_gradient():
    log = make_gradients([np.nan, 0.1, 0.1])
    log.loc[log["depth"] == 0, "steps"] = 0
    found = find(log)["decay_without_gradient"]
    assert (found.severity, found.layers, found.epoch) == ("warning", ("dense_0",), 0)
    assert found.evidence == {"weights": "dense_0/kernel", "update_ratio": 0.01}
    assert "decay_without_gradient" not in find(log, make_inspection(backend="torch"))
    still = log.assign(delta_norm=np.where(log["depth"] == 0, 0.0, 0.01))
    assert "decay_without_gradient" not in find(still)
    unseen = log.assign(learning_rate=np.where(log["depth"] == 0, np.nan, 0.001))
    assert "decay_without_gradient" not in find(unseen)


def make_output(**values):
    row = {
        "layer": "out",
        "activation": "sigmoid",
        "loss": "binary_crossentropy",
        "from_logits": False,
        "units": 1,
        "prediction_min": 0.0,
        "prediction_max": 1.0,
        "prediction_mean": 0.5,
        "prediction_std": 0.4,
        "prediction_size": 0.65,
        "label_units": 1,
        "label_min": 0.0,
        "label_max": 1.0,
        "label_mean": 0.5,
        "label_std": 0.5,
        "label_size": 0.7,
        "label_integer": True,
        "label_distinct": 2,
        "baseline": 0.69,
        "cut_fraction": 0.3,
    }
    return [row | values]


@pytest.mark.parametrize(
    ("values", "setup", "is_found"),
    [
        ({}, {}, True),
        ({"cut_fraction": 0.04}, {}, False),
        ({"cut_fraction": np.nan}, {}, False),
        ({"from_logits": True, "activation": "linear"}, {}, False),
        ({}, {"logits_found": [True]}, False),
        ({}, {"logits_found": []}, False),
    ],
)
def test_answers_without_a_gradient(values, setup, is_found):
    setup = {"logits_found": [False], "backend": "jax", **setup}
    found = find(make_inspection(outputs=make_output(**values), **setup))
    assert ("saturated_output" in found) == is_found
    if is_found:
        finding = found["saturated_output"]
        assert (finding.severity, finding.layers, finding.epoch) == ("warning", ("out",), None)
        assert finding.evidence == {
            "wrong_without_gradient": 0.3,
            "backend": "jax",
            "activation": "sigmoid",
            "loss": "binary_crossentropy",
        }


def test_logits_do_not_help_a_focal_loss():
    inspection = make_inspection(
        outputs=make_output(loss="binary_focal_crossentropy"), logits_found=[False], backend="torch"
    )
    assert "use `BinaryCrossentropy`" in find(inspection)["saturated_output"].advice


def test_rules_about_an_inspection_of_an_older_version_are_silent():
    new = {"unbuilt_optimizer", "schedule_by_batches", "rank_under_muon", "saturated_output", "nonfinite"}
    inspection = make_inspection(outputs=make_output())
    inspection = dataclasses.replace(inspection, outputs=inspection.outputs.drop(columns="cut_fraction"))
    assert not new & find(inspection).keys()


@pytest.mark.model
def test_steps_of_momentum_are_not_taken_for_steps_of_the_rate(tmp_path):
    """Wide layers at a rate of 0.1: steps of the rate would replace the weights, those of SGD do not."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=(256, 64)).astype("float32"), rng.integers(0, 10, 256)
    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Dense(256, "relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((64,)), *hidden, keras.layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=64, epochs=2, verbose=0, callbacks=[vg.GradientLogger(tmp_path / "gradients.csv")])
    log = vg.read_log(tmp_path / "gradients.csv")
    assert (0.1 * np.sqrt(log["size"]) / log["weight_norm"])[log["weight"] == "kernel"].max() > 1
    assert log["update_ratio"][log["weight"] == "kernel"].max() < 0.2  # what they are
    assert "update_too_large" not in {finding.rule for finding in vg.diagnose(log).list_all()}


@pytest.mark.model
@pytest.mark.parametrize(
    ("optimizer", "is_found"),
    [
        (lambda: keras.optimizers.Lion(0.01), True),
        (lambda: keras.optimizers.SGD(0.01, momentum=0.9), True),
        (lambda: keras.optimizers.SGD(0.01), False),  # it keeps nothing of earlier gradients
    ],
)
def test_what_is_left_of_a_gradient_that_was_nan(optimizer, is_found):
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])
    model.compile(optimizer(), "mse")
    weights = model.get_weights()
    model.fit(x, np.full((32, 1), np.nan, "float32"), verbose=0)
    model.set_weights(weights)
    found = [f for f in vg.diagnose(vg.inspect(model, x, x[:, :1])) if f.severity == "error"]
    assert [f.rule for f in found] == ["nonfinite"] * is_found
    if is_found:
        assert found[0].evidence["first"] == "the optimizer's state"
        assert found[0].evidence["variables"] == 4
        assert "momentum" in found[0].evidence["first_variable"]
    model.compile(optimizer(), "mse")
    assert vg.diagnose(vg.inspect(model, x, x[:, :1])).is_healthy


def test_a_learning_rate_of_nan_is_no_trace_of_a_gradient():
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(float("nan")), "mse")
    assert vg.inspect(model, x, x[:, :1]).setup["nonfinite_state"] == []
