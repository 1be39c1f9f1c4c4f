#!/usr/bin/env bash
# The median of the losses 1, 2, 3, NaN, NaN is 2 in pandas and Arrow, 3 in DuckDB and Polars, and NaN in NumPy.
#
# Guess: 2, where NaN is left out, or NaN; no number that none of the losses is the middle of.
# Seen with pandas 3.1.1, Polars 2.1.0, DuckDB 2.0.1, Arrow 26.0.1 and NumPy 2.4.6, of a Parquet file: DuckDB and Polars
# take NaN for the largest number, and so for two of the five. The more runs diverge, the larger is their median, and
# nothing shows why. `loss > 2` is true for NaN in both: 3 of the 5 pass that filter, in pandas and Arrow one.
# `isfinite(loss)` in DuckDB, and `drop_nans()` in Polars, before the median give 2.
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

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pyarrow import compute, parquet

path = os.path.join(tempfile.mkdtemp(), "runs.parquet")
parquet.write_table(pa.table({"loss": [1.0, 2.0, 3.0, np.nan, np.nan]}), path)
in_pandas, in_polars = pd.read_parquet(path)["loss"], pl.read_parquet(path)["loss"]
in_arrow = parquet.read_table(path)["loss"]
query = f"select median(loss), count(*) filter (loss > 2) from '{path}'"
medians = {
    "pandas": (in_pandas.median(), int((in_pandas > 2).sum())),
    "Polars": (in_polars.median(), (in_polars > 2).sum()),
    "DuckDB": duckdb.sql(query).fetchall()[0],
    "Arrow": (
        compute.quantile(in_arrow, q=0.5)[0].as_py(),
        compute.sum(compute.greater(in_arrow, 2)).as_py(),
    ),
}
without = (in_polars.drop_nans().median(), duckdb.sql(query + " where isfinite(loss)").fetchall()[0][0])
print(f"median, losses above 2: {medians}; NumPy's median {np.median(in_pandas)}; without NaN {without}")
assert medians["pandas"] == medians["Arrow"] == (2, 1)
assert medians["Polars"] == medians["DuckDB"] == (3, 3)
assert np.isnan(np.median(in_pandas))
assert without == (2, 2)
PROGRAM
"${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
