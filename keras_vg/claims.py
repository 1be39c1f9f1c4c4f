"""Verdicts on textbook claims: what was claimed, what was measured, and whether the two agree."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rich.console import Console
from rich.padding import Padding

Outcome: TypeAlias = Literal["holds", "holds in part", "does not hold"]

_STYLES: dict[Outcome, str] = {
    "holds": "bold green",
    "holds in part": "bold yellow",
    "does not hold": "bold red",
}


@dataclass(frozen=True)
class Verdict:
    """What a reproduction says of one claim.

    Attributes:
        claim: The claim's id, e.g. `"A1"`.
        statement: What is claimed.
        outcome: `"holds"`, `"holds in part"` or `"does not hold"`.
        evidence: What was measured, in figures.
        rule: How the figures decide.
    """

    claim: str
    statement: str
    outcome: Outcome
    evidence: str
    rule: str


def decide(holds: bool, in_part: bool = False) -> Outcome:
    """Names an outcome.

    Args:
        holds: Whether the claim holds.
        in_part: Whether, if it does not, it holds in part.

    Returns:
        The outcome's name.
    """
    return "holds" if holds else "holds in part" if in_part else "does not hold"


def print_verdicts(verdicts: Iterable[Verdict], console: Console) -> None:
    """Prints each verdict with its figures and its rule.

    Args:
        verdicts: The verdicts, in order.
        console: Where to print.
    """
    for verdict in verdicts:
        console.print(f"[bold]{verdict.claim}[/] {verdict.statement} [{_STYLES[verdict.outcome]}]{verdict.outcome}[/]")
        console.print(Padding(verdict.evidence, (0, 0, 0, 3)), highlight=False)
        console.print(Padding(f"Rule: {verdict.rule}", (0, 0, 0, 3)), style="dim", highlight=False)
