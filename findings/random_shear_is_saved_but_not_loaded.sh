#!/usr/bin/env bash
# A model with RandomShear(0.3, 0.3) is saved, and then cannot be loaded.
#
# Guess: what can be saved can be loaded.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: `load_model` and `clone_model` raise a
# TypeError. The factor 0.3 is kept as (-0.3, 0.3), and a pair with a number below 0 is refused when the layer is made.
# A ModelCheckpoint saves such files for the whole training. The pair (0, 0.3), which shears in one direction, can be
# loaded. Weights alone (`save_weights`) can be, too.
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
import pathlib
import tempfile

import keras

backend = keras.backend.backend()
path = pathlib.Path(tempfile.mkdtemp()) / "model.keras"
for factor, loads in (((0.0, 0.3), True), (0.3, False)):
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.RandomShear(factor, factor), keras.layers.Flatten()])
    model.save(path)
    answers = []
    for make, what in ((keras.models.load_model, path), (keras.models.clone_model, model)):
        try:
            make(what)
            answers.append("works")
        except (TypeError, ValueError) as error:
            answers.append(f"{type(error).__name__}: ... {str(error)[-80:]}")
    print(f"{backend}, factor {factor}: load_model: {answers[0]}; clone_model: {answers[1]}")
    assert [answer == "works" for answer in answers] == [loads, loads]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
