"""A report that is written anew at every epoch, while the runs train."""

import os
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from keras_vg.logs.following import FollowedLog
from keras_vg.logs.runs import read_run_logs
from keras_vg.logs.sources import find_patterns, list_files
from keras_vg.report import render_report

RELOAD_SECONDS = 3
"""How often a followed report reloads itself in a browser."""

SHARE = 0.5
"""The part of a core that writing reports may take: drawing the plots takes seconds, a short epoch less."""


def follow_report(
    names: Sequence[str | os.PathLike[str]],
    filename: str | os.PathLike[str],
    title: str = "Training report",
    tell: Callable[[str], None] = print,
    interval: float = 0.5,
    reload_seconds: float = RELOAD_SECONDS,
) -> None:
    """Writes a report, and again whenever a log has a new epoch, until an exception such as Ctrl-C ends it.

    A page that is open in a browser reloads itself and keeps its position, its sorted tables, and what is folded. The
    last report, written when it is ended, does not reload itself. The file is always a whole one: it is replaced.

    Args:
        names: Paths of logs, which need not exist yet, and patterns: files that come to match are taken in, too.
        filename: The HTML file to write.
        title: The report's heading.
        tell: Is given a line about each report that was written, or could not be.
        interval: Seconds between two looks at the logs.
        reload_seconds: Seconds between two reloads of the page.

    Raises:
        ValueError: If all files are there and none is a log.
        OSError: If the report cannot be written.
    """
    patterns, target = find_patterns(names), Path(os.path.realpath(filename))
    logs: dict[Path, FollowedLog] = {}
    written: list[tuple[object, ...]] = []
    seen: list[tuple[object, ...]] = []
    next_time = 0.0

    def write(reload: float | None) -> None:
        ready = [path for path, log in logs.items() if log.rows]
        epoch = max(log.last_epoch for log in logs.values())
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # a row that is being written looks torn
                page = render_report(read_run_logs(ready), title, reload_seconds=reload)
        except ValueError as error:  # such as a log that is started anew just now
            tell(f"{filename}: not written. {error}")
            return
        _replace(target, page)
        tell(f"{filename}: epoch {epoch}" if reload else f"{filename}: epoch {epoch}, the last report")

    try:
        while True:
            before = seen
            seen = _look(patterns, logs)
            if seen and seen != written and seen == before and time.monotonic() >= next_time:
                written, start = seen, time.process_time()
                write(reload_seconds)
                next_time = time.monotonic() + (time.process_time() - start) * (1 / SHARE - 1)
            time.sleep(interval)
    finally:
        if written:
            write(None)


def _look(patterns: Sequence[str], logs: dict[Path, FollowedLog]) -> list[tuple[object, ...]]:
    """Reads what is new in the logs. Returns which of them have rows, and up to which epoch."""
    for path in list_files(patterns):
        logs.setdefault(path, FollowedLog(path))
    for log in logs.values():
        log.read()
        while log.is_behind:
            log.read()
    problems = [log.problem for log in logs.values()]
    if problems and all(problems):
        raise ValueError(problems[0])
    return [(path, log.restarts, log.last_epoch) for path, log in sorted(logs.items()) if log.rows]


def _replace(path: Path, text: str) -> None:
    """Writes a file in one step, as its readers see it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
