#!/usr/bin/env bash
# With `keras.config.set_floatx("bfloat16")` metrics count 8,192 examples and no more: accuracy and loss in the log are
# wrong.
#
# Guess: metrics count in float32, whatever the model computes in: with the policy "bfloat16" they do.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a model whose answers to 20,000 examples are
# right in the first 8,192 and wrong afterwards, in batches of 32: the accuracy is 1 instead of 0.41, and the loss 4
# instead of 2.4. A metric's variables have the type of `floatx`, and 8,192 plus 32 is 8,192 in bfloat16. So it is in
# `fit`. With `keras.config.set_dtype_policy("bfloat16")` instead, both are right to 5 %.
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

answers = np.ones((20_000, 1), "float32")
labels = np.concatenate([np.ones(8192), np.zeros(20_000 - 8192)])[:, None]


def run():
    layer = keras.layers.Dense(1, "sigmoid", use_bias=False, kernel_initializer=keras.initializers.Constant(4))
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(0.0), "binary_crossentropy", metrics=["accuracy"])
    logs = model.fit(answers, labels, batch_size=32, shuffle=False, verbose=0).history
    evaluated = model.evaluate(answers, labels, batch_size=32, verbose=0)
    return [float(value) for value in (logs["loss"][0], logs["accuracy"][0], *evaluated)]


keras.config.set_dtype_policy("bfloat16")
by_policy = run()
keras.config.set_dtype_policy("float32")
keras.config.set_floatx("bfloat16")
by_floatx = run()
print(f"{keras.backend.backend()}, loss and accuracy of fit and evaluate: policy {by_policy}, floatx {by_floatx}")
for number in (0, 2):
    assert abs(by_policy[number] - 2.38) < 0.1
    assert abs(by_policy[number + 1] - 0.41) < 0.01
    assert by_floatx[number] > 3.5
    assert by_floatx[number + 1] == 1
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
