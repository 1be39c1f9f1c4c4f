#!/usr/bin/env bash
# `trainable = False` and then `True` for a layer with LoRA, or with a frozen kernel, trains the kernel from then on.
#
# Guess: what was frozen by itself, by `enable_lora` or by `layer.kernel.trainable = False`, stays so when the layer
# around it is frozen for a while.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: `trainable = True` is handed to each weight
# that was made as a trainable one. A Dense layer with LoRA has four trainable weights then instead of three, and `fit`
# moves the kernel that LoRA is there to keep. On JAX and torch `model.trainable = True` alone does it, though it was
# True before; on TensorFlow it does not. Nothing is said.
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
from keras import layers

backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")


def freeze_kernel(layer):
    layer.kernel.trainable = False


def train(keep_kernel, values):
    """The number of trainable weights, and whether a fit moves the kernel."""
    layer = layers.Dense(3)
    model = keras.Sequential([keras.Input((3,)), layer])
    keep_kernel(layer)
    for value in values:
        model.trainable = value
    model.compile("sgd", "mse")
    kernel = next(weight for weight in layer.weights if weight.name == "kernel")
    before = keras.ops.convert_to_numpy(kernel).copy()
    model.fit(x, 3 * x, verbose=0)
    return len(model.trainable_weights), bool(np.any(keras.ops.convert_to_numpy(kernel) != before))


seen = {}
for name, keep_kernel in {"LoRA": lambda layer: layer.enable_lora(2), "frozen kernel": freeze_kernel}.items():
    for values in ((), (True,), (False, True)):
        seen[name, values] = train(keep_kernel, values)
print(f"{backend}, trainable weights, and whether the kernel moves: {seen}")
alone = backend != "tensorflow"
assert seen == {
    ("LoRA", ()): (3, False),
    ("LoRA", (True,)): (4, True) if alone else (3, False),
    ("LoRA", (False, True)): (4, True),
    ("frozen kernel", ()): (1, False),
    ("frozen kernel", (True,)): (2, True) if alone else (1, False),
    ("frozen kernel", (False, True)): (2, True),
}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
