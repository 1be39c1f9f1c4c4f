#!/usr/bin/env bash
# A CSV whose last row was cut off by a kill becomes a table of one column of text in DuckDB.
#
# Guess: an error that names the row, as from Arrow, or a NULL in it, as from pandas and Polars.
# Seen with DuckDB 2.0.1 and a file of two rows and a half: all is read, without a word, as one column that is named
# `epoch,norm` and holds the text of each row. With delim=',' it raises an error, and with
# null_padding=true there are two columns and a NULL. (Logs of this package are whole again after the next run
# with append=True, and `vg.read_log` drops the torn row and says so.)
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
path.write_text("epoch,norm\n0,1.5\n1,2.5\n2")


def read(options):
    table = duckdb.sql(f"select * from read_csv('{path}'{options})")
    return table.columns, table.fetchall()


print("by default:", read(""))
assert read("") == (["epoch,norm"], [("0,1.5",), ("1,2.5",), ("2",)])
try:
    read(", delim=','")
    raised = False
except duckdb.Error as error:
    raised = "sniffing" in str(error)
print("with delim=',' raises:", raised)
assert raised
padded = read(", delim=',', null_padding=true")
print("padded:", padded)
assert padded == (["epoch", "norm"], [(0, 1.5), (1, 2.5), (2, None)])
assert pd.read_csv(path)["norm"].isna().tolist() == [False, False, True]
PROGRAM
