"""Runs side by side: a column of their logs, with each run's ratio to the first."""

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
            their position in the model, since Keras numbers automatic layer names anew in every process.

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
            f"`value` must be a numeric column of a {schema.name}. Received: value={value!r}. "
            f"Choose one of {', '.join(schema.numbers)}."
        )
    keys = ["epoch", "depth"] if by is None else [by] if isinstance(by, str) else list(by)
    allowed = [column for column in log.columns if column not in ("run", *schema.numbers)]
    if not keys or not set(keys) <= set(allowed):
        raise ValueError(
            f"`by` must name one or more columns that are not numeric. Received: by={by!r}. "
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
