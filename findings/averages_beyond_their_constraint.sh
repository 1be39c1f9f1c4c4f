#!/usr/bin/env bash
# With `use_ema=True` a kernel under `NonNeg` ends below 0, and one under `UnitNorm` with another norm.
#
# Guess: the averages that `fit` puts in the place of the weights are averages of weights that keep to their
# constraint, so none is below 0; averages of vectors of norm 1 have at most that.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, two epochs of SGD(0.1) towards outputs of
# -10: without averages both hold. With them weights are below -0.1, and norms are above 1.05: what is averaged is
# each step's result before the constraint is applied to it.
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
inputs = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
labels = np.full((64, 4), -10, "float32")
for use_ema in (False, True):
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(4, kernel_constraint=constraint) for constraint in ("non_neg", "unit_norm")]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile(keras.optimizers.SGD(0.1, use_ema=use_ema), "mse")
    model.fit(inputs, labels, batch_size=8, epochs=2, verbose=0)
    smallest = model.layers[0].get_weights()[0].min()
    norms = np.linalg.norm(model.layers[1].get_weights()[0], axis=0)
    print(f"{backend}, use_ema={use_ema}: the smallest weight is {smallest:.2f}, the norms are {norms.round(2)}")
    assert (smallest < -0.1) == use_ema
    assert smallest >= 0 or use_ema
    assert (norms.max() > 1.05) == use_ema
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
