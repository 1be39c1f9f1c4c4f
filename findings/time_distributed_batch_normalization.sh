#!/usr/bin/env bash
# `TimeDistributed(BatchNormalization())` normalizes each time step by itself in training, all by one mean afterwards.
#
# Guess: it is the same as BatchNormalization of the sequence, which takes mean and variance of each feature over
# examples and steps.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, sequences whose steps have the means 0, 5
# and 10 and a standard deviation of 1: in training each step has a mean and a variance of its own, so the model never
# sees that the steps differ. The moving mean goes through all of them in each batch and ends near 5, the moving
# variance near 1 (it is 17.7 over all steps). So the training loss ends below 0.1 and `evaluate` of the same data gives
# more than 10; without TimeDistributed both are about 0.5.
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

backend = keras.backend.backend()
noise = np.random.default_rng(0).normal(size=(256, 3, 2)).astype("float32")
x = noise + np.array([0, 5, 10], "float32")[:, None]


def train(layer, normalization):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3, 2)), layer, keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    losses = model.fit(x, noise[..., :1], epochs=100, batch_size=64, verbose=0).history["loss"]
    loss = model.evaluate(x, noise[..., :1], verbose=0)
    mean, variance = normalization.get_weights()[2:]
    spread = x.var(axis=(0, 1)).mean()
    print(f"{backend}, {layer.name}: loss in training {losses[-1]:.3f}, in evaluate {loss:.3f}")
    print(f"    moving mean {mean.mean():.2f} of {x.mean():.2f}, moving variance {variance.mean():.2f} of {spread:.2f}")
    return losses[-1], loss, variance.mean()


inner, plain = keras.layers.BatchNormalization(), keras.layers.BatchNormalization()
training, evaluation, variance = train(keras.layers.TimeDistributed(inner), inner)
assert training < 0.1
assert evaluation > 10
assert 0.8 < variance < 1.2
training, evaluation, variance = train(plain, plain)
assert abs(training - evaluation) < 0.1
assert 15 < variance < 20
PROGRAM
done
