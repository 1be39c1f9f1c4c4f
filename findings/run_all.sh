#!/usr/bin/env bash
# Runs all findings in one environment, and prints of each whether it is still so. Exits with 1 if one has changed.
#
# Usage: run_all.sh [REQUIREMENT ...]
# Without arguments the environment has the versions that the findings name; with arguments these packages instead, to
# see what a new release changes: run_all.sh keras tensorflow jax torch duckdb pandas polars pyarrow
set -euo pipefail
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
if [ $# -gt 0 ]; then
    requirements=("$@")
else
    mapfile -t requirements < <(grep -hoE '[a-z0-9-]+==[0-9.]+' ./*.sh | sort -u)
fi
echo "${requirements[*]}"
"$folder/venv/bin/pip" install --quiet "${requirements[@]}"
changed=0
for finding in ./*.sh; do
    if [ "$finding" = ./run_all.sh ]; then continue; fi
    if FINDINGS_PYTHON="$folder/venv/bin/python" bash "$finding" >"$folder/output" 2>&1; then
        echo "as described: ${finding#./}"
    else
        echo "changed: ${finding#./}"
        tail -n 5 "$folder/output" | sed 's/^/    /'
        changed=1
    fi
done
exit $changed
