#!/usr/bin/env bash
# KerasRS's `EmbedReduce(mask_zero=True)` takes padding into the mean.
#
# Guess: the input 0 "is masked out", as the description of `mask_zero` has it, so that the mean is that of the other
# ids.
# Seen with KerasRS 0.4.0 and Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: mean and sum are those of
# all ids, with `mask_zero` as without, and there is no warning. With weights of 0 for the padding, the second argument
# of the call, they are right.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2 torch==2.13.0 keras-rs==0.4.0
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import keras_rs
import numpy as np

backend = keras.backend.backend()
table = np.array([[100.0], [1.0], [3.0]], "float32")
ids = np.array([[1, 2, 0, 0]])
for combiner, right in (("mean", 2), ("sum", 4)):
    seen = []
    for mask_zero in (True, False):
        layer = keras_rs.layers.EmbedReduce(3, 1, mask_zero=mask_zero, combiner=combiner)
        layer.build(ids.shape)
        layer.set_weights([table])
        seen.append(float(layer(ids)[0, 0]))
    weighted = float(layer(ids, (ids > 0).astype("float32"))[0, 0])
    print(
        f"{backend}, {combiner}: {seen[0]} with mask_zero, {seen[1]} without, {weighted} with weights, right is {right}"
    )
    assert seen == [(204 / 4 if combiner == "mean" else 204)] * 2
    assert weighted == right
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
