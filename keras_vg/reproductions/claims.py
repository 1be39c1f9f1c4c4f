"""Verdicts on textbook claims: the claim, the measurement, and whether they agree."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

Outcome: TypeAlias = Literal["holds", "holds in part", "does not hold"]

_STYLES: dict[Outcome, str] = {
    "holds": "bold green",
    "holds in part": "bold yellow",
    "does not hold": "bold red",
}


@dataclass(frozen=True)
class Verdict:
    """The result of a reproduction for one claim.

    Attributes:
        claim: The claim's id, e.g. `"A1"`.
        statement: What is claimed.
        outcome: `"holds"`, `"holds in part"` or `"does not hold"`.
        evidence: The measured values, as a sentence.
        rule: How the outcome follows from the measured values.
    """

    claim: str
    statement: str
    outcome: Outcome
    evidence: str
    rule: str


def decide(holds: bool, in_part: bool = False) -> Outcome:
    """Turns the conditions of a rule into an outcome.

    Args:
        holds: Whether the claim holds.
        in_part: Whether the claim holds in part; only used if `holds` is false.

    Returns:
        The outcome.
    """
    return "holds" if holds else "holds in part" if in_part else "does not hold"


def print_verdicts(verdicts: Iterable[Verdict], console: Console) -> None:
    """Prints each verdict with its evidence and its rule.

    Args:
        verdicts: The verdicts, in order.
        console: Where to print.
    """
    for verdict in verdicts:
        console.print(f"[bold]{verdict.claim}[/] {verdict.statement} [{_STYLES[verdict.outcome]}]{verdict.outcome}[/]")
        console.print(Padding(verdict.evidence, (0, 0, 0, 3)), highlight=False)
        console.print(Padding(f"Rule: {verdict.rule}", (0, 0, 0, 3)), style="dim", highlight=False)


def describe(values: "pd.Series[float]") -> str:
    """Formats a value measured for several seeds: the median and, in brackets, the range.

    Args:
        values: One value per seed.

    Returns:
        E.g. `"0.00844 (0.000429 to 0.0111)"`.

    Example:
        >>> vg.claims.describe(pd.Series([1.0, 2.0, 1234.5]))
        '2 (1 to 1,234)'
    """
    return f"{show(values.median())} ({show(values.min())} to {show(values.max())})"


def show(value: float) -> str:
    """Formats a number with three digits; from 100 to a million it is rounded to an integer, without an exponent."""
    return f"{value:,.0f}" if 100 <= abs(value) < 1e6 else f"{value:.3g}"


def print_table(table: pd.DataFrame, title: str, console: Console) -> None:
    """Prints a table, with its index if the index has a name; floats are shown with four digits.

    Args:
        table: The table.
        title: Its heading.
        console: Where to print.
    """
    shown = Table(box=None)
    flat = table if table.index.names == [None] else table.reset_index()
    for heading, dtype in flat.dtypes.items():
        shown.add_column(str(heading), justify="right" if dtype.kind in "fi" else "left", overflow="fold")
    for row in flat.itertuples(index=False):
        shown.add_row(*(f"{cell:.4g}" if isinstance(cell, float) else escape(str(cell)) for cell in row))
    console.print(f"[bold]{title}[/]", highlight=False)
    console.print(shown, "", highlight=False)
