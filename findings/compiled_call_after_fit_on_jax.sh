#!/usr/bin/env bash
# On JAX `jax.jit(lambda x: model(x))` goes on with the weights of its first call, whatever `fit` has done since.
#
# Guess: the compiled call has the model's weights as they are, as `tf.function` of the same line has; or an error.
# Seen with Keras 3.15.1: with `tf.function` on TensorFlow 2.21.0 the outputs are those of the trained model. With
# `jax.jit` on JAX 0.10.2 they are those of the untrained one, after `fit` and after `set_weights`, and nothing is said:
# JAX takes what a function uses besides its arguments for constants. `jax.jit(model.stateless_call)` with the variables
# as arguments, and `predict`, are right.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np

backend = keras.backend.backend()
inputs = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.SGD(0.1), "mse")
if backend == "jax":
    import jax

    call = jax.jit(lambda x: model(x))
    stateless = jax.jit(model.stateless_call)
else:
    import tensorflow as tf

    call = tf.function(lambda x: model(x))
first = np.asarray(call(inputs))
model.fit(inputs, inputs.sum(axis=1, keepdims=True), verbose=0)
trained = model.predict(inputs, verbose=0)
after_fit = np.asarray(call(inputs))
model.set_weights([np.zeros((3, 1)), np.zeros(1)])
after_zeros = np.asarray(call(inputs))
seen = [bool(np.allclose(outputs, first)) for outputs in (trained, after_fit, after_zeros)]
print(f"{backend}, as before the training: predict {seen[0]}, compiled call {seen[1]}, with zeros as weights {seen[2]}")
assert seen == [False, backend == "jax", backend == "jax"]
if backend == "jax":
    outputs, _ = stateless([v.value for v in model.trainable_variables], [], inputs)
    assert np.all(np.asarray(outputs) == 0)
PROGRAM
for backend in tensorflow jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
