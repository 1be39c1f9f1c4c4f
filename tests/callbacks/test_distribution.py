"""Training spread over devices and processes: the figures must be those of one device, written once."""

import json
import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers.distributed import train

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.model
only_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="tf.distribute is TensorFlow's")
only_jax = pytest.mark.skipif(BACKEND != "jax", reason="keras.distribution is JAX's")

TRAIN = """
import keras
from helpers.distributed import train
"""


def start(program, folder, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN + program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path]), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(*processes):
    outputs = [process.communicate(timeout=300)[0][-4000:] for process in processes]
    assert not any(process.returncode for process in processes), "\n\n".join(outputs)


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
def test_mirrored_strategy(tmp_path):
    program = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
for name, scale in (("plain", lambda optimizer: optimizer), ("scaled", keras.optimizers.LossScaleOptimizer)):
    options = {"initial_scale": 8.0} if name == "scaled" else {}
    train(f"{name}_one", scale(keras.optimizers.SGD(0.1), **options))
    with strategy.scope():
        train(f"{name}_two", scale(keras.optimizers.SGD(0.1), **options))
"""
    finish(start(program, tmp_path))
    for name in ("plain", "scaled"):
        check_same(tmp_path, f"{name}_one", f"{name}_two")


def check_same_findings(folder, one, *others):
    expected = json.loads((folder / f"{one}_findings.json").read_text())
    assert {"saturated_units", "input_scale"} <= {rule for rule, *_ in expected}
    for other in others:
        assert json.loads((folder / f"{other}_findings.json").read_text()) == expected
    logs = [vg.read_log(folder / f"{name}_activations.csv") for name in (one, others[0])]
    assert logs[0]["layer"].tolist() == logs[1]["layer"].tolist()
    for column in ("mean", "std", "abs_max", "saturated_fraction", "dead_fraction"):
        np.testing.assert_allclose(logs[1][column], logs[0][column], rtol=1e-4, atol=1e-6)


@only_tensorflow
@pytest.mark.long
def test_all_callbacks_under_a_mirrored_strategy(tmp_path):
    program = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
train("one", watches_all=True)
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    train("two", watches_all=True)
"""
    finish(start(program, tmp_path))
    check_same(tmp_path, "one", "two")
    check_same_findings(tmp_path, "one", "two")


@only_tensorflow
@pytest.mark.long
def test_two_workers_and_an_error_that_one_of_them_meets(tmp_path):
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
folder = f"worker{os.environ['INDEX']}"
os.makedirs(folder, exist_ok=True)
with strategy.scope():
    try:
        train(f"{folder}/failed", several_workers=True, log=folder)
    except IsADirectoryError as error:
        assert "worker0" in str(error), error  # which is the one that writes
    else:
        raise AssertionError("no error")
    train(f"{folder}/two", several_workers=True, watches_all=True)
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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the guard finds
        train(tmp_path / "one", watches_all=True)
    finish(*workers)
    check_same(tmp_path, "one", "worker0/two")
    check_same_findings(tmp_path, "one", "worker0/two", "worker1/two")
    assert not list((tmp_path / "worker1").glob("*.csv"))  # one writer


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
