#!/usr/bin/env bash
# On TensorFlow a model that was fitted with labels of shape (n,) cannot be fitted with labels of shape (n, 1), and the
# other way round.
#
# Guess: both shapes work with an output of shape (n, 1), so that a second `fit` may have the other one.
# Seen with Keras 3.15.1: each works in a first `fit` on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0. In a second one
# the other shape raises ValueError "Cannot take the length of shape with unknown rank." on TensorFlow, in `evaluate`,
# too. After `compile` it works; on JAX and torch it always does.
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

backend = keras.backend.backend()
x, flat = np.ones((8, 1), "float32"), np.ones(8, "float32")
shapes = {"(n,)": flat, "(n, 1)": flat[:, None]}
for method in ("fit", "evaluate"):
    for first, second in (("(n,)", "(n, 1)"), ("(n, 1)", "(n,)")):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        run = getattr(model, method)
        run(x, shapes[first], verbose=0)
        try:
            run(x, shapes[second], verbose=0)
        except ValueError as error:
            print(f"{backend}, {method} with labels {first}, then {second}: {error}")
            assert backend == "tensorflow"
            assert "unknown rank" in str(error)
            model.compile("sgd", "mse")
            run(x, shapes[second], verbose=0)
        else:
            print(f"{backend}, {method} with labels {first}, then {second}: works")
            assert backend != "tensorflow"
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
