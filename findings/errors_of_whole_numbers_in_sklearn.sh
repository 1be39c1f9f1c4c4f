#!/usr/bin/env bash
# scikit-learn's `max_error` of a label 0 and an answer 1 in uint8 is 255; its `mean_absolute_error` is right.
#
# Guess: all its measures of regression take the numbers as floats, whatever their type.
# Seen with scikit-learn 1.9.1 and NumPy 2.4.6, labels 0 and 3 and answers 1 and 1, both in uint8, as of pictures or of
# counts that are stored small: `max_error` is 255 instead of 2, and `median_absolute_error` 127.5 instead of 1.5,
# without a word. `mean_absolute_error`, `mean_squared_error` and `r2_score` are right. `max_error` of 100 and -100 in
# int8 is not 200, either. As int64 all are right.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet numpy==2.4.6 scikit-learn==1.9.1
fi
cat >"$folder/program.py" <<'PROGRAM'
import numpy as np
from sklearn import metrics

names = ("max_error", "median_absolute_error", "mean_absolute_error", "mean_squared_error", "r2_score")
seen = {}
for kind in ("uint8", "int64"):
    labels, answers = np.array([0, 3], kind), np.array([1, 1], kind)
    seen[kind] = {name: round(float(getattr(metrics, name)(labels, answers)), 3) for name in names}
    print(kind, seen[kind])
wrong = [name for name in names if seen["uint8"][name] != seen["int64"][name]]
assert wrong == ["max_error", "median_absolute_error"]
assert [seen["uint8"][name] for name in wrong] == [255, 127.5]
assert [seen["int64"][name] for name in wrong] == [2, 1.5]
assert metrics.max_error(np.array([100], "int8"), np.array([-100], "int8")) != 200
PROGRAM
"${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
