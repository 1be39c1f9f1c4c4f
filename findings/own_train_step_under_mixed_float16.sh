#!/usr/bin/env bash
# A `train_step` of one's own that works in float32 trains nothing under `mixed_float16`.
#
# Guess: the same steps, or an error, where it lacks what this policy needs.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0 and torch 2.13.0: `compile` puts the optimizer into a LossScaleOptimizer,
# as `fit` needs it. That divides the gradients by a loss scale of 32,768 at first, whether the loss was multiplied by
# it or not. The usual `train_step` (loss, gradients, `optimizer.apply`) does not multiply, so each step of SGD is
# 32,768 times too small: a weight that should move by 1.3 moves by 0.0001, and the losses stand still. Nothing is said.
# `self.optimizer.scale_loss(loss)` before the gradients are computed, which exists in float32, too, makes it right.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 torch==2.13.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np

backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
y = 3 * x.sum(axis=1, keepdims=True)


class Model(keras.Sequential):
    scales = False

    def train_step(self, data):
        x, y = data
        scale = self.optimizer.scale_loss if self.scales else lambda loss: loss
        if backend == "tensorflow":
            import tensorflow as tf

            with tf.GradientTape() as tape:
                loss = self.compute_loss(y=y, y_pred=self(x, training=True))
                scaled = scale(loss)
            self.optimizer.apply(tape.gradient(scaled, self.trainable_weights), self.trainable_weights)
        else:
            import torch

            self.zero_grad()
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
            scale(loss).backward()
            with torch.no_grad():
                gradients = [weight.value.grad for weight in self.trainable_weights]
                self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss}


class ScalingModel(Model):
    scales = True


def train(kind, dtype):
    """How far fit moves the first weight."""
    layer = keras.layers.Dense(1, kernel_initializer="ones", dtype=dtype)
    keras.config.set_dtype_policy(dtype)
    model = kind([keras.Input((3,)), layer])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    keras.config.set_dtype_policy("float32")
    return round(float(layer.get_weights()[0][0, 0]) - 1, 4)


seen = {
    dtype: {kind.__name__: train(kind, dtype) for kind in (keras.Sequential, Model, ScalingModel)}
    for dtype in ("float32", "mixed_float16")
}
print(f"{backend}, the first weight moves by: {seen}")
whole, half = seen["float32"], seen["mixed_float16"]
assert whole["Sequential"] == whole["Model"] == whole["ScalingModel"] > 0.5
assert abs(half["Model"]) < 1e-3 < 0.5 < half["Sequential"] and abs(half["ScalingModel"] - half["Sequential"]) < 0.01
PROGRAM
for backend in tensorflow torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
