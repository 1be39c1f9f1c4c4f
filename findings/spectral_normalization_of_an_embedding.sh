#!/usr/bin/env bash
# `SpectralNormalization` of an `Embedding` gives whole numbers, and the embedding is never trained.
#
# Guess: the rows of the normalized matrix, in float32, with a gradient; the layer takes an `embeddings` as it takes a
# `kernel`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the output is cast to the type of the
# inputs, which are ids, so that each number is cut to 0 or the next integer. No gradient reaches the embedding, and
# after three epochs its rows point where they did. Nothing is said. So it is with a Dense layer behind
# `Input(dtype="int32")`. With the wrapped layer as the only one that has weights, `fit` raises on TensorFlow and torch.
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
ids = np.arange(16).reshape(4, 4)
embedding = keras.layers.Embedding(20, 8, embeddings_initializer=keras.initializers.RandomUniform(-1.9, 1.9, seed=1))
layer = keras.layers.SpectralNormalization(embedding)
model = keras.Sequential([keras.Input((4,), dtype="int32"), layer, keras.layers.Flatten(), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(0.1), "mse")
plain = keras.ops.convert_to_numpy(embedding(ids))
wrapped = keras.ops.convert_to_numpy(layer(ids))


def directions():
    rows = keras.ops.convert_to_numpy(embedding.embeddings)
    return rows / np.linalg.norm(rows)


before = directions()
model.fit(ids, np.ones((4, 1)), epochs=3, verbose=0)
seen = {
    "dtype": str(wrapped.dtype),
    "trainable weights": len(layer.trainable_weights),
    "change": float(np.abs(directions() - before).max()),
}
whole = keras.Input((4,), dtype="int32")
dense = keras.Model(whole, keras.layers.SpectralNormalization(keras.layers.Dense(8))(whole)).predict(ids, verbose=0)
print(f"{backend}: {seen}, {plain[0, 0].round(1).tolist()} becomes {wrapped[0, 0].tolist()}")
assert np.array_equal(wrapped, np.trunc(plain))
assert seen["dtype"].startswith("int")
assert seen["trainable weights"] == 1
assert seen["change"] < 1e-6
assert np.array_equal(dense, np.round(dense))
assert dense.any()
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
