#!/usr/bin/env bash
# `CategoricalGeneralizedCrossEntropy` compares each answer with every label, where the labels have the shape (n, 1).
#
# Guess: labels of shape (n, 1) are the same as those of shape (n,), as for `sparse_categorical_crossentropy`, or an
# error.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: for two answers with 0.7 and 0.8 for the
# right class the loss is 0.269 with labels (n,), and 0.753 with labels (n, 1), called by itself and in `evaluate`. A
# model that has learned to tell three classes apart with labels (n,) gives each of them a third after training with
# labels (n, 1). Nothing is said.
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

answers = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]], "float32")
labels = np.array([0, 1])
loss = keras.losses.CategoricalGeneralizedCrossEntropy()
seen = {}
for name, shaped in (("(n,)", labels), ("(n, 1)", labels[:, None])):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")])
    model.compile(loss=loss, metrics=["sparse_categorical_crossentropy"])
    logs = model.evaluate(answers, shaped, verbose=0, return_dict=True)
    seen[name] = {key: round(value, 3) for key, value in logs.items()}
    seen[name]["called"] = round(float(loss(shaped, answers)), 3)
for name, shape in (("(n,)", (30,)), ("(n, 1)", (30, 1))):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, "softmax", kernel_initializer="zeros")])
    model.set_weights([np.eye(3) * 5, np.zeros(3)])
    model.compile(keras.optimizers.Adam(0.1), loss)
    classes = np.arange(30) % 3
    model.fit(np.eye(3)[classes], classes.reshape(shape), epochs=200, verbose=0)
    seen[name]["largest answer"] = round(float(model.predict(np.eye(3), verbose=0).max()), 2)
print(f"{keras.backend.backend()}: {seen}")
assert seen["(n,)"]["loss"] == seen["(n,)"]["called"] == 0.269
assert seen["(n, 1)"]["loss"] == seen["(n, 1)"]["called"] == 0.753
assert seen["(n,)"]["largest answer"] > 0.95
assert seen["(n, 1)"]["largest answer"] < 0.4
assert seen["(n,)"]["sparse_categorical_crossentropy"] == seen["(n, 1)"]["sparse_categorical_crossentropy"]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
