#!/usr/bin/env bash
# `TimeDistributed(BatchNormalization())` normalizes each time step by itself in training, all by one mean afterwards.
#
# Guess: it is the same as BatchNormalization of the sequence, which takes mean and variance of each feature over
# examples and steps.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, sequences whose steps have the means 0, 5
# and 10 and a standard deviation of 1: in training each step is normalized by its own mean and variance, all steps have
# the same ones afterwards, and the model never sees that they differ. The moving mean ends near 5, the moving variance
# near 1 (it is 17.45 over all steps). So the training loss ends below 0.1 and `evaluate` of the same data gives more
# than 10; without TimeDistributed both are about 0.5 (seen: 0.47 to 0.56).
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
    assert np.allclose(mean, 5, rtol=0, atol=0.3)
    assert abs(spread - 17.45) < 0.01
    normalized = keras.ops.convert_to_numpy(layer(x, training=True))
    differences = [np.ptp(moment, axis=0).max() for moment in (normalized.mean(axis=0), normalized.var(axis=0))]
    print(f"    differences between steps in training: means {differences[0]:.4f}, variances {differences[1]:.4f}")
    return losses[-1], loss, variance, differences


inner, plain = keras.layers.BatchNormalization(), keras.layers.BatchNormalization()
training, evaluation, variance, differences = train(keras.layers.TimeDistributed(inner), inner)
assert training < 0.1
assert evaluation > 10
assert ((variance > 0.8) & (variance < 1.2)).all()
assert max(differences) < 0.01
training, evaluation, variance, differences = train(plain, plain)
assert 0.4 < training < 0.6
assert 0.4 < evaluation < 0.6
assert ((variance > 15) & (variance < 20)).all()
assert differences[0] > 0.1
PROGRAM
done
