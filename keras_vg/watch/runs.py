"""The runs that are watched: their files, the metrics of their layers, and the findings about them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from keras_vg.diagnosis.findings import Finding
from keras_vg.logs.following import FollowedLog
from keras_vg.logs.runs import sort_into_runs
from keras_vg.logs.schemas import LogType
from keras_vg.text import make_printable
from keras_vg.watch.grid import MISSING, Grid
from keras_vg.watch.judging import Judge, Schedule
from keras_vg.watch.measurements import METRICS, Measurements, Metric


@dataclass
class WatchedRun:
    """One run, as it is shown.

    Attributes:
        name: Its name.
        logs: What is measured of each of its logs, by type.
        judge: The findings about it.
    """

    name: str
    logs: dict[LogType, Measurements]
    judge: Judge = field(default_factory=Judge)

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that its logs have."""
        return [metric for metric in METRICS if self.get_grid(metric) is not None]

    @property
    def depths(self) -> list[int]:
        """The depths of all layers that are logged, ascending."""
        return sorted({depth for log in self.logs.values() for grid in log.grids.values() for depth in grid.depths})

    @property
    def epoch(self) -> int | None:
        """The last epoch of any log."""
        epochs = [int(grid.epochs[-1]) for log in self.logs.values() for grid in log.grids.values()]
        losses = self.losses.get("epoch", np.empty(0))
        return max([*epochs, *losses[-1:].astype(int).tolist()], default=None)

    @property
    def losses(self) -> dict[str, np.ndarray]:
        """The losses of the history by name, and `epoch`; empty without a history."""
        return self.logs["history"].losses if "history" in self.logs else {}

    @property
    def verdict(self) -> str:
        """In a word or a few: healthy, sick, not judged."""
        findings = self.judge.findings
        if findings is None:
            return "not judged"
        count = sum(finding.severity == "error" for finding in findings)
        return f"{findings.verdict}: {count} error{'s' if count > 1 else ''}" if count else findings.verdict

    def get_grid(self, metric: Metric) -> Grid | None:
        """Returns the values of a metric; None if no log has it."""
        return next((log.grids[metric] for log in self.logs.values() if metric in log.grids), None)

    def get_latest(self, metric: Metric, depths: list[int]) -> np.ndarray:
        """Returns the values of a metric in its last epoch, of shape `(depths,)`; `MISSING` where there are none."""
        grid = self.get_grid(metric)
        return np.full(len(depths), MISSING) if grid is None else grid.take(depths)[-1]

    def name_layer(self, depth: int) -> str:
        """Returns the name of a layer."""
        order: tuple[LogType, ...] = ("gradients", "deltas", "activations")
        logs = [self.logs[log_type] for log_type in order if log_type in self.logs]
        return next((log.names[depth] for log in logs if depth in log.names), f"layer {depth}")


class Watch:
    """All runs that are watched.

    Args:
        list_paths: Returns the files to watch; it is asked again and again, for new ones.
        patterns: What is waited for as long as there are no files, for people.

    Attributes:
        runs: The runs, in the order of their first files.
        notes: What is to be said about files, for people: not there yet, empty, or no log.
    """

    def __init__(self, list_paths: Callable[[], Iterable[Path]], patterns: Iterable[str] = ()) -> None:
        self.runs: list[WatchedRun] = []
        self.notes = [f"waiting for {make_printable(pattern)}" for pattern in patterns]
        self._list_paths = list_paths
        self._files: dict[Path, Measurements] = {}
        self._schedule = Schedule()

    @property
    def is_behind(self) -> bool:
        """Whether some file is so large that the next `update` has more to read at once."""
        return any(file.log.is_behind for file in self._files.values())

    def update(self, now: float, is_urgent: bool = False) -> bool:
        """Reads what is new in all files.

        Args:
            now: The time in seconds, of any clock.
            is_urgent: Whether to diagnose all runs, not only those whose turn it is.

        Returns:
            Whether anything is to be shown anew.
        """
        has_changed = False
        for path in self._list_paths():
            if path not in self._files:
                self._files[path] = Measurements(FollowedLog(path))
                has_changed = True
        for file in self._files.values():
            has_changed |= file.update()
        if has_changed:
            self._sort()
            self.notes = [note for file in self._files.values() if (note := _describe(file.log))]
        judged = [(run.judge, [file.log for file in run.logs.values()]) for run in self.runs]
        complete = [(judge, logs) for judge, logs in judged if not any(log.is_behind for log in logs)]
        return self._schedule.update(complete, now, is_urgent) or has_changed

    def check(self) -> None:
        """Raises if there is nothing to show, and nothing that is waited for.

        Raises:
            ValueError: If no file is a log, and each is there and says so.
        """
        problems = [file.log.problem for file in self._files.values()]
        if problems and all(problems) and not self.runs:
            raise ValueError(problems[0])

    def list_findings(self) -> list[tuple[str, Finding]]:
        """Lists the findings about all runs with the runs' names, the worst first."""
        order = ("error", "warning", "info")
        found = [(run.name, finding) for run in self.runs for finding in run.judge.findings or ()]
        return sorted(found, key=lambda pair: order.index(pair[1].severity))

    def _sort(self) -> None:
        """Sorts the files that have rows into runs. A run with the same files as before keeps its findings."""
        types = {path: file.log.log_type for path, file in sorted(self._files.items()) if file.log.rows}
        known = {path: log_type for path, log_type in types.items() if log_type is not None}
        judges = {frozenset(file.log.path for file in run.logs.values()): run.judge for run in self.runs}
        self.runs = []
        for name, paths in sort_into_runs(known):
            logs = {known[path]: self._files[path] for path in paths}
            self.runs.append(WatchedRun(name, logs, judges.get(frozenset(paths), Judge())))


def _describe(log: FollowedLog) -> str:
    """What is to be said about a file; empty if nothing is."""
    path = make_printable(str(log.path))
    if log.is_missing:
        return f"gone: {path}" if log.rows else f"waiting for {path}"
    if log.problem:
        return f"left out: {path}: {log.problem}" if not log.rows else f"{path}: {log.problem}"
    return "" if log.rows else f"waiting for the first rows of {path}"
