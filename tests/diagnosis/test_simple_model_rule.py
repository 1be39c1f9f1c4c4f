"""When a network counts as kept from what a simple model learns: on made-up scores, and on real fits."""

import contextlib
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import keras_vg as vg
from keras_vg.diagnosis.simple_models import find_worse_than_simple_model
from keras_vg.diagnosis.thresholds import make_thresholds

Z = np.random.default_rng(0).normal(size=(640, 6)).astype("float32")
COMMON = (Z[:, :1] + Z[:, 1:2] > -2.0).astype("float32")  # 92 % are 1


def judge(
    own,
    simple,
    error=0.05,
    is_complete=True,
    losses=None,
    plain_loss=np.nan,
    inspection=None,
    is_converged=False,
    **thresholds,
):
    row = {"answer_score": own, "simple_score": simple, "simple_error": error, "simple_model": "a linear model"}
    row |= {"plain_loss": plain_loss, "baseline": 0.7}
    context = SimpleNamespace(
        thresholds=make_thresholds(**thresholds),
        is_complete=is_complete,
        is_inspection=False,
        is_converged=is_converged,
        inspection=inspection,
        losses=losses,
        baseline=0.7,
        final_predictions=[row | {"epoch": 19, "layer": "out"}],
    )
    return list(find_worse_than_simple_model(context))


def test_a_network_far_behind_is_an_error():
    (found,) = judge(0.2, 0.9)
    assert (found.severity, found.epoch) == ("error", 19)
    assert found.evidence == {"score": 0.2, "score_of_simple_model": 0.9, "simple_model": "a linear model"}
    assert "A linear model, fitted to parts of the probe batch, scores 0.90" in found.advice


@pytest.mark.parametrize(
    ("losses", "severity"),
    [
        (np.linspace(1.0, 0.2, 20), "warning"),  # from 0.41 to 0.2 in the last quarter
        (np.linspace(1.0, 0.8, 20), "error"),
        (np.geomspace(1.0, 0.6, 20), "error"),  # 0.13 in the last quarter
        (np.r_[np.linspace(1.0, 0.2, 10), np.full(10, 0.2)], "error"),
        (np.r_[np.full(14, 0.69), 5.0, np.full(5, 0.69)], "error"),  # a spike
        (np.geomspace(1.0, 1e-3, 20), "error"),  # low by weights, not by these answers
        (np.linspace(1.0, -1.0, 20), "error"),  # a loss below 0 tells no part of a fall
    ],
)
def test_a_network_whose_loss_still_falls_is_on_its_way(losses, severity):
    (found,) = judge(0.2, 0.9, losses=losses)
    assert found.severity == severity
    assert ("train on" in found.advice) == (severity == "warning")
    (behind,) = judge(0.6, 0.9, losses=losses)
    assert behind.severity == "warning"
    assert ("train on" in behind.advice) == (severity == "warning")


@pytest.mark.parametrize(
    ("last", "plain_loss", "severity"),
    [(0.75, 0.7, "warning"), (0.75, 5.0, "error"), (0.2, 50.0, "warning")],
)
def test_a_loss_that_falls_from_far_above_a_constant_answers(last, plain_loss, severity):
    """From 1 to 0.75 in the last quarter: as many epochs again leave a fifth, and 1 is still worse than a constant."""
    losses = np.r_[np.full(15, 1.0), np.linspace(1.0, last, 6)[1:]]
    (found,) = judge(-9.0, 0.9, losses=losses, plain_loss=plain_loss)
    assert found.severity == severity
    assert ("always giving the same answer" in found.advice) == (severity == "error")


@pytest.mark.parametrize(
    ("own", "is_own_loss", "is_converged", "severity"),
    [
        (0.0, True, True, "error"),
        (0.0, True, False, "warning"),
        (0.0, False, True, "warning"),  # small by a factor, perhaps
        (0.3, True, True, "warning"),
    ],
)
def test_a_loss_of_the_models_own_that_is_low_while_the_answers_are_useless(own, is_own_loss, is_converged, severity):
    inspection = SimpleNamespace(setup={"penalty": 0.0, "loss": 1.0, "computes_own_loss": is_own_loss})
    losses = np.linspace(1.0, 0.2, 20)
    (found,) = judge(own, 0.9, losses=losses, inspection=inspection, is_converged=is_converged)
    assert found.severity == severity


def test_a_loss_at_a_constant_answers_is_not_far_off():
    (found,) = judge(0.0, 0.9, losses=np.full(20, 0.71), plain_loss=0.71)
    assert found.severity == "error"
    assert "always giving the same answer" not in found.advice


@pytest.mark.parametrize(
    ("penalty", "plain_loss", "severity"), [(4.0, 0.7, "error"), (4.0, 0.4, "warning"), (0.1, 0.7, "warning")]
)
def test_a_loss_of_which_the_penalty_alone_falls(penalty, plain_loss, severity):
    inspection = SimpleNamespace(setup={"penalty": penalty, "loss": 5.0})
    (found,) = judge(0.0, 0.9, losses=np.linspace(5.0, 1.0, 20), plain_loss=plain_loss, inspection=inspection)
    assert found.severity == severity


@pytest.mark.parametrize(("column", "severity"), [("a_loss", "error"), ("b_loss", "warning"), (None, "error")])
def test_of_several_outputs_each_goes_by_its_own_loss(column, severity):
    """The loss of the whole model falls, that of an output perhaps not."""
    falling, flat = np.linspace(1.0, 0.2, 20), np.full(20, 0.7)
    row = {"answer_score": 0.2, "simple_score": 0.9, "simple_error": 0.05, "simple_model": "a linear model"}
    context = SimpleNamespace(
        thresholds=make_thresholds(),
        is_complete=True,
        is_inspection=False,
        is_converged=False,
        inspection=None,
        losses=falling + flat,
        baseline=1.4,
        history=pd.DataFrame({"loss": falling + flat, "a_loss": flat, "b_loss": falling}),
        final_predictions=[{"layer": "other", "epoch": 19}, row | {"epoch": 19, "layer": (column or "c_loss")[0]}],
    )
    (found,) = find_worse_than_simple_model(context)
    assert found.severity == severity
    assert f"The answers of output {(column or 'c')[0]!r} score" in found.advice


@pytest.mark.parametrize(
    ("own", "other", "severity"),
    [
        ([0.7, 0.9, 0.7, 0.7], [0.7, 0.5, 0.3, 0.1], "warning"),  # layers in front of it are trained to raise its loss
        ([0.7, 0.69, 0.68, 0.68], [0.7, 0.5, 0.3, 0.1], "error"),
        ([0.7, 0.701, 0.699, 0.702], [0.7, 0.5, 0.3, 0.1], "error"),  # it has not moved
        ([0.7, 0.9, 0.7, 0.7], [0.7, 0.7, 0.6, 0.6], "error"),  # nor is the other output learned
    ],
)
def test_an_output_that_others_work_against(own, other, severity):
    row = {"answer_score": 0.0, "simple_score": 0.9, "simple_error": 0.05, "simple_model": "a linear model"}
    losses = pd.DataFrame({"site_loss": np.repeat(own, 5), "ill_loss": np.repeat(other, 5)})
    known = {"layer": "ill", "answer_score": 0.9, "simple_score": 0.9, "simple_error": 0.05}
    context = SimpleNamespace(
        thresholds=make_thresholds(),
        is_complete=True,
        is_inspection=False,
        is_converged=False,
        inspection=None,
        losses=losses.sum(axis=1).to_numpy(),
        baseline=1.4,
        history=losses,
        final_predictions=[{"baseline": 0.7, "epoch": 19} | known, row | {"layer": "site", "epoch": 19}],
    )
    (found,) = find_worse_than_simple_model(context)
    assert found.severity == severity


def test_a_network_that_is_worse_than_a_constant_answer_is_behind_a_poor_model():
    (found,) = judge(-0.15, 0.28)
    assert found.severity == "error"


@pytest.mark.parametrize(("own", "options"), [(0.6, {}), (0.2, {"simple_part": 0.2})])
def test_a_network_behind_is_a_warning(own, options):
    assert [found.severity for found in judge(own, 0.9, **options)] == ["warning"]


@pytest.mark.parametrize(
    ("own", "simple", "options"),
    [
        (0.7, 0.9, {}),  # a little behind
        (0.05, 0.25, {}),  # nothing much can be learned of these labels
        (-0.04, 0.25, {}),
        (-0.2, 0.2, {"error": 0.14}),
        (-1.0, -0.05, {}),  # both are worse than a constant answer
        (-1.0, 0.1, {}),
        (0.2, 0.5, {"error": 0.12}),  # chance of few examples
        (0.2, 0.9, {"is_complete": False}),
        (np.nan, 0.9, {}),
        (0.2, np.nan, {}),
        (0.2, 0.9, {"simple_warning": 0.2}),
        (0.2, 0.9, {"simple_score": 0.95}),
    ],
)
def test_what_is_no_error(own, simple, options):
    assert not judge(own, simple, **options)


def test_predictions_of_which_no_score_is_known_are_passed_over():
    context = SimpleNamespace(
        thresholds=make_thresholds(), is_complete=True, final_predictions=[{"epoch": 3, "layer": ""}]
    )
    assert not list(find_worse_than_simple_model(context))


@pytest.mark.model
@pytest.mark.parametrize(("weights", "is_sick"), [({0: 1.0, 1: 40.0}, True), ({0: 12.0, 1: 1.0}, False)])
def test_class_weights_that_favour_the_common_class(weights, is_sick):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(16, "relu"), layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    guard = vg.TrainingGuard(Z[:400], COMMON[:400])
    with pytest.warns(match="simple model") if is_sick else contextlib.nullcontext():
        model.fit(Z, COMMON, epochs=12, verbose=0, class_weight=weights, callbacks=[guard])
    assert ("worse_than_simple_model" in {finding.rule for finding in guard.findings.list_all()}) == is_sick
    assert guard.findings.is_healthy != is_sick
