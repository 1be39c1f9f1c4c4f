#!/usr/bin/env bash
# With outputs above 1, sparse categorical cross-entropy is ln(classes) on TensorFlow and has no gradient.
#
# Guess: for outputs that do not add up to 1, each backend divides by their sum, as `categorical_crossentropy` does: the
# two losses agree, and so do the backends.
# Seen with Keras 3.15.1, a head `Dense(3, "softplus")` that starts above 1, and 20 epochs of Adam: on JAX 0.10.2 and
# torch 2.13.0, and with one-hot labels on TensorFlow 2.21.0, too, the loss falls below 0.2 and over 95 % are right. On
# TensorFlow with integer labels the loss is 1.0986 = ln 3 from the first epoch to the last, for outputs are cut at 1
# and their logarithms taken for logits, which are all 0: nothing moves. Outputs of 0 give ln 3 there, too, and NaN on
# JAX and torch; with one-hot labels they give NaN on all three. With a head of sigmoids, whose outputs are below 1,
# the loss falls below 0.2 everywhere.
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
x = np.random.default_rng(0).normal(size=(256, 2)).astype("float32")
labels = (x > 0).sum(axis=1)


def train(activation, bias, loss):
    keras.utils.set_random_seed(1)
    bias = keras.initializers.Constant(bias)
    layers = [keras.layers.Dense(16, "relu"), keras.layers.Dense(3, activation, bias_initializer=bias)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    before = model.get_weights()
    y = labels if loss.startswith("sparse") else np.eye(3)[labels]
    history = model.fit(x, y, epochs=20, verbose=0).history
    moved = any(not np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))
    return history["loss"], history["accuracy"][-1], moved


for activation, bias in (("softplus", 3.0), ("sigmoid", 0.0)):
    for loss in ("sparse_categorical_crossentropy", "categorical_crossentropy"):
        losses, accuracy, moved = train(activation, bias, loss)
        print(f"{backend}, {activation}, {loss}: {losses[0]:.4f} to {losses[-1]:.4f}, {accuracy:.0%} right")
        if (backend, activation, loss[:6]) == ("tensorflow", "softplus", "sparse"):
            assert np.allclose(losses, np.log(3), atol=1e-5)
            assert not moved
        else:
            assert losses[-1] < 0.2
            assert accuracy > 0.95

nan, on_tensorflow = np.nan, backend == "tensorflow"
for output, expected_sparse, expected_dense in (
    ([3.0, 1.0, 2.0], np.log(3) if on_tensorflow else np.log(2), np.log(2)),
    ([0.2, 0.3, 0.1], np.log(3), np.log(3)),
    ([0.0, 0.0, 0.0], np.log(3) if on_tensorflow else nan, nan),
):
    output = np.array([output], "float32")
    sparse = float(keras.losses.sparse_categorical_crossentropy(np.array([0]), output)[0])
    dense = float(keras.losses.categorical_crossentropy(np.array([[1.0, 0.0, 0.0]]), output)[0])
    print(f"{backend}, outputs {output[0]}: sparse {sparse:.4f}, with one-hot labels {dense:.4f}")
    assert np.isclose(sparse, expected_sparse, atol=1e-5, equal_nan=True)  # NaN where NaN is expected, and only there
    assert np.isclose(dense, expected_dense, atol=1e-5, equal_nan=True)
PROGRAM
done
