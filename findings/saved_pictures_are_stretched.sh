#!/usr/bin/env bash
# `keras.utils.save_img` of a dark picture saves another one: its smallest pixel becomes 0, its largest 255.
#
# Guess: a uint8 picture comes back from `load_img` as it was; the argument `scale`, to rescale values "to be within [0,
# 255]", leaves alone what is within.
# Seen with Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend): pixels from 50 to 100 come back as 0 to
# 255, and a mask of the classes 0, 1 and 2 as 0, 127 and 255. A picture of 200 everywhere comes back black. With
# `scale=False` each comes back as it was.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 pillow==13.0.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import os
import tempfile

import keras
import numpy as np

path = os.path.join(tempfile.mkdtemp(), "picture.png")
pictures = {
    "dark": np.linspace(50, 100, 48).reshape(4, 4, 3).astype("uint8"),
    "mask": np.array([[0, 1], [2, 1]], "uint8")[..., None],
    "light": np.full((4, 4, 3), 200, "uint8"),
}
seen = {}
for name, picture in pictures.items():
    for scale in (True, False):
        keras.utils.save_img(path, picture, scale=scale)
        mode = "rgb" if picture.shape[-1] == 3 else "grayscale"
        loaded = keras.utils.img_to_array(keras.utils.load_img(path, color_mode=mode))
        seen[name, scale] = sorted({int(loaded.min()), int(np.median(loaded)), int(loaded.max())})
        if not scale:
            assert np.array_equal(loaded, picture)
print(f"smallest, middle and largest pixel, by scale: {seen}")
assert seen["dark", True][0] == 0
assert seen["dark", True][-1] == 255
assert seen["mask", True] == [0, 127, 255]
assert seen["light", True] == [0]
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
