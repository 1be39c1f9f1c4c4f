#!/usr/bin/env bash
# Adding positions to an `Embedding(mask_zero=True)` drops its mask without a word, whether by `Add` or by `+`.
#
# Guess: the sum of a masked and an unmasked sequence is masked where the one is, as padding stays padding; or there is
# the warning that a layer without support for masks gives.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, ids, their embedding and that of their
# positions, and an LSTM: a sentence that is padded with zeros has another prediction than the sentence alone, since the
# LSTM reads the padding. `Add` gives no mask if one of its inputs has none, and `Concatenate` marks all steps as words
# then. `+`, `*` and `keras.ops` never have one: `x + x` and `x * 4` drop it, while `Add()([x, x])` and `Rescaling(4)`
# keep it. Of all these `Lambda(lambda x: x * 4)` alone warns.
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
import warnings

import keras
import numpy as np

layers = keras.layers
sentence, padded = np.array([[1, 2, 3]]), np.array([[1, 2, 3, 0, 0, 0]])


def depends_on_padding(between):
    """Whether padding changes the prediction, and whether anything warns of it."""
    keras.utils.set_random_seed(1)
    ids = keras.Input((None,), dtype="int32")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        x = between(layers.Embedding(4, 3, mask_zero=True, embeddings_initializer="glorot_normal")(ids), ids)
        model = keras.Model(ids, layers.LSTM(3)(x))
        short, long = model.predict(sentence, verbose=0), model.predict(padded, verbose=0)
    return np.abs(short - long).max() > 1e-3, any("mask" in str(warning.message) for warning in caught)


def embed_positions(ids):
    positions = keras.ops.cumsum(keras.ops.ones_like(ids), axis=1) - 1
    return layers.Embedding(6, 3, embeddings_initializer="glorot_normal")(positions)


programs = {
    "x alone": (lambda x, ids: x, (False, False)),
    "Add()([x, positions])": (lambda x, ids: layers.Add()([x, embed_positions(ids)]), (True, False)),
    "x + positions": (lambda x, ids: x + embed_positions(ids), (True, False)),
    "Concatenate()([x, positions])": (lambda x, ids: layers.Concatenate()([x, embed_positions(ids)]), (True, False)),
    "Add()([x, x])": (lambda x, ids: layers.Add()([x, x]), (False, False)),
    "x + x": (lambda x, ids: x + x, (True, False)),
    "Rescaling(4)(x)": (lambda x, ids: layers.Rescaling(4.0)(x), (False, False)),
    "x * 4": (lambda x, ids: x * 4, (True, False)),
    "Lambda(lambda x: x * 4)(x)": (lambda x, ids: layers.Lambda(lambda x: x * 4)(x), (True, True)),
}
for name, (between, expected) in programs.items():
    depends, warned = depends_on_padding(between)
    print(f"{keras.backend.backend()}, {name}: padding changes the prediction: {depends}, a warning: {warned}")
    assert (depends, warned) == expected
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
