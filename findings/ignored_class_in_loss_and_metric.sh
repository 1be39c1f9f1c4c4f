#!/usr/bin/env bash
# `SparseCategoricalCrossentropy(ignore_class=-1)` as a loss and as a metric gives two numbers for the same predictions.
#
# Guess: both are the mean over the labels that are not ignored.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, equal probabilities for two classes: with
# one label of four not ignored the loss is 0.693 = ln 2, as it should be, and the metric 0.173. The loss divides by the
# labels that count, the metric by all: ignored ones are right answers to it, so that it is the lower
# the more there are, and a training and a validation set cannot be compared by it. Calling the two objects without a
# model does the same. Under `weighted_metrics` and a `sample_weight` of ones the metric divides by the labels that
# count, too.
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


def measure(labels, weighted=False):
    """Loss and metric after an epoch in one batch, in units of ln 2, which is the loss of each label."""
    labels = np.array(labels)
    inputs = np.ones((*labels.shape, 1), "float32")
    head = keras.layers.Dense(2, "softmax", kernel_initializer="zeros")
    model = keras.Sequential([keras.Input(inputs.shape[1:]), head])
    metric = keras.metrics.SparseCategoricalCrossentropy(ignore_class=-1, name="metric")
    model.compile(
        keras.optimizers.SGD(0.0),
        keras.losses.SparseCategoricalCrossentropy(ignore_class=-1),
        **{"weighted_metrics" if weighted else "metrics": [metric]},
    )
    weights = np.ones(labels.shape, "float32") if weighted else None
    history = model.fit(inputs, labels, sample_weight=weights, verbose=0).history
    return history["loss"][0] / np.log(2), history["metric"][0] / np.log(2)


backend = keras.backend.backend()
for labels in [0, 1, 0, 1], [1, 0, -1, -1], [1, -1, -1, -1], [[1, -1, -1, -1], [0, 0, -1, -1]]:
    part = float((np.array(labels) != -1).mean())
    (loss, metric), (_, weighted) = measure(labels), measure(labels, weighted=True)
    print(f"{backend}, labels {labels}, units of ln 2: loss {loss:.3f}, metric {metric:.3f}, weighted {weighted:.3f}")
    assert abs(loss - 1) < 1e-4
    assert abs(metric - part) < 1e-4
    assert abs(weighted - 1) < 1e-4

labels, predictions = np.array([1, -1, -1, -1]), np.full((4, 2), 0.5, "float32")
loss = float(keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)(labels, predictions))
metric = float(keras.metrics.SparseCategoricalCrossentropy(ignore_class=-1)(labels, predictions))
print(f"{backend}, called: loss {loss:.3f}, metric {metric:.3f}")
assert abs(loss - np.log(2)) < 1e-4
assert abs(metric - np.log(2) / 4) < 1e-4
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
