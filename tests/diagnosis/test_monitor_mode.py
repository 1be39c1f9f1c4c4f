"""Callbacks that take the worse values of a metric for the better ones."""

import pickle
import warnings

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
    "lowered_slowly": (lambda **o: keras.callbacks.ReduceLROnPlateau(patience=9, **o), "warning"),
    "saved": (lambda **o: keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True, **o), "warning"),
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
    assert found.evidence["callbacks"].endswith(f"({metric}, {wrong})")
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


class ErrorRate(keras.metrics.BinaryAccuracy):
    """Has the direction of the accuracy that it is made of, and is better the other way round."""

    def result(self):
        return 1 - super().result()


def find_quietly(callbacks, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return find(fit(callbacks, **options))


@pytest.mark.model
@pytest.mark.parametrize(
    ("callback", "metrics"),
    [
        (lambda: keras.callbacks.EarlyStopping("own_metric", mode="max", patience=1), [own_metric]),
        (lambda: keras.callbacks.EarlyStopping("own_metric", mode="min", patience=1), [own_metric]),
        (lambda: keras.callbacks.EarlyStopping("val_error_rate", mode="min"), [ErrorRate(name="error_rate")]),
        (lambda: keras.callbacks.EarlyStopping("val_recall", mode="min", patience=1), ["accuracy"]),  # never logged
        (lambda: keras.callbacks.ModelCheckpoint("all.keras", monitor="loss", mode="max"), ["accuracy"]),
    ],
)
def test_other_callbacks(callback, metrics, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_quietly([callback()], metrics=metrics) == []


@pytest.mark.model
@pytest.mark.parametrize(
    "callbacks",
    [
        lambda: [keras.callbacks.EarlyStopping("val_loss", mode="max", restore_best_weights=True, start_from_epoch=9)],
        lambda: [
            keras.callbacks.ReduceLROnPlateau("loss", mode="max", patience=50),
            keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
        ],
    ],
)
def test_what_a_callback_has_not_done_is_a_warning(callbacks):
    (found,) = find_quietly(callbacks())
    assert found.severity == "warning"
    assert "effects" not in found.evidence


@pytest.mark.model
@pytest.mark.parametrize(("monitored", "count"), [("val_b_accuracy", 1), ("val_b_loss", 0), ("b_loss", 0)])
def test_of_several_outputs_metrics_are_judged_and_losses_are_not(monitored, count):
    """The loss of an adversary may be meant to rise."""
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    y = {name: (x[:, :1] > 0).astype("float32") for name in "ab"}
    inputs = keras.Input((4,))
    model = keras.Model(inputs, {name: keras.layers.Dense(1, "sigmoid", name=name)(inputs) for name in "ab"})
    losses = dict.fromkeys("ab", "binary_crossentropy")
    model.compile("adam", losses, metrics={"a": ["accuracy"], "b": ["accuracy"]})
    guard = vg.TrainingGuard()
    mode = "min" if count else "max"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stopping = keras.callbacks.EarlyStopping(monitored, mode=mode, patience=9)
        model.fit(x, y, validation_split=0.25, epochs=2, verbose=0, callbacks=[guard, stopping])
    assert len(find(guard)) == count


def judge(*monitors):
    return list(find_wrong_mode(Context(make_thresholds(), False, monitors=monitors)))


def test_several_callbacks_are_one_finding():
    right = Monitor("EarlyStopping", "loss", "min", "min", "ended")
    unknown = Monitor("EarlyStopping", "f1", "min", None, "ended")
    wrong = Monitor("ReduceLROnPlateau", "val_loss", "max", "min")
    ended = Monitor("EarlyStopping", "accuracy", "min", "max", "ended")
    twin = Monitor("EarlyStopping", "loss", "max", "min", "restored")
    assert judge(right, unknown) == []
    assert [finding.severity for finding in judge(right, wrong)] == ["warning"]
    (found,) = judge(wrong, ended, twin, right)
    assert found.severity == "error"
    assert found.evidence == {
        "callbacks": "ReduceLROnPlateau(val_loss, max), EarlyStopping(accuracy, min), EarlyStopping(loss, max)",
        "effects": "ended, restored",
    }
    assert found.advice.count("mode=") == 3
