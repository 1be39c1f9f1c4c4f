#!/usr/bin/env bash
# A Normalization layer rounds its inputs to half precision before it normalizes them.
#
# Guess: under a mixed policy, Normalization brings the numbers to a range that half precision can hold: it subtracts
# the mean in float32 and rounds then.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: the inputs are rounded first. Under
# mixed_bfloat16 the years 2001 to 2024 become 4 different numbers; the others are the same year to the model. Under
# mixed_float16 the incomes 10,000, 50,000 and 100,000 become 0, 0 and NaN: the last is more than float16 holds, and so
# is the variance of all. Nothing is said, and `adapt` has computed the right mean and variance.
# Normalization(dtype="float32") helps.
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


def compute(policy, values, own_policy=None):
    """Outputs of a model that only normalizes."""
    keras.config.set_dtype_policy(policy)
    values = np.array(values, "float32")[:, None]
    layer = keras.layers.Normalization(dtype=own_policy)
    layer.adapt(values)
    outputs = keras.Sequential([keras.Input((1,)), layer]).predict(values, verbose=0)
    keras.config.set_dtype_policy("float32")
    return outputs.astype("float32").ravel()


years = range(2001, 2025)
for policy, own_policy, different in (
    ("float32", None, 24),
    ("mixed_float16", None, 24),
    ("mixed_bfloat16", None, 4),
    ("mixed_bfloat16", "float32", 24),
):
    outputs = compute(policy, years, own_policy)
    print(f"{backend}, {policy}, layer {own_policy}: {len(set(outputs.tolist()))} numbers for the years 2001 to 2024")
    assert len(set(outputs.tolist())) == different

incomes = [10_000, 50_000, 100_000]
for policy, own_policy in (("float32", None), ("mixed_float16", "float32"), ("mixed_float16", None)):
    outputs = compute(policy, incomes, own_policy)
    print(f"{backend}, {policy}, layer {own_policy}: incomes {incomes} become {outputs.tolist()}")
    if own_policy is None and policy == "mixed_float16":
        assert outputs[0] == outputs[1] == 0
        assert np.isnan(outputs[2])
    else:
        assert np.allclose(outputs, [-1.18, -0.09, 1.27], atol=0.01)
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
