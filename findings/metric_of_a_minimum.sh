#!/usr/bin/env bash
# The variables of a metric of one's own start at 0 in each epoch, whatever their initializer.
#
# Guess: reset_state brings the variables back to what their initializer gives, so that a minimum may start at 1e9.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: reset_state sets them to 0. A metric that
# keeps the smallest answer, of answers from 5 to 12, is 5 before the first reset and 0 ever after: `fit` logs 0 for
# training and validation. Nothing is said. A reset_state of one's own is needed wherever a variable does not start at
# 0.
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
from keras import ops

backend = keras.backend.backend()


class Lowest(keras.metrics.Metric):
    """The smallest answer."""

    def __init__(self, **options):
        super().__init__(**options)
        self.lowest = self.add_variable(shape=(), initializer=keras.initializers.Constant(1e9), name="lowest")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.lowest.assign(ops.minimum(self.lowest, ops.min(y_pred)))

    def result(self):
        return ops.convert_to_tensor(self.lowest)


class LowestReset(Lowest):
    def reset_state(self):
        self.lowest.assign(1e9)


x = np.arange(5, 13, dtype="float32")[:, None]
metric = Lowest()
metric.update_state(x, x)
alone = float(metric.result())
metric.reset_state()
metric.update_state(x, x)
print(f"{backend}: alone {alone}, after reset_state {float(metric.result())}")
assert (alone, float(metric.result())) == (5, 0)

for make, lowest in ((Lowest, 0), (LowestReset, 5)):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=[make(name="lowest")])
    history = model.fit(x, x, epochs=3, verbose=0, validation_data=(x, x)).history
    print(f"{backend}, {make.__name__}: {history['lowest']}, validation {history['val_lowest']}")
    assert history["lowest"][1:] == [lowest] * 2
    assert history["val_lowest"][1:] == [lowest] * 2
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
