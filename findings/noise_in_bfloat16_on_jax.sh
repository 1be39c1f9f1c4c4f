#!/usr/bin/env bash
# On JAX `GaussianNoise` under mixed_bfloat16 never goes beyond 2.9 standard deviations, and has 128 different values.
#
# Guess: normal numbers, rounded to bfloat16: 0.27 % beyond 3 standard deviations, as in float32.
# Seen with Keras 3.15.1, a million numbers: on TensorFlow 2.21.0 and torch 2.13.0 0.27 % are beyond 3 and the largest
# near 5, with more than 1,000 different values. On JAX 0.10.2 none is beyond 2.9, since they are computed from
# uniform numbers of 7 bits. So it is with `keras.random.normal` and `RandomNormal` in bfloat16.
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
shape = (1000, 1000)
keras.utils.set_random_seed(1)
makers = {
    "GaussianNoise, float32": lambda: keras.layers.GaussianNoise(1.0)(np.zeros(shape), training=True),
    "GaussianNoise": lambda: keras.layers.GaussianNoise(1.0, dtype="mixed_bfloat16")(np.zeros(shape), training=True),
    "normal": lambda: keras.random.normal(shape, dtype="bfloat16"),
    "RandomNormal": lambda: keras.initializers.RandomNormal(0, 1)(shape, dtype="bfloat16"),
}
for name, make in makers.items():
    noise = np.abs(keras.ops.convert_to_numpy(keras.ops.cast(make(), "float32")))
    values = len(np.unique(noise))
    print(f"{backend}, {name}: largest {noise.max():.2f}, beyond 3 {(noise > 3).mean():.2%}, absolute values {values}")
    if backend == "jax" and name != "GaussianNoise, float32":
        assert noise.max() < 2.9
        assert values <= 128
    else:
        assert noise.max() > 4
        assert 0.002 < (noise > 3).mean() < 0.0034
        assert values > 1000
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
