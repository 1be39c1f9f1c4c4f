#!/usr/bin/env bash
# `NA`, as Keras's CSVLogger writes it for an epoch without validation, makes the smallest loss of DuckDB and Polars
# 10.5, not 9.5.
#
# Guess: a missing value in a column of numbers, as pandas reads it; or at least an error as soon as numbers are
# compared.
# Seen with the defaults, of `val_loss` with the values 9.5, NA, 10.5, as under `fit(validation_freq=2)`: pandas 3.1.1
# and Arrow 26.0.1 read numbers and a missing one, with a minimum of 9.5. DuckDB 2.0.1 and Polars 2.1.0 read text, in
# which 10.5 comes before 9.5: the best epoch of the log is another one. In DuckDB nullstr='NA', in Polars
# null_values="NA" helps. An empty cell is missing for all four; only where the first 100 rows have nothing else, Polars
# reads text, too. (Logs of this package have NaN, which all four read as a number or a missing one.)
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet duckdb==2.0.1 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1
fi
"${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import pathlib
import tempfile

import duckdb
import pandas as pd
import polars as pl
import pyarrow.compute
import pyarrow.csv

path = pathlib.Path(tempfile.mkdtemp()) / "log.csv"


def find_smallest(rows, duckdb_options="", **polars_options):
    path.write_text("epoch,val_loss\n" + "".join(f"{epoch},{value}\n" for epoch, value in enumerate(rows)))
    return {
        "pandas": pd.read_csv(path)["val_loss"].min(),
        "Arrow": pyarrow.compute.min(pyarrow.csv.read_csv(path)["val_loss"]).as_py(),
        "DuckDB": duckdb.sql(f"select min(val_loss) from read_csv('{path}'{duckdb_options})").fetchall()[0][0],
        "Polars": pl.read_csv(path, **polars_options)["val_loss"].min(),
    }


numbers = {"pandas": 9.5, "Arrow": 9.5, "DuckDB": 9.5, "Polars": 9.5}
text = numbers | {"DuckDB": "10.5", "Polars": "10.5"}
for name, rows, expected in (
    ("9.5, NA, 10.5", ["9.5", "NA", "10.5"], text),
    ("9.5, then 100 of NA, 10.5", ["9.5"] + ["NA"] * 100 + ["10.5"], text),
    ("an empty cell", ["9.5", "", "10.5"], numbers),
    ("150 empty cells", [""] * 150 + ["9.5", "10.5"], numbers | {"Polars": "10.5"}),
):
    smallest = find_smallest(rows)
    print(f"{name}: {smallest}")
    assert smallest == expected
assert find_smallest(["9.5", "NA", "10.5"], ", nullstr='NA'", null_values="NA") == numbers
PROGRAM
