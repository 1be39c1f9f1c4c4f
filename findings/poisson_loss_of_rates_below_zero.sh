#!/usr/bin/env bash
# Under the Poisson loss, predictions below 0 make the loss NaN in each epoch, while weights and predictions stay finite.
#
# Guess: as soon as a loss is NaN, so are its gradients, and after one step all weights: a NaN that does not spread is
# none. So `TerminateOnNaN` and a look at the weights would say the same.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0 (CPU): a linear unit trained by "poisson" for
# 30 epochs of Adam logs a loss of NaN in all of them, and all weights and predictions are finite at the end: the
# derivative of the logarithm of a number below 0 is computed as its reciprocal, which is finite. The predictions do not
# become rates either: 42 to 65 % of them are below 0.
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

x = np.random.default_rng(0).normal(size=(256, 2)).astype("float32")
y = np.random.default_rng(1).poisson(np.exp(1 + 0.5 * x[:, :1])).astype("float32")
keras.utils.set_random_seed(0)
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.05), "poisson")
losses = model.fit(x, y, epochs=30, verbose=0).history["loss"]
predictions = model.predict(x, verbose=0)
are_finite = all(np.isfinite(weight).all() for weight in model.get_weights()) and bool(np.isfinite(predictions).all())
below = float((predictions < 0).mean())
print(f"{keras.backend.backend()}: losses {losses[0]} to {losses[-1]}, weights finite: {are_finite}, below 0: {below:.0%}")
assert np.isnan(losses).all()
assert are_finite
assert below > 0.25
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
