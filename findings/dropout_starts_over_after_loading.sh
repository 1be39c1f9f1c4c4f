#!/usr/bin/env bash
# A model that is saved and loaded repeats the Dropout masks it has already used.
#
# Guess: the state of the random generator is saved with the model, so that training goes on with the next mask, as the
# optimizer's state is saved.
# Seen with Keras 3.15.1 on all three backends: the state is one of the model's `variables`, but is not written. With
# Dropout(0.5, seed=1) the loaded model's first mask is the first of the saved model, not its fourth.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0
fi
for backend in tensorflow jax torch; do
    KERAS_BACKEND="$backend" TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import tempfile

import keras
import numpy as np

model = keras.Sequential([keras.Input((400,)), keras.layers.Dropout(0.5, seed=1)])
x = np.ones((1, 400), "float32")


def draw(model):
    return keras.ops.convert_to_numpy(model(x, training=True))


masks = [draw(model) for _ in range(3)]
path = tempfile.mkdtemp() + "/model.keras"
model.save(path)
loaded = draw(keras.models.load_model(path))
names = [variable.path for variable in model.variables]
print(keras.backend.backend(), "variables:", names)
print("as the first mask:", np.array_equal(loaded, masks[0]), "as the next one:", np.array_equal(loaded, draw(model)))
assert any("seed_generator_state" in name for name in names)
assert np.array_equal(loaded, masks[0])
assert not np.array_equal(masks[0], masks[1])
PROGRAM
done
