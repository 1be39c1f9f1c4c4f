#!/usr/bin/env bash
# `zero_output_for_mask=True` makes the features of padded sequences 0 where only the last output is asked for; on JAX
# it does nothing in an unrolled layer.
#
# Guess: as described, it is only used with return_sequences=True: the last output is that of the last step that counts.
# With return_sequences=True the masked steps are 0.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: a SimpleRNN, GRU or LSTM with
# return_sequences=False gives 0 for every sequence that ends with padding, so that a classifier cannot tell them apart.
# With unroll=True it is the same on TensorFlow and torch. On JAX zero_output_for_mask then does nothing at all: the
# last output is right, and with return_sequences=True the masked steps are not 0.
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
x = np.ones((2, 4, 1), "float32")
mask = np.array([[True, True, True, True], [True, True, False, False]])


def compute(zeros, sequences, unroll, layer=keras.layers.SimpleRNN):
    layer = layer(
        1,
        return_sequences=sequences,
        unroll=unroll,
        zero_output_for_mask=zeros,
        kernel_initializer="ones",
        recurrent_initializer="zeros",
    )
    return keras.ops.convert_to_numpy(layer(x, mask=mask))[..., 0].round(2)


for unroll in (False, True):
    for zeros in (False, True):
        last = compute(zeros, False, unroll)
        steps = compute(zeros, True, unroll)
        print(f"{backend}, unroll={unroll}, zero_output_for_mask={zeros}: last {last.tolist()}, all {steps.tolist()}")
        obeys = zeros and not (backend == "jax" and unroll)
        assert np.allclose(last, [0.76, 0 if obeys else 0.76])
        assert np.allclose(steps, [[0.76] * 4, [0.76, 0.76] + [0 if obeys else 0.76] * 2])

for layer in (keras.layers.GRU, keras.layers.LSTM):
    assert abs(compute(True, False, False, layer)[0]) > 0.1
    assert compute(True, False, False, layer)[1] == 0
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
