"""Logs as pandas tables: read one or many, and set runs side by side."""

import glob
import io
import os
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import polars as pl

from keras_vg import logfile
from keras_vg.naming import shorten_paths
from keras_vg.schemas import SCHEMAS, Schema

PathLike: TypeAlias = "str | os.PathLike[str]"
Source: TypeAlias = "PathLike | Iterable[PathLike] | Mapping[str, PathLike]"

_POLARS_TYPES: dict[type, type[pl.DataType]] = {int: pl.Int64, float: pl.Float64, str: pl.String}


def read_log(source: Source, keep: Literal["last", "all"] = "last") -> pd.DataFrame:
    """Reads the logs of one run or of many into one table.

    A row that a killed training left torn at a file's end is dropped, and a warning says so. A training that is
    resumed (`BackupAndRestore`, `initial_epoch`) runs an epoch again of which rows may be in the file already.

    Args:
        source: A path, a glob pattern, a list of either, or a dict of run name to path. Without a dict, a run is
            named after its file (and its folders, as far as is needed to tell the runs apart).
        keep: Of an epoch that ran several times, `"last"` keeps the rows of the last time, `"all"` those of every
            time, in the order of the file.

    Returns:
        A DataFrame with a first column `run` and then the log's own columns: integers as int64, figures as
        float64, strings as categoricals. Rows stand in the order of the runs, then of the file.

    Raises:
        TypeError: If `source` is none of these.
        FileNotFoundError: If a path does not exist or a pattern matches nothing.
        ValueError: If two runs have one name, `keep` is another word, or a file is empty, is no log of this
            package, has a malformed line (whose number is named), or is of another kind than the first.

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
        frames.append(_drop_repeated_epochs(frame) if keep == "last" else frame)
        schemas.append(schema)
        if schema is not schemas[0]:
            raise ValueError(
                f"Logs that are read together must be of one kind. Received: a {schemas[0].name} "
                f"({str(next(iter(runs.values())))!r}) and a {schema.name} ({str(path)!r}). Read them one by one."
            )
    table = pl.concat(frames)
    places = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
    columns: dict[str, Any] = {"run": pd.Categorical.from_codes(places, categories=pd.Index(list(runs), dtype=object))}
    for name, kind in schemas[0].columns.items():
        columns[name] = _make_categorical(table[name]) if kind is str else table[name].to_numpy(writable=True)
    return pd.DataFrame(columns, copy=False)


def compare(
    source: "Source | pd.DataFrame", value: str | None = None, by: str | Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Sets runs side by side, with each run's ratio to the first.

    A cell is the mean over the rows of a run in one group, of the absolute value (figures such as deltas differ in
    sign, and their plain mean would hide them): $\frac{1}{n} \sum_i |v_i|$. A NaN among them makes the cell NaN.

    Args:
        source: What `read_log` takes, or a table that it returned, perhaps with further columns.
        value: The column to compare; by default the log's main figure (`implied_gradient` of a delta log).
        by: The column or columns that make a row of the result. The default, `("epoch", "depth")`, joins layers on
            their place in the model, since Keras numbers automatic layer names anew in every process.

    Returns:
        A DataFrame indexed by `by`, with two groups of columns: one named after `value` and one named `"ratio"`,
        each with one column per run. A group that a run lacks is NaN.

    Raises:
        ValueError: If `value` or `by` names no column that can serve, or the table has no column `run`.
        FileNotFoundError, ValueError: As `read_log`.

    Example:
        >>> table = vg.compare({"sigmoid": "sigmoid.csv", "relu": "relu.csv"})
        >>> bool(table["ratio", "relu"].iloc[0] > 100)
        True
    """
    log = source if isinstance(source, pd.DataFrame) else read_log(source)
    schema = next((schema for schema in SCHEMAS if {"run", *schema.columns} <= set(log.columns)), None)
    if schema is None:
        raise ValueError(
            "A table to compare must have the columns that `read_log` returns. "
            f"Received: columns={list(log.columns)}. Pass the table as read, or the paths of the logs."
        )
    value = schema.value if value is None else value
    if value not in schema.numbers:
        raise ValueError(
            f"`value` must be a column of figures of a {schema.name}. Received: value={value!r}. "
            f"Choose one of {', '.join(schema.numbers)}."
        )
    keys = ["epoch", "depth"] if by is None else [by] if isinstance(by, str) else list(by)
    allowed = [column for column in log.columns if column not in ("run", *schema.numbers)]
    if not keys or not set(keys) <= set(allowed):
        raise ValueError(
            f"`by` must name one or more columns that hold no figures. Received: by={by!r}. "
            f"Choose from {', '.join(allowed)}."
        )
    runs = list(log["run"].cat.categories) if isinstance(log["run"].dtype, pd.CategoricalDtype) else log["run"].unique()
    cells = _mean_absolute(log, value, [*keys, "run"]).unstack("run").reindex(columns=pd.Index(runs, name="run"))
    return pd.concat({value: cells, "ratio": cells.div(cells.iloc[:, 0], axis="index")}, axis="columns")


def _mean_absolute(log: pd.DataFrame, value: str, keys: list[str]) -> "pd.Series[float]":
    groups = log.groupby(keys, observed=True, sort=True, dropna=False)
    codes = groups.ngroup().to_numpy()
    # Unlike a groupby mean, bincount lets a NaN through: a broken weight must not look healthy.
    sums = np.bincount(codes, weights=log[value].abs().to_numpy())
    return pd.Series(sums / np.bincount(codes), index=groups.size().index, name=value)


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


def _read_file(path: Path) -> tuple[pl.DataFrame, Schema]:
    header = logfile.read_header(path)
    separator = header[5:6] if header.startswith("epoch") else ""
    columns = header.split(separator) if separator else []
    schema = next((schema for schema in SCHEMAS if list(schema.columns) == columns), None)
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
    row = logfile.match_rows(schema, separator)
    text, torn = logfile.read_whole(path, row)
    if torn:
        warnings.warn(f"{path}: dropped the torn row at its end, {torn} bytes (a killed training?)", stacklevel=4)
    types = {name: _POLARS_TYPES[kind] for name, kind in schema.columns.items()}
    if not text:  # the header was torn, too
        return pl.DataFrame(schema=types), schema
    try:
        frame = pl.read_csv(io.BytesIO(text), separator=separator, schema=types)
        reason = "a value is missing" if any(column.null_count() for column in frame) else ""
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", 1)[0]
    line = None if not reason and _is_quoted_right(frame, text, separator) else logfile.find_damage(text, row)
    if reason or line is not None:
        raise ValueError(
            f"Every line of a log must hold {len(schema.columns)} values of the header's types. "
            f"Received: {str(path)!r}, in which line {line} does not: "
            f"{reason or 'quotes or line ends stand inside of a value'}. "
            "Was the file edited, or damaged? If that line can be spared, delete it."
        )
    return frame, schema


def _is_quoted_right(frame: pl.DataFrame, text: bytes, separator: str) -> bool:
    """Whether all is surely quoted as it must be; the parser lets stray quotes and carriage returns pass.

    Few logs have either. Quotes are counted, against what the strings need; for the rest there is `find_damage`.
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


def _drop_repeated_epochs(frame: pl.DataFrame) -> pl.DataFrame:
    """Keeps of each epoch the rows of its last run: a run begins where a place in the model comes up again."""
    label = "weight" if "weight" in frame.columns else "layer"  # a layer may be renamed from run to run
    keys = [name for name in ("epoch", "step", "depth", label) if name in frame.columns]
    is_start = pl.any_horizontal(pl.col(key) != pl.col(key).shift() for key in keys)
    # The values of one tensor stand together: what is to be done is done once for all of them.
    is_start |= pl.col("index") <= pl.col("index").shift() if "index" in frame.columns else True
    starts = frame.select(is_start.fill_null(True)).to_series().arg_true()
    tensors = frame.select(keys)[starts].with_row_index("place")
    epochs = tensors.filter(tensors.select(keys).hash_rows().is_duplicated())["epoch"].unique()
    if epochs.is_empty():  # hashes are quick, and equal where rows are
        return frame
    times = pl.int_range(pl.len()).over(keys)
    run = times.cum_max().over("epoch")
    repeated = tensors.filter(pl.col("epoch").is_in(epochs.implode())).with_columns(run=run)
    earlier = repeated.filter(pl.col("run") < pl.col("run").max().over("epoch"))["place"]
    is_last = np.ones(len(tensors), bool)
    is_last[earlier.to_numpy()] = False
    return frame.filter(pl.Series(np.repeat(is_last, _count_rows(starts, len(frame)))))


def _count_rows(starts: pl.Series, rows: int) -> np.ndarray:
    return np.diff(starts.to_numpy(), append=rows)


def _make_categorical(strings: pl.Series) -> pd.Categorical:
    # Equal strings stand together, a tensor's at least: only the first of each group is looked at.
    starts = (strings != strings.shift()).fill_null(True).arg_true()
    firsts = strings.gather(starts)
    values = firsts.unique(maintain_order=True)
    codes = firsts.cast(pl.Enum(values)).to_physical().to_numpy()
    repeated = np.repeat(codes, _count_rows(starts, len(strings)))
    return pd.Categorical.from_codes(repeated, categories=pd.Index(values.to_list(), dtype=object))
