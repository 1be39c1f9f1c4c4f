#!/usr/bin/env bash
# `AUC` of examples of one class is 0, and a label without positives counts as 0 in the mean of several labels.
#
# Guess: NaN, or an error: it is not defined there. scikit-learn 1.9.1 gives NaN and warns.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: predictions that are right everywhere,
# without a positive among the examples: 0, which is what predictions have that are wrong everywhere. With
# `AUC(multi_label=True)` and three labels, of which one has no positive example in the validation data, two perfect
# ones give 0.67; so does `curve="PR"`. A rare label in a small validation set pulls `val_auc` down by its share, and
# not at all in an epoch or a fold that has one. `label_weights` of 0 for it gives 1.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0 \
        scikit-learn==1.9.1
fi
cat >"$folder/program.py" <<'PROGRAM'
import warnings

import keras
import numpy as np
from sklearn.metrics import roc_auc_score

labels = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]])
answers = np.array([[0.9, 0.1, 0.2], [0.2, 0.8, 0.1], [0.8, 0.3, 0.1], [0.1, 0.9, 0.05]])


def compute(labels, answers, **options):
    metric = keras.metrics.AUC(**options)
    metric.update_state(labels, answers)
    return round(float(metric.result()), 2)


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    reference = roc_auc_score([0, 0, 0], [0.1, 0.2, 0.3])
seen = {
    "negatives alone": compute([0, 0, 0], [0.1, 0.2, 0.3]),
    "positives alone": compute([1, 1, 1], [0.9, 0.8, 0.7]),
    "three labels": compute(labels, answers, multi_label=True),
    "three labels, PR": compute(labels, answers, multi_label=True, curve="PR"),
    "weights": compute(labels, answers, multi_label=True, num_labels=3, label_weights=[1.0, 1.0, 0.0]),
    "all as one": compute(labels, answers),
}
print(f"{keras.backend.backend()}, AUC: {seen}, scikit-learn: {reference}")
assert list(seen.values()) == [0, 0, 0.67, 0.67, 1, 1] and np.isnan(reference)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
