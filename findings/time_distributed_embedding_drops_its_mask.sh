#!/usr/bin/env bash
# `TimeDistributed(Embedding(mask_zero=True))` hands no mask on: the padding of sentences is read as words.
#
# Guess: in a model of documents that embeds the words of each sentence and reads each sentence with an LSTM, the
# padding of a sentence does not matter, as `mask_zero` says.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, ids of shape (documents, sentences, words):
# with three words of padding the answers change, and there is no warning. The same `Embedding` without
# `TimeDistributed`, which takes ids with three axes as well, hands its mask on to `TimeDistributed(LSTM(...))`, and
# the padding does not matter.
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

backend = keras.backend.backend()
short = np.array([[[1, 2, 3], [4, 5, 6]]])
padded = np.pad(short, ((0, 0), (0, 0), (0, 3)))
embedding = layers.Embedding(10, 8, mask_zero=True, embeddings_initializer=keras.initializers.RandomNormal(seed=1))
for name, layer in {"TimeDistributed(Embedding)": layers.TimeDistributed(embedding), "Embedding": embedding}.items():
    ids = keras.Input((2, None), dtype="int64")
    model = keras.Model(ids, layers.TimeDistributed(layers.LSTM(4, kernel_initializer="ones"))(layer(ids)))
    change = float(np.abs(model.predict(padded, verbose=0) - model.predict(short, verbose=0)).max())
    print(f"{backend}, {name}: the padding changes the outputs by {change:.3f}")
    assert change > 0.01 if name.startswith("Time") else change < 1e-5
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
