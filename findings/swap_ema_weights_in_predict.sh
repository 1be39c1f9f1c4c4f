#!/usr/bin/env bash
# `predict(callbacks=[SwapEMAWeights()])` leaves the averages in the model, and the next one predicts without them.
#
# Guess: as its description says of evaluation, the averaged weights come in before `predict` and go out after it.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: they come in and stay. After `predict` the
# model's weights are the averages, and the optimizer's averages are the weights that the steps had left. A training
# that looks at predictions of the averages at the end of each epoch goes on from these: its loss is more than ten times
# what it is without the look. A second `predict` with a new SwapEMAWeights swaps them back, so that it predicts without
# averages. With `evaluate` in its place the weights are the same before and after.
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
generator = np.random.default_rng(0)
x = generator.normal(size=(64, 4)).astype("float32")
y = x @ np.array([[1.0], [2.0], [3.0], [4.0]], "float32")


def make_model():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.9), "mse")
    return model


class Look(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.predict(x, verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])


def train(*callbacks):
    options = {"epochs": 4, "batch_size": 8, "shuffle": False, "verbose": 0}
    return make_model().fit(x, y, callbacks=list(callbacks), **options).history["loss"][-1]


def read(model):
    averages = model.optimizer._model_variables_moving_average
    return model.get_weights()[0].copy(), keras.ops.convert_to_numpy(averages[0]).copy()


plain, looked_at = train(), train(Look())
print(f"{backend}: loss of the last epoch {plain:.3f}, with a look at each epoch's end {looked_at:.3f}")
assert looked_at > 10 * plain

model = make_model()
for start in range(0, 64, 8):
    model.train_on_batch(x[start : start + 8], y[start : start + 8])
weights, averages = read(model)
model.evaluate(x, y, verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])
after_evaluate = read(model)
model.predict(x, verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])
after_predict = read(model)
model.predict(x, verbose=0, callbacks=[keras.callbacks.SwapEMAWeights()])
after_second = read(model)
assert np.abs(weights - averages).max() > 0.1
np.testing.assert_allclose(after_evaluate, (weights, averages), atol=1e-5)
np.testing.assert_allclose(after_predict, (averages, weights), atol=1e-5)
np.testing.assert_allclose(after_second, (weights, averages), atol=1e-5)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
