"""Logs as pandas tables: read one or many, and set runs side by side."""

import glob
import io
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import polars as pl

from keras_vg.logfile import read_whole
from keras_vg.naming import shorten_paths
from keras_vg.schemas import SCHEMAS, Schema

PathLike: TypeAlias = "str | os.PathLike[str]"
Source: TypeAlias = "PathLike | Iterable[PathLike] | Mapping[str, PathLike]"

_POLARS_TYPES: dict[type, type[pl.DataType]] = {int: pl.Int64, float: pl.Float64, str: pl.String}


def read_log(source: Source) -> pd.DataFrame:
    """Reads the logs of one run or of many into one table.

    Args:
        source: A path, a glob pattern, a list of either, or a dict of run name to path. Without a dict, a run is
            named after its file (and its folders, as far as is needed to tell the runs apart).

    Returns:
        A DataFrame with a first column `run` and then the log's own columns: integers as int64, figures as
        float64, strings as categoricals. Rows stand in the order of the runs, then of the file.

    Raises:
        TypeError: If `source` is none of these.
        FileNotFoundError: If a path does not exist or a pattern matches nothing.
        ValueError: If two runs have one name, or a file is empty, is no log of this package, has a malformed line,
            or is of another kind than the first.

    Example:
        >>> log = vg.read_log({"sigmoid": "sigmoid.csv", "relu": "relu.csv"})
        >>> log.columns.tolist()[:6]
        ['run', 'epoch', 'depth', 'layer', 'weight', 'index']
        >>> log["run"].unique().tolist()
        ['sigmoid', 'relu']
    """
    runs = _name_runs(source)
    frames, schemas = [], []
    for run, path in runs.items():
        frame, schema = _read_file(path)
        frames.append(frame.with_columns(pl.lit(run).alias("run")))
        schemas.append(schema)
        if schema is not schemas[0]:
            raise ValueError(
                f"Logs that are read together must be of one kind. Received: a {schemas[0].name} "
                f"({str(next(iter(runs.values())))!r}) and a {schema.name} ({str(path)!r}). Read them one by one."
            )
    table = pl.concat(frames)
    return pd.DataFrame(
        {
            name: _make_categorical(table[name], list(runs) if name == "run" else None)
            if table.schema[name] == pl.String
            else table[name].to_numpy()
            for name in ["run", *schemas[0].columns]
        }
    )


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
    data, size = read_whole(path)
    if not path.stat().st_size:
        raise ValueError(
            f"A log must have a header line. Received: {str(path)!r}, an empty file. "
            "Was the training that should have written it started at all?"
        )
    header = data.split(b"\n", 1)[0].decode("utf-8", errors="replace").rstrip("\r")
    separator = header[5:6] if header.startswith("epoch") else ""
    columns = header.split(separator) if separator else []
    schema = next((schema for schema in SCHEMAS if list(schema.columns) == columns), None)
    if schema is None:
        raise ValueError(
            f"A log must have the columns of one of this package's logs ({', '.join(s.name for s in SCHEMAS)}). "
            f"Received: {str(path)!r}, whose first line is {header[:200]!r}. Read other CSV files with pandas."
        )
    if size < path.stat().st_size:
        warnings.warn(f"{path}: dropped the torn row at its end (a killed training?)", stacklevel=4)
    try:
        frame = pl.read_csv(
            io.BytesIO(data),
            separator=separator,
            schema={name: _POLARS_TYPES[kind] for name, kind in schema.columns.items()},
        )
    except pl.exceptions.PolarsError as error:
        raise ValueError(
            f"Every line of a log must hold {len(schema.columns)} values of the header's types. "
            f"Received: {str(path)!r}, in which one does not: {error}"
        ) from error
    incomplete = [name for name in schema.columns if frame[name].null_count()]
    if incomplete:
        line = frame[incomplete[0]].is_null().arg_max()
        raise ValueError(
            f"Every line of a log must hold {len(schema.columns)} values. Received: {str(path)!r}, in which row "
            f"{line} (counted from 0) has no value for {incomplete[0]!r}."
        )
    return frame, schema


def _make_categorical(strings: pl.Series, order: list[str] | None) -> pd.Categorical:
    values = strings.unique(maintain_order=True).to_list() if order is None else order
    codes: Any = strings.cast(pl.Enum(values)).to_physical().to_numpy()
    return pd.Categorical.from_codes(codes, categories=pd.Index(values, dtype=object))
