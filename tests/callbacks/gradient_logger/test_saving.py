"""What is saved with the logger is what is saved without it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

import keras_vg as vg
from helpers.models import make_data, make_named
from helpers.training import fit

pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore:Gradients do not exist for variables"),  # said on purpose
]
to_numpy = keras.ops.convert_to_numpy


def read_saved(path):
    """All arrays in a .keras file, and its configuration."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        with archive.open("model.weights.h5") as file, h5py.File(file) as store:
            arrays = {}
            store.visititems(lambda n, item: arrays.update({n: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return arrays, config


@pytest.mark.parametrize("scaled", [False, True])
def test_what_is_saved_during_a_fit_is_what_is_saved_without(scaled, tmp_path):
    saved = []
    for logged in (False, True):
        folder = tmp_path / str(logged)
        folder.mkdir()
        optimizer = keras.optimizers.Adam(name="adam")
        if scaled:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, name="scaled")
        callbacks = [
            keras.callbacks.ModelCheckpoint(str(folder / "{epoch}_{batch}.keras"), save_freq=3),
            keras.callbacks.ModelCheckpoint(str(folder / "{epoch}.keras")),
        ]
        logger = [vg.GradientLogger(folder / "log.csv", every=2)] if logged else []
        fit(make_named, *logger, *callbacks, optimizer=optimizer, epochs=2)
        saved.append({path.name: read_saved(path) for path in sorted(folder.glob("*.keras"))})
    assert len(saved[0]) == 5
    assert saved[0].keys() == saved[1].keys()
    for name, (arrays, config) in saved[0].items():
        other_arrays, other_config = saved[1][name]
        assert arrays.keys() == other_arrays.keys()
        assert any("optimizer" in key for key in arrays)
        assert all(np.array_equal(arrays[key], other_arrays[key]) for key in arrays), name
        assert config["config"] == other_config["config"]
        assert config["compile_config"] == other_config["compile_config"]


def test_a_saved_model_continues_exactly_in_a_fresh_process(tmp_path):
    program = """
import warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", message="__array__ implementation")
import keras, numpy as np
from helpers.models import make_data
for name in ("plain", "logged"):
    model = keras.models.load_model(f"{name}.keras")
    model.fit(*make_data(), batch_size=8, shuffle=False, epochs=2, verbose=0)
    np.savez(f"{name}.npz", *model.get_weights())
"""
    for name, callbacks in {"plain": [], "logged": [vg.GradientLogger(tmp_path / "log.csv")]}.items():
        options = {"optimizer": "adam", "compile_options": {"jit_compile": False}}
        model, _ = fit(make_named, *callbacks, shuffle=False, **options)
        model.save(tmp_path / f"{name}.keras")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    arguments = {"cwd": tmp_path, "env": environment, "check": True, "capture_output": True, "text": True}
    subprocess.run([sys.executable, "-c", program], **arguments)
    with np.load(tmp_path / "plain.npz") as plain, np.load(tmp_path / "logged.npz") as logged:
        assert plain.files
        assert all(np.array_equal(plain[key], logged[key]) for key in plain.files)


def test_backup_and_restore(tmp_path):
    def train(name, logged):
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / name))
        logger = vg.GradientLogger(tmp_path / f"{name}.csv", append=True)

        class Fail(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == 2:
                    raise RuntimeError("interrupted")

        options = {"batch_size": 8, "shuffle": False, "epochs": 4, "verbose": 0}
        for callbacks in ([Fail()], []):
            keras.utils.set_random_seed(0)
            model = make_named()
            model.compile("adam", "mse", jit_compile=False)
            callbacks = ([logger, backup] if logged else [backup]) + callbacks
            try:
                model.fit(*make_data(), callbacks=callbacks, **options)
            except RuntimeError:
                assert callbacks
        return [np.array(to_numpy(v)) for v in (*model.weights, *model.optimizer.variables)]

    plain, logged = train("plain", False), train("logged", True)
    assert all(np.array_equal(a, b) for a, b in zip(plain, logged, strict=True))
    assert vg.read_log(tmp_path / "logged.csv")["epoch"].unique().tolist() == [0, 1, 2, 3]
