"""Findings, plots and tables of one or several runs as one HTML file that needs nothing else."""

import base64
import functools
import hashlib
import io
import math
import os
import re
import warnings
from collections.abc import Iterable, Mapping
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import matplotlib as mpl
import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from keras_vg import __version__
from keras_vg.diagnosis.findings import Findings, describe, describe_consequences, describe_evidence
from keras_vg.diagnosis.rules import diagnose
from keras_vg.logs.compare import compare
from keras_vg.logs.layers import VALUES, compare_ends, reduce_layers
from keras_vg.logs.runs import RunLogs, join_run_logs, read_run_logs
from keras_vg.logs.schemas import LOG_TYPES, LogType
from keras_vg.plots import choose_panels
from keras_vg.plots.panels import Panel
from keras_vg.plots.style import list_runs
from keras_vg.plots.trials import draw_trials
from keras_vg.report.overview import make_overview
from keras_vg.text import make_printable


def write_report(
    sources: Iterable[str | os.PathLike[str]] | str | os.PathLike[str],
    filename: str | os.PathLike[str],
    title: str = "Training report",
    cure: Any = None,
) -> None:
    """Writes a report of logs: the findings about each run, then plots, then tables that can be sorted.

    The file needs no other file and no network, and is the same for the same logs.

    Args:
        sources: Paths of logs of this package and of `keras.callbacks.CSVLogger`; `runs.read_run_logs` sorts them
            into runs.
        filename: The HTML file to write.
        title: The report's heading.
        cure: What `cure` returned, shown in a section of its own with its changes, code and trials; None for none.

    Raises:
        FileNotFoundError: If a log does not exist.
        ValueError: If there is neither a log nor a cure, or a log is of another type or has no rows.
        OSError: If the file cannot be written.

    Example:
        >>> vg.write_report(["sigmoid.csv", "relu.csv"], "report.html")
    """
    paths = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    if not paths and cure is None:
        raise ValueError(f"A report must have at least one log. Received: sources={sources!r}.")
    runs = read_run_logs(paths) if paths else []
    Path(filename).write_text(render_report(runs, title, cure), encoding="utf-8")


def render_report(
    runs: list[RunLogs], title: str = "Training report", cure: Any = None, reload_seconds: float | None = None
) -> str:
    """Renders a report.

    Args:
        runs: What `runs.read_run_logs` returned.
        title: The report's heading.
        cure: What `cure` returned, or None.
        reload_seconds: How often the page reloads itself in a browser, keeping its position; None for never.

    Returns:
        The HTML text.

    Example:
        >>> vg.report.render_report(vg.runs.read_run_logs(["sigmoid.csv"]))[:15]
        '<!doctype html>'
    """
    logs = {log_type: log for log_type in LOG_TYPES if (log := join_run_logs(runs, log_type)) is not None}
    template, script, reloader = _load_template()
    if reload_seconds is not None:
        script += reloader
    panels = [panel for log in logs.values() for panel in choose_panels(log)]
    tables = choose_tables(logs)
    if cure is not None:
        panels.insert(0, Panel("What each change does to the score", partial(draw_trials, cure.curves)))
        tables.insert(0, ("Trials of the cure", cure.trials))
    return template.render(
        title=title,
        version=__version__,
        runs=[_describe_run(run) for run in runs],
        cure=None if cure is None else _describe_cure(cure),
        plots=[{"title": panel.title, "data": _draw_svg(panel)} for panel in panels],
        tables=[_make_table(name, table) for name, table in tables],
        reload_seconds=reload_seconds,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _describe_run(run: RunLogs) -> dict[str, Any]:
    is_judged = set(run.tables) != {"deltas"}
    findings = diagnose(*run.tables.values()) if is_judged else Findings()
    return {
        "name": run.name,
        "overview": make_overview(run, findings, is_judged),
        "verdict": str(findings).split("\n", 1)[0] if is_judged else "not judged: changes of weights alone do not tell",
        "findings": [
            {
                "severity": f.severity,
                "what": describe(f),
                "evidence": describe_evidence(f),
                "advice": f.advice,
                "consequences": describe_consequences(f),
            }
            for f in findings
        ],
        "files": [(make_printable(str(path)), len(run.tables[log_type])) for log_type, path in run.paths.items()],
    }


def _describe_cure(cure: Any) -> dict[str, Any]:
    text = make_printable(str(cure))
    return {
        "state": "healthy" if cure.status in ("healthy", "proven") else "sick",
        "verdict": text.split("\n", 1)[0],
        "changes": cure.changes,
        "code": cure.code,
        "notes": cure.notes,
    }


def _draw_svg(panel: Panel) -> str:
    """Draws a plot as SVG in base64. In an image of its own, its text cannot be run as a script, nor its ids clash."""
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "keras_vg"}), warnings.catch_warnings():
        # The browser has fonts for the scripts that matplotlib's lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        panel.make_figure().savefig(buffer, format="svg", metadata={"Date": None}, dpi=100)
    return base64.b64encode(buffer.getvalue()).decode()


def choose_tables(logs: Mapping[LogType, pd.DataFrame]) -> list[tuple[str, pd.DataFrame]]:
    """Chooses the tables of a report: runs side by side per epoch, then each layer at the last epoch.

    Args:
        logs: Logs of one or several runs by type, each with a column `run`.

    Returns:
        The tables with their headings; the numbers are not rounded.

    Example:
        >>> log = vg.read_log("runs/sigmoid_vs_relu/*_gradients.csv")
        >>> [heading for heading, _ in vg.report.choose_tables({"gradients": log})][:2]
        ['Gradient RMS of the first layer, per epoch', 'Gradient RMS of the first and the last layer, per epoch']
    """
    tables: list[tuple[str, pd.DataFrame]] = []
    if "gradients" in logs:
        layers = reduce_layers(logs["gradients"])
        ends = compare_ends(logs["gradients"])
        cells = ends.pivot(index="epoch", columns="run", values="gradient_rms_first")[list_runs(ends)]
        tables.append(("Gradient RMS of the first layer, per epoch", _add_ratios(cells)))
        tables.append(("Gradient RMS of the first and the last layer, per epoch", ends))
        columns = ["run", "epoch", "depth", "layer", *VALUES]
        tables.append(("Gradients by layer, last epoch", _take_last_epoch(layers)[columns]))
    if "deltas" in logs:
        first = logs["deltas"][logs["deltas"]["depth"] == logs["deltas"]["depth"].min()]
        tables.append(
            (
                "Mean |delta| of the first layer, per epoch",
                _add_ratios(compare(first, "delta", by="epoch")[["delta"]].droplevel(0, "columns")),
            )
        )
    if "activations" in logs:
        tables.append(("Activations by layer, last epoch", _take_last_epoch(logs["activations"])))
    if "history" in logs:
        tables.append(("History", logs["history"]))
    return tables


def _add_ratios(cells: pd.DataFrame) -> pd.DataFrame:
    """Adds to a column per run each run's ratio to the first."""
    first = cells.columns[0]
    ratios = cells.iloc[:, 1:].div(cells[first], axis="index").add_suffix(f" / {first}")
    table = pd.concat([cells, ratios], axis="columns")
    table.insert(0, "epoch", cells.index, allow_duplicates=True)  # a run may be called `epoch`
    return table


def _take_last_epoch(log: pd.DataFrame) -> pd.DataFrame:
    return log[log["epoch"] == log.groupby("run", observed=True)["epoch"].transform("max")]


def _make_table(title: str, table: pd.DataFrame) -> dict[str, Any]:
    texts = [not pd.api.types.is_numeric_dtype(dtype) for dtype in table.dtypes]
    columns = [{"name": str(name), "is_text": text} for name, text in zip(table, texts, strict=True)]
    return {"title": title, "columns": columns, "rows": table.itertuples(index=False, name=None)}


def _mark_code(text: str) -> Markup:
    """Puts what is between backticks into `code` elements."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _format_cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return "NaN" if math.isnan(value) else f"{value:.4g}"
    return str(value)


@functools.cache
def _load_template() -> tuple[jinja2.Template, str, str]:
    """Returns the template of the page, the script in it, and the one that is added to a page that reloads itself."""
    folder = resources.files("keras_vg.report").joinpath("templates")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["format_cell"] = _format_cell
    environment.filters["code"] = _mark_code
    page, script, reloader = (
        folder.joinpath(name).read_text(encoding="utf-8") for name in ("report.html", "sort.js", "reload.js")
    )
    return environment.from_string(page), script, reloader
