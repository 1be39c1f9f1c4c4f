#!/usr/bin/env bash
# Layers that get their precision from a `DTypePolicyMap()` compute in another one once the model was saved and loaded,
# or cloned.
#
# Guess: each layer comes back with the policy that it has.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: of two layers the map gives "mixed_bfloat16"
# to one by its path; in the loaded model and in the clone both compute in float32, the global policy, and nothing is
# said. The map that is written names no policy, not only for `default_policy`, which was not given, but for each of its
# entries. With `DTypePolicyMap("float32")`, or `dtype="mixed_bfloat16"` for the layer itself, both come back as they
# were. So a head that was to stay in float32, or a body in half precision, changes its precision with the file.
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
import os
import tempfile

import keras
from keras import layers


def compare(default):
    policies = keras.dtype_policies.DTypePolicyMap(default)
    policies[".*body"] = keras.DTypePolicy("mixed_bfloat16")
    body, head = layers.Dense(3, name="body", dtype=policies), layers.Dense(3, name="head", dtype=policies)
    model = keras.Sequential([keras.Input((3,)), body, head])
    before = [layer.compute_dtype for layer in model.layers]
    path = os.path.join(tempfile.mkdtemp(), "model.keras")
    model.save(path)
    others = (keras.models.load_model(path), keras.models.clone_model(model))
    return [before, *([layer.compute_dtype for layer in other.layers] for other in others)]


seen = {default: compare(default) for default in (None, "float32")}
print(f"{keras.backend.backend()}, model, loaded, clone: {seen}")
assert seen[None] == [["bfloat16", "float32"], ["float32", "float32"], ["float32", "float32"]]
assert seen["float32"] == [["bfloat16", "float32"]] * 3
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
