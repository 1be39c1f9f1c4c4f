#!/usr/bin/env bash
# `AugMix`, and `CenterCrop` of a picture that is too small, put classes into a segmentation mask that were not in it.
#
# Guess: a mask has after an augmentation the classes it had before, as after `RandomRotation`, `RandomZoom` and
# `Resizing`, which move masks without interpolation; or a layer that cannot do so raises.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a mask of the classes 0 and 5: `AugMix`
# mixes masks as it mixes pictures, so that there are numbers between 0 and 5, at the places of any class in between
# once they are rounded. `CenterCrop(80, 80)` of 64 x 64 enlarges the picture, and the mask with the same
# interpolation.
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
keras.utils.set_random_seed(1)
mask = np.zeros((4, 64, 64, 1), "float32")
mask[:, 20:40, 20:40] = 5
pictures = 20 * np.repeat(mask, 3, axis=-1) + 50
classes = {}
for layer in (
    keras.layers.RandomRotation(0.1),
    keras.layers.RandomZoom(0.3),
    keras.layers.Resizing(80, 80),
    keras.layers.CenterCrop(80, 80),
    keras.layers.AugMix(factor=0.9),
):
    augmented = [layer({"images": pictures, "segmentation_masks": mask}, training=True) for _ in range(10)]
    masks = [keras.ops.convert_to_numpy(data["segmentation_masks"]) for data in augmented]
    classes[layer.__class__.__name__] = sorted(set(np.round(masks).ravel().tolist()))
    between = np.mean(~np.isin(masks, [0, 5]))
    print(f"{backend}, {layer.__class__.__name__}: {between:.2%} of the pixels are neither class")
    assert (between > 0) == isinstance(layer, (keras.layers.CenterCrop, keras.layers.AugMix))
print(f"{backend}: rounded, {classes}")
assert len(classes["CenterCrop"]) > 2
assert len(classes["AugMix"]) > 2
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
