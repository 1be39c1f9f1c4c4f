#!/usr/bin/env bash
# On TensorFlow a layer that a model calls in training alone, an auxiliary head, is trained and not in the loaded model.
#
# Guess: each weight that is trained is saved and comes back.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a model of one's own whose `call` uses a
# second head if `training` is True: on TensorFlow `fit` trains six weights; the model that `load_model` gives has four,
# since it is built in inference mode, and its second head starts anew when the training goes on. Python warns of
# nothing. On JAX and torch `fit` raises a ValueError, on JAX in the second epoch. A `build` that builds both heads is
# right on all three.
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
import warnings

import keras
import numpy as np
from keras import layers

backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
path = os.path.join(tempfile.mkdtemp(), "model.keras")


@keras.saving.register_keras_serializable()
class Model(keras.Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.body, self.head, self.second = layers.Dense(4), layers.Dense(1), layers.Dense(1)

    def call(self, inputs, training=False):
        features = self.body(inputs)
        if training:
            return self.head(features) + self.second(features)
        return self.head(features)


@keras.saving.register_keras_serializable()
class BuiltModel(Model):
    def build(self, shape):
        self.body.build(shape)
        self.head.build((None, 4))
        self.second.build((None, 4))


def check(kind):
    """Weights of the model, of the loaded one, and how far their answers in training are from each other."""
    keras.utils.set_random_seed(1)
    model = kind()
    model.compile("sgd", "mse")
    try:
        model.fit(x, x[:, :1], epochs=3, verbose=0)
        answers = keras.ops.convert_to_numpy(model(x, training=True))
    except ValueError as error:
        return type(error).__name__
    model.save(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = keras.models.load_model(path)
    numbers = len(model.weights), len(loaded.weights), len(caught)
    others = keras.ops.convert_to_numpy(loaded(x, training=True))
    return *numbers, bool(np.allclose(answers, others, atol=1e-5))


seen = {kind.__name__: check(kind) for kind in (Model, BuiltModel)}
print(f"{backend}, weights, weights when loaded, warnings, same answers in training: {seen}")
unbuilt = {"tensorflow": (6, 4, 0, False), "jax": "ValueError", "torch": "ValueError"}
assert seen == {"Model": unbuilt[backend], "BuiltModel": (6, 6, 0, True)}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
