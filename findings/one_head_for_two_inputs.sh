#!/usr/bin/env bash
# One layer that makes two outputs: the log has the loss of the second alone.
#
# Guess: two entries, as for two layers, or an error about the names.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, outputs [head(left), head(right)]: both are
# named head. `loss` is the sum, 2 + 5; `head_loss` is 5, that of the second, and so it is for validation. The first is
# nowhere. Metrics have two entries, `head_mse` and `head_mse_1`, the first of which is of the other output than
# `head_loss`. Two Identity layers with names of their own give both.
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
left, right = keras.Input((1,)), keras.Input((1,))
head = keras.layers.Dense(1, name="head", kernel_initializer="zeros")
model = keras.Model([left, right], [head(left), head(right)])
model.compile(keras.optimizers.SGD(0.0), "mae", metrics=[["mse"], ["mse"]])
ones = np.ones((8, 1), "float32")
history = model.fit(
    [ones, ones], [2 * ones, 5 * ones], validation_data=([ones, ones], [2 * ones, 5 * ones]), verbose=0
).history
print(f"{backend}, outputs {model.output_names}: {history}")
assert model.output_names == ["head", "head"]
assert history["loss"] == history["val_loss"] == [7]
assert history["head_loss"] == history["val_head_loss"] == [5]  # the second output's
assert [key for key in history if key.endswith("_loss") and not key.startswith("val")] == ["head_loss"]
assert history["head_mse"] == [4]
assert history["head_mse_1"] == [25]

# Layers without weights give the two outputs names of their own.
names = [keras.layers.Identity(name=name)(output) for name, output in zip(("left", "right"), model.outputs)]
named = keras.Model([left, right], names)
named.compile(keras.optimizers.SGD(0.0), "mae")
logs = named.evaluate([ones, ones], [2 * ones, 5 * ones], verbose=0, return_dict=True)
print(f"{backend}, named: {logs}")
assert logs == {"loss": 7, "left_loss": 2, "right_loss": 5}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
