import subprocess
import sys
from importlib import metadata

import keras_vg as vg


def test_import_is_lazy():
    heavy = {"keras", "tensorflow", "jax", "torch", "matplotlib", "pandas", "polars", "numpy", "sklearn"}
    program = f"import keras_vg, sys; found = {heavy!r} & set(sys.modules); assert not found, found"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_version_and_names():
    assert vg.__version__ == metadata.version("keras_vg")
    assert {"WeightDeltaLogger", "read_log", "compare"} <= set(dir(vg))


def test_modules_are_public_names_in_a_new_process():
    program = "import keras_vg as vg; vg.runs.read_run_logs, vg.rules.Thresholds, vg.experiments.load_circles"
    program += ", vg.initial_gradients, vg.claims, vg.grids, vg.plots, vg.report, vg.theory"
    subprocess.run([sys.executable, "-c", program], check=True)
