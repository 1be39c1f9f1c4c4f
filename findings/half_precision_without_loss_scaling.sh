#!/usr/bin/env bash
# A model of policy mixed_float16, loaded in a program that does not set the policy, trains in float16 without loss
# scaling.
#
# Guess: what `load_model` gives back trains as the saved model did, since its layers keep their policy; and so does a
# model each of whose layers has dtype="mixed_float16".
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the layers of the loaded model compute in
# float16, its optimizer is Adam where it was a LossScaleOptimizer around Adam, and a new `compile` does not change
# that; `clone_model` and a model of such layers are the same. A gradient of 1e-8, with labels of 1e-8 and inputs of 1,
# moves a kernel by 0.001 in the first step of Adam before saving, and not at all after loading. All that is said is
# that 4 variables of the saved optimizer were not loaded into one that has 6; of the clone and the layers, nothing.
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

path = os.path.join(tempfile.mkdtemp(), "model.keras")
x, labels = np.ones((8, 1)), np.full((8, 1), 1e-8)


def make_model(**options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros", **options)])
    model.compile(keras.optimizers.Adam(0.001, epsilon=1e-12), loss)
    return model


@keras.saving.register_keras_serializable()
def loss(y_true, y_pred):
    return -keras.ops.mean(y_true * keras.ops.cast(y_pred, "float32"), axis=-1)


def describe(model):
    before = model.get_weights()[0].copy()
    model.fit(x, labels, verbose=0)
    step = float(np.abs(model.get_weights()[0] - before).max())
    return type(model.optimizer).__name__, model.layers[-1].compute_dtype, round(step, 4)


keras.mixed_precision.set_global_policy("mixed_float16")
model = make_model()
model.save(path)
seen = {"made": describe(model)}
keras.mixed_precision.set_global_policy("float32")
loaded = keras.saving.load_model(path)
seen["loaded"] = describe(loaded)
loaded.compile(keras.optimizers.Adam(0.001, epsilon=1e-12), loss)
seen["compiled anew"] = describe(loaded)
clone = keras.models.clone_model(model)
clone.compile(keras.optimizers.Adam(0.001, epsilon=1e-12), loss)
seen["clone"] = describe(clone)
seen["layers"] = describe(make_model(dtype="mixed_float16"))
print(f"{keras.backend.backend()}, optimizer, dtype, step: {seen}")
assert seen["made"] == ("LossScaleOptimizer", "float16", 0.001)
for name in ("loaded", "compiled anew", "clone", "layers"):
    assert seen[name] == ("Adam", "float16", 0)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
