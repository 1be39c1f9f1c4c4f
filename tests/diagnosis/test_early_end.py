"""Fits that a callback ends while the loss still falls, by a History and by the guard."""

import contextlib
import warnings
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import keras_vg as vg

FALLING = [1.0, 0.9, 0.8, 0.7]


def judge(losses=FALLING, planned=20, stopped=True, **metrics):
    history = SimpleNamespace(
        history={"loss": losses, **metrics},
        epoch=list(range(len(losses))),
        params={"epochs": planned},
        model=SimpleNamespace(stop_training=stopped),
    )
    return [finding for finding in vg.diagnose(history).list_all() if finding.rule == "ended_early"]


def test_a_fit_that_ends_while_its_loss_falls():
    (found,) = judge()
    assert found.severity == "warning"
    assert found.evidence == {"epochs": 4, "planned_epochs": 20, "last_loss": 0.7}
    assert "after 4 of 20 epochs" in found.advice
    assert judge(val_loss=[1.1, 1.0, 0.8, 0.7])
    assert judge(val_loss=[float("nan"), 1.0, float("nan"), 0.7])  # of every other epoch
    assert judge(losses=[1.0, 0.9])


@pytest.mark.parametrize(
    "options",
    [
        {"planned": 4},
        {"losses": [1.0, 0.8, 0.81, 0.82]},
        {"val_loss": [1.0, 0.9, 0.7, 0.71]},  # what it watched had turned
        {"losses": [1.0, 0.9, 0.8, 0.799, 0.798, 0.797]},  # nearly done
        {"losses": [1.0, 0.1, 0.04, 0.01]},  # done
        {"losses": [1.0, 0.999, 0.998, 0.997]},
        {"losses": [1.0, 0.9, float("nan")]},
        {"losses": [1.0]},
        {"stopped": False},  # it was interrupted, or is still running
    ],
)
def test_other_ends(options):
    assert judge(**options) == []


@pytest.mark.model
@pytest.mark.parametrize(("mode", "is_found"), [("min", True), ("max", False)])
def test_early_stopping_that_looks_the_wrong_way(mode, is_found):
    x = np.random.default_rng(0).normal(size=(256, 4)).astype("float32")
    y = (x[:, :1] + x[:, 1:2] > 0).astype("float32")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    guard = vg.TrainingGuard(x, y)
    stopping = keras.callbacks.EarlyStopping("accuracy", mode=mode, patience=1 if mode == "min" else 10)
    with pytest.warns(UserWarning, match="monitor mode") if is_found else contextlib.nullcontext():
        history = model.fit(x, y, epochs=12, verbose=0, callbacks=[stopping, guard])
    for found in (guard.findings, vg.diagnose(history)):
        assert ("ended_early" in {finding.rule for finding in found.list_all()}) == is_found


@pytest.mark.model
@pytest.mark.parametrize(
    ("monitor", "min_delta", "rate", "severity"),
    [("loss", 0.5, 0.002, "error"), ("val_loss", 0.5, 0.002, "error"), ("loss", 0.01, 0.002, "warning")],
)
def test_early_stopping_that_counts_only_large_gains(monitor, min_delta, rate, severity):
    """The second counts what is worth it: the first epochs' falls are larger than it, the last one's is not."""
    x = np.random.default_rng(0).normal(size=(256, 4)).astype("float32")
    y = (x[:, :1] + x[:, 1:2] > 0).astype("float32")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    guard = vg.TrainingGuard()
    stopping = keras.callbacks.EarlyStopping(monitor, min_delta=min_delta, patience=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y, epochs=60, validation_split=0.25, verbose=0, callbacks=[guard, stopping])
    assert stopping.stopped_epoch > 0
    found = [f for f in guard.findings.list_all() if f.rule == "ended_early"]
    assert [f.severity for f in found] == [severity] * len(found)
    if severity == "error":
        assert found[0].evidence["min_delta"] == min_delta
        assert f"`{monitor}` became better" in found[0].advice
