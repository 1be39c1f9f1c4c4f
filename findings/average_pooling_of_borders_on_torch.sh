#!/usr/bin/env bash
# On torch `AveragePooling2D(3, strides=2, padding="same")` counts the border of an image twice.
#
# Guess: with `padding="same"` the mean of a window that reaches over the border is that of the values within, on every
# backend: a model that was trained on one predicts the same on another.
# Seen with Keras 3.15.1, the values 0, 1, 2, 3 in a row, windows of 3 and strides of 2: TensorFlow 2.21.0 and JAX
# 0.10.2 give 1 and 2.5 = (2 + 3) / 2. torch 2.13.0 gives 1 and 2.667 = (2 + 3 + 3) / 3: where the padding is not the
# same at both ends, as with such windows and an even size, Keras repeats the last value there. With strides of 1, or 5
# values, where it is the same at both ends, torch gives what the others give. So it is with `AveragePooling1D` and
# `AveragePooling3D`.
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


def pool(count, strides, dimensions=2):
    """Means along an axis of the values 0, 1, 2, ..."""
    layer = getattr(keras.layers, f"AveragePooling{dimensions}D")
    shape = (1, count, *(1,) * dimensions)
    sizes = (3, *(1,) * (dimensions - 1)), (strides, *(1,) * (dimensions - 1))
    means = layer(*sizes, padding="same")(np.arange(count, dtype="float32").reshape(shape))
    return keras.ops.convert_to_numpy(means).ravel()


for dimensions in (1, 2, 3):
    means = pool(4, 2, dimensions)
    print(f"{backend}, {dimensions} dimensions, 4 values by strides of 2: {means}")
    np.testing.assert_allclose(means, [1, 8 / 3 if backend == "torch" else 2.5], rtol=1e-5)
np.testing.assert_allclose(pool(4, 1), [0.5, 1, 2, 2.5], rtol=1e-5)
np.testing.assert_allclose(pool(5, 2), [0.5, 2, 3.5], rtol=1e-5)

image = np.random.default_rng(0).normal(size=(1, 8, 8, 1)).astype("float32")
corner = keras.layers.AveragePooling2D(3, strides=2, padding="same")(image)[0, -1, -1, 0]
within, repeated = image[0, 6:, 6:, 0].mean(), np.pad(image[0, 6:, 6:, 0], (0, 1), "edge").mean()
print(f"{backend}, corner of an image: {float(corner):.4f}, mean of the values within {within:.4f}")
np.testing.assert_allclose(float(corner), repeated if backend == "torch" else within, rtol=1e-4)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
