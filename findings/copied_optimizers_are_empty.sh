#!/usr/bin/env bash
# `copy.deepcopy` and pickle keep the weights of a layer, and lose the state of an optimizer and of a metric.
#
# Guess: a copy of an optimizer goes on where the original is, and a copy of a metric has its result, as a copy of a
# layer or of a model has its weights.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: a copied Adam has 0 steps and no moments,
# with its learning rate as it was; a copied `Mean` of 1, 2 and 3 is 0. Nothing is said. A layer, an adapted
# `Normalization` and a compiled model, with its optimizer, are copied as they are.
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
import copy
import pickle

import keras
import numpy as np

x = np.array([[1.0], [2.0], [9.0]], "float32")
layer = keras.layers.Dense(2)
layer(x)
adapted = keras.layers.Normalization()
adapted.adapt(x)
metric = keras.metrics.Mean()
metric.update_state([1.0, 2.0, 3.0])
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.1), "mse")
model.fit(x, x, epochs=3, verbose=0)


def outputs(layer):
    return keras.ops.convert_to_numpy(layer(x)).tolist()


def pickled(original):
    return pickle.loads(pickle.dumps(original))


seen = {}
for name, copied in (("deepcopy", copy.deepcopy), ("pickle", pickled)):
    optimizer = copied(model.optimizer)
    seen[name] = {
        "layer": outputs(copied(layer)) == outputs(layer),
        "Normalization": outputs(copied(adapted)) == outputs(adapted),
        "steps of the model's optimizer": int(copied(model).optimizer.iterations),
        "steps of the optimizer": int(optimizer.iterations),
        "its variables": len(optimizer.variables),
        "metric": float(copied(metric).result()),
    }
print(f"{keras.backend.backend()}, variables of the original {len(model.optimizer.variables)}: {seen}")
assert len(model.optimizer.variables) == 6
for outcome in seen.values():
    assert outcome["layer"]
    assert outcome["Normalization"]
    assert outcome["steps of the model's optimizer"] == 3
    assert outcome["steps of the optimizer"] == 0
    assert outcome["its variables"] == 2
    assert outcome["metric"] == 0
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
