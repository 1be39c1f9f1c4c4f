#!/usr/bin/env bash
# A symbolic tensor times a number counts as sparse: on JAX a layer of one's own behind it cannot be added, and on
# TensorFlow its output loses the axis of the examples.
#
# Guess: `2.0 * x` in a functional model is as dense as `x`, and a layer that adds a weight to what it is given has the
# same symbolic shape behind both, on every backend.
# Seen with Keras 3.15.1: the product has sparse=True (so has `x * 2.0`; `x + 2.0` and `x / 2.0` have not). A layer that
# adds a weight of shape (4, 3) to a tensor of shape (None, 4, 3) has the output shape (None, 4, 3) behind `x / 0.5`. On
# JAX 0.10.2 it raises a NotImplementedError behind `2.0 * x`, which says that the layer's `call` may be wrong; on
# TensorFlow 2.21.0 the shape is (4, 3); on torch 2.13.0 it is right. A `Rescaling(2.0)` layer in its place is right on
# all of them, and Dense layers are not concerned.
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

backend = keras.backend.backend()


class Shift(keras.layers.Layer):
    """Adds a weight to each example."""

    def build(self, shape):
        self.shift = self.add_weight(shape=shape[1:])

    def call(self, inputs):
        return inputs + self.shift


def infer(tensor):
    try:
        return Shift()(tensor).shape
    except NotImplementedError as error:
        return type(error).__name__


x = keras.Input((4, 3))
sparse = [tensor.sparse for tensor in (2.0 * x, x * 2.0, x + 2.0, x / 2.0)]
product, quotient, rescaled = infer(2.0 * x), infer(x / 0.5), infer(keras.layers.Rescaling(2.0)(x))
print(f"{backend}: sparse {sparse}, behind 2 * x {product}, x / 0.5 {quotient}, Rescaling(2) {rescaled}")
assert sparse == [True, True, False, False]
assert quotient == rescaled == (None, 4, 3)
assert product == {"jax": "NotImplementedError", "tensorflow": (4, 3), "torch": (None, 4, 3)}[backend]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 \
        "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
