#!/usr/bin/env bash
# An endless generator as `validation_data`: the epochs are validated with different data.
#
# Guess: a generator that yields the same five batches again and again, with validation_steps=5, validates each epoch
# with these five, as it must: it is asked for five batches at a time.
# Seen with Keras 3.15.1 and a model that does not change: val_loss is 4.5, 2.1, 3.7, 3.3 on JAX 0.10.2 and torch
# 2.13.0, and 4.5 and then others on TensorFlow 2.21.0, which depend on how many batches it fetches in advance. Keras
# keeps the first two batches to look at their shapes, and begins each validation with these two again; three more come
# from where the generator is. So two batches count in each epoch, and the others in turn. Nothing is said. `evaluate`
# gives 4.5 each time, and so do arrays.
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
import warnings

import keras
import numpy as np

backend = keras.backend.backend()
warnings.simplefilter("error", UserWarning)
x = np.arange(10, dtype="float32")[:, None]
seen = []


def generate(note=False):
    """Five batches of two, again and again."""
    while True:
        for start in range(0, 10, 2):
            if note:
                seen.append(start // 2)
            yield x[start : start + 2], np.zeros((2, 1), "float32")


def validate(data, steps, evaluate=False):
    """Validation losses of a model whose weight stays 1: the mean of the examples that were seen."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), "mae")
    if evaluate:
        return [model.evaluate(data, steps=steps, verbose=0) for _ in range(4)]
    history = model.fit(x, 0 * x, epochs=4, verbose=0, validation_data=data, validation_steps=steps).history
    return history["val_loss"]


changes = []
for _ in range(1 if backend != "tensorflow" else 4):  # TensorFlow fetches some batches in advance, now more, now fewer
    seen.clear()
    losses = validate(generate(note=True), 5)
    print(f"{backend}, a generator, validation_steps=5: val_loss {np.round(losses, 2).tolist()}; asked for {seen}")
    assert losses[0] == 4.5
    changes.append(len(set(losses)) > 1)
assert any(changes)
if backend != "tensorflow":
    assert np.allclose(losses, [4.5, 2.1, 3.7, 3.3])

for what, others in (
    ("the same generator in evaluate, four times", validate(generate(), 5, evaluate=True)),
    ("arrays", validate((x, 0 * x), None)),
):
    print(f"{backend}, {what}: {others}")
    assert others == [4.5] * 4
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
