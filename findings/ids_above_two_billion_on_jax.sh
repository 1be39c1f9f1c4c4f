#!/usr/bin/env bash
# On JAX integers above 2,147,483,647 become other ones, in a model with `Input(dtype="int64")` as well.
#
# Guess: an input that is declared as int64 keeps its values on every backend, or there is an error.
# Seen with Keras 3.15.1, user ids such as 3,000,000,123: on TensorFlow 2.21.0 and torch 2.13.0 `ids % 1000` is 123,
# and `predict` of an `IntegerLookup` finds the id. On JAX 0.10.2 they are cut to 32 bits as they come in, without a
# word: `ids % 1000` is 827, `IntegerLookup` finds none of its vocabulary, and `Hashing` gives other buckets. Called on
# the array itself, outside of a model, the two layers are right on JAX, too, so that a table made by them beforehand
# does not fit the model.
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
ids = np.array([[3_000_000_123], [5_000_000_456]], "int64")
lookup = layers.IntegerLookup(vocabulary=ids.ravel().tolist())
hashing = layers.Hashing(1000)


def predict(function):
    inputs = keras.Input((1,), dtype="int64")
    return keras.Model(inputs, function(inputs)).predict(ids, verbose=0).ravel().tolist()


seen = {"% 1000": predict(lambda inputs: inputs % 1000), "IntegerLookup": predict(lookup), "Hashing": predict(hashing)}
called = {name: np.asarray(layer(ids)).ravel().tolist() for name, layer in (("lookup", lookup), ("hashing", hashing))}
print(f"{backend}:", seen, "called on the array:", called)
assert called["lookup"] == [1, 2]
if backend == "jax":
    assert seen["% 1000"] == [827, 160]
    assert seen["IntegerLookup"] == [0, 0]
    assert seen["Hashing"] != called["hashing"]
else:
    assert seen["% 1000"] == [123, 456]
    assert seen["IntegerLookup"] == [1, 2]
    assert seen["Hashing"] == called["hashing"]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
