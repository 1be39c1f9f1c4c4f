#!/usr/bin/env bash
# `nan` in a CSV column of numbers, as Keras's CSVLogger writes it: three answers from four readers.
#
# Guess: NaN in a column of floats everywhere, whatever the case of its letters.
# Seen with the defaults, for 1.5, nan, inf: pandas 3.1.1 and DuckDB 2.0.1 read NaN and infinity. Polars 2.1.0 makes the
# whole column text; NaN, as this package writes it, it reads as a number. Arrow 26.0.1 makes a null of both, so that a
# mean leaves it out. A schema helps in Polars; in Arrow null_values=[""] does.
# Of NaN as it is read, pandas leaves it out of mean and maximum, as Arrow does of its nulls; in DuckDB it is both, since
# NaN is the largest number there; in Polars it is the mean, but not the maximum. A column of nothing but NaN has no
# type of numbers in Arrow.
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
import math
import pathlib
import tempfile

import duckdb
import pandas as pd
import polars as pl
from pyarrow import compute, csv

options = csv.ConvertOptions(null_values=[""])
path = pathlib.Path(tempfile.mkdtemp()) / "log.csv"
for nan in ("nan", "NaN"):
    path.write_text(f"norm\n1.5\n{nan}\ninf\n")
    read = {
        "pandas": pd.read_csv(path)["norm"].tolist(),
        "DuckDB": [row[0] for row in duckdb.sql(f"select * from '{path}'").fetchall()],
        "Polars": pl.read_csv(path)["norm"].to_list(),
        "Polars, schema": pl.read_csv(path, schema={"norm": pl.Float64})["norm"].to_list(),
        "Arrow": csv.read_csv(path)["norm"].to_pylist(),
        "Arrow, null_values": csv.read_csv(path, convert_options=options)["norm"].to_pylist(),
    }
    for reader, values in read.items():
        print(f"{nan}, {reader}: {values}")
    assert read.pop("Arrow") == [1.5, None, math.inf]
    if nan == "nan":
        assert read.pop("Polars") == ["1.5", "nan", "inf"]
    for first, second, third in read.values():
        assert (first, third) == (1.5, math.inf)
        assert math.isnan(second)

path.write_text("norm,all\n1.5,NaN\nNaN,NaN\n")
in_arrow = csv.read_csv(path)
summaries = {
    "pandas": pd.read_csv(path)["norm"].agg(["mean", "max"]).tolist(),
    "Arrow": [compute.mean(in_arrow["norm"]).as_py(), compute.max(in_arrow["norm"]).as_py()],
    "Polars": list(pl.read_csv(path).select(mean=pl.mean("norm"), max=pl.max("norm")).row(0)),
    "DuckDB": list(duckdb.sql(f"select avg(norm), max(norm) from '{path}'").fetchall()[0]),
}
for reader, summary in summaries.items():
    print(f"mean and maximum of 1.5 and NaN, {reader}: {summary}")
assert summaries["pandas"] == summaries["Arrow"] == [1.5, 1.5]
assert math.isnan(summaries["Polars"][0])
assert summaries["Polars"][1] == 1.5
assert all(map(math.isnan, summaries["DuckDB"]))
print("type of a column of NaN:", in_arrow.schema.field("all").type, pl.read_csv(path).schema["all"])
assert str(in_arrow.schema.field("all").type) == "null"
assert pl.read_csv(path).schema["all"] == pl.Float64
PROGRAM
