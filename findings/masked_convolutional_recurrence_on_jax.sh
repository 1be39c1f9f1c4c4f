#!/usr/bin/env bash
# On JAX a ConvLSTM layer behind a `Masking` layer raises an error; on TensorFlow and torch masked steps are left out.
#
# Guess: it leaves masked steps out, as LSTM does, on every backend.
# Seen with Keras 3.15.1: ConvLSTM1D and ConvLSTM2D of padded sequences of rows or pictures give what they give without
# the padding on TensorFlow 2.21.0 and torch 2.13.0, and raise ValueError "Incompatible shapes for broadcasting" on JAX
# 0.10.2, with `Masking` as with a mask of shape (examples, steps) as an argument.
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
random = np.random.default_rng(0)
mask = np.tile(np.arange(5) < 3, (3, 1))


def make(name):
    """A layer with the same weights each time."""
    keras.utils.set_random_seed(1)
    return getattr(keras.layers, name)(2, 3, padding="same")


for size, name in enumerate(("ConvLSTM1D", "ConvLSTM2D"), start=1):
    x = random.normal(size=(3, 5) + (4,) * size + (1,)).astype("float32")
    x[:, 3:] = 0  # padding
    expected = keras.ops.convert_to_numpy(make(name)(x[:, :3]))
    calls = {
        "Masking": lambda: keras.Sequential([keras.Input(x.shape[1:]), keras.layers.Masking(), make(name)])(x),
        "mask": lambda: make(name)(x, mask=mask),
    }
    for way, call in calls.items():
        try:
            seen = keras.ops.convert_to_numpy(call())
        except ValueError as error:
            print(f"{backend}, {name}, {way}: ValueError")
            assert backend == "jax"
            assert "ncompatible shapes for broadcasting" in str(error)
        else:
            print(f"{backend}, {name}, {way}: off by {np.abs(seen - expected).max():.1g}")
            assert backend != "jax"
            assert np.allclose(seen, expected, atol=1e-5)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
