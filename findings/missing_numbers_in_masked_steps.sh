#!/usr/bin/env bash
# NaN in the masked steps of a sequence does no harm to a prediction, and makes all weights NaN in the first training
# step.
#
# Guess: what is masked has no influence: `LSTM(...)(x, mask=...)` skips those steps, in training as in `predict`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, LSTM, GRU and SimpleRNN, five steps of which
# the last two are NaN and masked: the predictions are exactly those of other numbers there, and so is the first loss.
# After one step of SGD every weight of the layer is NaN. With 0 instead of NaN it trains.
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

x = np.random.default_rng(0).normal(size=(8, 5, 2)).astype("float32")
missing = x.copy()
missing[:, 3:] = np.nan
mask = np.arange(5) < np.full((8, 1), 3)
labels = np.ones((8, 1))
seen = {}
for kind in (layers.LSTM, layers.GRU, layers.SimpleRNN):
    inputs, steps = keras.Input((5, 2)), keras.Input((5,), dtype="bool")
    model = keras.Model([inputs, steps], layers.Dense(1)(kind(4)(inputs, mask=steps)))
    model.compile("sgd", "mse")
    start = model.get_weights()
    same = np.array_equal(*[model.predict([data, mask], verbose=0) for data in (x, missing)])
    for name, data in (("NaN", missing), ("0", np.nan_to_num(missing))):
        model.set_weights(start)
        loss = model.fit([data, mask], labels, verbose=0).history["loss"][0]
        finite = all(np.isfinite(weight).all() for weight in model.get_weights()[:3])
        lost = all(np.isnan(weight).all() for weight in model.get_weights()[:2])
        seen[kind.__name__, name] = same, bool(np.isfinite(loss)), "finite" if finite else "NaN" if lost else "mixed"
print(f"{keras.backend.backend()}, same prediction, finite first loss, weights after a step: {seen}")
for (_, name), outcome in seen.items():
    assert outcome == (True, True, "NaN" if name == "NaN" else "finite")
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
