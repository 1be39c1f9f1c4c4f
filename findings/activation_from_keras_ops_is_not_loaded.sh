#!/usr/bin/env bash
# A model with `activation=keras.ops.sin` is saved without a word and cannot be loaded.
#
# Guess: functions of `keras.ops` are Keras's own, so `load_model` finds them, as it finds those of `keras.activations`.
# Seen with Keras 3.15.1 and TensorFlow 2.21.0: the configuration holds the name "sin" alone, and `load_model` raises a
# TypeError that it could not locate the function; so does `clone_model`. `custom_objects={"sin": keras.ops.sin}` helps.
# `keras.ops.tanh` comes back as `keras.activations.tanh`, since both have that name.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import sys
import warnings

import keras

path = f"{sys.argv[1]}/model.keras"


def find_failure(load):
    """What a function raises, in one line; empty if nothing."""
    try:
        load()
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return ""


def make_model(activation):
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation=activation)])


model = make_model(keras.ops.sin)
with warnings.catch_warnings():
    warnings.simplefilter("error", UserWarning)
    model.save(path)
for name, load in (
    ("load_model", lambda: keras.models.load_model(path)),
    ("clone_model", lambda: keras.models.clone_model(model)),
):
    failure = find_failure(load)
    assert "Could not locate function 'sin'" in failure
    print(f"{name}: {failure[failure.index('Could') :][:31]}")
loaded = keras.models.load_model(path, custom_objects={"sin": keras.ops.sin})
assert loaded.layers[0].activation is keras.ops.sin
model = make_model(keras.ops.tanh)
model.save(path)
activation = keras.models.load_model(path).layers[0].activation
print(f"keras.ops.tanh is loaded as {activation.__module__}.{activation.__name__}")
assert activation is keras.activations.tanh
PROGRAM
KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py" "$folder"
