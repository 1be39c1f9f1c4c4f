#!/usr/bin/env bash
# After a training that `BackupAndRestore` has resumed, each later `fit` of the model skips its first epochs.
#
# Guess: a resumed training goes on with the epoch at which it was cut off, and the next `fit`, without the callback,
# has all its epochs.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a training of 5 epochs that is cut off after
# 3: the resumed one has the epochs 3 and 4, as it should. Then `fit(epochs=5)` has these two again, `fit(epochs=3)` has
# none, which returns an empty history and trains nothing, and `fit(epochs=5, initial_epoch=1)` begins with 3, too.
# Nothing is said. So it is with fine-tuning after a pretraining that was cut off once; `load_model` of the saved model
# helps, `compile` does not.
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
import pathlib
import tempfile

import keras
import numpy as np

x, y = np.ones((8, 1), "float32"), np.ones((8, 1), "float32")
backup = keras.callbacks.BackupAndRestore(pathlib.Path(tempfile.mkdtemp()) / "backup")


def make_model():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


class CutOff(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3:
            raise KeyboardInterrupt


def fit(model, epochs, callbacks=(), **options):
    return model.fit(x, y, epochs=epochs, callbacks=list(callbacks), verbose=0, **options).epoch


try:
    fit(make_model(), 5, [backup, CutOff()])
except KeyboardInterrupt:
    pass
model = make_model()
resumed = fit(model, 5, [backup])
model.compile(keras.optimizers.SGD(0.1), "mse")
before = model.get_weights()[0].item()
three, unmoved = fit(model, 3), model.get_weights()[0].item() == before
five, from_one = fit(model, 5), fit(model, 5, initial_epoch=1)
print(f"{keras.backend.backend()}: epochs of the resumed fit {resumed}, of the next {three}, {five} and {from_one}")
assert resumed == [3, 4]
assert three == [] and unmoved
assert five == [3, 4] and from_one == [3, 4]
assert fit(make_model(), 3) == [0, 1, 2]

path = pathlib.Path(tempfile.mkdtemp()) / "model.keras"
model.save(path)
assert fit(keras.models.load_model(path), 3) == [0, 1, 2]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
