#!/usr/bin/env bash
# A list of inputs trains as arrays on every backend; in the batches of a `PyDataset` or a generator TensorFlow refuses it.
#
# Guess: what `fit` takes as `fit([a, b], y)` may also be the batch `([a, b], y)` of a dataset, whatever the backend.
# Seen with Keras 3.15.1: on JAX 0.10.2 and torch 2.13.0 it may. On TensorFlow 2.21.0 `fit` raises a TypeError, which names
# neither the inputs nor the remedy: "`output_signature` must contain objects that are subclass of `tf.TypeSpec` but found
# <class 'list'> which is not". A tuple `((a, b), y)` trains on all three.
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

a, b, y = np.ones((4, 2), "float32"), np.ones((4, 3), "float32"), np.ones((4, 1), "float32")


class Pairs(keras.utils.PyDataset):
    def __init__(self, structure):
        super().__init__()
        self.structure = structure

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return self.structure([a, b]), y


def generate(structure):
    while True:
        yield structure([a, b]), y


def train(*args, **options):
    try:
        model.fit(*args, verbose=0, **options)
    except TypeError as error:
        assert "output_signature" in str(error)
        return "TypeError"
    return "trains"


inputs = [keras.Input((2,)), keras.Input((3,))]
model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Concatenate()(inputs)))
model.compile("sgd", "mse")
assert train([a, b], y) == "trains"
seen = {}
for structure in (list, tuple):
    name = structure.__name__
    seen[name] = [train(Pairs(structure)), train(generate(structure), steps_per_epoch=2)]
print(keras.backend.backend(), "arrays: trains,", seen)
expected = "TypeError" if keras.backend.backend() == "tensorflow" else "trains"
assert seen == {"list": [expected] * 2, "tuple": ["trains"] * 2}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
