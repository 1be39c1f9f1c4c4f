#!/usr/bin/env bash
# `LogitsDistillation` with its default loss, "kl_divergence", takes logits for probabilities: the student does not
# learn what the teacher says.
#
# Guess: it is the Kullback-Leibler divergence of the softmax of both, at the temperature, times the temperature
# squared: 0 only where the student's probabilities are the teacher's.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, a student that is trained by its teacher
# alone: with "kl_divergence" there is no softmax, and logits are cut to 0 to 1. From a teacher whose logits -1, -2 and
# -4 give 0.71, 0.26 and 0.04 the student, which gives 1/3 to each, learns nothing: its loss is 0 from the beginning.
# The logits 4, 2.5 and -2 give 0.82, 0.18 and 0.002; the student ends with 0.45, 0.45 and 0.10, and a loss of 0.
# `LogitsDistillation(loss=keras.losses.KLDivergence())` is right: the teacher's probabilities in both cases.
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
x = np.ones((8, 1), "float32")
y = np.zeros((8, 3), "float32")


def make_model(logits):
    head = layers.Dense(3, use_bias=False, kernel_initializer=keras.initializers.Constant([logits]))
    return keras.Sequential([keras.Input((1,)), head])


def distill(logits, loss):
    """The teacher's and the student's probabilities after a training, and its first and last loss."""
    teacher, student = make_model(logits), make_model([0.5, 0.5, 0.5])
    distiller = Distiller(teacher, student, loss, student_loss_weight=0.0)
    distiller.compile(keras.optimizers.SGD(0.5), keras.losses.CategoricalCrossentropy(from_logits=True))
    losses = distiller.fit(x, y, epochs=300, verbose=0).history["distillation_loss"]
    answers = (keras.ops.convert_to_numpy(keras.ops.softmax(model(x[:1])))[0] for model in (teacher, student))
    return *(answer.astype("float64") for answer in answers), losses[0], losses[-1]


seen = {}
for logits in ([-1.0, -2.0, -4.0], [4.0, 2.5, -2.0]):
    for name, loss in {
        "default": LogitsDistillation(temperature=2.0),
        "KLDivergence()": LogitsDistillation(temperature=2.0, loss=keras.losses.KLDivergence()),
    }.items():
        teacher, student, first, last = distill(logits, loss)
        print(
            f"{backend}, teacher's logits {logits}, {name}: teacher {np.round(teacher, 2).tolist()},",
            f"student {np.round(student, 2).tolist()}, losses from {first:.2g} to {last:.2g}",
        )
        seen[logits[0], name] = np.abs(teacher - student).max(), student, first, last
for logit in (-1, 4):
    assert seen[logit, "KLDivergence()"][0] < 0.02
    assert seen[logit, "KLDivergence()"][2] > 0.1
    assert abs(seen[logit, "default"][3]) < 0.02
assert np.allclose(seen[-1, "default"][1], 1 / 3, atol=1e-3)
assert abs(seen[-1, "default"][2]) < 1e-4
assert np.allclose(seen[4, "default"][1], [0.45, 0.45, 0.1], atol=0.02)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
