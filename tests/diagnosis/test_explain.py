"""What `keras-vg explain` says is what the rules, their thresholds and their table of causes say."""

import pytest

from keras_vg.cures.called_for import FOR_RULE, NO_REMEDY
from keras_vg.diagnosis.explain import explain, find_rule, list_thresholds, make_record
from keras_vg.diagnosis.explanations import EDGES
from keras_vg.diagnosis.meanings import MEANINGS
from keras_vg.diagnosis.order import STAGES
from keras_vg.diagnosis.thresholds import Thresholds


def test_every_rule_is_explained():
    assert sorted(MEANINGS) == sorted(rule for rules in STAGES.values() for rule in rules)
    assert set(MEANINGS) == set(FOR_RULE) | set(NO_REMEDY) - {"nonfinite_data"}
    for meaning in MEANINGS.values():
        assert meaning.sees.endswith(".")
        assert meaning.severity.endswith(".")


@pytest.mark.parametrize("rule", MEANINGS)
def test_lines_are_folded_and_nothing_is_left_out(rule):
    text = explain(rule, FOR_RULE.get(rule, ()), NO_REMEDY.get(rule, ""), width=80)
    assert max(map(len, text.split("\n"))) <= 80
    words = " ".join(text.split())
    assert " ".join(MEANINGS[rule].sees.split()) in words
    for name in MEANINGS[rule].thresholds:
        assert f"{name} = {getattr(Thresholds(), name):g}: {list_thresholds()[name].source}" in words
    for edge in EDGES:
        if rule == edge.cause or rule in edge.consequences:
            assert edge.reason in words
    assert ("No remedy." in words) == (rule not in FOR_RULE)


@pytest.mark.parametrize("rule", MEANINGS)
def test_nothing_is_listed_twice(rule):
    lines = [line for line in explain(rule, width=10_000).split("\n") if line.startswith("  ")]
    assert len(lines) == len(set(lines))
    thresholds, *others = explain(rule, width=10_000).split("\nMay ")
    names = [line.split(":")[0].split() for line in thresholds.split("\n") if line.startswith("  ")]
    assert len(names) == len({name for name, *_ in names})
    for other in others:
        rules = ", ".join(line[2:].split(":")[0] for line in other.split("\n") if line.startswith("  ")).split(", ")
        assert len(rules) == len(set(rules))


def test_a_rule_is_found_as_it_is_printed():
    assert find_rule("Vanishing gradient") == find_rule("vanishing-gradient") == "vanishing_gradient"
    with pytest.raises(ValueError, match=r"There must be a rule of this name. Received: 'dead_relus'. Did you mean"):
        find_rule("dead_relus")
    with pytest.raises(ValueError, match="The rules are nonfinite, "):
        find_rule("???")


def test_the_record_holds_the_same():
    record = make_record("dead_relu", FOR_RULE["dead_relu"])
    assert [threshold["name"] for threshold in record["thresholds"]] == list(MEANINGS["dead_relu"].thresholds)
    assert "input_scale" in record["causes"]
    assert "zero_gradient" in record["consequences"]
    assert record["remedies"][0] == FOR_RULE["dead_relu"][0]
