#!/usr/bin/env bash
# `Bidirectional(layer)` of a trained LSTM starts with new weights in both directions.
#
# Guess: the layer that it is given is the one that reads forwards, with its weights, as `TimeDistributed` keeps the
# layer that it is given; the backward one is new.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: `forward_layer` is another layer of the same
# configuration, with other weights, so that what was learned is lost, and the model with the LSTM and that with the
# Bidirectional share nothing. Of two trained layers in `Bidirectional(layer, backward_layer=other)` the other one keeps
# its weights, and the first does not. Nothing is said.
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

x = np.random.default_rng(0).normal(size=(8, 6, 3)).astype("float32")
trained = layers.LSTM(2)
model = keras.Sequential([keras.Input((6, 3)), trained])
model.compile("adam", "mse")
model.fit(x, np.ones((8, 2)), verbose=0)
backward = layers.LSTM(2, go_backwards=True)
backward(x)
both = layers.Bidirectional(trained, merge_mode=None)
pair = layers.Bidirectional(trained, backward_layer=backward, merge_mode=None)
dense = layers.Dense(2)
dense(x)
distributed = layers.TimeDistributed(dense)


def same(first, second):
    weights = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(one, other) for one, other in weights)


outputs = both(x)[0], pair(x), distributed(x)
seen = {
    "same layer": both.forward_layer is trained,
    "same weights": same(both.forward_layer, trained),
    "same weights, pair": [same(pair.forward_layer, trained), same(pair.backward_layer, backward)],
    "same outputs": np.allclose(keras.ops.convert_to_numpy(outputs[0]), model.predict(x, verbose=0)),
    "TimeDistributed": distributed.layer is dense,
}
print(f"{keras.backend.backend()}: {seen}")
assert not seen["same layer"]
assert not seen["same weights"]
assert seen["same weights, pair"] == [False, True]
assert not seen["same outputs"]
assert seen["TimeDistributed"]
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
