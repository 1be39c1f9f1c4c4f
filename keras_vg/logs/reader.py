"""Reads logs, of one run or of many, as pandas tables."""

import glob
import io
import os
import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import polars as pl

from keras_vg.logs import fileformat
from keras_vg.logs.history import make_history, read_history, split_header
from keras_vg.logs.schemas import HISTORY, SCHEMAS, Schema, identify
from keras_vg.text import shorten_paths

PathLike: TypeAlias = "str | os.PathLike[str]"

Source: TypeAlias = "PathLike | Iterable[PathLike] | Mapping[str, PathLike]"

_POLARS_TYPES: dict[type, type[pl.DataType]] = {int: pl.Int64, float: pl.Float64, str: pl.String}


def read_log(source: Source, keep: Literal["last", "all"] = "last") -> pd.DataFrame:
    """Reads the logs of one run or of many into one table.

    An incomplete row that a killed training left at a file's end is dropped, and a warning says so. A training that
    is resumed (`BackupAndRestore`, `initial_epoch`) may run an epoch again whose rows are in the file already.

    Args:
        source: A path, a glob pattern, a list of either, or a dict of run name to path. Without a dict, a run is
            named after its file (and its folders, as far as is needed to tell the runs apart).
        keep: Of an epoch that ran several times, `"last"` keeps the rows of the last time, `"all"` those of every
            time, in the order of the file.

    Returns:
        A DataFrame with a first column `run` and then the log's own columns: integers as int64, other
        numbers as float64, strings as categoricals. Rows are in the order of the runs, then of the file.

    Raises:
        TypeError: If `source` is none of these.
        FileNotFoundError: If a path does not exist or a pattern matches nothing.
        ValueError: If two runs have one name, `keep` is another word, or a file is empty, is no log of this
            package, has a malformed line (whose number is named), or is of another type than the first.

    Example:
        >>> log = vg.read_log({"sigmoid": "sigmoid.csv", "relu": "relu.csv"})
        >>> log.columns.tolist()[:6]
        ['run', 'epoch', 'depth', 'layer', 'weight', 'index']
        >>> log["run"].unique().tolist()
        ['sigmoid', 'relu']
    """
    if keep not in ("last", "all"):
        raise ValueError(f"`keep` must be 'last' or 'all'. Received: keep={keep!r}.")
    runs = _name_runs(source)
    frames, schemas = [], []
    for path in runs.values():
        frame, schema = _read_file(path)
        frames.append(drop_repeated_epochs(frame) if keep == "last" else frame)
        schemas.append(schema)
        if schema is not schemas[0]:
            raise ValueError(
                f"Logs that are read together must be of one type. Received: {schemas[0].one} "
                f"({str(next(iter(runs.values())))!r}) and {schema.one} ({str(path)!r}). Read them one by one."
            )
    return make_table(dict(zip(runs, frames, strict=True)), schemas[0])


def make_table(frames: Mapping[str, pl.DataFrame], schema: Schema) -> pd.DataFrame:
    """Joins the rows of runs into one table.

    Args:
        frames: The rows of each run, as `parse_rows` returns them, by the run's name.
        schema: The columns of their logs.

    Returns:
        The table as `read_log` returns it.
    """
    table = pl.concat(frames.values())
    run_codes = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames.values()])
    columns: dict[str, Any] = {
        "run": pd.Categorical.from_codes(run_codes, categories=pd.Index(list(frames), dtype=object))
    }
    for name, dtype in schema.columns.items():
        columns[name] = _make_categorical(table[name]) if dtype is str else table[name].to_numpy(writable=True)
    return pd.DataFrame(columns, copy=False)


def read_table(path: PathLike) -> pd.DataFrame:
    """Reads one file: a log of this package, or the history of a training.

    Args:
        path: The file. A history may be the log of a `keras.callbacks.CSVLogger`, or a `History` that was saved with
            pandas; see `make_history`.

    Returns:
        A log as `read_log` returns it; a history as `make_history` does.

    Raises:
        FileNotFoundError: If the file does not exist.
        UnknownLogError: If it has the columns of neither.
        ValueError: As `read_log`.
    """
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"A log must be an existing file. Received: {str(file)!r}. Check the path.")
    header = fileformat.read_header(file)
    if find_schema(header) is not None or not file.stat().st_size:
        return read_log(file)
    columns = split_header(header)
    if identify(columns, repr(str(file))) is HISTORY:
        return make_history(read_history(file, header))
    return read_log(file)  # which says what is wrong with the columns


def _name_runs(source: Source) -> dict[str, Path]:
    if isinstance(source, Mapping):
        runs = {str(run): Path(path) for run, path in source.items()}
        if len(runs) < len(source):
            raise ValueError(f"Runs must have distinct names. Received: source={source!r}. Rename one of them.")
    elif not isinstance(source, str | os.PathLike | Iterable):
        raise TypeError(
            f"`source` must be a path, a pattern, a list of them or a dict of run name to path. Received: {source!r}."
        )
    else:
        sources = [source] if isinstance(source, str | os.PathLike) else list(source)
        paths = list(dict.fromkeys(path for item in sources for path in expand(item)))
        runs = dict(zip(shorten_paths([_list_parts(path) for path in paths]), paths, strict=True))
    if not runs:
        raise ValueError(f"`source` must name at least one log. Received: source={source!r}.")
    for path in runs.values():
        if not path.is_file():
            raise FileNotFoundError(
                f"A log must be an existing file. Received: {str(path)!r}. Check the path and the working directory."
            )
    return runs


def expand(item: PathLike) -> list[Path]:
    """Lists the files that a path or a glob pattern names.

    Args:
        item: A path, which need not exist, or a pattern.

    Returns:
        The paths, those of a pattern in alphabetical order.

    Raises:
        FileNotFoundError: If a pattern matches nothing.
    """
    pattern = os.fspath(item)
    if os.path.exists(pattern) or not glob.has_magic(pattern):
        return [Path(pattern)]
    matches = sorted(glob.glob(pattern, recursive=True))
    if not matches:
        raise FileNotFoundError(
            f"A pattern must match at least one log. Received: {pattern!r}, which matches none. "
            "Check it and the working directory."
        )
    return [Path(match) for match in matches]


def _list_parts(path: Path) -> tuple[str, ...]:
    return (*path.absolute().parts[1:-1], path.name.removesuffix(".gz").removesuffix(".csv"))


def find_schema(header: str) -> Schema | None:
    """Says which log of this package has a header.

    Args:
        header: The first line of a file, without its line end.

    Returns:
        The schema whose columns it holds, all of them in order; None if there is none. The separator is `header[5]`,
        for every log starts with `epoch`.
    """
    columns = header.split(header[5:6]) if header.startswith("epoch") and header[5:6] else []
    return next((schema for schema in SCHEMAS if list(schema.columns) == columns), None)


def _read_file(path: Path) -> tuple[pl.DataFrame, Schema]:
    header = fileformat.read_header(path)
    schema = find_schema(header)
    if not path.stat().st_size:
        raise ValueError(
            f"A log must have a header line. Received: {str(path)!r}, an empty file. "
            "Was the training that should have written it started at all?"
        )
    if schema is None:
        raise ValueError(
            f"A log must have the columns of one of this package's logs ({', '.join(s.name for s in SCHEMAS)}). "
            f"Received: {str(path)!r}, whose first line is {header[:200]!r}. Read other CSV files with pandas."
        )
    row = fileformat.match_rows(schema, header[5])
    text, torn = fileformat.read_whole(path, row)
    if torn:
        warnings.warn(f"{path}: dropped the torn row at its end, {torn} bytes (a killed training?)", stacklevel=4)
    return parse_rows(text, schema, header[5], path), schema


def parse_rows(text: bytes, schema: Schema, separator: str, path: Path, lines_before: int = 0) -> pl.DataFrame:
    """Reads the complete rows of a log.

    Args:
        text: The header and rows behind it, all lines complete; or nothing, of a log without a complete header.
        schema: The log's columns.
        separator: The character between two values.
        path: The log's file, for messages.
        lines_before: The number of lines in the file between the header and these rows, for messages.

    Returns:
        The rows.

    Raises:
        ValueError: If a line is malformed; its number is named.
    """
    types = {name: _POLARS_TYPES[dtype] for name, dtype in schema.columns.items()}
    if not text:
        return pl.DataFrame(schema=types)
    row = fileformat.match_rows(schema, separator)
    try:
        frame = pl.read_csv(io.BytesIO(text), separator=separator, schema=types)
        reason = "a value is missing" if any(column.null_count() for column in frame) else ""
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", 1)[0]
    line = None if not reason and _has_regular_quotes(frame, text, separator) else fileformat.find_damage(text, row)
    if reason or line is not None:
        raise ValueError(
            f"Every line of a log must hold {len(schema.columns)} values of the header's types. "
            f"Received: {str(path)!r}, in which line {None if line is None else line + lines_before} does not: "
            f"{reason or 'quotes or line ends stand inside of a value'}. "
            "Was the file edited, or damaged? If that line can be spared, delete it."
        )
    return frame


def _has_regular_quotes(frame: pl.DataFrame, text: bytes, separator: str) -> bool:
    """Whether the text certainly has no quotes and carriage returns but those that its strings need.

    Polars accepts some text that is not valid CSV: quotes in the middle of a value, and carriage returns. Nearly all
    logs have neither, which is quick to see. Where there are quotes, they are counted: a string that is empty or
    contains a separator, a quote or a line end is written between two quotes, and each quote in it twice. If the text
    has another number of quotes, or a carriage return, `find_damage` has to match line by line.
    """
    if b"\r" in text:
        return False
    if b'"' not in text:
        return True
    quotes = 0
    for name in frame.select(pl.col(pl.String)).columns:
        values, counts = frame[name].value_counts().get_columns()
        is_quoted = (values == "") | values.str.contains(f'["\\n{re.escape(separator)}]')
        quotes += int(((is_quoted + values.str.count_matches('"', literal=True)) * 2 * counts).sum())
    return quotes == text.count(b'"')


def drop_repeated_epochs(frame: pl.DataFrame) -> pl.DataFrame:
    """Keeps of each epoch the rows of the last time that it ran, which begin where a weight or layer occurs once more.

    Args:
        frame: Rows in the order of their file, as `parse_rows` returns them.

    Returns:
        Those that are kept, in the same order.
    """
    label = "weight" if "weight" in frame.columns else "layer"  # a layer may be renamed from run to run
    keys = [name for name in ("epoch", "step", "depth", label) if name in frame.columns]
    is_start = pl.any_horizontal(pl.col(key) != pl.col(key).shift() for key in keys)
    # The rows of one tensor are consecutive: only the first row of each is compared.
    is_start |= pl.col("index") <= pl.col("index").shift() if "index" in frame.columns else True
    starts = frame.select(is_start.fill_null(True)).to_series().arg_true()
    tensors = frame.select(keys)[starts].with_row_index("tensor")
    epochs = tensors.filter(tensors.select(keys).hash_rows().is_duplicated())["epoch"].unique()
    if epochs.is_empty():  # equal rows have equal hashes, which are quick to compare
        return frame
    times = pl.int_range(pl.len()).over(keys)
    run = times.cum_max().over("epoch")
    repeated = tensors.filter(pl.col("epoch").is_in(epochs.implode())).with_columns(run=run)
    earlier = repeated.filter(pl.col("run") < pl.col("run").max().over("epoch"))["tensor"]
    is_last = np.ones(len(tensors), bool)
    is_last[earlier.to_numpy()] = False
    return frame.filter(pl.Series(np.repeat(is_last, _count_rows(starts, len(frame)))))


def _count_rows(starts: pl.Series, rows: int) -> np.ndarray:
    return np.diff(starts.to_numpy(), append=rows)


def _make_categorical(strings: pl.Series) -> pd.Categorical:
    # Equal strings are consecutive, at least within a tensor: only the first of each group is compared.
    starts = (strings != strings.shift()).fill_null(True).arg_true()
    firsts = strings.gather(starts)
    values = firsts.unique(maintain_order=True)
    codes = firsts.cast(pl.Enum(values)).to_physical().to_numpy()
    repeated = np.repeat(codes, _count_rows(starts, len(strings)))
    return pd.Categorical.from_codes(repeated, categories=pd.Index(values.to_list(), dtype=object))
