#!/usr/bin/env bash
# A seeded initializer starts attention's query, key and value with the same kernel, and a SeedGenerator does not help.
#
# Guess: `MultiHeadAttention(kernel_initializer=GlorotUniform(seed=1))` has four different kernels, the same ones in
# each run, and the two directions of `Bidirectional(LSTM(kernel_initializer=...))` differ, too.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: query, key, value and output kernel hold the
# same numbers, and so do the directions' kernels. The initializers' descriptions say that one with an integer, or
# without a seed, gives the same at each call, and name `seed=keras.random.SeedGenerator(1)` as the way out. In two
# Dense layers that share an initializer it is as they say. Within these layers it is not: they make a copy of the
# initializer from its configuration for each of their parts, so that a SeedGenerator starts over and all kernels are
# the same again, while those of an initializer without a seed differ. `keras.utils.set_random_seed(1)` and no seed in
# the initializer give kernels that differ and come again in each run.
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


def are_equal(weights):
    first, *others = [np.ravel(keras.ops.convert_to_numpy(weight)) for weight in weights]
    return all(np.array_equal(first, other) for other in others)


def attend(initializer):
    """Query, key, value and output kernel."""
    layer = keras.layers.MultiHeadAttention(2, 4, kernel_initializer=initializer)
    layer.build((None, 5, 8), (None, 5, 8))
    return [weight for weight in layer.weights if weight.name == "kernel"]


def run_both_ways(initializer):
    """The kernels of the two directions."""
    layer = keras.layers.Bidirectional(keras.layers.LSTM(4, kernel_initializer=initializer))
    layer.build((None, 5, 8))
    return [weight for weight in layer.weights if weight.name == "kernel"]


def share(initializer):
    """The kernels of two layers with one initializer."""
    layers = [keras.layers.Dense(4, kernel_initializer=initializer) for _ in range(2)]
    for layer in layers:
        layer.build((None, 8))
    return [layer.kernel for layer in layers]


backend = keras.backend.backend()
initializers = {
    "seed=1": lambda: keras.initializers.GlorotUniform(seed=1),
    "SeedGenerator": lambda: keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator(1)),
    "no seed": keras.initializers.GlorotUniform,
}
seen = {"seed=1": (True, True, True), "SeedGenerator": (True, True, False), "no seed": (False, False, True)}
for name, make in initializers.items():
    attention, directions, dense = attend(make()), run_both_ways(make()), share(make())
    assert (len(attention), len(directions), len(dense)) == (4, 2, 2)
    equal = tuple(are_equal(weights) for weights in (attention, directions, dense))
    words = ["equal" if e else "different" for e in equal]
    print(f"{backend}, {name}: attention {words[0]}, Bidirectional {words[1]}, two Dense {words[2]}")
    assert equal == seen[name]

runs = []
for _ in range(2):
    keras.utils.set_random_seed(1)
    runs.append(attend("glorot_uniform"))
print(f"{backend}, set_random_seed(1): different kernels {not are_equal(runs[0])}")
assert not are_equal(runs[0])
assert all(are_equal(pair) for pair in zip(*runs, strict=True))
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
