#!/usr/bin/env bash
# `evaluate` in a callback, at the beginning of an epoch or at a batch, makes the epoch's training loss that of other
# data.
#
# Guess: `fit` and `evaluate` keep their means apart, as `fit` does with its own validation.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a training with losses of 35 and 22 and a
# second set of data with a loss of 10,000: where a callback evaluates this set in `on_epoch_begin`, the epochs' losses
# are above 5,000 each; in `on_train_batch_end` after half of the batches, above 6,000. Both have one set of means:
# `evaluate` sets them back and leaves its own in them, and the batches after it are added. So with all metrics, in the
# history, in the log and for `EarlyStopping(monitor="loss")`. The weights are not concerned. In `on_epoch_end`, or
# before `fit`, it is harmless, and so is `predict`.
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

generator = np.random.default_rng(0)
x = generator.normal(size=(64, 4)).astype("float32")
y = x @ np.array([[1.0], [2.0], [3.0], [4.0]], "float32")


def train(moment):
    """Losses of two epochs, and the weights, with an evaluation of other data at a moment of each epoch."""

    def look(number, logs=None):
        if moment != "on_train_batch_end" or number == 3:
            callback.model.evaluate(0 * x, y + 100, verbose=0)

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile("sgd", "mse")
    callback = keras.callbacks.Callback()
    if moment:
        setattr(callback, moment, look)
    history = model.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0, callbacks=[callback]).history
    return np.array(history["loss"]), model.get_weights()[0]


plain, weights = train(None)
for moment, least in {"on_epoch_begin": 5000, "on_train_batch_end": 6000, "on_epoch_end": 0}.items():
    losses, weights_then = train(moment)
    print(f"{keras.backend.backend()}: losses {plain.round(2)}, evaluated in {moment} {losses.round(2)}")
    np.testing.assert_allclose(weights, weights_then, rtol=1e-4)
    if least:
        assert min(losses) > least
    else:
        np.testing.assert_allclose(losses, plain, rtol=1e-4)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
