#!/usr/bin/env bash
# `SKLearnClassifier.fit(..., class_weight=...)` does not go by the labels: it ignores them, or weights another class.
#
# Guess: the keys are the labels, as in scikit-learn's classifiers, or there is an error.
# Seen with Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend) and scikit-learn 1.9.1, 30 examples of
# one class and 10 of another with the same inputs, the second class ten times as important: the answer is that of no
# weights with the labels "healthy" and "ill". With the labels 1 and 2 the weight of class 1 is given to class 2, and
# that of class 2 to none. With 0 and 1 it is right: the keys are places in the sorted labels, and an unknown one is
# left alone.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 scikit-learn==1.9.1
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np
from sklearn.linear_model import LogisticRegression

x = np.zeros((40, 1), "float32")


def make_model(X, y):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax", kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.5), "categorical_crossentropy")
    return model


def compute_share(labels, weights):
    """The probability of the second class, by Keras and by scikit-learn."""
    y = np.array([labels[0]] * 30 + [labels[1]] * 10)
    class_weight = dict(zip(labels, weights)) if weights else None
    estimator = keras.wrappers.SKLearnClassifier(make_model)
    estimator.fit(x, y, class_weight=class_weight, batch_size=40, epochs=100, verbose=0)
    other = LogisticRegression(class_weight=class_weight).fit(x, y)
    answers = estimator.model_.predict(x[:1], verbose=0), other.predict_proba(x[:1])
    return [round(float(answer[0, 1]), 2) for answer in answers]


second = 10 * 10 / (30 + 10 * 10)
for labels, weights, seen in (
    ((0, 1), None, 0.25),
    ((0, 1), (1, 10), second),
    (("healthy", "ill"), (1, 10), 0.25),
    ((1, 2), (1, 10), 0.25),
    ((1, 2), (10, 1), second),  # ten times the weight of class 2, where class 1 was meant
):
    keras_share, sklearn_share = compute_share(labels, weights)
    print(
        f"labels {labels}, weights {weights}: probability of the second {keras_share}, of scikit-learn {sklearn_share}"
    )
    meant = 0.25 if weights is None else 10 * weights[1] / (30 * weights[0] + 10 * weights[1])
    assert np.isclose(sklearn_share, meant, atol=0.01)
    assert np.isclose(keras_share, seen, atol=0.02)
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
