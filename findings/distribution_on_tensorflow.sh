#!/usr/bin/env bash
# A `keras.distribution` that is set on TensorFlow is taken without a word, and nothing is distributed.
#
# Guess: where `DataParallel` does not work, `set_distribution` (or `fit`) raises, as everything else of Keras does that a
# backend has not. `list_devices()` says before that there are two devices.
# Seen with Keras 3.15.1 and two virtual CPUs: on JAX 0.10.2 the weights lie on both devices after `fit`. On TensorFlow
# 2.21.0 nothing raises or warns: the weights lie on the first device, and the step runs in one replica, which sees the
# whole batch. `keras.distribution.distribution()` names the distribution all the while.
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
import os
import warnings

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
import keras
import numpy as np

BACKEND = keras.backend.backend()
if BACKEND == "tensorflow":
    import tensorflow as tf

    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)

seen = []


class Watcher(keras.layers.Layer):
    def call(self, x):
        if BACKEND == "tensorflow":
            seen.append((tf.distribute.get_strategy().num_replicas_in_sync, x.shape[0]))
        return x


assert keras.distribution.list_devices() == ["cpu:0", "cpu:1"]
with warnings.catch_warnings():
    warnings.simplefilter("error")
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=["cpu:0", "cpu:1"]))
    model = keras.Sequential([keras.Input((4,)), Watcher(), keras.layers.Dense(3)])
    seen.clear()  # of the input that the model was built with
    model.compile("sgd", "mse", run_eagerly=BACKEND == "tensorflow")
    model.fit(np.ones((8, 4), "float32"), np.ones((8, 3), "float32"), batch_size=8, verbose=0)
assert keras.distribution.distribution() is not None
kernel = model.layers[-1].kernel.value
if BACKEND == "jax":
    devices = sorted(str(device) for device in kernel.sharding.device_set)
    assert len(devices) == 2
    print("jax: the kernel lies on", devices)
else:
    assert kernel.device.endswith("CPU:0")
    assert set(seen) == {(1, 8)}
    print("tensorflow: the kernel lies on", kernel.device, "and the step saw (replicas, examples)", seen)
PROGRAM
for backend in jax tensorflow; do
    KERAS_BACKEND=$backend "${FINDINGS_PYTHON:-$folder/venv/bin/python}" "$folder/program.py"
done
