"""A model that has learned is not called sick for what was to be feared for it."""

import dataclasses

import pandas as pd
import pytest

from helpers.made_up_logs import find, make_activations, make_gradients, make_history
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.evidence import Inspection
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.learned import has_learned, soften
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


def test_what_was_feared_is_milder_then():
    rules = ["input_scale", "label_scale", "vanishing_gradient", "nonfinite", "output_layer", "constant_prediction"]
    findings = [Finding(rule, "error", (), None, {}, "") for rule in rules]
    assert [f.severity for f in soften(findings)] == ["info", "info", "warning", "error", "error", "error"]
    mild = Finding("dead_relu", "info", (), None, {}, "")
    assert soften([mild]) == [mild]


def test_inputs_that_are_normalized_at_once():
    rows = make_activations(abs_max=5000.0)
    assert "input_scale" in find(rows, make_gradients([0.1] * 4))
    gamma = make_gradients([0.1]).assign(weight="gamma", depth=1)
    assert "input_scale" not in find(rows, pd.concat([make_gradients([0.1] * 4), gamma]))
    assert "input_scale" in find(rows, pd.concat([make_gradients([0.1] * 4), gamma.assign(depth=3)]))
