"""What was feared of a model is milder once it has learned, and an error once it has learned nothing."""

import dataclasses
import warnings

import keras
import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from helpers.made_up_logs import find, make_activations, make_gradients, make_history
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.evidence import Inspection
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.learned import confirm, has_learned, has_learned_nothing, is_learning_fast, soften
from keras_vg.diagnosis.rules import Judgement, conclude
from keras_vg.diagnosis.thresholds import Thresholds


@pytest.mark.parametrize(
    ("losses", "baseline", "expected"),
    [([1.0, 0.05], 1.0, True), ([1.0, 0.5], 1.0, False), ([9.0, 0.5], float("nan"), False), ([1.0, 0.5], 9.0, True)],
)
def test_what_has_learned(losses, baseline, expected):
    outputs = pd.DataFrame({"baseline": [baseline]})
    inspection = Inspection(*[pd.DataFrame()] * 4, outputs, {"loss": 1.0})
    context = Context(Thresholds(), False, history=make_history(losses), inspection=inspection)
    assert has_learned(context) == expected
    assert not has_learned(dataclasses.replace(context, is_inspection=True))


@pytest.mark.parametrize(
    ("losses", "baseline", "options", "expected"),
    [
        ([1.0, 0.5, 0.3], 0.7, {}, True),
        ([1.0, 0.5, 0.4], 0.7, {}, False),  # above a half of a constant answer's
        ([1.0, 0.3, 0.29], 0.7, {}, False),  # it hardly falls any more
        ([0.1, 0.5, 0.3], 0.7, {}, False),  # it was lower
        ([0.3], 0.7, {}, False),
        ([1.0, 0.5, 0.3], float("nan"), {}, False),
        ([1.0, 0.5, 0.3], 0.7, {"is_over": True}, True),
        ([1.0, 0.5, 0.3], 0.7, {"is_inspection": True}, False),
    ],
)
def test_what_is_learning_fast(losses, baseline, options, expected):
    inspection = Inspection(*[pd.DataFrame()] * 4, pd.DataFrame({"baseline": [baseline]}), {"loss": 1.0})
    options = {"is_inspection": False} | options
    context = Context(Thresholds(), history=make_history(losses), inspection=inspection, **options)
    assert is_learning_fast(context) == expected


def test_what_was_feared_is_milder_then():
    rules = ["input_scale", "label_scale", "vanishing_gradient", "nonfinite", "output_layer", "constant_prediction"]
    findings = [Finding(rule, "error", (), None, {}, "") for rule in rules]
    assert [f.severity for f in soften(findings)] == ["info", "info", "warning", "error", "error", "error"]
    partly_dead = Finding("dead_relu", "warning", (), None, {}, "")
    assert confirm([partly_dead]) == [partly_dead]  # other units are left
    mild = Finding("dead_relu", "info", (), None, {}, "")
    assert soften([mild]) == [mild]
    assert [f.severity for f in soften(findings, is_done=False)] == ["warning"] * 3 + ["error"] * 3
    uneven = Finding("feature_scale", "warning", (), None, {"median_feature_spread": 1e-4}, "")
    assert confirm([uneven]) == [uneven]  # labels need not depend on what hardly varies


def test_inputs_that_are_normalized_at_once():
    rows = make_activations(abs_max=5000.0)
    assert "input_scale" in find(rows, make_gradients([0.1] * 4))
    gamma = make_gradients([0.1]).assign(weight="gamma", depth=1)
    assert "input_scale" not in find(rows, pd.concat([make_gradients([0.1] * 4), gamma]))
    assert "input_scale" in find(rows, pd.concat([make_gradients([0.1] * 4), gamma.assign(depth=3)]))


@pytest.mark.parametrize(
    ("losses", "baseline", "expected"),
    [
        ([0.71, 0.70, 0.699], 0.693, True),
        ([0.71, 0.70], 0.693, False),  # too early
        ([0.69, 0.68, 0.60], 0.693, False),
        ([0.95, 0.85, 0.75], 0.693, False),  # above, and on its way below
        ([0.95, 0.85, 0.849], 0.693, True),
        ([0.60, 0.65, 0.72], 0.693, True),  # it has lost what it had learned
        ([0.71, 0.70, 0.699], float("nan"), False),
        ([0.71, 0.70, float("nan")], 0.693, False),
    ],
)
def test_what_has_learned_nothing(losses, baseline, expected):
    outputs = pd.DataFrame({"baseline": [baseline]})
    inspection = Inspection(*[pd.DataFrame()] * 4, outputs, {"loss": 1.0})
    log = make_gradients([0.1] * 3, epochs=len(losses), steps=150)
    context = Context(Thresholds(), False, gradients=log, history=make_history(losses), inspection=inspection)
    assert has_learned_nothing(context) == expected
    assert not has_learned_nothing(dataclasses.replace(context, is_inspection=True))
    few = dataclasses.replace(context, gradients=log.assign(steps=90))  # it may be a plateau
    assert not has_learned_nothing(few)


@pytest.mark.parametrize(
    ("last_loss", "epochs", "steps", "expected"),
    [
        (0.60, 10, 10, True),  # little better than 0.693
        (0.50, 10, 10, False),
        (0.60, 9, 20, False),  # too few epochs
        (0.60, 12, 8, False),  # too few steps
        (float("nan"), 10, 10, False),
    ],
)
def test_little_is_nothing_at_the_end_of_a_fit(last_loss, epochs, steps, expected):
    outputs = pd.DataFrame({"baseline": [0.693]})
    inspection = Inspection(*[pd.DataFrame()] * 4, outputs, {"loss": 1.0})
    history = make_history(np.linspace(0.7, last_loss, epochs))
    log = make_gradients([0.1] * 3, epochs=epochs, steps=steps)
    context = Context(Thresholds(), False, gradients=log, history=history, inspection=inspection)
    assert not has_learned_nothing(context)
    assert has_learned_nothing(dataclasses.replace(context, is_over=True)) == expected


@pytest.mark.parametrize(
    ("last_loss", "epochs", "steps", "expected"),
    [
        (3.0, 5, 20, True),  # three times that of a constant answer
        (1.1, 5, 20, False),  # labels of a batch may differ by as much
        (0.9, 9, 20, False),  # better than a constant answer
        (3.0, 4, 40, False),  # too few epochs
        (3.0, 9, 10, False),  # too few steps
    ],
)
def test_a_short_fit_that_ends_far_above_a_constant_answer(last_loss, epochs, steps, expected):
    inspection = Inspection(*[pd.DataFrame()] * 4, pd.DataFrame({"baseline": [1.0]}), {"loss": 5.0})
    history = make_history(np.linspace(5.0, last_loss, epochs))
    log = make_gradients([0.1] * 3, epochs=epochs, steps=steps)
    rows = [{"plain_loss": last_loss, "inference_loss": np.nan, "baseline": 1.0, "epoch": epochs - 1, "layer": "out"}]
    context = Context(Thresholds(), False, log, history=history, inspection=inspection, predictions=rows)
    assert not has_learned_nothing(context)
    assert has_learned_nothing(dataclasses.replace(context, is_over=True)) == expected
    for plain in (0.9, np.nan):  # a penalty or weights make the loss large, or it is not known
        row = rows[0] | {"plain_loss": plain}
        assert not has_learned_nothing(dataclasses.replace(context, predictions=[row], is_over=True))


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (np.square(np.linspace(70, 50, 10)), False),  # ten epochs more take a distance of 50 to 28: below 38
        (np.square(np.linspace(70, 65, 10)), True),  # ... of 65 to 59
        ([2.30, 2.29, 2.28, 2.27, 2.26], False),  # it falls below a constant answer, slowly
        ([2.30, 2.29, 2.27, 2.28, 2.26], True),
        ([2.305, 2.3045, 2.3035, 2.302, 2.3], False),  # faster and faster: a saddle point that is being left
        ([2.305, 2.303, 2.302, 2.3015, 2.3013], True),
    ],
)
def test_slow_learning_is_not_nothing(losses, expected):
    baseline = 2.303 if losses[0] < 3 else 1500.0
    inspection = Inspection(*[pd.DataFrame()] * 4, pd.DataFrame({"baseline": [baseline]}), {"loss": baseline})
    log = make_gradients([0.1] * 3, epochs=len(losses), steps=150)
    context = Context(Thresholds(), False, gradients=log, history=make_history(losses), inspection=inspection)
    assert has_learned_nothing(context) == expected


def test_what_was_feared_has_come_true_then():
    rules = ["input_scale", "learning_rate_too_low", "vanishing_in_time", "output_layer", "validation_loss_rises"]
    findings = [Finding(rule, "warning", (), None, {}, "") for rule in rules]
    assert [f.severity for f in confirm(findings)] == ["error", "error", "error", "error", "warning"]
    partly_dead = Finding("dead_relu", "warning", (), None, {}, "")
    assert confirm([partly_dead]) == [partly_dead]  # other units are left
    mild = Finding("dead_relu", "info", (), None, {}, "")
    assert confirm([mild]) == [mild]


@pytest.mark.parametrize(
    ("severity", "losses", "expected"),
    [
        ("error", [0.7, 0.5, 0.4], "error"),
        ("warning", [0.7, 0.5, 0.4], "warning"),
        ("error", [0.7, 0.1, 0.001], "info"),  # the loss says that scales did no harm
    ],
)
def test_what_was_feared_has_come_true_where_simple_models_do_far_better(severity, losses, expected):
    inspection = Inspection(
        *[pd.DataFrame()] * 4, pd.DataFrame({"baseline": [0.693]}), {"loss": 0.7, "optimizer": "Adam"}
    )
    context = Context(Thresholds(), False, history=make_history(losses), inspection=inspection)
    found = [
        Finding("input_scale", "warning", (), None, {}, "a"),
        Finding("worse_than_simple_model", severity, (), 2, {}, "b"),
    ]
    concluded = conclude([context], [Judgement(found, {})]).list_all()
    assert {f.rule: f.severity for f in concluded}["input_scale"] == expected


def test_a_warning_is_an_error_after_a_training_that_learned_nothing():
    x = np.random.default_rng(0).normal(size=(96, 8)).astype("float32")
    y = (x[:, :1] > 0).astype("float32")
    severities = {}
    for rate in (1e-3, 0.5):
        keras.utils.set_random_seed(0)
        hidden = [keras.layers.Dense(8, "tanh") for _ in range(2)]
        model = keras.Sequential([keras.Input((8,)), *hidden, keras.layers.Dense(1, "sigmoid")])
        model.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
        before = vg.diagnose(vg.inspect(model, x, y))
        guard = vg.TrainingGuard(x, y)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the guard's own, which are what is looked at
            model.fit(x, y, epochs=26, batch_size=8, verbose=0, callbacks=[guard])
        severities[rate] = [
            [f.severity for f in findings if f.rule == "learning_rate_too_low"] for findings in (before, guard.findings)
        ]
    assert severities == {1e-3: [["warning"], ["error"]], 0.5: [[], []]}


@pytest.mark.parametrize(("spreads", "kept"), [((0.4,), False), ((0.001,), True), ((0.4, 0.001), True), ((), True)])
def test_one_answer_to_all_is_over_once_the_predictions_vary(spreads, kept):
    rows = [{"prediction_std": spread, "prediction_size": 1.0, "epoch": 3} for spread in spreads]
    before, after = Context(Thresholds(), True), Context(Thresholds(), False, predictions=rows)
    finding = Finding("constant_prediction", "warning", (), None, {}, "")
    findings = conclude([before, after], [Judgement([finding], {}), Judgement([], {})])
    assert [f.rule for f in findings] == ["constant_prediction"] * kept
    assert [f.rule for f in conclude([before], [Judgement([finding], {})])] == ["constant_prediction"]
