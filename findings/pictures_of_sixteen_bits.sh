#!/usr/bin/env bash
# `image_dataset_from_directory` of 16-bit PNG: pixels up to 255, up to 65,535, or nearly all white, by `format` and
# `color_mode`.
#
# Guess: the same pixels with format="tf" and format="grain", as of 8-bit pictures.
# Seen with Keras 3.15.1, Grain 0.2.18 and Pillow 13.0.0 on JAX 0.10.2 with TensorFlow 2.21.0 for "tf" (the code is the
# same on every backend), grey pictures of random pixels: "tf" brings them to 0 to 255. "grain", and `load_img`, give 0
# to 65,535 with color_mode="grayscale"; with the default "rgb" they cut at 255, so that 255 of 256 pixels are white.
# Nothing is said. X-ray and depth pictures are of that kind.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 grain==0.2.18 pillow==13.0.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import os
import tempfile

import keras
import numpy as np
from PIL import Image

folder = tempfile.mkdtemp()
os.mkdir(os.path.join(folder, "one"))
pixels = np.random.default_rng(0).integers(0, 65536, (8, 32, 32)).astype("uint16")
for number, picture in enumerate(pixels):
    Image.fromarray(picture).save(os.path.join(folder, "one", f"{number}.png"))
seen = {}
for mode in ("grayscale", "rgb"):
    for kind in ("tf", "grain"):
        options = {"labels": None, "image_size": (32, 32), "shuffle": False, "verbose": False}
        data = keras.utils.image_dataset_from_directory(folder, format=kind, color_mode=mode, **options)
        seen[mode, kind] = np.concatenate([keras.ops.convert_to_numpy(batch) for batch in data])[..., 0]
    loaded = keras.utils.load_img(os.path.join(folder, "one", "0.png"), color_mode=mode)
    seen[mode, "load_img"] = keras.utils.img_to_array(loaded)[..., 0]
for name, picture in seen.items():
    print(*name, f"largest {picture.max():.0f}, mean {picture.mean():.0f}, share of 255: {(picture == 255).mean():.3f}")
for mode in ("grayscale", "rgb"):
    assert np.abs(seen[mode, "tf"] - pixels / 257).max() <= 1
assert np.array_equal(seen["grayscale", "grain"], pixels)
assert np.array_equal(seen["grayscale", "load_img"], pixels[0])
for kind in ("grain", "load_img"):
    assert (seen["rgb", kind] == 255).mean() > 0.99
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
