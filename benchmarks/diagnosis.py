"""Judges the rules by labelled programs: how many sick ones are found, and how many healthy ones are called sick."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import gc
import time
import warnings
from typing import Annotated, Any

import keras
import numpy as np
import pandas as pd
import typer
from rich.console import Console
from rich.progress import track

from keras_vg.diagnosis.evidence import Evidence
from keras_vg.diagnosis.findings import Findings
from keras_vg.diagnosis.rules import judge, make_thresholds
from keras_vg.diagnosis.training import measure_oscillation
from keras_vg.logs.layers import measure_layers
from labelled_programs import STRENGTHS, Half, Program, run_program, select

console = Console(width=160)

FIGURES = ["loss_falls_per_step", "relative_spread", "update_ratio", "gradient_ratio", "loss_over_baseline"]
FIGURES += ["falls_undone", "swing"]
COLUMNS = {
    "error": "error",
    "cause_as_error": "cause, as error",
    "cause": "cause, as error or warning",
    "error_before": "error before training",
    "cause_before": "cause before training",
}


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Seeds per program.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of training, of programs that do not say it.")] = 3,
    half: Annotated[Half, typer.Option(help="Programs that rules were set on, those kept out of sight, or both.")] = (
        Half.both
    ),
    theme: Annotated[str, typer.Option(help="Only programs of this theme.")] = "",
    match: Annotated[str, typer.Option(help="Only programs whose name holds this.")] = "",
    every: Annotated[int, typer.Option(min=1, help="Only every so many of these programs.")] = 1,
    figures: Annotated[bool, typer.Option(help="Print what the thresholds were set by, program by program.")] = False,
) -> None:
    """Inspects and trains every labelled program for a few epochs, and prints who was judged rightly."""
    warnings.simplefilter("ignore")  # what Keras says of faulty programs
    chosen = [(program, seed) for program in select(half, theme, match)[::every] for seed in range(seeds)]
    if not chosen:
        raise typer.BadParameter(f"No program is chosen. Received: half={half.value}, theme={theme!r}, match={match!r}")
    gc.freeze()  # what is imported stays; each `clear_session` would look through all of it
    start, rows = time.perf_counter(), []
    for program, seed in track(chosen, "Training", console=Console(stderr=True)):
        rows.append(_describe(program, seed) | _try_program(program, seed, epochs))
    table = pd.DataFrame(rows)
    if figures:
        console.print(table.sort_values(["sick", FIGURES[0]])[["program", *FIGURES]].to_string(float_format="%.2g"))
    for held_out, part in table.groupby("held_out"):
        _print_half("held out of sight" if held_out else "seen by those who set the rules", part)
    console.print(f"{len(table)} runs in {time.perf_counter() - start:.0f} s, {keras.backend.backend()}")


def _describe(program: Program, seed: int) -> dict[str, Any]:
    return {
        "program": program.name,
        "theme": program.theme or "first programs",
        "seed": seed,
        "sick": program.is_sick,
        "unnamed": program.unnamed,
        "label": program.label,
        "strength": program.strength,
        "held_out": program.held_out,
    }


def _try_program(program: Program, seed: int, epochs: int) -> dict[str, Any]:
    """What is said of a program; one that raises has no finding, and is printed among those judged wrongly."""
    try:
        evidence = run_program(program, seed, epochs)
    except Exception as error:
        nothing = dict.fromkeys([*COLUMNS, "alarm"], False) | dict.fromkeys(FIGURES, np.nan)
        return nothing | {"said": f"RAISED {type(error).__name__}: {str(error)[:200]}", "raised": True}
    return _judge(program, evidence) | {"raised": False}


def _judge(program: Program, evidence: Evidence) -> dict[str, Any]:
    thresholds = make_thresholds()
    before = judge(Evidence(inspection=evidence.inspection), thresholds)
    after = judge(evidence, thresholds)
    return {
        "cause": _names(after, program, "error", "warning"),
        "cause_as_error": _names(after, program, "error"),
        "cause_before": _names(before, program, "error", "warning"),
        "error": not after.is_healthy,
        "error_before": not before.is_healthy,
        "alarm": any(finding.severity != "info" for finding in after),
        "said": ", ".join(f"{finding.rule} ({finding.severity})" for finding in after),
        **_measure(evidence),
    }


def _names(findings: Findings, program: Program, *severities: str) -> bool:
    """Whether a finding of these severities names the fault rightly."""
    return any(finding.rule in program.label and finding.severity in severities for finding in findings)


def _measure(evidence: Evidence) -> dict[str, float]:
    """The figures by which sick and healthy are told apart."""
    assert evidence.inspection is not None
    seen = evidence.inspection
    kernels = seen.gradients[seen.gradients["weight"].str.contains("kernel") & (seen.gradients["weight_norm"] > 0)]
    baseline = np.float64(seen.outputs["baseline"].sum(skipna=False))
    assert evidence.history is not None
    falls_undone, swing = measure_oscillation(evidence.history["loss"].to_numpy("float64"))
    loss, after = np.float64(seen.setup["loss"]), seen.setup["loss_after"]
    with np.errstate(all="ignore"):
        return {
            "loss_falls_per_step": float((loss - after) / np.fmax(loss, baseline)),
            "relative_spread": float((seen.outputs["prediction_std"] / seen.outputs["prediction_size"]).min()),
            "update_ratio": float(kernels["update_ratio"].max()),
            "gradient_ratio": float(measure_layers(seen.gradients).ratio[0]),
            "loss_over_baseline": float(loss / baseline),
            "falls_undone": falls_undone,
            "swing": swing,
        }


def _print_half(title: str, table: pd.DataFrame) -> None:
    sick, healthy = table[table["sick"]], table[~table["sick"]]
    console.rule(f"{title}: {len(sick)} sick runs, {len(healthy)} healthy ones")
    themes = [(theme, part) for theme, part in table.groupby("theme", sort=False)]
    summary = pd.DataFrame([_summarize(theme, part) for theme, part in [*themes, ("all", table)]])
    console.print(summary.to_string(index=False))
    console.print(_by_strength(sick), highlight=False)
    found, false = int(sick["error"].sum()), int(healthy["error"].sum())
    console.print(f"precision of errors: {found / max(found + false, 1):.3f}")
    _print_wrong("sick, no error", sick[~sick["error"]])
    _print_wrong("sick, an error, but its cause is not named", sick[sick["error"] & ~sick["cause"] & ~sick["unnamed"]])
    as_warning = sick["error"] & sick["cause"] & ~sick["cause_as_error"] & ~sick["unnamed"]
    _print_wrong("sick, an error, and its cause named below an error", sick[as_warning])
    _print_wrong("healthy, an error", healthy[healthy["error"]])
    _print_wrong("healthy, raised", healthy[healthy["raised"]])


def _summarize(theme: Any, table: pd.DataFrame) -> dict[str, Any]:
    """Counts of one theme: of sick runs how many were found, of healthy ones how many were called sick."""
    sick, healthy = table[table["sick"]], table[~table["sick"]]
    nameable = sick[~sick["unnamed"]]
    counts = {
        title: f"{int(part[column].sum())} of {len(part)}"
        for column, title in COLUMNS.items()
        for part in [nameable if column.startswith("cause") else sick]
    }
    return {"theme": theme, **counts, "healthy: error": f"{int(healthy['error'].sum())} of {len(healthy)}"}


def _by_strength(sick: pd.DataFrame) -> str:
    parts = [(strength, sick[sick["strength"] == strength]) for strength in STRENGTHS]
    return "error by strength: " + ", ".join(f"{name}: {int(p['error'].sum())} of {len(p)}" for name, p in parts)


def _print_wrong(title: str, rows: pd.DataFrame) -> None:
    for row in rows.to_dict("records"):
        label = f", to be named: {' or '.join(row['label'])}" if row["label"] else ""
        where = f"[{row['theme']}] {row['program']} (seed {row['seed']})"
        console.print(f"{title}: {where}: {row['said'] or 'nothing found'}{label}", highlight=False, markup=False)


if __name__ == "__main__":
    typer.run(main)
