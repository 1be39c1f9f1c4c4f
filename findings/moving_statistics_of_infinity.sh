#!/usr/bin/env bash
# pandas' moving statistics leave infinity out, as if the value were missing; Polars takes it for what it is.
#
# Guess: a window that holds infinity has an infinite mean and maximum, as `Series.mean` and `Series.max` have.
# Seen with pandas 3.1.1 and Polars 2.1.0, losses 1, 2, 3, inf, 4, 5, 6: `rolling(3).max()` is NaN in pandas and
# `rolling_max(3)` infinity in Polars wherever the window holds the infinite loss. With min_periods=1, which is for a
# log's first rows, pandas gives 3, 4 and 5 there, after `groupby`, too, and means of 2.5, 3.5 and 4.5, so that nothing
# is left of the explosion. Polars gives infinity with min_samples=1, for the maximum and the mean. In pandas
# `expanding().max()` ends with 6, and `ewm(alpha=0.5).mean()` is finite throughout; `ewm_mean(alpha=0.5)` of Polars is
# infinite at the infinite loss and NaN after it. `cummax()` of pandas is infinite from there on.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet pandas==3.1.1 polars==2.1.0
fi
"${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import math

import pandas as pd
import polars as pl

values = [1.0, 2.0, 3.0, math.inf, 4.0, 5.0, 6.0]
in_pandas, in_polars = pd.Series(values), pl.Series(values)
moving = {
    "pandas, maximum": in_pandas.rolling(3).max(),
    "pandas, maximum, min_periods=1": in_pandas.rolling(3, min_periods=1).max(),
    "pandas, mean, min_periods=1": in_pandas.rolling(3, min_periods=1).mean(),
    "pandas, by layer": in_pandas.groupby(["dense"] * 7).rolling(3, min_periods=1).max(),
    "pandas, expanding maximum": in_pandas.expanding().max(),
    "pandas, ewm": in_pandas.ewm(alpha=0.5).mean(),
    "pandas, cummax": in_pandas.cummax(),
    "Polars, maximum": in_polars.rolling_max(3),
    "Polars, maximum, min_samples=1": in_polars.rolling_max(3, min_samples=1),
    "Polars, mean, min_samples=1": in_polars.rolling_mean(3, min_samples=1),
    "Polars, ewm": in_polars.ewm_mean(alpha=0.5),
}
moving = {name: series.to_list() for name, series in moving.items()}
for name, series in moving.items():
    print(f"{name}: {[value if value is None else round(value, 3) for value in series]}")
windows = slice(3, 6)  # those that hold infinity
assert all(map(math.isnan, moving["pandas, maximum"][windows]))
assert moving["pandas, maximum, min_periods=1"][windows] == moving["pandas, by layer"][windows] == [3, 4, 5]
assert moving["pandas, mean, min_periods=1"][windows] == [2.5, 3.5, 4.5]
assert moving["pandas, expanding maximum"] == [1, 2, 3, 3, 4, 5, 6]
assert all(map(math.isfinite, moving["pandas, ewm"]))
assert moving["pandas, cummax"][3:] == [math.inf] * 4
assert moving["Polars, maximum"] == [None, None, 3, *[math.inf] * 3, 6]
for name in ("Polars, maximum, min_samples=1", "Polars, mean, min_samples=1"):
    assert moving[name][windows] == [math.inf] * 3
assert moving["Polars, ewm"][3] == math.inf
assert all(map(math.isnan, moving["Polars, ewm"][4:]))
assert in_pandas.mean() == in_pandas.max() == math.inf
PROGRAM
