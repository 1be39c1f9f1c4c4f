"""The page about the rules says what the code does: its facts are made anew, its findings and pictures are there."""

import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import keras
import pytest

from keras_vg.cures.catalogue import FOR_RULE, NO_REMEDY
from keras_vg.diagnosis.explain import list_thresholds
from keras_vg.diagnosis.findings import Finding
from keras_vg.diagnosis.meanings import MEANINGS
from keras_vg.diagnosis.thresholds import Thresholds
from rule_pages.facts import find_origins, list_rules
from rule_pages.page import NOT_RUN, PAGE, PICTURES, list_severities, print_finding, read_findings, write_page
from rule_pages.pictures import find_scenes
from rule_pages.sections import HEADINGS, SECTIONS

TEXT = PAGE.read_text("utf-8")
INSPECTED = [s for s in SECTIONS.values() if not s.epochs and s.backend == keras.backend.backend()]


def test_every_rule_has_one_section():
    assert set(list_rules()) == set(SECTIONS) == set(MEANINGS)
    assert set(list_rules()) <= set(FOR_RULE) | set(NO_REMEDY)  # which a test of the cures compares with all findings
    assert sum(map(len, HEADINGS.values())) == len(SECTIONS)
    assert {rule for rule in SECTIONS if f"\n### {rule}\n" in TEXT} == set(SECTIONS)


def test_every_rule_is_reached_from_the_lists_of_rules():
    assert set(find_origins()) == set(SECTIONS)
    assert [origin.function for origin in find_origins()["tiny_gradient"]] == ["training.find_tiny_gradients"]


def test_severities_are_those_that_the_code_gives():
    """Some known ones: a constant, a choice, a variable, and what a called function gives."""
    known = {
        "frozen_layers": ["info"],
        "vanishing_gradient": ["error", "warning"],
        "skipped_steps": ["error", "warning", "info"],
        "dead_relu": ["error", "warning"],
        "output_layer": ["error", "warning"],
    }
    assert {rule: list_severities(rule) for rule in known} == known


def test_every_threshold_is_named_where_the_code_compares_with_it():
    named = {name for section in SECTIONS.values() for name in section.meaning.thresholds}
    assert named == {f.name for f in fields(Thresholds)}
    for rule, section in SECTIONS.items():
        compared = frozenset().union(*(origin.thresholds for origin in find_origins()[rule]))
        assert set(section.meaning.thresholds) <= compared, rule


def test_thresholds_are_read_from_their_docstring():
    threshold = list_thresholds()["update_large"]
    assert threshold.default == Thresholds().update_large
    assert threshold.source.startswith("A first step of this size")
    assert threshold.source.endswith("(Karpathy).")
    assert all(threshold.source for threshold in list_thresholds().values())


def test_the_page_is_what_the_code_makes_of_it():
    assert write_page(read_findings(TEXT)) == TEXT, "Run scripts/rule_pictures.py --text-only to renew it."


@pytest.mark.parametrize("rule", list_rules())
def test_a_finding_of_each_rule_is_shown(rule):
    printed = read_findings(TEXT)[rule]
    assert printed != NOT_RUN
    severity, said = printed.split(": ", 1)
    assert severity in list_severities(rule)
    assert said.startswith(rule.replace("_", " "))


@pytest.mark.parametrize("rule", list_rules())
def test_each_rule_has_a_picture_or_a_reason(rule):
    picture = PICTURES / f"{rule}.png"
    if SECTIONS[rule].draw is None:
        assert not picture.exists()
        assert SECTIONS[rule].caption.startswith("No picture: ")
    else:
        assert picture.stat().st_size <= 60_000
        assert f"(images/rules/{rule}.png)" in TEXT


def test_a_rule_without_a_section_is_refused(monkeypatch):
    monkeypatch.delitem(SECTIONS, "dead_relu")
    with pytest.raises(ValueError, match=r"one section .*Received, on one side only: \['dead_relu'\]"):
        write_page({})


def test_findings_are_read_as_they_were_printed():
    finding = Finding("dead_relu", "error", ("a", "b"), 3, {"dead_fraction": 1.0}, "Lower the rate. " * 20)
    printed = print_finding(finding)
    assert max(map(len, printed.split("\n"))) <= 100
    assert printed.split() == str(finding).split()
    page = write_page({**read_findings(TEXT), "dead_relu": printed})
    assert read_findings(page)["dead_relu"] == printed


@pytest.mark.long
@pytest.mark.parametrize("section", INSPECTED, ids=lambda section: section.rule)
def test_the_rule_tells_its_two_programs_apart(section):
    sick, _ = find_scenes(section)  # which raises an error if it does not
    finding, *_ = sick.find(section.rule)
    assert print_finding(finding).split(": ")[0] == read_findings(TEXT)[section.rule].split(": ")[0]


@pytest.mark.long
def test_the_script_draws_two_rules(tmp_path):
    page = tmp_path / "rules.md"
    shutil.copy(PAGE, page)
    script = Path(__file__).parents[1] / "scripts" / "rule_pictures.py"
    command = [sys.executable, str(script), "--quick", "--pictures", str(tmp_path), "--page", str(page)]
    subprocess.run(command, check=True, timeout=300)
    assert {path.name for path in tmp_path.glob("*.png")} == {"label_range.png", "vanishing_gradient.png"}
    drawn, known = read_findings(page.read_text("utf-8")), read_findings(TEXT)
    assert drawn.keys() == known.keys()
    assert all(drawn[rule] == known[rule] for rule in known if rule not in ("label_range", "vanishing_gradient"))
    assert drawn["label_range"].split("\n")[0] == known["label_range"].split("\n")[0]
