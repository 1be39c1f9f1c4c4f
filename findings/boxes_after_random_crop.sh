#!/usr/bin/env bash
# `RandomCrop` moves bounding boxes by the wrong offsets: horizontally by what it cuts off at the top, and vice versa.
#
# Guess: the boxes follow the picture, as they do in `CenterCrop`, `RandomFlip` and `RandomTranslation`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, format "xyxy", crops of 80 x 80 from
# pictures of 100 x 100: each box is moved left by the rows and up by the columns that were cut off, so that a
# detector trains on wrong labels, without a word. A box beyond the right or lower border is neither cut nor dropped.
# (It is Keras's issue 23518.)
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
rows, columns = np.mgrid[0:100, 0:100]
picture = np.stack([rows, columns, 0 * rows], axis=-1).astype("float32")  # each pixel knows where it was
boxes = np.array([[30, 30, 40, 40], [90, 90, 99, 99]], "float32")
crop = keras.layers.RandomCrop(80, 80, seed=1, bounding_box_format="xyxy")
apart = beyond = 0
for _ in range(10):
    labeled = {"boxes": boxes[None], "labels": np.zeros((1, 2), "float32")}
    cropped = crop({"images": picture[None], "bounding_boxes": labeled}, training=True)
    top, left, _ = keras.ops.convert_to_numpy(cropped["images"])[0, 0, 0]
    seen = keras.ops.convert_to_numpy(cropped["bounding_boxes"]["boxes"])[0]
    assert np.allclose(seen, boxes - [top, left, top, left])  # right is [left, top, left, top]
    apart = max(apart, abs(top - left))
    beyond = max(beyond, seen.max())
print(f"{backend}: boxes are up to {apart:.0f} pixels away from their things, and reach up to {beyond:.0f} of 80")
assert apart > 5
assert beyond > 80
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
