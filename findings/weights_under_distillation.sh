#!/usr/bin/env bash
# `Distiller.fit` ignores `sample_weight` and `class_weight`.
#
# Guess: they weight the student's loss, as in any other `fit`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: with the weight 0 for each example, by
# `sample_weight` or by `class_weight`, losses and weights after the training are the same as without, to the last bit.
# The student on its own does not move under such weights. `weighted_metrics` take them into account.
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
from keras import layers
from keras.distillation import Distiller, LogitsDistillation

backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
y = np.arange(16) % 2


def train(with_teacher, **weights):
    keras.utils.set_random_seed(1)
    teacher, student = (keras.Sequential([keras.Input((3,)), layers.Dense(2)]) for _ in range(2))
    before = student.get_weights()[0]
    model = student
    if with_teacher:
        distillation = LogitsDistillation(loss=keras.losses.KLDivergence())
        model = Distiller(teacher, student, distillation, student_loss_weight=0.5)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, weighted_metrics=["accuracy"])
    history = model.fit(x, y, epochs=3, verbose=0, shuffle=False, **weights).history
    return history["loss"], history["accuracy"], np.abs(student.get_weights()[0] - before).max()


for with_teacher in (True, False):
    plain, by_example, by_class = (
        train(with_teacher, **weights)
        for weights in ({}, {"sample_weight": np.zeros(16, "float32")}, {"class_weight": {0: 0.0, 1: 0.0}})
    )
    print(
        f"{backend}, {'Distiller' if with_teacher else 'student alone'}: losses", plain[0], by_example[0], by_class[0]
    )
    print("    moved by", plain[2], by_example[2], by_class[2], "accuracy", plain[1], by_example[1], by_class[1])
    assert by_example[1] == [0, 0, 0] != plain[1]
    if with_teacher:
        assert plain[0] == by_example[0] == by_class[0]
        assert plain[2] == by_example[2] == by_class[2] > 0
    else:
        assert plain[2] > 0 == by_example[2] == by_class[2]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
