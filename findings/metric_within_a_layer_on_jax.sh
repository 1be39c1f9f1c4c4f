#!/usr/bin/env bash
# On JAX a model cannot be trained or evaluated if one of its layers updates a metric; a call works.
#
# Guess: a metric that a layer of one's own updates in `call` is logged, with `val_` for validation, on every backend.
# Seen with Keras 3.15.1: so it is on TensorFlow 2.21.0 and torch 2.13.0. On JAX 0.10.2 `fit` and `evaluate` raise a
# TypeError, "'NoneType' object is not callable", which names neither the metric nor a way out; a call of the model and
# `predict` work.
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
ones = np.ones((8, 1), "float32")


class Watched(keras.layers.Layer):
    """Keeps the mean of its inputs for the log."""

    def __init__(self, **options):
        super().__init__(**options)
        self.mean = keras.metrics.Mean(name="input_mean")

    def call(self, inputs):
        self.mean.update_state(inputs)
        return inputs


def make():
    model = keras.Sequential([keras.Input((1,)), Watched(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


model = make()
model(ones)
assert float(model.layers[0].mean.result()) == 1  # a call works
model = make()
model.predict(ones, verbose=0)
for name, run in (
    ("fit", lambda: make().fit(ones, ones, verbose=0, validation_data=(3 * ones, ones)).history),
    ("evaluate", lambda: make().evaluate(5 * ones, ones, verbose=0, return_dict=True)),
):
    if backend == "jax":
        try:
            run()
        except TypeError as error:
            print(f"{backend}, {name}: TypeError: {str(error)[:100]!r}")
        else:
            raise AssertionError("no error")
    else:
        logs = run()
        print(f"{backend}, {name}: {logs}")
        assert "input_mean" in logs
        if name == "fit":
            assert logs["input_mean"] == [1]
            assert logs["val_input_mean"] == [3]
        else:
            assert logs["input_mean"] == 5
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
