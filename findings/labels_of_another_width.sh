#!/usr/bin/env bash
# Labels with five columns for a model with one output, and one column for five outputs, train under "mse" without a
# word.
#
# Guess: an error about the shapes, as from "binary_crossentropy".
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: "mse", "mae", "huber", "log_cosh",
# "poisson", "hinge", "kl_divergence" and "cosine_similarity" take both. One output learns the mean of an example's five
# labels, and five outputs all learn the one label: a forgotten number of units, or a frame with columns too many, is a
# loss that does not fall far, and nothing else. The cross-entropies raise a ValueError.
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

random = np.random.default_rng(0)
inputs = random.normal(size=(64, 3)).astype("float32")
labels = inputs @ random.normal(size=(3, 5))


def train(loss, width, outputs, epochs=1):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(outputs)])
    model.compile(keras.optimizers.Adam(0.1), loss)
    targets = labels[:, :width] if loss in ("mse", "mae") else (labels[:, :width] > 0).astype("float32")
    model.fit(inputs, targets, epochs=epochs, verbose=0)
    return model.predict(inputs, verbose=0)


taken, refused = [], []
losses = ("mse", "mae", "huber", "log_cosh", "poisson", "hinge", "kl_divergence", "cosine_similarity")
for loss in (*losses, "binary_crossentropy", "categorical_crossentropy"):
    for width, outputs in ((5, 1), (1, 5)):
        try:
            train(loss, width, outputs)
            taken.append(loss)
        except ValueError:
            refused.append(loss)
mean = train("mse", 5, 1, epochs=200)
five = train("mse", 1, 5, epochs=200)
print(f"{keras.backend.backend()}: taken {sorted(set(taken))}, refused {sorted(set(refused))}")
print("  farthest from the mean of five labels:", np.abs(mean[:, 0] - labels.mean(axis=1)).max())
print("  farthest of five outputs from the one label:", np.abs(five - labels[:, :1]).max())
assert sorted(taken) == sorted(2 * losses)
assert sorted(set(refused)) == ["binary_crossentropy", "categorical_crossentropy"]
assert np.abs(mean[:, 0] - labels.mean(axis=1)).max() < 0.05
assert np.abs(five - labels[:, :1]).max() < 0.05
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
