#!/usr/bin/env bash
# In `tf.data`, `AugMix` applies the same operations to each batch of a training, whatever its `seed`.
#
# Guess: in a `tf.data` pipeline, for which its description says it is safe, it chooses new operations for each batch,
# as in a call; and two layers with one seed give the same pictures.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0 and JAX 0.10.2: the operations are chosen by Python's `random`, once,
# when `map` traces the layer; what is drawn anew is their strength. Here with one operation at a time, of which
# nothing is one in 12: of 40 datasets some do not change a single picture, and the others change each. Called
# directly, the same layers leave some pictures as they are. `RandAugment` draws its operations anew. Two
# `AugMix(seed=1)` give other pictures, two `RandAugment(seed=1)` the same; `keras.utils.set_random_seed` before each
# makes them agree.
#
# Exits with 0 if that is still so, with another status if it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${FINDINGS_PYTHON:-}" ]; then # run_all.sh sets it: one environment for all
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0 jax==0.10.2
fi
cat >"$folder/program.py" <<'PROGRAM'
import keras
import numpy as np
import tensorflow as tf

backend = keras.backend.backend()
keras.utils.set_random_seed(1)
picture = np.random.uniform(50, 200, (1, 16, 16, 3)).astype("float32")
pictures = tf.data.Dataset.from_tensor_slices(np.repeat(picture, 20, axis=0)).batch(1)


def changed(batches):
    return np.mean([not np.allclose(keras.ops.convert_to_numpy(batch), picture, atol=1e-3) for batch in batches])


shares = []
for _ in range(40):
    layer = keras.layers.AugMix(num_chains=1, chain_depth=1)
    shares.append(changed(pictures.map(lambda batch, layer=layer: layer(batch, training=True))))
never = shares.count(0)
direct = changed(keras.layers.AugMix(num_chains=1, chain_depth=1)(picture, training=True) for _ in range(100))
print(f"{backend}: {never} of 40 datasets change nothing; direct calls change {direct:.0%} of the pictures")
assert never > 0
assert 0.5 < direct < 1

for layer_class, same in ((keras.layers.AugMix, False), (keras.layers.RandAugment, True)):
    first, second = (keras.ops.convert_to_numpy(layer_class(seed=1)(picture, training=True)) for _ in range(2))
    print(f"{backend}: two {layer_class.__name__}(seed=1) give the same: {np.array_equal(first, second)}")
    assert np.array_equal(first, second) == same
PROGRAM
for backend in tensorflow jax; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
