#!/usr/bin/env bash
# On TensorFlow `enable_lora` after a `fit` trains all that it should freeze, and none of what it adds.
#
# Guess: `fit` raises, on every backend, until the model is compiled again; or it trains the two small matrices.
# Seen with Keras 3.15.1: on JAX 0.10.2 and torch 2.13.0 it raises a ValueError. On TensorFlow 2.21.0 the loss falls,
# the kernel is trained as before, and the matrices of LoRA are the same after as before, while `trainable_weights`
# names the matrices. After `compile` they and the biases are trained alone, on all three.
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
random = np.random.default_rng(0)
inputs = random.normal(size=(64, 16)).astype("float32")
labels = inputs[:, :4]


def changed_weights(compile_again):
    layer = keras.layers.Dense(4)
    model = keras.Sequential([keras.Input((16,)), layer])
    model.compile("sgd", "mse")
    model.fit(inputs, labels, verbose=0)
    layer.enable_lora(2)
    if compile_again:
        model.compile("sgd", "mse")
    before = model.get_weights()
    try:
        model.fit(inputs, labels, verbose=0, epochs=5)
    except ValueError:
        return "ValueError"
    names = [weight.path.split("/")[-1] for weight in model.weights]
    return sorted(name for name, old, new in zip(names, before, model.get_weights()) if not np.array_equal(old, new))


not_compiled, compiled = changed_weights(False), changed_weights(True)
print(f"{backend}: trained without compile {not_compiled}, with {compiled}")
assert not_compiled == (["bias", "kernel"] if backend == "tensorflow" else "ValueError")
assert compiled == ["bias", "lora_kernel_a", "lora_kernel_b"]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
