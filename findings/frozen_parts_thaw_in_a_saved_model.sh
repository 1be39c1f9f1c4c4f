#!/usr/bin/env bash
# A layer that was frozen within another one is trained again once the model was saved and loaded, or cloned.
#
# Guess: what is frozen stays so in a file and in a clone.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: only of layers that the model itself lists
# is that true, models within the model included. A layer within a layer (of one's own, or the query of a
# MultiHeadAttention) and a single weight (layer.kernel.trainable = False) come back trainable, without a word: a file
# has one `trainable` for each layer of the model. A `fit` of the loaded model moves what was frozen.
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
path = pathlib.Path(tempfile.mkdtemp()) / "model.keras"


@keras.saving.register_keras_serializable()
class Block(keras.layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.first, self.second = keras.layers.Dense(3), keras.layers.Dense(3)

    def build(self, shape):
        self.first.build(shape)
        self.second.build(shape)

    def call(self, inputs):
        return self.second(self.first(inputs))


def count(model):
    """Trainable weights of the model, of what is loaded from its file, and of its clone."""
    model.save(path)
    return [len(m.trainable_weights) for m in (model, keras.models.load_model(path), keras.models.clone_model(model))]


counts = {}
block = Block()
model = keras.Sequential([keras.Input((3,)), block])
block.first.trainable = False
counts["one of two layers within a layer"] = count(model)

# As it is used: the frozen layer of the loaded model is trained.
loaded = keras.models.load_model(path)
loaded.compile("sgd", "mse")
before = loaded.layers[0].first.get_weights()[0]
loaded.fit(np.ones((8, 3), "float32"), np.ones((8, 3), "float32"), verbose=0)
assert np.abs(loaded.layers[0].first.get_weights()[0] - before).max() > 0

inputs = keras.Input((3, 3))
attention = keras.layers.MultiHeadAttention(2, 3)
model = keras.Model(inputs, attention(inputs, inputs))
attention.query_dense.trainable = False
counts["the query of MultiHeadAttention"] = count(model)

dense = keras.layers.Dense(3)
model = keras.Sequential([keras.Input((3,)), dense])
dense.kernel.trainable = False
counts["the kernel of a Dense layer"] = count(model)

whole = keras.layers.Dense(3)
model = keras.Sequential([keras.Input((3,)), whole])
whole.trainable = False
counts["a Dense layer"] = count(model)

model = keras.Sequential([keras.Input((3,)), keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])])
model.layers[0].layers[0].trainable = False
counts["a layer of a model within the model"] = count(model)

for what, (model, loaded, clone) in counts.items():
    print(f"{backend}, frozen: {what}: {model} trainable weights, loaded {loaded}, cloned {clone}")
assert list(counts.values()) == [[2, 4, 4], [6, 8, 8], [1, 2, 2], [0, 0, 0], [0, 0, 0]]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
