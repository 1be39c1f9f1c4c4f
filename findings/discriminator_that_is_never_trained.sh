#!/usr/bin/env bash
# In the usual program for a GAN the discriminator is never trained: `trainable = False` reaches back behind its
# `compile`.
#
# Guess: as Keras's guide to transfer learning says, `compile` keeps the values that `trainable` has at that time. So a
# discriminator that is compiled, then frozen, and then built into the combined model is trained by its own
# `train_on_batch`, and stands still in that of the combined model.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: its own `train_on_batch` leaves it as it
# is, too, and so does its `fit`; losses are logged as usual. What counts is `trainable` at the first step, not at
# `compile`: a model that is compiled frozen and then thawed is trained. With a first step of its own before it is
# frozen the backends differ (`frozen_after_fit.sh`).
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
import warnings

import keras
import numpy as np
from keras import layers

warnings.filterwarnings("ignore")
backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
y = np.ones((16, 1), "float32")


def make_model(units):
    return keras.Sequential([keras.Input((3,)), layers.Dense(units)])


def measure_step(model, watched):
    before = watched.get_weights()
    model.train_on_batch(x, y)
    return max(float(np.abs(new - old).max()) for new, old in zip(watched.get_weights(), before))


generator, discriminator = make_model(3), make_model(1)
discriminator.compile(keras.optimizers.SGD(0.1), "mse")
discriminator.trainable = False
noise = keras.Input((3,))
combined = keras.Model(noise, discriminator(generator(noise)))
combined.compile(keras.optimizers.SGD(0.1), "mse")
discriminator_weights = discriminator.get_weights()
steps = {
    "the discriminator in its own step": measure_step(discriminator, discriminator),
    "the discriminator in the combined step": measure_step(combined, discriminator),
    "the generator in the combined step": measure_step(combined, generator),
}
discriminator.fit(x, y, verbose=0)
assert all(np.array_equal(new, old) for new, old in zip(discriminator.get_weights(), discriminator_weights))
thawed = make_model(1)
thawed.trainable = False
thawed.compile(keras.optimizers.SGD(0.1), "mse")
thawed.trainable = True
steps["compiled frozen, then thawed"] = measure_step(thawed, thawed)
print(f"{backend}:", {name: round(step, 4) for name, step in steps.items()})
assert [step > 0 for step in steps.values()] == [False, False, True, True]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
