#!/usr/bin/env bash
# `Recall(class_id=1)` of integer labels is 0.5 where it is 1, without a word; so it is with `CategoricalAccuracy` and
# others.
#
# Guess: metrics that want one-hot labels raise an error for integers, as `AUC` and `Precision()` do, or take them for
# classes, as `metrics=["accuracy"]` does.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, three classes, of 8 answers 6 right, trained
# under "sparse_categorical_crossentropy": with labels of shape (n,) `Recall(class_id=1)` is 0.5 instead of 1,
# `Precision(class_id=1)` 1 instead of 0.75, `CategoricalAccuracy` 0.25 instead of 0.75, and `OneHotMeanIoU` 0.083
# instead of 0.583. With labels of shape (n, 1) `F1Score(average="macro")` is 0.517 instead of 0.719. Nothing is said.
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

metrics = keras.metrics
classes = np.array([0, 1, 2, 2, 1, 0, 1, 2])
one_hot = np.eye(3, dtype="float32")[classes]
answers = one_hot * 0.8 + 0.1
answers[0] = [0.1, 0.8, 0.1]
answers[3] = [0.8, 0.1, 0.1]
seen = {}
for name, make_metric, shape in (
    ("Recall", lambda: metrics.Recall(class_id=1), (8,)),
    ("Precision", lambda: metrics.Precision(class_id=1), (8,)),
    ("CategoricalAccuracy", lambda: metrics.CategoricalAccuracy(), (8,)),
    ("OneHotMeanIoU", lambda: metrics.OneHotMeanIoU(3), (8,)),
    ("F1Score", lambda: metrics.F1Score(average="macro"), (8, 1)),
):
    seen[name] = []
    for labels, loss in ((one_hot, "categorical"), (classes.reshape(shape), "sparse_categorical")):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")])
        model.compile(loss=f"{loss}_crossentropy", metrics=[make_metric()])
        seen[name].append(round(model.evaluate(answers, labels, verbose=0)[1], 3))
print(f"{keras.backend.backend()}, of one-hot labels, of integers: {seen}")
assert seen == {
    "Recall": [1, 0.5],
    "Precision": [0.75, 1],
    "CategoricalAccuracy": [0.75, 0.25],
    "OneHotMeanIoU": [0.583, 0.083],
    "F1Score": [0.719, 0.517],
}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
