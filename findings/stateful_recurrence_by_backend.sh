#!/usr/bin/env bash
# A stateful recurrent layer remembers in `fit` on TensorFlow only; on JAX it forgets, on torch LSTM and GRU do not train.
#
# Guess: with stateful=True the state at a batch's end is the next batch's initial state, on every backend, as it is when
# the layer is called by hand.
# Seen with Keras 3.15.1, an LSTM and four batches of `fit`: on TensorFlow 2.21.0 the state has moved. On JAX 0.10.2 it is
# exactly 0 afterwards, in `predict` too: each batch starts anew, and nothing is said. On torch 2.13.0 the first step
# raises a RuntimeError (a variable needed for the gradient was modified in place); SimpleRNN trains there.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0
fi
for backend in tensorflow jax torch; do
    KERAS_BACKEND="$backend" TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import keras
import numpy as np

keras.utils.set_random_seed(0)
backend = keras.backend.backend()


def make(layer):
    model = keras.Sequential([keras.Input((3, 1), batch_size=1), layer(2, stateful=True)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def fit(model):
    model.fit(np.ones((4, 3, 1)), np.ones((4, 2)), batch_size=1, shuffle=False, verbose=0)
    return [keras.ops.convert_to_numpy(state) for state in model.layers[0].states]


model, x = make(keras.layers.LSTM), np.ones((1, 3, 1), "float32")
first, second = (keras.ops.convert_to_numpy(model(x)) for _ in range(2))
print(backend, "by hand, twice the same input:", first, second)
assert not np.allclose(first, second)
try:
    states = fit(make(keras.layers.LSTM))
    print(backend, "states after fit:", states)
    assert backend != "torch"
    assert all((state == 0).all() == (backend == "jax") for state in states)
except RuntimeError as error:
    print(backend, str(error)[:90])
    assert backend == "torch"
    assert "inplace" in str(error)
    fit(make(keras.layers.SimpleRNN))
PROGRAM
done
