#!/usr/bin/env bash
# KerasRS's pairwise ranking losses of a list depend on how much padding follows it, in spite of its mask.
#
# Guess: the loss of a masked list is the loss of the shorter list, as it is with `ListMLELoss` and with the metrics.
# Seen with KerasRS 0.4.0 and Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: `PairwiseHingeLoss`,
# `PairwiseLogisticLoss`, `PairwiseMeanSquaredError` and `PairwiseSoftZeroOneLoss` of a list of four are a half with
# four places of padding, a quarter with twelve: they divide by all places. So short lists count less the longer the
# longest list of the batch is, and gradients and losses of batches that are padded differently cannot be compared.
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
labels = np.array([[1, 0, 0, 0]], "float32")
scores = np.array([[0.1, 0.2, 0.3, 0.4]], "float32")
names = ("PairwiseHingeLoss", "PairwiseLogisticLoss", "PairwiseMeanSquaredError", "PairwiseSoftZeroOneLoss")
for name in (*names, "ListMLELoss"):
    loss = getattr(keras_rs.losses, name)()
    expected = float(loss(labels, scores))
    shares = []
    for padding in (0, 4, 12):
        width = ((0, 0), (0, padding))
        mask = np.pad(np.ones((1, 4), bool), width)
        shares.append(float(loss({"labels": np.pad(labels, width), "mask": mask}, np.pad(scores, width))) / expected)
    print(f"{backend}, {name} with 0, 4 and 12 places of padding, relative to none:", np.round(shares, 3).tolist())
    assert np.allclose(shares, [1, 1, 1] if name == "ListMLELoss" else [1, 1 / 2, 1 / 4], atol=1e-4)
metric = keras_rs.metrics.NDCG()
mask = np.pad(np.ones((1, 4), bool), ((0, 0), (0, 12)))
padded = metric({"labels": np.pad(labels, ((0, 0), (0, 12))), "mask": mask}, np.pad(scores, ((0, 0), (0, 12))))
assert np.isclose(float(padded), float(keras_rs.metrics.NDCG()(labels, scores)))
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
