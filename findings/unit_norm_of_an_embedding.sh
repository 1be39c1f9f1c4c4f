#!/usr/bin/env bash
# `Embedding(..., embeddings_constraint="unit_norm")` gives no vector the norm 1.
#
# Guess: each embedding has norm 1, so that the product of two is their cosine; with "max_norm" at most 2.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: what has norm 1 is each of the three
# dimensions over all ids, as the inputs of a Dense unit have; of six vectors the norms are 0.3 to 1, of a thousand
# 0.05, so they shrink with the number of ids, and each step changes those that are not in the batch. Nothing is said.
# `UnitNorm(axis=1)` and `MaxNorm(2, axis=1)` are right.
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
from keras import layers

generator = np.random.default_rng(0)


def train(constraint, ids):
    embedding = layers.Embedding(ids, 3, embeddings_constraint=constraint)
    model = keras.Sequential([keras.Input((4,), dtype="int32"), embedding, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(generator.integers(0, ids, (32, 4)), generator.normal(size=32), verbose=0)
    vectors = embedding.get_weights()[0]
    return np.linalg.norm(vectors, axis=1), np.linalg.norm(vectors, axis=0)


constraints = keras.constraints
by_default, dimensions = train("unit_norm", 6)
many, _ = train("unit_norm", 1000)
by_axis, _ = train(constraints.UnitNorm(axis=1), 6)
print(f"{keras.backend.backend()}, norms: {by_default.round(2)}, of a thousand on average {many.mean():.2f}")
print(f"of the dimensions: {dimensions.round(2)}, with axis=1: {by_axis.round(2)}")
assert np.abs(by_default - 1).max() > 0.1 and many.mean() < 0.1
assert np.allclose(dimensions, 1, atol=1e-5) and np.allclose(by_axis, 1, atol=1e-5)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
