#!/usr/bin/env bash
# If the first value that `EarlyStopping` monitors is NaN, no later one is better: it ends a training that goes well.
#
# Guess: NaN is worse than any number, so that the first number after it is the best so far.
# Seen with Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend): the metric is NaN in two epochs and
# falls from then on. With patience=5 the training stops after the sixth epoch, and restore_best_weights brings back the
# weights of the first, which gave the NaN. `ModelCheckpoint(save_best_only=True)` saves after the first epoch alone,
# and `ReduceLROnPlateau` divides the learning rate while the metric falls. A NaN in the second epoch alone does no such
# harm: with patience=2 the training goes on at its learning rate, and the models of all epochs but that are saved.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2
fi
KERAS_BACKEND=jax "${FINDINGS_PYTHON:-$folder/venv/bin/python}" - <<'PROGRAM'
import pathlib
import tempfile

import keras
import numpy as np
from keras import ops


def log_error(y_true, y_pred):
    """NaN for predictions below 0."""
    return ops.abs(ops.log(y_pred) - ops.log(y_true))


def train(*callbacks, start=-0.05):
    """The weight goes from `start` towards 1, and the validation's metric falls as soon as it is above 0."""
    start = keras.initializers.Constant(start)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer=start)])
    model.compile(keras.optimizers.SGD(0.01), "mse", metrics=[log_error])
    ones = np.ones((4, 1), "float32")
    history = model.fit(ones, ones, validation_data=(ones, ones), epochs=12, verbose=0, callbacks=callbacks).history
    return history, float(model.get_weights()[0][0, 0])


settings = {"monitor": "val_log_error", "mode": "min"}
stop = keras.callbacks.EarlyStopping(**settings, patience=5, restore_best_weights=True)
history, weight = train(stop)
values = history["val_log_error"]
print("EarlyStopping:", np.round(values, 3).tolist(), f"best {stop.best}, weight {weight:.3f}")
assert len(values) == 6
assert np.isnan(values[:2]).all()
assert (np.diff(values[2:]) < 0).all()
assert np.isnan(stop.best)
assert np.isclose(weight, -0.029)  # after one epoch: -0.05 + 0.01 * 2 * 1.05

folder = pathlib.Path(tempfile.mkdtemp())
history, weight = train(keras.callbacks.ModelCheckpoint(folder / "{epoch}.keras", save_best_only=True, **settings))
saved = [path.name for path in folder.iterdir()]
print("ModelCheckpoint:", np.round(history["val_log_error"], 3).tolist(), "saved", saved)
assert len(history["val_log_error"]) == 12
assert saved == ["1.keras"]

history, weight = train(keras.callbacks.ReduceLROnPlateau(**settings, patience=5))
rates = np.round(history["learning_rate"], 6).tolist()
print("ReduceLROnPlateau:", np.round(history["val_log_error"], 3).tolist(), "learning rates", rates)
assert (np.diff(history["val_log_error"][2:]) < 0).all()
assert rates[:6] == [0.01] * 6
assert rates[6] == 0.001

history, weight = train(keras.callbacks.EarlyStopping(**settings, patience=5), start=0.05)
assert len(history["val_log_error"]) == 12

# NaN in the second epoch alone.
spoil = keras.callbacks.LambdaCallback(
    on_epoch_end=lambda epoch, logs: logs.update(val_log_error=float("nan")) if epoch == 1 else None
)
folder = pathlib.Path(tempfile.mkdtemp())
callbacks = [
    keras.callbacks.EarlyStopping(**settings, patience=2),
    keras.callbacks.ModelCheckpoint(folder / "{epoch}.keras", save_best_only=True, **settings),
    keras.callbacks.ReduceLROnPlateau(**settings, patience=2),
]
history, weight = train(spoil, *callbacks, start=0.05)
values = history["val_log_error"]
print("NaN in the second epoch:", np.round(values, 3).tolist())
assert len(values) == 12
assert np.flatnonzero(np.isnan(values)).tolist() == [1]
assert {path.name for path in folder.iterdir()} == {f"{epoch}.keras" for epoch in range(1, 13) if epoch != 2}
assert np.allclose(history["learning_rate"], 0.01)
PROGRAM
