"""Training spread over devices and processes: the figures must be those of one device, written once."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_vg as vg

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.model
only_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="tf.distribute is TensorFlow's")
only_jax = pytest.mark.skipif(BACKEND != "jax", reason="keras.distribution is JAX's")

TRAIN = """
import keras
import numpy as np
import keras_vg as vg
from helpers.models import make_data
from keras import layers

def make_worker_class():
    # Keras 3.12 to 3.15 fail under several workers, with or without callbacks: where a model is to be built on the
    # first batch, and where metrics that are scalars are averaged over workers. This steps over both.
    import tensorflow as tf

    class Worker(keras.Sequential):
        def _maybe_symbolic_build(self, iterator):
            pass

        def train_step(self, data):
            return {name: tf.reshape(value, (1,)) for name, value in super().train_step(data).items()}

    return Worker

def train(folder, optimizer=None, several_workers=False):
    keras.utils.set_random_seed(0)
    kind = make_worker_class() if several_workers else keras.Sequential
    model = kind([keras.Input((3,)), layers.Dense(4, activation="tanh", name="a"), layers.Dense(1, name="b")])
    model.compile(optimizer or keras.optimizers.SGD(0.1), "mse")
    callbacks = [vg.GradientLogger(f"{folder}_gradients.csv")]
    callbacks += [vg.WeightDeltaLogger(f"{folder}_deltas.csv", layers="all")]
    x, y = make_data()
    model.fit(x, y, batch_size=8, shuffle=False, epochs=2, verbose=0, callbacks=callbacks)
    return model
"""


def start(program, folder, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN + program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(*processes):
    for process in processes:
        output, _ = process.communicate(timeout=300)
        assert process.returncode == 0, output[-4000:]


def check_same(folder, one, other):
    for kind, columns in {
        "gradients": ("gradient_norm", "gradient_norm_max", "gradient_rms", "delta_norm", "weight_norm", "steps"),
        "deltas": ("before", "after", "learning_rate"),
    }.items():
        logs = [vg.read_log(folder / f"{name}_{kind}.csv") for name in (one, other)]
        assert len(logs[0]) == len(logs[1])
        for column in columns:
            np.testing.assert_allclose(logs[0][column], logs[1][column], rtol=1e-4, atol=1e-7)


@only_tensorflow
@pytest.mark.parametrize("scaled", [False, True])
def test_mirrored_strategy(scaled, tmp_path):
    optimizer = (
        "keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=8.0)" if scaled else "None"
    )
    program = f"""
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
train("one", {optimizer})
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
with strategy.scope():
    train("two", {optimizer})
"""
    finish(start(program, tmp_path))
    check_same(tmp_path, "one", "two")


@only_tensorflow
def test_two_workers(tmp_path):
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    program = """
import os, sys
import tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
assert strategy.num_replicas_in_sync == 2
os.makedirs(f"worker{os.environ['INDEX']}", exist_ok=True)
with strategy.scope():
    train(f"worker{os.environ['INDEX']}/two", several_workers=True)
"""
    workers = [
        start(
            program,
            tmp_path,
            INDEX=str(index),
            TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
        )
        for index in range(2)
    ]
    finish(start('train("one")', tmp_path), *workers)
    check_same(tmp_path, "one", "worker0/two")
    assert list((tmp_path / "worker1").iterdir()) == []  # one writer


@only_jax
@pytest.mark.parametrize("kind", ["data", "model"])
def test_distribution_on_jax(kind, tmp_path):
    program = f"""
devices = keras.distribution.list_devices()
assert len(devices) == 2
train("one")
if {kind!r} == "data":
    distribution = keras.distribution.DataParallel(devices=devices)
else:
    mesh = keras.distribution.DeviceMesh((1, 2), ("batch", "model"), devices)
    layout = keras.distribution.LayoutMap(mesh)
    layout["a/kernel"] = (None, "model")
    layout["a/bias"] = ("model",)
    layout["b/kernel"] = ("model", None)
    distribution = keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")
keras.distribution.set_distribution(distribution)
model = train("two")
assert len(model.layers[0].kernel.value.sharding.device_set) == 2
"""
    finish(start(program, tmp_path, XLA_FLAGS="--xla_force_host_platform_device_count=2"))
    check_same(tmp_path, "one", "two")
