#!/usr/bin/env bash
# `ops.segment_sum` of 3000 ones in bfloat16 is 256 on TensorFlow and JAX.
#
# Guess: about 3000, as `ops.sum` of them is, and `ops.matmul`: they add up in float32.
# Seen with Keras 3.15.1 on TensorFlow 2.21.0, JAX 0.10.2 and torch 2.13.0: `segment_sum` adds in bfloat16 on TensorFlow
# and JAX, where 256 + 1 is 256, and in float16 up to 2048; on torch it is 3008. `ops.bincount` with weights in bfloat16
# does so on JAX, `ops.cumsum` on TensorFlow, and `ops.scatter`, which adds up what comes twice, on all three. Under
# `mixed_bfloat16` a graph network that adds up the messages of its neighbours, or a pooling by segments, loses what
# comes after the first few hundred. Nothing is said. `ops.cast(x, "float32")` before it helps.
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
from keras import ops

backend = keras.backend.backend()
zeros = np.zeros(3000, "int32")
functions = {
    "sum": lambda x: ops.sum(x),
    "segment_sum": lambda x: ops.segment_sum(x, zeros, num_segments=2)[0],
    "bincount": lambda x: ops.bincount(zeros, weights=x, minlength=2)[0],
    "scatter": lambda x: ops.scatter(zeros[:, None], x, (2,))[0],
    "cumsum": lambda x: ops.cumsum(x)[-1],
}
seen = {}
for dtype in ("bfloat16", "float16"):
    ones = ops.ones((3000,), dtype)
    seen[dtype] = {n: float(ops.convert_to_numpy(ops.cast(f(ones), "float32"))) for n, f in functions.items()}
print(f"{backend}, sums of 3000 ones: {seen}")
stuck = {
    "tensorflow": {"segment_sum", "scatter", "cumsum"},
    "jax": {"segment_sum", "bincount", "scatter"},
    "torch": {"scatter"},
}[backend]
for dtype, limit, right in (("bfloat16", 256, 3008), ("float16", 2048, 3000)):
    assert seen[dtype] == {name: limit if name in stuck else right for name in functions}
PROGRAM
for backend in tensorflow jax torch; do
    KERAS_BACKEND=$backend TF_CPP_MIN_LOG_LEVEL=3 "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
