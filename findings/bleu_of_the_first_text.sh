#!/usr/bin/env bash
# KerasHub's `Bleu` of two texts and their two references is that of the first text alone.
#
# Guess: `update_state(references, texts)` with two lists of strings of the same length compares each text with its
# reference.
# Seen with KerasHub 0.32.0 and Keras 3.15.1 on JAX 0.10.2: both references are taken for references of the first text,
# and the other texts are left out without a word: 1.0 if the first text is right, whatever the others are, 0.0 if the
# first one is wrong. One text at a time, or a list of references for each text, `[[reference], [reference]]`, is right.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 keras-hub==0.32.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras_hub

good, bad = "the cat sat on the mat", "a dog ran through the large park today"
wrong = "an owl was in a tree"


def score(*batches):
    metric = keras_hub.metrics.Bleu()
    for references, texts in batches:
        metric.update_state(references, texts)
    return round(float(metric.result()), 3)


nested = score(([[good], [bad]], [good, wrong]))
seen = {
    "right, wrong": score(([good, bad], [good, wrong])),
    "wrong, right": score(([bad, good], [wrong, good])),
    "one at a time": score(([good], [good]), ([bad], [wrong])),
    "a list for each": nested,
}
print(seen)
assert seen["right, wrong"] == 1
assert seen["wrong, right"] == 0
assert 0 < nested == seen["one at a time"] < 1
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
