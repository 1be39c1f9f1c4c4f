"""Gradients are compared along the paths of a model's graph, not from layer to layer as they are called."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from helpers.made_up_logs import find, make_gradients
from keras_vg.diagnosis.context import Context
from keras_vg.diagnosis.evidence import Inspection
from keras_vg.diagnosis.gradients import find_exploding, find_vanishing
from keras_vg.diagnosis.thresholds import Thresholds

SMALL = 1e-3 ** np.linspace(2, 0, 4)  # 1e-6 to 1


def judge(rms, paths):
    setup = {"paths": paths, "optimizer": "Adam", "gradient_accumulation_steps": 1, "loss_scaling": False}
    inspection = Inspection(*[pd.DataFrame()] * 5, setup)
    inspection = dataclasses.replace(inspection, expected=pd.DataFrame(columns=["depth", "layer", "gradient_rms"]))
    context = Context(Thresholds(), False, gradients=make_gradients(rms, epochs=1), inspection=inspection)
    return {f.rule: f for rule in (find_vanishing, find_exploding) for f in rule(context)}


def test_two_branches_are_two_paths():
    """One branch has gradients of 1, the other of 1e-5: neither vanishes from layer to layer."""
    rms = [1e-5, 1e-5, 1e-5, 1.0, 1.0, 1.0, 1.0]
    assert "vanishing_gradient" in judge(rms, ((0, 1, 2, 3, 4, 5, 6),))
    assert not judge(rms, ((0, 1, 2), (3, 4, 5, 6)))
    found = judge([*SMALL, 1.0, 1.0, 1.0], ((4, 5, 6), (0, 1, 2, 3, 6)))["vanishing_gradient"]
    assert found.layers == ("dense_0", "dense_1")


@pytest.mark.parametrize("heads", [(1.0, 1e-6), (1e-6, 1.0)])
def test_an_output_of_small_weight_does_not_explode(heads):
    rms = [1.0, 1.0, 1.0, *heads]
    assert not judge(rms, ((0, 1, 2, 3), (0, 1, 2, 4)))
    grown = [1.0, 1e-2, 1e-3, *np.multiply(heads, 1e-5)]
    assert judge(grown, ((0, 1, 2, 3), (0, 1, 2, 4)))["exploding_gradient"].layers == ("dense_0",)


def test_queries_and_keys_are_left_out_of_a_log_alone():
    log = make_gradients([1e-6, 1e-5, 1.0, 1.0])
    assert "vanishing_gradient" in find(log)
    log["layer"] = log["layer"].replace({"dense_0": "attention/query", "dense_1": "attention/key"})
    assert "vanishing_gradient" not in find(log)


def test_one_path_through_all_layers_is_judged_as_a_log_alone_is():
    rms = 0.2 ** np.arange(8.0, -1, -1)
    with_graph, alone = judge(rms, (tuple(range(9)),)), find(make_gradients(rms, epochs=1))
    assert with_graph["vanishing_gradient"].evidence == alone["vanishing_gradient"].evidence


@pytest.mark.parametrize(("spread", "severity"), [(1e-6, "error"), (0.1, None)])
def test_a_head_whose_gradient_cancels_is_left_out_where_all_predictions_are_the_same(spread, severity):
    rms = [*np.geomspace(1e-6, 1e-3, 10), 1e-4, 1e-5, 2e-6]  # of balanced labels, the same answer to all
    context = Context(
        Thresholds(),
        is_inspection=False,
        gradients=make_gradients(rms, epochs=1),
        predictions=pd.DataFrame([{"epoch": 0, "prediction_std": spread * 0.5, "prediction_size": 0.5}]),
    )
    found = {finding.rule: finding for finding in find_vanishing(context)}.get("vanishing_gradient")
    assert (found and found.severity) == severity
    if found is not None:
        assert found.evidence["gradient_ratio"] == pytest.approx(1e-3)
        assert found.evidence["layers"] == 10
