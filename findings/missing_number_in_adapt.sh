#!/usr/bin/env bash
# One NaN among the data of `Normalization.adapt` makes the whole feature NaN, without a word.
#
# Guess: it is left out, as scikit-learn's StandardScaler and Keras's own Discretization do, or there is an error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: a column of 1000 numbers, one of them
# missing: mean and variance of this feature are NaN, and so is it in every example afterwards, those that lack nothing
# included; `predict` gives NaN for all, and each loss is NaN. `Discretization.adapt` finds the same bins as without the
# NaN. scikit-learn 1.9.1 leaves it out.
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
import keras
import numpy as np
from keras import layers
from sklearn.preprocessing import StandardScaler

x = np.random.default_rng(0).normal(3, 2, size=(1000, 2)).astype("float32")
x[5, 1] = np.nan
complete = np.delete(x, 5, axis=0)
layer = layers.Normalization()
layer.adapt(x)
model = keras.Sequential([keras.Input((2,)), layer, layers.Dense(1)])
missing = int(np.isnan(model.predict(complete, verbose=0)).sum())
mean = keras.ops.convert_to_numpy(layer.mean)[0]
scaler = StandardScaler().fit(x)
bins = []
for numbers in (x[:, 1], complete[:, 1]):
    discretization = layers.Discretization(num_bins=4)
    discretization.adapt(numbers)
    bins.append(np.round(discretization.bin_boundaries, 1).tolist())
print(f"{keras.backend.backend()}, mean {mean}, NaN among 999 answers: {missing}, of scikit-learn: {scaler.mean_}")
print(f"bins with the NaN, without it: {bins}")
assert np.isnan(mean).tolist() == [False, True] and missing == 999
assert np.isfinite(scaler.mean_).all() and bins[0] == bins[1]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
