#!/usr/bin/env bash
# On TensorFlow and JAX a `Normalization` that is adapted anew after a first `predict` or `fit` goes on with the old
# statistics.
#
# Guess: mean and variance are weights of the layer that `adapt` sets, so that the next `predict` or `fit` takes the new
# ones, as `model(x)` does.
# Seen with Keras 3.15.1, adapted to data with a mean of 0, one `predict`, and adapted to data with a mean of 100: on
# torch 2.13.0 `predict` gives data of a mean of 100 a mean of 0. On TensorFlow 2.21.0 and JAX 0.10.2 it gives about
# 100, with what was adapted first, and `fit` trains on such inputs, while `model(x)` gives 0. The layer keeps the
# statistics as numbers, which are constants of the compiled function. `compile` after `adapt` helps. A saved and loaded
# model has the new ones: it predicts otherwise than the model that was saved.
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
import pathlib
import tempfile

import keras
import numpy as np

backend = keras.backend.backend()
first = np.random.default_rng(0).normal(size=(1000, 1)).astype("float32")
second = first + 100


def make_model():
    """A model whose normalization was adapted, used and adapted anew."""
    layer = keras.layers.Normalization()
    layer.adapt(first)
    model = keras.Sequential([keras.Input((1,)), layer, keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(first, first, verbose=0)
    model.predict(first, verbose=0)
    layer.adapt(second)
    return model


model = make_model()
predicted = model.predict(second, verbose=0).mean()
called = keras.ops.convert_to_numpy(model(second)).mean()
loss = model.fit(second, first, verbose=0).history["loss"][0]
path = pathlib.Path(tempfile.mkdtemp()) / "model.keras"
model.save(path)
loaded = keras.models.load_model(path).predict(second, verbose=0).mean()
model.compile(keras.optimizers.SGD(0.0), "mse")
again = model.predict(second, verbose=0).mean()
print(f"{backend}: mean of predict {predicted:.2f}, of a call {called:.2f}, loss of fit {loss:.2f}")
print(f"{backend}: mean of predict when compiled again {again:.2f}, when loaded {loaded:.2f}")
assert max(abs(called), abs(again), abs(loaded)) < 0.01
if backend == "torch":
    assert abs(predicted) < 0.01 and loss < 0.01
else:
    assert predicted > 90 and loss > 9000
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
