"""Writes `docs/rules.md` from the sections, the code's own facts, and the findings as they were printed."""

import re
import textwrap
from pathlib import Path

from keras_vg.diagnosis.explain import Threshold, list_thresholds
from keras_vg.diagnosis.findings import SEVERITIES, Finding
from rule_pages.facts import (
    explain_no_remedy,
    explain_remedy,
    find_origins,
    list_remedies,
    list_rules,
)
from rule_pages.section import Section
from rule_pages.sections import HEADINGS, SECTIONS

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
PICTURES = PAGE.parent / "images" / "rules"

NOT_RUN = "not run yet"
"""Where a finding should stand that the script has not printed."""

_INTRODUCTION = """# The rules

What `vg.diagnose`, `vg.TrainingGuard` and `keras-vg` can find: {rules} rules. Each section says what the rule sees, \
its thresholds and where they come from, the finding as it is printed on a program that has the fault, the remedies \
that `vg.cure` tries, and a program beside it on which the rule is silent. Rules see tables, never a model, so they \
judge a log from last year as they judge a training that runs now.

A threshold is changed by its name: `vg.diagnose(log, vanishing_ratio=1e-5)`. Where its source says "benchmark", \
`python benchmarks/diagnosis.py --figures` prints the measurement.

The programs are small models with real faults, from `benchmarks/labelled_programs` and `benchmarks/rule_pages`: \
seed 0, on TensorFlow where nothing else is said. `python scripts/rule_pictures.py` runs them, makes sure that each \
rule finds something on the sick one and nothing on the healthy one, draws the pictures and writes this page; with \
names of rules as arguments it does only those."""


def read_findings(text: str) -> dict[str, str]:
    """Reads the findings as printed from the page's text.

    Args:
        text: The page.

    Returns:
        The text of each finding, by its rule.
    """
    return dict(re.findall(r"^### (\w+)\n(?:(?!^###).)*?^```text\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL))


def print_finding(finding: Finding) -> str:
    """Prints a finding, its long lines folded."""
    head, evidence, advice = str(finding).split("\n")
    folded = [
        textwrap.fill(line.strip(), 100, initial_indent="    ", subsequent_indent="    ") for line in (evidence, advice)
    ]
    return "\n".join([head, *folded])


def write_page(printed: dict[str, str]) -> str:
    """Writes the page.

    Args:
        printed: The findings as printed, by rule.

    Returns:
        Its text.

    Raises:
        ValueError: If a rule has no section or a section no rule.
    """
    rules = list_rules()
    if odd := sorted(set(rules) ^ set(SECTIONS)):
        raise ValueError(
            f"Each rule must have one section in benchmarks/rule_pages. Received, on one side only: {odd}."
        )
    parts = [_INTRODUCTION.format(rules=len(rules)), _write_overview()]
    for heading, sections in HEADINGS.items():
        parts.append(f"## {heading}")
        parts += [_write_section(section, printed.get(section.rule, NOT_RUN)) for section in sections]
    parts.append(_write_remedies())
    return "\n\n".join(parts) + "\n"


def list_severities(rule: str) -> list[str]:
    """The severities that a rule can give, the worst first."""
    found = frozenset().union(*(origin.severities for origin in find_origins()[rule]))
    return [severity for severity in SEVERITIES if severity in found]


def _write_overview() -> str:
    lines = ["| rule | severity | looks at |", "| --- | --- | --- |"]
    for sections in HEADINGS.values():
        for section in sections:
            tables = "; ".join(dict.fromkeys(origin.tables for origin in find_origins()[section.rule]))
            lines.append(
                f"| [{section.rule}](#{section.rule}) | {', '.join(list_severities(section.rule))} | {tables} |"
            )
    return "\n".join(lines)


def _write_section(section: Section, printed: str) -> str:
    origins = find_origins()[section.rule]
    functions = ", ".join(f"`{origin.function}`" for origin in origins)
    tables = "; ".join(dict.fromkeys(origin.tables for origin in origins))
    trained = f"inspected, then trained for {section.epochs} epochs" if section.epochs else "inspected before training"
    on_backend = {"jax": ", on JAX", "torch": ", on torch"}.get(section.backend, "")
    return "\n\n".join(
        [
            f"### {section.rule}",
            section.meaning.sees,
            f"**Looks at** {tables} ({functions}).",
            f"**Severity.** {section.meaning.severity}",
            _write_thresholds([t for name, t in list_thresholds().items() if name in section.meaning.thresholds]),
            _write_picture(section),
            f"**Sick: `{section.sick}`**, {trained}{on_backend}:",
            f"```text\n{printed}\n```",
            f"**Healthy: `{section.healthy}`.** {section.silent}",
            _write_own_remedies(section.rule),
        ]
    )


def _write_thresholds(thresholds: list[Threshold]) -> str:
    if not thresholds:
        return "**Thresholds:** none; it is there or it is not."
    lines = ["| threshold | default | source |", "| --- | --- | --- |"]
    lines += [f"| `{t.name}` | {t.default:g} | {t.source.replace('|', '&#124;')} |" for t in thresholds]
    return "\n".join(lines)


def _write_picture(section: Section) -> str:
    if section.draw is None:
        return f"*{section.caption}*"
    shown = f"{section.rule.replace('_', ' ')}: {section.sick} at the left, {section.healthy} at the right"
    return f"![{shown}](images/rules/{section.rule}.png)\n*{section.caption}*"


def _write_own_remedies(rule: str) -> str:
    if reason := explain_no_remedy(rule):
        return f"**Remedies:** none. {reason}"
    return f"**Remedies**, in the order of trial: {', '.join(list_remedies(rule))}."


def _write_remedies() -> str:
    names = dict.fromkeys(name for rule in SECTIONS for name in list_remedies(rule))
    lines = ["## The remedies", "", "What `vg.cure` does for each, by trial (see [cure.md](cure.md)).", ""]
    lines += ["| remedy | what it does |", "| --- | --- |"]
    lines += [f"| {name} | {explain_remedy(name)} |" for name in names]
    return "\n".join(lines)
