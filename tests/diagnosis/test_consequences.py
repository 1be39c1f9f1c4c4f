"""One finding per cause: what is put under what, and that nothing is lost on the way."""

import io
import itertools
import random

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import keras_vg as vg
from helpers.made_up_logs import make_activations, make_gradients, make_history
from keras_vg.diagnosis.advice import write_choice
from keras_vg.diagnosis.causes import group_by_cause
from keras_vg.diagnosis.explanations import EDGES, Facts
from keras_vg.diagnosis.findings import SEVERITIES, Finding, Findings
from keras_vg.diagnosis.nonfinite import merge_nonfinite
from keras_vg.diagnosis.order import STAGES

RULES = [rule for rules in STAGES.values() for rule in rules]


def make(rule, severity="error", layers=(), epoch=None, **evidence):
    return Finding(rule, severity, layers, epoch, evidence, f"Cure {rule}.")


def tell(findings, facts=None):
    """Each cause with what follows from it, as names of rules."""
    return {cause.rule: {f.rule for f in cause.consequences} for cause in group_by_cause(findings, facts)}


def test_the_table_names_rules_that_exist_and_says_why():
    assert {edge.cause for edge in EDGES} <= set(RULES)
    assert {rule for edge in EDGES for rule in edge.consequences} <= set(RULES)
    assert all(edge.reason.endswith(".") and edge.cause not in edge.consequences for edge in EDGES)


def test_nothing_is_lost_whatever_is_found_together():
    generator = random.Random(0)
    for _ in range(300):
        rules = generator.sample(RULES, generator.randint(1, 12))
        findings = [make(rule, generator.choice(SEVERITIES), (), generator.choice([None, 0, 3])) for rule in rules]
        grouped = Findings(group_by_cause(findings))
        assert sorted(f.rule for f in grouped.list_all()) == sorted(rules)
        assert all(not f.consequences for cause in grouped for f in cause.consequences)
        assert ("error" in {f.severity for f in findings}) == any(f.severity == "error" for f in grouped)
        for cause in grouped:
            worst = min([cause.severity, *(f.severity for f in cause.consequences)], key=SEVERITIES.index)
            assert cause.severity == worst
        shuffled = group_by_cause(generator.sample(findings, len(findings)))
        assert {f.rule for f in shuffled} == {f.rule for f in grouped}


def test_small_initial_weights_of_a_deep_net_are_one_fault():
    """As 14 layers of tanh with weights of 0.05 are found by five rules."""
    rules = ["vanishing_gradient", "tiny_gradient", "update_too_small", "learning_rate_too_low", "constant_prediction"]
    findings = group_by_cause([make(rule) for rule in rules])
    assert [f.rule for f in findings] == ["tiny_gradient"]
    assert len(findings[0].consequences) == 4
    assert "follows: learning rate too low; update too small; vanishing gradient; constant pred" in str(findings[0])


def test_two_faults_stay_two():
    findings = [make("label_range"), make("input_scale"), make("loss_does_not_fall", epoch=0), make("saturated_units")]
    told = tell(findings)
    assert told == {"label_range": {"loss_does_not_fall"}, "input_scale": {"saturated_units"}}
    assert list(told) == ["label_range", "input_scale"]  # from upstream to downstream


@pytest.mark.parametrize(
    ("cause", "consequence", "is_explained"),
    [
        (None, None, True),
        (None, 2, True),
        (1, 1, True),
        (2, 1, False),  # what shows before is no consequence
        (1, None, False),
    ],
)
def test_a_cause_is_not_later(cause, consequence, is_explained):
    told = tell([make("exploding_activation", epoch=cause), make("loss_does_not_fall", epoch=consequence)])
    assert (told == {"exploding_activation": {"loss_does_not_fall"}}) == is_explained


def test_steps_explain_what_shows_after_them_only():
    assert tell([make("learning_rate_too_high"), make("dead_relu")]).keys() == {"learning_rate_too_high", "dead_relu"}
    found = [make("learning_rate_too_high"), make("dead_relu", epoch=0)]
    assert tell(found) == {"learning_rate_too_high": {"dead_relu"}}


def test_dead_units_explain_the_gradients_before_them():
    facts = Facts({f"dense_{i}": i for i in range(4)})
    vanished = make("vanishing_gradient", layers=("dense_0", "dense_1"))
    assert tell([make("dead_relu", layers=("dense_3",)), vanished], facts) == {"dead_relu": {"vanishing_gradient"}}
    vanished = make("vanishing_gradient", layers=("dense_2",))
    assert tell([make("dead_relu", layers=("dense_0",)), vanished], facts).keys() == {"dead_relu", vanished.rule}


def test_saturated_units_do_not_explain_what_theory_expects_without_them():
    values = {"factor_per_layer": 0.22, "expected_factor_per_layer": 0.23}
    found = [make("saturated_units", layers=("a",)), make("vanishing_gradient", layers=("a", "b"), **values)]
    assert len(tell(found)) == 2
    values["expected_factor_per_layer"] = 0.9
    found[1] = make("vanishing_gradient", layers=("a", "b"), **values)
    assert len(tell(found)) == 1


def test_gradients_explain_the_steps_of_sgd_and_not_those_of_adam():
    found = [make("input_scale"), make("update_too_large")]
    assert tell(found, Facts(moves_by_rate=False)) == {"input_scale": {"update_too_large"}}
    assert tell(found, Facts(moves_by_rate=True)).keys() == {"input_scale", "update_too_large"}


def make_nan_run(first_layer):
    """A training with NaN from its second epoch on, of which three logs tell."""
    gradients = make_gradients([0.1, 0.1, 0.1])
    gradients.loc[gradients["epoch"] >= 1, ["weight_norm", "nonfinite_steps", "gradient_norm"]] = [np.nan, 3, np.nan]
    activations = [make_activations().assign(epoch=epoch) for epoch in range(3)]
    for rows in activations[1:]:
        rows.loc[rows["depth"] >= first_layer, ["mean", "std", "abs_max"]] = np.nan
    return gradients, pd.concat(activations, ignore_index=True), make_history([1.0, np.nan, np.nan])


@pytest.mark.parametrize(("first_layer", "expected"), [(-1, "the input itself"), (1, "layer 'dense_1'")])
def test_one_nan_is_one_finding_that_names_its_origin(first_layer, expected):
    findings = vg.diagnose(*make_nan_run(first_layer))
    (finding,) = findings
    assert finding.rule == "nonfinite"
    assert next(iter(finding.evidence)) == "first"
    assert finding.evidence["first"] == expected
    assert (finding.epoch, finding.evidence["weights_hit"]) == (1, 3.0)
    assert np.isnan(finding.evidence["loss"])
    assert findings.figures.keys() >= {"loss"}


def test_nan_in_inputs_and_in_labels_are_two_faults():
    found = [make("nonfinite", first=name, epoch=epoch) for name, epoch in [("the loss", 0), ("the gradients", None)]]
    found += [make("nonfinite", first="the labels"), make("nonfinite", first="the input itself")]
    for order in itertools.permutations(found):
        assert [f.evidence["first"] for f in merge_nonfinite(order)] == ["the input itself", "the labels"]


def test_a_layer_that_overflows_after_it_exploded():
    found = [make("exploding_activation", epoch=1, largest_output=1e20), make("nonfinite", epoch=1, first="layer 'a'")]
    assert tell(found) == {"exploding_activation": {"nonfinite"}}
    found[0] = make("exploding_activation", epoch=1, largest_output=np.inf)
    assert tell(found) == {"nonfinite": {"exploding_activation"}}


def test_consequences_are_shown_everywhere():
    cause = group_by_cause([make("learning_rate_too_high"), make("dead_relu", layers=("dense_3",), epoch=2)])
    findings = Findings(cause)
    said = "follows: dead relu in dense_3, from epoch 2"
    assert str(findings).endswith(f"\n    {said}")
    frame = findings.to_frame()
    assert frame["rule"].tolist() == ["learning_rate_too_high", "dead_relu"]
    assert frame["follows_from"].tolist() == ["", "learning_rate_too_high"]
    assert findings.__rich__().row_count == 1
    assert "learning_rate_too_high</td>" in findings._repr_html_()
    assert [f.rule for f in findings.list_all()] == ["learning_rate_too_high", "dead_relu"]


def tell_advice(rule, *sources):
    return {f.rule: f.advice for f in vg.diagnose(*sources).list_all()}[rule]


def test_advice_leaves_out_what_the_model_has():
    log = make_gradients(0.2 ** np.arange(8.0, -1, -1))
    assert "Use `activation='relu'` with `kernel_initializer='he_normal'`, put" in tell_advice(
        "vanishing_gradient", log
    )
    relu = make_activations("relu", layers=9)
    advice = tell_advice("vanishing_gradient", log, relu)
    assert "activation='relu'" not in advice
    assert "BatchNormalization" in advice
    scale = log[log["depth"] == 3].assign(weight="gamma")
    assert "BatchNormalization" not in tell_advice("vanishing_gradient", pd.concat([log, scale]), relu)
    exploding = make_gradients(10.0 ** np.arange(6, 0, -1))
    assert "`'glorot_uniform'` with tanh" in tell_advice("exploding_gradient", exploding)
    assert "with tanh" not in tell_advice("exploding_gradient", exploding, make_activations("tanh", layers=6))
    saturated = make_activations("tanh", saturated_fraction=0.99)
    assert "BatchNormalization" in tell_advice("saturated_units", saturated, make_gradients([0.1] * 4))
    scaled = pd.concat([make_gradients([0.1] * 4), make_gradients([0.1]).assign(weight="gamma")])
    assert "BatchNormalization" not in tell_advice("saturated_units", saturated, scaled)


def test_choices_are_sentences():
    assert write_choice(["use one"]) == "Use one."
    assert write_choice(["use one", "two"]) == "Use one or two."
    assert write_choice(["use one", "put two", "three"]) == "Use one, put two, or three."


def test_a_long_name_keeps_in_one_piece_in_a_narrow_terminal():
    name = "encoder/transformer_block_11/multi_head_self_attention/attention_output"
    findings = Findings([make("dead_relu", layers=(name, "b"), first=f"layer {name!r}"), make("input_scale")])
    file = io.StringIO()
    Console(file=file, width=80).print(findings)
    lines = file.getvalue().split("\n")
    assert max(map(len, lines)) <= 80
    assert sum(name in line for line in lines) == 2
    for word in ("error", "Cure dead_relu.", "input scale"):
        assert word in file.getvalue()
