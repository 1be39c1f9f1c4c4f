#!/usr/bin/env bash
# On JAX `jax.jit(lambda x: model(x, training=True))` drops the same units in each call, and leaves a model that cannot
# be called.
#
# Guess: each call has a new mask, as `model(x, training=True)` has, and as `tf.function` of the same line has; or it is
# an error, as for `keras.random.normal` in a compiled function.
# Seen with Keras 3.15.1, Dropout(0.5) of 100 ones: three calls of the compiled function on JAX 0.10.2 give three times
# the same mask. Afterwards `model(x, training=True)` raises an UnexpectedTracerError, and so does `fit`. On TensorFlow
# 2.21.0 the masks of `tf.function` differ, and the model is as it was.
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
model = keras.Sequential([keras.Input((100,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
masked = keras.Model(model.inputs, model.layers[0].output)
model.compile("sgd", "mse")
x = np.ones((1, 100), "float32")
if backend == "jax":
    import jax

    call = jax.jit(lambda x: masked(x, training=True))
else:
    import tensorflow

    call = tensorflow.function(lambda x: masked(x, training=True))
masks = {tuple(np.asarray(call(x))[0].tolist()) for _ in range(3)}
seen = {"different masks": len(masks)}
for name, action in (("call", lambda: masked(x, training=True)), ("fit", lambda: model.fit(x, x[:, :1], verbose=0))):
    try:
        action()
        seen[name] = "works"
    except Exception as error:  # JAX has its own
        seen[name] = type(error).__name__
print(f"{backend}: {seen}")
if backend == "jax":
    assert seen == {"different masks": 1, "call": "UnexpectedTracerError", "fit": "UnexpectedTracerError"}
else:
    assert seen == {"different masks": 3, "call": "works", "fit": "works"}
PROGRAM
for backend in tensorflow jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
