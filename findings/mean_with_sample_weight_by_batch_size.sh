#!/usr/bin/env bash
# With `reduction="mean_with_sample_weight"` the loss of `evaluate` depends on the batch size.
#
# Guess: it is the mean over all examples by their weights, since that is what the reduction is for; a batch with little
# weight counts little in the whole.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, ten examples with the errors 0, 1, ..., 9,
# of which the first two have a weight of 1 and the others of 0: in one batch the loss is 0.5, in batches of 5 it is
# 0.25 and in batches of 1 it is 0.1. Each batch has its mean by weights, and these are then averaged by their numbers
# of examples: a batch without any weight counts as one without any error. So the loss of a training and of a validation
# with other batches cannot be compared. `weighted_metrics=["mse"]` gives 0.5 in each case, and the default reduction
# 0.1.
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

labels = np.arange(10.0).reshape(10, 1)
weights = np.array([1.0, 1.0] + [0.0] * 8)


def evaluate(reduction, batch_size):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile("sgd", keras.losses.MeanSquaredError(reduction=reduction), weighted_metrics=["mse"])
    return model.evaluate(np.zeros((10, 1)), labels, batch_size=batch_size, sample_weight=weights, verbose=0)


for batch_size, expected in {10: 0.5, 5: 0.25, 1: 0.1}.items():
    loss, metric = evaluate("mean_with_sample_weight", batch_size)
    default, _ = evaluate("sum_over_batch_size", batch_size)
    numbers = f"{loss:.3f}, metric {metric:.3f}, by default {default:.3f}"
    print(f"{keras.backend.backend()}, batches of {batch_size}: {numbers}")
    np.testing.assert_allclose([loss, metric, default], [expected, 0.5, 0.1], rtol=1e-5)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
