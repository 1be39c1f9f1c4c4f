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
