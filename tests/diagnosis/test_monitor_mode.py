"""Callbacks that take the worse values of a metric for the better ones."""

import contextlib
import pickle

import keras
import numpy as np
import pytest

import keras_vg as vg
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.monitor import Monitor
from keras_vg.diagnosis.monitor_modes import find_wrong_mode
from keras_vg.diagnosis.thresholds import make_thresholds

CALLBACKS = {
    "stopped": (lambda **o: keras.callbacks.EarlyStopping(patience=1, **o), "error"),
    "restored": (lambda **o: keras.callbacks.EarlyStopping(patience=9, restore_best_weights=True, **o), "error"),
    "without_effect": (lambda **o: keras.callbacks.EarlyStopping(patience=9, **o), "warning"),
    "lowered": (lambda **o: keras.callbacks.ReduceLROnPlateau(patience=1, **o), "error"),
    "saved": (lambda **o: keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True, **o), "error"),
    "saved_all": (lambda **o: keras.callbacks.ModelCheckpoint("best.keras", **o), "warning"),
}


def fit(callbacks, metrics=("accuracy",), is_guard_last=False):
    x = np.random.default_rng(0).normal(size=(256, 4)).astype("float32")
    y = (x[:, :1] + x[:, 1:2] > 0).astype("float32")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=list(metrics))
    guard = vg.TrainingGuard()
    callbacks = [*callbacks, guard] if is_guard_last else [guard, *callbacks]
    model.fit(x, y, validation_split=0.25, epochs=3, verbose=0, callbacks=callbacks)
    return guard


def find(guard):
    return [finding for finding in guard.findings.list_all() if finding.rule == "monitor_mode"]


@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "metric", "wrong", "right"),
    [*((name, "val_loss", "max", "min") for name in CALLBACKS), ("without_effect", "val_accuracy", "min", "max")],
)
def test_a_callback_that_waits_for_what_is_worse(name, metric, wrong, right, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make, severity = CALLBACKS[name]
    with pytest.warns(UserWarning, match="monitor mode"):
        (found,) = find(fit([make(monitor=metric, mode=wrong)]))
    assert found.severity == severity
    assert list(found.evidence.values()) == [f"{wrong} of {metric}"]
    assert f'`mode="{right}"`' in found.advice
    for mode in (right, "auto"):
        assert find(fit([make(monitor=metric, mode=mode)])) == []


@pytest.mark.model
def test_what_the_callback_before_the_guard_has_done_is_seen_too():
    stopping = keras.callbacks.EarlyStopping("loss", mode="max", patience=1)
    with pytest.warns(UserWarning, match="monitor mode"):
        guard = fit([stopping], is_guard_last=True)
    (found,) = find(guard)
    assert found.severity == "error"
    assert "has ended the fit" in found.advice
    assert pickle.loads(pickle.dumps(guard)).findings == guard.findings


def own_metric(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_true - y_pred))


@pytest.mark.model
@pytest.mark.parametrize("mode", ["min", "max"])
def test_of_a_metric_that_keras_does_not_know_nothing_is_said(mode):
    stopping = keras.callbacks.EarlyStopping("own_metric", mode=mode, patience=1)
    with contextlib.suppress(UserWarning):
        assert find(fit([stopping], metrics=[own_metric])) == []


@pytest.mark.model
def test_of_a_metric_that_is_never_logged_nothing_is_said():
    stopping = keras.callbacks.EarlyStopping("val_recall", mode="min", patience=1)
    with pytest.warns(UserWarning, match="not available"):
        assert find(fit([stopping])) == []


def judge(*monitors):
    return list(find_wrong_mode(Context(make_thresholds(), False, monitors=monitors)))


def test_two_callbacks_are_one_finding():
    right = Monitor("EarlyStopping", "loss", "min", "min", "ended")
    unknown = Monitor("EarlyStopping", "f1", "min", None, "ended")
    wrong = Monitor("ReduceLROnPlateau", "val_loss", "max", "min")
    saved = Monitor("ModelCheckpoint", "val_loss", "max", "min", "saved")
    assert judge(right, unknown) == []
    assert [finding.severity for finding in judge(right, wrong)] == ["warning"]
    (found,) = judge(wrong, saved, right)
    assert found.severity == "error"
    assert found.evidence == {"ReduceLROnPlateau": "max of val_loss", "ModelCheckpoint": "max of val_loss"}
    assert found.advice.count("mode=") == 2
