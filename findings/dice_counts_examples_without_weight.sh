#!/usr/bin/env bash
# `Dice` and `Tversky` make one factor of all examples' weights: an example of weight 0 counts like any other.
#
# Guess: an example with a `sample_weight` of 0 does not count, or the loss raises, since it is one number for the
# batch.
# Seen with Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend): the weights [1, 0], [0, 1] and [0.5,
# 0.5] give the same loss, half of that without weights, and after `fit` the same model. With `axis=(1, 2, 3)` the loss
# is one number per image, and the weights [1, 0] give half the loss of the first image alone, [0, 1] of the second.
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
import keras
import numpy as np

images = np.zeros((2, 4, 4, 1), "float32")
images[0, :2], images[1, :, 2:] = 1, 1
masks = np.stack([images[0], 1 - images[1]])  # the second image asks for the opposite of the first


def train(loss, weights, shown=slice(None)):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 1, activation="sigmoid")])
    model.compile(keras.optimizers.SGD(0.5), loss)
    weights = None if weights is None else np.array(weights)
    losses = model.fit(images[shown], masks[shown], sample_weight=weights, epochs=3, verbose=0).history["loss"]
    return losses[0], np.concatenate([weight.ravel() for weight in model.get_weights()])


for make in (keras.losses.Dice, keras.losses.Tversky):
    for axis in (None, (1, 2, 3)):
        trained = {}
        for weights in (None, (1, 0), (0, 1), (0.5, 0.5)):
            trained[weights] = train(make(axis=axis), weights)
            loss, parameters = trained[weights]
            ends = ", ".join(f"{parameter:.4f}" for parameter in parameters)
            print(f"{make.__name__}, axis={axis}, sample_weight={weights}: loss {loss:.4f}, weights after fit {ends}")
        shape = make(axis=axis, reduction=None)(masks, images).shape
        if axis is None:
            assert shape == ()
            for weights in ((1, 0), (0, 1), (0.5, 0.5)):
                assert np.isclose(trained[weights][0], trained[None][0] / 2, rtol=0, atol=1e-6)
                assert np.allclose(trained[weights][1], trained[1, 0][1], rtol=0, atol=1e-6)
        else:
            assert shape == (2,)
            alone = [train(make(axis=axis), None, slice(index, index + 1))[0] for index in (0, 1)]
            print(f"    loss of each image alone {alone[0]:.4f}, {alone[1]:.4f}")
            assert alone[0] - alone[1] > 0.01
            assert np.allclose([trained[1, 0][0], trained[0, 1][0]], np.array(alone) / 2, rtol=0, atol=1e-6)
PROGRAM
