#!/usr/bin/env bash
# To freeze a layer lowers the loss: its `kernel_regularizer` does not count any longer.
#
# Guess: the penalty of a frozen layer is a constant, but part of the loss, as its weights are the same.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a penalty of 0.16 and an error of 1: the
# loss is 1.16 in `fit` and `evaluate`. With the layer frozen it is 1, and 1.16 again with it thawed: losses before and
# after are not comparable, though the answers are the same. An `activity_regularizer` still counts. `enable_lora`
# freezes the kernel, too; then the penalty is that of LoRA's two matrices, so that the product of both is drawn to 0,
# and the model to where it was before.
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
ones = np.ones((8, 4), "float32")


def make():
    dense = keras.layers.Dense(4, kernel_initializer="ones", kernel_regularizer="l2")  # 0.01 * 16
    return keras.Sequential([keras.Input((4,)), dense, keras.layers.Dense(1, kernel_initializer="zeros")])


def evaluate(model):
    model.compile(keras.optimizers.SGD(0.0), "mse")
    logs = model.fit(ones, ones[:, :1], verbose=0).history
    return round(logs["loss"][0], 3), round(model.evaluate(ones, ones[:, :1], verbose=0), 3)


model = make()
free = evaluate(model)
model.layers[0].trainable = False
frozen = evaluate(model)
model.layers[0].trainable = True
thawed = evaluate(model)
model.layers[0].enable_lora(2)
adapted = evaluate(model)
print(f"{backend}: loss in fit and in evaluate {free}, frozen {frozen}, thawed {thawed}, with LoRA {adapted}")
assert free == thawed == (1.16, 1.16)
assert frozen == (1, 1)
first, second = model.layers[0].lora_kernel_a, model.layers[0].lora_kernel_b
factors = sum((keras.ops.convert_to_numpy(factor) ** 2).sum() for factor in (first, second))
print(f"{backend}: 0.01 of the squares of LoRA's two matrices is {0.01 * factors:.3f}")
assert adapted[0] == adapted[1]
assert abs(adapted[0] - 1 - 0.01 * factors) < 0.001

layer = keras.layers.Dense(1, kernel_initializer="ones", activity_regularizer="l2")
model = keras.Sequential([keras.Input((4,)), layer])
model.compile("sgd", "mse")
losses = [model.evaluate(ones, 4 * ones[:, :1], verbose=0)]
layer.trainable = False
model.compile("sgd", "mse")
losses.append(model.evaluate(ones, 4 * ones[:, :1], verbose=0))
print(f"{backend}, activity_regularizer: loss {losses[0]:.3f}, frozen {losses[1]:.3f}")
assert np.allclose(losses, 0.16)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
