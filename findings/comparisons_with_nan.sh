#!/usr/bin/env bash
# In Polars and DuckDB a loss that is NaN is above each limit, and equal to itself.
#
# Guess: each comparison with NaN is false, as in NumPy, pandas and Arrow, so that `loss == loss` keeps what is a
# number.
# Seen with pandas 3.1.1, Polars 2.1.0, DuckDB 2.0.1 and Arrow 26.0.1, the losses 0.5, NaN and 0.7: `loss > 10` is true
# for one row in Polars and DuckDB, and for none in pandas and Arrow; `loss == loss` is true for all three rows in
# Polars and DuckDB. The largest loss is NaN in DuckDB and 0.7 in the others. So an alarm for losses above a limit sees
# a NaN in some readers and not in others, and the way to drop NaN that works in one of them does nothing in the other.
# `is_not_nan`, `isfinite` and `notna` are clear.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet pandas==3.1.1 polars==2.1.0 duckdb==2.0.1 pyarrow==26.0.1
fi
"${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import math

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

losses = [0.5, float("nan"), 0.7]
frame, table, arrow = pd.DataFrame({"loss": losses}), pl.DataFrame({"loss": losses}), pa.array(losses)


def count(condition):
    return duckdb.sql(f"select count(*) from table_of_losses where {condition}").fetchall()[0][0]


duckdb.sql("create table table_of_losses as select unnest([0.5, 'nan'::double, 0.7]) as loss")
seen = {
    "pandas": (int((frame["loss"] > 10).sum()), int((frame["loss"] == frame["loss"]).sum()), frame["loss"].max()),
    "Arrow": (pc.sum(pc.greater(arrow, 10)).as_py(), pc.sum(pc.equal(arrow, arrow)).as_py(), pc.max(arrow).as_py()),
    "Polars": (
        table.filter(pl.col("loss") > 10).height,
        table.filter(pl.col("loss") == pl.col("loss")).height,
        table["loss"].max(),
    ),
    "DuckDB": (
        count("loss > 10"),
        count("loss = loss"),
        duckdb.sql("select max(loss) from table_of_losses").fetchall()[0][0],
    ),
}
print("above 10, equal to itself, the largest:", seen)
assert seen["pandas"] == seen["Arrow"] == (0, 2, 0.7) and seen["Polars"] == (1, 3, 0.7)
assert seen["DuckDB"][:2] == (1, 3) and math.isnan(seen["DuckDB"][2])
PROGRAM
