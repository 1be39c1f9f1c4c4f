#!/usr/bin/env bash
# PearsonCorrelation() of a regression with one output is NaN, and ConcordanceCorrelation() is 0.
#
# Guess: as a metric in `compile`, which its description shows, it is the correlation of answers and labels over the
# data.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, one output, a true correlation of 0.993: the
# correlation is taken along the last axis, so within each example, where one number has none. With axis=0 it is taken
# within each batch, and the mean over the batches is 0.993 in one batch of 64 and 0.323 in batches of 4.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np

backend = keras.backend.backend()
x = np.linspace(0, 1, 64, dtype="float32")[:, None]
y = 2 * x + 0.1 * np.sin(40 * x)
true = np.corrcoef(x[:, 0], y[:, 0])[0, 1]
model = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(1.0)])
for axis in (-1, 0):
    for batch_size in (64, 4):
        metrics = [keras.metrics.PearsonCorrelation(axis=axis), keras.metrics.ConcordanceCorrelation(axis=axis)]
        model.compile("sgd", "mse", metrics=metrics)
        logs = model.evaluate(x, y, batch_size=batch_size, verbose=0, return_dict=True)
        pearson, concordance = logs["pearson_correlation"], logs["concordance_correlation"]
        print(f"{backend}, axis={axis}, batches of {batch_size}: {pearson:.3f}, {concordance:.3f}; true {true:.3f}")
        if axis == -1:
            assert np.isnan(pearson)
            assert concordance == 0
        elif batch_size == 64:
            assert abs(pearson - true) < 0.001
        else:
            assert abs(pearson - true) > 0.01
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
