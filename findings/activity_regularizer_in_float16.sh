#!/usr/bin/env bash
# An `activity_regularizer` under a mixed policy: a TypeError on TensorFlow; on JAX and torch an infinite loss in larger
# batches.
#
# Guess: penalties are computed in float32, as other losses are.
# Seen with Keras 3.15.1, 1024 outputs of 1, "l2", whose penalty is 10: on TensorFlow 2.21.0 `fit` raises a TypeError
# with mixed_float16 and mixed_bfloat16. On JAX 0.10.2 and torch 2.13.0 the penalty is computed in the layer's
# precision: under mixed_float16 the squares of a batch of 64, of which Keras takes the mean over the batch afterwards,
# add up to more than 65,504, so the loss is infinite. With 32 it is right. The gradients are finite in both, and the
# weights move as they should: the loss alone is wrong, which is enough for TerminateOnNaN and EarlyStopping. A layer in
# float32 helps.
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
x, y = np.ones((64, 1), "float32"), np.full((64, 1024), 2.0, "float32")


def train(policy, batch_size=64):
    """The loss of an epoch from outputs of 1, and the distance that the weights go."""
    layer = keras.layers.Dense(1024, kernel_initializer="ones", activity_regularizer="l2", dtype=policy)
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01)), "mse")
    loss = model.fit(x, y, batch_size=batch_size, verbose=0).history["loss"][0]
    return loss, float(np.abs(model.get_weights()[0] - 1).max())


for policy, batch_size in (("float32", 64), ("mixed_bfloat16", 64), ("mixed_float16", 32), ("mixed_float16", 64)):
    case = f"{backend}, {policy}, batches of {batch_size}"
    if backend == "tensorflow" and policy != "float32":
        try:
            train(policy, batch_size)
        except TypeError as error:
            print(f"{case}: TypeError: {error}")
            continue
        raise AssertionError("no error")
    loss, moved = train(policy, batch_size)
    print(f"{case}: loss {loss:.2f}, the weights have moved by {moved:.5f}")
    assert moved > 0
    assert np.isinf(loss) == (policy == "mixed_float16" and batch_size == 64)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
