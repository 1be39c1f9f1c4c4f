#!/usr/bin/env bash
# `RandomCrop` and `RandomFlip` put their results into the dictionary that they are given: ten calls crop once.
#
# Guess: a layer returns its results and leaves what it was given as it was, as `RandomRotation` does.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: called with {"images": ..., "labels": ...},
# both return this very dictionary, and it holds the new pictures. So the next call sees the small ones, of which a crop
# of the same size is the whole: ten calls give one crop ten times, and who compares a picture with its original
# compares it with itself. An array on its own is cropped anew each time. In `tf.data`, each batch has a dictionary of
# its own. `CenterCrop`, `RandomRotation` and ten others that were tried leave it alone.
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
pictures = np.random.default_rng(0).uniform(size=(1, 100, 100, 3)).astype("float32")


def count(crops):
    return len({keras.ops.convert_to_numpy(crop).tobytes() for crop in crops})


crop = keras.layers.RandomCrop(80, 80, seed=1)
alone = count([crop(pictures, training=True) for _ in range(10)])
data = {"images": pictures, "labels": np.zeros((1, 1), "float32")}
in_dictionary = count([crop(data, training=True)["images"] for _ in range(10)])
print(f"{backend}: ten calls give {alone} different crops, of a dictionary {in_dictionary}")
assert alone > 5
assert in_dictionary == 1
for layer in (keras.layers.RandomRotation(0.1), keras.layers.CenterCrop(80, 80), keras.layers.RandomFlip(), crop):
    data = {"images": pictures, "labels": np.zeros((1, 1), "float32")}
    layer(data, training=True)
    changed = data["images"] is not pictures
    print(f"{backend}, {layer.__class__.__name__}: the dictionary is changed: {changed}")
    assert changed == isinstance(layer, (keras.layers.RandomFlip, keras.layers.RandomCrop))
assert pictures.shape == (1, 100, 100, 3)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
