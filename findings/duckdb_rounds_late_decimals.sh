#!/usr/bin/env bash
# DuckDB rounds the decimals of a CSV column whose first 20,480 rows are whole numbers, and says nothing.
#
# Guess: it reads on with a wider type, as pandas and Arrow do, or raises, as Polars does.
# Seen with DuckDB 2.0.1: 30,000 rows of 1 and a last one of 2.5, read with the defaults: the column is BIGINT and the last
# value 3. pandas 3.1.1 gives 2.5. With sample_size=-1 DuckDB gives 2.5, too. Logs of this package are safe: a column of
# numbers with decimals has a decimal point in its first row.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet duckdb==2.0.1 pandas==3.1.1
fi
"${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import pathlib
import tempfile

import duckdb
import pandas as pd

path = pathlib.Path(tempfile.mkdtemp()) / "log.csv"
path.write_text("norm\n" + "1\n" * 30_000 + "2.5\n")


def read_last(options):
    return duckdb.sql(f"select norm from read_csv('{path}'{options})").fetchall()[-1][0]


by_default, by_all, in_pandas = read_last(""), read_last(", sample_size=-1"), pd.read_csv(path)["norm"].iloc[-1]
print("DuckDB:", by_default, "with all rows looked at:", by_all, "pandas:", in_pandas)
assert (by_default, by_all, in_pandas) == (3, 2.5, 2.5)
PROGRAM
