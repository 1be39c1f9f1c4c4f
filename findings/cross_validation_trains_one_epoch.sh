#!/usr/bin/env bash
# scikit-learn's cross-validation of a `SKLearnRegressor(..., fit_kwargs={"epochs": 50})` trains each fold for one
# epoch.
#
# Guess: `cross_val_score`, `GridSearchCV` and the like clone the estimator with all its arguments, and train each fold
# for 50 epochs.
# Seen with Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend) and scikit-learn 1.9.1: the clone has no
# `fit_kwargs`, so that `fit` has its defaults: one epoch, batches of 32, no callbacks. The estimator alone scores above
# 0.9 on these data, each of three folds below 0.5. `params={"epochs": 50}` of `cross_val_score` helps, and in
# `GridSearchCV` a grid of `fit_kwargs` does. A `Pipeline` loses them, too, once it is cloned. Nothing is said.
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
import functools

import keras
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

epochs = []


def make_model(X, y, rate=0.01):
    model = keras.Sequential([keras.Input(X.shape[1:]), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.Adam(rate), "mse")
    model.fit, model.predict = count(model.fit), functools.partial(model.predict, verbose=0)
    return model


def count(fit):
    def counted(*data, **options):
        history = fit(*data, **(options | {"verbose": 0}))
        epochs.append(len(history.epoch))
        return history

    return counted


x = np.random.default_rng(0).normal(size=(120, 3)).astype("float32")
y = x @ np.array([1.0, 2.0, 3.0], "float32")
estimator = keras.wrappers.SKLearnRegressor(make_model, model_kwargs={"rate": 0.05}, fit_kwargs={"epochs": 50})
score = estimator.fit(x, y).score(x, y)
scores = cross_val_score(estimator, x, y, cv=3)
with_params = cross_val_score(estimator, x, y, cv=3, params={"epochs": 50})
print("score of the estimator:", score, "of the folds:", scores, "with params:", with_params)
print("arguments of the clone:", clone(estimator).get_params(deep=False))
assert score > 0.9 and max(scores) < 0.5 and min(with_params) > 0.9
assert epochs == [50] + [1] * 3 + [50] * 3
assert clone(estimator).fit_kwargs is None and clone(estimator).model_kwargs == {"rate": 0.05}
assert clone(make_pipeline(estimator))[-1].fit_kwargs is None

epochs.clear()
GridSearchCV(estimator, {"model_kwargs": [{"rate": 0.1}]}, cv=3).fit(x, y)
assert epochs == [1] * 4
epochs.clear()
GridSearchCV(estimator, {"fit_kwargs": [{"epochs": 50}]}, cv=3).fit(x, y)
assert epochs == [50] * 4
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
