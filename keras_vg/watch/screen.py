"""The whole view as lines of text: the runs side by side, the findings below them, and the keys."""

import textwrap
from dataclasses import dataclass

import numpy as np

from keras_vg.diagnosis.findings import Severity, describe, describe_consequences, describe_evidence
from keras_vg.watch.cells import BLOCKS, FRACTION_SCALE, Scale, Symbols, make_scale
from keras_vg.watch.lines import Line
from keras_vg.watch.measurements import FRACTIONS, Metric
from keras_vg.watch.panel import HEAD, draw_panel
from keras_vg.watch.runs import Watch, WatchedRun

NARROWEST_PANEL = 38

SEVERITY_STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "info": "cyan"}

_GAP = 2
_KEYS = "q quit  up/down layer  left/right run  m map: {metric}  s picture"


@dataclass
class Selection:
    """What the keys have chosen.

    Attributes:
        layer: The index of the marked layer among those of the chosen run.
        run: The index of the chosen run.
        metric: What the heat map shows; None for each run's first metric.
        message: What the last key did, for people; shown instead of the keys.
    """

    layer: int = 0
    run: int = 0
    metric: Metric | None = None
    message: str = ""


def draw_screen(watch: Watch, selection: Selection, width: int, height: int, symbols: Symbols = BLOCKS) -> list[Line]:
    """Draws the view.

    Args:
        watch: The runs.
        selection: What the keys have chosen; it is corrected where there is no such run or layer (any more).
        width: Cells in a line.
        height: The most lines.
        symbols: The terminal's characters.

    Returns:
        At most `height` lines, each at most `width` cells wide.
    """
    runs = watch.runs
    selection.run = min(max(selection.run, 0), max(len(runs) - 1, 0))
    layers = len(runs[selection.run].depths) if runs else 0
    needed = len(watch.list_findings()) + len(watch.notes)
    most = max(2, min(needed, height // 3), height - 2 - HEAD - 1 - layers)
    findings = draw_findings(watch, width, most)
    room = max(1, height - 2 - len(findings) - HEAD - 1)
    lines: list[Line] = []
    if runs:
        depths = runs[selection.run].depths
        selection.layer = min(max(selection.layer, 0), max(len(depths) - 1, 0))
        first = min(max(0, selection.layer - room // 2), max(0, len(depths) - room))
        count = max(1, min(len(runs), (width + _GAP) // (NARROWEST_PANEL + _GAP)))
        start = min(max(0, selection.run - count // 2), len(runs) - count)
        shown = runs[start : start + count]
        metrics, scale = choose_maps(shown, selection)
        marked = (runs[selection.run], depths[selection.layer]) if depths else None
        lines += _join_panels(shown, depths[first : first + room], metrics, scale, width, symbols, marked)
        note = f"runs {start + 1}-{start + count} of {len(runs)}" if count < len(runs) else _count(len(runs), "run")
        note += f", layers {first + 1}-{first + room} of {len(depths)}" if room < len(depths) else ""
    else:
        note, metrics, scale = "no run yet", [None], make_scale(np.empty(0))
    metric = next((metric for metric in metrics if metric is not None), None)
    lines.insert(0, _draw_title(note, metric, scale, width, symbols))
    lines += [Line()] * max(0, height - 1 - len(findings) - len(lines))
    lines += findings
    lines.append(Line(selection.message or _KEYS.format(metric=metric or "none"), "reverse"))
    for line in lines:
        line.fit(width, symbols.rest)
    return lines[:height]


def draw_state(watch: Watch, width: int, symbols: Symbols = BLOCKS) -> list[Line]:
    """Draws all layers of all runs and all findings with their advice, to be printed once.

    Args:
        watch: The runs.
        width: Cells in a line.
        symbols: The terminal's characters.

    Returns:
        The lines.
    """
    count = max(1, (width + _GAP) // (NARROWEST_PANEL + _GAP))
    metrics, scale = choose_maps(watch.runs, Selection())
    metric = next((metric for metric in metrics if metric is not None), None)
    lines = [_draw_title(_count(len(watch.runs), "run"), metric, scale, width, symbols)]
    for start in range(0, len(watch.runs), count):
        shown = watch.runs[start : start + count]
        depths = sorted({depth for run in shown for depth in run.depths})
        metrics, _ = choose_maps(shown, Selection())
        lines += [*_join_panels(shown, depths, metrics, scale, width, symbols, None), Line()]
    lines += draw_findings(watch, width, None)
    return lines


def draw_findings(watch: Watch, width: int, most: int | None) -> list[Line]:
    """Draws the findings of all runs, the worst first, and what is to be said about files.

    Args:
        watch: The runs.
        width: Cells in a line.
        most: The most lines; None for all.

    Returns:
        The lines. Behind each finding are its consequences, evidence and advice, as far as there is room, for the
        worst first.
    """
    blocks: list[list[Line]] = []
    for run, finding in watch.list_findings():
        line = Line(finding.severity, SEVERITY_STYLES[finding.severity])
        line.add(f" {run}: " if len(watch.runs) > 1 else " ").add(describe(finding), "bold")
        texts = (describe_consequences(finding), describe_evidence(finding), finding.advice)
        blocks.append([line, *(Line(f"    {part}") for text in texts for part in textwrap.wrap(text, width - 4))])
    notes = [Line(note, "dim") for note in watch.notes]
    notes += [Line(f"{run.name} is not judged: {run.judge.reason}", "dim") for run in watch.runs if run.judge.reason]
    if not blocks:
        nothing = "no findings" if any(run.judge.findings is not None for run in watch.runs) else "nothing judged yet"
        blocks = [[Line(nothing, "dim")]]
    if most is None:
        return [line for block in blocks for line in block] + notes
    notes = notes[: max(1, most // 3)]
    room = most - len(notes)
    if len(blocks) > room:
        left = len(blocks) - room + 1
        return [block[0] for block in blocks[: room - 1]] + [Line(f"... and {left} more findings", "dim")] + notes
    lines, spare = [], room - len(blocks)
    for block in blocks:
        taken = block[: 1 + spare]
        spare -= len(taken) - 1
        lines += taken
    return lines + notes


def _join_panels(
    runs: list[WatchedRun],
    depths: list[int],
    metrics: list[Metric | None],
    scale: Scale,
    width: int,
    symbols: Symbols,
    marked: tuple[WatchedRun, int] | None,
) -> list[Line]:
    """Draws runs side by side, all with the same layers and on the same scale."""
    width_of_one = (width - _GAP * (len(runs) - 1)) // len(runs)
    chosen, layer = marked or (None, None)
    panels = [
        draw_panel(
            run, depths, layer, width_of_one, metric or "gradient", scale, symbols, run is chosen and len(runs) > 1
        )
        for run, metric in zip(runs, metrics, strict=True)
    ]
    lines = []
    for row in zip(*panels, strict=True):
        line = Line()
        for index, part in enumerate(row):
            line.add(" " * _GAP if index else "").join(part.fit(width_of_one))
        lines.append(line)
    return lines


def choose_maps(runs: list[WatchedRun], selection: Selection) -> tuple[list[Metric | None], Scale]:
    """Chooses what the heat maps show.

    Args:
        runs: The runs that are side by side.
        selection: What the keys have chosen.

    Returns:
        The metric of each run: the chosen one, or the first that its logs have; and the scale of all maps.
    """
    metrics = [selection.metric if selection.metric in run.metrics else next(iter(run.metrics), None) for run in runs]
    if metrics and metrics[0] in FRACTIONS:
        return metrics, FRACTION_SCALE
    grids = [run.get_grid(metric) for run, metric in zip(runs, metrics, strict=True) if metric is not None]
    values = [grid.values.ravel() for grid in grids if grid is not None]
    return metrics, make_scale(np.concatenate(values) if values else np.empty(0))


def _draw_title(note: str, metric: Metric | None, scale: Scale, width: int, symbols: Symbols) -> Line:
    line = Line("keras-vg watch", "bold").add(f"  {note}")
    if metric is not None:
        low, high = (f"{value:.0%}" if metric in FRACTIONS else f"{value:.0e}" for value in (scale.low, scale.high))
        legend = f"{metric}: {symbols.levels[0]} {low} {symbols.levels[-1]} {high}"
        meanings = f" {symbols.zero} zero {symbols.broken} not finite" if scale.is_log else ""
        room = width - line.width - len(legend) - 2
        legend += meanings if len(meanings) <= room else ""
        line.add(" " * max(2, width - line.width - len(legend))).add(legend)
    return line


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
