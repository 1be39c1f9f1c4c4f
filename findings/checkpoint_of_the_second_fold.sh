#!/usr/bin/env bash
# ModelCheckpoint(save_best_only=True) remembers its best value in the next `fit`; EarlyStopping forgets it.
#
# Guess: in a loop over folds or configurations, one list of callbacks starts over with each `fit`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: EarlyStopping does. ModelCheckpoint goes on
# with the best of all `fit` so far: a second model that never gets as low a loss is never saved, and the file has the
# model of the first fold. Nothing is said.
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
import numpy as np

backend = keras.backend.backend()
folder = pathlib.Path(tempfile.mkdtemp())
ones = np.ones((8, 1), "float32")
callbacks = [
    keras.callbacks.ModelCheckpoint(folder / "best.keras", monitor="loss", save_best_only=True),
    keras.callbacks.EarlyStopping(monitor="loss", restore_best_weights=True),
]


def train(scale):
    """Trains a new model of labels of `scale`; its answer, and that of the file."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(ones, scale * ones, epochs=20, verbose=0, callbacks=callbacks)
    saved = keras.models.load_model(folder / "best.keras")
    return [m.predict(ones[:1], verbose=0).item() for m in (model, saved)]


for fold, scale in enumerate((1, 10)):
    answer, in_file = train(scale)
    print(f"{backend}, fold {fold}, labels of {scale}: the model says {answer:.2f}, the one in the file {in_file:.2f}")
    assert abs(answer - scale) < 0.05 * scale
    assert abs(in_file - 1) < 0.05
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
