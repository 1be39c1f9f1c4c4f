"""Judges the rules by labelled programs: how many sick ones are found, and how many healthy ones are called sick."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reads it once, when it is first imported

import time
import warnings
from typing import Annotated, Any

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
from labelled_programs import PROGRAMS, Program, run_program

console = Console(width=160)

FIGURES = ["loss_falls_per_step", "relative_spread", "update_ratio", "gradient_ratio", "loss_over_baseline"]
FIGURES += ["falls_undone", "swing"]


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Seeds per program.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of training.")] = 3,
    match: Annotated[str, typer.Option(help="Only programs whose name holds this.")] = "",
    figures: Annotated[bool, typer.Option(help="Print what the thresholds were set by, program by program.")] = False,
) -> None:
    """Inspects and trains every labelled program for a few epochs, and prints who was judged rightly."""
    warnings.simplefilter("ignore")  # what Keras says of faulty programs
    chosen = [(program, seed) for program in PROGRAMS if match in program.name for seed in range(seeds)]
    start, rows = time.perf_counter(), []
    for program, seed in track(chosen, "Training", console=Console(stderr=True)):
        rows.append(_judge_program(program, seed, run_program(program, seed, epochs)))
    table = pd.DataFrame(rows)
    if figures:
        console.print(table.sort_values(["sick", FIGURES[0]])[["program", *FIGURES]].to_string(float_format="%.2g"))
    for held_out, part in table.groupby("held_out"):
        _print_confusion("held-out programs" if held_out else "programs that thresholds were set on", part)
    wrong = table[(table["sick"] & ~table["named"]) | (~table["sick"] & table["error"])]
    for row in wrong.itertuples():
        console.print(f"wrong: {row.program} (seed {row.seed}): {row.said or 'nothing found'}", highlight=False)
    console.print(f"{len(table)} runs in {time.perf_counter() - start:.0f} s")


def _judge_program(program: Program, seed: int, evidence: Evidence) -> dict[str, Any]:
    thresholds = make_thresholds()
    before = judge(Evidence(inspection=evidence.inspection), thresholds)
    after = judge(evidence, thresholds)
    return {
        "program": program.name,
        "seed": seed,
        "sick": bool(program.label),
        "strength": program.strength,
        "held_out": program.held_out,
        "named": _names(after, program),
        "named_before": _names(before, program),
        "error": not after.is_healthy,
        "alarm": any(finding.severity != "info" for finding in after),
        "said": ", ".join(f"{finding.rule} ({finding.severity})" for finding in after),
        **_measure(evidence),
    }


def _names(findings: Findings, program: Program) -> bool:
    """Whether a finding names the fault rightly."""
    return any(finding.rule in program.label for finding in findings)


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


def _print_confusion(title: str, table: pd.DataFrame) -> None:
    sick, healthy = table[table["sick"]], table[~table["sick"]]
    found, false = int(sick["error"].sum()), int(healthy["error"].sum())
    console.rule(f"{title}: {len(sick)} sick runs, {len(healthy)} healthy ones")
    matrix = pd.DataFrame(
        {
            "error": [found, false],
            "warning at most": [int(sick["alarm"].sum()) - found, int(healthy["alarm"].sum()) - false],
            "nothing": [int((~sick["alarm"]).sum()), int((~healthy["alarm"]).sum())],
        },
        index=["sick", "healthy"],
    )
    console.print(matrix.to_string())
    precision = found / max(found + false, 1)
    console.print(
        f"recall, fault named rightly: {sick['named'].mean():.3f} (before training {sick['named_before'].mean():.3f}); "
        f"as an error: {sick['error'].mean():.3f}; precision of errors: {precision:.3f}"
    )
    by_strength = sick.groupby("strength")["named"].agg(["mean", "size"])
    console.print(", ".join(f"{s}: {mean:.3f} of {size:.0f}" for s, mean, size in by_strength.itertuples()))


if __name__ == "__main__":
    typer.run(main)
