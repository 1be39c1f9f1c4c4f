#!/usr/bin/env bash
# The metrics of a model that gives nothing but NaN are finite, and differ by backend: on JAX its top-k accuracy is 1.
#
# Guess: NaN, as the loss is, or at least the same on each backend.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, weights of NaN as a training that diverged
# leaves them, and four classes of equal size: top-2 accuracy is 1 on JAX and 0 on the others; AUC is 0.5 on JAX and 0
# on the others; so are precision at a given recall (0.25 and 0) and the area under the precision-recall curve (0.25 and
# 0). Accuracy is 0.25 on all, since the first class is taken, and binary accuracy 0.75, the share of the negatives.
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
x, y = np.ones((64, 2), "float32"), np.arange(64) % 4


def evaluate(head, loss, metrics, y):
    model = keras.Sequential([keras.Input((2,)), head])
    model.compile("sgd", loss, metrics=metrics)
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    found = model.evaluate(x, y, verbose=0, return_dict=True)
    print(backend, {name: round(value, 3) for name, value in found.items()})
    assert np.isnan(found.pop("loss"))
    return found


top = keras.metrics.SparseTopKCategoricalAccuracy(2, name="top_2")
found = evaluate(keras.layers.Dense(4, "softmax"), "sparse_categorical_crossentropy", ["accuracy", top], y)
assert found == {"accuracy": 0.25, "top_2": 1 if backend == "jax" else 0}
of_first_class = evaluate(keras.layers.Dense(4, "softmax"), "sparse_categorical_crossentropy", ["accuracy"], 0 * y)
assert of_first_class == {"accuracy": 1}

metrics = [
    keras.metrics.BinaryAccuracy(name="accuracy"),
    keras.metrics.AUC(name="auc"),
    keras.metrics.AUC(curve="PR", name="precision_recall"),
    keras.metrics.PrecisionAtRecall(0.5, name="precision_at_recall"),
]
found = evaluate(keras.layers.Dense(1, "sigmoid"), "mse", metrics, (y == 0).astype("float32"))
auc, precision = (0.5, 0.25) if backend == "jax" else (0, 0)
expected = {"accuracy": 0.75, "auc": auc, "precision_recall": precision, "precision_at_recall": precision}
assert found.keys() == expected.keys()
assert all(np.isclose(found[name], expected[name], atol=1e-6) for name in expected)
PROGRAM
done
