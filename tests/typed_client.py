"""A client of the package as mypy sees it from outside: right calls pass, and wrong ones are errors.

`.ci/run` checks it against the wheel with `mypy --strict`, where an ignored error that is none is an error itself.
"""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

import keras_vg as vg


def judge(folder: Path) -> list[str]:
    """Reads logs and judges them, with the types that the package declares."""
    log: pd.DataFrame = vg.read_log(folder / "gradients.csv")
    table: pd.DataFrame = vg.compare({"a": folder / "a.csv", "b": folder / "b.csv"}, value="gradient_rms")
    findings: vg.Findings = vg.diagnose(log, table, vanishing_ratio=1e-6)
    vg.write_report([folder / "a.csv"], folder / "report.html")
    axes: Axes = vg.plots.draw_epochs(log, "gradient_rms")
    axes.set_title("Gradients")
    return [f"{finding.rule} from epoch {finding.epoch}" for finding in findings if finding.severity == "error"]


def make_callbacks(folder: Path) -> tuple[vg.GradientLogger, vg.TrainingGuard]:
    """Makes callbacks, with the types that the package declares."""
    return vg.GradientLogger(folder / "gradients.csv", every=100), vg.TrainingGuard(action="stop")


vg.GradientLogger(3)  # type: ignore[arg-type]
vg.TrainingGuard(action="shout")  # type: ignore[arg-type]
vg.compare("a.csv", values="delta")  # type: ignore[call-arg]
vg.diagnose("a.csv").heal()  # type: ignore[attr-defined]
vg.read_logs("a.csv")  # type: ignore[attr-defined]
