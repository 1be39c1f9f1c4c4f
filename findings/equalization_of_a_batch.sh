#!/usr/bin/env bash
# `Equalization` of a picture depends on the other pictures in its batch.
#
# Guess: each picture is equalized by its own histogram, so that it comes out the same alone and in a batch;
# `AutoContrast` does so.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: a picture of 0 to 100 comes out as 0 to 255
# alone. In a batch with one of 50 to 255 it comes out as 0 to 159: there is one histogram for the whole batch. So what
# a model is given changes with the batch size and the shuffling, in prediction as well. The description says that the
# equalization is consistently applied, and that channels are independent; it says nothing of batches. A batch size of
# 1, or `map` before `batch`, helps.
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
pictures = [np.linspace(low, high, 256).reshape(1, 16, 16, 1).repeat(3, -1) for low, high in ((0, 100), (50, 255))]
pictures = [picture.astype("float32") for picture in pictures]
for layer, same in ((layers.Equalization(), False), (layers.AutoContrast(), True)):
    alone = keras.ops.convert_to_numpy(layer(pictures[0]))[0]
    batched = keras.ops.convert_to_numpy(layer(np.concatenate(pictures)))[0]
    ranges = [(float(picture.min().round()), float(picture.max().round())) for picture in (alone, batched)]
    print(f"{backend}, {type(layer).__name__}: {ranges[0]} alone, {ranges[1]} in a batch")
    assert ranges[0] == (0, 255)
    assert np.allclose(alone, batched) == same
    assert ranges[1][1] == (255 if same else 159)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
