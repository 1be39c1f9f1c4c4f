"""What a report says of a run in one line: its state, its worst finding, and where in the model that begins."""

from dataclasses import dataclass

import pandas as pd

from keras_vg.diagnosis.findings import SEVERITIES, Finding, Findings, describe
from keras_vg.logs.runs import RunLogs

_WORDS = {"healthy": "healthy", "sick": "sick", "unjudged": "not judged"}


@dataclass(frozen=True)
class Cell:
    """One layer in the strip of a model's layers.

    Attributes:
        layer: Its name.
        severity: That of the worst finding about it; `""` for none.
        is_first: Whether the worst finding of all begins here.
    """

    layer: str
    severity: str
    is_first: bool


@dataclass(frozen=True)
class Overview:
    """One run in one line.

    Attributes:
        state: `"healthy"`, `"sick"` or `"unjudged"`.
        word: The state as it is shown.
        summary: The worst finding, and where it begins; `""` if there is none.
        strip: The layers in call order; empty if the logs name none.
    """

    state: str
    word: str
    summary: str
    strip: tuple[Cell, ...]


def make_overview(run: RunLogs, findings: Findings, is_judged: bool) -> Overview:
    """Makes the line of one run.

    Args:
        run: The run's logs.
        findings: What was found in them, the worst first.
        is_judged: Whether the logs are of a type that can be judged.

    Returns:
        The line.
    """
    state = findings.verdict.replace("not judged", "unjudged") if is_judged else "unjudged"
    names = _list_layers(run)
    worst = next((f for f in findings if f.severity != "info"), None)
    first = next((name for name in worst.layers if name in names), None) if worst else None
    severities: dict[str, str] = {}
    # A layer that only has what follows from a fault elsewhere is marked, too; the worse of two marks stays.
    for finding in sorted(findings.list_all(), key=lambda f: SEVERITIES.index(f.severity)):
        for layer in finding.layers:
            severities.setdefault(layer, finding.severity)
    strip = tuple(Cell(name, severities.get(name, ""), name == first) for name in names)
    return Overview(state, _WORDS[state], _summarise(worst, first, names), strip)


def _summarise(worst: Finding | None, first: str | None, names: list[str]) -> str:
    if worst is None:
        return ""
    if first is None or len(names) < 2:
        return describe(worst)
    return f"{describe(worst)}; begins in layer {names.index(first) + 1} of {len(names)}"


def _list_layers(run: RunLogs) -> list[str]:
    """Names the layers with weights in call order; for want of gradients, those whose outputs were logged."""
    table: pd.DataFrame | None = run.tables.get("gradients", run.tables.get("activations"))
    if table is None:
        return []
    rows = table[table["depth"] >= 0].drop_duplicates(["depth", "layer"]).sort_values("depth", kind="stable")
    return [str(name) for name in rows["layer"]]
