#!/usr/bin/env bash
# A layer of one's own without a `get_config` loses its name when the model is saved and loaded, or cloned.
#
# Guess: what `save` writes of a layer, its name is part of; layers of Keras keep theirs, and the configuration that
# Keras makes by itself of a constructor's arguments holds `trainable` and `dtype`, so why not `name`.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0 (CPU): of layers "first", "second" and "out",
# where the first two are of a class that passes its keywords on to `Layer` and writes no `get_config`, the loaded model
# has "scale", "scale_1" and "out", a clone "scale_2", "scale_3" and "out". Predictions are the same, `load_weights`
# works, and nothing warns; `get_layer("second")` raises. Logs of the two models name the same layers differently.
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
import sys

import keras
import numpy as np


@keras.saving.register_keras_serializable("own")
class Scale(keras.layers.Layer):
    def __init__(self, factor=1.0, **keywords):
        super().__init__(**keywords)
        self.factor = factor

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],))

    def call(self, x):
        return x * self.scale * self.factor


model = keras.Sequential(
    [keras.Input((2,)), Scale(3.0, name="first"), Scale(2.0, name="second"), keras.layers.Dense(1, name="out")]
)
path = f"{sys.argv[1]}/{keras.backend.backend()}.keras"
model.save(path)
loaded, cloned = keras.saving.load_model(path), keras.models.clone_model(model)
names = [[layer.name for layer in m.layers] for m in (model, loaded, cloned)]
x = np.ones((3, 2), "float32")
print(f"{keras.backend.backend()}: made {names[0]}, loaded {names[1]}, cloned {names[2]}")
np.testing.assert_allclose(model.predict(x, verbose=0), loaded.predict(x, verbose=0), rtol=1e-6)
assert [layer.factor for layer in loaded.layers[:2]] == [3.0, 2.0]
assert names == [["first", "second", "out"], ["scale", "scale_1", "out"], ["scale_2", "scale_3", "out"]]
try:
    loaded.get_layer("second")
except ValueError:
    pass
else:
    raise AssertionError("the name is kept")
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py" "$folder"
done
