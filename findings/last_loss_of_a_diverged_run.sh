#!/usr/bin/env bash
# In pandas the last loss of a run that ended in NaN is its last finite one, and its smoothed loss goes on as if nothing
# was.
#
# Guess: `log.groupby("run").last()` gives the last row, and a moving mean is NaN from the NaN on.
# Seen with pandas 3.1.1, Polars 2.1.0, DuckDB 2.0.1 and Arrow 26.0.1, a log of a run with the losses 0.9, 0.5, NaN:
# `groupby.last` of pandas gives 0.5, and so does Arrow's "last" (which reads NaN as null); Polars and DuckDB give NaN.
# `ewm(alpha=0.3).mean()` of pandas repeats the value before the first NaN for all that follow, so a plot of smoothed
# losses ends in a flat, good line; Polars gives NaN. In pandas `groupby.tail(1)` has the row, and `rolling` gives NaN.
# So a table of runs by their last loss has the diverged ones among the good ones.
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
import pathlib
import tempfile

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.csv

path = pathlib.Path(tempfile.mkdtemp()) / "log.csv"
path.write_text("run,epoch,loss\na,0,0.9\na,1,0.5\na,2,NaN\nb,0,0.8\nb,1,0.7\nb,2,0.6\n")
log = pd.read_csv(path)
query = f"select last(loss order by epoch) from read_csv('{path}') group by run order by run"
arrow = pyarrow.csv.read_csv(path).group_by("run", use_threads=False).aggregate([("loss", "last")])
last = {
    "pandas": log.groupby("run")["loss"].last().tolist(),
    "pandas, tail": log.groupby("run").tail(1)["loss"].tolist(),
    "Polars": pl.read_csv(path).group_by("run", maintain_order=True).last()["loss"].to_list(),
    "DuckDB": [row[0] for row in duckdb.sql(query).fetchall()],
    "Arrow": arrow["loss_last"].to_pylist(),
}
print("last losses:", last)
assert last.pop("pandas") == last.pop("Arrow") == [0.5, 0.6]
assert all(np.isnan(losses[0]) and losses[1] == 0.6 for losses in last.values())

losses = [1.0, 0.8, 0.6, float("nan"), float("nan")]
smooth = {
    "pandas": pd.Series(losses).ewm(alpha=0.3).mean().tolist(),
    "Polars": pl.Series(losses).ewm_mean(alpha=0.3).to_list(),
}
print("smoothed:", smooth)
assert smooth["pandas"][2] == smooth["pandas"][3] == smooth["pandas"][4] and np.isnan(smooth["Polars"][3:]).all()
assert np.isnan(pd.Series(losses).rolling(2).mean().tolist()[3:]).all()
PROGRAM
