"""All reproductions in one run, and one page of what they found."""

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
    """What one reproduction found.

    Attributes:
        reproduction: Which one.
        verdicts: Its verdicts.
        seconds: How long it took.
    """

    reproduction: Reproduction
    verdicts: Sequence[Verdict]
    seconds: float

    def list_surprises(self) -> list[str]:
        """One line for each claim whose verdict is not the expected one, and for each that has none."""
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
    """Runs reproductions, each in a folder of its own, and writes `RESULTS.md` about them.

    Args:
        claims: Ids of claims, or names of reproductions; none for all.
        output: Folder for everything.
        seeds: Number of seeds where there is chance; None for each one's default, at least 5.
        jobs: Number of processes; see `keras_vg.grids.run_grid`.
        quick: Whether to leave out what takes long and no verdict needs.

    Returns:
        The results.

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
            progress.stop()  # it shows its own progress
            start = time.monotonic()
            verdicts = reproduction.run(output / reproduction.name, seeds, jobs, quick)
            results.append(Result(reproduction, verdicts, time.monotonic() - start))
            # After each one, so that an interrupt costs no more than the one it hits.
            (output / "RESULTS.md").write_text(write_page(results, quick), encoding="utf-8")
            progress.start()
            progress.advance(bar)
    return results


def write_page(results: Sequence[Result], quick: bool) -> str:
    """Words results as one Markdown page: a table of all claims, then rules and pictures.

    Args:
        results: What `reproduce` found.
        quick: Whether it was the quick set.

    Returns:
        The page.
    """
    minutes = sum(result.seconds for result in results) / 60
    command = "python scripts/reproduce_all.py" + (" --quick" if quick else "")
    lines = [
        "# What was measured of each claim",
        "",
        f"Written by `{command}`, which took {minutes:.0f} minutes. Figures of several seeds: median (smallest to",
        "largest).",
        "",
        "| claim | what is claimed | verdict | what was measured | command |",
        "| --- | --- | --- | --- | --- |",
    ]
    in_order = sorted(
        ((verdict, result) for result in results for verdict in result.verdicts), key=lambda pair: pair[0].claim
    )
    for verdict, result in in_order:
        cells = (verdict.claim, verdict.statement, f"**{verdict.outcome}**", verdict.evidence)
        lines.append(f"| {' | '.join(map(_escape, cells))} | `{result.reproduction.command}` |")
    lines += ["", "## How the figures decide", ""]
    lines += [f"- {verdict.claim} {_escape(verdict.rule)}" for verdict, _ in in_order]
    lines += ["", "## Pictures", ""]
    for result in results:
        name = result.reproduction.name
        lines += [f"![{name.replace('_', ' ')}]({name}/{name}.png)", ""]
    return "\n".join(lines)


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
