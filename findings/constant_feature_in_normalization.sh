#!/usr/bin/env bash
# `Normalization` multiplies a feature that was constant in `adapt` by ten million.
#
# Guess: the feature is centred and keeps its scale, as in scikit-learn's StandardScaler, which divides by 1 where the
# variance is 0.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a feature that is 3 in all examples of
# `adapt` and 3.1 in a later one: it becomes 1,000,000, since the standard deviation is replaced by 1e-7. In training it
# is 0 throughout, so nothing shows before such an example comes. scikit-learn 1.9.1 gives 0.1. A switch or a rare
# category that has one value in the training data does this.
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
from sklearn.preprocessing import StandardScaler

inputs = np.random.default_rng(0).normal(size=(1000, 2)).astype("float32")
inputs[:, 1] = 3
later = np.array([[0, 3.1]], "float32")
layer = keras.layers.Normalization()
layer.adapt(inputs)
in_training = keras.ops.convert_to_numpy(layer(inputs))[:, 1]
in_keras = keras.ops.convert_to_numpy(layer(later))[0, 1]
in_sklearn = StandardScaler().fit(inputs).transform(later)[0, 1]
print(f"{keras.backend.backend()}: 3.1 becomes {in_keras:,.0f} in Keras, {in_sklearn:.3f} in scikit-learn")
assert np.all(in_training == 0)
assert in_keras > 900_000
assert abs(in_sklearn - 0.1) < 0.001
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
