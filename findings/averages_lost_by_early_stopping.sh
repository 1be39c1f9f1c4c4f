#!/usr/bin/env bash
# With `EarlyStopping(restore_best_weights=True)` a model trained with `use_ema=True` does not get its averaged weights.
#
# Guess: the averages, which `fit` puts in the place of the weights after the last epoch, as the description of
# `ema_overwrite_frequency` says; or those of the best epoch.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the weights of the best epoch as the steps
# left them, even where that is the last one and nothing stopped the training. The callback notes the weights at the end
# of an epoch, when they are not averaged yet, and sets them in `on_train_end`, after `fit` has put the averages in.
# Without the callback, or without restore_best_weights, the model has the averages. With
# `SwapEMAWeights(swap_on_epoch=True)` before EarlyStopping in the list it has those of the best epoch; behind it, not.
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


class Weights(keras.callbacks.Callback):
    """The weight and its average at the end of each epoch."""

    def on_train_begin(self, logs=None):
        self.raw, self.averages = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.raw.append(float(self.model.get_weights()[0][0, 0]))
        [average] = [v for v in self.model.optimizer.variables if "average" in v.path]
        self.averages.append(float(keras.ops.convert_to_numpy(average)[0, 0]))


def train(callbacks, best):
    """The weight goes from 0 towards 1; the validation loss is lowest where it is `best`."""
    layers = [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9), "mse")
    weights, ones = Weights(), np.ones((4, 1), "float32")
    model.fit(ones, ones, validation_data=(ones, ones * best), epochs=5, verbose=0, callbacks=[weights, *callbacks])
    return weights, float(model.get_weights()[0][0, 0])


def stop_early(restore=True):
    return keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=restore)


def swap():
    return keras.callbacks.SwapEMAWeights(swap_on_epoch=True)


backend = keras.backend.backend()
# The callbacks, where the validation loss is lowest, and of which epoch the model gets which weights.
cases = {
    "no callback": ([], 1.0, "averages", 4),
    "without restore_best_weights": ([stop_early(restore=False)], 1.0, "averages", 4),
    "the last epoch is the best": ([stop_early()], 1.0, "raw", 4),
    "the third epoch is the best": ([stop_early()], 0.5, "raw", 2),
    "SwapEMAWeights before, the last is the best": ([swap(), stop_early()], 1.0, "averages", 4),
    "SwapEMAWeights before, the third is the best": ([swap(), stop_early()], 0.24, "averages", 2),
    "SwapEMAWeights behind, the last is the best": ([stop_early(), swap()], 1.0, "raw", 4),
}
for name, (callbacks, best, expected, epoch) in cases.items():
    weights, after = train(callbacks, best)
    raw, average = weights.raw[epoch], weights.averages[epoch]
    print(f"{backend}, {name}: {after:.3f} after fit; epoch {epoch + 1} ended with {raw:.3f}, average {average:.3f}")
    assert abs(raw - average) > 0.1
    assert abs(after - {"raw": raw, "averages": average}[expected]) < 1e-5
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
