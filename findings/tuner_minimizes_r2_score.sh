#!/usr/bin/env bash
# KerasTuner takes the smallest `val_r2_score` or `val_f1_score` for the best: it gives back the worst model.
#
# Guess: with `objective="val_r2_score"` the largest one is the best, as it is with "val_accuracy", or the error that
# KerasTuner raises where it does not know a direction. Keras itself knows it: `EarlyStopping(monitor="val_r2_score")`
# waits for larger values.
# Seen with KerasTuner 1.4.8 and Keras 3.15.1 on JAX 0.10.2 (the code is the same on every backend), a search over three
# learning rates: with "val_loss" the best is the largest one, with "val_r2_score" the smallest, whose model has learned
# nothing; so, too, with "val_f1_score", `F1Score` in its place, of a classifier. A metric of Keras's that KerasTuner
# does not list as one to be maximized is minimized. `keras_tuner.Objective("val_r2_score", "max")` is right.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 jax==0.10.2 keras-tuner==1.4.8 six==1.17.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import tempfile

import keras
import keras_tuner
import numpy as np

x = np.random.default_rng(0).normal(size=(128, 3)).astype("float32")
y = x @ np.array([[1.0], [2.0], [3.0]], "float32")
classes = np.eye(2)[(y[:, 0] > 0).astype(int)]


def search(objective, labels, make_head, loss, metric):
    """The rate that a tuner gives back as the best of three."""

    def make_model(choices):
        model = keras.Sequential([keras.Input((3,)), make_head()])
        model.compile(keras.optimizers.SGD(choices.Choice("rate", [1e-6, 1e-3, 1e-1])), loss, metrics=[metric])
        return model

    keras.utils.set_random_seed(1)
    tuner = keras_tuner.GridSearch(make_model, objective=objective, directory=tempfile.mkdtemp())
    tuner.search(x, labels, validation_data=(x, labels), epochs=10, verbose=0)
    return tuner.get_best_hyperparameters()[0].get("rate")


def regress(objective):
    return search(objective, y, lambda: keras.layers.Dense(1, kernel_initializer="zeros"), "mse", "r2_score")


def classify(objective):
    def make_head():  # one that starts with the wrong answers
        kernel = keras.initializers.Constant([[1.0, -1.0]] * 3)
        return keras.layers.Dense(2, "softmax", kernel_initializer=kernel)

    return search(objective, classes, make_head, "categorical_crossentropy", keras.metrics.F1Score("macro"))


best = {
    "val_loss": (regress("val_loss"), classify("val_loss")),
    "scores": (regress("val_r2_score"), classify("val_f1_score")),
    "scores, max": (
        regress(keras_tuner.Objective("val_r2_score", "max")),
        classify(keras_tuner.Objective("val_f1_score", "max")),
    ),
}
print("best rate of a regression and of a classification:", best)
assert best == {"val_loss": (0.1, 0.1), "scores": (1e-6, 1e-6), "scores, max": (0.1, 0.1)}
try:
    keras_tuner.GridSearch(lambda choices: None, objective="val_own_score", directory=tempfile.mkdtemp())
except ValueError as error:
    assert "direction" in str(error)
else:
    raise AssertionError("a metric of one's own has a direction")
PROGRAM
for backend in jax; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
