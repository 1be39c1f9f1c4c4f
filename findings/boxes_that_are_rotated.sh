#!/usr/bin/env bash
# `RandomRotation` and `RandomPerspective` rotate boxes right in the format "xyxy" only.
#
# Guess: `bounding_box_format` says what format the boxes have, and they come back in it, as from `RandomFlip`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a picture of 100 x 100 and a box of 20 x
# 30, turned by 90 degrees: with "xyxy" it lies where the picture shows it. `RandomRotation` takes the numbers of any
# other format for corners in pixels: with "xywh" it is 20 pixels off, with "rel_xyxy" 49, and next to nothing is left
# of it. `RandomPerspective` gives corners in pixels back, whatever the format is, even where it leaves the picture as
# it is. `RandomFlip` is right in each.
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
box = np.array([10.0, 20.0, 30.0, 50.0])  # x and y of two corners
picture = np.zeros((100, 100, 3), "float32")
picture[20:50, 10:30] = 255


def write(corners, form):
    if form == "xywh":
        return np.array([*corners[:2], *(corners[2:] - corners[:2])])
    return corners / 100 if form == "rel_xyxy" else corners


def find(pixels):
    """The corners of what is white."""
    rows, columns = np.nonzero(pixels[..., 0] > 127)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], "float64")


def apply(layer, form):
    """By how many pixels the box differs from the picture's."""
    boxes = {"boxes": write(box, form)[None, None].astype("float32"), "labels": np.zeros((1, 1), "float32")}
    result = layer({"images": picture[None], "bounding_boxes": boxes}, training=True)
    right = write(find(keras.ops.convert_to_numpy(result["images"])[0]), form)
    given = keras.ops.convert_to_numpy(result["bounding_boxes"]["boxes"])[0, 0]
    return np.abs(given - right).max() * (100 if form == "rel_xyxy" else 1)


for form in ("xyxy", "xywh", "rel_xyxy"):
    flip = apply(keras.layers.RandomFlip(seed=1, bounding_box_format=form), form)
    quarter = keras.layers.RandomRotation((0.25, 0.25), fill_mode="constant", bounding_box_format=form)
    turned = apply(quarter, form)
    still = apply(keras.layers.RandomPerspective(0.0, bounding_box_format=form), form)
    print(f"{backend}, {form}: off by {flip:.0f} pixels after a flip, {turned:.0f} after a turn,")
    print(f"    {still:.0f} after a perspective that changes nothing")
    assert flip < 1
    assert (turned < 2) == (still < 2) == (form == "xyxy")
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
