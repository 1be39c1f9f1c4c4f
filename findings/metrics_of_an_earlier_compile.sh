#!/usr/bin/env bash
# `compile` without `metrics` keeps those of the `compile` before it.
#
# Guess: none: what is not given has its default, as `loss_weights` has.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: after `compile("sgd", "mse",
# metrics=["mae"])` and then `compile("sgd", "mse")` the log has "mae" still, and `weighted_metrics` stay alike;
# `loss_weights` go. A metric that fits no more (an accuracy of integer labels, after the change to another loss) raises
# an error in a model that was not given any, or is logged as if it was wanted. `metrics=[]` takes them away. A model
# that is saved then comes back without them.
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

x, y = np.ones((8, 3)), np.zeros((8, 4))
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])


def evaluate(model):
    return model.evaluate(x, y, verbose=0, return_dict=True)


model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mape"], loss_weights=0.5)
first = evaluate(model)
model.compile("sgd", "mse")
second = evaluate(model)
path = os.path.join(tempfile.mkdtemp(), "model.keras")
model.save(path)
loaded = evaluate(keras.models.load_model(path))
model.compile("sgd", "mse", metrics=[])
third = evaluate(model)
print(f"{keras.backend.backend()}: {first}, compiled without: {second}, loaded: {loaded}, with an empty list: {third}")
assert list(first) == list(second) == ["loss", "mae", "mape"] and list(loaded) == list(third) == ["loss"]
assert abs(second["loss"] - 2 * first["loss"]) < 1e-5

model.compile("sgd", "sparse_categorical_crossentropy", metrics=[keras.metrics.SparseTopKCategoricalAccuracy(5)])
model.evaluate(np.ones((8, 3)), np.zeros(8), verbose=0) if keras.backend.backend() != "torch" else None
model.compile("sgd", "mse")
try:
    evaluate(model)
except Exception as error:  # another kind on each backend
    print(type(error).__name__, "of a metric that this compile was not given")
else:
    raise AssertionError("no error")
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
