#!/usr/bin/env bash
# Lists for a model whose outputs are a dictionary go by the alphabet of the names, not by the order of the outputs.
#
# Guess: for outputs {"price": ..., "age": ...}, lists of labels, losses, weights or metrics have the price first, as
# the outputs do; or a list is refused. The description of `loss_weights` speaks of a 1:1 mapping to the model's
# outputs.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: price and age are interchanged, without a
# word. Labels [price, age] train the price with the ages; `loss=["mse", "mae"]` gives the mse to the age, and
# `loss_weights=[1, 100]` the 100 to the price. `model.output` has the order of the model, `model.output_names` that of
# the alphabet. With dictionaries for all of them everything goes to its output.
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

backend = keras.backend.backend()
inputs = keras.Input((1,))
outputs = {name: keras.layers.Rescaling(0.0, name=name)(inputs) for name in ("price", "age")}
model = keras.Model(inputs, outputs)
ones = np.ones((4, 1), "float32")
price, age = 3 * ones, 5 * ones  # a model that answers 0 is 3 and 5 off


def evaluate(y, **settings):
    model.compile("sgd", **settings)
    logs = model.evaluate(ones, y, verbose=0, return_dict=True)
    print(f"{backend}: {logs}")
    return logs


print("labels as a list, losses by name")
logs = evaluate([price, age], loss={"price": "mae", "age": "mae"})
assert (logs["price_loss"], logs["age_loss"]) == (5, 3)

print("losses as a list, labels by name")
logs = evaluate({"price": price, "age": age}, loss=["mse", "mae"])
assert (logs["price_loss"], logs["age_loss"]) == (3, 25)

print("weights as a list, losses and labels by name")
logs = evaluate({"price": price, "age": age}, loss={"price": "mae", "age": "mae"}, loss_weights=[1, 100])
assert logs["loss"] == 305
assert (logs["price_loss"], logs["age_loss"]) == (3, 5)

print("metrics as a list, losses and labels by name")
logs = evaluate({"price": price, "age": age}, loss={"price": "mae", "age": "mae"}, metrics=[["mse"], ["mae"]])
assert logs["price_mae"] == 3
assert logs["age_mse"] == 25

print(f"{backend}: model.output {list(model.output)}, model.output_names {model.output_names}")
assert list(model.output) == ["price", "age"]
assert model.output_names == ["age", "price"]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
