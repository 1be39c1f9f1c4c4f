"""The examples in docstrings and README are run as they stand."""

import doctest
import importlib
import pkgutil
import re
import shutil
from pathlib import Path

import keras
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import keras_vg as vg
from keras_vg import text
from keras_vg.logs import schemas

README = Path(__file__).parents[1] / "README.md"
MODULES = sorted(m.name for m in pkgutil.walk_packages(vg.__path__, "keras_vg.") if not m.name.endswith("__main__"))


@pytest.fixture
def workplace(tmp_path, monkeypatch, circle_runs):
    """A folder with the logs that the examples read."""
    mpl.use("agg")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "sigmoid_vs_relu"  # where the script leaves them
    folder.mkdir(parents=True)
    for run in circle_runs:
        shutil.copy(run.deltas, folder)
        shutil.copy(run.gradients, folder)
        shutil.copy(run.deltas, f"{run.variant.name}.csv")
    return tmp_path


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name, workplace):
    module = importlib.import_module(name)
    names = {"vg": vg, "keras": keras, "np": np, "pd": pd, "shorten_paths": text.shorten_paths}
    results = doctest.testmod(module, extraglobs=names)
    assert results.failed == 0


@pytest.mark.parametrize(
    "name",
    [
        "WeightDeltaLogger",
        "GradientLogger",
        "ActivationLogger",
        "TrainingGuard",
        "read_log",
        "compare",
        "inspect",
        "diagnose",
        "cure",
    ],
)
def test_public_names_have_an_example(name):
    assert ">>>" in getattr(vg, name).__doc__


def test_readme_examples(workplace):
    for path in workplace.glob("*.csv"):  # those are the docstrings'
        path.unlink()
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        if "import mlflow" not in block:
            exec(compile(block, str(README), "exec"), names)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of SQLAlchemy, which is none of ours
def test_readme_tracker_example(workplace):
    pytest.importorskip("mlflow", reason="mlflow-skinny is not installed")
    pytest.importorskip("alembic", reason="alembic, which mlflow stores runs with, is not installed")
    first, *others = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    (tracker,) = (block for block in others if "import mlflow" in block)
    exec(compile(first + tracker, str(README), "exec"), {})


def test_readme_files_exist():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target


def test_readme_names_every_column():
    text = README.read_text()
    for column in [column for schema in schemas.SCHEMAS for column in schema.columns]:
        assert f"| `{column}` |" in text
