#!/usr/bin/env bash
# `image_dataset_from_directory`: with `shuffle=False` for the validation pictures, most of them are in the training
# set.
#
# Guess: `validation_split` and `seed` decide which pictures are whose; `shuffle=False` for the validation, to have its
# predictions in a known order, decides their order alone. Or there is an error, as there is without a seed.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, 20 pictures in each of two classes,
# validation_split=0.25, and the same seed in both calls: 9 of the 10 validation pictures are among the training ones,
# and all are of the last class, since the last quarter of the sorted pictures is taken. Nothing is said. With the
# default shuffle in both calls none is in both. With shuffle=False in both none is, either, but the validation is of
# the last class alone.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0 \
        pillow==13.0.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import os
import tempfile

import keras
import numpy as np
from PIL import Image

folder = tempfile.mkdtemp()
for place, name in enumerate(("first", "last")):
    os.mkdir(os.path.join(folder, name))
    for number in range(20):
        picture = np.full((4, 4, 3), 20 * place + number, "uint8")
        Image.fromarray(picture).save(os.path.join(folder, name, f"{number:02}.png"))


def load(subset, shuffle):
    options = {"image_size": (4, 4), "validation_split": 0.25, "seed": 1, "verbose": False}
    data = keras.utils.image_dataset_from_directory(folder, subset=subset, shuffle=shuffle, **options)
    return {int(picture[0, 0, 0]) for batch, _ in data for picture in keras.ops.convert_to_numpy(batch)}


seen = {}
for name, (training, validation) in {
    "shuffled, sorted": (True, False),
    "shuffled, shuffled": (True, True),
    "sorted, sorted": (False, False),
}.items():
    training, validation = load("training", training), load("validation", validation)
    seen[name] = len(training & validation), len(validation), sum(number >= 20 for number in validation)
print(f"{keras.backend.backend()}, validation pictures in both, altogether, of the last class: {seen}")
assert seen["shuffled, sorted"] == (9, 10, 10)
assert seen["shuffled, shuffled"][:2] == (0, 10)
assert seen["shuffled, shuffled"][2] < 10
assert seen["sorted, sorted"] == (0, 10, 10)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
