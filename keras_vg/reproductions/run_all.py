"""Runs all reproductions and writes their verdicts to one Markdown page."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from keras_vg.reproductions import Reproduction, find_reproductions
from keras_vg.reproductions.claims import Verdict


@dataclass(frozen=True)
class Result:
    """The result of one reproduction.

    Attributes:
        reproduction: The reproduction.
        verdicts: Its verdicts.
        seconds: Its running time.
    """

    reproduction: Reproduction
    verdicts: Sequence[Verdict]
    seconds: float

    def list_surprises(self) -> list[str]:
        """One line for each claim whose outcome is not the expected one, or that has no verdict."""
        found = {verdict.claim: verdict.outcome for verdict in self.verdicts}
        return [
            f"{claim}: expected {expected!r}, found {found.get(claim, 'no verdict')!r} ({self.reproduction.command})"
            for claim, expected in self.reproduction.expected.items()
            if found.get(claim) != expected
        ]


def reproduce(
    claims: Sequence[str] = (),
    output: Path = Path("runs/results"),
    seeds: int | None = None,
    jobs: int | None = None,
    quick: bool = False,
) -> list[Result]:
    """Runs reproductions, each in a folder of its own, and writes their verdicts to `RESULTS.md`.

    Args:
        claims: Ids of claims, or names of reproductions; none for all.
        output: Folder for the page and the folders of the reproductions.
        seeds: Number of seeds of the reproductions that use random numbers; None for each one's default, at least 5.
        jobs: Number of processes; see `keras_vg.grids.run_grid`.
        quick: Whether to leave out measurements that take long and that no verdict needs.

    Returns:
        One result per reproduction.

    Raises:
        ValueError: If a claim is unknown.
    """
    chosen = find_reproductions(list(claims))
    console = Console()
    results = []
    with Progress(console=console) as progress:
        bar = progress.add_task("Reproducing", total=len(chosen))
        for reproduction in chosen:
            console.rule(reproduction.name)
            progress.stop()  # the reproduction shows a progress bar of its own
            start = time.monotonic()
            verdicts = reproduction.run(output / reproduction.name, seeds, jobs, quick)
            results.append(Result(reproduction, verdicts, time.monotonic() - start))
            # Written after each one, so that an interrupt loses only the reproduction that was running.
            (output / "RESULTS.md").write_text(write_page(results, quick), encoding="utf-8")
            progress.start()
            progress.advance(bar)
    return results


def write_page(results: Sequence[Result], quick: bool) -> str:
    """Formats results as one Markdown page: a table of all claims, then the rules and the pictures.

    Args:
        results: What `reproduce` returned.
        quick: Whether they are of a quick run; only the command that the page names depends on it.

    Returns:
        The page's text.
    """
    minutes = sum(result.seconds for result in results) / 60
    command = "python scripts/reproduce_all.py" + (" --quick" if quick else "")
    lines = [
        "# What was measured of each claim",
        "",
        f"Written by `{command}`, which took {minutes:.0f} minutes. Values over several seeds: median (smallest to",
        "largest).",
        "",
        "| claim | what is claimed | verdict | what was measured | command |",
        "| --- | --- | --- | --- | --- |",
    ]
    in_order = sorted(
        ((verdict, result) for result in results for verdict in result.verdicts),
        key=lambda pair: (pair[0].claim[0], int(pair[0].claim[1:])),
    )
    for verdict, result in in_order:
        cells = (verdict.claim, verdict.statement, f"**{verdict.outcome}**", verdict.evidence)
        lines.append(f"| {' | '.join(map(_escape, cells))} | `{result.reproduction.command}` |")
    lines += ["", "## The rules behind the verdicts", ""]
    lines += [f"- {verdict.claim} {_escape(verdict.rule)}" for verdict, _ in in_order]
    lines += ["", "## Pictures", ""]
    for result in results:
        name = result.reproduction.name
        lines += [f"![{name.replace('_', ' ')}]({name}/{name}.png)", ""]
    return "\n".join(lines)


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
