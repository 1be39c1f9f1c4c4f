"""Runs side by side: a column of their logs, with each run's ratio to the first."""

import difflib
import re
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from keras_vg.logs.reader import Source, read_log
from keras_vg.logs.schemas import SCHEMAS, identify


def compare(
    source: "Source | pd.DataFrame", value: str | None = None, by: str | Sequence[str] | None = None
) -> pd.DataFrame:
    r"""Sets runs side by side, with each run's ratio to the first.

    A cell is the mean over the rows of a run in one group, of the absolute value (deltas differ in sign, and
    their plain mean would be near zero): $\frac{1}{n} \sum_i |v_i|$. A NaN among them makes the cell NaN.

    Args:
        source: What `read_log` takes, or a table that it returned, perhaps with further columns.
        value: The column to compare; by default the log's main one (`implied_gradient` of a delta log).
        by: The column or columns that make a row of the result. The default, `("epoch", "depth")`, joins layers on
            their position in the model, since Keras numbers automatic layer names anew in every process. Where runs
            have other layers at one depth (one of them has normalization between the layers, say), a warning says so:
            `("epoch", "layer")` joins layers on their names.

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
    schema = identify(log.columns)
    if schema not in SCHEMAS or "run" not in log.columns:
        raise ValueError(
            "A table to compare must have the columns that `read_log` returns. "
            f"Received: columns={list(log.columns)}. Pass the table as read, or the paths of the logs."
        )
    value = schema.value if value is None else value
    if value not in schema.numbers:
        raise ValueError(
            f"`value` must be a numeric column of {schema.one}. Received: value={value!r}. "
            f"Choose one of {', '.join(schema.numbers)}."
        )
    keys = ["epoch", "depth"] if by is None else [by] if isinstance(by, str) else list(by)
    allowed = [column for column in log.columns if column not in ("run", *schema.numbers)]
    if not keys or not set(keys) <= set(allowed):
        raise ValueError(
            f"`by` must be one or more of {', '.join(allowed)}. Received: by={by!r}. "
            f"{_name_nearest([key for key in keys if key not in allowed], allowed)}"
        )
    if "depth" in keys and "layer" not in keys:
        _warn_of_other_layers(log)
    runs = list(log["run"].cat.categories) if isinstance(log["run"].dtype, pd.CategoricalDtype) else log["run"].unique()
    cells = _mean_absolute(log, value, [*keys, "run"]).unstack("run").reindex(columns=pd.Index(runs, name="run"))
    return pd.concat({value: cells, "ratio": cells.div(cells.iloc[:, 0], axis="index")}, axis="columns")


def _mean_absolute(log: pd.DataFrame, value: str, keys: list[str]) -> "pd.Series[float]":
    groups = log.groupby(keys, observed=True, sort=True, dropna=False)
    codes = groups.ngroup().to_numpy()
    # Unlike a groupby mean, bincount lets a NaN through: a broken weight must not look healthy.
    sums = np.bincount(codes, weights=log[value].abs().to_numpy())
    return pd.Series(sums / np.bincount(codes), index=groups.size().index, name=value)


def _warn_of_other_layers(log: pd.DataFrame) -> None:
    """Warns if a run has another layer at some depth than the first run, whatever numbers the layers' names end in."""
    if log.empty:
        return
    distinct = log[["run", "depth", "layer"]].drop_duplicates().astype({"run": str, "layer": str})
    (first, layers), *others = [
        (run, dict(zip(rows["depth"], rows["layer"], strict=True))) for run, rows in distinct.groupby("run", sort=False)
    ]
    names = {depth: _drop_number(layer) for depth, layer in layers.items()}
    for run, other_layers in others:
        other_names = {depth: _drop_number(layer) for depth, layer in other_layers.items()}
        differing = [depth for depth in sorted(names.keys() & other_names.keys()) if names[depth] != other_names[depth]]
        for depth in differing:
            # Networks of the same layers under other names are joined rightly by depth.
            is_other = names[depth] in other_names.values() or other_names[depth] in names.values()
            if is_other or len(names) != len(other_names):
                warnings.warn(
                    f"Runs have different layers at one depth: at depth {depth}, {layers[depth]!r} of {first!r} stands "
                    f"beside {other_layers[depth]!r} of {run!r}. With by=['epoch', 'layer'] (in a shell: --by epoch "
                    "--by layer), layers of one name stand beside each other.",
                    stacklevel=3,
                )
                return


def _name_nearest(unknown: list[str], known: list[str]) -> str:
    nearest = [match for name in unknown for match in difflib.get_close_matches(name, known, n=1, cutoff=0.65)]
    return f"Did you mean {' and '.join(map(repr, nearest))}?" if nearest else "Choose one of them."


def _drop_number(layer: str) -> str:
    return re.sub(r"[-_ ]?\d+$", "", layer)
