#!/usr/bin/env bash
# After a distillation the teacher cannot be trained any longer, and a Distiller that was saved and loaded cannot,
# either.
#
# Guess: the teacher stands still within the Distiller, and is afterwards what it was; a loaded model goes on training.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: as soon as the Distiller is made, all layers
# of the teacher are frozen. Its own `fit` changes nothing, after a new `compile`, too, and a copy that was saved and
# loaded is frozen as well; `teacher.trainable = True` helps. A Distiller that is loaded predicts as before, says that
# it is compiled, and its `fit` raises AttributeError; after `compile` it trains.
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
import tempfile
import warnings

import keras
import numpy as np
from keras import layers
from keras.distillation import Distiller, LogitsDistillation

warnings.filterwarnings("ignore")
backend = keras.backend.backend()
x = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
y = np.arange(16) % 2
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def measure_step(model):
    """How far a `fit` moves the weights."""
    before = model.get_weights()
    model.compile(keras.optimizers.SGD(0.1), loss)
    model.fit(x, y, verbose=0)
    return max(float(np.abs(new - old).max()) for new, old in zip(model.get_weights(), before))


teacher, student = (keras.Sequential([keras.Input((3,)), layers.Dense(2)]) for _ in range(2))
steps = {"before": measure_step(teacher)}
distiller = Distiller(teacher, student, LogitsDistillation(loss=keras.losses.KLDivergence()))
distiller.compile(keras.optimizers.SGD(0.1), loss)
distiller.fit(x, y, verbose=0)
steps["after"] = measure_step(teacher)
folder = tempfile.mkdtemp()
teacher.save(f"{folder}/teacher.keras")
steps["loaded"] = measure_step(keras.models.load_model(f"{folder}/teacher.keras"))
teacher.trainable = True
steps["thawed"] = measure_step(teacher)
print(f"{backend}, a step of the teacher:", {name: round(step, 4) for name, step in steps.items()})
assert steps["after"] == steps["loaded"] == 0 < min(steps["before"], steps["thawed"])

distiller.save(f"{folder}/distiller.keras")
loaded = keras.models.load_model(f"{folder}/distiller.keras")
assert loaded.compiled
assert np.allclose(loaded.predict(x, verbose=0), distiller.predict(x, verbose=0), atol=1e-5)
try:
    loaded.fit(x, y, verbose=0)
except AttributeError as error:
    print("fit of a loaded Distiller:", error)
else:
    raise AssertionError("a loaded Distiller is trained")
assert measure_step(loaded) > 0
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
