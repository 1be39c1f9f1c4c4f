#!/usr/bin/env bash
# On torch BatchNormalization of inputs with a mean of 3000 and a standard deviation of 1 gives NaN.
#
# Guess: it takes scale and offset away, on every backend; near 3000 float32 still tells numbers apart that differ by
# 0.0003.
# Seen with Keras 3.15.1 on a CPU, 64 features, 128 examples: on TensorFlow 2.21.0 and JAX 0.10.2 the outputs have a
# standard deviation of 1, and a unit behind it trains. On torch 2.13.0 7 features are NaN, and after one epoch so are
# weights; the other features have a standard deviation of 16. There Keras computes the variance as the mean of the
# squares minus the square of the mean, which float32 hardly tells apart; below 0 it makes NaN. With a mean of 300 and a
# standard deviation of 0.1, too, features are NaN. So it is with GroupNormalization; LayerNormalization and an adapted
# Normalization are safe.
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
normal = np.random.default_rng(0).normal(size=(128, 64))


def train(x, layer):
    """Whether the weights are finite after an epoch."""
    model = keras.Sequential([keras.Input(x.shape[1:]), layer, keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.001), "mse")
    model.fit(x, np.ones((len(x), 1)), batch_size=len(x), verbose=0)
    return all(np.isfinite(weight).all() for weight in model.get_weights())


for mean, deviation in ((3000, 1.0), (300, 0.1)):
    x = (mean + deviation * normal).astype("float32")
    y = keras.ops.convert_to_numpy(keras.layers.BatchNormalization()(x, training=True))
    nan = int(np.isnan(y).any(axis=0).sum())
    print(f"{backend}, mean {mean}: {nan} of 64 features are NaN; the others have a deviation of {np.nanstd(y):.2f}")
    if backend == "torch":
        assert nan > 0
    else:  # an epsilon of 0.001 takes 5 % off a deviation of 0.1
        assert nan == 0 and 0.94 < np.std(y) < 1.01
    adapted = keras.layers.Normalization()
    adapted.adapt(x)
    others = (keras.layers.LayerNormalization(), adapted)
    for layer in (keras.layers.BatchNormalization(), keras.layers.GroupNormalization(1), *others):
        finite = train(x, layer)
        print(f"    {layer.name}: the weights after an epoch are {'finite' if finite else 'NaN'}")
        assert finite == (backend != "torch" or layer in others)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
