"""Weights that a layout splits over the devices of two processes: no process can read them whole."""

import os
import socket
import subprocess
import sys

import keras
import pytest

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(keras.backend.backend() != "jax", reason="layouts are JAX's"),
]

PROGRAM = """
import sys, warnings
import jax
jax.config.update("jax_cpu_collectives_implementation", "gloo")
import keras, numpy as np, tensorflow as tf
import keras_vg as vg

number, folder = int(sys.argv[2]), sys.argv[3]
keras.distribution.initialize(sys.argv[1], 2, number)
devices = keras.distribution.list_devices()
layout = keras.distribution.LayoutMap(keras.distribution.DeviceMesh((1, len(devices)), ("batch", "model"), devices))
layout[".*kernel"] = (None, "model")
keras.distribution.set_distribution(
    keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch", auto_shard_dataset=False)
)
x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
data = tf.data.Dataset.from_tensor_slices((x, x)).batch(16)

def fit(*callbacks):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(4)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model.fit(data, epochs=2, verbose=0, callbacks=list(callbacks)).history["loss"]

plain = fit()
callbacks = [
    vg.GradientLogger(folder + "/g.csv"),
    vg.WeightDeltaLogger(folder + "/d.csv"),
    vg.ActivationLogger(folder + "/a.csv", x),
    vg.TrainingGuard(x, x),
]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    logged = fit(*callbacks)
said = [str(item.message) for item in caught if "sees nothing of this fit" in str(item.message)]
print("RESULT", plain == logged, len(said), flush=True)
"""


def test_the_fit_goes_on_and_one_process_says_so(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    outputs = [(tmp_path / f"{number}.txt").open("w+") for number in range(2)]
    processes = []
    for number, output in enumerate(outputs):
        folder = tmp_path / f"process{number}"
        folder.mkdir()
        command = [sys.executable, "-c", PROGRAM, address, str(number), str(folder)]
        processes.append(subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT))
    try:
        for process in processes:
            process.wait(timeout=240)
    finally:
        for process in processes:
            process.kill()
    printed = []
    for output in outputs:
        output.seek(0)
        printed.append(output.read())
        output.close()
    assert "RESULT True 4" in printed[0], printed[0][-2000:]
    assert "RESULT True 0" in printed[1], printed[1][-2000:]
    assert all(not path.read_text().count("\n") > 1 for path in tmp_path.glob("process*/*.csv"))  # no row
