#!/usr/bin/env bash
# On TensorFlow and JAX a callback that changes a Dropout's rate, a momentum or a weight decay changes nothing.
#
# Guess: `layer.rate = 0.5` or `optimizer.momentum = 0` at the beginning of an epoch has an effect from then on, as
# `optimizer.learning_rate = 0.01` has, on every backend; or the assignment raises.
# Seen with Keras 3.15.1, three epochs of one step each, and a change before the second: on torch 2.13.0 each has its
# effect. On TensorFlow 2.21.0 and JAX 0.10.2 the dropout stays at its first rate, and so do the momentum, the weight
# decay and the clipping of SGD; the attributes have the new values, so that a log of them shows what does not happen.
# They are constants of the compiled step; only the learning rate is a variable.
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
import warnings

import keras
import numpy as np

backend = keras.backend.backend()
warnings.filterwarnings("ignore", "The model does not have any trainable weights")  # a Dropout alone


def train(optimizer, change):
    """Steps of a weight whose gradient is -1, with a change before the second."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(optimizer, "mae")
    weights = [1.0]

    def note(epoch, logs):
        weights.append(callback.model.get_weights()[0].item())

    def begin(epoch, logs):
        if epoch == 1:
            change(callback.model.optimizer)

    callback = keras.callbacks.LambdaCallback(on_epoch_begin=begin, on_epoch_end=note)
    model.fit(np.ones((8, 1)), np.full((8, 1), 1000.0), epochs=3, verbose=0, callbacks=[callback])
    return np.diff(weights)


def drop():
    """Share of the inputs that a Dropout drops in each of three epochs, by the loss."""
    layer = keras.layers.Dropout(0.1, seed=1)
    model = keras.Sequential([keras.Input((1000,)), layer])

    def count_zeros(labels, outputs):
        return keras.ops.mean(keras.ops.cast(outputs == 0, "float32"))

    model.compile(keras.optimizers.SGD(0.0), count_zeros)

    def begin(epoch, logs):
        if epoch == 1:
            layer.rate = 0.5

    callback = keras.callbacks.LambdaCallback(on_epoch_begin=begin)
    history = model.fit(np.ones((8, 1000)), np.ones((8, 1000)), epochs=3, verbose=0, callbacks=[callback]).history
    return np.array(history["loss"])


SGD = keras.optimizers.SGD
steps = {
    "learning_rate": train(SGD(0.1), lambda optimizer: setattr(optimizer, "learning_rate", 0.0)),
    "momentum": train(SGD(0.1, momentum=0.9), lambda optimizer: setattr(optimizer, "momentum", 0.0)),
    "clipvalue": train(SGD(0.1, clipvalue=9.0), lambda optimizer: setattr(optimizer, "clipvalue", 1e-6)),
    "weight_decay": train(SGD(0.1, weight_decay=1e-9), lambda optimizer: setattr(optimizer, "weight_decay", 1.0)),
    "dropout": drop(),
}
for name, values in steps.items():
    print(f"{backend}, {name} changed before the second epoch: {values.round(3)}")
unchanged = {"momentum": [0.1, 0.19, 0.271], "clipvalue": [0.1, 0.1, 0.1], "weight_decay": [0.1, 0.1, 0.1]}
changed = {"momentum": [0.1, 0.1, 0.1], "clipvalue": [0.1, 0, 0], "weight_decay": [0.1, -0.01, -0.009]}
np.testing.assert_allclose(steps["learning_rate"], [0.1, 0, 0], atol=1e-4)
for name, expected in (changed if backend == "torch" else unchanged).items():
    np.testing.assert_allclose(steps[name], expected, atol=2e-3)
np.testing.assert_allclose(steps["dropout"], [0.1, 0.5, 0.5] if backend == "torch" else [0.1, 0.1, 0.1], atol=0.03)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
