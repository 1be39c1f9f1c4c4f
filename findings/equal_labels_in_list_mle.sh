#!/usr/bin/env bash
# KerasRS's `ListMLELoss` teaches the order in which the items of a list happen to come, where their labels are equal.
#
# Guess: a ranking loss leaves items with the same label as they are; a list without a relevant item has no gradient, as
# with the pairwise losses.
# Seen with KerasRS 0.4.0 and Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: a model that sees nothing
# but the place of an item learns from lists whose labels are all 0 to rank the first item first and the last one last.
# With one relevant item of four, which stands in each place equally often, it learns the places, too, while under
# `PairwiseLogisticLoss` it stays where it is. So lists should be shuffled.
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
places = np.tile(np.eye(4, dtype="float32"), (4, 1, 1))  # 4 lists of 4 items, whose one feature is their place


def train(loss, labels):
    """The scores of the four places after a training that starts with equal ones."""
    head = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((4, 4)), head, keras.layers.Reshape((4,))])
    model.compile(keras.optimizers.SGD(0.5), loss)
    model.fit(places, labels, epochs=50, verbose=0)
    return model.predict(places[:1], verbose=0)[0]


for name, labels in (("no relevant item", np.zeros((4, 4))), ("one, in each place equally often", np.eye(4))):
    for loss in (keras_rs.losses.ListMLELoss(), keras_rs.losses.PairwiseLogisticLoss()):
        scores = train(loss, labels)
        print(f"{backend}, {name}, {type(loss).__name__}: scores of the places {np.round(scores, 2).tolist()}")
        if isinstance(loss, keras_rs.losses.ListMLELoss):
            assert (np.diff(scores) < -0.3).all()  # each place above the next
        else:
            assert np.allclose(scores, 0, atol=1e-4)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
