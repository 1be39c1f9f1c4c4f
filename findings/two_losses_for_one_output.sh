#!/usr/bin/env bash
# Of `compile(loss=["mse", "mae"])` a model with one output trains the first loss alone.
#
# Guess: the sum of the two, weighted by `loss_weights`, since both appear in the logs; or an error, since the list is
# meant to have one loss per output.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0, an error of 3 in each prediction: the loss
# is 9, that of "mse" alone. With the two the other way round it is 3. With loss_weights=[0, 1] it is 0, and nothing is
# trained. The logs have `mse_loss` and `mae_loss`, which are 0 in every epoch. Nothing warns.
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

inputs, labels = np.ones((8, 1), "float32"), np.full((8, 1), 3.0, "float32")


def train(loss, loss_weights=None):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.1), loss, loss_weights=loss_weights)
    logs = {name: values[0] for name, values in model.fit(inputs, labels, verbose=0).history.items()}
    return logs, model.get_weights()[0].item()


print("backend:", keras.backend.backend())
for losses, total in (["mse", "mae"], 9), (["mae", "mse"], 3):
    (both, moved), (first, moved_by_first) = train(losses), train(losses[0])
    print(losses, both, "moves by", moved, "and", losses[0], "alone", first, "moves by", moved_by_first)
    assert both == {"loss": total, "mae_loss": 0, "mse_loss": 0}
    assert first == {"loss": total}
    assert moved == moved_by_first != 0
logs, moved = train(["mse", "mae"], [0.0, 1.0])
print("with loss_weights=[0, 1]:", logs, "moves by", moved)
assert logs["loss"] == 0 and moved == 0
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
