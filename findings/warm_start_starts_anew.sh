#!/usr/bin/env bash
# `SKLearnRegressor(..., warm_start=True)` starts each `fit` with new weights.
#
# Guess: as its description says, the weights of the previous `fit` are reused, and a compiled model that it is given is
# not cloned: a second `fit` of ten epochs goes on where the first one ended.
# Seen with Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend) and scikit-learn 1.9.1: with
# `warm_start=True` as without, each `fit` trains a clone with new weights, or a new model of the function. A pretrained
# model is trained from scratch, and its own weights are not touched. And what one call of `fit` is given, the later
# ones have, too: after `fit(x, y, epochs=10)` a plain `fit(x, y)` of an estimator with `fit_kwargs` has ten epochs,
# since the argument is written into `fit_kwargs`.
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

x = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
y = x @ np.array([1.0, 2.0], "float32")


def make_model(X=None, y=None):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    return model


model = make_model()
first = model.fit(x, y, epochs=10, verbose=0).history["loss"]
second = model.fit(x, y, epochs=10, verbose=0).history["loss"]
print("Keras, two fits, losses from", first[0], "to", first[-1], "and from", second[0], "to", second[-1])
assert second[0] < first[-1]

pretrained = make_model()
pretrained.set_weights([np.array([[1.0], [2.0]])])
for name, start in {"a function": make_model, "a pretrained model": pretrained}.items():
    for warm_start in (False, True):
        options = {"epochs": 10, "verbose": 0, "shuffle": False}
        estimator = keras.wrappers.SKLearnRegressor(start, warm_start=warm_start, fit_kwargs=options)
        losses = [estimator.fit(x, y).history_.history["loss"] for _ in range(2)]
        print(f"{name}, warm_start={warm_start}: losses from", losses[0][0], "and then from", losses[1][0])
        assert losses[0][0] > 1 and losses[1] == losses[0]
assert np.array_equal(pretrained.get_weights()[0], [[1.0], [2.0]])

estimator = keras.wrappers.SKLearnRegressor(make_model, fit_kwargs={"verbose": 0})
epochs = [len(estimator.fit(x, y, **options).history_.epoch) for options in ({}, {"epochs": 10}, {})]
print("epochs of a plain fit, of one with epochs=10 and of a plain one after it:", epochs)
assert epochs == [1, 10, 10]
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
