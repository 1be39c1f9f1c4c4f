"""Groups log files into runs, by their types and their names."""

import os
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from keras_vg.logs.reader import read_table
from keras_vg.logs.schemas import LogType, UnknownLogError, identify
from keras_vg.text import make_printable, shorten_paths

_WORDS: dict[LogType, str] = {
    "deltas": r"(?:weight[-_]?)?deltas?",
    "gradients": "grad(?:ient)?s?",
    "activations": "act(?:ivation)?s?",
    "history": "hist(?:ory)?",
}
_VAGUE_WORDS = "training|log"
"""Words that a file of any type may have, and also the name of a run: `training_1_gradients.csv`."""

_SEPARATORS = "-_., "
_BESIDE = rf"[^{re.escape(_SEPARATORS)}\d]"
"""What does not stand beside a word for a type: `analog.csv` and `scale=log.csv` have none."""


@dataclass
class RunLogs:
    """The logs of one training.

    Attributes:
        name: A name that differs from those of the other runs.
        tables: Its logs by type; `"history"` is the table of a `keras.callbacks.CSVLogger`.
        paths: The files that they were read from.
    """

    name: str
    tables: dict[LogType, pd.DataFrame] = field(default_factory=dict)
    paths: dict[LogType, Path] = field(default_factory=dict)


def read_run_logs(paths: Iterable[str | os.PathLike[str]]) -> list[RunLogs]:
    """Reads logs of any type and sorts them into runs.

    Logs that are all of different types are of one run. Otherwise a run is what its files' names have beside the word
    for the type: `small_gradients.csv` and `small_history.csv` are of the run `small`, and so are
    `gradients_small.csv` and `history_small.csv`, `small/gradients.csv` and `small/deltas.csv`, and
    `gradients/small.csv` and `history/small.csv`.

    Args:
        paths: Files that this package or a `keras.callbacks.CSVLogger` wrote.

    Returns:
        The runs, in the order of their first files.

    Raises:
        ValueError: If a file is no such log, or has no rows.
        FileNotFoundError: If one does not exist.

    Example:
        >>> [run] = vg.runs.read_run_logs(["sigmoid.csv"])
        >>> run.name, list(run.tables)
        ('sigmoid', ['deltas'])
    """
    results = {path: _try_to_read(path) for path in dict.fromkeys(Path(path) for path in paths)}
    read = {path: result for path, result in results.items() if not isinstance(result, UnknownLogError)}
    unknown = [result for result in results.values() if isinstance(result, UnknownLogError)]
    if unknown and not read:
        raise unknown[0]
    for reason in unknown:
        warnings.warn(f"A file is left out. {reason}", stacklevel=2)
    runs = []
    for name, paths_of_run in sort_into_runs({path: log_type for path, (log_type, _) in read.items()}):
        run = RunLogs(name)
        for path in paths_of_run:
            log_type, run.tables[log_type] = read[path][0], read[path][1]
            run.paths[log_type] = path
        runs.append(run)
    return runs


def sort_into_runs(files: Mapping[Path, LogType]) -> list[tuple[str, list[Path]]]:
    """Sorts files into runs, by their types and names, as `read_run_logs` does.

    Args:
        files: The type of the log in each file.

    Returns:
        The name and the files of each run, in the order of the runs' first files.

    Example:
        >>> runs = sort_into_runs({Path("a_gradients.csv"): "gradients", Path("b_gradients.csv"): "gradients"})
        >>> [name for name, _ in runs]
        ['a', 'b']
    """
    keys = _name_runs(files)
    if len(set(files.values())) == len(files):
        keys = keys[:1] * len(keys)
    else:  # two files of one type are of two runs: where their names agree, their folders are used, too
        pairs = list(zip(keys, files.values(), strict=True))
        keys = [
            _list_parts(path) if pairs.count(pair) > 1 else pair[0] for path, pair in zip(files, pairs, strict=True)
        ]
    distinct = list(dict.fromkeys(keys))
    runs: list[tuple[str, list[Path]]] = [(make_printable(name), []) for name in shorten_paths(distinct)]
    for path, key in zip(files, keys, strict=True):
        runs[distinct.index(key)][1].append(path)
    return runs


def join_run_logs(runs: Iterable[RunLogs], log_type: LogType) -> pd.DataFrame | None:
    """Joins the logs of one type into one table.

    Args:
        runs: The runs.
        log_type: Which of their logs.

    Returns:
        The rows of all runs with a column `run`, in the runs' order; None if no run has such a log.
    """
    tables = {run.name: run.tables[log_type] for run in runs if log_type in run.tables}
    if not tables:
        return None
    parts = []
    for name, table in tables.items():
        words = table.select_dtypes("category").columns.difference(["run"])
        parts.append(table.astype(dict.fromkeys(words, object)).assign(run=name))
    log = pd.concat(parts, ignore_index=True)
    return log.assign(run=pd.Categorical(log["run"], list(tables)))


def _try_to_read(path: Path) -> tuple[LogType, pd.DataFrame] | UnknownLogError:
    try:
        return _read(path)
    except UnknownLogError as error:
        return error


def _read(path: Path) -> tuple[LogType, pd.DataFrame]:
    table = read_table(path)
    log_type = identify(table.columns, repr(str(path))).log_type
    if table.empty:
        raise UnknownLogError(
            f"A log must have rows. Received: {str(path)!r} without any. Did the training end its first epoch?"
        )
    for name in table.select_dtypes("category"):
        shown = table[name].astype(object).map(make_printable)
        if not shown.equals(table[name].astype(object)):
            table = table.assign(**{name: pd.Categorical(shown)})
    return log_type, table


def _name_runs(files: Mapping[Path, LogType]) -> list[tuple[str, ...]]:
    """Names each file's run, by what its path has beside the word for its type."""
    keys = {path: _drop_word(path, _WORDS[log_type]) for path, log_type in files.items() if log_type in _WORDS}
    certain = {key for key in keys.values() if key is not None}
    any_word = "|".join([*_WORDS.values(), _VAGUE_WORDS])
    named = []
    for path in files:
        key = keys.get(path)
        if key is None:
            found = [_drop_word(path, any_word, at_end=True), _list_parts(path), _drop_word(path, _VAGUE_WORDS)]
            candidates = [candidate for candidate in found if candidate is not None]
            key = next((candidate for candidate in candidates if candidate in certain), candidates[0])
        named.append(key)
    return named


def _drop_word(path: Path, words: str, at_end: bool = False) -> tuple[str, ...] | None:
    """Drops the last of some words from a path's name, or from its folder's; None if neither has one."""
    *folders, stem = _list_parts(path)
    matches = list(re.finditer(f"(?<!{_BESIDE})(?:{words})(?!{_BESIDE})", stem, re.IGNORECASE))
    if matches and (matches[-1].end() == len(stem) or not at_end):
        before, after = stem[: matches[-1].start()], stem[matches[-1].end() :]
        name = before.rstrip(_SEPARATORS) + after if before else after.lstrip(_SEPARATORS)
        return (*folders, name) if name else tuple(folders) or (stem,)
    if folders and not at_end and re.fullmatch(words, folders[-1], re.IGNORECASE):
        return (*folders[:-1], stem)
    return None


def _list_parts(path: Path) -> tuple[str, ...]:
    return (*path.absolute().parts[1:-1], path.name.removesuffix(".gz").removesuffix(".csv"))
