#!/usr/bin/env bash
# What a `train_step` of one's own returns as `loss` is not what `fit` logs: it logs 0.
#
# Guess: `{"loss": loss}`, returned by each step, is logged as the epoch's loss: the mean, or that of the last step.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the history has 0.0 for every epoch, since
# the model has a metric of that name, which the step has not updated; what `fit` returns is that metric's result.
# Callbacks see the returned loss at the end of each batch (0.6 and the like), and 0.0 at the end of the epoch.
# Returned as `total`, it is logged: that of the last step alone.
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
x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = (x[:, :1] > 0).astype("float32")


class Model(keras.Model):
    def __init__(self, name_of_loss):
        super().__init__()
        self.layer, self.name_of_loss = keras.layers.Dense(1, "sigmoid"), name_of_loss

    def call(self, inputs, training=False):
        return self.layer(inputs)

    def measure(self, targets, predictions):
        return keras.ops.mean(keras.losses.binary_crossentropy(targets, predictions))

    def train_step(self, *args):
        return {"tensorflow": self.step_on_tensorflow, "jax": self.step_on_jax, "torch": self.step_on_torch}[backend](
            *args
        )

    def step_on_tensorflow(self, data):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = self.measure(data[1], self(data[0], training=True))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {self.name_of_loss: loss}

    def step_on_jax(self, state, data):
        import jax

        trainable, other, optimizer, metrics = state

        def compute(trainable):
            predictions, _ = self.stateless_call(trainable, other, data[0], training=True)
            return self.measure(data[1], predictions)

        loss, gradients = jax.value_and_grad(compute)(trainable)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return {self.name_of_loss: loss}, (trainable, other, optimizer, metrics)

    def step_on_torch(self, data):
        import torch

        self.zero_grad()
        loss = self.measure(data[1], self(data[0], training=True))
        loss.backward()
        with torch.no_grad():
            self.optimizer.apply([v.value.grad for v in self.trainable_weights], self.trainable_weights)
        return {self.name_of_loss: loss}


def fit(name):
    keras.utils.set_random_seed(0)
    model, seen = Model(name), []
    model.compile("adam")
    model(x)
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(float(logs[name])))
    history = model.fit(x, y, batch_size=16, epochs=2, verbose=0, callbacks=[watch]).history
    return [float(value) for value in history[name]], seen


logged, seen = fit("loss")
print(f"{backend}, loss: logged {logged}, of each step {[round(value, 3) for value in seen]}")
assert logged == [0.0, 0.0]
assert min(seen) > 0.1
logged, seen = fit("total")
print(f"{backend}, total: logged {logged}, of each step {[round(value, 3) for value in seen]}")
assert np.allclose(logged, [seen[3], seen[7]], rtol=1e-5)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
