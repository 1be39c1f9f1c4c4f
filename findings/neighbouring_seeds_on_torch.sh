#!/usr/bin/env bash
# On torch `Dropout(seed=2)` has the masks of `Dropout(seed=1)`, one call earlier.
#
# Guess: different seeds give different numbers. That layers with one seed have the same mask is documented.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: a generator draws with its seed at first
# and, so it looks, with one more at each call, so that on torch the numbers of SeedGenerator(2), SeedGenerator(3) and
# so on are those of SeedGenerator(1) from its second, third call on. Two Dropout layers with the seeds 1 and 2 drop in
# each batch what the other one drops in the batch before or after, and an ensemble trained with the seeds 1 to 5 has
# the same masks five times, shifted by a batch. On TensorFlow and JAX half of two masks agree, as by chance. With seeds
# that lie far apart, or none (`keras.utils.set_random_seed` draws large ones), torch is as the others.
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
ones = np.ones((1, 10_000), "float32")


def draw_masks(seed):
    layer = layers.Dropout(0.5, seed=seed)
    return [keras.ops.convert_to_numpy(layer(ones, training=True)) > 0 for _ in range(4)]


def agree(one, other):
    return round(float(np.mean(one == other)), 1)


first, second, far = draw_masks(1), draw_masks(2), draw_masks(123_456)
same_call = [agree(one, other) for one, other in zip(first, second)]
next_call = [agree(one, other) for one, other in zip(first[1:], second)]
far_apart = [agree(one, other) for one in first for other in far]
print(f"{backend}, share of units with the same fate, same call: {same_call}, seed 1 a call later: {next_call}")
assert set(same_call) == set(far_apart) == {0.5}
assert set(next_call) == ({1.0} if backend == "torch" else {0.5})
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
