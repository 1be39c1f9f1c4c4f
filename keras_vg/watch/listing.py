"""The present state of runs as plain values, for programs."""

from typing import Any

from keras_vg.diagnosis.findings import make_record
from keras_vg.watch.grid import MISSING
from keras_vg.watch.measurements import Metric
from keras_vg.watch.runs import Watch, WatchedRun

COLUMNS: dict[Metric, str] = {
    "gradient": "gradient_rms",
    "update ratio": "update_ratio",
    "dead": "dead_fraction",
    "saturated": "saturated_fraction",
    "change": "mean_abs_delta",
}
"""The names of the metrics, which are those of the logs' columns."""


def list_state(watch: Watch) -> list[dict[str, Any]]:
    """Lists what the view shows.

    Args:
        watch: The runs.

    Returns:
        Of each run its name, last epoch, last losses, verdict and findings, and of each layer the values of its last
        epoch; None for what is not logged.
    """
    return [_list_run(run) for run in watch.runs]


def _list_run(run: WatchedRun) -> dict[str, Any]:
    depths = run.depths
    latest = {name: run.get_latest(metric, depths) for metric, name in COLUMNS.items()}
    layers: list[dict[str, Any]] = []
    for index, depth in enumerate(depths):
        values = {name: float(column[index]) for name, column in latest.items()}
        known = {name: None if value == MISSING else value for name, value in values.items()}
        layers.append({"depth": depth, "layer": run.name_layer(depth), **known})
    return {
        "run": run.name,
        "epoch": run.epoch,
        "losses": {name: float(values[-1]) for name, values in run.losses.items() if name != "epoch"},
        "verdict": "not judged" if run.judge.findings is None else run.judge.findings.verdict,
        "findings": [make_record(finding) for finding in run.judge.findings or ()],
        "layers": layers,
    }
