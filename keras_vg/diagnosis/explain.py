"""What a rule is about, in words: what it sees, its thresholds and their sources, what explains it, what cures it."""

import difflib
import functools
import inspect
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from keras_vg.diagnosis.explanations import EDGES
from keras_vg.diagnosis.meanings import MEANINGS
from keras_vg.diagnosis.thresholds import Thresholds


@dataclass(frozen=True)
class Threshold:
    """A value from which a rule calls something a fault.

    Attributes:
        name: As `diagnose` takes it.
        default: Its value.
        source: Where that comes from.
    """

    name: str
    default: float
    source: str


@functools.cache
def list_thresholds() -> dict[str, Threshold]:
    """Reads the thresholds with their sources from the docstring of `Thresholds`."""
    text = inspect.cleandoc(Thresholds.__doc__ or "").split("Attributes:\n")[1]
    found = re.findall(r"^    (\w+): (.*(?:\n      .*)*)", text, re.MULTILINE)
    sources = {name: " ".join(source.split()) for name, source in found}
    return {f.name: Threshold(f.name, float(f.default), sources[f.name]) for f in fields(Thresholds)}  # type: ignore[arg-type]


def find_rule(name: str) -> str:
    """Finds a rule.

    Args:
        name: Its name, as in `Finding.rule`, or as a finding is printed, with spaces.

    Returns:
        Its name.

    Raises:
        ValueError: If there is none.
    """
    rule = name.strip().lower().replace(" ", "_").replace("-", "_")
    if rule not in MEANINGS:
        nearest = difflib.get_close_matches(rule, MEANINGS, n=3, cutoff=0.4)
        known = f"Did you mean {', '.join(map(repr, nearest))}?" if nearest else f"The rules are {', '.join(MEANINGS)}."
        raise ValueError(f"There must be a rule of this name. Received: {name!r}. {known}")
    return rule


def explain(rule: str, remedies: Sequence[str] = (), no_remedy: str = "", width: int = 80) -> str:
    """Explains a rule.

    Args:
        rule: Its name.
        remedies: The names of the remedies that `cure` tries for it.
        no_remedy: Why there is none.
        width: Characters in a line.

    Returns:
        What it sees, when it is an error, its thresholds, what it explains and what explains it, and the remedies.

    Example:
        >>> print(explain("constant_labels").split(chr(10))[0])
        constant_labels
    """
    meaning, thresholds = MEANINGS[rule], list_thresholds()
    blocks = [rule, meaning.sees, f"Severity. {meaning.severity}"]
    if meaning.thresholds:
        blocks.append("Thresholds, each a keyword of `diagnose`:")
        blocks += [f"  {t} = {thresholds[t].default:g}: {thresholds[t].source}" for t in meaning.thresholds]
    for title, reasons in (("May follow from:", _list_causes(rule)), ("May explain:", _list_consequences(rule))):
        if reasons:
            blocks += [title, *(f"  {names}: {reason}" for names, reason in reasons)]
    if remedies:
        blocks.append(
            f"Remedies that `keras_vg.cure` tries, in the order of trial: {', '.join(dict.fromkeys(remedies))}."
        )
    elif no_remedy:
        blocks.append(f"No remedy. {no_remedy}")
    return "\n".join(_fold(block, width) for block in _space(blocks))


def make_record(rule: str, remedies: Sequence[str] = ()) -> dict[str, Any]:
    """Makes plain values of what `explain` says, as `--json` prints them."""
    meaning, thresholds = MEANINGS[rule], list_thresholds()
    return {
        "rule": rule,
        "sees": meaning.sees,
        "severity": meaning.severity,
        "thresholds": [vars(thresholds[name]) for name in meaning.thresholds],
        "causes": sorted({edge.cause for edge in EDGES if rule in edge.consequences}),
        "consequences": sorted({name for edge in EDGES if edge.cause == rule for name in edge.consequences}),
        "remedies": list(dict.fromkeys(remedies)),
    }


def _list_causes(rule: str) -> list[tuple[str, str]]:
    """The rules that explain this one, those of the same reasons together."""
    return _join([(edge.cause, edge.reason) for edge in EDGES if rule in edge.consequences])


def _list_consequences(rule: str) -> list[tuple[str, str]]:
    """The rules that this one explains, those of the same reasons together."""
    return _join([(name, edge.reason) for edge in EDGES if edge.cause == rule for name in edge.consequences])


def _join(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Joins the reasons of each rule, and the rules of the same reasons, so that each is listed once."""
    reasons: dict[str, dict[str, None]] = {}
    for rule, reason in pairs:
        reasons.setdefault(rule, {})[reason] = None
    rules: dict[str, list[str]] = {}
    for rule, own in reasons.items():
        rules.setdefault(" ".join(own), []).append(rule)
    return [(", ".join(names), reason) for reason, names in rules.items()]


def _space(blocks: Sequence[str]) -> list[str]:
    """Puts an empty line before each block that is not indented."""
    return [line for i, block in enumerate(blocks) for line in ([""] if i and block[0] != " " else []) + [block]]


def _fold(text: str, width: int) -> str:
    if not text.startswith("  "):
        return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
    return textwrap.fill(
        text.strip(),
        width,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
