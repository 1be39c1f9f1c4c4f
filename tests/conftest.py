"""What several rooms' tests share: one small set of real trainings."""

import fcntl
import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "sigmoid_vs_relu.py"


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """After each module, takes what it left out of Python's garbage collection.

    Keras and its backends keep compiled functions by the million objects, and each collection walks over all of them:
    an eighth of the tests' time.
    """
    if nextitem is None or nextitem.path != item.path:
        gc.freeze()


@pytest.fixture(scope="session")
def circle_script(tmp_path_factory):
    """Runs `scripts/sigmoid_vs_relu.py`, seed 0 and two epochs; returns the folder of its files and what it printed.

    The first of the processes that share a run of the tests does so, and the others wait for it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, printed = shared / "circles", shared / "circles.txt"
    with (shared / "circles.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not printed.exists():
            options = ["--seeds", "1", "--epochs", "2", "--initializations", "3", "--output", str(folder)]
            result = subprocess.run(
                [sys.executable, SCRIPT, *options],
                env={**os.environ, "COLUMNS": "100"},
                capture_output=True,
                text=True,
                check=True,
            )
            printed.write_text(result.stdout, encoding="utf-8")
    return folder, printed.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def circle_runs(circle_script):
    """The sigmoid, tanh and ReLU runs of that script."""
    from keras_vg.reproductions import experiments

    folder, _ = circle_script
    kinds = ("deltas", "gradients", "history")
    return [
        experiments.Run(variant, 0, **{kind: folder / f"{variant.name}_seed0_{kind}.csv" for kind in kinds})
        for variant in experiments.SIGMOID_VS_RELU
    ]
