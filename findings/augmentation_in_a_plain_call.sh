#!/usr/bin/env bash
# `model(x)` of a model with `RandomFlip` flips pictures, and so does the exported model.
#
# Guess: without `training` a model is in inference mode, as with Dropout, and as RandomFlip's description says: "Call
# the layer with `training=True` to flip the input".
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, RandomFlip, RandomContrast and
# RandomRotation in functional and Sequential models: `predict` and `model(x, training=False)` leave the pictures as
# they are, `model(x)` changes them, another way in each call. A SavedModel that `model.export` writes, on TensorFlow
# and JAX, answers the same picture with another result in each call. Nothing is said. With Dropout all of these are the
# same.
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
import os
import tempfile

import keras
import numpy as np
from keras import layers

backend = keras.backend.backend()
pictures = np.random.default_rng(0).uniform(0, 255, size=(8, 6, 6, 3)).astype("float32")
kinds = {
    "RandomFlip": lambda: layers.RandomFlip(),
    "RandomContrast": lambda: layers.RandomContrast(0.5),
    "RandomRotation": lambda: layers.RandomRotation(0.3),
    "Dropout": lambda: layers.Dropout(0.5),
}


def serve(model):
    import tensorflow

    path = os.path.join(tempfile.mkdtemp(), "exported")
    model.export(path, format="tf_saved_model", verbose=False)
    loaded = tensorflow.saved_model.load(path)
    return lambda x: loaded.serve(x)


def unchanged(call):
    return all(np.allclose(keras.ops.convert_to_numpy(call(pictures)), pictures) for _ in range(2))


seen = {}
for name, kind in kinds.items():
    inputs = keras.Input((6, 6, 3))
    model = keras.Model(inputs, kind()(inputs))
    calls = {
        "predict": lambda x, model=model: model.predict(x, verbose=0),
        "training=False": lambda x, model=model: model(x, training=False),
        "call": model,
        "Sequential": keras.Sequential([inputs, kind()]),
    }
    if backend != "torch":
        calls["exported"] = serve(model)
    seen[name] = {way: unchanged(call) for way, call in calls.items()}
print(f"{backend}, pictures as they were: {seen}")
for name, outcomes in seen.items():
    for way, outcome in outcomes.items():
        assert outcome == (name == "Dropout" or way in ("predict", "training=False"))
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
