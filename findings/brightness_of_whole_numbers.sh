#!/usr/bin/env bash
# `RandomBrightness` makes bright pixels of a uint8 picture dark.
#
# Guess: pixels are cut at the ends of `value_range`, also in a picture of whole numbers, which its description allows.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a picture of 200 that becomes brighter by
# 0.3 of 255: as float32 it becomes 255. As uint8, in a call or in a model with `Input(dtype="uint8")`, it becomes 20:
# 276 is more than uint8 holds. In a `tf.data` pipeline it becomes 255, since the layer casts there.
# `RandomColorJitter` is right in each case.
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
picture = np.full((1, 4, 4, 3), 200, "uint8")
layer = layers.RandomBrightness((0.3, 0.3))
inputs = keras.Input((4, 4, 3), dtype="uint8")
seen = {
    "float32": layer(picture.astype("float32"), training=True),
    "uint8": layer(picture, training=True),
    "uint8 in a model": keras.Model(inputs, layer(inputs))(picture, training=True),
    "RandomColorJitter of uint8": layers.RandomColorJitter(brightness_factor=(0.3, 0.3))(picture, training=True),
}
seen = {name: np.unique(keras.ops.convert_to_numpy(result)).astype(int).tolist() for name, result in seen.items()}
print(f"{backend}:", seen)
assert seen["float32"] == seen["RandomColorJitter of uint8"] == [255]
assert seen["uint8"] == seen["uint8 in a model"] == [20]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
