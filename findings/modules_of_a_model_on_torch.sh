#!/usr/bin/env bash
# On torch `model.modules()` does not list the layers of a Keras model, and `model.apply(f)` reaches none of them.
#
# Guess: a Keras model is a `torch.nn.Module`, and its layers are its modules: `for module in model.modules()` finds
# each Dense, as it does for a model of torch's own layers.
# Seen with Keras 3.15.1 on torch 2.13.0: of a Sequential model with three layers `modules()` gives the model, the
# functional model within and two lists of parameters; of a functional model itself and one list. So `model.apply`, to
# initialize all Dense layers or to put a hook on each, does nothing, without a word. `model.parameters()` has every
# weight, and a hook that is put on one of `model.layers` runs.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np
from keras import layers

inputs = keras.Input((3,))
models = {
    "sequential": keras.Sequential([inputs, layers.Dense(4), layers.BatchNormalization(), layers.Dense(1)]),
    "functional": keras.Model(inputs, layers.Dense(1)(layers.Dense(4)(inputs))),
}
seen = {}
for name, model in models.items():
    reached = []
    model.apply(reached.append)
    for module in model.modules():
        if isinstance(module, layers.Dense):
            module.register_forward_hook(lambda *_: seen.update(hook="ran"))
    model(np.ones((2, 3), "float32"))
    seen[name] = {
        "modules": [type(module).__name__ for module in model.modules()],
        "Dense reached by apply": sum(isinstance(module, layers.Dense) for module in reached),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }
    assert seen[name]["parameters"] == model.count_params()
assert "hook" not in seen
models["functional"].layers[1].register_forward_hook(lambda *_: seen.update(hook="ran"))
models["functional"](np.ones((2, 3), "float32"))
print(seen)
for name in models:
    assert seen[name]["Dense reached by apply"] == 0
    assert set(seen[name]["modules"]) <= {"Sequential", "Functional", "ParameterDict"}
assert seen["hook"] == "ran"
PROGRAM
for backend in torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
