#!/usr/bin/env bash
# In pandas 100,000 predictions in float16 have a standard deviation of 0, in `describe` as well.
#
# Guess: right to 1 %, as their mean is; or infinite, where squares are added up in float16.
# Seen with pandas 3.1.1, Polars 2.1.0, DuckDB 2.0.1 and NumPy 2.4.6, numbers with mean 10 and standard deviation 1 in
# float16, as `predict` gives under mixed_float16: `std`, `var` and `describe` of a Series are 0. `mean` is right, and
# so are `groupby(...).std()`, Polars and DuckDB. NumPy's `std` is infinite. Of 60,000 numbers it is right in pandas, of
# 70,000 it is 0: their number is infinite in float16, which ends at 65,504. `astype("float32")` helps.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet duckdb==2.0.1 numpy==2.4.6 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1
fi
cat >"$folder/program.py" <<'PROGRAM'
import os
import tempfile
import warnings

import duckdb
import numpy as np
import pandas as pd
import polars as pl

warnings.simplefilter("ignore")
numbers = (10 + np.random.default_rng(0).normal(size=100_000)).astype("float16")
frame = pd.DataFrame({"answer": numbers, "run": 1})
path = os.path.join(tempfile.mkdtemp(), "answers.parquet")
frame.to_parquet(path)
seen = {
    "pandas": frame["answer"].std(),
    "pandas, describe": frame["answer"].describe()["std"],
    "pandas, groupby": frame.groupby("run")["answer"].std().iloc[0],
    "pandas, float32": frame["answer"].astype("float32").std(),
    "pandas, 60,000": frame["answer"].head(60_000).std(),
    "pandas, 70,000": frame["answer"].head(70_000).std(),
    "Polars": pl.read_parquet(path)["answer"].std(),
    "DuckDB": duckdb.sql(f"select stddev(answer) from '{path}'").fetchall()[0][0],
    "NumPy": numbers.std(),
}
seen = {name: round(float(value), 2) for name, value in seen.items()}
print(f"mean in pandas {frame['answer'].mean():.2f}; standard deviations {seen}")
assert abs(frame["answer"].mean() - 10) < 0.01
assert seen["pandas"] == seen["pandas, describe"] == seen["pandas, 70,000"] == frame["answer"].var() == 0
assert seen["NumPy"] == np.inf
for name in ("pandas, groupby", "pandas, float32", "pandas, 60,000", "Polars", "DuckDB"):
    assert abs(seen[name] - 1) < 0.05, name
PROGRAM
"${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
