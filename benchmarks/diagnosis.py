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

from keras_vg.diagnosis.findings import Findings
from keras_vg.diagnosis.loss_curve import measure_oscillation
from keras_vg.logs.layers import measure_layers
from labelled_programs import STRENGTHS, Half, Program, Watched, select, watch_program

console = Console(width=160)

FIGURES = ["loss_falls_per_step", "relative_spread", "update_ratio", "gradient_ratio", "loss_over_baseline"]
FIGURES += ["falls_undone", "swing", "total_update"]
COLUMNS = {
    "error": "error",
    "cause_as_error": "cause, as error",
    "cause": "cause, as error or warning",
    "error_before": "error before training",
    "cause_before": "cause before training",
}


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Seeds per program.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of training, of programs that do not say it.")] = 20,
    half: Annotated[Half, typer.Option(help="Programs that rules were set on, those kept out of sight, or both.")] = (
        Half.both
    ),
    theme: Annotated[str, typer.Option(help="Only programs of this theme.")] = "",
    match: Annotated[str, typer.Option(help="Only programs whose name holds this.")] = "",
    every: Annotated[int, typer.Option(min=1, help="Only every so many of these programs.")] = 1,
    figures: Annotated[bool, typer.Option(help="Print what the thresholds were set by, program by program.")] = False,
) -> None:
    """Inspects every labelled program, trains it under a guard, and prints who was judged rightly.

    What counts is what a user was told at any time: an error after one epoch counts even if the next ones take it back.
    """
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
    """What is said of a program; one that cannot be inspected has no finding, and is printed among those misjudged."""
    try:
        watched = watch_program(program, seed, epochs)
    except Exception as error:
        nothing = dict.fromkeys(COLUMNS, False) | dict.fromkeys(FIGURES, np.nan)
        return nothing | {"said": f"RAISED {type(error).__name__}: {str(error)[:200]}", "raised": True}
    said = [watched.before, *watched.during]
    return {
        "cause": any(_names(findings, program, "error", "warning") for findings in said),
        "cause_as_error": any(_names(findings, program, "error") for findings in said),
        "cause_before": _names(watched.before, program, "error", "warning"),
        "error": any(findings.verdict == "sick" for findings in said),
        "error_before": watched.before.verdict == "sick",
        "said": _describe_course(said) + f"; raised {watched.raised}" * bool(watched.raised),
        "raised": bool(watched.raised),
        **_measure(watched),
    }


def _names(findings: Findings, program: Program, *severities: str) -> bool:
    """Whether a finding of these severities names the fault rightly."""
    return any(finding.rule in program.label and finding.severity in severities for finding in findings)


def _describe_course(said: list[Findings]) -> str:
    """Each rule and severity once, with when it was first said."""
    first: dict[str, str] = {}
    for stage, findings in enumerate(said):
        when = "before" if stage < 2 else "at the end" if stage == len(said) - 1 else f"epoch {stage - 2}"
        for finding in findings:
            if finding.severity != "info":
                first.setdefault(f"{finding.rule} ({finding.severity})", when)
    return ", ".join(f"{what} {when}" for what, when in first.items())


def _measure(watched: Watched) -> dict[str, float]:
    """The figures by which sick and healthy are told apart; NaN where gradients could not be seen."""
    seen = watched.inspection
    if seen.gradients.empty:
        return dict.fromkeys(FIGURES, np.nan)
    kernels = seen.gradients[seen.gradients["weight"].str.contains("kernel") & (seen.gradients["weight_norm"] > 0)]
    baseline = np.float64(seen.outputs["baseline"].sum(skipna=False))
    falls_undone, swing = measure_oscillation(watched.losses)
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
            "total_update": watched.total_update,
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
